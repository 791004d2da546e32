//! What one organization uses of one model, in total and in each project with own limits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use foldhash::fast::RandomState;
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::rate::shares::{LimitName, ShareAsk};
use keystead_core::rate::{LimitExceeded, LimitState, Need, Reach, SharedBuckets, Used};

use super::{EffectiveLimits, lock};
use crate::decide::limit_headers::LimitStates;

/// Maximum number of ledgers in one shard.
const MOST: usize = 4_096;
/// A shard with fewer ledgers is not swept.
const FEW: usize = 64;

type Map<K, V> = HashMap<K, V, RandomState>;

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) organization: SharedBuckets,
    pub(super) projects: Map<ProjectId, SharedBuckets>,
}

/// The ledger of an organization for a model.
#[derive(Debug)]
pub(super) struct Cell {
    organization: OrganizationId,
    model: Arc<str>,
    pub(super) open: Mutex<Ledger>,
    /// One request asks the store for all that wait.
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl Cell {
    /// The name of the organization's limit, or of a project's.
    pub(super) fn name(&self, project: Option<&ProjectId>) -> LimitName {
        let subject = project.map_or_else(|| self.organization.as_str(), ProjectId::as_str);
        LimitName { subject: subject.to_owned(), model: self.model.to_string() }
    }

    /// The text of the same name.
    pub(super) fn names<'c>(&'c self, project: Option<&'c ProjectId>) -> (&'c str, &'c str) {
        (project.map_or_else(|| self.organization.as_str(), ProjectId::as_str), &self.model)
    }
}

impl Ledger {
    /// The limit of the organization, and that of the project.
    pub(super) fn limits(&mut self) -> impl Iterator<Item = (Option<ProjectId>, &mut SharedBuckets)> {
        let projects = self.projects.iter_mut().map(|(project, own)| (Some(project.clone()), own));
        std::iter::once((None, &mut self.organization)).chain(projects)
    }

    pub(super) fn find(&mut self, project: Option<&ProjectId>) -> Option<&mut SharedBuckets> {
        match project {
            None => Some(&mut self.organization),
            Some(project) => self.projects.get_mut(project),
        }
    }

    /// Takes the limits as they are now.
    pub(super) fn follow(&mut self, project: &ProjectId, limits: &EffectiveLimits) {
        self.organization.limits = limits.organization;
        if limits.project.is_none() {
            return;
        }
        match self.projects.get_mut(project) {
            Some(own) => own.limits = limits.project,
            None => {
                self.projects.insert(project.clone(), SharedBuckets::new(limits.project));
            }
        }
    }

    /// The limit of the project, if the request has one.
    fn own(&mut self, project: &ProjectId, limits: &EffectiveLimits) -> Option<&mut SharedBuckets> {
        if limits.project.is_none() { None } else { self.projects.get_mut(project) }
    }

    pub(super) fn note_demand(&mut self, project: &ProjectId, limits: &EffectiveLimits, need: &Need) {
        self.organization.note_demand(need);
        if let Some(own) = self.own(project, limits) {
            own.note_demand(need);
        }
    }

    /// Whether the node has a part of both limits.
    pub(super) fn is_ready(&mut self, project: &ProjectId, limits: &EffectiveLimits, reach: &Reach) -> bool {
        self.organization.is_ready(reach) && self.own(project, limits).is_none_or(|own| own.is_ready(reach))
    }

    /// Whether more of the limit of the organization, or of that of the project, is on its way from other nodes.
    pub(super) fn is_short(&mut self, project: &ProjectId, of_project: bool) -> bool {
        self.find(of_project.then_some(project)).is_some_and(|buckets| buckets.is_short())
    }

    /// Reserves from the organization and the project, or from neither: a request that one of them refuses costs the
    /// other nothing.
    pub(super) fn hold(
        &mut self,
        project: &ProjectId,
        limits: &EffectiveLimits,
        need: &Need,
        reach: &Reach,
    ) -> Result<LimitStates, (LimitExceeded, bool)> {
        self.organization.fits(need, reach).map_err(|exceeded| (exceeded, false))?;
        let mut own = [None; 4];
        if let Some(project) = self.own(project, limits) {
            project.fits(need, reach).map_err(|exceeded| (exceeded, true))?;
            own = project.hold(need, reach);
        }
        Ok(tightest(self.organization.hold(need, reach), own))
    }

