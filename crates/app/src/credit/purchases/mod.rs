//! Purchases of credit: ordered here, paid at the service, read from there. `core::purchase` decides what a report of the
//! service changes; credit is posted in the transaction that saves that a purchase is paid.

mod apply;
mod job_handlers;
pub(crate) mod mails;
mod order;
mod recharge;
mod refresh;
mod refund;
mod reversals;
mod view;

use keystead_core::id::{OrganizationId, PurchaseId, ReversalId};
use keystead_core::money::Micros;
use keystead_providers::payment::PurchaseProvider;
use keystead_store::Tx;
use keystead_store::tables::credit_purchases;
use serde::{Deserialize, Serialize};

use crate::jobs::Job;
use crate::{App, Error};

pub use order::BuyCredit;
pub use refund::RefundPurchase;
pub use view::{BuyOptions, PurchaseView};

pub(super) use order::out_of_bounds;

pub(crate) use job_handlers::{end_payment, mail_purchase, poll_purchase, read_delivery, request_refund};

/// Micros in a cent.
pub(super) const CENT: i64 = 10_000;

/// Converts cents to micros.
const fn micros(cents: i64) -> Micros {
    Micros(cents.saturating_mul(CENT))
}

/// The service that takes payments.
fn purchase_provider(app: &App) -> Result<&dyn PurchaseProvider, Error> {
    let service = app.services().payment.as_deref().and_then(|service| service.purchases());
    service.ok_or(Error::Unsupported("purchases of credit"))
}

/// Ends the open purchases of an organization at the service, so that nothing is paid for one that is deleted.
pub(crate) async fn end_open(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    for row in credit_purchases::list_open(tx, organization).await? {
        let end = EndPayment { purchase: row.id, organization: row.organization };
        app.enqueue(tx, &Job::EndPayment(end), app.now()).await?;
    }
    Ok(())
}

/// A purchase to read back.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PollPurchase {
    pub(crate) purchase: PurchaseId,
    pub(crate) organization: OrganizationId,
    #[serde(default, rename = "try")]
    pub(crate) attempts: i64,
}

/// A payment to end at the service.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EndPayment {
    pub(crate) purchase: PurchaseId,
    pub(crate) organization: OrganizationId,
}

/// A refund to request.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RequestRefund {
    pub(crate) reversal: ReversalId,
    pub(crate) purchase: PurchaseId,
    pub(crate) organization: OrganizationId,
}

/// A mail to the owners about a purchase, or about credit or billing without one.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MailPurchase {
    pub(crate) organization: OrganizationId,
    /// The purchase; `None` when none was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) purchase: Option<PurchaseId>,
    pub(crate) notice: mails::PurchaseNotice,
    /// The amount in cents.
    #[serde(default)]
    pub(crate) cents: i64,
    /// What the operator says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The owner; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<keystead_core::id::UserId>,
}

impl MailPurchase {
    /// A mail to all owners about something other than a purchase.
    fn without_purchase(organization: &OrganizationId, notice: mails::PurchaseNotice) -> Self {
        let organization = organization.clone();
        Self { organization, purchase: None, notice, cents: 0, reason: None, to: None }
    }
}
