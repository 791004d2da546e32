//! The rate limiter of this node: one ledger for each organization and model in use that has a limit.
//!
//! A limit holds for all nodes together: each of several nodes grants its share.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keystead_core::access::Payer;
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::rate::{Buckets, LimitExceeded, LimitState, Measure, Need, RateLimits, Used};

/// Returns the time since any fixed moment; finer than [`crate::Clock`], and it never goes back.
pub type Stopwatch = Arc<dyn Fn() -> Duration + Send + Sync>;

const SHARDS: usize = 16;
/// Maximum number of ledgers in one shard.
const MOST: usize = 4_096;
/// A shard with fewer ledgers is not swept.
const FEW: usize = 64;

/// The limits for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EffectiveLimits {
    /// The organization's limits for this model.
    pub(crate) organization: RateLimits,
    /// The project's limits for this model.
    pub(crate) project: RateLimits,
}

/// The state of the limits that apply to one request, for its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RateLimitHeaders {
    pub(crate) requests: Option<LimitState>,
    pub(crate) tokens: Option<LimitState>,
    pub(crate) project_tokens: Option<LimitState>,
    pub(crate) images: Option<LimitState>,
}

/// What one organization used of one model, in total and in each project with own limits.
#[derive(Debug, Default)]
struct Ledger {
    organization: (RateLimits, Buckets),
    projects: HashMap<ProjectId, (RateLimits, Buckets)>,
}

#[derive(Debug, Default)]
struct Shard {
    ledgers: HashMap<OrganizationId, HashMap<Arc<str>, Arc<Mutex<Ledger>>>>,
    count: usize,
    /// The number of ledgers at which idle ones are removed.
    sweep_at: usize,
}

/// The rate limiter of one node.
pub struct RateLimiter {
    stopwatch: Stopwatch,
    nodes: AtomicU32,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").field("ledgers", &self.len()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RateLimiter {
    /// Builds a rate limiter without usage, for one node.
    #[must_use]
    pub fn new(stopwatch: Stopwatch) -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { stopwatch, nodes: AtomicU32::new(1), hasher: RandomState::new(), shards }
    }

    /// Sets the number of live nodes, including this one: each grants its share of every limit.
    pub fn share_among(&self, nodes: usize) {
        self.nodes.store(u32::try_from(nodes).unwrap_or(u32::MAX).max(1), Ordering::Relaxed);
    }

    /// The number of ledgers in memory.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).count).sum()
    }

    /// Whether there are no ledgers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts a request and reserves what it may use, or returns the limit that it does not fit into and whether that
    /// is the project's.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        payer: &Payer,
        model: &Arc<str>,
        limits: EffectiveLimits,
        need: Need,
    ) -> (Result<Reservation, (LimitExceeded, bool)>, RateLimitHeaders) {
        let ledger = self.ledger(&payer.organization, model);
        let (now, nodes) = self.now();
        let mut open = lock(&ledger);
        let held = open.hold(&payer.project, limits, &need, nodes, now);
        let headers = open.headers(&payer.project, limits, nodes, now);
        drop(open);
        let held = held.map(|()| {
            let (rates, project) = (Arc::clone(self), payer.project.clone());
            Reservation(Some(Box::new(Held { rates, ledger, project, limits, need, used: Used::default() })))
        });
        (held, headers)
    }

    fn now(&self) -> (Duration, u32) {
        ((self.stopwatch)(), self.nodes.load(Ordering::Relaxed))
    }

    fn ledger(&self, organization: &OrganizationId, model: &Arc<str>) -> Arc<Mutex<Ledger>> {
        let place = usize::try_from(self.hasher.hash_one(organization) % SHARDS as u64).unwrap_or(0);
        let mut shard = lock(self.shards.get(place).unwrap_or(&self.shards[0]));
        if let Some(known) = shard.ledgers.get(organization).and_then(|models| models.get(model)) {
            return Arc::clone(known);
        }
        if shard.count >= shard.sweep_at.max(FEW) {
            let (now, nodes) = self.now();
            shard.sweep(nodes, now);
        }
        let ledger = Arc::<Mutex<Ledger>>::default();
        let models = shard.ledgers.entry(organization.clone()).or_default();
        models.insert(Arc::clone(model), Arc::clone(&ledger));
        shard.count += 1;
        ledger
    }
}

