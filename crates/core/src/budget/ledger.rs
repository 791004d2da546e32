//! What one node may spend from one budget in one period: its lease, and what it has taken from it.

use crate::money::Amount;

/// The ledger of one node. All amounts are sums since the node began to use the budget in this period, so that a message
/// to the store that is lost or repeated changes nothing.
///
/// What the node believes to be granted is never more than what the store has granted to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    granted: Amount,
    spent: Amount,
    reserved: Amount,
}

impl Ledger {
    /// What was spent and what is set aside for running requests: the part of the lease that cannot be given back.
    #[must_use]
    pub const fn committed(&self) -> Amount {
        self.spent.plus(self.reserved)
    }

    /// What requests have used.
    #[cfg(test)]
    pub(super) const fn spent(&self) -> Amount {
        self.spent
    }

    /// What the node believes to be granted.
    #[cfg(test)]
    pub(super) const fn granted(&self) -> Amount {
        self.granted
    }

    /// What can still be set aside.
    #[must_use]
    pub fn free(&self) -> Amount {
        self.granted.minus(self.committed()).max(Amount::ZERO)
    }

    /// Sets an amount aside for a request, if there is that much.
    pub fn reserve(&mut self, need: Amount) -> bool {
        let fits = need <= self.free();
        if fits {
            self.reserved = self.reserved.plus(need);
        }
        fits
    }

    /// Notes what a request cost.
    pub const fn spend(&mut self, cost: Amount) {
        self.spent = self.spent.plus(cost);
    }

    /// Notes that a request has ended, for which this was set aside.
    pub const fn end(&mut self, need: Amount) {
        self.reserved = self.reserved.minus(need);
    }

    /// Gives up what is free beyond `most`. Returns what is committed, and what is kept beyond that. The store may be
    /// asked for another lease only after this, and is told both: it may grant less than before, though never less than
    /// them, and its answer may be lost.
    pub fn keep(&mut self, most: Amount) -> (Amount, Amount) {
        let (committed, kept) = (self.committed(), self.free().min(most).max(Amount::ZERO));
        self.granted = self.granted.min(committed.plus(kept));
        (committed, kept)
    }

    /// Gives up all that is free.
    pub fn give_up(&mut self) {
        self.keep(Amount::ZERO);
    }

    /// Takes over what the store has granted in all.
    pub const fn grant(&mut self, granted: Amount) {
        self.granted = granted;
    }
}
