//! A handle to a recorded event, which becomes safe.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::watch;

use super::Shared;
use crate::BoxFuture;

/// A recorded event.
#[must_use = "an answer must not be whole before its event is safe"]
pub enum Recorded {
    /// It has the configured durability.
    Durable,
    /// It was gathered. It is written when this is polled or dropped, together with all events gathered until then.
    Gathered(Gathered),
    /// It is being made safe.
    Waiting(BoxFuture<'static, Result<(), NotDurable>>),
}

/// An event could not be made safe in time. It stays in memory and is tried again, but its answer must not be
/// completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a usage event could not be brought to safety in time")]
pub struct NotDurable;

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Durable => "Durable",
            Self::Gathered(_) => "Gathered",
            Self::Waiting(_) => "Waiting",
        })
    }
}

impl Recorded {
    /// Whether it is safe now.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), NotDurable>> {
        if let Self::Gathered(gathered) = self {
            *self = gathered.write();
        }
        let Self::Waiting(wait) = self else { return Poll::Ready(Ok(())) };
        let safe = ready!(wait.as_mut().poll(context));
        *self = Self::Durable;
        Poll::Ready(safe)
    }

    /// Waits until it is safe.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn safe(mut self) -> Result<(), NotDurable> {
        std::future::poll_fn(|context| self.poll(context)).await
    }
}

/// A gathered event, which is written together with others.
pub struct Gathered {
    shared: Arc<Shared>,
    number: u64,
    patience: Duration,
    written: bool,
}

impl Gathered {
    pub(super) fn new(shared: &Arc<Shared>, number: u64, patience: Duration) -> Self {
        Self { shared: Arc::clone(shared), number, patience, written: false }
    }

    fn write(&mut self) -> Recorded {
        self.written = true;
        if self.shared.write(self.number) {
            return Recorded::Durable;
        }
        wait(self.shared.safe.subscribe(), self.number, self.patience)
    }
}

impl Drop for Gathered {
    /// The client disconnected, or nothing waits for the event: it is still written.
    fn drop(&mut self) {
        if !self.written {
            self.shared.write(self.number);
        }
    }
}

/// Waits until the event of this number is safe, or for this long.
pub(super) fn wait(mut safe: watch::Receiver<u64>, number: u64, patience: Duration) -> Recorded {
    Recorded::Waiting(Box::pin(async move {
        let waited = tokio::time::timeout(patience, safe.wait_for(|safe| *safe > number)).await;
        if matches!(waited, Ok(Ok(_))) { Ok(()) } else { Err(NotDurable) }
    }))
}
