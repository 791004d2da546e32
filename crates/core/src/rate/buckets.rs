//! The buckets of one model, in one organization or one project.

use std::time::Duration;

use super::levels::SCALE;
use super::{Bucket, Full, Levels, LimitState, Measure, Part, Rate, RateLimits};

/// The most that one request may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need {
    /// Tokens read and written.
    pub tokens: u64,
    /// Images.
    pub images: u64,
}

/// The amounts that a request used.
pub type Used = Need;

impl Need {
    /// The amount for one measure. A request counts as one request.
    #[must_use]
    pub const fn of(&self, measure: Measure) -> u64 {
        match measure {
            Measure::RequestsPerMinute | Measure::RequestsPerDay => 1,
            Measure::TokensPerMinute => self.tokens,
            Measure::ImagesPerMinute => self.images,
        }
    }
}

/// A limit that a request does not fit into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitExceeded {
    /// The measure.
    pub measure: Measure,
    /// The configured limit.
    pub limit: u64,
    /// The amount that counts as used.
    pub used: u64,
    /// The requested amount.
    pub requested: u64,
    /// Whether it may fit later.
    pub full: Full,
}

/// One bucket for each measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buckets([Bucket; 4]);

impl Buckets {
    fn limited<'b>(
        &'b mut self,
        limits: &'b RateLimits,
        part: Part,
    ) -> impl Iterator<Item = (Measure, Rate, &'b mut Bucket)> {
        let rate = move |measure: Measure| Some(Rate::new(limits.get(measure)?, measure.period(), part));
        Measure::ALL.into_iter().zip(&mut self.0).filter_map(move |(m, bucket)| Some((m, rate(m)?, bucket)))
    }

    /// Checks whether a request fits into every limit. A limit it will never fit into is reported before one it does
    /// not fit into now.
    ///
    /// # Errors
    /// The limit that does not have enough left.
    pub fn fits(&mut self, limits: &RateLimits, part: Part, need: &Need, now: Duration) -> Result<(), LimitExceeded> {
        let mut exceeded: Option<LimitExceeded> = None;
        for (measure, rate, bucket) in self.limited(limits, part) {
            let requested = need.of(measure);
            let Err(full) = bucket.fits(rate, requested, now) else { continue };
            let this = LimitExceeded { measure, limit: rate.limit, used: bucket.used(rate), requested, full };
            // Of several waits, only the longest one is long enough.
            let worse = match (full, exceeded.map(|exceeded| exceeded.full)) {
                (_, None) => true,
                (Full::TooLarge, Some(Full::Wait(_))) => true,
                (Full::Wait(this), Some(Full::Wait(other))) => this > other,
                (_, Some(Full::TooLarge)) => false,
            };
            if worse {
                exceeded = Some(this);
            }
        }
        exceeded.map_or(Ok(()), Err)
    }

    /// Counts a request and reserves what it may use. Returns the state of each limit, as [`Self::states`] does.
    pub fn hold(&mut self, limits: &RateLimits, part: Part, need: &Need, now: Duration) -> [Option<LimitState>; 4] {
        self.each(limits, part, |measure, rate, bucket| {
            match measure {
                // A request counts no matter how it ends.
                Measure::RequestsPerMinute | Measure::RequestsPerDay => bucket.settle(rate, 0, 1, now),
                Measure::TokensPerMinute | Measure::ImagesPerMinute => bucket.hold(need.of(measure)),
            }
            bucket.state(rate, now)
        })
    }

    /// Replaces what was reserved under these limits by what was used.
    pub fn settle(&mut self, limits: &RateLimits, part: Part, held: &Need, used: &Used, now: Duration) {
        for (measure, rate, bucket) in self.limited(limits, part) {
            if matches!(measure, Measure::TokensPerMinute | Measure::ImagesPerMinute) {
                bucket.settle(rate, held.of(measure), used.of(measure), now);
            }
        }
    }

    /// Returns the state of each limit, in the order of [`Measure::ALL`]; `None` where there is none.
    pub fn states(&mut self, limits: &RateLimits, part: Part, now: Duration) -> [Option<LimitState>; 4] {
        self.each(limits, part, |_, rate, bucket| bucket.state(rate, now))
    }

    fn each<R: Copy>(
        &mut self,
        limits: &RateLimits,
        part: Part,
        mut of: impl FnMut(Measure, Rate, &mut Bucket) -> R,
    ) -> [Option<R>; 4] {
        let mut results = [None; 4];
        for ((measure, bucket), result) in Measure::ALL.into_iter().zip(&mut self.0).zip(&mut results) {
            let rate = limits.get(measure).map(|limit| Rate::new(limit, measure.period(), part));
            *result = rate.map(|rate| of(measure, rate, bucket));
        }
        results
    }

    /// The time until everything has leaked.
    pub fn reset(&mut self, limits: &RateLimits, part: Part, now: Duration) -> Duration {
        let resets = self.limited(limits, part).map(|(_, rate, bucket)| bucket.state(rate, now).reset);
        resets.max().unwrap_or_default()
    }

    /// The used amounts, without what running requests reserve.
    pub fn levels(&mut self, limits: &RateLimits, part: Part, now: Duration) -> Levels {
        let mut levels = Levels::default();
        for (measure, rate, bucket) in self.limited(limits, part) {
            levels = levels.plus(Levels::each(|each| if each == measure { bucket.level(rate, now) } else { 0 }));
        }
        levels
    }

    /// Adds to the used amounts.
    pub fn add(&mut self, limits: &RateLimits, part: Part, levels: Levels) {
        for (measure, rate, bucket) in self.limited(limits, part) {
            bucket.add(rate, levels.of(measure));
        }
    }

    /// Takes from the used amounts.
    pub fn take(&mut self, limits: &RateLimits, part: Part, levels: Levels) {
        for (measure, rate, bucket) in self.limited(limits, part) {
            bucket.take(rate, levels.of(measure));
        }
    }

    /// The smallest part that has room for what running requests reserve.
    pub fn held_part(&mut self, limits: &RateLimits) -> Part {
        let parts = self.limited(limits, Part::ALL).map(|(_, rate, bucket)| {
            let held = u128::from(bucket.held()).saturating_mul(u128::from(Part::ALL.pieces()));
            Part::of_pieces(held.div_ceil(u128::from(rate.limit.max(1))))
        });
        parts.max().unwrap_or_default()
    }

    /// Takes out the levels that go with what a node gives back when `before` becomes `after`: their part of what is
    /// used, and what `after` has no room for.
    pub fn give(&mut self, limits: &RateLimits, before: Part, after: Part, now: Duration) -> Levels {
        let levels = self.levels(limits, before, now);
        let proportional = levels.with(before.minus(after), before);
        let given = Levels::each(|measure| {
            let level = levels.of(measure);
            let Some(limit) = limits.get(measure) else { return 0 };
            let depth = u128::from(limit).saturating_mul(u128::from(SCALE)).saturating_mul(u128::from(after.pieces()));
            let depth = u64::try_from(depth / u128::from(Part::ALL.pieces())).unwrap_or(u64::MAX);
            let held = self.held(measure).saturating_mul(SCALE);
            proportional.of(measure).max(level.saturating_sub(depth.saturating_sub(held))).min(level)
        });
        self.take(limits, before, given);
        given
    }

    fn held(&self, wanted: Measure) -> u64 {
        let mut buckets = Measure::ALL.into_iter().zip(&self.0);
        buckets.find(|(measure, _)| *measure == wanted).map_or(0, |(_, bucket)| bucket.held())
    }
}
