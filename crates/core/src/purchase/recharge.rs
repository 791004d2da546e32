//! When credit is bought automatically.

use crate::ledger::Recharge;
use crate::money::Amount;

/// Micros in a cent.
const CENT: i64 = 10_000;

/// Why automatic purchases pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pause {
    /// The bank refused, or asks for a confirmation that only an owner can give.
    Declined,
    /// No card is on file.
    NoCard,
    /// The monthly ceiling leaves no room; it ends with the month.
    Ceiling,
    /// The bounds of purchases leave no room; it ends with the month.
    Bounds,
}

impl Pause {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Declined, Self::NoCard, Self::Ceiling, Self::Bounds];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::NoCard => "no_card",
            Self::Ceiling => "ceiling",
            Self::Bounds => "bounds",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pause| pause.as_str() == name)
    }

    /// Whether the pause ends when the next month begins.
    #[must_use]
    pub const fn ends_with_month(self) -> bool {
        matches!(self, Self::Ceiling | Self::Bounds)
    }
}

/// The figures by which an automatic purchase is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RechargeFigures {
    /// The balance.
    pub balance: Amount,
    /// What automatic purchases of this month have cost or may still cost, in cents.
    pub bought: i64,
    /// The most that the operator lets automatic purchases of a month cost, in cents; `None` without such a bound.
    pub most: Option<i64>,
    /// Whether an automatic purchase has not ended.
    pub runs: bool,
}

/// The decision about an automatic purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RechargeDecision {
    /// Enough is left, or a purchase runs.
    Nothing,
    /// Buy this many cents.
    Buy(i64),
    /// The ceiling of the month leaves no room for another purchase.
    Ceiling,
    /// The operator's bound of a month leaves no room for one of this many cents.
    Bounds(i64),
}

/// Decides about an automatic purchase. The amount is never made smaller to fit below the ceiling: owners chose it.
#[must_use]
pub fn decide(set: &Recharge, now: RechargeFigures) -> RechargeDecision {
    if now.runs || now.balance >= Amount::from(set.below) {
        return RechargeDecision::Nothing;
    }
    let cents = set.amount.0 / CENT;
    let after = now.bought.saturating_add(cents);
    if after > set.ceiling.0 / CENT {
        return RechargeDecision::Ceiling;
    }
    if now.most.is_some_and(|most| after > most) {
        return RechargeDecision::Bounds(cents);
    }
    RechargeDecision::Buy(cents)
}
