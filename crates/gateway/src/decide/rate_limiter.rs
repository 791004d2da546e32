//! The rate limiter of this node: one ledger for each organization and model in use that has a limit.
//!
//! A limit holds for all nodes together: each has a part of it, which the store divides (`keystead_core::rate::shares`).

mod ledger;
mod reports;

use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState;
use keystead_core::access::Payer;
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::rate::shares::{CUT_OFF, LimitName, ShareAnswer, ShareAsk};
use keystead_core::rate::{Full, LimitExceeded, Need, RateLimits, Reach, Used};
use tokio::time::{Instant, sleep, timeout_at};

use self::ledger::{Cell, Shard};
use super::limit_headers::LimitHeaders;
use crate::{BoxFuture, Unavailable};

/// Returns the time since any fixed moment; finer than [`crate::Clock`], and it never goes back.
pub type Stopwatch = Arc<dyn Fn() -> Duration + Send + Sync>;

const SHARDS: usize = 16;
/// How long a request waits before it looks again for a part that other nodes give back, and how often it does.
const AGAIN: Duration = Duration::from_millis(100);
const TURNS: usize = 20;
/// How long it waits altogether for a store that answers slowly: longer than one answer may take, so that the request
/// that asks a silent store notices it.
const PATIENCE: Duration = Duration::from_secs(4);

/// The store of the parts.
pub trait RateShares: Send + Sync + 'static {
    /// Takes reports in one transaction, and answers in their order. They are ordered by the names of their limits.
    fn divide(&self, asks: Vec<ShareAsk>) -> BoxFuture<'_, Result<Vec<ShareAnswer>, Unavailable>>;

    /// Lists the limits of which a node had less than it should in the last seconds.
    fn short(&self) -> BoxFuture<'_, Result<Vec<LimitName>, Unavailable>>;
}

/// The limits for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EffectiveLimits {
    /// The organization's limits for this model.
    pub(crate) organization: RateLimits,
    /// The project's limits for this model.
    pub(crate) project: RateLimits,
}

impl EffectiveLimits {
    /// Whether nothing is limited.
    pub(crate) const fn is_none(&self) -> bool {
        self.organization.is_none() && self.project.is_none()
    }

    /// Whether tokens or images are limited.
    pub(crate) const fn limits_amounts(&self) -> bool {
        self.organization.limits_amounts() || self.project.limits_amounts()
    }
}

/// Why nothing was reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotReserved {
    /// The request does not fit into this limit; and whether that is the project's.
    Exceeded(LimitExceeded, bool),
    /// The request does not fit into the part of this node, of which more is on its way, and the store does not answer.
    Unavailable,
}

/// A reservation, or why there is none; and the headers about the limits.
pub(crate) type Decided = (Result<Reservation, NotReserved>, LimitHeaders);

/// A look at the ledgers for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    Next,
    /// It decides with what the node has.
    Last,
    /// The same, because the store has not answered in time.
    Late,
}

/// The rate limiter of one node.
pub struct RateLimiter {
    stopwatch: Stopwatch,
    /// `None`: each node has an equal part.
    shares: Option<Arc<dyn RateShares>>,
    nodes: AtomicU32,
    /// How often the node was cut off, when it last reported to the list of nodes, and until when the store is not asked
    /// because it did not answer; in microseconds.
    epoch: AtomicU64,
    confirmed: AtomicU64,
    away: AtomicU64,
    /// The number of the last report.
    number: AtomicU64,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
    /// Reports that give back what dropped ledgers had.
    dropped: Mutex<Vec<ShareAsk>>,
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").field("ledgers", &self.len()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl RateLimiter {
    /// Builds a rate limiter without usage, for one node that asks no store.
    #[must_use]
    pub fn new(stopwatch: Stopwatch) -> Self {
        let confirmed = AtomicU64::new(micros(stopwatch()));
        Self {
            stopwatch,
            shares: None,
            nodes: AtomicU32::new(1),
            epoch: AtomicU64::new(0),
            confirmed,
            away: AtomicU64::new(0),
            number: AtomicU64::new(0),
            hasher: RandomState::default(),
            shards: std::array::from_fn(|_| Mutex::default()),
            dropped: Mutex::default(),
        }
    }

