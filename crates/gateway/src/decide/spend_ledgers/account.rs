//! The ledger of one budget in one month, on this node.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keystead_core::budget::{BudgetSubject, Ledger, Window};
use keystead_core::money::Amount;
use tokio::time::Instant;

use super::NotSetAside;

/// The ledger of one budget in one month.
pub(super) struct Account {
    pub(super) subject: BudgetSubject,
    pub(super) window: Window,
    state: Mutex<State>,
    /// Held while the store is asked: the others wait, and find what was leased for them.
    pub(super) turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    /// The newest version of the limit that a caller had.
    version: i64,
    /// Whether the store may have granted more than the ledger knows: the lease was given up, or the answer did not come.
    outdated: bool,
    /// What waiting requests need.
    waiting: Amount,
    /// What was committed when the lease was last renewed by itself.
    committed_before: Amount,
    /// Until when the last answer of the store holds for requests that need as much.
    outlook: Option<(Instant, Amount, Outlook)>,
}

/// What the store has answered to a request that did not fit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outlook {
    Refused(NotSetAside),
    /// Other nodes may return something.
    Wait,
}

/// What became of an answer of the store.
pub(super) enum Granted {
    /// This is set aside from it.
    Held(SpendHold),
    /// It was taken over, and what the request needs is not set aside.
    Nothing,
    /// The limit was changed while the store was asked.
    Older,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Account {
    pub(super) fn new(subject: BudgetSubject, window: Window) -> Self {
        Self { subject, window, state: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// What the requests need that wait for their turn.
    pub(super) fn waiting(&self) -> Amount {
        lock(&self.state).waiting
    }

    /// Notes the cost of a request.
    pub(super) fn spend(&self, cost: Amount) {
        lock(&self.state).ledger.spend(cost);
    }

    /// Gives up what is free when the limit was changed: the store grants by the limit that holds now.
    pub(super) fn follow(&self, version: i64) {
        let mut state = lock(&self.state);
        if state.version < version {
            state.version = version;
            state.outlook = None;
            state.outdated = true;
            state.ledger.give_up();
        }
    }

    /// Gives up what is free before the store is asked, and returns what is committed and the version of the limit. The
    /// request that asks may end before the answer comes.
    pub(super) fn give_up(&self) -> (Amount, i64) {
        let mut state = lock(&self.state);
        state.outdated = true;
        (state.ledger.give_up(), state.version)
    }

    /// Takes over what the store has granted, and sets aside from it what the request needs that asked, before another
    /// one can. An answer that may follow from an older limit counts as lost.
    pub(super) fn grant(self: &Arc<Self>, granted: Amount, version: i64, need: Option<Amount>) -> Granted {
        let mut state = lock(&self.state);
        if state.version != version {
            return Granted::Older;
        }
        (state.outdated, state.outlook) = (false, None);
        state.ledger.grant(granted);
        match need {
            Some(need) if state.ledger.reserve(need) => Granted::Held(SpendHold { account: Arc::clone(self), need }),
            _ => Granted::Nothing,
        }
    }

    pub(super) fn reserve(self: &Arc<Self>, need: Amount) -> Option<SpendHold> {
        let fits = lock(&self.state).ledger.reserve(need);
        fits.then(|| SpendHold { account: Arc::clone(self), need })
    }

    /// Notes for how long requests that need as much get the same answer.
    pub(super) fn note(&self, outlook: Outlook, need: Amount, time: Duration) {
        lock(&self.state).outlook = Some((Instant::now() + time, need, outlook));
    }

    pub(super) fn outlook(&self, need: Amount) -> Option<Outlook> {
        let known = lock(&self.state).outlook;
        known.filter(|(until, least, _)| Instant::now() < *until && *least <= need).map(|(.., outlook)| outlook)
    }

    /// Whether something can be returned, and what was committed since the last call.
    pub(super) fn used_since(&self) -> (bool, Amount) {
        let mut state = lock(&self.state);
        let committed = state.ledger.committed();
        let before = std::mem::replace(&mut state.committed_before, committed);
        (state.outdated || state.ledger.free() > Amount::ZERO, committed.minus(before).max(Amount::ZERO))
    }
}

/// A request that waits for its turn.
pub(super) struct Waiting<'a> {
    account: &'a Account,
    need: Amount,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(account: &'a Account, need: Amount) -> Self {
        let mut state = lock(&account.state);
        state.waiting = state.waiting.plus(need);
        Self { account, need }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.account.state);
        state.waiting = state.waiting.minus(self.need);
    }
}

/// What is set aside from one limit. Dropping it returns that.
pub(crate) struct SpendHold {
    pub(super) account: Arc<Account>,
    need: Amount,
}

impl Drop for SpendHold {
    fn drop(&mut self) {
        lock(&self.account.state).ledger.end(self.need);
    }
}
