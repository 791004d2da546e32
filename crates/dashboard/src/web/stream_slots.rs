//! Limits how many streams of progress are open at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The maximum number of open streams of one session or link.
const MOST_PER_HOLDER: usize = 4;
/// The maximum number of open streams of this node.
const MOST: usize = 1_000;

/// The number of open streams, by session or link.
#[derive(Debug, Clone, Default)]
pub struct OpenStreams(Arc<Mutex<HashMap<String, usize>>>);

/// One open stream; dropping it frees the slot.
#[derive(Debug)]
pub(crate) struct StreamSlot {
    streams: OpenStreams,
    holder: String,
}

impl OpenStreams {
    pub(crate) fn open(&self, holder: &str) -> Option<StreamSlot> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.values().sum::<usize>() >= MOST {
            return None;
        }
        let own = all.entry(holder.to_owned()).or_default();
        if *own >= MOST_PER_HOLDER {
            return None;
        }
        *own += 1;
        Some(StreamSlot { streams: self.clone(), holder: holder.to_owned() })
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut all = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
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
    fn slots_are_bounded_and_released() {
        let streams = OpenStreams::default();
        let mut slots: Vec<_> = (0..MOST_PER_HOLDER).map(|_| streams.open("one").unwrap()).collect();
        assert!(streams.open("one").is_none() && streams.open("two").is_some());
        slots.pop();
        assert!(streams.open("one").is_some());
        let _all: Vec<_> = (0..MOST).filter_map(|n| streams.open(&n.to_string())).collect();
        assert!(streams.open("late").is_none());
    }
}
