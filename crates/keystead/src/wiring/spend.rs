//! Leases of budgets in the store, and the task that renews those of this node.

use std::sync::Arc;
use std::time::Duration;

use keystead_core::budget::{LeaseAnswer, LeaseAsk, StoredFigures, decide};
use keystead_gateway::{BoxFuture, SpendLeases, SpendLedgers, Unavailable};
use keystead_store::tables::spend_leases;
use keystead_store::{Error, Store, Tx};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::wiring;

/// How often leases are renewed: what a node does not need is returned after this time.
const PERIOD: Duration = Duration::from_secs(1);

/// Leases in the store.
pub(crate) struct StoreLeases {
    store: Store,
}

impl StoreLeases {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store }
    }
}

impl SpendLeases for StoreLeases {
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>> {
        Box::pin(async move {
            let write = self.store.write("renew_lease", async move |tx: &mut Tx| answer(tx, &ask).await);
            write.await.map_err(|error| unavailable(&error))
        })
    }

    fn renew_many(&self, asks: Vec<LeaseAsk>) -> BoxFuture<'_, Result<Vec<LeaseAnswer>, Unavailable>> {
        Box::pin(async move {
            let write = self.store.write("renew_leases", async move |tx: &mut Tx| {
                let mut answers = Vec::with_capacity(asks.len());
                for ask in &asks {
                    answers.push(answer(tx, ask).await?);
                }
                Ok::<_, Error>(answers)
            });
            write.await.map_err(|error| unavailable(&error))
        })
    }
}

async fn answer(tx: &mut Tx, ask: &LeaseAsk) -> Result<LeaseAnswer, Error> {
    let now = wiring::now();
    let Some(stored) = spend_leases::stored(tx, ask, now).await? else {
        return Ok(decide(ask, &StoredFigures::of_deleted(), now).1);
    };
    let (decision, answer) = decide(ask, &stored, now);
    spend_leases::save(tx, ask, &decision, now).await?;
    Ok(answer)
}

fn unavailable(error: &Error) -> Unavailable {
    tracing::warn!(%error, "a budget could not be checked in the database");
    Unavailable
}

/// Renews the leases until `stopped` turns true.
pub(crate) async fn follow(ledgers: Arc<SpendLedgers>, mut stopped: watch::Receiver<bool>) {
    loop {
        // Either the interval has passed, or the node stops, which returns its leases after the last request.
        let _ = timeout(PERIOD, stopped.changed()).await;
        if *stopped.borrow() {
            return;
        }
        ledgers.renew_all().await;
    }
}
