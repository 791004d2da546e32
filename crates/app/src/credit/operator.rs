//! What operators do with credit: grants, corrections, modes and suspensions.

use keystead_core::id::{CreditLotId, OrganizationId};
use keystead_core::ledger::{
    BillingMode, LAST_PRIORITY, LedgerFault, PRIORITY, Position, Suspension, Transaction, adjust, grant,
};
use keystead_core::money::Micros;
use keystead_core::time::Timestamp;
use keystead_store::tables::{credit_accounts, organizations};
use keystead_store::{Listing, Page, Tx};
use serde_json::json;

use super::book::{About, Book, LotRules, fault, mode_of};
use super::events::{emit_resumed, emit_suspended};
use super::payments::{Posted, known, record};
use super::purchases::mails::mail_suspension;
use super::view::{CreditView, credit_of};
use crate::audit::AuditEntry;
use crate::validate::{checked_key, operators_only, operators_reason};
use crate::{Actor, App, Error};

/// Seconds by which an expiry may be set in advance: ten years. A time in milliseconds is thereby refused.
const MOST_AHEAD: i64 = 10 * 366 * 86_400;
/// Why a request is not carried out again.
const SAME_KEY: &str = "This idempotency key was used for another amount.";

/// A grant of credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant<'g> {
    /// How much.
    pub micros: Micros,
    /// When what is left of it expires.
    pub expires_at: Option<Timestamp>,
    /// Lots with a lower number are used first; `None` is 50, as for purchases.
    pub priority: Option<i64>,
    /// Why, for people.
    pub reason: &'g str,
    /// A name of the request: with the same name, the same grant is made once.
    pub idempotency_key: Option<&'g str>,
}

/// A correction of a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment<'a> {
    /// How much is added, or taken as a negative number.
    pub micros: Micros,
    /// Why, for people.
    pub reason: &'a str,
    /// A name of the request: with the same name, the same correction is made once.
    pub idempotency_key: Option<&'a str>,
}

/// An organization and its credit, in the operator's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationCredit {
    /// Its label.
    pub name: String,
    /// Its credit.
    pub credit: CreditView,
}

impl App {
    /// Grants credit to an organization.
    ///
    /// # Errors
    /// When the actor is not an operator, when there is no such organization, when a value is out of range, or when the
    /// idempotency key was used for something else.
    pub async fn grant_credit(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        wanted: &Grant<'_>,
    ) -> Result<Posted, Error> {
        let reason = operators_reason(actor, wanted.reason)?;
        let rules = LotRules { priority: priority(wanted.priority)?, expires_at: self.expiry(wanted.expires_at)? };
        let reference = reference("grant", organization, wanted.idempotency_key)?;
        let lot = self.draw(CreditLotId::generate);
        let about = About { reference, reason, ..About::default() };
        let posting = Posting { operation: grant, micros: wanted.micros, lot, rules: Some(rules), about };
        write_tx!(self.store(), "grant_credit", |tx| post_once(self, tx, actor, organization, &posting).await)
    }

    /// Corrects the balance of an organization.
    ///
    /// # Errors
    /// As [`App::grant_credit`].
    pub async fn adjust_credit(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        wanted: &Adjustment<'_>,
    ) -> Result<Posted, Error> {
        let reason = operators_reason(actor, wanted.reason)?;
        let reference = reference("adjustment", organization, wanted.idempotency_key)?;
        let lot = self.draw(CreditLotId::generate);
        let about = About { reference, reason, ..About::default() };
        let rules = (wanted.micros.0 > 0).then(LotRules::default);
        let posting = Posting { operation: adjust, micros: wanted.micros, lot, rules, about };
        write_tx!(self.store(), "adjust_credit", |tx| post_once(self, tx, actor, organization, &posting).await)
    }

    /// Chooses how an organization pays; `None` is as the configuration says. It holds from the next request on.
    ///
    /// # Errors
    /// When the actor is not an operator, or when there is no such organization.
    pub async fn set_billing_mode(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        chosen: Option<BillingMode>,
        reason: &str,
    ) -> Result<CreditView, Error> {
        let reason = operators_reason(actor, reason)?;
        write_tx!(self.store(), "set_billing_mode", |tx| {
            ensure_open(tx, organization).await?;
            let mut book = Book::lock(self, tx, organization).await?;
            let before = book.account.chosen;
            let mode = chosen.unwrap_or(self.settings().billing_mode);
            book.apply(tx, chosen, mode).await?;
            if before != chosen {
                let name = |mode: Option<BillingMode>| mode.map_or("default", BillingMode::as_str);
                let details = json!({ "from": name(before), "to": name(chosen), "reason": reason });
                let target = organization.as_str();
                let entry = AuditEntry { organization, action: "billing.mode_changed", target, details };
                self.record(tx, actor, entry).await?;
            }
            book.finish(self, tx).await?;
            credit_of(self, tx, organization).await
        })
    }

    /// Suspends the billing of an organization, so that its requests are refused.
    ///
    /// # Errors
    /// When the actor is not an operator, or when there is no such organization.
    pub async fn suspend_billing(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        reason: &str,
    ) -> Result<CreditView, Error> {
        let reason = operators_reason(actor, reason)?;
        self.set_suspension(actor, organization, true, &reason).await
    }

