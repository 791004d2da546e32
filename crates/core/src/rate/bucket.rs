//! The state of one limit: a leaky bucket that requests fill and time empties.

use std::time::Duration;

/// A limit as one node enforces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The configured limit, for all nodes together.
    pub limit: u64,
    /// The share of this node in one period.
    share: u64,
    period: Duration,
}

impl Rate {
    /// Builds a rate from an amount in a period, divided by the number of nodes; each node has at least one.
    #[must_use]
    pub fn new(limit: u64, period: Duration, nodes: u32) -> Self {
        Self { limit, share: (limit / u64::from(nodes.max(1))).max(1), period }
    }

    fn period(self) -> u128 {
        self.period.as_micros().max(1)
    }

    /// The time in which this amount leaks, rounded up.
    fn time_for(self, filled: u128) -> Duration {
        let micros = filled.div_ceil(u128::from(self.share));
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// Scales a figure of this node to all nodes, assuming that the others are equally busy.
    fn across_nodes(self, here: u64) -> u64 {
        let all = (u128::from(here) * u128::from(self.limit)).div_ceil(u128::from(self.share));
        u64::try_from(all).unwrap_or(u64::MAX)
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
    /// The used amount, in units times microseconds of the period: whole numbers, so that rounding loses nothing.
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
        self.filled = self.filled.saturating_sub(u128::from(rate.share).saturating_mul(passed.as_micros()));
        // Another thread may have read the clock later and arrived here earlier.
        self.at = self.at.max(now);
    }

    fn total(&self, rate: Rate) -> u128 {
        self.filled.saturating_add(u128::from(self.held).saturating_mul(rate.period()))
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
        let total = self.total(rate);
        // An amount above this node's share, but not above the limit, passes when the bucket is empty, and the excess
        // leaks afterwards.
        let room = if amount > rate.share { 0 } else { u128::from(rate.share - amount).saturating_mul(rate.period()) };
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
        self.filled = self.filled.saturating_add(u128::from(used).saturating_mul(rate.period()));
    }

    /// The amount that counts as used now, by all nodes.
    #[must_use]
    pub fn used(&self, rate: Rate) -> u64 {
        rate.across_nodes(u64::try_from(self.total(rate).div_ceil(rate.period())).unwrap_or(u64::MAX))
    }

    /// Returns the state of the limit.
    pub fn state(&mut self, rate: Rate, now: Duration) -> LimitState {
        self.leak(rate, now);
        let remaining = rate.limit.saturating_sub(self.used(rate));
        LimitState { limit: rate.limit, remaining, reset: rate.time_for(self.total(rate)) }
    }
}
