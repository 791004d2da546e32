//! Reading payments from the service. Its answer is the truth; deliveries and returning browsers only trigger a request.

use keystead_core::id::{OrganizationId, PurchaseId};
use keystead_core::purchase::{PaymentStatus, PurchaseState, PurchaseWay, REQUEST_FOR, ReversalState};
use keystead_providers::ProviderError;
use keystead_providers::payment::PaymentAt;
use keystead_store::tables::credit_purchases::{self, Purchase};
use keystead_store::tables::{credit_accounts, credit_reversals};

use super::apply::{apply_payment, ended};
use super::order::request_payment;
use super::{PurchaseView, purchase_provider};
use crate::{Actor, App, Error};

/// A caller who asks again within this many seconds gets what is known.
const AGAIN_AFTER: i64 = 5;
/// How often a report is read again because the purchase was changed meanwhile.
const MOST_READS: usize = 4;

/// When a purchase is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// While it has not ended, at most once in this number of seconds.
    Unfinished(i64),
    /// In any case.
    Always,
}

impl App {
    /// Reads a purchase from the service now, at most once in five seconds.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn check_purchase(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<PurchaseView, Error> {
        let known = self.purchase(actor, organization, id).await?;
        if known.state.has_ended() {
            return Ok(known);
        }
        match refresh_purchase(self, organization, &known.id, Reading::Unfinished(AGAIN_AFTER)).await {
            Ok(_) | Err(Error::ProviderUnavailable { .. }) => self.purchase(actor, organization, id).await,
            Err(error) => Err(error),
        }
    }
}

/// Reads a purchase from the service and applies its report. Returns whether nothing is open any more.
pub(super) async fn refresh_purchase(
    app: &App,
    organization: &OrganizationId,
    id: &PurchaseId,
    when: Reading,
) -> Result<bool, Error> {
    for _ in 0..MOST_READS {
        let found = read_tx!(app.store(), "purchase", |tx| {
            let Some(row) = credit_purchases::find(tx, organization, id).await? else { return Ok(None) };
            let reversals = credit_reversals::list(tx, id).await?;
            let open = reversals.iter().any(|one| one.state == ReversalState::Open);
            Ok(Some((row, open)))
        })?;
        let Some((row, open)) = found else { return Ok(true) };
        if let Reading::Unfinished(patience) = when {
            if row.finished_at.is_some() && !open {
                return Ok(true);
            }
            if row.checked_at.is_some_and(|at| app.now().since(at) < patience) {
                return Ok(false);
            }
        }
        match ask(app, &row).await? {
            Asked::Applied(ended) => return Ok(ended),
            Asked::Waits => return Ok(false),
            Asked::Again => {}
        }
    }
    Ok(false)
}

/// What became of a question to the service.
enum Asked {
    /// Its report is applied; whether the purchase has ended.
    Applied(bool),
    /// It has not answered the request yet.
    Waits,
    /// The purchase was changed meanwhile, or was ended at the service.
    Again,
}

/// Whether billing was suspended since the purchase was ordered: then its card is not charged any more.
async fn is_suspended(app: &App, organization: &OrganizationId) -> Result<bool, Error> {
    read_tx!(app.store(), "suspended_buyer", |tx| {
        let account = credit_accounts::find(tx, organization).await?;
        Ok(account.is_some_and(|account| account.suspended.is_some()))
    })
}

async fn ask(app: &App, row: &Purchase) -> Result<Asked, Error> {
    let service = purchase_provider(app)?;
    let now = app.now();
    let asked = PaymentAt {
        purchase: row.id.as_str(),
        session: row.session.as_deref(),
        payment: row.payment.as_deref(),
        customer: row.customer.as_deref(),
        since: row.created_at,
    };
    let requested = row.session.is_some() || row.payment.is_some();
    let young = now.since(row.created_at) < REQUEST_FOR;
    let again = !requested && young && row.way != PurchaseWay::Checkout && row.state == PurchaseState::Created;
    if again && !is_suspended(app, &row.organization).await? {
        request_payment(app, row).await?;
        return Ok(Asked::Waits);
    }
    let payment = match service.payment(asked).await {
        Ok(Some(payment)) => payment,
        Ok(None) | Err(ProviderError::Gone(_)) => ended(row, PaymentStatus::Expired, "provider_unavailable"),
        Err(failure) => return Err(Error::provider("payment", &failure)),
    };
    let unpaid = matches!(payment.status, PaymentStatus::Open | PaymentStatus::RequiresAction);
    if unpaid && requested && row.state.is_overdue(row.expires_at, now) {
        return match service.end(asked).await {
            // It is read once more: it may have been paid at this moment.
            Ok(()) | Err(ProviderError::Refused(_)) => Ok(Asked::Again),
            Err(ProviderError::Gone(_)) => Ok(Asked::Again),
            Err(failure) => Err(Error::provider("payment", &failure)),
        };
    }
    let applied = apply_payment(app, row, payment).await?;
    Ok(applied.map_or(Asked::Again, |row| Asked::Applied(row.finished_at.is_some())))
}
