//! How full the buckets of a limit are, as nodes tell the store.

use serde::{Deserialize, Serialize};

use super::{Measure, Part, RateLimits};

/// One unit.
pub(super) const SCALE: u64 = 1_000_000;

/// Used amounts that have not leaked yet, in millionths, in the order of [`Measure::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Levels([u64; 4]);

impl Levels {
    /// Builds the level of each measure.
    #[must_use]
    pub fn each(level: impl FnMut(Measure) -> u64) -> Self {
        Self(Measure::ALL.map(level))
    }

    /// The level of one measure.
    #[must_use]
    pub fn of(&self, measure: Measure) -> u64 {
        let [minute, day, tokens, images] = self.0;
        match measure {
            Measure::RequestsPerMinute => minute,
            Measure::RequestsPerDay => day,
            Measure::TokensPerMinute => tokens,
            Measure::ImagesPerMinute => images,
        }
    }

    /// Whether all is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// The sums.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self::each(|measure| self.of(measure).saturating_add(other.of(measure)))
    }

    /// The differences, and zero where the other is larger.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self::each(|measure| self.of(measure).saturating_sub(other.of(measure)))
    }

    /// Whole units as millionths.
    #[must_use]
    pub fn of_units(self) -> Self {
        Self::each(|measure| self.of(measure).saturating_mul(SCALE))
    }

    /// What goes with one part of another one that has these levels, rounded up.
    #[must_use]
    pub fn with(self, part: Part, of: Part) -> Self {
        if part >= of {
            return self;
        }
        let scaled = |level: u64| {
            let level = (u128::from(level) * u128::from(part.pieces())).div_ceil(u128::from(of.pieces()));
            u64::try_from(level).unwrap_or(u64::MAX)
        };
        Self::each(|measure| scaled(self.of(measure)))
    }

    /// What is left of them after these seconds, for a part of these limits. What is not limited is empty.
    #[must_use]
    pub fn after(self, seconds: i64, limits: &RateLimits, part: Part) -> Self {
        let seconds = u128::from(u64::try_from(seconds).unwrap_or(0));
        Self::each(|measure| {
            let Some(limit) = limits.get(measure) else { return 0 };
            let divisor = u128::from(Part::ALL.pieces()) * u128::from(measure.period().as_secs().max(1));
            let leaked = u128::from(limit) * u128::from(SCALE) * u128::from(part.pieces()) * seconds / divisor;
            self.of(measure).saturating_sub(u64::try_from(leaked).unwrap_or(u64::MAX))
        })
    }

    /// These levels, with the windows of a minute as full as a part of the limits allows.
    #[must_use]
    pub fn with_full_minutes(self, limits: &RateLimits, part: Part) -> Self {
        Self::each(|measure| {
            let depth = |limit: u64| u128::from(limit) * u128::from(SCALE) * u128::from(part.pieces());
            let full = limits.get(measure).map_or(0, |limit| depth(limit).div_ceil(u128::from(Part::ALL.pieces())));
            let full = u64::try_from(full).unwrap_or(u64::MAX);
            if measure.is_long() { self.of(measure) } else { self.of(measure).max(full) }
        })
    }
}
