//! Clients of the outside services: one trait and the real client(s) for each. No SQL, no pages, no fakes: in
//! development the same clients use the sandbox, which speaks the vendors' protocols.

mod http;
pub mod identity;
pub mod mail;
pub mod payment;
pub mod phone;
pub mod sign_in;
pub mod webhook;

use keystead_core::time::Timestamp;

/// A boxed future, so that providers can be chosen at run time.
pub type BoxFuture<'a, T> = futures_util::future::BoxFuture<'a, T>;

/// Returns the time; passed in by the process.
pub type Clock = std::sync::Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Why an outside service did not do what was requested. The text is for the operator's log, without personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No answer, a 5xx, a 429: a later attempt is right, and this one does not count against the person.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The service understood the request and refused it; the same request would be refused again.
    #[error("refused: {0}")]
    Refused(String),
    /// The object does not exist there (any more).
    #[error("gone: {0}")]
    Gone(String),
}

/// The health of a service, from its last calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The last call was answered.
    Up,
    /// The last call failed.
    Down,
    /// Nothing was requested yet.
    Unknown,
}
