//! How rate limits are divided among the nodes, in the store, and the task that reports those of this node.

use std::sync::Arc;
use std::time::Duration;

use keystead_core::rate::shares::{LimitName, ShareAnswer, ShareAsk};
use keystead_gateway::{BoxFuture, RateLimiter, RateShares, Unavailable};
use keystead_store::tables::rate_shares;
use keystead_store::{Error, Store, Tx};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::wiring;

/// How often a node reports: what clients ask of it is followed after this time.
const PERIOD: Duration = Duration::from_secs(1);
/// Seconds for which nodes are asked to give back what another one should have.
const SHORT: i64 = 3;

/// Parts of limits in the store.
pub(crate) struct StoreShares {
    store: Store,
    node: String,
}

impl StoreShares {
    pub(crate) const fn new(store: Store, node: String) -> Self {
        Self { store, node }
    }
}

fn unavailable(error: &Error) -> Unavailable {
    tracing::warn!(%error, "rate limits could not be divided in the database");
    Unavailable
}

impl RateShares for StoreShares {
    fn divide(&self, asks: Vec<ShareAsk>) -> BoxFuture<'_, Result<Vec<ShareAnswer>, Unavailable>> {
        Box::pin(async move {
            if asks.is_empty() {
                return Ok(Vec::new());
            }
            let node = self.node.clone();
            let write = self.store.write("divide_rates", async move |tx: &mut Tx| {
                let (now, seen) = (wiring::now(), rate_shares::nodes_seen(tx).await?);
                let mut answers = Vec::with_capacity(asks.len());
                for ask in &asks {
                    let found = rate_shares::lock(tx, &ask.name, now).await?;
                    let is_kept = found.is_some();
                    let mut division = found.unwrap_or_default();
                    let answer = division.divide(&node, ask, |node| seen.state(node, now), now);
                    if is_kept {
                        rate_shares::save(tx, &ask.name, &division, answer.is_short(), now).await?;
                    }
                    answers.push(answer);
                }
                Ok::<_, Error>(answers)
            });
            write.await.map_err(|error| unavailable(&error))
        })
    }

    fn short(&self) -> BoxFuture<'_, Result<Vec<LimitName>, Unavailable>> {
        Box::pin(async move {
            let since = wiring::now().plus(-SHORT);
            let read =
                self.store.read("short_rates", async move |tx: &mut Tx| rate_shares::list_short(tx, since).await);
            read.await.map_err(|error| unavailable(&error))
        })
    }
}

/// Reports every second until `stopped` turns true.
pub(crate) async fn follow(rates: Arc<RateLimiter>, mut stopped: watch::Receiver<bool>) {
    loop {
        // Either the interval has passed, or the node stops, which gives everything back after the last request.
        let _ = timeout(PERIOD, stopped.changed()).await;
        if *stopped.borrow() {
            return;
        }
        rates.report().await;
    }
}
