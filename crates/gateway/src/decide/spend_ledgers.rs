//! What this node may spend of limits: a ledger for each limited organization and project in each month, and what is
//! set aside for running requests.

mod account;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keystead_core::budget::{BudgetSubject, Charge, LeaseAnswer, LeaseAsk, PendingHold, SpendLimit, Window};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use tokio::time::{sleep, timeout};

pub(crate) use self::account::SpendHold;
use self::account::{Account, Granted, Outlook, Waiting, lock};
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
    accounts: Mutex<Accounts>,
}

struct Accounts {
    /// The month of the last request, so that it is not computed for each.
    month: Window,
    all: HashMap<(BudgetSubject, Timestamp), Arc<Account>>,
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
        let accounts = Mutex::new(Accounts { month: Window::month(clock()), all: HashMap::new() });
        Self { leases, holder, clock, accounts }
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
            if let Some(decided) = self.ask(&account, need).await {
                return decided;
            }
            sleep(AGAIN).await;
        }
    }

    /// Asks the store for what a request needs, unless it has answered the same a moment ago. `None` is that the request
    /// may fit shortly.
    async fn ask(&self, account: &Arc<Account>, need: Amount) -> Option<Result<SpendHold, NotSetAside>> {
        let _turn = account.turn.lock().await;
        if let Some(held) = account.reserve(need) {
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
            // Meanwhile a request has cost more than was set aside for it.
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
        let (committed, version) = account.give_up();
        let ask = LeaseAsk {
            subject: account.subject.clone(),
            window: account.window,
            holder: Arc::clone(&self.holder),
            committed,
            least: need.unwrap_or(Amount::ZERO),
            want,
        };
        let answer = timeout(ANSWER, self.leases.renew(ask)).await.unwrap_or(Err(Unavailable))?;
        Ok((answer, account.grant(answer.granted, version, need)))
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
            accounts.all.retain(|_, account| account.window.end.plus(PAST) > now || Arc::strong_count(account) > 1);
            accounts.all.values().cloned().collect()
        };
        for account in accounts {
            let _turn = account.turn.lock().await;
            let (returnable, used) = account.used_since();
            if !returnable {
                continue;
            }
            let want = if keep { used.plus(used) } else { Amount::ZERO };
            if self.renew(&account, None, want).await.is_err() {
                tracing::debug!("a lease of a spend limit could not be renewed; it is tried again");
                return;
            }
        }
    }

    fn account(&self, subject: BudgetSubject, now: Timestamp) -> Arc<Account> {
        let mut accounts = lock(&self.accounts);
        if !accounts.month.contains(now) {
            accounts.month = Window::month(now);
        }
        let window = accounts.month;
        let key = (subject, window.start);
        if let Some(known) = accounts.all.get(&key) {
            return Arc::clone(known);
        }
        let account = Arc::new(Account::new(key.0.clone(), window));
        accounts.all.insert(key, Arc::clone(&account));
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
            hold.account.spend(cost);
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
mod model_tests;
#[cfg(test)]
mod tests;
