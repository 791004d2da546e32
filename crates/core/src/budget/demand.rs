//! What a node leases ahead of its requests, and continues to use while the store does not answer.

use crate::money::Amount;

/// The renewals by which the use is measured; there is one every second. With fewer of them, a node whose requests are
/// some seconds apart would keep nothing between two of them. Each costs a renewal after the last request.
const MEASURED: usize = 5;
/// What is leased ahead, as so many times what was used in them. That is thirty seconds: a failover of PostgreSQL takes
/// five to thirty.
const TIMES: i128 = 6;

/// What a node has used of a budget in the last seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Demand {
    /// The newest first.
    used: [Amount; MEASURED],
}

impl Demand {
    /// Notes what was used since the last renewal.
    pub fn note(&mut self, used: Amount) {
        self.used.rotate_right(1);
        self.used[0] = used.max(Amount::ZERO);
    }

    /// What the node would use in the next thirty seconds at the same pace.
    #[must_use]
    pub fn ahead(&self) -> Amount {
        let sum = self.used.iter().fold(Amount::ZERO, |sum, used| sum.plus(*used));
        Amount::of_picos(sum.picos().saturating_mul(TIMES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_seconds_are_leased_ahead_at_the_pace_of_the_last_five() {
        let mut demand = Demand::default();
        let mut ahead = |used: i64| {
            demand.note(Amount::of_cents(used));
            demand.ahead()
        };
        assert_eq!([0, 1, -3, 2].map(&mut ahead), [0, 6, 6, 18].map(Amount::of_cents));
        // A steady pace.
        assert_eq!([2; 5].map(&mut ahead).last(), Some(&Amount::of_cents(60)));
        assert_eq!([0; 5].map(&mut ahead), [48, 36, 24, 12, 0].map(Amount::of_cents));
    }
}
