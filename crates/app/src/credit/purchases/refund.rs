//! Refunds that operators decide. The credit is taken out before the service is asked, so that it cannot be spent
//! meanwhile; a refund that the service refuses gives it back.

use keystead_core::id::{OrganizationId, PurchaseId, ReversalId};
use keystead_core::money::Amount;
use keystead_core::purchase::{PurchaseState, ReversalKind, ReversalState};
use keystead_store::Tx;
use keystead_store::tables::credit_purchases::{self, Purchase};
use keystead_store::tables::credit_reversals::{self, ReversalRow};
use keystead_store::tables::ledger;
use serde_json::json;

use super::job_handlers::request_refund;
use super::order::request_key;
use super::reversals::{rest, take_out};
use super::view::view_of;
use super::{CENT, PurchaseView, RequestRefund, purchase_provider};
use crate::audit::AuditEntry;
use crate::credit::book::Book;
use crate::jobs::Job;
use crate::validate::{operators_reason, parse_id};
use crate::{Actor, App, Error};

/// A refund, as an operator orders it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundPurchase {
    /// How much, in cents; `None` is all that has not gone back.
    pub cents: Option<i64>,
    /// Why, for the audit log.
    pub reason: String,
    /// Whether credit that is spent already may be paid back, too.
    pub spent_too: bool,
    /// The caller's idempotency key: with the same key, the refund is made once.
    pub key: Option<String>,
}

impl App {
    /// Pays a purchase back, or a part of it.
    ///
    /// # Errors
    /// When the caller is not an operator, when the purchase is not paid or is disputed, when more would be paid back than
    /// was paid, or when some of it is spent and that is not confirmed.
    pub async fn refund_purchase(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
        order: RefundPurchase,
    ) -> Result<PurchaseView, Error> {
        let reason = operators_reason(actor, &order.reason)?;
        purchase_provider(self)?;
        let id: PurchaseId = parse_id("purchase", id)?;
        let reversal = match order.key.as_deref() {
            None => self.draw(ReversalId::generate),
            Some(key) => ReversalId::of_key(&request_key(&format!("{organization} {id}"), key)?),
        };
        let job =
            RequestRefund { reversal: reversal.clone(), purchase: id.clone(), organization: organization.clone() };
        write_tx!(self.store(), "refund_purchase", |tx| {
            let book = Book::lock(self, tx, organization).await?;
            let row = credit_purchases::find(tx, organization, &id).await?;
            let row = row.ok_or_else(|| Error::not_found("purchase", id.as_str()))?;
            let all = credit_reversals::list(tx, &id).await?;
            if let Some(known) = all.iter().find(|one| one.id == reversal) {
                if order.cents.is_some_and(|cents| cents != known.cents) {
                    let message = "The idempotency key was used for another refund. Use a new key.";
                    return Err(Error::Conflict { message: message.to_owned() });
                }
                book.finish(self, tx).await?;
                return Ok(());
            }
            let cents = refundable(&row, &all, order.cents)?;
            let left = unspent(tx, &book, &row).await?;
            book.finish(self, tx).await?;
            if cents > left && !order.spent_too {
                let message = format!(
                    "Of this purchase {} USD are not spent. To pay more back, confirm that spent credit is paid back, too.",
                    Amount::of_cents(left)
                );
                return Err(Error::coded("amount_in_cents", "refund_of_spent_credit", message));
            }
            let one = ReversalRow {
                id: reversal.clone(),
                purchase: id.clone(),
                organization: organization.clone(),
                kind: ReversalKind::Refund,
                reference: None,
                cents,
                state: ReversalState::Open,
                reason: reason.clone(),
                actor: Some(actor.actor_id()),
                created_at: self.now(),
                changed_at: self.now(),
            };
            take_out(self, tx, actor, &row, &one).await?;
            credit_reversals::insert(tx, &one).await?;
            self.enqueue(tx, &Job::RequestRefund(job.clone()), self.now().plus(60)).await?;
            let details = json!({ "amount": Amount::of_cents(cents).to_string(), "reason": reason, "refund": one.id });
            let entry = AuditEntry { organization, action: "credit.refund_requested", target: id.as_str(), details };
            self.record(tx, actor, entry).await
        })?;
        // The job repeats what is not answered now.
        if let Err(error) = request_refund(self, job).await {
            tracing::warn!(%error, "a refund could not be requested; it is requested again");
        }
        read_tx!(self.store(), "refunded_purchase", |tx| {
            let row = credit_purchases::find(tx, organization, &id).await?;
            let row = row.ok_or_else(|| Error::not_found("purchase", id.as_str()))?;
            view_of(tx, row).await
        })
    }
}

/// How much is paid back, in cents.
fn refundable(row: &Purchase, all: &[ReversalRow], cents: Option<i64>) -> Result<i64, Error> {
    let refused = |code: &'static str, message: &str| {
        Err(Error::Invalid { param: None, code: Some(code), message: message.to_owned() })
    };
    if row.state != PurchaseState::Paid || row.payment.is_none() {
        return refused("purchase_not_paid", "This purchase is not paid, so it cannot be paid back.");
    }
    let disputed = |one: &ReversalRow| one.kind == ReversalKind::Dispute && one.state != ReversalState::Undone;
    if all.iter().any(disputed) {
        return refused("purchase_disputed", "The bank has taken this purchase back, so it cannot be paid back.");
    }
    let rest = rest(row, all);
    let cents = cents.unwrap_or(rest);
    if rest == 0 {
        return refused("purchase_refunded", "All of this purchase is paid back.");
    }
    if !(1..=rest).contains(&cents) {
        let message = format!("Invalid 'amount_in_cents': between 1 and {rest} cents can be paid back.");
        return Err(Error::coded("amount_in_cents", "refund_out_of_range", message));
    }
    Ok(cents)
}

/// What of the credit of a purchase is not spent, in whole cents. Credit that a failed refund or a won dispute gave back
/// is in lots of its own.
async fn unspent(tx: &mut Tx, book: &Book, row: &Purchase) -> Result<i64, Error> {
    let posted = ledger::list_of_payment(tx, row.id.as_str()).await?;
    let lots = posted.iter().filter_map(|one| one.lot.as_ref());
    Ok(lots.fold(0_i64, |sum, lot| sum.saturating_add(book.position.left_of(lot).0)) / CENT)
}
