//! What this node reports of its limits: at the first request, and every second what others should know.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use keystead_core::id::ProjectId;
use keystead_core::rate::shares::ShareAsk;
use keystead_core::rate::{Reach, SharedBuckets};
use tokio::time::timeout;

use super::ledger::Cell;
use super::{AGAIN, RateLimiter, lock, micros};
use crate::Unavailable;

/// How long the store may take to answer, and how long it is not asked by requests when it did not.
const ANSWER: Duration = Duration::from_secs(3);
const AWAY: Duration = Duration::from_secs(1);
/// Most reports in one transaction.
const TOGETHER: usize = 200;
/// Most reports of dropped ledgers that wait for the store. The parts of others are free when this node ends.
const MOST_DROPPED: usize = 10_000;

/// A report, and where its answer belongs.
struct Addressed {
    cell: Arc<Cell>,
    project: Option<ProjectId>,
    ask: ShareAsk,
}

/// The limits of which another node has too little: models by organization or project.
type Called = HashMap<String, HashSet<String>>;

impl RateLimiter {
    /// Asks the store for a part of what a request needs, unless another request has asked a moment ago.
    pub(super) async fn renew(&self, cell: &Arc<Cell>, project: &ProjectId) {
        let _turn = cell.turn.lock().await;
        let reach = self.reach();
        if reach.away {
            return;
        }
        let mut asks = Vec::new();
        {
            let mut open = lock(&cell.open);
            for project in [None, Some(project)] {
                let Some(buckets) = open.find(project) else { continue };
                let waits = !buckets.is_ready(&reach) || buckets.is_short();
                if waits && !buckets.reported_within(AGAIN, &reach) {
                    let ask = buckets.report(|| cell.name(project), || self.next_number(), &reach);
                    asks.push(Addressed { cell: Arc::clone(cell), project: project.cloned(), ask });
                }
            }
        }
        self.exchange(asks).await;
    }

    /// Reports what others should know, and takes what the store gives. Called every second.
    pub async fn report(&self) {
        let Some(shares) = &self.shares else { return };
        self.report_dropped().await;
        let Ok(Ok(short)) = timeout(ANSWER, shares.short()).await else { return };
        let mut called = Called::new();
        for name in short {
            called.entry(name.subject).or_default().insert(name.model);
        }
        let reach = self.reach();
        let due = |names: (&str, &str), buckets: &SharedBuckets| {
            let others = called.get(names.0).is_some_and(|models| models.contains(names.1));
            buckets.is_due(&reach, others)
        };
        let mut asks = self.collect(&reach, due);
        // What has to be given back is given back at once, so that other nodes do not wait for it.
        for _ in 0..2 {
            let Some(again) = self.exchange(asks).await else { return };
            let reach = self.reach();
            asks = again.into_iter().filter_map(|(cell, project)| self.ask_of(&cell, project, &reach)).collect();
        }
    }

    /// Gives everything back, when the node stops.
    pub async fn return_all(&self) {
        let Some(shares) = &self.shares else { return };
        let reach = self.reach();
        let mut asks = std::mem::take(&mut *lock(&self.dropped));
        for shard in &self.shards {
            for cell in lock(shard).cells() {
                for (project, buckets) in lock(&cell.open).limits() {
                    asks.extend(buckets.last_report(|| cell.name(project.as_ref()), || self.next_number(), &reach));
                }
            }
        }
        asks.sort_by(|one, other| one.name.cmp(&other.name));
        for asks in asks.chunks(TOGETHER) {
            if shares.divide(asks.to_vec()).await.is_err() {
                tracing::warn!("the parts of rate limits are not given back; other nodes get them seconds later");
                return;
            }
        }
    }

    async fn report_dropped(&self) {
        let Some(shares) = &self.shares else { return };
        let mut asks = std::mem::take(&mut *lock(&self.dropped));
        asks.sort_by(|one, other| one.name.cmp(&other.name));
        while !asks.is_empty() {
            let rest = asks.split_off(asks.len().min(TOGETHER));
            let answered = timeout(ANSWER, shares.divide(asks.clone())).await;
            if !matches!(answered, Ok(Ok(_))) {
                let mut waiting = lock(&self.dropped);
                waiting.extend(asks.into_iter().chain(rest));
                waiting.truncate(MOST_DROPPED);
                return;
            }
            asks = rest;
        }
    }

    /// Builds the reports that are due.
    fn collect(&self, reach: &Reach, due: impl Fn((&str, &str), &SharedBuckets) -> bool) -> Vec<Addressed> {
        let mut asks = Vec::new();
        for shard in &self.shards {
            for cell in lock(shard).cells() {
                for (project, buckets) in lock(&cell.open).limits() {
                    if due(cell.names(project.as_ref()), buckets) {
                        let ask = buckets.report(|| cell.name(project.as_ref()), || self.next_number(), reach);
                        asks.push(Addressed { cell: Arc::clone(cell), project, ask });
                    }
                }
            }
        }
        asks
    }

    fn ask_of(&self, cell: &Arc<Cell>, project: Option<ProjectId>, reach: &Reach) -> Option<Addressed> {
        let mut open = lock(&cell.open);
        let buckets = open.find(project.as_ref())?;
        let ask = buckets.report(|| cell.name(project.as_ref()), || self.next_number(), reach);
        drop(open);
        Some(Addressed { cell: Arc::clone(cell), project, ask })
    }

    /// Sends reports and takes the answers. Returns what has to be reported again; `None` when the store did not answer:
    /// then the reports are repeated later.
    async fn exchange(&self, mut asks: Vec<Addressed>) -> Option<Vec<(Arc<Cell>, Option<ProjectId>)>> {
        let shares = self.shares.as_ref()?;
        // In one order, so that the transactions of two nodes do not wait for each other.
        asks.sort_by(|one, other| one.ask.name.cmp(&other.ask.name));
        let mut again = Vec::new();
        for asks in asks.chunks(TOGETHER) {
            let sent = asks.iter().map(|addressed| addressed.ask.clone()).collect();
            let Ok(answers) = timeout(ANSWER, shares.divide(sent)).await.unwrap_or(Err(Unavailable)) else {
                self.away.store(micros((self.stopwatch)() + AWAY), Ordering::Relaxed);
                tracing::debug!("rate limits could not be divided; each node grants an equal part meanwhile");
                return None;
            };
            let reach = self.reach();
            for (addressed, answer) in asks.iter().zip(&answers) {
                let mut open = lock(&addressed.cell.open);
                if open.find(addressed.project.as_ref()).is_some_and(|buckets| buckets.answer(answer, &reach)) {
                    again.push((Arc::clone(&addressed.cell), addressed.project.clone()));
                }
            }
        }
        Some(again)
    }
}
