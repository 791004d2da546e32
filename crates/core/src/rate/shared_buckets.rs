//! A limit on one node: its buckets, the part of the limit that the node has, and what it reports about that.

use std::time::Duration;

use super::shares::{LimitName, SLACK, ShareAnswer, ShareAsk};
use super::{Buckets, Levels, LimitExceeded, LimitState, Measure, Need, Part, RateLimits, Used};

/// Demand is measured over at least this time.
const SECOND: Duration = Duration::from_secs(1);
/// A part that is not used is confirmed, or given back, after this time at the latest.
const UNUSED: Duration = Duration::from_secs(3_600);
/// The least part that a node wants. One that was asked for nothing, and would want less, wants nothing.
const LEAST: Part = Part::of_nodes(1_024);

/// What a node knows when it applies a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The time since any fixed moment; it never goes back.
    pub now: Duration,
    /// The number of live nodes, as far as it is known.
    pub nodes: u32,
    /// How often the node was cut off from the store. `None` while it is: then each node has an equal part.
    pub epoch: Option<u64>,
    /// Whether the store did not answer a moment ago.
    pub away: bool,
}

/// The buckets of one limit on one node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharedBuckets {
    /// The limit, as of the last request.
    pub limits: RateLimits,
    buckets: Buckets,
    /// `None` until the store has answered.
    part: Option<Part>,
    /// What the store answered last.
    target: Part,
    shared: bool,
    short: bool,
    want: Part,
    /// What clients asked for since the last report, in units.
    asked: Levels,
    /// What was used since the last report, and what the unanswered report contains.
    unreported: Levels,
    sent: Levels,
    reported_at: Duration,
    /// A report without an answer; it is repeated.
    pending: Option<Box<ShareAsk>>,
    /// The epoch of the last report, and of the last answer.
    asked_epoch: Option<u64>,
    epoch: Option<u64>,
}

fn of_need(need: &Need, count: impl Fn(Measure) -> bool) -> Levels {
    Levels::each(|measure| if count(measure) { need.of(measure) } else { 0 })
}

const fn is_counted_at_once(measure: Measure) -> bool {
    matches!(measure, Measure::RequestsPerMinute | Measure::RequestsPerDay)
}

