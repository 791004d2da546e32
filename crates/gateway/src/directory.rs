//! Whose key is it? A bounded map in memory from digest to [`Caller`]; a miss is one coalesced read of the store.
//!
//! Changes arrive by subject and remove exactly the entries they touch. A read that began before a change never enters
//! the map after it. Unknown keys cost a bounded number of reads a second, so that known ones never wait for them.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use keystead_core::caller::{Caller, Owner};
use keystead_core::id::{KeyId, OrganizationId, ProjectId, ServiceAccountId, UserId};
use keystead_core::key::KeyDigest;
use quick_cache::sync::Cache;

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
    /// Seconds without word from the store after which nothing is answered any more (security decision 2); 0 is never.
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
    /// Answers from memory.
    pub hits: u64,
    /// Answers that needed the store.
    pub misses: u64,
    /// Look-ups refused because the budget of the second was spent.
    pub over_budget: u64,
}

/// How long an unknown digest is remembered as unknown, in seconds. A key made elsewhere announces itself by a change.
const UNKNOWN_SECONDS: i64 = 5;
/// How many unknown digests are remembered.
const UNKNOWN_CAPACITY: usize = 10_000;

/// The map, its source and its bounds.
pub struct Directory {
    source: Arc<dyn KeySource>,
    options: DirectoryOptions,
    clock: Clock,
    known: Cache<KeyDigest, Arc<Caller>>,
    unknown: Cache<KeyDigest, i64>,
    by_key: Mutex<HashMap<KeyId, KeyDigest>>,
    /// Grows with every change; a read that saw an older epoch is not kept.
    epoch: AtomicU64,
    fresh_at: AtomicI64,
    budget: Mutex<(i64, u64)>,
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
        let fresh_at = AtomicI64::new(clock().0);
        Self {
            source,
            options,
            clock,
            known: Cache::new(options.capacity),
            unknown: Cache::new(UNKNOWN_CAPACITY),
            by_key: Mutex::default(),
            epoch: AtomicU64::new(0),
            fresh_at,
            budget: Mutex::new((0, 0)),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            over_budget: AtomicU64::new(0),
        }
    }

    /// The caller behind a digest.
    ///
    /// # Errors
    /// [`Unavailable`] when the key is not in memory and the store cannot say, or when memory is too old to trust.
    pub async fn find(&self, digest: &KeyDigest) -> Result<Option<Arc<Caller>>, Unavailable> {
        let now = (self.clock)().0;
        let stale = now.saturating_sub(self.fresh_at.load(Ordering::Relaxed));
        if self.options.max_stale_seconds > 0 && stale > self.options.max_stale_seconds {
            return Err(Unavailable);
        }
        if let Some(caller) = self.known.get(digest) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(Some(caller));
        }
        if self.is_unknown(digest, now) {
            return Ok(None);
        }
        match self.known.get_value_or_guard_async(digest).await {
            Ok(caller) => Ok(Some(caller)),
            // Whoever waited for another's read of an unknown key finds the answer in the other map.
            Err(_) if self.is_unknown(digest, now) => Ok(None),
            Err(guard) => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                self.spend(now)?;
                let epoch = self.epoch.load(Ordering::Acquire);
                let Some(caller) = self.source.find(digest).await? else {
                    self.unknown.insert(*digest, now.saturating_add(UNKNOWN_SECONDS));
                    return Ok(None);
                };
                let caller = Arc::new(caller);
                self.remember(&caller);
                if guard.insert(Arc::clone(&caller)).is_ok() && self.epoch.load(Ordering::Acquire) != epoch {
                    // A change came in between: this request may still be answered, the next one reads anew.
                    self.known.remove(digest);
                }
                Ok(Some(caller))
            }
        }
    }

    /// Reads a caller from the store whatever memory says, and keeps it: asked once before a gate refuses.
    ///
    /// # Errors
    /// [`Unavailable`] when the store cannot say.
    pub async fn reread(&self, digest: &KeyDigest) -> Result<Option<Arc<Caller>>, Unavailable> {
        self.spend((self.clock)().0)?;
        let epoch = self.epoch.load(Ordering::Acquire);
        let Some(caller) = self.source.find(digest).await? else {
            self.known.remove(digest);
            return Ok(None);
        };
        let caller = Arc::new(caller);
        self.remember(&caller);
        self.known.insert(*digest, Arc::clone(&caller));
        if self.epoch.load(Ordering::Acquire) != epoch {
            self.known.remove(digest);
        }
        Ok(Some(caller))
    }

    /// Forgets what these changes touch. `_revision` is the newest among them.
    pub fn apply(&self, changes: &[ChangedSubject], _revision: i64) {
        if changes.is_empty() {
            return;
        }
        // First the epoch, then the removals: a read in flight either sees the new epoch or is removed below.
        self.epoch.fetch_add(1, Ordering::AcqRel);
        let mut wide = Vec::new();
        let mut key_changed = false;
        for change in changes {
            match change {
                ChangedSubject::Key(id) => {
                    key_changed = true;
                    if let Some(digest) = self.index().remove(id) {
                        self.known.remove(&digest);
                    }
                }
                other => wide.push(other),
            }
        }
        if key_changed {
            self.unknown.clear();
        }
        if !wide.is_empty() {
            self.known.retain(|_, caller| !wide.iter().any(|change| touches(change, caller)));
        }
    }

    /// The store was heard of at this moment; older knowledge than `max_stale_seconds` is not trusted.
    pub fn mark_fresh(&self, at: keystead_core::Timestamp) {
        self.fresh_at.fetch_max(at.0, Ordering::Relaxed);
    }

    /// Figures for the metrics.
    #[must_use]
    pub fn stats(&self) -> DirectoryStats {
        DirectoryStats {
            entries: self.known.len(),
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            over_budget: self.over_budget.load(Ordering::Relaxed),
        }
    }

    fn is_unknown(&self, digest: &KeyDigest, now: i64) -> bool {
        self.unknown.get(digest).is_some_and(|until| now < until)
    }

    /// One read from this second's budget.
    fn spend(&self, now: i64) -> Result<(), Unavailable> {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
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

    fn remember(&self, caller: &Caller) {
        let mut index = self.index();
        // The map forgets silently when it is full; the index is swept once it has grown to twice its size.
        if index.len() > self.options.capacity.saturating_mul(2).max(1_024) {
            index.retain(|_, digest| self.known.peek(digest).is_some());
        }
        index.insert(caller.key.clone(), caller.digest);
    }

    fn index(&self) -> std::sync::MutexGuard<'_, HashMap<KeyId, KeyDigest>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn touches(change: &ChangedSubject, caller: &Caller) -> bool {
    match change {
        ChangedSubject::Everything => true,
        ChangedSubject::Key(id) => &caller.key == id,
        ChangedSubject::User(id) => matches!(&caller.owner, Owner::User(owner) if owner == id),
        ChangedSubject::ServiceAccount(id) => matches!(&caller.owner, Owner::ServiceAccount(owner) if owner == id),
        ChangedSubject::Organization(id) => caller.organizations.iter().any(|organization| &organization.id == id),
        ChangedSubject::Project(id) => caller
            .organizations
            .iter()
            .any(|organization| organization.projects.iter().any(|project| &project.id == id)),
    }
}
