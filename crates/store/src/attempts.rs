//! Transactions step by step, for callers with work that borrows and therefore cannot be a closure passed to the store.

use std::ops::ControlFlow;
#[cfg(feature = "testing")]
use std::sync::Arc;

use crate::{Error, Store, Tx, announcements};

/// How often a transaction that conflicts with another one is run again.
const RETRIES: u32 = 8;

/// A write transaction that is run again while it conflicts with another one: [`begin`](Self::begin), do the work,
/// [`end`](Self::end), until that breaks.
#[derive(Debug)]
pub struct Attempts<'s> {
    store: &'s Store,
    name: &'static str,
    failed: u32,
}

impl Store {
    /// Begins a read-only transaction; it ends when it is dropped.
    ///
    /// # Errors
    /// When the engine cannot be reached.
    pub async fn begin_read(&self, name: &'static str) -> Result<Tx, Error> {
        #[cfg(feature = "testing")]
        self.script.reached(name).await;
        tracing::trace!(transaction = name, "read");
        self.db.begin(false).await
    }

    /// Prepares a transaction that may write.
    #[must_use]
    pub const fn attempts(&self, name: &'static str) -> Attempts<'_> {
        Attempts { store: self, name, failed: 0 }
    }
}

impl Attempts<'_> {
    /// Begins the transaction.
    ///
    /// # Errors
    /// When the engine cannot be reached or is too busy.
    pub async fn begin(&mut self) -> Result<Tx, Error> {
        #[cfg(feature = "testing")]
        if self.failed == 0 {
            self.store.script.reached(self.name).await;
        }
        let begun = self.store.db.begin(true).await.map_err(too_busy)?;
        #[cfg(feature = "testing")]
        let begun = {
            let mut begun = begun;
            begun.follow(Arc::clone(&self.store.script));
            begun
        };
        Ok(begun)
    }

    /// Commits if the work succeeded. Breaks with the result, or continues when the work must run again from the start.
    pub async fn end<T, E: From<Error>>(&mut self, tx: Tx, worked: Result<T, E>) -> ControlFlow<Result<T, E>> {
        let (met_another, progress, changed) = (tx.met_another(), tx.has_progress(), tx.changed());
        let again = self.failed < RETRIES;
        let done = match worked {
            Ok(value) => tx.commit().await.map(|()| value),
            Err(_) if met_another && again => Err(Error::Again),
            Err(error) => return ControlFlow::Break(Err(error)),
        };
        match done {
            Ok(value) => {
                #[cfg(feature = "testing")]
                self.store.script.committed();
                if progress {
                    self.store.progress.send_modify(|steps| *steps = steps.wrapping_add(1));
                }
                if let Some(revision) = changed {
                    announcements::note_changed(revision);
                }
                tracing::trace!(transaction = self.name, failed = self.failed, "write");
                ControlFlow::Break(Ok(value))
            }
            Err(Error::Again) if again => {
                self.failed += 1;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(Err(too_busy(error).into())),
        }
    }
}

/// Maps an exhausted retry to [`Error::Unavailable`] for the caller.
fn too_busy(error: Error) -> Error {
    if error == Error::Again { Error::Unavailable(error.to_string()) } else { error }
}
