//! Whose key is it? A bounded map in memory from digest to [`Caller`]; a miss is one coalesced read of the store.
//!
//! Changes arrive by subject and remove exactly the entries they touch. A read that began before a change never enters
//! the map after it, and no request that asks after a change joins a read that began before it. Unknown keys cost a bounded number of reads a second, so that known ones never wait for them.

pub(crate) mod freshness;
mod index;
pub(crate) mod last_uses;
mod memory;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use keystead_core::caller::Caller;
use keystead_core::id::{KeyId, OrganizationId, ProjectId, ServiceAccountId, UserId};
use keystead_core::key::KeyDigest;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::directory::freshness::{Follow, Freshness, Moment};
use crate::directory::memory::Memory;
use crate::{BoxFuture, Clock, Unavailable};

/// Where keys are read from when memory does not hold them.
pub trait KeySource: Send + Sync + 'static {
    /// The caller behind a digest; `None` for unknown and revoked keys.
    fn find<'a>(&'a self, digest: &'a KeyDigest) -> BoxFuture<'a, Result<Option<Caller>, Unavailable>>;
}

/// What changed in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedSubject {
    /// One key.
    Key(KeyId),
    /// A person.
    User(UserId),
    /// A service account.
    ServiceAccount(ServiceAccountId),
    /// A project.
    Project(ProjectId),
    /// An organization.
    Organization(OrganizationId),
    /// Nothing known may be trusted.
    Everything,
}

/// Bounds of a [`Directory`].
#[derive(Debug, Clone, Copy)]
pub struct DirectoryOptions {
    /// Callers kept at most.
    pub capacity: usize,
    /// Seconds without word from the store after which nothing is answered any more; 0 is never.
    pub max_stale_seconds: i64,
    /// Reads of the store for keys not in memory, a second at most.
    pub lookups_per_second: u64,
}

impl Default for DirectoryOptions {
    fn default() -> Self {
        Self { capacity: 1_000_000, max_stale_seconds: 900, lookups_per_second: 2_000 }
    }
}

/// Figures of a [`Directory`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectoryStats {
    /// Callers in memory.
    pub entries: usize,
    /// About how much memory they take.
    pub bytes: usize,
    /// Answers from memory.
    pub hits: u64,
    /// Answers that needed the store.
    pub misses: u64,
    /// Look-ups refused because the budget of the second was spent.
    pub over_budget: u64,
}

/// How long an unknown digest is remembered as unknown, in seconds. A key made on another node announces itself by a change.
const UNKNOWN_SECONDS: i64 = 5;
/// How many unknown digests are remembered.
const UNKNOWN_CAPACITY: usize = 10_000;
/// Reads in flight are swept for abandoned ones when there are more than this.
const MANY_FLIGHTS: usize = 1_024;

type Found = Result<Option<Arc<Caller>>, Unavailable>;
type Flight = Shared<BoxFuture<'static, Found>>;

/// What changes together with the memory; held only for moments, never across a read.
#[derive(Default)]
struct State {
    /// Grows with every change; what was read under an older epoch is not kept.
    epoch: u64,
    /// Weak: a read that everybody stopped waiting for ends with them.
    flights: HashMap<KeyDigest, (u64, WeakShared<BoxFuture<'static, Found>>)>,
}

/// Reads of one kind allowed in the present second.
#[derive(Default)]
struct Budget(Mutex<(i64, u64)>);

/// The map, its source and its bounds.
pub struct Directory {
    source: Arc<dyn KeySource>,
    options: DirectoryOptions,
    clock: Clock,
    memory: Memory,
    unknown: Cache<KeyDigest, i64>,
    state: Mutex<State>,
    freshness: Freshness,
    lookups: Budget,
    /// Apart from the look-ups, so that one organization's refusals cannot keep others' keys out.
    rereads: Budget,
    hits: AtomicU64,
    misses: AtomicU64,
    over_budget: AtomicU64,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Directory {
    /// An empty directory, fresh as of now.
    #[must_use]
    pub fn new(source: Arc<dyn KeySource>, options: DirectoryOptions, clock: Clock) -> Self {
        let freshness = Freshness::new(Moment { wall: clock(), at: Instant::now() });
        Self {
            source,
            options,
            clock,
            memory: Memory::new(options.capacity),
            unknown: Cache::new(UNKNOWN_CAPACITY),
            state: Mutex::default(),
            freshness,
            lookups: Budget::default(),
            rereads: Budget::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            over_budget: AtomicU64::new(0),
        }
    }

    /// The caller behind a digest, as far as memory knows at this moment.
    ///
    /// # Errors
    /// [`Unavailable`] when the directory is too old to be trusted, as in [`Directory::find`].
    pub fn known(&self, digest: &KeyDigest, at: Instant) -> Result<Option<Arc<Caller>>, Unavailable> {
        let now = Moment { wall: (self.clock)(), at };
        if self.freshness.is_old(now) {
            return Err(Unavailable);
        }
        self.remembered(digest, now)
    }

    /// Whether memory is older than is ever trusted.
    #[must_use]
    pub fn is_too_old(&self) -> bool {
        self.is_beyond_trust(self.moment())
    }

    fn is_beyond_trust(&self, now: Moment) -> bool {
        let most = self.options.max_stale_seconds;
        most > 0 && self.freshness.age(now.wall) > most
    }

    /// What memory has, unless it is older than is ever trusted.
    fn remembered(&self, digest: &KeyDigest, now: Moment) -> Result<Option<Arc<Caller>>, Unavailable> {
        if self.is_beyond_trust(now) {
            return Err(Unavailable);
        }
        let caller = self.memory.get(digest);
        if caller.is_some() {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
        Ok(caller)
    }

    /// The caller behind a digest. Where memory has not followed the changes for longer than it should, the changes are
    /// followed first.
    ///
    /// # Errors
    /// [`Unavailable`] when the key is not in memory and the store does not answer, or when the directory is too old to
    /// be trusted.
    pub async fn find(&self, digest: &KeyDigest) -> Result<Option<Arc<Caller>>, Unavailable> {
        self.freshness.look(|| self.moment()).await;
        if let Some(caller) = self.remembered(digest, self.moment())? {
            return Ok(Some(caller));
        }
        let now = (self.clock)().0;
        if self.is_unknown(digest, now) {
            return Ok(None);
        }
        let (epoch, flight) = self.join_or_start_lookup(digest, now)?;
        let found = flight.await;
        self.finish_lookup(digest, epoch, &found, now);
        found
    }

    /// Reads a caller from the store whatever memory says, and keeps it: asked once before a gate refuses.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    pub async fn reread(&self, digest: &KeyDigest) -> Result<Option<Arc<Caller>>, Unavailable> {
        self.spend(&self.rereads, (self.clock)().0)?;
        let epoch = self.state().epoch;
        let found = self.source.find(digest).await?.map(Arc::new);
        let state = self.state();
        match &found {
            Some(caller) if state.epoch == epoch => self.memory.keep(caller),
            Some(_) => {}
            None => self.memory.forget(digest),
        }
        Ok(found)
    }

    /// Forgets what these changes touch. `_revision` is the newest among them.
    pub fn apply(&self, changes: &[ChangedSubject], _revision: i64) {
        if changes.is_empty() {
            return;
        }
        let mut state = self.state();
        state.epoch = state.epoch.wrapping_add(1);
        // Any change may make a key known again, not that of the key alone.
        self.unknown.clear();
        for change in changes {
            self.memory.forget_touched(change);
        }
    }

    /// The present moment, to be handed to [`Directory::mark_fresh`] once what was asked for then has been applied.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment { wall: (self.clock)(), at: Instant::now() }
    }

