//! Ordering credit: an owner buys an amount with the card on file, or on a page of the service.

use keystead_core::hex;
use keystead_core::id::{OrganizationId, PurchaseId};
use keystead_core::ledger::BillingMode;
use keystead_core::money::Amount;
use keystead_core::purchase::bounds::{DAY, PurchaseBounds, PurchaseRefusal};
use keystead_core::purchase::{CONFIRM_FOR, PAGE_LIFE, PaymentStatus, PurchaseState, PurchaseWay};
use keystead_core::scope::Scope;
use keystead_core::verification::limits::{PURCHASE_FAILURE_LIMITS, PURCHASE_LIMITS};
use keystead_providers::ProviderError;
use keystead_providers::payment::{CardOrder, Order, PageOrder};
use keystead_store::Tx;
use keystead_store::tables::credit_purchases::{self, Purchase};
use keystead_store::tables::payments;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::apply::{apply_payment, ended};
use super::{PollPurchase, PurchaseView, purchase_provider};
use crate::audit::AuditEntry;
use crate::credit::view::credit_of;
use crate::jobs::{Job, poll_wait};
use crate::validate::checked_key;
use crate::verification::limits::{Subjects, count_within, ensure_within, hold_room};
use crate::{Actor, App, Error};

/// What an owner orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyCredit {
    /// How much, in cents.
    pub cents: i64,
    /// On a page of the service, instead of with the card on file.
    pub checkout: bool,
    /// The caller's idempotency key: the same key gets the same purchase.
    pub key: Option<String>,
}

impl BuyCredit {
    const fn way(&self) -> PurchaseWay {
        if self.checkout { PurchaseWay::Checkout } else { PurchaseWay::Card }
    }
}

impl App {
    /// Buys credit. A saved purchase of which the result is not known is returned as it is, and read later.
    ///
    /// # Errors
    /// When the caller lacks the permission, when no credit is sold, when the amount is outside the bounds, when no card is
    /// on file, after too many failures, or when the page of the service cannot be opened.
    pub async fn buy_credit(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        order: BuyCredit,
    ) -> Result<PurchaseView, Error> {
        purchase_provider(self)?;
        let request_key = order.key.as_deref().map(|key| request_key(organization.as_str(), key)).transpose()?;
        let id = self.draw(PurchaseId::generate);
        let (row, is_new) = write_tx!(self.store(), "buy_credit", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            // One at a time for an organization, so that the bounds of a day hold.
            hold_room(tx, "credit_purchases", organization.as_str()).await?;
            if let Some(key) = &request_key
                && let Some(known) = credit_purchases::find_by_request(tx, organization, key).await?
            {
                if (known.cents, known.way) != (order.cents, order.way()) {
                    let message = "The idempotency key was used for another purchase. Use a new key.";
                    return Err(Error::Conflict { message: message.to_owned() });
                }
                return Ok((known, false));
            }
            sells(self, tx, organization).await?;
            let who = Subjects { organization: Some(organization), user: actor.user(), ..Subjects::default() };
            ensure_within(self, tx, PURCHASE_FAILURE_LIMITS, &who, "").await?;
            count_within(self, tx, PURCHASE_LIMITS, &who).await?;
            within_bounds(self, tx, organization, order.cents).await?;
            let row = self.new_purchase(tx, organization, &id, order.way(), order.cents).await?;
            let row = Purchase { user: actor.user().cloned(), request_key: request_key.clone(), ..row };
            save_order(self, tx, actor, &row).await?;
            Ok((row, true))
        })?;
        if is_new {
            match request_payment(self, &row).await {
                Ok(()) => {}
                Err(error @ Error::ProviderUnavailable { .. }) => return Err(error),
                // It is saved, perhaps paid, and its job asks again. An error would make the caller buy twice.
                Err(error) => {
                    tracing::warn!(purchase = %row.id, %error, "the result of a purchase is read later");
                }
            }
        }
        let read = self.purchase(actor, organization, row.id.as_str()).await;
        match read {
            Err(Error::Unavailable | Error::Internal(_)) => Ok(PurchaseView::of_order(row)),
            read => read,
        }
    }

    /// Builds a purchase with the card on file, where the way needs one.
    pub(super) async fn new_purchase(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        id: &PurchaseId,
        way: PurchaseWay,
        cents: i64,
    ) -> Result<Purchase, Error> {
        let provider = self.services().payment.as_ref().map(|service| service.name()).unwrap_or_default();
        let method = payments::list_methods(tx, organization).await?.into_iter().find(|row| row.is_default);
        let method = method.filter(|row| row.provider == provider);
        let customer = payments::find_customer(tx, organization, provider).await?;
        if way != PurchaseWay::Checkout && (method.is_none() || customer.is_none()) {
            let message = "No payment method is on file. Add one, or pay on the page of the payment service.";
            return Err(Error::Invalid { param: None, code: Some("payment_method_missing"), message: message.into() });
        }
        let life = if way == PurchaseWay::Checkout { PAGE_LIFE } else { CONFIRM_FOR };
        Ok(Purchase {
            id: id.clone(),
            organization: organization.clone(),
            user: None,
            way,
            provider: provider.to_owned(),
            cents,
            state: PurchaseState::Created,
            reason: None,
            method: method.map(|row| row.reference).filter(|_| way != PurchaseWay::Checkout),
            customer,
            session: None,
            payment: None,
            charge: None,
            receipt_url: None,
            url: None,
            request_key: None,
            created_at: self.now(),
            expires_at: self.now().plus(life),
            checked_at: None,
            paid_at: None,
            finished_at: None,
            version: 1,
        })
    }
}

