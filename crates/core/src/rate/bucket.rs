//! The state of one limit: a leaky bucket that requests fill and time empties.

use std::time::Duration;

use super::Part;
use super::levels::SCALE;

/// What a request is told to wait where the node has no part of the limit: by then it may have one.
const NEXT_PART: Duration = Duration::from_secs(1);

/// A limit as one node enforces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The configured limit, for all nodes together.
    pub limit: u64,
    /// The part of it that this node has.
    part: Part,
    period: Duration,
}

impl Rate {
    /// Builds a rate from an amount in a period, of which the node has a part.
    #[must_use]
    pub const fn new(limit: u64, period: Duration, part: Part) -> Self {
        Self { limit, part, period }
    }

    /// One unit, as it is counted in a bucket.
    fn unit(self) -> u128 {
        self.period.as_micros().max(1).saturating_mul(u128::from(Part::ALL.pieces()))
    }

    /// What leaks in a microsecond.
    fn leak(self) -> u128 {
        u128::from(self.limit).saturating_mul(u128::from(self.part.pieces()))
    }

    /// The most that this node counts at once.
    fn depth(self) -> u128 {
        self.leak().saturating_mul(self.period.as_micros().max(1))
    }

    /// The time in which this amount leaks, rounded up.
    fn time_for(self, filled: u128) -> Duration {
        if self.leak() == 0 {
            return NEXT_PART;
        }
        Duration::from_micros(u64::try_from(filled.div_ceil(self.leak())).unwrap_or(u64::MAX))
    }
}

/// Why an amount does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// It exceeds the limit and will never fit.
    TooLarge,
    /// It does not fit now. It fits after this time if nothing else arrives and the running requests have ended.
    Wait(Duration),
}

/// The state of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitState {
    /// The configured limit.
    pub limit: u64,
    /// What is left.
    pub remaining: u64,
    /// The time until all of it is available, if nothing else arrives.
    pub reset: Duration,
}

/// The amount used of one limit that has not leaked yet. It does not know the limit, so that the limit may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// The used amount, in units times microseconds of the period times the pieces of a limit: whole numbers, so that
    /// rounding loses nothing.
    filled: u128,
    /// The amount reserved for running requests. It does not leak, because it is not known yet how much of it will be
    /// used.
    held: u64,
    /// The time up to which the leak of `filled` was computed.
    at: Duration,
}

impl Bucket {
    fn leak(&mut self, rate: Rate, now: Duration) {
        let passed = now.saturating_sub(self.at);
        self.filled = self.filled.saturating_sub(rate.leak().saturating_mul(passed.as_micros()));
        // Another thread may have read the clock later and arrived here earlier.
        self.at = self.at.max(now);
    }

    fn total(&self, rate: Rate) -> u128 {
        self.filled.saturating_add(u128::from(self.held).saturating_mul(rate.unit()))
    }

    /// Checks whether an amount fits now.
    ///
    /// # Errors
    /// [`Full`].
    pub fn fits(&mut self, rate: Rate, amount: u64, now: Duration) -> Result<(), Full> {
        self.leak(rate, now);
        if amount > rate.limit {
            return Err(Full::TooLarge);
        }
        if rate.part.is_none() {
            return Err(Full::Wait(NEXT_PART));
        }
        let total = self.total(rate);
        // An amount above this node's part, but not above the limit, passes when the bucket is empty, and the excess
        // leaks afterwards.
        let room = rate.depth().saturating_sub(u128::from(amount).saturating_mul(rate.unit()));
        if total <= room { Ok(()) } else { Err(Full::Wait(rate.time_for(total - room))) }
    }

    /// Reserves an amount.
    pub fn hold(&mut self, amount: u64) {
        self.held = self.held.saturating_add(amount);
    }

    /// Replaces a reserved amount by the used one.
    pub fn settle(&mut self, rate: Rate, held: u64, used: u64, now: Duration) {
        self.leak(rate, now);
        self.held = self.held.saturating_sub(held);
        self.filled = self.filled.saturating_add(u128::from(used).saturating_mul(rate.unit()));
    }

    /// The amount that counts as used now, by all nodes, assuming that the parts of the others are equally used.
    #[must_use]
    pub fn used(&self, rate: Rate) -> u64 {
        let one = rate.period.as_micros().max(1).saturating_mul(u128::from(rate.part.pieces()));
        if one == 0 {
            return rate.limit;
        }
        u64::try_from(self.total(rate).div_ceil(one)).unwrap_or(u64::MAX)
    }

    /// Returns the state of the limit.
    pub fn state(&mut self, rate: Rate, now: Duration) -> LimitState {
        self.leak(rate, now);
        let remaining = rate.limit.saturating_sub(self.used(rate));
        LimitState { limit: rate.limit, remaining, reset: rate.time_for(self.total(rate)) }
    }

    /// The used amount, without what running requests reserve, in millionths, rounded up.
    pub fn level(&mut self, rate: Rate, now: Duration) -> u64 {
        self.leak(rate, now);
        u64::try_from(self.filled.div_ceil(rate.unit() / u128::from(SCALE))).unwrap_or(u64::MAX)
    }

    /// Adds millionths to the used amount.
    pub fn add(&mut self, rate: Rate, level: u64) {
        self.filled = self.filled.saturating_add(u128::from(level).saturating_mul(rate.unit() / u128::from(SCALE)));
    }

    /// Takes millionths from the used amount.
    pub fn take(&mut self, rate: Rate, level: u64) {
        self.filled = self.filled.saturating_sub(u128::from(level).saturating_mul(rate.unit() / u128::from(SCALE)));
    }

    /// The amount that running requests reserve.
    #[must_use]
    pub const fn held(&self) -> u64 {
        self.held
    }
}
