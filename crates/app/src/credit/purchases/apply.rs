//! Applying what the service reports about a payment: the state, the ledger and the audit log change together.

use keystead_core::hex;
use keystead_core::money::CURRENCY;
use keystead_core::purchase::recharge::Pause;
use keystead_core::purchase::{PaymentStatus, PurchaseEffect, PurchaseState, PurchaseWay};
use keystead_core::verification::limits::FAILED_PURCHASES;
use keystead_providers::payment::Payment;
use keystead_store::Tx;
use keystead_store::tables::credit_purchases::{self, Purchase};
use keystead_store::tables::{payments, recharge_pauses};
use serde_json::json;

use super::mails::PurchaseNotice;
use super::recharge::pause_recharge;
use super::reversals::apply_reversals;
use super::{EndPayment, MailPurchase, micros};
use crate::audit::AuditEntry;
use crate::credit::book::Book;
use crate::credit::payments::{Purchase as Paid, record_purchase};
use crate::jobs::Job;
use crate::verification::limits::{Subjects, count_hit};
use crate::{Actor, App, Error};

/// The reason of a purchase that ended because its payment is another one.
const MISMATCH: &str = "payment_mismatch";

/// A report that a payment ended without money, made here because the service has none.
pub(super) fn ended(row: &Purchase, status: PaymentStatus, reason: &str) -> Payment {
    Payment {
        status,
        reason: Some(reason.to_owned()),
        card: None,
        session: row.session.clone(),
        payment: row.payment.clone(),
        charge: None,
        receipt_url: None,
        url: None,
        customer: None,
        cents: row.cents,
        currency: CURRENCY.to_ascii_lowercase(),
        reversals: Vec::new(),
    }
}

/// Applies a report to the purchase that was read before the service was asked. `None` when it was changed since: the
/// report may be older than what is known.
pub(super) async fn apply_payment(app: &App, seen: &Purchase, payment: Payment) -> Result<Option<Purchase>, Error> {
    write_tx!(app.store(), "apply_payment", |tx| {
        // The ledger is locked before anything is written, and with it every purchase of the organization.
        Book::lock(app, tx, &seen.organization).await?.finish(app, tx).await?;
        let row = credit_purchases::find(tx, &seen.organization, &seen.id).await?;
        let Some(row) = row.filter(|row| row.version == seen.version) else { return Ok(None) };
        match mismatch(&row, &payment) {
            None => apply_report(app, tx, row, payment.clone()).await.map(Some),
            Some(what) => reject(app, tx, row, &payment, what).await.map(Some),
        }
    })
}

/// The part of a payment that differs from what was ordered: the amount, the currency or the customer. Each organization
/// has a customer of its own at the payment service. The customer of a paid purchase was compared when it was paid.
fn mismatch(row: &Purchase, payment: &Payment) -> Option<&'static str> {
    let (ours, theirs) = (row.customer.as_deref(), payment.customer.as_deref());
    let other = row.state != PurchaseState::Paid && ours.is_some() && theirs.is_some() && ours != theirs;
    if other {
        Some("customer")
    } else if payment.cents != row.cents {
        Some("amount")
    } else if payment.currency.eq_ignore_ascii_case(CURRENCY) {
        None
    } else {
        Some("currency")
    }
}

/// Ends a purchase: its payment at the service differs from what was ordered. No credit is posted, and an operator must
/// compare the two. No job fetches the purchase again; a signed event with the right payment still posts its credit.
async fn reject(app: &App, tx: &mut Tx, row: Purchase, payment: &Payment, what: &str) -> Result<Purchase, Error> {
    tracing::warn!(
        purchase = %row.id,
        payment = payment.payment.as_deref().unwrap_or_default(),
        status = ?payment.status,
        "the payment of a purchase has another {what}; no credit is posted, compare them at the payment service"
    );
    if row.state.has_ended() {
        return Ok(row);
    }
    // It is kept with the purchase, so that it can be ended and found.
    let (session, id) = (payment.session.clone(), payment.payment.clone());
    let report = Payment { session, payment: id, ..ended(&row, PaymentStatus::Failed, MISMATCH) };
    apply_report(app, tx, row, report).await
}

