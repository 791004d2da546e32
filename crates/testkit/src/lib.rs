//! What tests of several crates share: a mailbox that keeps what it is given, and pictures that are made up. Never a
//! dependency of released code.

pub mod pictures;
mod post;

pub use post::Post;
