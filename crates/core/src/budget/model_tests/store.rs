//! The store of the model: a budget in one period, and the leases of its nodes.

use super::*;

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) limit: Amount,
    pub(super) spent: Amount,
    pub(super) leases: BTreeMap<String, OtherLease>,
    /// What is set aside for each response that outlived its request, and what it will cost.
    pub(super) pending: Vec<(Amount, Amount)>,
    /// The newest ask of each holder that was read.
    pub(super) numbers: BTreeMap<String, i64>,
    pub(super) scarce: (Timestamp, Timestamp),
}

impl Store {
    /// Reads an ask; nothing happens when a newer one of the same holder was read before.
    pub(super) fn read(&mut self, ask: &LeaseAsk, now: Timestamp) -> Option<LeaseAnswer> {
        let holder = &*ask.holder;
        let newest = self.numbers.entry(holder.to_owned()).or_default();
        if ask.number < *newest {
            return None;
        }
        *newest = ask.number;
        let consumed = self.leases.get(holder).map_or(Amount::ZERO, |lease| lease.consumed);
        let mut stored = StoredFigures {
            limit: Some(self.limit),
            spent: self.spent,
            consumed,
            pending: self.pending.iter().fold(Amount::ZERO, |sum, (held, _)| sum.plus(*held)),
            scarce: self.scarce,
            ..StoredFigures::default()
        };
        for (_, other) in self.leases.iter().filter(|(name, _)| *name != holder) {
            stored.add_other(other, ask.ended_by, now);
        }
        let (decision, answer) = decide(ask, &stored, now);
        self.scarce = decision.scarce;
        let Decision { granted, committed, .. } = decision;
        let lease = OtherLease { granted, committed, consumed, renewed_at: now, ends_at: ask.ends_at };
        self.leases.insert(holder.to_owned(), lease);
        Some(answer)
    }

    pub(super) fn granted(&self, holder: &str) -> Amount {
        self.leases.get(holder).map_or(Amount::ZERO, |lease| lease.granted)
    }

    pub(super) fn count(&mut self, holder: &str, cost: Amount) {
        self.spent = self.spent.plus(cost);
        let lease = self.leases.entry(holder.to_owned()).or_default();
        lease.consumed = lease.consumed.plus(cost);
    }

    /// What is spent and held, and what may still be spent by everything that was granted.
    pub(super) fn promised(&self, now: Timestamp) -> Amount {
        let open = self.leases.values().fold(self.spent, |sum, lease| sum.plus(lease.open(now)));
        self.pending.iter().fold(open, |sum, (held, _)| sum.plus(*held))
    }
}
