//! Follows the store's `changes`, so that a revocation, archiving or grant on any node reaches this node's memory.
//!
//! The table is read four times a second; on PostgreSQL an announcement of each commit wakes the nodes at once, so the
//! period matters only when an announcement was lost.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use keystead_app::Nodes;
use keystead_core::time::Timestamp;
use keystead_gateway::{
    BoxFuture, Catalogue, ChangedSubject, Directory, Follow, RateLimiter, SpendLedgers, Unavailable,
};
use keystead_store::tables::changes::{self, Change, ChangeSubject};
use keystead_store::{Announcement, Error, Store, Tx};
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep, timeout_at};

use crate::wiring;
use crate::wiring::catalogue::Models;
use crate::wiring::lag::Lag;
use crate::wiring::spread::{self, ALIVE_SECONDS, PATIENCE, POLL_INTERVAL, Spread, may_serve_since};

/// How often the store is read.
const PERIOD: Duration = Duration::from_millis(250);
/// The minimum time between two reads, however many changes are announced.
const REST: Duration = Duration::from_millis(5);
/// How often a node reports that it runs when nothing changes, in seconds.
const HEARTBEAT_SECONDS: i64 = 2;
/// How long a node waits before it tries to listen for announcements again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);
const BATCH: u32 = 500;

/// The parts of a follower.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) directory: Arc<Directory>,
    pub(crate) rates: Arc<RateLimiter>,
    pub(crate) spend: Arc<SpendLedgers>,
    pub(crate) catalogue: Arc<ArcSwap<Catalogue>>,
    pub(crate) models: Models,
    pub(crate) node: String,
    /// Seconds for which a node that cannot follow serves its memory; 0 is without end.
    pub(crate) max_stale_seconds: i64,
}

/// The follower; one per process.
pub(crate) struct Follower {
    parts: Parts,
    progress: Mutex<Progress>,
    lag: Lag,
    /// There may be a change.
    woken: Notify,
    /// A node has applied something.
    confirmed: Notify,
}

struct Progress {
    applied: i64,
    last_heartbeat: Timestamp,
    /// The last revision that this node reported to the others as applied.
    reported: i64,
    /// When nodes that have not confirmed were last counted, and what this node had applied then: by the next count
    /// every node should have it.
    counted_at: Timestamp,
    counted: i64,
}

impl Follower {
    /// Starts following, and loads what is kept in memory from the start. When this returns, this node has applied every
    /// change committed before the call, and every later one waits for it.
    pub(crate) async fn begin(parts: Parts) -> Result<Arc<Self>, Error> {
        let follower = Self::register(parts).await?;
        follower.load().await?;
        let follow: Arc<dyn Follow> = Arc::clone(&follower) as Arc<dyn Follow>;
        follower.parts.directory.followed_by(&follow);
        Ok(follower)
    }

    /// Reads the store's latest revision and adds this node to the list of nodes. Nothing may be loaded before: a change
    /// that is committed while something is loaded is then read afterwards, and waits for this node.
    async fn register(parts: Parts) -> Result<Arc<Self>, Error> {
        let latest = parts.store.read("latest_change", async |tx: &mut Tx| changes::latest(tx).await).await?;
        let never = Timestamp(0);
        let progress =
            Progress { applied: latest, last_heartbeat: never, reported: -1, counted_at: never, counted: latest };
        let follower = Arc::new(Self {
            parts,
            progress: Mutex::new(progress),
            lag: Lag::new(wiring::now()),
            woken: Notify::new(),
            confirmed: Notify::new(),
        });
        // It serves nothing yet, so it serves nothing older than the revision that it reports.
        let mut progress = follower.progress.lock().await;
        follower.confirm(&mut progress).await?;
        drop(progress);
        Ok(follower)
    }

    /// Loads the rules, the models and the prices, and applies the changes since the registration. The directory is
    /// empty at the start, and reads what it needs later.
    async fn load(&self) -> Result<(), Error> {
        let catalogue = self.parts.models.catalogue(&self.parts.store).await?;
        self.parts.catalogue.store(Arc::new(catalogue));
        self.step().await.map(|_| ())
    }

