//! A map with a maximum size: a new entry removes the oldest one. It limits the sandbox's memory.

use std::collections::{HashMap, VecDeque};

#[derive(Debug)]
pub(crate) struct BoundedMap<V> {
    most: usize,
    entries: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> BoundedMap<V> {
    /// Creates an empty map for this number of entries.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, entries: HashMap::new(), order: VecDeque::new() }
    }

    /// Puts an entry at its former place, or at the end.
    pub(crate) fn put(&mut self, key: String, value: V) {
        if self.entries.insert(key.clone(), value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    /// Returns the keys, newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &String> {
        self.order.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_removed() {
        let mut map = BoundedMap::new(2);
        for (key, value) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            map.put(key.to_owned(), value);
        }
        assert_eq!((map.get("a"), map.get("b"), map.get("c")), (None, Some(&2), Some(&4)));
        assert_eq!(map.newest().collect::<Vec<_>>(), ["c", "b"]);
        if let Some(value) = map.get_mut("b") {
            *value = 5;
        }
        assert_eq!(map.get("b"), Some(&5));
    }
}