impl Shard {
    /// Removes idle ledgers; if too many are left, those that will be idle soonest.
    fn sweep(&mut self, nodes: u32, now: Duration) {
        let mut busy: Vec<Duration> = Vec::new();
        // Every holder got it under this shard's lock, so a count of one means that there is no other.
        let reset = |ledger: &Arc<Mutex<Ledger>>| match Arc::strong_count(ledger) {
            1 => lock(ledger).reset(nodes, now),
            _ => Duration::MAX,
        };
        self.retain(|ledger| {
            let reset = reset(ledger);
            if !reset.is_zero() {
                busy.push(reset);
            }
            !reset.is_zero()
        });
        if self.count >= MOST {
            let (_, edge, _) = busy.select_nth_unstable(MOST / 4);
            let edge = (*edge).min(Duration::MAX.saturating_sub(Duration::from_nanos(1)));
            self.retain(|ledger| reset(ledger) > edge);
        }
        self.sweep_at = (self.count * 2).clamp(FEW, MOST);
    }

    fn retain(&mut self, mut keep: impl FnMut(&Arc<Mutex<Ledger>>) -> bool) {
        self.ledgers.retain(|_, models| {
            models.retain(|_, ledger| keep(ledger));
            !models.is_empty()
        });
        self.count = self.ledgers.values().map(HashMap::len).sum();
    }
}

impl Ledger {
    /// Reserves from the organization and the project, or from neither: a request that one of them refuses costs the
    /// other nothing.
    fn hold(
        &mut self,
        project: &ProjectId,
        limits: EffectiveLimits,
        need: &Need,
        nodes: u32,
        now: Duration,
    ) -> Result<(), (LimitExceeded, bool)> {
        self.organization.0 = limits.organization;
        self.organization.1.fits(&limits.organization, nodes, need, now).map_err(|exceeded| (exceeded, false))?;
        if !limits.project.is_none() {
            let own = self.projects.entry(project.clone()).or_default();
            own.0 = limits.project;
            own.1.fits(&limits.project, nodes, need, now).map_err(|exceeded| (exceeded, true))?;
            own.1.hold(&limits.project, nodes, need, now);
        }
        self.organization.1.hold(&limits.organization, nodes, need, now);
        Ok(())
    }

    fn settle(&mut self, held: &Held, nodes: u32, now: Duration) {
        self.organization.1.settle(&held.limits.organization, nodes, &held.need, &held.used, now);
        if let Some((_, own)) = self.projects.get_mut(&held.project) {
            own.settle(&held.limits.project, nodes, &held.need, &held.used, now);
        }
    }

    fn headers(&mut self, project: &ProjectId, limits: EffectiveLimits, nodes: u32, now: Duration) -> RateLimitHeaders {
        let mut own = self.projects.get_mut(project);
        let mut state_of = |measure| {
            let organization = self.organization.1.state(&limits.organization, nodes, measure, now);
            let own = own.as_mut().and_then(|(_, own)| own.state(&limits.project, nodes, measure, now));
            (organization, own)
        };
        let tightest = |all: &[Option<LimitState>]| all.iter().flatten().min_by_key(|state| state.remaining).copied();
        let (minute, own_minute) = state_of(Measure::RequestsPerMinute);
        let (day, own_day) = state_of(Measure::RequestsPerDay);
        let (tokens, project_tokens) = state_of(Measure::TokensPerMinute);
        let (images, own_images) = state_of(Measure::ImagesPerMinute);
        RateLimitHeaders {
            requests: tightest(&[minute, own_minute, day, own_day]),
            tokens: tightest(&[tokens, project_tokens]),
            project_tokens,
            images: tightest(&[images, own_images]),
        }
    }

    /// The time until all of it has leaked.
    fn reset(&mut self, nodes: u32, now: Duration) -> Duration {
        let all = std::iter::once(&mut self.organization).chain(self.projects.values_mut());
        all.map(|(limits, buckets)| buckets.reset(limits, nodes, now)).max().unwrap_or_default()
    }
}

/// The reservation of one request; empty when nothing is limited. Dropping it returns what was not used.
#[derive(Debug, Default)]
pub(crate) struct Reservation(Option<Box<Held>>);

#[derive(Debug)]
struct Held {
    rates: Arc<RateLimiter>,
    ledger: Arc<Mutex<Ledger>>,
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
}

impl Reservation {
    /// Counts all of the reserved amount as used, because the work continues after the request.
    pub(crate) fn keep(&mut self) {
        let need = self.0.as_ref().map(|held| (held.need.tokens, held.need.images)).unwrap_or_default();
        self.settle(|| Used { tokens: need.0, images: need.1 });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (now, nodes) = self.rates.now();
        let ledger = Arc::clone(&self.ledger);
        lock(&ledger).settle(self, nodes, now);
    }
}

#[cfg(test)]
mod tests;
