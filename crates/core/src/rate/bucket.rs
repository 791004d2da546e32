//! The state of one limit: a leaky bucket that requests fill and time empties.

use std::time::Duration;

use super::Part;
use super::levels::SCALE;

/// What a request is told to wait where the node has no part of the limit: by then it may have one.
const NEXT_PART: Duration = Duration::from_secs(1);

/// A limit as one node enforces it. Every limited request computes with this, so that its figures are as narrow as they
/// can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The configured limit, for all nodes together.
    pub limit: u64,
    /// The part of it that this node has.
    part: Part,
    /// Microseconds.
    period: u64,
}

impl Rate {
    /// Builds a rate from an amount in a period, of which the node has a part.
    #[must_use]
    pub fn new(limit: u64, period: Duration, part: Part) -> Self {
        Self { limit, part, period: micros(period).max(1) }
    }

    /// One unit, as it is counted in a bucket.
    fn unit(self) -> u64 {
        self.period.saturating_mul(Part::ALL.pieces())
    }

    /// What leaks in a microsecond.
    fn leak(self) -> u64 {
        self.limit.saturating_mul(self.part.pieces())
    }

    /// The most that this node counts at once.
    fn depth(self) -> u128 {
        product(self.leak(), self.period)
    }

    /// The time in which this amount leaks, rounded up.
    fn time_for(self, filled: u128) -> Duration {
        match self.leak() {
            0 => NEXT_PART,
            leak => Duration::from_micros(quotient(filled, leak)),
        }
    }
}

fn micros(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000).saturating_add(time.subsec_micros().into())
}

/// The product of two figures; it is never too large.
fn product(one: u64, other: u64) -> u128 {
    u128::from(one).wrapping_mul(u128::from(other))
}

/// The quotient, rounded up. Most amounts are small enough for the division that processors have.
fn quotient(amount: u128, by: u64) -> u64 {
    match u64::try_from(amount) {
        Ok(amount) => amount.div_ceil(by),
        Err(_) => u64::try_from(amount.div_ceil(by.into())).unwrap_or(u64::MAX),
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
        // Another thread may have read the clock later and arrived here earlier.
        if let Some(passed) = now.checked_sub(self.at).filter(|passed| !passed.is_zero()) {
            self.filled = self.filled.saturating_sub(product(rate.leak(), micros(passed)));
            self.at = now;
        }
    }

    fn total(&self, rate: Rate) -> u128 {
        self.filled.saturating_add(product(self.held, rate.unit()))
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
        let room = rate.depth().saturating_sub(product(amount, rate.unit()));
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
        self.filled = self.filled.saturating_add(product(used, rate.unit()));
    }

    /// The amount that counts as used now, by all nodes, assuming that the parts of the others are equally used.
    #[must_use]
    pub fn used(&self, rate: Rate) -> u64 {
        match rate.period.saturating_mul(rate.part.pieces()) {
            0 => rate.limit,
            one => quotient(self.total(rate), one),
        }
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
        quotient(self.filled, (rate.unit() / SCALE).max(1))
    }

    /// Adds millionths to the used amount.
    pub fn add(&mut self, rate: Rate, level: u64) {
        self.filled = self.filled.saturating_add(product(level, rate.unit() / SCALE));
    }

    /// Takes millionths from the used amount.
    pub fn take(&mut self, rate: Rate, level: u64) {
        self.filled = self.filled.saturating_sub(product(level, rate.unit() / SCALE));
    }

    /// The amount that running requests reserve.
    #[must_use]
    pub const fn held(&self) -> u64 {
        self.held
    }
}
