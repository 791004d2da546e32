//! Usage tiers of organizations: from tier to tier, the rate limits of models rise. An organization reaches a tier by
//! what it has paid and by its age; only the operator sets a lower one.

mod progress;
mod state;
mod table;
#[cfg(test)]
mod tests;

pub use progress::{NextTier, Progress};
pub use state::{TierSource, TierState, hold_after};
pub use table::{TierDefinition, TierFault, TierLimit, TierRequirement, TierTable};

use std::fmt;

/// A usage tier, 0 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tier(u8);

impl Tier {
    /// The tier in which an organization begins.
    pub const ZERO: Self = Self(0);
    /// The highest tier.
    pub const HIGHEST: Self = Self(5);

    /// Returns the tier of that number.
    #[must_use]
    pub fn new(number: i64) -> Option<Self> {
        u8::try_from(number).ok().map(Self).filter(|tier| *tier <= Self::HIGHEST)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0 as i64
    }

    /// The tier after this one.
    #[must_use]
    pub fn following(self) -> Option<Self> {
        Self::new(self.number() + 1)
    }

    /// The place in a list that begins with tier 0.
    #[must_use]
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
