//! How a job ended, and how long the next attempt waits.

use keystead_providers::ProviderError;

/// How a job ended this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing is left to do.
    Done,
    /// Try again after this many seconds, or with growing waits.
    Again(Option<i64>),
}

impl Outcome {
    /// Done when the service did it or does not know the object; again when it does not answer.
    pub(crate) fn of(done: Result<(), ProviderError>) -> Self {
        match done {
            Ok(()) | Err(ProviderError::Gone(_) | ProviderError::Refused(_)) => Self::Done,
            Err(failure @ ProviderError::Unavailable(_)) => {
                tracing::warn!(%failure, "an outside service does not answer; the job runs again later");
                Self::Again(None)
            }
        }
    }
}

/// Waits between polls when no delivery comes: 1, 2, 5, 10, 30 minutes, then an hour.
#[must_use]
pub(crate) const fn poll_wait(attempts: i64) -> i64 {
    match attempts {
        0 => 60,
        1 => 120,
        2 => 300,
        3 => 600,
        4 => 1_800,
        _ => 3_600,
    }
}