    /// Every change that was committed before `asked` is applied.
    pub fn mark_fresh(&self, asked: Moment) {
        self.freshness.mark(asked);
    }

    /// The changes could not be followed because the store did not answer.
    pub fn mark_unfollowed(&self) {
        self.freshness.excuse(Instant::now());
    }

    /// Who follows the changes: asked by requests when that has not happened for too long.
    pub fn followed_by(&self, follow: &Arc<dyn Follow>) {
        self.freshness.followed_by(follow, self.moment());
    }

    /// Figures for the metrics.
    #[must_use]
    pub fn stats(&self) -> DirectoryStats {
        let (entries, bytes) = self.memory.size();
        DirectoryStats {
            entries,
            bytes,
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            over_budget: self.over_budget.load(Ordering::Relaxed),
        }
    }

    #[cfg(test)]
    pub(crate) fn assert_consistent(&self) {
        self.memory.assert_consistent();
    }

    /// The read to wait for: one that is under way since the last change, or a new one from the budget.
    fn join_or_start_lookup(&self, digest: &KeyDigest, now: i64) -> Result<(u64, Flight), Unavailable> {
        let mut state = self.state();
        let epoch = state.epoch;
        let under_way = state.flights.get(digest).filter(|(began, _)| *began == epoch);
        if let Some(flight) = under_way.and_then(|(_, flight)| flight.upgrade()) {
            return Ok((epoch, flight));
        }
        if let Some(caller) = self.memory.get(digest) {
            return Ok((epoch, std::future::ready(Ok(Some(caller))).boxed().shared()));
        }
        if self.is_unknown(digest, now) {
            return Ok((epoch, std::future::ready(Ok(None)).boxed().shared()));
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        self.spend(&self.lookups, now)?;
        let (source, wanted) = (Arc::clone(&self.source), *digest);
        let flight = async move { source.find(&wanted).await.map(|found| found.map(Arc::new)) }.boxed().shared();
        if state.flights.len() > MANY_FLIGHTS {
            state.flights.retain(|_, (_, flight)| flight.upgrade().is_some());
        }
        if let Some(weak) = flight.downgrade() {
            state.flights.insert(*digest, (epoch, weak));
        }
        Ok((epoch, flight))
    }

    /// The first to hear of a read's end writes it down, unless something changed since it began.
    fn finish_lookup(&self, digest: &KeyDigest, epoch: u64, found: &Found, now: i64) {
        let mut state = self.state();
        if state.flights.get(digest).is_none_or(|(began, _)| *began != epoch) {
            return;
        }
        state.flights.remove(digest);
        if state.epoch != epoch {
            return;
        }
        match found {
            Ok(Some(caller)) => self.memory.keep(caller),
            Ok(None) => self.unknown.insert(*digest, now.saturating_add(UNKNOWN_SECONDS)),
            Err(Unavailable) => {}
        }
    }

    fn is_unknown(&self, digest: &KeyDigest, now: i64) -> bool {
        self.unknown.get(digest).is_some_and(|until| now < until)
    }

    fn spend(&self, budget: &Budget, now: i64) -> Result<(), Unavailable> {
        let mut budget = budget.0.lock().unwrap_or_else(PoisonError::into_inner);
        if budget.0 != now {
            *budget = (now, 0);
        }
        if budget.1 >= self.options.lookups_per_second {
            self.over_budget.fetch_add(1, Ordering::Relaxed);
            return Err(Unavailable);
        }
        budget.1 += 1;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