impl SharedBuckets {
    /// Builds empty buckets for a limit.
    #[must_use]
    pub fn new(limits: RateLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The part that the node may use now. One that the store has not given it, or that other nodes may have got since
    /// the node was cut off, is as large as that of every node. So is that of a node that has given all of it back while
    /// the store does not answer.
    #[must_use]
    pub fn part(&self, reach: &Reach) -> Part {
        let is_known = reach.epoch.is_some() && self.epoch == reach.epoch;
        match self.part {
            Some(part) if is_known && !(reach.away && part.is_none()) => part,
            _ => Part::of_nodes(reach.nodes),
        }
    }

    /// Whether the node has a part, or can have none because the store does not answer.
    #[must_use]
    pub fn is_ready(&self, reach: &Reach) -> bool {
        reach.epoch.is_none()
            || self.limits.is_none()
            || (self.epoch == reach.epoch && self.part.is_some_and(|part| !part.is_none()))
    }

    /// Whether a larger part is on its way from other nodes.
    #[must_use]
    pub const fn is_short(&self) -> bool {
        self.short
    }

    /// Whether the last report was made within this time.
    #[must_use]
    pub fn reported_within(&self, time: Duration, reach: &Reach) -> bool {
        self.asked_epoch == reach.epoch && reach.now.saturating_sub(self.reported_at) < time
    }

    /// Notes what a request asks for, whether it fits or not.
    pub fn note_demand(&mut self, need: &Need) {
        self.asked = self.asked.plus(of_need(need, |_| true));
    }

    /// Checks whether a request fits.
    ///
    /// # Errors
    /// The limit that does not have enough left.
    pub fn fits(&mut self, need: &Need, reach: &Reach) -> Result<(), LimitExceeded> {
        let part = self.part(reach);
        self.buckets.fits(&self.limits, part, need, reach.now)
    }

    /// Counts a request and reserves what it may use. Returns the state of each limit, as [`Self::states`] does.
    pub fn hold(&mut self, need: &Need, reach: &Reach) -> [Option<LimitState>; 4] {
        let part = self.part(reach);
        self.unreported = self.unreported.plus(of_need(need, is_counted_at_once).of_units());
        self.buckets.hold(&self.limits, part, need, reach.now)
    }

    /// Replaces what was reserved under these limits by what was used.
    pub fn settle(&mut self, limits: &RateLimits, held: &Need, used: &Used, reach: &Reach) {
        let part = self.part(reach);
        self.buckets.settle(limits, part, held, used, reach.now);
        let used = of_need(used, |measure| !is_counted_at_once(measure));
        self.unreported = self.unreported.plus(used.of_units());
    }

    /// Returns the state of each limit, in the order of [`Measure::ALL`]; `None` where there is none.
    pub fn states(&mut self, reach: &Reach) -> [Option<LimitState>; 4] {
        let part = self.part(reach);
        self.buckets.states(&self.limits, part, reach.now)
    }

    /// The time until everything has leaked.
    pub fn reset(&mut self, reach: &Reach) -> Duration {
        let part = self.part(reach);
        self.buckets.reset(&self.limits, part, reach.now)
    }

    /// Whether something is to be reported: to keep it over a restart, because others use the limit too, because another
    /// node has too little of it, or because nothing was reported for long.
    #[must_use]
    pub fn is_due(&self, reach: &Reach, called: bool) -> bool {
        let Some(part) = self.part else { return self.pending.is_some() };
        let begun = !part.is_none() || !self.want.is_none();
        self.pending.is_some()
            || (called && begun)
            || (self.shared && (begun || !self.asked.is_empty()))
            || (self.limits.has_long() && !self.unreported.is_empty())
            || (begun && reach.now.saturating_sub(self.reported_at) >= UNUSED)
    }

    /// Builds a report, and gives back what the node should not have or does not need. A report without an answer is
    /// repeated instead.
    pub fn report(
        &mut self,
        name: impl FnOnce() -> LimitName,
        number: impl FnOnce() -> u64,
        reach: &Reach,
    ) -> ShareAsk {
        self.asked_epoch = reach.epoch;
        if let Some(pending) = &self.pending {
            return (**pending).clone();
        }
        let passed = reach.now.saturating_sub(self.reported_at);
        let unused = self.asked.is_empty() && passed >= UNUSED;
        self.want = self.wanted(passed);
        let had = self.part.unwrap_or_default();
        let keep = if self.want.is_none() && (self.shared || unused) {
            Part::NONE
        } else if self.shared && had.minus(self.target) > SLACK {
            self.target
        } else {
            had
        };
        let keep = keep.max(self.buckets.held_part(&self.limits)).min(had);
        let given = if keep < had { self.buckets.give(&self.limits, had, keep, reach.now) } else { Levels::default() };
        let first = self.part.is_none();
        if !first {
            self.part = Some(keep);
        }
        let ask = ShareAsk {
            name: name(),
            limits: self.limits,
            number: number(),
            first,
            part: keep,
            given,
            levels: self.buckets.levels(&self.limits, keep, reach.now),
            want: self.want,
        };
        (self.sent, self.unreported, self.asked) = (self.unreported, Levels::default(), Levels::default());
        self.reported_at = reach.now;
        self.pending = Some(Box::new(ask.clone()));
        ask
    }

    /// Takes the answer to the last report. Returns whether the node has to give something back, and reports again.
    pub fn answer(&mut self, answer: &ShareAnswer, reach: &Reach) -> bool {
        if self.pending.take_if(|pending| pending.number == answer.number).is_none() {
            return false;
        }
        // Up to now the level has leaked by the former part.
        let former = self.part.unwrap_or_else(|| self.part(reach));
        self.buckets.levels(&self.limits, former, reach.now);
        if answer.fresh {
            // What was reported is in what the answer adds.
            let (limits, part) = (self.limits, self.part.unwrap_or_default());
            self.buckets.take(&limits, part, Levels::each(|_| u64::MAX));
            self.buckets.add(&limits, part, self.sent.plus(self.unreported));
        }
        self.buckets.add(&self.limits, answer.part, answer.added);
        self.sent = Levels::default();
        self.part = Some(answer.part);
        (self.target, self.shared, self.short) = (answer.target, answer.shared, answer.is_short());
        self.epoch = self.asked_epoch;
        self.shared && answer.part.minus(answer.target) > SLACK
    }

    /// What gives everything back, because this memory of the limit is dropped.
    pub fn last_report(
        &mut self,
        name: impl FnOnce() -> LimitName,
        number: impl FnOnce() -> u64,
        reach: &Reach,
    ) -> Option<ShareAsk> {
        let part = self.part.filter(|part| !part.is_none())?;
        let given = self.buckets.give(&self.limits, part, Part::NONE, reach.now);
        let given = given.plus(self.pending.take().map(|pending| pending.given).unwrap_or_default());
        self.part = Some(Part::NONE);
        Some(ShareAsk {
            name: name(),
            limits: self.limits,
            number: number(),
            first: false,
            part: Part::NONE,
            given,
            levels: Levels::default(),
            want: Part::NONE,
        })
    }

    /// The part that would be enough: for what was asked for since the last report, and for what is reserved. It shrinks
    /// to a quarter each second when less is asked for. A node that was asked for anything wants the least part or more,
    /// because without a part it can grant nothing.
    fn wanted(&mut self, passed: Duration) -> Part {
        // A node without a part reports when a request arrives, however long ago its last report was.
        let measured = if self.part.is_none_or(Part::is_none) { SECOND } else { passed };
        let micros = measured.clamp(SECOND, UNUSED).as_micros();
        let of = |measure: Measure| {
            let Some(limit) = self.limits.get(measure) else { return Part::NONE };
            let asked = u128::from(self.asked.of(measure)).saturating_mul(measure.period().as_micros());
            let pieces = asked.saturating_mul(u128::from(Part::ALL.pieces()));
            Part::of_pieces(pieces / micros.saturating_mul(u128::from(limit.max(1))).max(1))
        };
        let asked = Measure::ALL.into_iter().map(of).max().unwrap_or_default();
        let before = self.want.halved(passed.as_secs().saturating_mul(2));
        let want = asked.max(before).max(self.buckets.held_part(&self.limits));
        if want >= LEAST {
            want
        } else if self.asked.is_empty() {
            Part::NONE
        } else {
            LEAST
        }
    }
}