    /// Ends the suspension of an organization's billing, also one that a chargeback began.
    ///
    /// # Errors
    /// When the actor is not an operator, or when there is no such organization.
    pub async fn resume_billing(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        reason: &str,
    ) -> Result<CreditView, Error> {
        let reason = operators_reason(actor, reason)?;
        self.set_suspension(actor, organization, false, &reason).await
    }

    async fn set_suspension(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        suspend: bool,
        reason: &str,
    ) -> Result<CreditView, Error> {
        write_tx!(self.store(), "set_suspension", |tx| {
            ensure_open(tx, organization).await?;
            let book = Book::lock(self, tx, organization).await?;
            let by_operator = book.account.suspended.as_ref().map(|(_, why, _)| *why == Suspension::Operator);
            let changes = if suspend { by_operator != Some(true) } else { by_operator.is_some() };
            if changes {
                let wanted = suspend.then_some((Suspension::Operator, reason));
                credit_accounts::set_suspended(tx, organization, wanted, self.now()).await?;
                let action = if suspend { "billing.suspended" } else { "billing.resumed" };
                let (target, details) = (organization.as_str(), json!({ "reason": reason }));
                self.record(tx, actor, AuditEntry { organization, action, target, details }).await?;
                match wanted {
                    Some(wanted) => emit_suspended(self, tx, organization, wanted).await?,
                    None => emit_resumed(self, tx, organization).await?,
                }
                mail_suspension(self, tx, organization, wanted.map(|(_, reason)| reason)).await?;
            }
            book.finish(self, tx).await?;
            credit_of(self, tx, organization).await
        })
    }

    /// Returns the credit of one organization.
    ///
    /// # Errors
    /// When the actor is not an operator, or when there is no such organization.
    pub async fn credit_for_operator(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<OrganizationCredit, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "credit_for_operator", |tx| {
            let credit = credit_of(self, tx, organization).await?;
            let row = organizations::find(tx, organization).await?;
            Ok(OrganizationCredit { name: row.map(|row| row.name).unwrap_or_default(), credit })
        })
    }

    /// Lists organizations that pay, that have or owe something, or that are suspended. Where usage is charged without
    /// a choice of its own, these are all.
    ///
    /// # Errors
    /// When the actor is not an operator, or when the cursor is unknown.
    pub async fn credit_of_organizations(
        &self,
        actor: &Actor,
        page: &Page,
    ) -> Result<Listing<OrganizationCredit>, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "credit_of_organizations", |tx| {
            let with_account = mode_of(self, None) == BillingMode::None;
            let listed = credit_accounts::list_organizations(tx, with_account, page).await?;
            let mut data = Vec::with_capacity(listed.data.len());
            for (organization, name) in listed.data {
                let credit = credit_of(self, tx, &organization).await?;
                data.push(OrganizationCredit { name, credit });
            }
            Ok(Listing { data, has_more: listed.has_more })
        })
    }

    fn expiry(&self, wanted: Option<Timestamp>) -> Result<Option<Timestamp>, Error> {
        let now = self.now();
        match wanted {
            Some(at) if at <= now => {
                let message = "Invalid 'expires_at': must be in the future.";
                Err(Error::invalid("expires_at", message))
            }
            Some(at) if at.since(now) > MOST_AHEAD => {
                let message = "Invalid 'expires_at': must be within ten years, in seconds.";
                Err(Error::invalid("expires_at", message))
            }
            other => Ok(other),
        }
    }
}

fn priority(wanted: Option<i64>) -> Result<i64, Error> {
    let priority = wanted.unwrap_or(PRIORITY);
    if (0..=LAST_PRIORITY).contains(&priority) {
        return Ok(priority);
    }
    let message = format!("Invalid 'priority': must be between 0 and {LAST_PRIORITY}.");
    Err(Error::invalid("priority", message))
}

fn reference(
    kind: &str,
    organization: &OrganizationId,
    idempotency_key: Option<&str>,
) -> Result<Option<String>, Error> {
    let key = idempotency_key.map(checked_key).transpose()?;
    Ok(key.map(|key| format!("{kind}/{organization}/{key}")))
}

/// What an operator posts.
struct Posting {
    operation: fn(&Position, &CreditLotId, Micros) -> Result<Transaction, LedgerFault>,
    micros: Micros,
    /// The lot that it may begin.
    lot: CreditLotId,
    /// The rules of that lot; `None` when it begins none.
    rules: Option<LotRules>,
    about: About,
}

/// Posts it, or finds what was posted under the same reference.
async fn post_once(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    posting: &Posting,
) -> Result<Posted, Error> {
    ensure_open(tx, organization).await?;
    let mut book = Book::lock(app, tx, organization).await?;
    let transaction = match &posting.about.reference {
        Some(reference) => known(tx, organization, reference, posting.micros, SAME_KEY).await?,
        None => None,
    };
    if let Some(transaction) = transaction {
        return Ok(Posted { transaction, repeated: true, balance: book.finish(app, tx).await? });
    }
    let made = (posting.operation)(&book.position, &posting.lot, posting.micros).map_err(fault)?;
    let new = posting.rules.map(|rules| (posting.lot.clone(), rules));
    let transaction = book.post(app, tx, &actor.actor_id(), made, posting.about.clone(), new).await?;
    record(app, tx, actor, &transaction).await?;
    Ok(Posted { transaction, repeated: false, balance: book.finish(app, tx).await? })
}

async fn ensure_open(tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    let row = organizations::find(tx, organization).await?.filter(|row| row.deactivated_at.is_none());
    row.map(|_| ()).ok_or_else(|| Error::not_found("organization", organization.as_str()))
}
