//! One limit's state: a number that requests fill and time empties.

use std::time::Duration;

/// A limit as one node enforces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// What was set, for all nodes together.
    pub limit: u64,
    /// What this node gives of it in one period.
    share: u64,
    period: Duration,
}

impl Rate {
    /// An amount in a period, shared by a number of nodes: each gives its part, and at least one.
    #[must_use]
    pub fn new(limit: u64, period: Duration, nodes: u32) -> Self {
        Self { limit, share: (limit / u64::from(nodes.max(1))).max(1), period }
    }

    fn period(self) -> u128 {
        self.period.as_micros().max(1)
    }

    /// The time in which so much runs off, rounded up.
    fn time_for(self, filled: u128) -> Duration {
        let micros = filled.div_ceil(u128::from(self.share));
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// A figure of this node as a figure of all of them, supposing that the others are as busy.
    fn of_all(self, here: u64) -> u64 {
        let all = (u128::from(here) * u128::from(self.limit)).div_ceil(u128::from(self.share));
        u64::try_from(all).unwrap_or(u64::MAX)
    }
}

/// Why something does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// It is more than the limit and will never fit.
    TooLarge,
    /// It does not fit now; after this time it does, if nothing else comes and what runs has ended.
    Wait(Duration),
}

/// How a limit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What was set.
    pub limit: u64,
    /// What is left.
    pub remaining: u64,
    /// When all of it is there again, if nothing else comes.
    pub reset: Duration,
}

/// What was used of one limit and has not run off yet. Knows no limit itself, so that a limit may change under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// Used up, in units times microseconds of the period: whole numbers, so that nothing is lost by rounding.
    filled: u128,
    /// Set aside for what is under way. It does not run off: nobody knows yet how much of it will be used.
    held: u64,
    /// Up to when `filled` has run off.
    at: Duration,
}

impl Bucket {
    fn run_off(&mut self, rate: Rate, now: Duration) {
        let passed = now.saturating_sub(self.at);
        self.filled = self.filled.saturating_sub(u128::from(rate.share).saturating_mul(passed.as_micros()));
        // Another thread may have looked at the clock later and come earlier.
        self.at = self.at.max(now);
    }

    fn total(&self, rate: Rate) -> u128 {
        self.filled.saturating_add(u128::from(self.held).saturating_mul(rate.period()))
    }

    /// Whether so much fits now.
    ///
    /// # Errors
    /// [`Full`].
    pub fn fits(&mut self, rate: Rate, amount: u64, now: Duration) -> Result<(), Full> {
        self.run_off(rate, now);
        if amount > rate.limit {
            return Err(Full::TooLarge);
        }
        let total = self.total(rate);
        // What is larger than this node's share and not than the limit passes alone, and is paid off afterwards.
        let room = if amount > rate.share { 0 } else { u128::from(rate.share - amount).saturating_mul(rate.period()) };
        if total <= room { Ok(()) } else { Err(Full::Wait(rate.time_for(total - room))) }
    }

    /// Sets so much aside.
    pub fn hold(&mut self, amount: u64) {
        self.held = self.held.saturating_add(amount);
    }

    /// Replaces what was set aside by what was used.
    pub fn settle(&mut self, rate: Rate, held: u64, used: u64, now: Duration) {
        self.run_off(rate, now);
        self.held = self.held.saturating_sub(held);
        self.filled = self.filled.saturating_add(u128::from(used).saturating_mul(rate.period()));
    }

    /// What counts as used now, by all nodes.
    #[must_use]
    pub fn used(&self, rate: Rate) -> u64 {
        rate.of_all(u64::try_from(self.total(rate).div_ceil(rate.period())).unwrap_or(u64::MAX))
    }

    /// How the limit stands.
    pub fn standing(&mut self, rate: Rate, now: Duration) -> Standing {
        self.run_off(rate, now);
        let remaining = rate.limit.saturating_sub(self.used(rate));
        Standing { limit: rate.limit, remaining, reset: rate.time_for(self.total(rate)) }
    }

    /// Whether forgetting it changes nothing, once it has run off.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.filled == 0 && self.held == 0
    }

    /// Lets time pass, and answers whether the bucket is idle then.
    pub fn idles(&mut self, rate: Rate, now: Duration) -> bool {
        self.run_off(rate, now);
        self.is_idle()
    }
}
