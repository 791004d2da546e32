//! Shared parts of tests of several crates: databases, a clock, a mailbox, an issuer and the use cases over them, and
//! generated pictures. It is never a dependency of released code.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail a test as tests do")]

#[cfg(feature = "database")]
mod clock;
#[cfg(feature = "app")]
mod cloud_accounts;
#[cfg(feature = "database")]
mod database;
#[cfg(feature = "app")]
mod issuer;
#[cfg(feature = "app")]
mod mailbox;
#[cfg(feature = "pictures")]
pub mod pictures;
#[cfg(feature = "app")]
mod receiver;
#[cfg(feature = "database")]
mod usage;
#[cfg(feature = "app")]
mod workloads;
#[cfg(feature = "app")]
mod world;

#[cfg(feature = "database")]
pub use clock::Clock;
#[cfg(feature = "app")]
pub use cloud_accounts::CloudAccounts;
#[cfg(feature = "database")]
pub use database::{Database, Databases};
#[cfg(feature = "app")]
pub use issuer::Issuer;
#[cfg(feature = "app")]
pub use mailbox::Mailbox;
#[cfg(feature = "app")]
pub use receiver::{Received, Receiver};
#[cfg(feature = "database")]
pub use usage::{count_usage, usage_event};
#[cfg(feature = "app")]
pub use workloads::Workloads;
#[cfg(feature = "app")]
pub use world::{PUBLIC_URL, World, pepper, tags};
