//! Jobs about payment methods.

use keystead_store::tables::{inbound_events, payments};

use super::events::apply_method_event;
use super::payment_provider;
use super::refresh::refresh_payment_setup;
use crate::credit::purchases::read_delivery;
use crate::jobs::{Delivery, Job, Outcome, PollPayment, poll_wait};
use crate::{App, Error};

/// Seconds that a delivery about an unknown object is kept: it may arrive before the answer to our own request.
const PARKED: i64 = 900;

/// Handles a delivery: reads the object it is about.
pub(crate) async fn read_payment(app: &App, delivery: Delivery) -> Result<Outcome, Error> {
    let Delivery { provider, reference, .. } = &delivery;
    let read = read_tx!(app.store(), "payment_event", |tx| {
        Ok(payments::find_by_reference(tx, provider, reference).await?)
    });
    let service = payment_provider(app)?;
    // A disputed purchase changes the ledger here, and the state of the card below.
    if read_delivery(app, &delivery).await? && delivery.name != "charge.dispute.created" {
        finish_event(app, provider, &delivery.event).await?;
        return Ok(Outcome::Done);
    }
    if let Some(setup) = read? {
        refresh_payment_setup(app, &setup.organization, &setup.id, 0).await?;
    } else if let Some(change) = (service.method_event(&delivery.name, reference).await)
        .map_err(|failure| Error::provider("payment", &failure))?
    {
        apply_method_event(app, provider, &delivery.event, reference, change).await?;
    } else if app.now().since(delivery.received_at) < PARKED {
        return Ok(Outcome::Again(Some(30)));
    }
    finish_event(app, provider, &delivery.event).await?;
    Ok(Outcome::Done)
}

/// Marks an event as processed.
pub(crate) async fn finish_event(app: &App, provider: &str, event: &str) -> Result<(), Error> {
    let now = app.now();
    write_tx!(app.store(), "event_done", |tx| {
        inbound_events::finish(tx, provider, event, now).await?;
        Ok(())
    })
}

/// Polls a set-up without a delivery, at growing intervals, until it has ended.
pub(crate) async fn poll_payment(app: &App, poll: PollPayment) -> Result<Outcome, Error> {
    let attempts = poll.attempts + 1;
    let ended = match refresh_payment_setup(app, &poll.organization, &poll.setup, 0).await {
        Ok(ended) => ended,
        Err(Error::ProviderUnavailable { .. }) => false,
        Err(error) => return Err(error),
    };
    if !ended {
        let next = Job::PollPayment(PollPayment { attempts, ..poll });
        let at = app.now().plus(poll_wait(attempts));
        write_tx!(app.store(), "poll_again", |tx| app.enqueue(tx, &next, at).await)?;
    }
    Ok(Outcome::Done)
}
