//! Jobs about purchases.

use keystead_core::purchase::{REQUEST_FOR, ReversalState};
use keystead_providers::ProviderError;
use keystead_providers::payment::{PaymentAt, RefundOrder};
use keystead_store::tables::credit_purchases::{self, Purchase};
use keystead_store::tables::credit_reversals::{self, ReversalRow};

use super::mails::{mail_all, mail_one};
use super::refresh::{Reading, refresh_purchase};
use super::reversals::give_back;
use super::{EndPayment, MailPurchase, PollPurchase, RequestRefund, purchase_provider};
use crate::credit::book::Book;
use crate::jobs::{Delivery, Job, Outcome, poll_wait};
use crate::{Actor, App, Error};

/// Polls of an open refund or dispute are this far apart, in seconds: six hours.
const SLOWLY: i64 = 21_600;

/// Reads the purchase that a delivery is about. Returns whether there is one.
pub(crate) async fn read_delivery(app: &App, delivery: &Delivery) -> Result<bool, Error> {
    let Delivery { provider, reference, name, .. } = delivery;
    let Some(service) = app.services().payment.as_deref().and_then(|service| service.purchases()) else {
        return Ok(false);
    };
    let mut found = find(app, provider, reference).await?;
    if found.is_none() && name.starts_with("charge.dispute.") {
        let payment = service.disputed_payment(reference).await;
        let payment = payment.map_err(|failure| Error::provider("payment", &failure))?;
        if let Some(payment) = payment {
            found = find(app, provider, &payment).await?;
        }
    }
    let Some(row) = found else { return Ok(false) };
    refresh_purchase(app, &row.organization, &row.id, Reading::Always).await?;
    Ok(true)
}

async fn find(app: &App, provider: &str, reference: &str) -> Result<Option<Purchase>, Error> {
    read_tx!(app.store(), "purchase_of_delivery", |tx| {
        Ok(credit_purchases::find_by_reference(tx, provider, reference).await?)
    })
}

/// Polls a purchase without a delivery, at growing intervals, until nothing of it is open.
pub(crate) async fn poll_purchase(app: &App, poll: PollPurchase) -> Result<Outcome, Error> {
    let attempts = poll.attempts.saturating_add(1);
    let read = refresh_purchase(app, &poll.organization, &poll.purchase, Reading::Unfinished(0)).await;
    match read {
        Ok(_) | Err(Error::ProviderUnavailable { .. }) => {}
        Err(error) => return Err(error),
    }
    write_tx!(app.store(), "poll_purchase_again", |tx| {
        let Some(row) = credit_purchases::find(tx, &poll.organization, &poll.purchase).await? else { return Ok(()) };
        let reversals = credit_reversals::list(tx, &row.id).await?;
        let wait = match row.finished_at {
            None => poll_wait(attempts),
            Some(_) if reversals.iter().any(|one| one.state == ReversalState::Open) => SLOWLY,
            Some(_) => return Ok(()),
        };
        let next = Job::PollPurchase(PollPurchase { attempts, ..poll.clone() });
        app.enqueue(tx, &next, app.now().plus(wait)).await
    })?;
    Ok(Outcome::Done)
}

/// Ends a payment that failed, so that it cannot be made later.
pub(crate) async fn end_payment(app: &App, end: EndPayment) -> Result<Outcome, Error> {
    let found = read_tx!(app.store(), "payment_to_end", |tx| {
        Ok(credit_purchases::find(tx, &end.organization, &end.purchase).await?)
    });
    let Some(row) = found? else { return Ok(Outcome::Done) };
    let at = PaymentAt {
        purchase: row.id.as_str(),
        session: row.session.as_deref(),
        payment: row.payment.as_deref(),
        customer: None,
        since: row.created_at,
    };
    Ok(Outcome::of(purchase_provider(app)?.end(at).await))
}

/// Requests a refund that an operator decided. A refund that the service refuses gives its credit back.
pub(crate) async fn request_refund(app: &App, job: RequestRefund) -> Result<Outcome, Error> {
    let Some((mut row, mut one)) = find_refund(app, &job).await? else { return Ok(Outcome::Done) };
    if app.now().since(one.created_at) >= REQUEST_FOR {
        // The service forgets keys: a refund of which the answer was lost would be made twice.
        refresh_purchase(app, &row.organization, &row.id, Reading::Always).await?;
        let Some(read) = find_refund(app, &job).await? else { return Ok(Outcome::Done) };
        (row, one) = read;
    }
    let Some(payment) = row.payment.as_deref().filter(|_| one.reference.is_none()) else { return Ok(Outcome::Done) };
    let order = RefundOrder { reversal: one.id.as_str(), payment, cents: one.cents };
    let refused = match purchase_provider(app)?.refund(order).await {
        Ok(_) => false,
        Err(failure @ ProviderError::Unavailable(_)) => {
            tracing::warn!(%failure, "the payment service does not answer; the refund is requested again");
            return Ok(Outcome::Again(None));
        }
        Err(failure) => {
            tracing::warn!(purchase = %row.id, %failure, "the payment service refused a refund");
            true
        }
    };
    // Its list of refunds is the truth: a repeated request may be refused although the first one was done.
    refresh_purchase(app, &row.organization, &row.id, Reading::Always).await?;
    if refused {
        undo_refund(app, &job).await?;
        // It may be refused because the bank takes the payment back: what the refund gave back is the dispute's.
        refresh_purchase(app, &row.organization, &row.id, Reading::Always).await?;
    }
    Ok(Outcome::Done)
}

async fn find_refund(app: &App, job: &RequestRefund) -> Result<Option<(Purchase, ReversalRow)>, Error> {
    read_tx!(app.store(), "refund", |tx| {
        let row = credit_purchases::find(tx, &job.organization, &job.purchase).await?;
        let all = credit_reversals::list(tx, &job.purchase).await?;
        let one = all.into_iter().find(|one| one.id == job.reversal && one.state == ReversalState::Open);
        Ok(row.zip(one))
    })
}

async fn undo_refund(app: &App, job: &RequestRefund) -> Result<(), Error> {
    write_tx!(app.store(), "undo_refund", |tx| {
        Book::lock(app, tx, &job.organization).await?.finish(app, tx).await?;
        let Some(row) = credit_purchases::find(tx, &job.organization, &job.purchase).await? else { return Ok(()) };
        let all = credit_reversals::list(tx, &job.purchase).await?;
        let is_it =
            |one: &ReversalRow| one.id == job.reversal && one.state == ReversalState::Open && one.reference.is_none();
        let Some(mut one) = all.into_iter().find(is_it) else { return Ok(()) };
        one.state = ReversalState::Undone;
        one.changed_at = app.now();
        give_back(app, tx, &Actor::service(&row.provider), &row, &one).await?;
        Ok(credit_reversals::update(tx, &one).await?)
    })
}

/// Mails the owners about a purchase.
pub(crate) async fn mail_purchase(app: &App, job: MailPurchase) -> Result<Outcome, Error> {
    match job.to.clone() {
        None => mail_all(app, job).await,
        Some(to) => mail_one(app, job, to).await,
    }
}
