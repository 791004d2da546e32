//! Follows the store's `changes`: what was revoked, archived or granted anywhere reaches this node's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use keystead_core::time::Timestamp;
use keystead_gateway::{Catalogue, ChangedSubject, Directory, Rates};
use keystead_store::tables::changes::{self, ChangeSubject};
use keystead_store::{Error, Store, Tx};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use crate::wire;
use crate::wire::catalogue::Models;

/// How often the store is asked.
const PERIOD: Duration = Duration::from_millis(250);
/// How often a node says that it lives when nothing changes.
const HEARTBEAT_SECONDS: i64 = 2;
/// A node that was silent for longer is not waited for.
const ALIVE_SECONDS: i64 = 6;
/// How long a change waits for the other nodes at most.
const PATIENCE: Duration = Duration::from_secs(2);
const BATCH: u32 = 500;

/// One per process.
pub(crate) struct Follower {
    store: Store,
    directory: Arc<Directory>,
    rates: Arc<Rates>,
    catalogue: Arc<ArcSwap<Catalogue>>,
    models: Models,
    node: String,
    progress: Mutex<Progress>,
    /// When this node last knew everything, in Unix seconds.
    fresh_at: Arc<AtomicI64>,
}

struct Progress {
    applied: i64,
    last_heartbeat: Timestamp,
}

/// Seconds since this node knew everything.
#[derive(Debug)]
struct Lag(Arc<AtomicI64>);

impl Collector for Lag {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let gauge = ConstGauge::new(wire::now().0.saturating_sub(self.0.load(Ordering::Relaxed)).max(0));
        let help = "Seconds since this node had applied every change; above 60 somebody should look";
        gauge.encode(encoder.encode_descriptor("keystead_change_lag_seconds", help, None, gauge.metric_type())?)
    }
}

impl Follower {
    /// Begins at the store's latest revision: what is read from now on is at least that new.
    pub(crate) async fn begin(
        store: Store,
        directory: Arc<Directory>,
        rates: Arc<Rates>,
        catalogue: Arc<ArcSwap<Catalogue>>,
        models: Models,
        node: String,
    ) -> Result<Self, Error> {
        let latest = store.read("latest_change", async |tx: &mut Tx| changes::latest(tx).await).await?;
        let progress = Mutex::new(Progress { applied: latest, last_heartbeat: Timestamp(0) });
        let fresh_at = Arc::new(AtomicI64::new(wire::now().0));
        let follower = Self { store, directory, rates, catalogue, models, node, progress, fresh_at };
        follower.step().await?;
        Ok(follower)
    }

    /// Applies everything new. After a change was committed and this returned, this node knows of it.
    pub(crate) async fn step(&self) -> Result<i64, Error> {
        // Held to the end: two steps at once could apply an older batch after a newer one.
        let mut progress = self.progress.lock().await;
        let before = progress.applied;
        let asked_at = wire::now();
        loop {
            let after = progress.applied;
            let batch =
                self.store.read("changes_since", async move |tx: &mut Tx| changes::since(tx, after, BATCH).await);
            let batch = batch.await?;
            let Some(last) = batch.last() else { break };
            let revision = last.revision;
            let whole = batch.len() < BATCH as usize;
            let mut subjects = Vec::with_capacity(batch.len());
            let mut reload = false;
            for change in batch {
                match change.subject {
                    ChangeSubject::Key(id) => subjects.push(ChangedSubject::Key(id)),
                    ChangeSubject::User(id) => subjects.push(ChangedSubject::User(id)),
                    ChangeSubject::ServiceAccount(id) => subjects.push(ChangedSubject::ServiceAccount(id)),
                    ChangeSubject::Project(id) => subjects.push(ChangedSubject::Project(id)),
                    ChangeSubject::Organization(id) => subjects.push(ChangedSubject::Organization(id)),
                    ChangeSubject::Policy | ChangeSubject::Models => reload = true,
                }
            }
            if reload {
                self.catalogue.store(Arc::new(self.models.catalogue(&self.store).await?));
            }
            self.directory.apply(&subjects, revision);
            progress.applied = revision;
            if whole {
                break;
            }
        }
        self.directory.mark_fresh(asked_at);
        self.fresh_at.store(asked_at.0, Ordering::Relaxed);
        if progress.applied != before || asked_at.since(progress.last_heartbeat) >= HEARTBEAT_SECONDS {
            let (node, applied) = (self.node.clone(), progress.applied);
            let beat = self.store.write("heartbeat", async move |tx: &mut Tx| {
                changes::heartbeat(tx, &node, applied, asked_at).await?;
                changes::nodes(tx, asked_at.plus(-ALIVE_SECONDS)).await
            });
            self.rates.share_among(beat.await?.len());
            progress.last_heartbeat = asked_at;
        }
        Ok(progress.applied)
    }

    /// Tells Prometheus how long ago this node knew everything: what a change takes to be in force here, at most.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(Lag(Arc::clone(&self.fresh_at))));
    }

    /// This node ends in order: nobody waits for it or looks for it.
    pub(crate) async fn leave(&self) {
        let node = self.node.clone();
        let gone = self.store.write("leave", async move |tx: &mut Tx| changes::leave(tx, &node).await);
        if let Err(error) = gone.await {
            tracing::warn!(error = %error, "this node could not say that it ends");
        }
    }

    /// Waits, within bounds, until every living node has applied what this one just wrote.
    pub(crate) async fn settle(&self) {
        let revision = match self.step().await {
            Ok(revision) => revision,
            Err(error) => {
                tracing::warn!(error = %error, "a change was saved but could not be followed yet");
                return;
            }
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let since = Timestamp(wire::now().0.saturating_sub(ALIVE_SECONDS));
            let nodes = self.store.read("nodes", async move |tx: &mut Tx| changes::nodes(tx, since).await).await;
            match nodes {
                Ok(nodes) if nodes.iter().all(|(_, applied)| *applied >= revision) => return,
                Ok(_) if Instant::now() < deadline => sleep(Duration::from_millis(40)).await,
                Ok(_) => {
                    tracing::warn!(revision, "a living node has not confirmed a change in time");
                    return;
                }
                Err(_) => return,
            }
        }
    }

    /// Follows until the task is dropped.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut failing = false;
        loop {
            sleep(PERIOD).await;
            match self.step().await {
                Ok(_) if failing => {
                    failing = false;
                    tracing::info!("the database answers again");
                }
                Ok(_) => {}
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(error = %error, "the database does not answer; known keys keep working for a while");
                }
                Err(_) => {}
            }
        }
    }
}
