//! What this node may use of budgets: a ledger for each budget in each period, and what is set aside for running requests.

mod account;
mod guard;

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use foldhash::HashMap;
use keystead_core::budget::{Budget, BudgetScope, Contact, LEASE_SECONDS, LeaseAnswer, LeaseAsk, Measured};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use tokio::time::{sleep, timeout};

use self::account::{Account, Granted, Keep, Outlook, SpendHold, Waiting, lock};
use self::guard::Held;
pub use self::guard::SpendGuard;
use crate::{BoxFuture, Clock, Unavailable};

/// How long a request waits before it asks again for what other nodes may return.
const AGAIN: Duration = Duration::from_millis(100);
/// How long a refusal holds for requests that need as much, so that a client that repeats costs no transaction each time.
const REFUSED: Duration = Duration::from_millis(200);
/// How long the store may take to answer, and how long it is not asked again when it did not.
const ANSWER: Duration = Duration::from_secs(3);
const AWAY: Duration = Duration::from_secs(1);
/// A node asks for so many times what a request needs, so that the following ones find it in memory.
const AHEAD: i128 = 64;
/// Seconds for which the ledger of a past period is kept, in case a clock is set back.
const PAST: i64 = 3_600;
/// Leases that are renewed together.
const AT_ONCE: usize = 64;
/// A node stops to use a lease before its end by this part of its length: clocks of nodes differ, and an answer takes time.
const MARGIN: i64 = 4;

/// The store of leases.
pub trait SpendLeases: Send + Sync + 'static {
    /// Renews the lease of a node, in one transaction.
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>>;

    /// Renews leases of a node, in one transaction where the store can. Returns an answer for each, in the same order.
    fn renew_many(&self, asks: Vec<LeaseAsk>) -> BoxFuture<'_, Result<Vec<LeaseAnswer>, Unavailable>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(asks.len());
            for ask in asks {
                answers.push(self.renew(ask).await?);
            }
            Ok(answers)
        })
    }
}

/// Why nothing was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSetAside {
    /// It does not fit into the budget: the most that may be used, and what is counted as used.
    Refused {
        /// The most that may be used in a period.
        limit: Amount,
        /// What is counted as used.
        spent: Amount,
    },
    /// The store does not answer, and more than is leased is needed.
    Unavailable,
}

/// The ledgers of this node.
pub struct SpendLedgers {
    leases: Arc<dyn SpendLeases>,
    holder: Arc<str>,
    clock: Clock,
    /// Seconds from a renewal to the end of a lease.
    lease_seconds: i64,
    /// The number of the newest ask.
    asked: AtomicI64,
    contact: Mutex<Contact>,
    accounts: Mutex<Accounts>,
}

#[derive(Default)]
struct Accounts {
    /// The ledger of each budget in the period of its last request, so that no period is computed for most requests.
    current: HashMap<BudgetScope, Current>,
    /// Ledgers of other periods.
    past: Vec<Arc<Account>>,
}

struct Current {
    /// The newest version of the budget by which the period was computed.
    version: i64,
    account: Arc<Account>,
}

impl fmt::Debug for SpendLedgers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpendLedgers").field("holder", &self.holder).finish_non_exhaustive()
    }
}

impl SpendLedgers {
    /// Builds the ledgers of a node without any lease. `holder` is the run of its usage spool.
    #[must_use]
    pub fn new(leases: Arc<dyn SpendLeases>, holder: Arc<str>, clock: Clock) -> Self {
        let (asked, contact, accounts) = (AtomicI64::new(0), Mutex::default(), Mutex::default());
        Self { leases, holder, clock, lease_seconds: LEASE_SECONDS, asked, contact, accounts }
    }

    /// Notes that the store answered a request that was made at this moment.
    pub fn heard(&self, at: Timestamp) {
        lock(&self.contact).hear(at);
    }

    /// The same with another length of a lease, in seconds.
    #[must_use]
    pub fn with_lease_seconds(self, lease_seconds: i64) -> Self {
        Self { lease_seconds, ..self }
    }

