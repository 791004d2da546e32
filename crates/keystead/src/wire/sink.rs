//! Where the gateway's meter delivers usage: the store, in batches; the same write notes when keys were last used.

use std::collections::BTreeMap;
use std::sync::Arc;

use keystead_core::id::KeyId;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use keystead_gateway::{BoxFuture, Unavailable, UsageBatch, UsageSink};
use keystead_store::tables::{api_keys, usage};
use keystead_store::{Store, Tx};

/// Writes usage into the store.
pub(crate) struct StoreUsage {
    store: Store,
}

impl StoreUsage {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store }
    }
}

impl UsageSink for StoreUsage {
    fn write(&self, batch: UsageBatch) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let touched = last_uses(&batch.events);
            let write = self.store.write("record_usage", async move |tx: &mut Tx| {
                usage::record(tx, &batch.segment, batch.first, &batch.events).await?;
                api_keys::touch(tx, &touched).await?;
                Ok::<_, keystead_store::Error>(())
            });
            write.await.map_err(|error| {
                tracing::warn!(error = %error, "usage could not be delivered; it waits in the spool");
                Unavailable
            })
        })
    }

    fn forget(&self, segment: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let write =
                self.store.write("forget_segment", async move |tx: &mut Tx| usage::forget_segment(tx, &segment).await);
            write.await.map_err(|_| Unavailable)
        })
    }
}

/// The latest use of each key, in a fixed order, so that two nodes never lock rows crosswise.
fn last_uses(events: &[UsageEvent]) -> Vec<(KeyId, Timestamp)> {
    let mut latest: BTreeMap<&KeyId, Timestamp> = BTreeMap::new();
    for event in events {
        let at = latest.entry(&event.key).or_insert(event.at);
        *at = event.at.max(*at);
    }
    latest.into_iter().map(|(key, at)| (key.clone(), at)).collect()
}
