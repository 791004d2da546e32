//! What owners and readers see of an organization's credit.

use keystead_core::budget::Window;
use keystead_core::id::{ActorId, OrganizationId};
use keystead_core::ledger::{BillingMode, Entry, Recharge, Suspension, post_usage, unposted};
use keystead_core::money::{Amount, Micros};
use keystead_core::purchase::recharge::Pause;
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::tables::credit_accounts::{self, CreditAccount};
use keystead_store::tables::credit_lots::{self, CreditLot};
use keystead_store::tables::credit_usage;
use keystead_store::tables::ledger::{self, LedgerTransaction};
use keystead_store::tables::{credit_budgets, organizations, recharge_pauses};
use keystead_store::{Listing, Page, Tx};

use super::book::{balance, mode_of, position, remainder};
use crate::{Actor, App, Error};

/// A lot and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotView {
    /// The lot.
    pub lot: CreditLot,
    /// What is left of it, after usage that is not posted yet.
    pub left: Micros,
}

/// A suspension of billing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspended {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub why: Suspension,
    /// What the operator says about it.
    pub reason: String,
}

/// A pause of automatic purchases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RechargePause {
    /// Why.
    pub why: Pause,
    /// Since when.
    pub since: Timestamp,
    /// When they begin again; `None` is when an owner acts.
    pub until: Option<Timestamp>,
}

/// The credit of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditView {
    /// The organization.
    pub organization: OrganizationId,
    /// How it pays.
    pub mode: BillingMode,
    /// The mode that an operator chose for it; `None` is that of the configuration.
    pub chosen: Option<BillingMode>,
    /// What it has; negative when it owes more. It is the figure by which requests are refused.
    pub balance: Amount,
    /// Usage that is counted and not in the ledger yet; it is taken off the balance already.
    pub unposted: Amount,
    /// The lots of which something is left, in the order in which they are used.
    pub lots: Vec<LotView>,
    /// Whether its requests are refused, and why.
    pub suspended: Option<Suspended>,
    /// When credit is bought automatically.
    pub recharge: Option<Recharge>,
    /// Whether that pauses; only where it is set.
    pub paused: Option<RechargePause>,
    /// The balance below which owners are told.
    pub low_mark: Option<Micros>,
}

impl CreditView {
    /// The first expiry of something that is left, and what all lots lose then.
    #[must_use]
    pub fn next_expiry(&self) -> Option<(Timestamp, Micros)> {
        let first = self.lots.iter().filter_map(|lot| lot.lot.expires_at).min()?;
        let expiring = self.lots.iter().filter(|lot| lot.lot.expires_at == Some(first));
        let left = expiring.fold(0_i64, |sum, lot| sum.saturating_add(lot.left.0));
        Some((first, Micros(left)))
    }

    /// What is set of automatic purchases, where it applies: credit is prepaid, billing is not suspended, and purchases do
    /// not pause.
    pub(super) fn active_recharge(&self) -> Option<Recharge> {
        let applies = self.mode == BillingMode::Prepaid && self.suspended.is_none() && self.paused.is_none();
        self.recharge.filter(|_| applies)
    }
}

impl App {
    /// Returns the credit of an organization.
    ///
    /// # Errors
    /// When the caller may not see usage.
    pub async fn credit(&self, actor: &Actor, organization: &OrganizationId) -> Result<CreditView, Error> {
        read_tx!(self.store(), "credit", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::UsageRead).await?;
            credit_of(self, tx, organization).await
        })
    }

    /// Lists the ledger of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission to read usage, or when the cursor is unknown.
    pub async fn ledger(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: &Page,
    ) -> Result<Listing<LedgerTransaction>, Error> {
        read_tx!(self.store(), "ledger", |tx| {
            self.authorize(tx, actor, organization, Scope::UsageRead).await?;
            if organizations::find(tx, organization).await?.is_none() {
                return Err(Error::not_found("organization", organization.as_str()));
            }
            let mut listed = ledger::list(tx, organization, page).await?;
            if !matches!(actor, Actor::Operator(_)) {
                listed.data.iter_mut().for_each(hide_operator);
            }
            Ok(listed)
        })
    }
}

/// Removes the address of an operator, which only operators see, as in the audit log.
fn hide_operator(row: &mut LedgerTransaction) {
    if row.made_by.as_str().contains('@') {
        row.made_by = ActorId::from("operator");
    }
}

/// Reads the credit of an organization without a lock.
pub(super) async fn credit_of(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<CreditView, Error> {
    if organizations::find(tx, organization).await?.is_none() {
        return Err(Error::not_found("organization", organization.as_str()));
    }
    let found = credit_accounts::find(tx, organization).await?;
    let months = credit_usage::list(tx, organization).await?;
    let lots = credit_lots::list(tx, organization).await?;
    let mut position = position(tx, organization, &lots).await?;
    let account = found.clone().unwrap_or_else(|| without_account(organization));
    let budget = credit_budgets::find(tx, organization).await?;
    let own = balance(&position, &months, &account);
    let waiting = months.iter().map(|month| unposted(month.counted, month.posted).0);
    let waiting = Micros(waiting.fold(0_i64, i64::saturating_add));
    if let Ok(made) = post_usage(&position, waiting, account.applied) {
        position = position.after(&made.entries, None).unwrap_or(position);
    }
    let open = |lot: &keystead_core::ledger::Lot| {
        let row = lots.iter().find(|row| row.id == lot.id)?;
        Some(LotView { lot: row.clone(), left: lot.left })
    };
    Ok(CreditView {
        organization: organization.clone(),
        mode: mode_of(app, found.as_ref()),
        chosen: account.chosen,
        balance: budget.left().unwrap_or(own),
        unposted: remainder(&months, &account),
        lots: position.lots().iter().filter_map(open).collect(),
        suspended: account.suspended.clone().map(|(since, why, reason)| Suspended { since, why, reason }),
        recharge: account.recharge,
        paused: match account.recharge {
            Some(_) => paused(app, tx, organization).await?,
            None => None,
        },
        low_mark: account.low_mark.map(|mark| mark.below),
    })
}

/// Why automatic purchases pause. What ends with the month does not count in a later one.
async fn paused(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<Option<RechargePause>, Error> {
    let month = Window::month(app.now());
    let Some((why, since)) = recharge_pauses::find(tx, organization).await? else { return Ok(None) };
    let until = why.ends_with_month().then_some(month.end);
    Ok((until.is_none() || since >= month.start).then_some(RechargePause { why, since, until }))
}

/// What holds for an organization about which nothing was written.
fn without_account(organization: &OrganizationId) -> CreditAccount {
    CreditAccount {
        organization: organization.clone(),
        chosen: None,
        applied: BillingMode::None,
        waived: Amount::ZERO,
        suspended: None,
        recharge: None,
        low_mark: None,
    }
}

/// What a transaction changes for its organization.
#[must_use]
pub fn change_of(entries: &[Entry]) -> Amount {
    keystead_core::ledger::change(entries).into()
}
