//! The budgets of the store in memory, and what becomes of the messages to it.

use futures_util::FutureExt as _;
use keystead_core::budget::{Decision, OtherLease, StoredFigures, decide};

use super::*;

/// The budget of a scope in the store.
pub(super) struct Limit {
    pub(super) most: Amount,
    pub(super) version: i64,
}

/// A period of a budget in the store.
#[derive(Default)]
pub(super) struct Period {
    pub(super) spent: Amount,
    /// What is set aside for responses that outlived their request.
    pub(super) held: Amount,
    pub(super) scarce: (Timestamp, Timestamp),
    pub(super) leases: BTreeMap<Arc<str>, OtherLease>,
    /// What requests have used, counted or not, without what was lost with a spool.
    pub(super) truth: Amount,
    /// What killed nodes had used that the store did not know to be committed.
    pub(super) unreported: Amount,
}

impl Period {
    fn renew(&mut self, ask: &LeaseAsk, most: Amount, now: Timestamp) -> LeaseAnswer {
        let consumed = self.leases.get(&ask.holder).map_or(Amount::ZERO, |lease| lease.consumed);
        let (limit, spent, pending, scarce) = (Some(most), self.spent, self.held, self.scarce);
        let mut stored = StoredFigures { limit, spent, consumed, pending, scarce, ..StoredFigures::default() };
        for (_, other) in self.leases.iter().filter(|(holder, _)| **holder != ask.holder) {
            stored.add_other(other, ask.ended_by, now);
        }
        let (decision, answer) = decide(ask, &stored, now);
        self.scarce = decision.scarce;
        let Decision { granted, committed, .. } = decision;
        let lease = OtherLease { granted, committed, consumed, renewed_at: now, ends_at: ask.ends_at };
        self.leases.insert(Arc::clone(&ask.holder), lease);
        answer
    }

    pub(super) fn consume(&mut self, holder: &Arc<str>, cost: Amount) {
        let lease = self.leases.entry(Arc::clone(holder)).or_default();
        lease.consumed = lease.consumed.plus(cost);
    }

    /// What is used, and what may still be used by everything that was granted.
    pub(super) fn promised(&self, now: Timestamp) -> Amount {
        self.leases.values().fold(self.spent.plus(self.held), |sum, lease| sum.plus(lease.open(now)))
    }
}

/// What becomes of a message to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Answered,
    Lost,
    AnswerLost,
    /// The asking request ends before the store has read it, or afterwards.
    AbortedBefore,
    AbortedAfter,
}

pub(super) const FAILURES: [Fate; 4] = [Fate::Lost, Fate::AnswerLost, Fate::AbortedBefore, Fate::AbortedAfter];

/// A budget, and the beginning of a period.
pub(super) type Place = (usize, Timestamp);

#[derive(Default)]
pub(super) struct Known {
    pub(super) limits: Vec<Limit>,
    pub(super) periods: BTreeMap<Place, Period>,
}

pub(super) struct Store {
    pub(super) known: Mutex<Known>,
    pub(super) fate: Mutex<Fate>,
    pub(super) now: Arc<Mutex<Timestamp>>,
}

impl SpendLeases for Store {
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>> {
        let (fate, now) = (*lock(&self.fate), *lock(&self.now));
        let read = !matches!(fate, Fate::Lost | Fate::AbortedBefore);
        let answer = read.then(|| {
            let known = &mut *lock(&self.known);
            let place = BUDGETS.iter().position(|(subject, terms, _)| scope(subject, terms) == ask.scope).unwrap();
            let most = known.limits[place].most;
            known.periods.entry((place, ask.window.start)).or_default().renew(&ask, most, now)
        });
        async move {
            match (fate, answer) {
                (Fate::Answered, Some(answer)) => Ok(answer),
                (Fate::AbortedBefore | Fate::AbortedAfter, _) => std::future::pending().await,
                _ => Err(Unavailable),
            }
        }
        .boxed()
    }
}
