//! What tests of several crates share: a mailbox that keeps what it is given, and pictures that are made up. Never a
//! dependency of released code.

mod mailbox;
pub mod pictures;

pub use mailbox::Mailbox;
