//! The promise that an event will be counted.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::watch;

use crate::BoxFuture;

/// An event that was taken.
#[must_use = "an answer must not be whole before its event is safe"]
pub enum Recorded {
    /// It is where the chosen durability wants it.
    Safe,
    /// It is on its way there.
    Waiting(BoxFuture<'static, Result<(), Unsafe>>),
}

/// An event could not be brought to safety in time. It stays in memory and is tried again, but its answer must not be
/// whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a usage event could not be brought to safety in time")]
pub struct Unsafe;

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Safe) { "Safe" } else { "Waiting" })
    }
}

impl Recorded {
    /// Whether it is safe by now.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Unsafe>> {
        let Self::Waiting(wait) = self else { return Poll::Ready(Ok(())) };
        let safe = ready!(wait.as_mut().poll(context));
        *self = Self::Safe;
        Poll::Ready(safe)
    }

    /// Waits until it is safe.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn safe(self) -> Result<(), Unsafe> {
        match self {
            Self::Safe => Ok(()),
            Self::Waiting(wait) => wait.await,
        }
    }
}

/// Waits until the event of this number is safe, or for so long.
pub(super) fn wait(mut safe: watch::Receiver<u64>, number: u64, patience: Duration) -> Recorded {
    Recorded::Waiting(Box::pin(async move {
        let waited = tokio::time::timeout(patience, safe.wait_for(|safe| *safe > number)).await;
        if matches!(waited, Ok(Ok(_))) { Ok(()) } else { Err(Unsafe) }
    }))
}