    pub(super) fn settle(
        &mut self,
        project: &ProjectId,
        limits: &EffectiveLimits,
        need: &Need,
        used: &Used,
        reach: &Reach,
    ) {
        self.organization.settle(&limits.organization, need, used, reach);
        if let Some(own) = self.projects.get_mut(project) {
            own.settle(&limits.project, need, used, reach);
        }
    }

    /// The states of the limits, for headers.
    pub(super) fn states(&mut self, project: &ProjectId, limits: &EffectiveLimits, reach: &Reach) -> LimitStates {
        let own = self.own(project, limits).map(|own| own.states(reach)).unwrap_or_default();
        tightest(self.organization.states(reach), own)
    }

    /// The time until all of it has leaked.
    fn reset(&mut self, reach: &Reach) -> Duration {
        self.limits().map(|(_, buckets)| buckets.reset(reach)).max().unwrap_or_default()
    }
}

/// The states for headers, of those of each measure in the organization and in the project: of two limits, the one that
/// leaves less.
fn tightest(
    [minute, day, tokens, images]: LimitStates,
    [own_minute, own_day, own_tokens, own_images]: LimitStates,
) -> LimitStates {
    let tighter = |one: Option<LimitState>, other: Option<LimitState>| match (one, other) {
        (Some(one), Some(other)) if other.remaining < one.remaining => Some(other),
        (one, other) => one.or(other),
    };
    let requests = tighter(tighter(minute, own_minute), tighter(day, own_day));
    [requests, tighter(tokens, own_tokens), own_tokens, tighter(images, own_images)]
}

#[derive(Debug, Default)]
pub(super) struct Shard {
    ledgers: Map<OrganizationId, Map<Arc<str>, Arc<Cell>>>,
    count: usize,
    /// The number of ledgers at which idle ones are removed.
    sweep_at: usize,
}

impl Shard {
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &Arc<Cell>> {
        self.ledgers.values().flat_map(HashMap::values)
    }

    pub(super) fn find(&self, organization: &OrganizationId, model: &Arc<str>) -> Option<Arc<Cell>> {
        self.ledgers.get(organization)?.get(model).map(Arc::clone)
    }

    pub(super) fn insert(&mut self, organization: &OrganizationId, model: &Arc<str>) -> Arc<Cell> {
        let cell = Arc::new(Cell {
            organization: organization.clone(),
            model: Arc::clone(model),
            open: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        });
        let models = self.ledgers.entry(organization.clone()).or_default();
        models.insert(Arc::clone(model), Arc::clone(&cell));
        self.count += 1;
        cell
    }

    pub(super) fn is_crowded(&self) -> bool {
        self.count >= self.sweep_at.max(FEW)
    }

    /// Removes idle ledgers; if too many are left, those that will be idle soonest. Returns what gives back their parts.
    pub(super) fn sweep(&mut self, reach: &Reach, number: impl Fn() -> u64) -> Vec<ShareAsk> {
        let mut dropped = Vec::new();
        let mut busy: Vec<Duration> = Vec::new();
        // Every holder got it under this shard's lock, so a count of one means that there is no other.
        let reset = |cell: &Arc<Cell>| match Arc::strong_count(cell) {
            1 => lock(&cell.open).reset(reach),
            _ => Duration::MAX,
        };
        let mut give_back = |cell: &Arc<Cell>| {
            for (project, buckets) in lock(&cell.open).limits() {
                dropped.extend(buckets.last_report(|| cell.name(project.as_ref()), &number, reach));
            }
        };
        self.retain(|cell| {
            let reset = reset(cell);
            if reset.is_zero() {
                give_back(cell);
            } else {
                busy.push(reset);
            }
            !reset.is_zero()
        });
        if self.count >= MOST {
            let (_, edge, _) = busy.select_nth_unstable(MOST / 4);
            let edge = (*edge).min(Duration::MAX.saturating_sub(Duration::from_nanos(1)));
            self.retain(|cell| {
                let keep = reset(cell) > edge;
                if !keep {
                    give_back(cell);
                }
                keep
            });
        }
        self.sweep_at = (self.count * 2).clamp(FEW, MOST);
        dropped
    }

    fn retain(&mut self, mut keep: impl FnMut(&Arc<Cell>) -> bool) {
        self.ledgers.retain(|_, models| {
            models.retain(|_, cell| keep(cell));
            !models.is_empty()
        });
        self.count = self.ledgers.values().map(HashMap::len).sum();
    }
}
