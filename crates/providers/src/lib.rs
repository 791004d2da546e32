//! The outside services Keystead speaks to: one trait and the real client for each. No SQL, no pages, no fakes: on a
//! laptop the same clients speak to the sandbox, which answers on the vendors' wire (architecture, section 2).
//!
//! No feature of this release needs an outside service yet; the clients for text messages, payment methods and
//! identity come with verification.
