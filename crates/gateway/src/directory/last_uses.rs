//! When keys were last used, kept in memory between two writes to the store. A request costs no write. A killed process
//! loses what it has not written, and then `last_used_at` is at most one period too old.

use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use keystead_core::caller::Caller;
use keystead_core::id::KeyId;
use keystead_core::time::Timestamp;
use tokio::sync::Notify;

/// Separately locked parts, so that requests rarely wait for each other.
const PARTS: usize = 16;
/// Maximum number of keys in one part. When it is reached, the store is written early.
const MOST: usize = 4_096;

/// The server draws the ids, so their hash need not resist chosen collisions.
type Uses = foldhash::HashMap<KeyId, Timestamp>;

/// The last use of each key since the last write.
#[derive(Debug, Default)]
pub struct LastUses {
    parts: [Mutex<Uses>; PARTS],
    full: Notify,
}

impl LastUses {
    /// Notes that a caller's key was used.
    pub(crate) fn note(&self, caller: &Caller, at: Timestamp) {
        self.remember(&caller.key, at);
    }

    fn remember(&self, key: &KeyId, at: Timestamp) {
        let mut part = self.part(key).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = part.get_mut(key) {
            *known = at.max(*known);
            return;
        }
        if part.len() < MOST {
            part.insert(key.clone(), at);
        }
        if part.len() >= MOST {
            self.full.notify_one();
        }
    }

    fn part(&self, key: &KeyId) -> &Mutex<Uses> {
        // The end of an id is random.
        let last = key.as_str().bytes().last().unwrap_or_default();
        &self.parts[usize::from(last) % PARTS]
    }

    /// Takes all entries, sorted by key, so that two nodes lock rows in the same order.
    #[must_use]
    pub fn take(&self) -> Vec<(KeyId, Timestamp)> {
        let take = |part: &Mutex<Uses>| std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner));
        let mut uses: Vec<_> = self.parts.iter().flat_map(take).collect();
        uses.sort_unstable_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        uses
    }

    /// Puts back what could not be written. Newer uses stay, and so does the limit.
    pub fn give_back(&self, uses: Vec<(KeyId, Timestamp)>) {
        for (key, at) in uses {
            let mut part = self.part(&key).lock().unwrap_or_else(PoisonError::into_inner);
            let room = part.len() < MOST;
            match part.entry(key) {
                Entry::Occupied(mut known) => *known.get_mut() = at.max(*known.get()),
                Entry::Vacant(place) if room => {
                    place.insert(at);
                }
                Entry::Vacant(_) => {}
            }
        }
    }

    /// Waits until the number of entries requires an early write to the store.
    pub async fn filled(&self) {
        self.full.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures_util::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn key(number: usize) -> KeyId {
        format!("key_{number:020}").parse().unwrap()
    }

    #[derive(Debug, Clone)]
    enum Step {
        Use(usize, i64),
        Write,
        WriteFails,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0..12_usize, 0..100_i64).prop_map(|(key, at)| Step::Use(key, at)),
            1 => Just(Step::Write),
            1 => Just(Step::WriteFails),
        ]
    }

    proptest! {
        /// For any uses and failures of the store, the store has the latest use of each key in the end.
        #[test]
        fn model_of_last_uses(steps in proptest::collection::vec(step(), 0..80)) {
            let uses = LastUses::default();
            let (mut truth, mut store) = (BTreeMap::new(), BTreeMap::new());
            let write = |store: &mut BTreeMap<KeyId, Timestamp>| {
                for (key, at) in uses.take() {
                    let known = store.entry(key).or_insert(at);
                    *known = at.max(*known);
                }
            };
            for step in steps {
                match step {
                    Step::Use(number, at) => {
                        uses.remember(&key(number), Timestamp(at));
                        let known = truth.entry(key(number)).or_insert(Timestamp(at));
                        *known = Timestamp(at).max(*known);
                    }
                    Step::Write => write(&mut store),
                    Step::WriteFails => uses.give_back(uses.take()),
                }
            }
            write(&mut store);
            prop_assert_eq!(store, truth);
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let uses = LastUses::default();
        for number in 0..PARTS * MOST * 2 {
            uses.remember(&key(number), Timestamp(1));
        }
        assert!(uses.filled().now_or_never().is_some(), "it asks to be written early");
        let taken = uses.take();
        assert!(taken.len() <= PARTS * MOST, "{}", taken.len());
        assert!(taken.is_sorted_by(|a, b| a.0.as_str() < b.0.as_str()));
        assert!(uses.take().is_empty());
        uses.give_back((0..PARTS * MOST * 2).map(|number| (key(number), Timestamp(1))).collect());
        assert!(uses.take().len() <= PARTS * MOST);
    }
}
