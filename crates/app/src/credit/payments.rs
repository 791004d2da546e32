//! What payments do to the ledger. Each function posts once for each name of a payment, refund or dispute, however often
//! it is called, inside the transaction of its caller, in which nothing may be written before.

use keystead_core::id::{CreditLotId, OrganizationId};
use keystead_core::ledger::{
    Account, OfPayment, Suspension, change, charge_back, purchase, refund, reverse_charge_back,
};
use keystead_core::money::{Amount, Micros};
use keystead_core::purchase::{ReversalKind, ReversalState};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::ledger::{self, LedgerTransaction};
use keystead_store::tables::{credit_accounts, credit_reversals};
use serde_json::json;

use super::book::{About, Book, LotRules, action_of, fault};
use super::events::{emit_resumed, emit_suspended};
use crate::audit::AuditEntry;
use crate::tiers::evaluate::evaluate;
use crate::{Actor, App, Error};

const DAY: i64 = 86_400;
/// Why a payment is not posted again.
const SAME_ID: &str = "The same id was posted with another amount.";

/// A payment for credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase<'p> {
    /// Who gets the credit.
    pub organization: &'p OrganizationId,
    /// The payment's id at the payment service.
    pub payment: &'p str,
    /// What was paid for credit, without taxes.
    pub micros: Micros,
}

/// A part of a payment that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenBack<'p> {
    /// Who loses the credit.
    pub organization: &'p OrganizationId,
    /// The payment's id.
    pub payment: &'p str,
    /// The id of the refund or dispute.
    pub id: &'p str,
    /// How much.
    pub micros: Micros,
}

/// What was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The transaction.
    pub transaction: LedgerTransaction,
    /// Whether it was there already, and nothing changed.
    pub repeated: bool,
    /// The balance after it.
    pub balance: Amount,
}

/// Posts a payment for credit.
///
/// # Errors
/// When the amount is out of range, or when the same payment was posted with another amount or organization.
pub async fn record_purchase(app: &App, tx: &mut Tx, actor: &Actor, paid: &Purchase<'_>) -> Result<Posted, Error> {
    let mut book = Book::lock(app, tx, paid.organization).await?;
    let reference = format!("purchase/{}", paid.payment);
    if let Some(known) = known(tx, paid.organization, &reference, paid.micros, SAME_ID).await? {
        return Ok(Posted { transaction: known, repeated: true, balance: book.finish(app, tx).await? });
    }
    let lot = app.draw(CreditLotId::generate);
    let made = purchase(&book.position, &lot, paid.micros).map_err(fault)?;
    let about = About { reference: Some(reference), payment: Some(paid.payment.to_owned()), ..About::default() };
    let transaction = book.post(app, tx, &actor.actor_id(), made, about, Some((lot, bought(app)))).await?;
    record(app, tx, actor, &transaction).await?;
    let balance = book.finish(app, tx).await?;
    evaluate(app, tx, paid.organization, app.now()).await?;
    Ok(Posted { transaction, repeated: false, balance })
}

/// The rules of a lot of bought credit that begins now. Credit that comes back after a refund or a dispute gets them, too:
/// otherwise it would never expire.
pub(super) fn bought(app: &App) -> LotRules {
    let days = app.settings().purchased_credit_days;
    let expires_at = days.map(|days| app.now().plus(days.saturating_mul(DAY)));
    LotRules { expires_at, ..LotRules::default() }
}

/// Posts a refund of a payment, or of a part of it.
///
/// # Errors
/// When there is no such payment, or when more would be paid back than was paid.
pub async fn record_refund(app: &App, tx: &mut Tx, actor: &Actor, back: &TakenBack<'_>) -> Result<Posted, Error> {
    take_back(app, tx, actor, back, false).await
}

/// Posts that a bank took a payment back, and suspends the billing of the organization.
///
/// # Errors
/// When there is no such payment, or when more would be taken back than was paid.
pub async fn record_chargeback(app: &App, tx: &mut Tx, actor: &Actor, back: &TakenBack<'_>) -> Result<Posted, Error> {
    take_back(app, tx, actor, back, true).await
}

