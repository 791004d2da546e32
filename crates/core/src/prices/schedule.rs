//! The prices of one model over time.

use std::sync::Arc;

use crate::time::Timestamp;
use crate::usage::Price;

/// A price from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceChange {
    /// The first second in which it holds.
    pub holds_from: Timestamp,
    /// The price.
    pub price: Price,
}

/// The prices of one model over time. Cheap to clone; finding a price allocates nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PriceSchedule {
    /// The price before every change: that of the configuration.
    configured: Price,
    /// By their moment, oldest first.
    changes: Arc<[PriceChange]>,
}

impl From<Price> for PriceSchedule {
    fn from(configured: Price) -> Self {
        Self { configured, changes: Arc::default() }
    }
}

impl PriceSchedule {
    /// The configured price, and what replaces it from which moment on.
    #[must_use]
    pub fn new(configured: Price, mut changes: Vec<PriceChange>) -> Self {
        changes.sort_by_key(|change| change.holds_from);
        Self { configured, changes: changes.into() }
    }

    /// The price before every change.
    #[must_use]
    pub const fn configured(&self) -> &Price {
        &self.configured
    }

    /// The price at a moment.
    #[must_use]
    pub fn at(&self, moment: Timestamp) -> Price {
        self.change_at(moment).map_or(&self.configured, |change| &change.price).clone()
    }

    /// The change that holds at a moment; `None` while the configured price does.
    #[must_use]
    pub fn change_at(&self, moment: Timestamp) -> Option<&PriceChange> {
        // The present price is near the end.
        self.changes.iter().rev().find(|change| change.holds_from <= moment)
    }

    /// The changes after a moment, the next one first.
    pub fn after(&self, moment: Timestamp) -> impl Iterator<Item = &PriceChange> {
        self.changes.iter().filter(move |change| change.holds_from > moment)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Micros;

    fn price(input: i64) -> Price {
        Price { input: Micros(input), ..Price::default() }
    }

    fn change(holds_from: i64, input: i64) -> PriceChange {
        PriceChange { holds_from: Timestamp(holds_from), price: price(input) }
    }

    #[test]
    fn a_price_holds_from_its_moment_until_the_next() {
        let schedule = PriceSchedule::new(price(1), vec![change(200, 3), change(100, 2)]);
        for (moment, expected) in [(0, 1), (99, 1), (100, 2), (199, 2), (200, 3), (i64::MAX, 3)] {
            assert_eq!(schedule.at(Timestamp(moment)), price(expected), "{moment}");
        }
        assert_eq!(schedule.change_at(Timestamp(99)), None);
        let next = |moment| schedule.after(Timestamp(moment)).map(|change| change.holds_from.0).collect::<Vec<_>>();
        assert_eq!((next(0), next(100), next(200)), (vec![100, 200], vec![200], vec![]));
        // A model can become free.
        let schedule = PriceSchedule::new(price(1), vec![change(5, 0)]);
        assert_eq!(schedule.at(Timestamp(5)), Price::default());
        assert_eq!(PriceSchedule::from(price(7)).at(Timestamp(0)), price(7));
    }

    proptest! {
        #[test]
        fn the_newest_change_that_holds_is_the_price(
            moments in proptest::collection::btree_set(0..1_000_i64, 0..20),
            turn in 0..20_usize,
            moment in -10..1_010_i64,
        ) {
            let mut changes: Vec<_> = moments.iter().map(|at| change(*at, *at + 10)).collect();
            let turn = turn.min(changes.len());
            changes.rotate_left(turn);
            let expected = moments.iter().filter(|at| **at <= moment).max().map_or(1, |at| at + 10);
            prop_assert_eq!(PriceSchedule::new(price(1), changes).at(Timestamp(moment)), price(expected));
        }
    }
}
