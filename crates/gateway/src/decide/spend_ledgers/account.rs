//! The ledger of one budget in one period, on this node.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keystead_core::budget::{BudgetScope, BudgetTerms, Ledger, Measured, Window};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use tokio::time::Instant;

use super::NotSetAside;

/// The ledger of one budget in one period.
pub(super) struct Account {
    pub(super) scope: BudgetScope,
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
    /// What is committed as the store knows it.
    reported: Amount,
    /// Until when what is granted may be used: after the lease has ended, the store may grant it to others.
    until: Timestamp,
    /// Until when the last answer of the store holds for requests that need as much.
    outlook: Option<(Instant, Amount, Outlook)>,
}

impl State {
    /// Gives up what is free when the limit was changed: the store grants by the limit that holds now.
    fn follow(&mut self, version: i64) {
        if self.version < version {
            self.version = version;
            self.outlook = None;
            self.outdated = true;
            self.ledger.give_up();
        }
    }

    fn reserve(&mut self, need: Amount, now: Timestamp) -> bool {
        if now >= self.until {
            self.ledger.give_up();
        }
        self.ledger.reserve(need)
    }
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
    pub(super) fn new(scope: BudgetScope, window: Window) -> Self {
        Self { scope, window, state: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// The place in the order in which the store locks rows.
    pub(super) fn place(&self) -> (&str, BudgetTerms, Timestamp) {
        (self.scope.subject.as_str(), self.scope.terms, self.window.start)
    }

    /// What the requests need that wait for their turn.
    pub(super) fn waiting(&self) -> Amount {
        lock(&self.state).waiting
    }

    /// Gives up what is free before the store is asked, and returns what is committed and the version of the limit. The
    /// request that asks may end before the answer comes.
    pub(super) fn give_up(&self) -> (Amount, i64) {
        let mut state = lock(&self.state);
        state.outdated = true;
        (state.ledger.keep(Amount::ZERO).0, state.version)
    }

    /// Takes over what the store has granted, and sets aside from it what the request needs that asked, before another
    /// one can. An answer that may follow from an older limit counts as lost. `reported` is what the store knows to be
    /// committed, and `until` when the lease must not be used any more.
    pub(super) fn grant(
        self: &Arc<Self>,
        granted: Amount,
        (reported, until): (Amount, Timestamp),
        version: i64,
        need: Option<Amount>,
    ) -> Granted {
        let mut state = lock(&self.state);
        if state.version != version {
            return Granted::Older;
        }
        (state.outdated, state.outlook) = (false, None);
        (state.reported, state.until) = (reported, until);
        state.ledger.grant(granted);
        match need {
            Some(need) if state.ledger.reserve(need) => Granted::Held(self.held(need)),
            _ => Granted::Nothing,
        }
    }

    /// Sets aside what a request needs by this version of the limit.
    pub(super) fn reserve_by(self: &Arc<Self>, version: i64, need: Amount, now: Timestamp) -> Option<SpendHold> {
        let mut state = lock(&self.state);
        state.follow(version);
        state.reserve(need, now).then(|| self.held(need))
    }

    /// Sets aside what a request needs by the limit that the ledger knows.
    pub(super) fn reserve(self: &Arc<Self>, need: Amount, now: Timestamp) -> Option<SpendHold> {
        lock(&self.state).reserve(need, now).then(|| self.held(need))
    }

    fn held(self: &Arc<Self>, need: Amount) -> SpendHold {
        SpendHold { account: Arc::clone(self), need, used: Amount::ZERO }
    }

    /// Notes for how long requests that need as much get the same answer.
    pub(super) fn note(&self, outlook: Outlook, need: Amount, time: Duration) {
        lock(&self.state).outlook = Some((Instant::now() + time, need, outlook));
    }

    pub(super) fn outlook(&self, need: Amount) -> Option<Outlook> {
        let known = lock(&self.state).outlook;
        known.filter(|(until, least, _)| Instant::now() < *until && *least <= need).map(|(.., outlook)| outlook)
    }

    /// Whether there is something to report to the store, and what was committed since the last call.
    pub(super) fn used_since(&self) -> (bool, Amount) {
        let mut state = lock(&self.state);
        let committed = state.ledger.committed();
        let before = std::mem::replace(&mut state.committed_before, committed);
        let is_known = !state.outdated && state.reported == committed && state.ledger.free() <= Amount::ZERO;
        (!is_known, committed.minus(before).max(Amount::ZERO))
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

/// What is set aside from one budget. Dropping it returns that, and counts what was used.
pub(crate) struct SpendHold {
    account: Arc<Account>,
    need: Amount,
    used: Amount,
}

impl SpendHold {
    /// Notes what the request has used.
    pub(super) fn spend(&mut self, used: &Measured) {
        self.used = self.used.plus(used.of(self.account.scope.terms.measure));
    }
}

impl Drop for SpendHold {
    fn drop(&mut self) {
        let mut state = lock(&self.account.state);
        state.ledger.spend(self.used);
        state.ledger.end(self.need);
    }
}
