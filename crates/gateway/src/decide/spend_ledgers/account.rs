//! The ledger of one budget in one period, on this node.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keystead_core::budget::{BudgetScope, BudgetTerms, Demand, LeaseAnswer, Ledger, Measured, Window};
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
    /// What was committed when the lease was last renewed by itself, and the most that was since.
    committed_before: Amount,
    most_committed: Amount,
    demand: Demand,
    /// The most that is kept when the store is asked next.
    part: Amount,
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
            self.part = Amount::ZERO;
            self.ledger.give_up();
        }
    }

    fn reserve(&mut self, need: Amount, now: Timestamp) -> bool {
        if now >= self.until {
            self.ledger.give_up();
        }
        self.take(need)
    }

    fn take(&mut self, need: Amount) -> bool {
        let fits = self.ledger.reserve(need);
        self.most_committed = self.most_committed.max(self.ledger.committed());
        fits
    }
}

/// What of that which is free is used while the store is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Nothing: the node stops.
    Nothing,
    /// What the node would use ahead. All that it may keep if the store has not answered the last time: an outage says
    /// nothing about how much is needed, and what is given up in it is returned to nobody.
    Ahead,
    /// All that it may keep: a request needs more than is free, and others may need less.
    All,
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

    /// Gives up what is free and not kept, before the store is asked. Returns what is committed and what is kept, and the
    /// version of the limit. The request that asks may end before the answer comes.
    pub(super) fn keep(&self, keep: Keep, now: Timestamp) -> ((Amount, Amount), i64) {
        let mut state = lock(&self.state);
        let most = match keep {
            // After the lease has ended, the store may grant to others what was free.
            _ if now >= state.until => Amount::ZERO,
            Keep::Nothing => Amount::ZERO,
            Keep::Ahead if !state.outdated => state.part.min(state.demand.ahead()),
            Keep::Ahead | Keep::All => state.part,
        };
        state.outdated = true;
        (state.ledger.keep(most), state.version)
    }

    /// Takes over what the store has granted, and sets aside from it what the request needs that asked, before another
    /// one can. An answer that may follow from an older limit counts as lost. `reported` is what the store knows to be
    /// committed, and `until` when the lease must not be used any more.
    pub(super) fn grant(
        self: &Arc<Self>,
        answer: &LeaseAnswer,
        (reported, until): (Amount, Timestamp),
        version: i64,
        need: Option<Amount>,
    ) -> Granted {
        let mut state = lock(&self.state);
        if state.version != version {
            return Granted::Older;
        }
        (state.outdated, state.outlook) = (false, None);
        (state.reported, state.until, state.part) = (reported, until, answer.part);
        state.ledger.grant(answer.granted);
        match need {
            Some(need) if state.take(need) => Granted::Held(self.held(need)),
            Some(_) if answer.met => {
                // Others have used what was kept meanwhile. What is granted next is for this request.
                state.part = Amount::ZERO;
                Granted::Nothing
            }
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

    /// Whether there is something to report to the store, and what is to be leased ahead by what was used until now.
    /// Called before each renewal.
    pub(super) fn measure(&self) -> (bool, Amount) {
        let mut state = lock(&self.state);
        let committed = state.ledger.committed();
        // Requests that have ended meanwhile had to be set aside as well.
        let used = state.most_committed.max(committed).minus(state.committed_before);
        state.demand.note(used);
        (state.committed_before, state.most_committed) = (committed, committed);
        let is_known = !state.outdated && state.reported == committed && state.ledger.free() <= Amount::ZERO;
        (!is_known, state.demand.ahead())
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
