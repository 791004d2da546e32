//! The tier an organization has, and when it may rise by itself.

use super::{Progress, Tier, TierTable};
use crate::money::Amount;
use crate::time::Timestamp;

/// Who set a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TierSource {
    /// The evaluation of what was paid, and of the age.
    Automatic,
    /// The operator.
    Operator,
}

impl TierSource {
    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Operator => "operator",
        }
    }

    /// Returns the source of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Automatic, Self::Operator].into_iter().find(|source| source.as_str() == name)
    }
}

/// The tier of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierState {
    /// The tier.
    pub tier: Tier,
    /// Since when.
    pub since: Timestamp,
    /// Who set it.
    pub set_by: TierSource,
    /// What had been paid when the operator lowered the tier. It does not rise by itself until more than that is paid.
    pub held_paid: Option<Amount>,
    /// When the first payment was seen.
    pub first_paid_at: Option<Timestamp>,
}

impl TierState {
    /// The state of an organization of which nothing is stored.
    #[must_use]
    pub const fn beginning(made_at: Timestamp) -> Self {
        Self { tier: Tier::ZERO, since: made_at, set_by: TierSource::Automatic, held_paid: None, first_paid_at: None }
    }

    /// Whether the operator's lower tier still holds.
    #[must_use]
    pub fn is_held(&self, paid: Amount) -> bool {
        self.held_paid.is_some_and(|held| paid <= held)
    }

    /// The higher tier to which an evaluation raises the organization, if any.
    #[must_use]
    pub fn raised(&self, table: &TierTable, progress: &Progress) -> Option<Tier> {
        let reached = table.reached(progress);
        (reached > self.tier && !self.is_held(progress.paid)).then_some(reached)
    }
}

/// What the tier is held by after the operator has set it: by the paid amount where it is lower than the present tier
/// or than the one that is reached, so that the next evaluation does not undo it.
#[must_use]
pub fn hold_after(table: &TierTable, progress: &Progress, present: Tier, wanted: Tier) -> Option<Amount> {
    (wanted < present.max(table.reached(progress))).then_some(progress.paid)
}