async fn take_back(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    back: &TakenBack<'_>,
    disputed: bool,
) -> Result<Posted, Error> {
    let TakenBack { organization, payment, id, micros } = *back;
    let mut book = Book::lock(app, tx, organization).await?;
    let reference = format!("{}/{id}", if disputed { "chargeback" } else { "refund" });
    let account = if disputed { Account::Disputed } else { Account::Refunds };
    if let Some(known) = ledger::find_by_reference(tx, &reference).await? {
        if known.organization != *organization || gained(&known, &account) != micros {
            return Err(Error::Conflict { message: SAME_ID.to_owned() });
        }
        return Ok(Posted { transaction: known, repeated: true, balance: book.finish(app, tx).await? });
    }
    let of_payment = ledger::list_of_payment(tx, payment).await?;
    let bought = of_payment.iter().find(|row| row.organization == *organization && row.lot.is_some());
    let Some(lot) = bought.and_then(|row| row.lot.clone()) else {
        return Err(Error::not_found("payment for credit", payment));
    };
    let of = OfPayment { open: open_of(&of_payment), expired: expired_of(tx, &of_payment).await? };
    let made =
        if disputed { charge_back(&book.position, &lot, micros, of) } else { refund(&book.position, &lot, micros, of) };
    let about = About { reference: Some(reference), payment: Some(payment.to_owned()), ..About::default() };
    let transaction = book.post(app, tx, &actor.actor_id(), made.map_err(fault)?, about, None).await?;
    record(app, tx, actor, &transaction).await?;
    if disputed && book.account.suspended.is_none() {
        credit_accounts::set_suspended(tx, organization, Some((Suspension::Chargeback, "")), app.now()).await?;
        let details = json!({ "for": Suspension::Chargeback.as_str(), "payment": payment });
        let target = organization.as_str();
        app.record(tx, actor, AuditEntry { organization, action: "billing.suspended", target, details }).await?;
        emit_suspended(app, tx, organization, (Suspension::Chargeback, "")).await?;
    }
    Ok(Posted { transaction, repeated: false, balance: book.finish(app, tx).await? })
}

/// Posts that the bank returned a payment. The suspension that chargebacks began ends, unless another dispute is open, or
/// was lost since it began.
///
/// # Errors
/// When there is no such dispute in the ledger of this organization.
pub async fn reverse_chargeback(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    dispute: &str,
) -> Result<Posted, Error> {
    let mut book = Book::lock(app, tx, organization).await?;
    let taken = ledger::find_by_reference(tx, &format!("chargeback/{dispute}")).await?;
    let taken = taken.filter(|row| row.organization == *organization);
    let taken = taken.ok_or_else(|| Error::not_found("dispute", dispute))?;
    let micros = gained(&taken, &Account::Disputed);
    let reference = format!("chargeback_reversed/{dispute}");
    if let Some(known) = ledger::find_by_reference(tx, &reference).await? {
        return Ok(Posted { transaction: known, repeated: true, balance: book.finish(app, tx).await? });
    }
    let lot = app.draw(CreditLotId::generate);
    let made = reverse_charge_back(&book.position, &lot, (micros, lost_of(&taken))).map_err(fault)?;
    let about = About { reference: Some(reference), payment: taken.payment.clone(), ..About::default() };
    let new = (made.change().0 > 0).then(|| (lot, bought(app)));
    let transaction = book.post(app, tx, &actor.actor_id(), made, about, new).await?;
    record(app, tx, actor, &transaction).await?;
    let left = ledger::sums(tx, organization).await?.get(&Account::Disputed).map_or(0, |sum| sum.0);
    let suspended = book.account.suspended.as_ref().filter(|(_, why, _)| *why == Suspension::Chargeback);
    let since = suspended.map(|(since, ..)| *since);
    if let Some(since) = since
        && (left <= 0 || !other_dispute_suspends(tx, organization, dispute, since).await?)
    {
        credit_accounts::set_suspended(tx, organization, None, app.now()).await?;
        let (target, details) = (organization.as_str(), json!({ "dispute": dispute }));
        app.record(tx, actor, AuditEntry { organization, action: "billing.resumed", target, details }).await?;
        emit_resumed(app, tx, organization).await?;
    }
    Ok(Posted { transaction, repeated: false, balance: book.finish(app, tx).await? })
}

