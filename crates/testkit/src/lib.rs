//! Shared parts of tests of several crates: a mailbox that keeps mail, and generated pictures. It is never a dependency
//! of released code.

mod mailbox;
pub mod pictures;

pub use mailbox::Mailbox;