/// Saves an order, and queues the question what became of it: it is asked even if this process ends now.
pub(super) async fn save_order(app: &App, tx: &mut Tx, actor: &Actor, row: &Purchase) -> Result<(), Error> {
    credit_purchases::insert(tx, row).await?;
    let poll = PollPurchase { purchase: row.id.clone(), organization: row.organization.clone(), attempts: 0 };
    app.enqueue(tx, &Job::PollPurchase(poll), app.now().plus(poll_wait(0))).await?;
    let details = json!({ "amount": Amount::of_cents(row.cents).to_string(), "way": row.way.as_str() });
    let (organization, target) = (&row.organization, row.id.as_str());
    app.record(tx, actor, AuditEntry { organization, action: "credit.purchase_started", target, details }).await
}

/// The digest under which a caller's idempotency key is kept, for this purpose.
pub(super) fn request_key(purpose: &str, key: &str) -> Result<String, Error> {
    Ok(hex::encode(&Sha256::digest(format!("{purpose} {}", checked_key(key)?))))
}

/// Refuses where no credit is sold.
pub(super) async fn sells(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    let credit = credit_of(app, tx, organization).await?;
    let refused = |code: &'static str, message: &str| {
        Err(Error::Invalid { param: None, code: Some(code), message: message.to_owned() })
    };
    if credit.mode == BillingMode::None {
        return refused("credit_not_sold", "No credit is sold to this organization: its usage is not charged.");
    }
    if credit.suspended.is_some() {
        return refused(
            "billing_suspended",
            "The billing of this organization is suspended, so it cannot buy credit. Contact support.",
        );
    }
    Ok(())
}

/// Refuses an amount outside the bounds.
pub(super) async fn within_bounds(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    cents: i64,
) -> Result<(), Error> {
    let now = app.now();
    let bought = credit_purchases::sum_since(tx, organization, None, now.plus(-DAY)).await?;
    let new = PurchaseBounds::is_new(credit_purchases::first_paid_at(tx, organization).await?, now);
    app.settings().purchases.check(cents, bought, new).map_err(out_of_bounds)
}

/// The error about an amount outside the bounds.
pub(in crate::credit) fn out_of_bounds(refusal: PurchaseRefusal) -> Error {
    let text = |cents: i64| Amount::of_cents(cents).to_string();
    let (code, message) = match refusal {
        PurchaseRefusal::TooLittle { least } => {
            ("purchase_too_small", format!("Invalid 'amount_in_cents': the least purchase is {} USD.", text(least)))
        }
        PurchaseRefusal::TooMuch { most } => {
            ("purchase_too_large", format!("Invalid 'amount_in_cents': the largest purchase is {} USD.", text(most)))
        }
        PurchaseRefusal::Day { left, most } => (
            "purchase_limit_of_day",
            format!(
                "Invalid 'amount_in_cents': this organization can buy {} USD in 24 hours, and {} USD are left.",
                text(most),
                text(left)
            ),
        ),
    };
    Error::coded("amount_in_cents", code, message)
}

/// Requests the payment of a purchase that the service has not answered. The same request may be made again: the
/// service does it once.
pub(super) async fn request_payment(app: &App, row: &Purchase) -> Result<(), Error> {
    let service = purchase_provider(app)?;
    let description = format!("Credit at {}", app.settings().operator);
    let order = Order {
        purchase: row.id.as_str(),
        organization: row.organization.as_str(),
        cents: row.cents,
        description: &description,
    };
    let return_url = format!("{}/settings/organization/billing/buy?purchase={}", app.public_url(), row.id);
    let answer = match (row.way, &row.method, &row.customer) {
        (PurchaseWay::Checkout, _, customer) => {
            let page =
                PageOrder { order, customer: customer.as_deref(), return_url: &return_url, expires_at: row.expires_at };
            service.open_page(page).await
        }
        (way, Some(method), Some(customer)) => {
            let return_url = Some(return_url.as_str()).filter(|_| way == PurchaseWay::Card);
            service.charge(CardOrder { order, customer, method, return_url }).await
        }
        _ => Err(ProviderError::Gone("the card or the customer was removed".to_owned())),
    };
    let (payment, failure) = match answer {
        Ok(payment) => (payment, None),
        // Without its address no person can pay on the page.
        Err(failure @ ProviderError::Unavailable(_)) if row.way == PurchaseWay::Checkout => {
            (ended(row, PaymentStatus::Expired, "provider_unavailable"), Some(failure))
        }
        Err(failure @ ProviderError::Unavailable(_)) => {
            tracing::warn!(purchase = %row.id, %failure, "the payment service does not answer; it is asked again");
            return Ok(());
        }
        Err(failure) => {
            tracing::warn!(purchase = %row.id, %failure, "the payment service refused a payment");
            (ended(row, PaymentStatus::Failed, "refused_by_service"), None)
        }
    };
    apply_payment(app, row, payment).await?;
    failure.map_or(Ok(()), |failure| Err(Error::provider("payment", &failure)))
}