    /// Sets the most that a request may use aside from each budget or from none. Budgets of which it uses nothing are left
    /// out. Returns the first budget from which it could not be set aside.
    ///
    /// # Errors
    /// When it does not fit into a budget, or when the store does not answer and more than is leased is needed.
    pub async fn set_aside<'b>(
        &self,
        budgets: impl Iterator<Item = &'b Budget> + Clone,
        most: &Measured,
        now: Timestamp,
    ) -> Result<SpendGuard, (&'b Budget, NotSetAside)> {
        if let Some(guard) = self.set_aside_leased(budgets.clone(), most, now) {
            return Ok(guard);
        }
        let mut held = Held::nothing(&self.holder, most, now);
        for (budget, need) in limiting(budgets, most) {
            let account = lock(&self.accounts).of(budget, now);
            let hold = match account.reserve_by(budget.version, need, now) {
                Some(hold) => hold,
                None => self.wait_for(&account, need).await.map_err(|why| (budget, why))?,
            };
            held.push(budget, hold);
        }
        Ok(held.guard())
    }

    /// The same from what this node has leased; nothing where that is not enough.
    pub fn set_aside_leased<'b>(
        &self,
        budgets: impl Iterator<Item = &'b Budget>,
        most: &Measured,
        now: Timestamp,
    ) -> Option<SpendGuard> {
        let mut held = Held::nothing(&self.holder, most, now);
        let mut accounts = lock(&self.accounts);
        for (budget, need) in limiting(budgets, most) {
            let hold = accounts.of(budget, now).reserve_by(budget.version, need, now)?;
            held.push(budget, hold);
        }
        drop(accounts);
        Some(held.guard())
    }

    /// Asks the store for what a request needs, until it is granted or refused.
    async fn wait_for(&self, account: &Arc<Account>, need: Amount) -> Result<SpendHold, NotSetAside> {
        let _waiting = Waiting::new(account, need);
        loop {
            if let Some(decided) = self.ask(account, need).await {
                return decided;
            }
            sleep(AGAIN).await;
        }
    }

    /// Asks the store for what a request needs, unless it has answered the same a moment ago. `None` is that the request
    /// may fit shortly.
    async fn ask(&self, account: &Arc<Account>, need: Amount) -> Option<Result<SpendHold, NotSetAside>> {
        let _turn = account.turn.lock().await;
        if let Some(held) = account.reserve(need, (self.clock)()) {
            return Some(Ok(held));
        }
        match account.outlook(need) {
            Some(Outlook::Refused(why)) => return Some(Err(why)),
            // One request of this node asks for all that wait.
            Some(Outlook::Wait) => return None,
            None => {}
        }
        let want = account.waiting().max(Amount::of_picos(need.picos().saturating_mul(AHEAD)));
        match self.renew(account, Some(need), want).await {
            Ok((_, Granted::Held(held))) => Some(Ok(held)),
            Ok((_, Granted::Older)) => None,
            // Meanwhile a request has cost more than was set aside for it, or others have used what was kept.
            Ok((answer, Granted::Nothing)) if answer.met => None,
            Ok((answer, Granted::Nothing)) if answer.wait => {
                account.note(Outlook::Wait, need, AGAIN);
                None
            }
            Ok((LeaseAnswer { limit, spent, .. }, Granted::Nothing)) => {
                let refused = NotSetAside::Refused { limit, spent };
                account.note(Outlook::Refused(refused), need, REFUSED);
                Some(Err(refused))
            }
            Err(Unavailable) => {
                account.note(Outlook::Refused(NotSetAside::Unavailable), Amount::ZERO, AWAY);
                Some(Err(NotSetAside::Unavailable))
            }
        }
    }

    /// Asks the store, and sets aside what a request needs from what it grants; the account's turn is held.
    async fn renew(
        &self,
        account: &Arc<Account>,
        need: Option<Amount>,
        want: Amount,
    ) -> Result<(LeaseAnswer, Granted), Unavailable> {
        let asked_at = (self.clock)();
        let (ask, version) = self.question(account, (need.unwrap_or(Amount::ZERO), want), Keep::All, asked_at);
        let (committed, least) = (ask.committed, ask.least);
        let answer = timeout(ANSWER, self.leases.renew(ask)).await.unwrap_or(Err(Unavailable))?;
        let reported = if answer.met { committed.plus(least) } else { committed };
        let known = (reported, self.usable_until(asked_at));
        Ok((answer, account.grant(&answer, known, version, need)))
    }

    /// What the store is asked for an account, which gives up what is free and not kept; and the version of the budget.
    fn question(
        &self,
        account: &Account,
        (least, want): (Amount, Amount),
        keep: Keep,
        asked_at: Timestamp,
    ) -> (LeaseAsk, i64) {
        let ((committed, keep), version) = account.keep(keep, asked_at);
        let ask = LeaseAsk {
            scope: account.scope.clone(),
            window: account.window,
            holder: Arc::clone(&self.holder),
            // The turn of the account is held, so its asks have growing numbers.
            number: self.asked.fetch_add(1, Ordering::Relaxed) + 1,
            committed,
            keep,
            least,
            want,
            ends_at: asked_at.plus(self.lease_seconds),
            ended_by: lock(&self.contact).ended_by(),
        };
        (ask, version)
    }

    /// Until when a lease is used that was asked for at a moment.
    fn usable_until(&self, asked_at: Timestamp) -> Timestamp {
        asked_at.plus(self.lease_seconds - self.lease_seconds / MARGIN)
    }

    /// Renews the leases that have something free, of which the store may have granted more, or of which it does not know
    /// what is committed: what would be used in the next seconds is leased ahead, and the rest is returned. Called every
    /// second.
    pub async fn renew_all(&self) {
        self.renew_each(true).await;
    }

    /// Returns everything that no running request needs, when the node stops.
    pub async fn return_all(&self) {
        self.renew_each(false).await;
    }

    async fn renew_each(&self, keep: bool) {
        let now = (self.clock)();
        let mut accounts: Vec<Arc<Account>> = {
            let mut accounts = lock(&self.accounts);
            // Requests of a past period keep its ledger until they end.
            let is_kept =
                |account: &Arc<Account>| account.window.end.plus(PAST) > now || Arc::strong_count(account) > 1;
            accounts.current.retain(|_, current| is_kept(&current.account));
            accounts.past.retain(is_kept);
            let current = accounts.current.values().map(|current| &current.account);
            current.chain(&accounts.past).cloned().collect()
        };
        // In the order in which the store locks rows; and two tasks that renew take turns in the same order.
        accounts.sort_by(|one, other| one.place().cmp(&other.place()));
        for some in accounts.chunks(AT_ONCE) {
            // The others may be renewed although one of these cannot be.
            if self.renew_some(some, keep).await.is_err() {
                tracing::debug!("leases of budgets could not be renewed; it is tried again");
            }
        }
    }

    /// Renews the leases of some accounts together.
    async fn renew_some(&self, accounts: &[Arc<Account>], keep: bool) -> Result<(), Unavailable> {
        let (mut turns, mut asked, mut asks) = (Vec::new(), Vec::new(), Vec::new());
        let asked_at = (self.clock)();
        for account in accounts {
            let turn = account.turn.lock().await;
            let (is_new, ahead) = account.measure();
            if !is_new {
                continue;
            }
            let (keep, want) = if keep { (Keep::Ahead, ahead) } else { (Keep::Nothing, Amount::ZERO) };
            let (ask, version) = self.question(account, (Amount::ZERO, want), keep, asked_at);
            asked.push((account, ask.committed, version));
            asks.push(ask);
            turns.push(turn);
        }
        if asks.is_empty() {
            return Ok(());
        }
        let answers = timeout(ANSWER, self.leases.renew_many(asks)).await.unwrap_or(Err(Unavailable))?;
        for ((account, committed, version), answer) in asked.into_iter().zip(answers) {
            account.grant(&answer, (committed, self.usable_until(asked_at)), version, None);
        }
        drop(turns);
        Ok(())
    }
}

