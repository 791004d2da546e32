//! The figures of a budget as people and callers see them.

use crate::money::Amount;

/// A limit is nearly reached when this part of it is spent, in percent.
const NEAR: i128 = 80;

/// What is counted of an organization or a project in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BudgetFigures {
    /// The limit; `None` limits nothing.
    pub limit: Option<Amount>,
    /// What is counted as spent.
    pub spent: Amount,
    /// What nodes have leased for requests, and what is set aside for responses and batches that outlive their request.
    pub set_aside: Amount,
}

/// How near the limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetState {
    /// There is no limit.
    Unlimited,
    /// Less than four fifths are spent.
    Within,
    /// At least four fifths are spent.
    Near,
    /// All of it is spent, so that every request that costs something is refused.
    Reached,
}

impl BudgetFigures {
    /// What can still be spent: the limit without what is spent and what is set aside.
    #[must_use]
    pub fn left(&self) -> Option<Amount> {
        let left = |limit: Amount| limit.minus(self.spent).minus(self.set_aside).max(Amount::ZERO);
        self.limit.map(left)
    }

    /// How near the limit is.
    #[must_use]
    pub fn state(&self) -> BudgetState {
        match self.limit {
            None => BudgetState::Unlimited,
            Some(limit) if self.spent >= limit => BudgetState::Reached,
            Some(limit) if self.spent.picos().saturating_mul(100) >= limit.picos().saturating_mul(NEAR) => {
                BudgetState::Near
            }
            Some(_) => BudgetState::Within,
        }
    }

    /// Whether a limit of this amount would refuse every request that costs something.
    #[must_use]
    pub fn would_refuse(&self, limit: Amount) -> bool {
        self.spent >= limit
    }

    /// The parts of the limit that are spent and set aside, in thousandths; together they are at most 1000. What is more
    /// than nothing is at least one thousandth, and what is less than all of it is not shown as all of it.
    #[must_use]
    pub fn thousandths(&self) -> Option<(u32, u32)> {
        let limit = self.limit?;
        let spent = thousandths(self.spent, limit);
        Some((spent, thousandths(self.set_aside, limit).min(1_000 - spent)))
    }
}

fn thousandths(part: Amount, whole: Amount) -> u32 {
    if part <= Amount::ZERO {
        return 0;
    }
    if part >= whole {
        return 1_000;
    }
    let share = part.picos().saturating_mul(1_000) / whole.picos().max(1);
    u32::try_from(share).unwrap_or(1_000).clamp(1, 999)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(limit: Option<i64>, spent: i64, set_aside: i64) -> BudgetFigures {
        let [spent, set_aside] = [spent, set_aside].map(Amount::of_cents);
        BudgetFigures { limit: limit.map(Amount::of_cents), spent, set_aside }
    }

    #[test]
    fn what_is_left_is_never_negative() {
        assert_eq!(figures(Some(100), 40, 10).left(), Some(Amount::of_cents(50)));
        assert_eq!(figures(Some(100), 95, 10).left(), Some(Amount::ZERO));
        assert_eq!(figures(Some(100), 140, 0).left(), Some(Amount::ZERO));
        assert_eq!(figures(None, 140, 0).left(), None);
    }

    #[test]
    fn a_limit_is_near_from_four_fifths_and_reached_when_all_is_spent() {
        let state = |spent| figures(Some(100), spent, 99).state();
        assert_eq!(
            [state(0), state(79), state(80), state(99), state(100), state(101)],
            [
                BudgetState::Within,
                BudgetState::Within,
                BudgetState::Near,
                BudgetState::Near,
                BudgetState::Reached,
                BudgetState::Reached,
            ]
        );
        assert_eq!(figures(None, 1, 0).state(), BudgetState::Unlimited);
        assert!(figures(None, 100, 0).would_refuse(Amount::of_cents(100)));
        assert!(!figures(None, 100, 0).would_refuse(Amount::of_cents(101)));
    }

    #[test]
    fn a_bar_shows_a_little_and_is_full_only_when_all_is_spent() {
        let parts = |limit, spent, set_aside| figures(Some(limit), spent, set_aside).thousandths();
        assert_eq!(parts(1_000, 0, 0), Some((0, 0)));
        assert_eq!(parts(100, 25, 50), Some((250, 500)));
        assert_eq!(parts(100, 80, 50), Some((800, 200)));
        assert_eq!(parts(1_000_000, 1, 1), Some((1, 1)));
        assert_eq!(parts(1_000_000, 999_999, 0), Some((999, 0)));
        assert_eq!(parts(1_000_000, 999_999, 9), Some((999, 1)));
        assert_eq!(parts(100, 250, 50), Some((1_000, 0)));
        assert_eq!(figures(None, 1, 1).thousandths(), None);
        // A sum that cannot be multiplied is shown as all of it at most.
        let huge = BudgetFigures {
            limit: Some(Amount::of_picos(i128::MAX)),
            spent: Amount::of_picos(i128::MAX - 1),
            ..BudgetFigures::default()
        };
        assert!(huge.thousandths().is_some());
    }
}
