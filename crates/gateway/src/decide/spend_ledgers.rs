//! What this node may spend of limits: a ledger for each limited organization and project in each month, and what is
//! set aside for running requests.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keystead_core::budget::{BudgetSubject, Charge, LeaseAnswer, LeaseAsk, Ledger, PendingHold, SpendLimit, Window};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use tokio::time::{Instant, sleep};

use crate::{BoxFuture, Clock, Unavailable};

/// How long a request waits before it asks again for what other nodes may return.
const AGAIN: Duration = Duration::from_millis(100);
/// How long a refusal holds for requests that need as much, so that a client that repeats costs no transaction each time.
const REFUSED: Duration = Duration::from_millis(200);
/// A node asks for so many times what a request needs, so that the following ones find it in memory.
const AHEAD: i128 = 64;
/// Seconds for which the ledger of a past month is kept, in case a clock is set back.
const PAST: i64 = 3_600;

/// The store of leases.
pub trait SpendLeases: Send + Sync + 'static {
    /// Renews the lease of a node, in one transaction.
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>>;
}

/// Why nothing was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSetAside {
    /// It does not fit into the limit: the limit, and what is counted as spent.
    Refused { limit: Amount, spent: Amount },
    /// The store does not answer, and more than is leased is needed.
    Unavailable,
}

/// The ledgers of this node.
pub struct SpendLedgers {
    leases: Arc<dyn SpendLeases>,
    holder: Arc<str>,
    clock: Clock,
    accounts: Mutex<HashMap<(BudgetSubject, Timestamp), Arc<Account>>>,
}

/// The ledger of one budget in one month.
struct Account {
    subject: BudgetSubject,
    window: Window,
    state: Mutex<State>,
    /// Held while the store is asked: the others wait, and find what was leased for them.
    turn: tokio::sync::Mutex<()>,
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
    /// Until when requests that need as much are refused, and why.
    refused: Option<(Instant, Amount, NotSetAside)>,
}

impl fmt::Debug for SpendLedgers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpendLedgers").field("holder", &self.holder).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SpendLedgers {
    /// Builds the ledgers of a node without any lease. `holder` is the run of its usage spool.
    #[must_use]
    pub fn new(leases: Arc<dyn SpendLeases>, holder: Arc<str>, clock: Clock) -> Self {
        Self { leases, holder, clock, accounts: Mutex::default() }
    }

    /// Sets an amount aside from one limit.
    pub(crate) async fn set_aside(
        &self,
        subject: BudgetSubject,
        limit: SpendLimit,
        need: Amount,
        now: Timestamp,
    ) -> Result<SpendHold, NotSetAside> {
        let account = self.account(subject, now);
        account.follow(limit.version);
        if let Some(held) = account.reserve(need) {
            return Ok(held);
        }
        let _waiting = Waiting::new(&account, need);
        loop {
            let turn = account.turn.lock().await;
            if let Some(held) = account.reserve(need) {
                return Ok(held);
            }
            if let Some(refused) = account.refused(need) {
                return Err(refused);
            }
            let want = lock(&account.state).waiting.max(Amount::of_picos(need.picos().saturating_mul(AHEAD)));
            let answer = self.renew(&account, need, want).await?;
            if let Some(held) = account.reserve(need) {
                return Ok(held);
            }
            let refused = NotSetAside::Refused { limit: answer.limit, spent: answer.spent };
            if !answer.wait {
                lock(&account.state).refused = Some((Instant::now() + REFUSED, need, refused));
                return Err(refused);
            }
            drop(turn);
            sleep(AGAIN).await;
        }
    }

    /// Asks the store; the account's turn is held.
    async fn renew(&self, account: &Account, least: Amount, want: Amount) -> Result<LeaseAnswer, NotSetAside> {
        let committed = account.give_up();
        let ask = LeaseAsk {
            subject: account.subject.clone(),
            window: account.window,
            holder: Arc::clone(&self.holder),
            committed,
            least,
            want,
        };
        let answer = self.leases.renew(ask).await.map_err(|Unavailable| NotSetAside::Unavailable)?;
        account.grant(answer.granted);
        Ok(answer)
    }

    /// Renews the leases that have something free, or of which the store may have granted more: as much is kept as was
    /// used since the last time, and the rest is returned. Called every second.
    pub async fn renew_all(&self) {
        self.renew_each(true).await;
    }

    /// Returns everything that no running request needs, when the node stops.
    pub async fn return_all(&self) {
        self.renew_each(false).await;
    }

    async fn renew_each(&self, keep: bool) {
        let now = (self.clock)();
        let accounts: Vec<Arc<Account>> = {
            let mut accounts = lock(&self.accounts);
            // Requests of a past month keep its ledger until they end.
            accounts.retain(|_, account| account.window.end.plus(PAST) > now || Arc::strong_count(account) > 1);
            accounts.values().cloned().collect()
        };
        for account in accounts {
            let _turn = account.turn.lock().await;
            let (returnable, used) = account.used_since();
            if !returnable {
                continue;
            }
            let want = if keep { used.plus(used) } else { Amount::ZERO };
            if self.renew(&account, Amount::ZERO, want).await.is_err() {
                tracing::debug!("a lease of a spend limit could not be renewed; it is tried again");
                return;
            }
        }
    }

    fn account(&self, subject: BudgetSubject, now: Timestamp) -> Arc<Account> {
        let window = Window::month(now);
        let made = |key: &(BudgetSubject, Timestamp)| {
            let (state, turn) = (Mutex::default(), tokio::sync::Mutex::default());
            Arc::new(Account { subject: key.0.clone(), window, state, turn })
        };
        let mut accounts = lock(&self.accounts);
        let key = (subject, window.start);
        if let Some(known) = accounts.get(&key) {
            return Arc::clone(known);
        }
        let account = made(&key);
        accounts.insert(key, Arc::clone(&account));
        account
    }

    /// Gathers what was set aside for one request.
    pub(crate) fn guard(
        &self,
        admitted_at: Timestamp,
        need: Amount,
        [organization, project]: [Option<SpendHold>; 2],
    ) -> SpendGuard {
        let holder = Arc::clone(&self.holder);
        SpendGuard(Some(Box::new(Held { holder, admitted_at, need, organization, project })))
    }
}

