//! Callers in memory together with the index of the subjects they depend on. Only this module changes both, so that
//! every caller in memory can be found by each of its subjects.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keystead_core::caller::Caller;
use keystead_core::key::KeyDigest;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};

use crate::directory::changed_subject::ChangedSubject;
use crate::directory::index::Index;

/// Collects what the map evicts, so that it is removed from the index, too.
#[derive(Debug, Clone, Default)]
struct Evicted;

impl Lifecycle<KeyDigest, Arc<Caller>> for Evicted {
    type RequestState = Vec<Arc<Caller>>;

    fn on_evict(&self, state: &mut Vec<Arc<Caller>>, _: KeyDigest, caller: Arc<Caller>) {
        state.push(caller);
    }
}

/// A bounded number of callers.
pub(crate) struct Memory {
    callers: Cache<KeyDigest, Arc<Caller>, UnitWeighter, DefaultHashBuilder, Evicted>,
    /// Held while `callers` is changed; reading it needs no lock.
    index: Mutex<Index>,
}

impl Memory {
    pub(crate) fn new(capacity: usize) -> Self {
        let weight = u64::try_from(capacity).unwrap_or(u64::MAX);
        let callers = Cache::with(capacity, weight, UnitWeighter, DefaultHashBuilder::default(), Evicted);
        Self { callers, index: Mutex::default() }
    }

    /// Finds the caller of a digest.
    pub(crate) fn get(&self, digest: &KeyDigest) -> Option<Arc<Caller>> {
        self.callers.get(digest)
    }

    /// Keeps a caller, replacing what was known of the same key unless that is newer.
    pub(crate) fn keep(&self, caller: &Arc<Caller>) {
        let mut index = self.index();
        if self.callers.peek(&caller.digest).is_some_and(|known| known.revision > caller.revision) {
            return;
        }
        // Removed before it is replaced: otherwise the map would report the old value as evicted, and removing that
        // from the index would remove the new one as well, because both have the same digest.
        self.remove(&mut index, &caller.digest);
        index.add(caller);
        let mut evicted = Vec::new();
        self.callers.insert_with_lifecycle(caller.digest, Arc::clone(caller), &mut evicted);
        for caller in evicted {
            index.remove(&caller);
        }
    }

    /// Removes one key.
    pub(crate) fn forget(&self, digest: &KeyDigest) {
        self.remove(&mut self.index(), digest);
    }

    /// Removes every caller that a change affects, and no other.
    pub(crate) fn forget_touched(&self, change: &ChangedSubject) {
        let mut index = self.index();
        if matches!(change, ChangedSubject::Everything) {
            self.callers.clear();
            index.clear();
        }
        for digest in index.touched(change) {
            self.remove(&mut index, &digest);
        }
    }

    /// The number of callers in memory, and their approximate size in bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        let index = self.index();
        (self.callers.len(), index.bytes())
    }

    fn remove(&self, index: &mut Index, digest: &KeyDigest) {
        if let Some((_, caller)) = self.callers.remove(digest) {
            index.remove(&caller);
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Panics unless the index lists exactly the callers in the map.
    #[cfg(test)]
    pub(crate) fn assert_consistent(&self) {
        let index = self.index();
        let mut expected = index.empty();
        for (_, caller) in self.callers.iter() {
            expected.add(&caller);
        }
        assert_eq!(index.rows(), expected.rows(), "the index and the map differ");
        assert_eq!(index.bytes(), expected.bytes(), "the accounting and the map differ");
    }
}
