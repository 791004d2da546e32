//! When an alert about a budget is reached.

use crate::money::Amount;

/// Alerts of one budget.
pub const MOST_ALERTS_OF_BUDGET: i64 = 100;
/// Recipients of mails of one alert.
pub const MOST_ALERT_RECIPIENTS: usize = 10;
/// The shares, in percent, of the two alerts to owners that are set together.
pub const OWNERS_SHARES: [i64; 2] = [80, 100];
/// The shares that an alert can have, in percent.
pub const SHARES: std::ops::RangeInclusive<i64> = 1..=100;

/// What must be used for an alert to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// A share of the budget, in percent.
    Share(i64),
    /// An amount of what the budget measures.
    Amount(Amount),
}

impl Threshold {
    /// Whether a use reaches it. `most` is the budget. Nothing is reached without use.
    #[must_use]
    pub fn is_reached(self, used: Amount, most: Amount) -> bool {
        let reached = match self {
            Self::Share(percent) => {
                // Exact: both sides are whole picos.
                used.picos().saturating_mul(100) >= most.picos().saturating_mul(i128::from(percent))
            }
            Self::Amount(amount) => used >= amount,
        };
        used > Amount::ZERO && reached
    }

    /// Whether an alert that was reached in a period can be reached once more in it: when it is a share, and the budget was
    /// raised meanwhile. `before` is the budget of that time.
    #[must_use]
    pub fn is_open_again(self, before: Amount, most: Amount) -> bool {
        matches!(self, Self::Share(_)) && before < most
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_are_exact() {
        let cents = Amount::of_cents;
        for (percent, used, most, reached) in [
            (80, 7_999, 10_000, false),
            (80, 8_000, 10_000, true),
            (100, 9_999, 10_000, false),
            (100, 10_000, 10_000, true),
            (1, 0, 10_000, false),
            (100, 0, 0, false),
            (100, 1, 0, true),
            (33, 1, 3, true),
            (34, 1, 3, false),
        ] {
            assert_eq!(
                Threshold::Share(percent).is_reached(cents(used), cents(most)),
                reached,
                "{percent} {used} {most}"
            );
        }
        // A pico less is not enough.
        let almost = Amount::of_picos(Amount::of_cents(8_000).picos() - 1);
        assert!(!Threshold::Share(80).is_reached(almost, cents(10_000)));
        assert!(Threshold::Amount(cents(5)).is_reached(cents(5), cents(1)));
        assert!(!Threshold::Amount(cents(5)).is_reached(cents(4), cents(1)));
        assert!(!Threshold::Amount(Amount::ZERO).is_reached(Amount::ZERO, cents(1)), "nothing is used");
    }

    #[test]
    fn a_raised_budget_opens_a_share_again() {
        let cents = Amount::of_cents;
        assert!(Threshold::Share(80).is_open_again(cents(100), cents(101)));
        assert!(!Threshold::Share(80).is_open_again(cents(100), cents(100)));
        assert!(!Threshold::Share(80).is_open_again(cents(100), cents(99)));
        assert!(!Threshold::Amount(cents(80)).is_open_again(cents(100), cents(200)));
    }

    proptest! {
        /// A use that reaches a share reaches every lower one, and more use reaches it too.
        #[test]
        fn shares_are_monotonic(percent in SHARES, used in 0..1_000_000_i64, more in 0..1_000_000_i64, most in 0..1_000_000_i64) {
            let cents = Amount::of_cents;
            if Threshold::Share(percent).is_reached(cents(used), cents(most)) {
                prop_assert!(Threshold::Share(percent).is_reached(cents(used + more), cents(most)));
                prop_assert!(Threshold::Share(1).is_reached(cents(used), cents(most)));
            }
        }
    }
}