impl Account {
    /// Gives up what is free when the limit was changed: the store grants by the limit that holds now.
    fn follow(&self, version: i64) {
        let mut state = lock(&self.state);
        if state.version < version {
            state.version = version;
            state.refused = None;
            state.outdated = true;
            state.ledger.give_up();
        }
    }

    /// Gives up what is free before the store is asked, and returns what is committed. The request that asks may end
    /// before the answer comes.
    fn give_up(&self) -> Amount {
        let mut state = lock(&self.state);
        state.outdated = true;
        state.ledger.give_up()
    }

    fn grant(&self, granted: Amount) {
        let mut state = lock(&self.state);
        state.outdated = false;
        state.ledger.grant(granted);
    }

    fn reserve(self: &Arc<Self>, need: Amount) -> Option<SpendHold> {
        let fits = lock(&self.state).ledger.reserve(need);
        fits.then(|| SpendHold { account: Arc::clone(self), need })
    }

    fn refused(&self, need: Amount) -> Option<NotSetAside> {
        let state = lock(&self.state);
        let (_, _, why) = state.refused.filter(|(until, least, _)| Instant::now() < *until && *least <= need)?;
        Some(why)
    }

    /// Whether something can be returned, and what was committed since the last call.
    fn used_since(&self) -> (bool, Amount) {
        let mut state = lock(&self.state);
        let committed = state.ledger.committed();
        let before = std::mem::replace(&mut state.committed_before, committed);
        (state.outdated || state.ledger.free() > Amount::ZERO, committed.minus(before).max(Amount::ZERO))
    }
}

/// A request that waits for its turn.
struct Waiting<'a> {
    account: &'a Account,
    need: Amount,
}

impl<'a> Waiting<'a> {
    fn new(account: &'a Account, need: Amount) -> Self {
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
    account: Arc<Account>,
    need: Amount,
}

impl Drop for SpendHold {
    fn drop(&mut self) {
        lock(&self.account.state).ledger.end(self.need);
    }
}

/// What is set aside for one request; empty when nothing limits it. However the request ends, dropping this returns what
/// it did not spend.
#[derive(Default)]
pub(crate) struct SpendGuard(Option<Box<Held>>);

struct Held {
    holder: Arc<str>,
    admitted_at: Timestamp,
    need: Amount,
    organization: Option<SpendHold>,
    project: Option<SpendHold>,
}

impl Held {
    fn spend(&self, cost: Amount) {
        for hold in self.organization.iter().chain(&self.project) {
            lock(&hold.account.state).ledger.spend(cost);
        }
    }
}

impl SpendGuard {
    /// How an event of the request counts.
    pub(crate) fn charge(&self) -> Option<Charge> {
        let held = self.0.as_ref()?;
        let (organization, project) = (held.organization.is_some(), held.project.is_some());
        Some(Charge { admitted_at: held.admitted_at, organization, project })
    }

    /// Notes the cost of an event that was recorded with [`Self::charge`].
    pub(crate) fn spend(&self, cost: Amount) {
        if let Some(held) = &self.0 {
            held.spend(cost);
        }
    }

    /// Hands what is set aside to a response or batch that outlives the request. The lease of this node has spent it;
    /// the cost that is counted later is not paid from it.
    pub(crate) fn hand_over(&mut self) -> Option<PendingHold> {
        let charge = self.charge().filter(|charge| charge.organization || charge.project)?;
        let held = self.0.as_mut()?;
        held.spend(held.need);
        (held.organization, held.project) = (None, None);
        Some(PendingHold { holder: held.holder.to_string(), amount: held.need, charge })
    }
}

#[cfg(test)]
mod tests;
