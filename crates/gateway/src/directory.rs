//! The directory of callers: a bounded map in memory from digest to [`Caller`]; a miss is one coalesced read of the
//! store.
//!
//! Changes arrive by subject and remove exactly the entries they affect. A read that began before a change never enters
//! the map after it, and no request after a change joins a read that began before it. Unknown keys cost a limited
//! number of reads a second, so that known ones never wait for them.

mod changed_subject;
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
use keystead_core::key::KeyDigest;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::directory::freshness::{Follow, Freshness, Moment};
use crate::directory::memory::Memory;
use crate::{BoxFuture, Clock, Unavailable};

/// The source from which keys that are not in memory are read.
pub trait KeySource: Send + Sync + 'static {
    /// Finds the caller of a digest; `None` for unknown and revoked keys.
    fn find<'a>(&'a self, digest: &'a KeyDigest) -> BoxFuture<'a, Result<Option<Caller>, Unavailable>>;
}

pub use changed_subject::ChangedSubject;

/// Bounds of a [`Directory`].
#[derive(Debug, Clone, Copy)]
pub struct DirectoryOptions {
    /// Maximum number of callers in memory.
    pub capacity: usize,
    /// Seconds without contact to the store after which requests are refused; 0 is never.
    pub max_stale_seconds: i64,
    /// Maximum reads of the store in a second, for keys that are not in memory.
    pub lookups_per_second: u64,
}

impl Default for DirectoryOptions {
    fn default() -> Self {
        Self { capacity: 100_000, max_stale_seconds: 900, lookups_per_second: 2_000 }
    }
}

/// Statistics of a [`Directory`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectoryStats {
    /// Callers in memory.
    pub entries: usize,
    /// Their approximate size in memory, in bytes.
    pub bytes: usize,
    /// Answers from memory.
    pub hits: u64,
    /// Answers that needed the store.
    pub misses: u64,
    /// Look-ups refused because the budget of the second was used up.
    pub over_budget: u64,
}

/// Seconds for which an unknown digest is remembered. A key made on another node is announced by a change.
const UNKNOWN_SECONDS: i64 = 5;
/// How many unknown digests are remembered.
const UNKNOWN_CAPACITY: usize = 10_000;
/// When more reads than this are running, abandoned ones are removed.
const MANY_LOOKUPS: usize = 1_024;

type Found = Result<Option<Arc<Caller>>, Unavailable>;
type PendingLookup = Shared<BoxFuture<'static, Found>>;

/// State that changes together with the memory. Its lock is held only briefly, never during a read.
#[derive(Default)]
struct State {
    /// Grows with every change; the result of a read that began in an older epoch is not kept.
    epoch: u64,
    /// Weak references, so that a read ends when no request waits for it any more.
    flights: HashMap<KeyDigest, (u64, WeakShared<BoxFuture<'static, Found>>)>,
}

/// The budget of reads in the present second.
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
    /// A separate budget, so that refusals of one organization cannot block the look-up of other keys.
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
    /// Builds an empty directory that is up to date now.
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

    /// Finds the caller of a digest in memory only.
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

    /// Whether the memory is too old to be trusted.
    #[must_use]
    pub fn is_too_old(&self) -> bool {
        self.is_beyond_trust(self.moment())
    }

    fn is_beyond_trust(&self, now: Moment) -> bool {
        let most = self.options.max_stale_seconds;
        most > 0 && self.freshness.age(now.wall) > most
    }

    /// Finds a caller in memory, unless the memory is too old to be trusted.
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

    /// Finds the caller of a digest. If the memory has not followed the changes for too long, it catches up first.
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

    /// Reads a caller from the store even if it is in memory, and keeps it. Used once before a gate refuses.
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

    /// Removes what these changes affect. `_revision` is the newest among them.
    pub fn apply(&self, changes: &[ChangedSubject], _revision: i64) {
        if changes.is_empty() {
            return;
        }
        let mut state = self.state();
        state.epoch = state.epoch.wrapping_add(1);
        // Any change may make a key known again, not only that of the key itself.
        self.unknown.clear();
        for change in changes {
            self.memory.forget_touched(change);
        }
    }

    /// The present moment, to be passed to [`Directory::mark_fresh`] once the changes requested at it are applied.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment { wall: (self.clock)(), at: Instant::now() }
    }

    /// Notes that every change committed before `asked` is applied.
    pub fn mark_fresh(&self, requested: Moment) {
        self.freshness.mark(requested);
    }

    /// Notes that the changes could not be read because the store did not answer.
    pub fn mark_unfollowed(&self) {
        self.freshness.excuse(Instant::now());
    }

    /// Sets the follower that requests ask to catch up when that has not happened for too long.
    pub fn followed_by(&self, follow: &Arc<dyn Follow>) {
        self.freshness.followed_by(follow, self.moment());
    }

    /// Statistics for the metrics.
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

    /// Returns the read to wait for: one that began after the last change, or a new one from the budget.
    fn join_or_start_lookup(&self, digest: &KeyDigest, now: i64) -> Result<(u64, PendingLookup), Unavailable> {
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
        if state.flights.len() > MANY_LOOKUPS {
            state.flights.retain(|_, (_, flight)| flight.upgrade().is_some());
        }
        if let Some(weak) = flight.downgrade() {
            state.flights.insert(*digest, (epoch, weak));
        }
        Ok((epoch, flight))
    }

    /// Saves the result of a read, unless something changed since it began. The first waiting request does it.
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