    /// Applies everything new and informs the other nodes. When this returns, this node has applied every change
    /// committed before the call.
    pub(crate) async fn step(&self) -> Result<i64, Error> {
        let mut progress = self.progress.lock().await;
        self.apply_new(&mut progress).await?;
        self.confirm(&mut progress).await?;
        Ok(progress.applied)
    }

    /// The lock is held to the end: two at once could apply an older batch after a newer one.
    async fn apply_new(&self, progress: &mut Progress) -> Result<(), Error> {
        let moment = self.parts.directory.moment();
        loop {
            let after = progress.applied;
            let read = self.parts.store.read("changes_since", async move |tx: &mut Tx| {
                let latest = changes::latest(tx).await?;
                let batch = if latest == after { Vec::new() } else { changes::since(tx, after, BATCH).await? };
                Ok::<_, Error>((latest, batch))
            });
            let (latest, batch) = read.await?;
            if latest == after {
                break;
            }
            // Revisions have no gaps. If one is missing, also between two others, or the store is behind, the database was
            // restored or rows were deleted.
            let mut in_order = (after.saturating_add(1)..).zip(&batch);
            if batch.is_empty() || !in_order.all(|(expected, change)| change.revision == expected) {
                tracing::warn!(
                    after,
                    latest,
                    "the table of changes has a gap, for example after a restored backup; everything is read again"
                );
                self.apply(&[Change { revision: latest, subject: ChangeSubject::Other }], progress).await?;
                break;
            }
            self.apply(&batch, progress).await?;
        }
        self.parts.directory.mark_fresh(moment);
        self.lag.fresh(moment.wall);
        Ok(())
    }

    /// Keys first: a removed permission must not wait for the rules, which may fail to be read.
    async fn apply(&self, batch: &[Change], progress: &mut Progress) -> Result<(), Error> {
        let Some(last) = batch.last() else { return Ok(()) };
        let subjects: Vec<_> = batch.iter().filter_map(|change| touched(&change.subject)).collect();
        self.parts.directory.apply(&subjects, last.revision);
        let rules = |change: &Change| {
            matches!(change.subject, ChangeSubject::Policy | ChangeSubject::Models | ChangeSubject::Other)
        };
        if batch.iter().any(rules) {
            let catalogue = self.parts.models.catalogue(&self.parts.store).await?;
            // First uses that no earlier policy looked at were not announced.
            let has_new_policy = batch.iter().any(|change| change.subject == ChangeSubject::Policy);
            if has_new_policy && catalogue.policy.exempts_uses_before().is_some() {
                self.parts.directory.apply(&[ChangedSubject::Everything], last.revision);
            }
            self.parts.catalogue.store(Arc::new(catalogue));
        }
        progress.applied = last.revision;
        Ok(())
    }

    /// Reports to the other nodes what this one has applied, when that is new or the last report was long ago.
    async fn confirm(&self, progress: &mut Progress) -> Result<(), Error> {
        let now = wiring::now();
        let silent = now.since(progress.last_heartbeat);
        if progress.applied == progress.reported && (0..HEARTBEAT_SECONDS).contains(&silent) {
            return Ok(());
        }
        let (node, applied) = (self.parts.node.clone(), progress.applied);
        let since = may_serve_since(now, self.parts.max_stale_seconds);
        let began = self.parts.rates.moment();
        let beat = self.parts.store.write("heartbeat", async move |tx: &mut Tx| {
            changes::heartbeat(tx, &node, applied, now).await?;
            changes::nodes(tx, since).await
        });
        let nodes = beat.await?;
        let alive = nodes.iter().filter(|node| node.seen_at >= now.plus(-ALIVE_SECONDS)).count();
        self.parts.rates.confirmed(began, alive);
        self.parts.spend.heard(now);
        (progress.last_heartbeat, progress.reported) = (now, applied);
        if !(0..HEARTBEAT_SECONDS).contains(&now.since(progress.counted_at)) {
            self.lag.unconfirmed(nodes.iter().filter(|node| node.applied < progress.counted).count());
            (progress.counted_at, progress.counted) = (now, applied);
        }
        Ok(())
    }

    /// The metrics about changes.
    pub(crate) const fn lag(&self) -> &Lag {
        &self.lag
    }

