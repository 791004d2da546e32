//! How much an organization may buy, at once and in a day. An organization that has not paid for long has lower bounds:
//! strangers test stolen cards with purchases.

use crate::time::Timestamp;

/// Seconds in which purchases are summed: a day.
pub const DAY: i64 = 86_400;
/// How long after its first paid purchase an organization is new, in seconds: a week.
pub const NEW_FOR: i64 = 7 * DAY;
/// How long after its first paid purchase an organization has a bound of automatic purchases in a month, in seconds:
/// 60 days. Within this time most holders of stolen cards have disputed what they did not buy.
pub const RECHARGE_NEW_FOR: i64 = 60 * DAY;
/// The least that the payment service charges, in cents.
pub const LEAST_CHARGE: i64 = 50;
/// The most that the payment service charges, in cents.
pub const MOST_CHARGE: i64 = 99_999_999;

/// The configured bounds, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurchaseBounds {
    /// The least of one purchase.
    pub least: i64,
    /// The most of one purchase.
    pub most: i64,
    /// The most in 24 hours.
    pub most_day: i64,
    /// The most in 24 hours of a new organization, which bounds each of its purchases, too.
    pub most_day_new: i64,
    /// The most that automatic purchases of a new organization may cost in a calendar month, whatever its owners set.
    pub most_recharge_month_new: i64,
}

impl Default for PurchaseBounds {
    fn default() -> Self {
        Self { least: 500, most: 100_000, most_day: 500_000, most_day_new: 10_000, most_recharge_month_new: 50_000 }
    }
}

/// Why an amount cannot be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseRefusal {
    /// It is below the least.
    TooLittle {
        /// The least, in cents.
        least: i64,
    },
    /// It is above the most of one purchase.
    TooMuch {
        /// The most, in cents.
        most: i64,
    },
    /// It is more than may be bought today.
    Day {
        /// What may still be bought, in cents.
        left: i64,
        /// The most of a day, in cents.
        most: i64,
    },
}

impl PurchaseBounds {
    /// Whether an organization with its first paid purchase at this moment is new.
    #[must_use]
    pub fn is_new(first_paid: Option<Timestamp>, now: Timestamp) -> bool {
        first_paid.is_none_or(|at| now.since(at) < NEW_FOR)
    }

    /// The most of a day, for a new organization or an older one.
    #[must_use]
    pub fn of_day(&self, new: bool) -> i64 {
        if new { self.most_day.min(self.most_day_new) } else { self.most_day }
    }

    /// The most of one purchase, for a new organization or an older one.
    #[must_use]
    pub fn of_one(&self, new: bool) -> i64 {
        self.most.min(self.of_day(new))
    }

    /// The most that may be bought automatically in a calendar month by an organization with its first paid purchase at
    /// this moment; `None` where only the ceiling of its owners counts.
    #[must_use]
    pub fn of_recharge_month(&self, first_paid: Option<Timestamp>, now: Timestamp) -> Option<i64> {
        let is_new = first_paid.is_none_or(|at| now.since(at) < RECHARGE_NEW_FOR);
        is_new.then_some(self.most_recharge_month_new)
    }

    /// Checks an amount. `bought` is what was bought in the last 24 hours and has not failed, all in cents.
    ///
    /// # Errors
    /// When the amount is outside the bounds.
    pub fn check(&self, cents: i64, bought: i64, new: bool) -> Result<(), PurchaseRefusal> {
        if cents < self.least {
            return Err(PurchaseRefusal::TooLittle { least: self.least });
        }
        let most = self.of_one(new);
        if cents > most {
            return Err(PurchaseRefusal::TooMuch { most });
        }
        let day = self.of_day(new);
        let left = day.saturating_sub(bought).max(0);
        if cents > left {
            return Err(PurchaseRefusal::Day { left, most: day });
        }
        Ok(())
    }
}