    /// The same for a node of which the store divides the limits.
    #[must_use]
    pub fn shared(stopwatch: Stopwatch, shares: Arc<dyn RateShares>) -> Self {
        Self { shares: Some(shares), ..Self::new(stopwatch) }
    }

    /// The time, for [`Self::confirmed`].
    #[must_use]
    pub fn moment(&self) -> Duration {
        (self.stopwatch)()
    }

    /// Notes that the node reported to the list of nodes, by a write that began at this moment, and how many nodes are
    /// alive.
    pub fn confirmed(&self, began: Duration, nodes: usize) {
        self.share_among(nodes);
        let (began, before) = (micros(began), self.confirmed.load(Ordering::Acquire));
        if began.saturating_sub(before) > micros(CUT_OFF) {
            // Other nodes may have got what this one had.
            self.epoch.fetch_add(1, Ordering::AcqRel);
        }
        self.confirmed.fetch_max(began, Ordering::AcqRel);
    }

    /// Sets the number of live nodes, including this one: without the store each grants an equal part of every limit.
    pub fn share_among(&self, nodes: usize) {
        self.nodes.store(u32::try_from(nodes).unwrap_or(u32::MAX).max(1), Ordering::Relaxed);
    }

    /// The number of ledgers in memory.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Whether there are no ledgers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts a request and reserves what it may use, or returns why not. With the first request for a limit, and while
    /// other nodes give back what this one should have, this waits for the store.
    pub(crate) async fn reserve(
        self: &Arc<Self>,
        payer: &Payer,
        model: &Arc<str>,
        limits: EffectiveLimits,
        need: Need,
    ) -> Decided {
        let cell = self.cell(&payer.organization, model);
        match self.look(&cell, payer, &limits, need, Turn::First) {
            Some(decided) => decided,
            None => Box::pin(self.reserve_shared(cell, payer, limits, need)).await,
        }
    }

    async fn reserve_shared(
        self: &Arc<Self>,
        cell: Arc<Cell>,
        payer: &Payer,
        limits: EffectiveLimits,
        need: Need,
    ) -> Decided {
        let deadline = Instant::now() + PATIENCE;
        for _ in 0..TURNS {
            if timeout_at(deadline, self.renew(&cell, &payer.project)).await.is_err() {
                break;
            }
            if let Some(decided) = self.look(&cell, payer, &limits, need, Turn::Next) {
                return decided;
            }
            if timeout_at(deadline, sleep(AGAIN)).await.is_err() {
                break;
            }
        }
        // The last turn always decides.
        let last = if Instant::now() < deadline { Turn::Last } else { Turn::Late };
        self.look(&cell, payer, &limits, need, last)
            .unwrap_or_else(|| (Ok(Reservation::default()), LimitHeaders::default()))
    }