/// Whether billing stays suspended when this dispute is won. What was lost before the suspension began was settled by an
/// operator.
async fn other_dispute_suspends(
    tx: &mut Tx,
    organization: &OrganizationId,
    dispute: &str,
    since: Timestamp,
) -> Result<bool, Error> {
    let all = credit_reversals::list_of_organization(tx, organization).await?;
    let mut others = all.iter().filter(|one| one.kind == ReversalKind::Dispute && one.id.as_str() != dispute);
    Ok(others.any(|one| match one.state {
        ReversalState::Open => true,
        ReversalState::Final => one.created_at >= since,
        ReversalState::Undone => false,
    }))
}

/// What an organization has paid for credit, without what was paid or taken back.
///
/// # Errors
/// When the store fails.
pub async fn paid(tx: &mut Tx, organization: &OrganizationId) -> Result<Amount, Error> {
    let sums = ledger::sums(tx, organization).await?;
    let lost = [Account::Payments, Account::Refunds, Account::Disputed];
    let sum = lost.iter().filter_map(|account| sums.get(account)).fold(0_i64, |sum, part| sum.saturating_add(part.0));
    Ok(Micros(sum.saturating_neg()).into())
}

/// Finds what was posted under a reference. When it changed another ledger, or by another amount, it is refused with this
/// message.
pub(super) async fn known(
    tx: &mut Tx,
    organization: &OrganizationId,
    reference: &str,
    wanted: Micros,
    refusal: &str,
) -> Result<Option<LedgerTransaction>, Error> {
    let Some(row) = ledger::find_by_reference(tx, reference).await? else { return Ok(None) };
    if row.organization != *organization || change(&row.entries) != wanted {
        return Err(Error::Conflict { message: refusal.to_owned() });
    }
    Ok(Some(row))
}

fn gained(row: &LedgerTransaction, account: &Account) -> Micros {
    let entry = row.entries.iter().find(|entry| entry.account == *account);
    entry.map_or(Micros(0), |entry| entry.micros)
}

/// What of a payment was not paid or taken back.
fn open_of(rows: &[LedgerTransaction]) -> Micros {
    let of_payment = [Account::Payments, Account::Refunds, Account::Disputed];
    let lost = |row: &LedgerTransaction| of_payment.iter().map(|account| gained(row, account).0).sum::<i64>();
    Micros(rows.iter().fold(0_i64, |open, row| open.saturating_sub(lost(row))))
}

/// What of the credit of a payment has expired, without what was taken back of that.
async fn expired_of(tx: &mut Tx, rows: &[LedgerTransaction]) -> Result<Micros, Error> {
    let mut expired = 0_i64;
    for row in rows {
        // Entries of refunds and disputes take from it, and give back to it.
        expired = expired.saturating_add(gained(row, &Account::Expired).0);
        let Some(lot) = &row.lot else { continue };
        let expiry = ledger::find_by_reference(tx, &format!("expiry/{lot}")).await?;
        expired = expired.saturating_add(expiry.map_or(0, |row| gained(&row, &Account::Expired).0));
    }
    Ok(Micros(expired.max(0)))
}

/// What a refund or a dispute took back of expired credit.
pub(super) fn lost_of(taken: &LedgerTransaction) -> Micros {
    Micros(gained(taken, &Account::Expired).0.saturating_neg())
}

/// Writes the audit row of a transaction.
pub(super) async fn record(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    transaction: &LedgerTransaction,
) -> Result<(), Error> {
    let amount = Amount::from(change(&transaction.entries)).to_string();
    let details = json!({
        "change": amount,
        "payment": transaction.payment,
        "reason": transaction.reason,
    });
    let (organization, action) = (&transaction.organization, action_of(transaction.kind));
    let entry = AuditEntry { organization, action, target: transaction.id.as_str(), details };
    app.record(tx, actor, entry).await
}
