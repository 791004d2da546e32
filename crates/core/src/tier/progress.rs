//! How far an organization is on its way to the next tier.

use super::{Tier, TierRequirement, TierTable};
use crate::money::Amount;
use crate::time::Timestamp;

const DAY: i64 = 86_400;

/// What decides the tier of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it has paid in all.
    pub paid: Amount,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it paid first.
    pub first_paid_at: Option<Timestamp>,
    /// The present time.
    pub now: Timestamp,
}

impl Progress {
    /// The moment from which the days of a tier count: the first payment, or the making of the organization where
    /// nothing has to be paid. `None` before the first payment.
    #[must_use]
    pub const fn counts_from(&self, needs: &TierRequirement) -> Option<Timestamp> {
        if needs.paid_cents == 0 { Some(self.made_at) } else { self.first_paid_at }
    }

    /// Whether the organization meets what a tier needs.
    #[must_use]
    pub fn meets(&self, needs: &TierRequirement) -> bool {
        self.missing_paid(needs) == Amount::ZERO && self.missing_days(needs) == 0
    }

    /// What has yet to be paid.
    #[must_use]
    pub fn missing_paid(&self, needs: &TierRequirement) -> Amount {
        needs.paid().minus(self.paid).max(Amount::ZERO)
    }

    /// The days that have yet to pass, a begun one as a whole.
    #[must_use]
    pub fn missing_days(&self, needs: &TierRequirement) -> i64 {
        if needs.days == 0 {
            return 0;
        }
        let Some(from) = self.counts_from(needs) else { return needs.days };
        let left = needs.days.saturating_mul(DAY).saturating_sub(self.now.since(from).max(0)).max(0);
        left.saturating_add(DAY - 1) / DAY
    }
}

/// The tier after the present one, and what is missing for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextTier {
    /// The tier.
    pub tier: Tier,
    /// What it needs.
    pub needs: TierRequirement,
    /// What has yet to be paid.
    pub missing_paid: Amount,
    /// The days that have yet to pass. Before the first payment, those of a tier that needs one are all missing.
    pub missing_days: i64,
}

impl NextTier {
    /// The part of the amount that is paid, in percent; 100 where nothing has to be paid.
    #[must_use]
    pub fn paid_percent(&self) -> u8 {
        percent(self.needs.paid().minus(self.missing_paid).picos(), self.needs.paid().picos())
    }

    /// The part of the days that has passed, in percent; 100 where none have to pass.
    #[must_use]
    pub fn days_percent(&self) -> u8 {
        percent((self.needs.days - self.missing_days).into(), self.needs.days.into())
    }
}

/// A part of a whole, rounded down, so that only all of it is 100.
fn percent(part: i128, whole: i128) -> u8 {
    if whole <= 0 {
        return 100;
    }
    u8::try_from((part.saturating_mul(100) / whole).clamp(0, 100)).unwrap_or(100)
}

impl TierTable {
    /// The highest tier that an organization has reached; 0 where no tier is configured.
    #[must_use]
    pub fn reached(&self, progress: &Progress) -> Tier {
        let met = |tier: &Tier| self.requirement(*tier).is_some_and(|needs| progress.meets(&needs));
        self.tiers().filter(met).last().unwrap_or(Tier::ZERO)
    }

    /// The tier after the present one, with what is missing; `None` at the highest configured one.
    #[must_use]
    pub fn next(&self, present: Tier, progress: &Progress) -> Option<NextTier> {
        let tier = present.following()?;
        let needs = self.requirement(tier)?;
        Some(NextTier {
            tier,
            needs,
            missing_paid: progress.missing_paid(&needs),
            missing_days: progress.missing_days(&needs),
        })
    }
}
