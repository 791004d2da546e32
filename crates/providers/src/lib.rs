//! The outside services Keystead speaks to: one trait and the real client(s) for each. No SQL, no pages, no fakes: on a
//! laptop the same clients speak to the sandbox, which answers on the vendors' wire (architecture, section 2).

mod http;
pub mod identity;
pub mod mail;
pub mod payment;
pub mod phone;
pub mod sign_in;
pub mod webhook;

use keystead_core::time::Timestamp;

/// A boxed answer, so that providers can be chosen at run time.
pub type BoxFuture<'a, T> = futures_util::future::BoxFuture<'a, T>;

/// Tells the time; handed in by the process.
pub type Clock = std::sync::Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Why an outside service did not do what was asked. The text is for the operator's log, free of personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No answer, a 5xx, a 429: trying again later is right, and nothing of the person's attempts is used up.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The service understood and said no; trying the same again is pointless.
    #[error("refused: {0}")]
    Refused(String),
    /// What is asked about does not exist there (any more).
    #[error("gone: {0}")]
    Gone(String),
}

/// How a service is doing, from its last calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The last call was answered.
    Up,
    /// The last call failed.
    Down,
    /// Nothing was asked yet.
    Unknown,
}
