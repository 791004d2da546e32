//! Jobs about payment methods.

use keystead_store::tables::{inbound_events, payments};

use crate::jobs::{Delivery, Job, Outcome, PollPayment, poll_wait};
use crate::{App, Error};

/// Seconds that a delivery about an unknown object is kept: it may arrive before the answer to our own request.
const PARKED: i64 = 900;

impl App {
    /// Handles a delivery: reads the object it is about.
    pub(crate) async fn read_payment(&self, delivery: Delivery) -> Result<Outcome, Error> {
        let Delivery { provider, reference, .. } = &delivery;
        let read = read_tx!(self.store(), "payment_event", |tx| {
            Ok(payments::find_by_reference(tx, provider, reference).await?)
        });
        let service = self.payment_provider()?;
        if let Some(setup) = read? {
            self.refresh_payment_setup(&setup.organization, &setup.id, 0).await?;
        } else if let Some(news) =
            (service.news(&delivery.name, reference).await).map_err(|failure| Error::provider("payment", &failure))?
        {
            self.apply_news(provider, &delivery.event, reference, news).await?;
        } else if self.now().since(delivery.received_at) < PARKED {
            return Ok(Outcome::Again(Some(30)));
        }
        self.event_done(provider, &delivery.event).await?;
        Ok(Outcome::Done)
    }

    /// Marks an event as processed.
    pub(crate) async fn event_done(&self, provider: &str, event: &str) -> Result<(), Error> {
        let now = self.now();
        write_tx!(self.store(), "event_done", |tx| {
            inbound_events::finish(tx, provider, event, now).await?;
            Ok(())
        })
    }

    /// Polls a set-up without a delivery, at growing intervals, until it has ended.
    pub(crate) async fn poll_payment(&self, poll: PollPayment) -> Result<Outcome, Error> {
        let attempts = poll.attempts + 1;
        let ended = match self.refresh_payment_setup(&poll.organization, &poll.setup, 0).await {
            Ok(ended) => ended,
            Err(Error::ProviderUnavailable { .. }) => false,
            Err(error) => return Err(error),
        };
        if !ended {
            let next = Job::PollPayment(PollPayment { attempts, ..poll });
            let at = self.now().plus(poll_wait(attempts));
            write_tx!(self.store(), "poll_again", |tx| self.enqueue(tx, &next, at).await)?;
        }
        Ok(Outcome::Done)
    }
}