async fn apply_report(app: &App, tx: &mut Tx, mut row: Purchase, payment: Payment) -> Result<Purchase, Error> {
    let now = app.now();
    let actor = Actor::service(&row.provider);
    let before = row.state;
    let (state, effect) = row.state.read(payment.status);
    row.state = state;
    row.checked_at = Some(now);
    let is_first = row.session.is_none() && row.payment.is_none();
    row.session = row.session.or(payment.session);
    row.payment = row.payment.or(payment.payment);
    if state.has_ended() {
        row.url = None;
        row.finished_at = row.finished_at.or(Some(now));
    } else {
        row.url = payment.url;
    }
    if state != PurchaseState::Paid {
        row.reason = payment.reason.clone();
    }
    // A later report may name a customer that was deleted at the service since.
    if let Some(customer) = payment.customer.as_deref().filter(|_| is_first) {
        payments::save_customer(tx, &row.organization, &row.provider, customer).await?;
        row.customer = row.customer.or_else(|| Some(customer.to_owned()));
    }
    match effect {
        Some(PurchaseEffect::Post) => {
            row.reason = None;
            row.charge = payment.charge;
            row.receipt_url = payment.receipt_url;
            row.paid_at = Some(now);
            row.finished_at = Some(now);
            let paid = Paid { organization: &row.organization, payment: row.id.as_str(), micros: micros(row.cents) };
            record_purchase(app, tx, &actor, &paid).await?;
            if row.way != PurchaseWay::Recharge {
                // The owner has paid, so the card works.
                recharge_pauses::delete(tx, &row.organization).await?;
            }
            mail(app, tx, &row, PurchaseNotice::Paid).await?;
        }
        Some(PurchaseEffect::CountFailure) => failed(app, tx, &row, payment.card.as_deref()).await?,
        None if payment.status == PaymentStatus::Open && payment.reason.is_some() => {
            // The page accepts another card; each card and reason counts once.
            count_failure(app, tx, &row, payment.card.as_deref()).await?;
        }
        None => {}
    }
    if state.has_ended() && state != PurchaseState::Paid && !before.has_ended() {
        let details = json!({ "reason": row.reason, "state": state.as_str() });
        let (organization, target) = (&row.organization, row.id.as_str());
        let entry = AuditEntry { organization, action: "credit.purchase_failed", target, details };
        app.record(tx, &actor, entry).await?;
        if state == PurchaseState::Expired && row.way == PurchaseWay::Recharge {
            pause_recharge(app, tx, &row.organization, Pause::Declined, row.cents).await?;
        }
    }
    if row.state == PurchaseState::Paid {
        apply_reversals(app, tx, &actor, &row, &payment.reversals).await?;
    }
    if !credit_purchases::update(tx, &row).await? {
        return Err(Error::Unavailable);
    }
    row.version += 1;
    Ok(row)
}

/// A card was refused: it counts against card testing, the payment is ended at the service, and automatic purchases
/// pause.
async fn failed(app: &App, tx: &mut Tx, row: &Purchase, card: Option<&str>) -> Result<(), Error> {
    count_failure(app, tx, row, card).await?;
    // A page that failed is closed already, unless it is open for another payment than what was ordered.
    let open = if row.session.is_some() { row.reason.as_deref() == Some(MISMATCH) } else { row.payment.is_some() };
    if open {
        let end = EndPayment { purchase: row.id.clone(), organization: row.organization.clone() };
        app.enqueue(tx, &Job::EndPayment(end), app.now()).await?;
    }
    if row.way == PurchaseWay::Recharge {
        pause_recharge(app, tx, &row.organization, Pause::Declined, row.cents).await?;
    }
    Ok(())
}

async fn count_failure(app: &App, tx: &mut Tx, row: &Purchase, card: Option<&str>) -> Result<(), Error> {
    // No fault of the owner.
    if matches!(row.reason.as_deref(), Some("provider_unavailable" | MISMATCH)) {
        return Ok(());
    }
    let card = card.map(|card| hex::encode(&app.sealer().fingerprint("card", card))).unwrap_or_default();
    let reason = row.reason.as_deref().unwrap_or_default();
    let who = Subjects { organization: Some(&row.organization), ..Subjects::default() };
    count_hit(app, tx, FAILED_PURCHASES, &who, &format!("{}:{reason}:{card}", row.id), &card).await
}

/// Queues a mail to the owners.
pub(super) async fn mail(app: &App, tx: &mut Tx, row: &Purchase, notice: PurchaseNotice) -> Result<(), Error> {
    mail_amount(app, tx, row, notice, row.cents).await
}

/// Queues a mail to the owners that names another amount.
pub(super) async fn mail_amount(
    app: &App,
    tx: &mut Tx,
    row: &Purchase,
    notice: PurchaseNotice,
    cents: i64,
) -> Result<(), Error> {
    if !app.sends_mail() {
        return Ok(());
    }
    let mail = MailPurchase {
        organization: row.organization.clone(),
        purchase: Some(row.id.clone()),
        notice,
        cents,
        reason: None,
        to: None,
    };
    app.enqueue(tx, &Job::MailPurchase(mail), app.now()).await
}
