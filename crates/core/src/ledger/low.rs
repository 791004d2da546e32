//! The mark below which owners are told that little credit is left.

use crate::money::{Amount, Micros};

/// The mark of an organization, and whether its balance passed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LowMark {
    /// Credit is low when the balance is below this.
    pub below: Micros,
    /// Whether the balance is below it, as was last noted. Owners are told when this becomes true.
    pub passed: bool,
}

impl LowMark {
    /// A mark for this balance. Owners who set it above the balance see that, so that it is passed already.
    #[must_use]
    pub fn new(below: Micros, balance: Amount) -> Self {
        Self { below, passed: balance < below.into() }
    }

    /// The mark after its balance crossed it, downwards or upwards; `None` when it did not.
    #[must_use]
    pub fn crossed(self, balance: Amount) -> Option<Self> {
        let now = Self::new(self.below, balance);
        (now != self).then_some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: LowMark = LowMark { below: Micros(1_000), passed: false };
    const PASSED: LowMark = LowMark { passed: true, ..MARK };

    fn balance(micros: i64, picos: i64) -> Amount {
        Amount::of_parts(micros, picos)
    }

    #[test]
    fn a_mark_is_passed_below_it() {
        assert_eq!(MARK.crossed(balance(1_000, 0)), None, "at the mark");
        assert_eq!(MARK.crossed(balance(999, 999_999)), Some(PASSED), "a pico below it");
        assert_eq!(MARK.crossed(balance(-5, 0)), Some(PASSED), "credit is owed");
        assert_eq!(MARK.crossed(balance(i64::MAX, 0)), None);
    }

    #[test]
    fn a_mark_is_passed_once_until_the_balance_is_at_it() {
        assert_eq!(PASSED.crossed(balance(0, 0)), None);
        assert_eq!(PASSED.crossed(balance(999, 999_999)), None, "more, and still below it");
        assert_eq!(PASSED.crossed(balance(1_000, 0)), Some(MARK));
        assert_eq!(PASSED.crossed(balance(5_000, 0)), Some(MARK));
    }

    #[test]
    fn a_new_mark_above_the_balance_is_passed_already() {
        assert_eq!(LowMark::new(Micros(1_000), balance(999, 0)), PASSED);
        assert_eq!(LowMark::new(Micros(1_000), balance(1_000, 0)), MARK);
    }
}