/// The budgets that limit a request, each with the most that the request may use of it.
fn limiting<'b>(
    budgets: impl Iterator<Item = &'b Budget>,
    most: &Measured,
) -> impl Iterator<Item = (&'b Budget, Amount)> {
    let needs = budgets.map(|budget| (budget, most.of(budget.scope.terms.measure)));
    needs.filter(|(_, need)| *need > Amount::ZERO)
}

impl Accounts {
    /// The ledger of a budget in the present period.
    fn of(&mut self, budget: &Budget, now: Timestamp) -> Arc<Account> {
        let known = self.current.get(&budget.scope);
        let known = known.filter(|known| known.version >= budget.version && known.account.window.contains(now));
        match known {
            Some(known) => Arc::clone(&known.account),
            None => self.begin(budget, now),
        }
    }

    /// Finds or makes the ledger of a budget after its period or the budget has changed.
    fn begin(&mut self, budget: &Budget, now: Timestamp) -> Arc<Account> {
        let window = budget.window(now);
        if let Some(known) = self.current.get_mut(&budget.scope)
            && known.account.window == window
        {
            known.version = known.version.max(budget.version);
            return Arc::clone(&known.account);
        }
        let is_it = |account: &Arc<Account>| account.window == window && account.scope == budget.scope;
        let account = match self.past.iter().position(is_it) {
            Some(place) => self.past.swap_remove(place),
            None => Arc::new(Account::new(budget.scope.clone(), window)),
        };
        let current = Current { version: budget.version, account: Arc::clone(&account) };
        if let Some(before) = self.current.insert(budget.scope.clone(), current) {
            self.past.push(before.account);
        }
        account
    }
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
