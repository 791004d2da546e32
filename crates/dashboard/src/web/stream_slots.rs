//! How many pages may wait for progress at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many pages of one session may wait at once.
const MOST_PER_HOLDER: usize = 4;
/// How many pages may wait in all.
const MOST: usize = 1_000;

/// Who waits, by session or link.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<Mutex<HashMap<String, usize>>>);

/// A place among those who wait; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    waiting: Waiting,
    holder: String,
}

impl Waiting {
    pub(crate) fn enter(&self, holder: &str) -> Option<Place> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.values().sum::<usize>() >= MOST {
            return None;
        }
        let own = all.entry(holder.to_owned()).or_default();
        if *own >= MOST_PER_HOLDER {
            return None;
        }
        *own += 1;
        Some(Place { waiting: self.clone(), holder: holder.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = all.get_mut(&self.holder) {
            *own -= 1;
            if *own == 0 {
                all.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let waiting = Waiting::default();
        let mut places: Vec<_> = (0..MOST_PER_HOLDER).map(|_| waiting.enter("one").unwrap()).collect();
        assert!(waiting.enter("one").is_none() && waiting.enter("two").is_some());
        places.pop();
        assert!(waiting.enter("one").is_some());
        let _all: Vec<_> = (0..MOST).filter_map(|n| waiting.enter(&n.to_string())).collect();
        assert!(waiting.enter("late").is_none());
    }
}
