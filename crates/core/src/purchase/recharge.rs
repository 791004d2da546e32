//! When credit is bought automatically.

use crate::money::Amount;

/// What an organization has set, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recharge {
    /// The balance below which credit is bought.
    pub below: i64,
    /// The amount of one purchase.
    pub cents: i64,
    /// The most of a calendar month (UTC); `None` is no ceiling.
    pub most_month: Option<i64>,
}

/// What is known when the balance is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The balance.
    pub balance: Amount,
    /// What automatic purchases of this month have cost or may still cost, in cents.
    pub bought: i64,
    /// Whether an automatic purchase has not ended.
    pub runs: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Enough is left, or a purchase runs.
    Nothing,
    /// Buy this many cents.
    Buy(i64),
    /// The ceiling of the month leaves no room for another purchase.
    Ceiling,
}

impl Recharge {
    /// Judges a balance. The amount is never made smaller to fit below the ceiling: owners chose it.
    #[must_use]
    pub fn judge(&self, now: Standing) -> Judgement {
        if now.runs || now.balance >= Amount::of_cents(self.below) {
            return Judgement::Nothing;
        }
        match self.most_month {
            Some(most) if now.bought.saturating_add(self.cents) > most => Judgement::Ceiling,
            _ => Judgement::Buy(self.cents),
        }
    }
}
