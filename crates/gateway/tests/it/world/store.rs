//! The store of a gateway, in memory, and the leases of its budgets.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use keystead_core::Timestamp;
use keystead_core::budget::{BudgetScope, LeaseAnswer, LeaseAsk, StoredFigures, decide};
use keystead_core::caller::Caller;
use keystead_core::key::KeyDigest;
use keystead_core::money::Amount;
use keystead_core::pending::Pending;
use keystead_core::usage::UsageEvent;
use keystead_gateway::{
    BoxFuture, KeySource, MemoryPending, PendingUsage, SpendLeases, Unavailable, UsageBatch, UsageSink,
};
use tokio::sync::Semaphore;

/// The store, as the directory and the meter see it.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) callers: Mutex<HashMap<KeyDigest, Caller>>,
    pub(crate) down: AtomicBool,
    pub(crate) reads: AtomicUsize,
    /// While it is closed, reads wait here after they have read.
    pub(crate) gate: Mutex<Option<Arc<Semaphore>>>,
    pub(crate) waiting: AtomicUsize,
    pub(crate) events: Mutex<Vec<UsageEvent>>,
    /// The counted position of each segment of the spool.
    pub(crate) spools: Mutex<HashMap<String, i64>>,
    /// Earlier runs that have ended, and how many events were counted then.
    pub(crate) ended: Mutex<Vec<(String, usize)>>,
    pub(crate) pending: MemoryPending,
    once: Mutex<HashSet<String>>,
}

impl KeySource for Store {
    fn find<'a>(&'a self, digest: &'a KeyDigest) -> BoxFuture<'a, Result<Option<Caller>, Unavailable>> {
        async move {
            self.reads.fetch_add(1, Ordering::SeqCst);
            if self.down.load(Ordering::SeqCst) {
                return Err(Unavailable);
            }
            let found = self.callers.lock().unwrap().get(digest).cloned();
            let gate = self.gate.lock().unwrap().clone();
            if let Some(gate) = gate {
                self.waiting.fetch_add(1, Ordering::SeqCst);
                let _permit = gate.acquire().await;
            }
            Ok(found)
        }
        .boxed()
    }
}

impl UsageSink for Store {
    fn write(&self, batch: UsageBatch) -> BoxFuture<'_, Result<(), Unavailable>> {
        async move {
            if self.down.load(Ordering::SeqCst) {
                return Err(Unavailable);
            }
            let mut spools = self.spools.lock().unwrap();
            let counted = spools.entry(batch.segment.to_string()).or_default();
            let places = (batch.first..).zip(batch.events.iter());
            let new: Vec<UsageEvent> =
                places.filter(|(place, _)| place >= counted).map(|(_, event)| event.clone()).collect();
            *counted = (*counted).max(batch.first + i64::try_from(batch.events.len()).unwrap());
            drop(spools);
            for event in new {
                let first = event.once.as_ref().is_none_or(|once| self.once.lock().unwrap().insert(once.clone()));
                if let Some(once) = &event.once {
                    // Completes at once, so there is nothing to wait for.
                    drop(self.pending.forget(once));
                }
                if first {
                    self.events.lock().unwrap().push(event);
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn forget(&self, segment: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>> {
        self.spools.lock().unwrap().remove(&*segment);
        std::future::ready(Ok(())).boxed()
    }

    fn end_run(&self, run: Arc<str>) -> BoxFuture<'_, Result<(), Unavailable>> {
        if self.down.load(Ordering::SeqCst) {
            return std::future::ready(Err(Unavailable)).boxed();
        }
        let counted = self.events.lock().unwrap().len();
        self.ended.lock().unwrap().push((run.to_string(), counted));
        std::future::ready(Ok(())).boxed()
    }
}

/// Leases of one node, by the rules of the store; nothing is counted before the test says so.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    pub(crate) limits: Mutex<HashMap<BudgetScope, Amount>>,
    /// What the node has spent and set aside, when it asked last.
    pub(crate) committed: Mutex<HashMap<BudgetScope, Amount>>,
    pub(crate) down: AtomicBool,
}

impl SpendLeases for Leases {
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>> {
        let limit = self.limits.lock().unwrap().get(&ask.scope).copied();
        let stored = StoredFigures { limit, ..StoredFigures::default() };
        let answer = decide(&ask, &stored, Timestamp(0)).1;
        self.committed.lock().unwrap().insert(ask.scope.clone(), ask.committed);
        let down = self.down.load(Ordering::SeqCst);
        async move { if down { Err(Unavailable) } else { Ok(answer) } }.boxed()
    }
}

impl PendingUsage for Store {
    fn note(&self, pending: Pending) -> BoxFuture<'_, Result<(), Unavailable>> {
        if self.down.load(Ordering::SeqCst) {
            std::future::ready(Err(Unavailable)).boxed()
        } else {
            self.pending.note(pending)
        }
    }

    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Pending>, Unavailable>> {
        self.pending.find(id)
    }

    fn is_counted<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<bool, Unavailable>> {
        std::future::ready(Ok(self.once.lock().unwrap().contains(id))).boxed()
    }

    fn due(&self) -> BoxFuture<'_, Result<Vec<Pending>, Unavailable>> {
        self.pending.due()
    }

    fn forget<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), Unavailable>> {
        self.pending.forget(id)
    }
}