    /// Decides with what the node has; `None` is that it has to ask the store before.
    fn look(
        self: &Arc<Self>,
        cell: &Arc<Cell>,
        payer: &Payer,
        limits: &EffectiveLimits,
        need: Need,
        turn: Turn,
    ) -> Option<Decided> {
        let reach = self.reach();
        let mut open = lock(&cell.open);
        open.follow(&payer.project, limits);
        if turn == Turn::First {
            open.note_demand(&payer.project, limits, &need);
        }
        let asks = !matches!(turn, Turn::Last | Turn::Late) && reach.epoch.is_some() && !reach.away;
        if asks && !open.is_ready(&payer.project, limits, &reach) {
            return None;
        }
        let held = open.hold(&payer.project, limits, &need, &reach);
        let more = held.is_err_and(|(_, of_project)| open.is_short(&payer.project, of_project));
        if asks && more {
            return None;
        }
        let states = held.unwrap_or_else(|_| open.states(&payer.project, limits, &reach));
        drop(open);
        let reserved = match held {
            // Requests count at once, however they end.
            Ok(_) if !limits.limits_amounts() => Ok(Reservation::default()),
            Ok(_) => {
                let (rates, cell, project) = (Arc::clone(self), Arc::clone(cell), payer.project.clone());
                let held = Held { rates, cell, project, limits: *limits, need, used: Used::default() };
                Ok(Reservation(Some(Box::new(held))))
            }
            // What the limit has left is unknown while the store is away or slow.
            Err((LimitExceeded { full: Full::Wait(_), .. }, _))
                if (more && reach.away || turn == Turn::Late) && reach.epoch.is_some() =>
            {
                Err(NotReserved::Unavailable)
            }
            Err((exceeded, of_project)) => Err(NotReserved::Exceeded(exceeded, of_project)),
        };
        Some((reserved, LimitHeaders::of(states)))
    }

    /// What the node knows now.
    fn reach(&self) -> Reach {
        let now = (self.stopwatch)();
        let at = micros(now);
        let reached =
            self.shares.is_some() && at.saturating_sub(self.confirmed.load(Ordering::Acquire)) <= micros(CUT_OFF);
        let epoch = reached.then(|| self.epoch.load(Ordering::Acquire));
        Reach { now, nodes: self.nodes.load(Ordering::Relaxed), epoch, away: at < self.away.load(Ordering::Relaxed) }
    }

    fn cell(&self, organization: &OrganizationId, model: &Arc<str>) -> Arc<Cell> {
        let place = usize::try_from(self.hasher.hash_one(organization) % SHARDS as u64).unwrap_or(0);
        let mut shard = lock(self.shards.get(place).unwrap_or(&self.shards[0]));
        if let Some(known) = shard.find(organization, model) {
            return known;
        }
        if shard.is_crowded() {
            let swept = shard.sweep(&self.reach(), || self.next_number());
            lock(&self.dropped).extend(swept);
        }
        shard.insert(organization, model)
    }

    fn next_number(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// A request for the benchmark of limits: reserves, builds the headers of its answer, and settles.
    #[doc(hidden)]
    pub async fn measure(
        self: &Arc<Self>,
        payer: &Payer,
        model: &Arc<str>,
        organization: RateLimits,
        headers: &mut http::HeaderMap,
    ) -> bool {
        let limits = EffectiveLimits { organization, project: RateLimits::NONE };
        let need = Need { tokens: 90, images: 0 };
        let (held, ours) = self.reserve(payer, model, limits, need).await;
        ours.replace(headers);
        held.map(|mut held| held.settle(|| Need { tokens: 70, images: 0 })).is_ok()
    }
}

/// The reservation of one request; empty when no amounts are limited. Dropping it returns what was not used.
#[derive(Debug, Default)]
pub(crate) struct Reservation(Option<Box<Held>>);

#[derive(Debug)]
struct Held {
    rates: Arc<RateLimiter>,
    cell: Arc<Cell>,
    project: ProjectId,
    limits: EffectiveLimits,
    need: Need,
    used: Used,
}

impl Reservation {
    /// Replaces the reserved amount by the used one.
    pub(crate) fn settle(&mut self, used: impl FnOnce() -> Used) {
        if let Some(mut held) = self.0.take() {
            held.used = used();
        }
    }

    /// Counts all of the reserved amount as used, because the work continues after the request.
    pub(crate) fn keep(&mut self) {
        let need = self.0.as_ref().map(|held| (held.need.tokens, held.need.images)).unwrap_or_default();
        self.settle(|| Used { tokens: need.0, images: need.1 });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let reach = self.rates.reach();
        let Self { cell, project, limits, need, used, .. } = self;
        lock(&cell.open).settle(project, limits, need, used, &reach);
    }
}

#[cfg(test)]
mod shared_tests;
#[cfg(test)]
mod tests;
