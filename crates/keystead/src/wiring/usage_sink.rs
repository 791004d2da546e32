//! The receiver of the gateway's usage: it writes batches into the store, and also saves when keys were last used and
//! which models organizations use for the first time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use keystead_core::gate::FirstUse;
use keystead_core::id::{KeyId, OrganizationId};
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use keystead_gateway::{BoxFuture, Unavailable, UsageBatch, UsageSink};
use keystead_store::tables::{api_keys, first_uses, spend_leases, usage};
use keystead_store::{Error, Store, Tx};

use crate::wiring;

/// Maximum number of remembered first uses. One that is dropped is saved again, which changes nothing.
const REMEMBERED: usize = 100_000;

/// Writes usage into the store.
pub(crate) struct StoreUsage {
    store: Store,
    /// How many first uses are remembered.
    remembered: usize,
    known: Mutex<Known>,
}

/// Organizations with the models of saved first uses, up to a number of pairs.
#[derive(Default)]
struct Known {
    models: HashMap<OrganizationId, HashSet<String>>,
    pairs: usize,
}

impl Known {
    fn has(&self, organization: &OrganizationId, model: &str) -> bool {
        self.models.get(organization).is_some_and(|models| models.contains(model))
    }

    fn add(&mut self, organization: OrganizationId, uses: Vec<FirstUse>, most: usize) {
        if self.pairs.saturating_add(uses.len()) > most {
            *self = Self::default();
        }
        let models = self.models.entry(organization).or_default();
        let before = models.len();
        models.extend(uses.into_iter().map(|first| first.model));
        self.pairs += models.len() - before;
    }
}

impl StoreUsage {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, remembered: REMEMBERED, known: Mutex::default() }
    }

    /// Returns the uses in this batch that this node has not saved as first ones.
    fn news(&self, events: &[UsageEvent]) -> BTreeMap<OrganizationId, Vec<FirstUse>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut news: BTreeMap<OrganizationId, Vec<FirstUse>> = BTreeMap::new();
        for event in events {
            if known.has(&event.organization, &event.model) {
                continue;
            }
            let uses = news.entry(event.organization.clone()).or_default();
            match uses.iter_mut().find(|first| *first.model == *event.model) {
                Some(first) => first.at = first.at.min(event.at),
                None => uses.push(FirstUse { model: (*event.model).to_owned(), at: event.at }),
            }
        }
        news
    }

    /// Saves first uses, with a separate transaction for each organization: such a transaction can announce a change,
    /// which must come first in it. This runs after the usage was saved; if it fails, the usage is delivered again.
    async fn note_first_uses(&self, events: &[UsageEvent]) -> Result<(), Error> {
        for (organization, uses) in self.news(events) {
            let (id, firsts) = (organization.clone(), uses.clone());
            let write = self
                .store
                .write("first_uses", async move |tx: &mut Tx| first_uses::save(tx, &id, &firsts, wiring::now()).await);
            write.await?;
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.add(organization, uses, self.remembered);
        }
        Ok(())
    }
}

fn unavailable(error: &Error) -> Unavailable {
    tracing::warn!(%error, "usage could not be delivered to the database; it stays in the usage spool and is tried again");
    Unavailable
}

impl UsageSink for StoreUsage {
    fn write(&self, batch: UsageBatch) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let events = Arc::clone(&batch.events);
            let touched = last_uses(&batch.events);
            let write = self.store.write("record_usage", async move |tx: &mut Tx| {
                usage::record(tx, &batch.segment, batch.first, &batch.events).await?;
                api_keys::touch(tx, &touched).await?;
                Ok::<_, Error>(())
            });
            write.await.map_err(|error| unavailable(&error))?;
            self.note_first_uses(&events).await.map_err(|error| unavailable(&error))
        })
    }

    fn forget(&self, segment: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let write =
                self.store.write("forget_segment", async move |tx: &mut Tx| usage::forget_segment(tx, &segment).await);
            write.await.map_err(|_| Unavailable)
        })
    }

    fn end_run(&self, run: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let write = self.store.write("end_run", async move |tx: &mut Tx| spend_leases::release(tx, &run).await);
            write.await.map_err(|_| Unavailable)
        })
    }
}

/// Returns the latest use of each key, in a fixed order, so that two nodes never lock rows in opposite order.
fn last_uses(events: &[UsageEvent]) -> Vec<(KeyId, Timestamp)> {
    let mut latest: BTreeMap<&KeyId, Timestamp> = BTreeMap::new();
    for event in events {
        let at = latest.entry(&event.key).or_insert(event.at);
        *at = event.at.max(*at);
    }
    latest.into_iter().map(|(key, at)| (key.clone(), at)).collect()
}
