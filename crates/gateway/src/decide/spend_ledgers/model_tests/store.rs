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
    /// The newest ask of each holder that was read.
    numbers: BTreeMap<Arc<str>, i64>,
    /// What requests have used, counted or not, without what was lost with a spool.
    pub(super) truth: Amount,
    /// What killed nodes had used that the store did not know to be committed.
    pub(super) unreported: Amount,
}

impl Period {
    /// Reads an ask; nothing happens when a newer one of the same holder was read before.
    fn renew(&mut self, ask: &LeaseAsk, most: Amount, now: Timestamp) -> Option<LeaseAnswer> {
        let newest = self.numbers.entry(Arc::clone(&ask.holder)).or_default();
        if ask.number < *newest {
            return None;
        }
        *newest = ask.number;
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
        Some(answer)
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
    /// Read after the next ask of the node, which has long given up waiting.
    Late,
    /// The asking request ends before the store has read it, or afterwards.
    AbortedBefore,
    AbortedAfter,
}

pub(super) const FAILURES: [Fate; 5] =
    [Fate::Lost, Fate::AnswerLost, Fate::Late, Fate::AbortedBefore, Fate::AbortedAfter];

/// A budget, and the beginning of a period.
pub(super) type Place = (usize, Timestamp);

#[derive(Default)]
pub(super) struct Known {
    pub(super) limits: Vec<Limit>,
    pub(super) periods: BTreeMap<Place, Period>,
    /// Asks that are read after the next one of their holder.
    pub(super) late: Vec<LeaseAsk>,
}

impl Known {
    fn read(&mut self, ask: &LeaseAsk, now: Timestamp) -> Option<LeaseAnswer> {
        let place = BUDGETS.iter().position(|(subject, terms, _)| scope(subject, terms) == ask.scope).unwrap();
        let most = self.limits[place].most;
        self.periods.entry((place, ask.window.start)).or_default().renew(ask, most, now)
    }

    /// Reads the asks of a holder that are late.
    pub(super) fn read_late(&mut self, holder: &str, now: Timestamp) {
        for ask in self.late.extract_if(.., |ask| *ask.holder == *holder).collect::<Vec<_>>() {
            self.read(&ask, now);
        }
    }
}

pub(super) struct Store {
    pub(super) known: Mutex<Known>,
    pub(super) fate: Mutex<Fate>,
    pub(super) now: Arc<Mutex<Timestamp>>,
}

impl SpendLeases for Store {
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>> {
        let (fate, now) = (*lock(&self.fate), *lock(&self.now));
        let known = &mut *lock(&self.known);
        let is_read = !matches!(fate, Fate::Lost | Fate::Late | Fate::AbortedBefore);
        let answer = is_read.then(|| known.read(&ask, now)).flatten();
        known.read_late(&ask.holder, now);
        if fate == Fate::Late {
            known.late.push(ask);
        }
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
