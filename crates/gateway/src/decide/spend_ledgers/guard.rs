//! What is set aside for one request, from all budgets that apply.

use std::fmt;
use std::sync::Arc;

use keystead_core::budget::{Budget, Charge, Measured, Payers, PendingHold};
use keystead_core::time::Timestamp;
use smallvec::SmallVec;

use super::account::SpendHold;

/// What is set aside for one request; empty when nothing limits it. However the request ends, dropping this returns what
/// it did not use.
#[derive(Default)]
pub struct SpendGuard(Option<Box<Held>>);

pub(super) struct Held {
    holder: Arc<str>,
    admitted_at: Timestamp,
    most: Measured,
    payers: Payers,
    holds: SmallVec<[SpendHold; 4]>,
}

impl Held {
    /// Nothing is set aside yet for a request that may use this and was admitted now. It is built where it stays.
    pub(super) fn nothing(holder: &Arc<str>, most: &Measured, now: Timestamp) -> Box<Self> {
        let (payers, holds) = (Payers::NONE, SmallVec::new());
        Box::new(Self { holder: Arc::clone(holder), admitted_at: now, most: *most, payers, holds })
    }

    /// Adds what is set aside from a budget.
    pub(super) fn push(&mut self, budget: &Budget, hold: SpendHold) {
        self.payers = self.payers.with(budget.scope.subject.kind(), budget.scope.terms);
        self.holds.push(hold);
    }

    /// The guard of all that is set aside.
    pub(super) fn guard(self: Box<Self>) -> SpendGuard {
        SpendGuard(Some(self).filter(|held| !held.holds.is_empty()))
    }

    fn spend(&mut self, used: &Measured) {
        for hold in &mut self.holds {
            hold.spend(used);
        }
    }
}

impl fmt::Debug for SpendGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SpendGuard").field(&self.charge()).finish()
    }
}

impl SpendGuard {
    /// How an event of the request counts.
    #[must_use]
    pub fn charge(&self) -> Option<Charge> {
        let held = self.0.as_ref()?;
        Some(Charge { admitted_at: held.admitted_at, payers: held.payers })
    }

    /// Notes what an event used that was recorded with [`Self::charge`]. It is counted when the request ends, together
    /// with the return of what was set aside.
    pub fn spend(&mut self, used: &Measured) {
        if let Some(held) = &mut self.0 {
            held.spend(used);
        }
    }

    /// Hands what is set aside to a response or batch that outlives the request. The leases of this node have paid for it;
    /// the use that is counted later is not paid from them.
    pub(crate) fn hand_over(&mut self) -> Option<PendingHold> {
        let held = self.0.as_mut()?;
        let charge = Charge { admitted_at: held.admitted_at, payers: held.payers };
        if charge.payers.is_empty() {
            return None;
        }
        let most = held.most;
        held.spend(&most);
        held.payers = Payers::NONE;
        held.holds.clear();
        let Measured { money: amount, tokens, requests } = held.most;
        Some(PendingHold { holder: held.holder.to_string(), amount, tokens, requests, charge })
    }
}