    /// Removes this node from the list when it shuts down in order, so that no node waits for it.
    pub(crate) async fn leave(&self) {
        let node = self.parts.node.clone();
        let left = self.parts.store.write("leave", async move |tx: &mut Tx| changes::leave(tx, &node).await);
        if let Err(error) = left.await {
            tracing::warn!(error = %error, "this node could not report that it stops; the other nodes expect it for a while");
        }
    }

    /// Waits, within limits, until every live node has applied this revision, which this node just wrote; returns how
    /// many nodes that may serve have not.
    pub(crate) async fn wait_until_applied(&self, revision: i64) -> Spread {
        if let Err(error) = self.step().await {
            tracing::warn!(error = %error, "a change was saved, but this node could not apply it yet");
            return Spread::UNKNOWN;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let heard = self.confirmed.notified();
            tokio::pin!(heard);
            heard.as_mut().enable();
            let read = spread::of(&self.parts.store, revision, self.parts.max_stale_seconds).await;
            let Ok((spread, waits)) = read else { return Spread::UNKNOWN };
            if !waits || Instant::now() >= deadline {
                if spread.unconfirmed > 0 {
                    let Spread { unconfirmed, nodes } = spread;
                    tracing::warn!(
                        revision,
                        unconfirmed,
                        nodes,
                        "some nodes have not confirmed a change; see docs/failures.md"
                    );
                    self.lag.unconfirmed(unconfirmed);
                }
                return spread;
            }
            let _ = timeout_at(deadline.min(Instant::now() + POLL_INTERVAL), heard).await;
        }
    }

    /// Follows until the task is dropped.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut failing = false;
        loop {
            sleep(REST).await;
            tokio::select! {
                () = sleep(PERIOD) => {}
                () = self.woken.notified() => {}
            }
            match self.step().await {
                Ok(_) if failing => {
                    failing = false;
                    tracing::info!("the database answers again");
                }
                Ok(_) => {}
                Err(error) => {
                    self.parts.directory.mark_unfollowed();
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(error = %error, "the database does not answer; known keys work until directory.max_stale_seconds has passed");
                    }
                }
            }
        }
    }

    /// Listens for announcements until the task is dropped. Without them changes are found by polling.
    pub(crate) async fn listen(self: Arc<Self>) {
        loop {
            match self.parts.store.listen().await {
                Ok(None) => return,
                Ok(Some(mut announcements)) => {
                    // Announcements from before this point are covered by one read.
                    self.woken.notify_one();
                    while let Ok(heard) = announcements.next().await {
                        if heard != Announcement::Confirmation {
                            self.woken.notify_one();
                        }
                        self.confirmed.notify_waiters();
                    }
                }
                Err(error) => tracing::debug!(%error, "this node cannot listen for changes and polls for them"),
            }
            sleep(LISTEN_AGAIN).await;
        }
    }
}

impl Follow for Follower {
    fn catch_up(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            let mut progress = self.progress.lock().await;
            self.apply_new(&mut progress).await.map_err(|error| {
                tracing::debug!(%error, "a request could not follow the changes");
                Unavailable
            })
        })
    }
}

impl Nodes for Follower {
    fn wait_for_revision(&self, revision: i64) -> BoxFuture<'_, ()> {
        // The nodes that have not confirmed it are named in the service log.
        Box::pin(async move {
            let _ = self.wait_until_applied(revision).await;
        })
    }
}

/// Returns what a change affects in the directory by itself. Models affect nothing there; what new rules affect is
/// known once they are read.
fn touched(subject: &ChangeSubject) -> Option<ChangedSubject> {
    Some(match subject {
        ChangeSubject::Key(id) => ChangedSubject::Key(id.clone()),
        ChangeSubject::User(id) => ChangedSubject::User(id.clone()),
        ChangeSubject::ServiceAccount(id) => ChangedSubject::ServiceAccount(id.clone()),
        ChangeSubject::Project(id) => ChangedSubject::Project(id.clone()),
        ChangeSubject::Organization(id) => ChangedSubject::Organization(id.clone()),
        ChangeSubject::Other => ChangedSubject::Everything,
        ChangeSubject::Policy | ChangeSubject::Models => return None,
    })
}

#[cfg(test)]
mod tests;
