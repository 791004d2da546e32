//! Responses and batches that outlive their request, in the store; and the task that requests them.

use std::sync::Arc;
use std::time::Duration;

use keystead_core::pending::Pending;
use keystead_gateway::{BoxFuture, Gateway, PendingUsage, Unavailable};
use keystead_store::tables::pending_usage;
use keystead_store::{Error, Store, Tx};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::wiring;

/// How often due objects are looked up.
const PERIOD: Duration = Duration::from_secs(10);
/// Seconds before the first request: most end within seconds, and their clients ask sooner than this node.
const FIRST: i64 = 30;
/// Maximum requests in one round.
const MOST: u32 = 50;

/// Pending objects in the store.
pub(crate) struct StorePending {
    store: Store,
}

impl StorePending {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store }
    }
}

fn unavailable(error: &Error) -> Unavailable {
    tracing::warn!(%error, "pending usage could not be read or saved; it is tried again");
    Unavailable
}

impl PendingUsage for StorePending {
    fn note(&self, pending: Pending) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let next = pending.begun_at.plus(FIRST);
            let write = self
                .store
                .write("note_pending", async move |tx: &mut Tx| pending_usage::insert(tx, &pending, next).await);
            write.await.map_err(|error| unavailable(&error))
        })
    }

    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Pending>, Unavailable>> {
        Box::pin(async move {
            let id = id.to_owned();
            let read = self.store.read("find_pending", async move |tx: &mut Tx| pending_usage::find(tx, &id).await);
            match read.await {
                // No store can hold such a name, so it is not there.
                Err(Error::Invalid(_)) => Ok(None),
                other => other.map_err(|error| unavailable(&error)),
            }
        })
    }

    fn is_counted<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            let id = id.to_owned();
            let read = self.store.read("is_counted", async move |tx: &mut Tx| pending_usage::is_counted(tx, &id).await);
            match read.await {
                Err(Error::Invalid(_)) => Ok(false),
                other => other.map_err(|error| unavailable(&error)),
            }
        })
    }

    fn due(&self) -> BoxFuture<'_, Result<Vec<Pending>, Unavailable>> {
        Box::pin(async move {
            let claim = async move |tx: &mut Tx| pending_usage::claim(tx, wiring::now(), MOST).await;
            self.store.write("claim_pending", claim).await.map_err(|error| unavailable(&error))
        })
    }

    fn forget<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move {
            let id = id.to_owned();
            let write =
                self.store.write("forget_pending", async move |tx: &mut Tx| pending_usage::delete(tx, &id).await);
            write.await.map_err(|error| unavailable(&error))
        })
    }
}

/// Requests pending objects until `stopped` turns true.
pub(crate) async fn follow(gateway: Arc<Gateway>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if gateway.settle_pending().await == Err(Unavailable) {
            tracing::debug!("pending usage cannot be read; it is tried again");
        }
        // Either the interval has passed, or the loop ends.
        let _ = timeout(PERIOD, stopped.changed()).await;
    }
}
