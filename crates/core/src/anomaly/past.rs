//! When the use of an hour is far beyond the past of a key: above [`FACTOR`] times its busiest hour of the last days, and
//! above a floor, so that small figures are never unusual.
//!
//! The busiest hour, and not a mean with a deviation: keys that work once a night or once a week have a small mean, and
//! would be reported each time. The price is that a key with one very busy hour must pass that hour again.

use std::collections::BTreeSet;

use super::DAY;
use crate::money::Amount;
use crate::time::Timestamp;

/// How many times its busiest hour a key must pass.
pub const FACTOR: i64 = 3;
/// The days with use that a past needs.
pub const LEAST_DAYS: usize = 3;
/// Requests of an hour that are never unusual.
pub const LEAST_REQUESTS: i64 = 100;
/// Cost of an hour that is never unusual: one unit of the currency.
pub const LEAST_SPEND: Amount = Amount::of_cents(100);

/// What is known of the past of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Past {
    /// Days with use.
    pub days: usize,
    /// The most requests of one hour.
    pub requests: i64,
    /// The most that one hour cost.
    pub spend: Amount,
}

impl Past {
    /// Summarizes hours with use: when each began, its requests and its cost.
    #[must_use]
    pub fn of_hours(hours: impl IntoIterator<Item = (Timestamp, i64, Amount)>) -> Self {
        let (mut days, mut past) = (BTreeSet::new(), Self::default());
        for (at, requests, spend) in hours {
            if requests > 0 || spend > Amount::ZERO {
                days.insert(at.0.div_euclid(DAY));
            }
            past.requests = past.requests.max(requests);
            past.spend = past.spend.max(spend);
        }
        Self { days: days.len(), ..past }
    }

    /// Whether this number of requests in an hour is far beyond it.
    #[must_use]
    pub fn requests_are_beyond(&self, requests: i64) -> bool {
        self.days >= LEAST_DAYS && is_beyond(requests.into(), self.requests.into(), LEAST_REQUESTS.into())
    }

    /// Whether such a cost of an hour is far beyond it.
    #[must_use]
    pub fn spend_is_beyond(&self, spend: Amount) -> bool {
        self.days >= LEAST_DAYS && is_beyond(spend.picos(), self.spend.picos(), LEAST_SPEND.picos())
    }
}

/// Whether a figure of an hour is beyond the highest one of the past, and above the floor.
#[must_use]
pub fn is_beyond(now: i128, highest: i128, floor: i128) -> bool {
    now > floor && now > highest.saturating_mul(FACTOR.into())
}
