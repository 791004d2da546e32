//! What the outbox does about payment methods.

use keystead_core::id::OrganizationId;
use keystead_providers::Failure;
use keystead_store::tables::{inbound_events, payments};
use serde_json::{Value, json};

use crate::jobs::queue::Outcome;
use crate::verification::jobs::{self, field};
use crate::{App, Error};

/// A delivery about something we do not know yet is kept this long: it may be faster than our own answer.
const PARKED: i64 = 900;

impl App {
    pub(crate) async fn payment_job(&self, name: &str, payload: &Value) -> Result<Outcome, Error> {
        match name {
            jobs::PAYMENT_LOOK => self.look_at_payment(payload).await,
            jobs::PAYMENT_POLL => self.poll_payment(payload).await,
            jobs::PAYMENT_CANCEL => settled(self.payment_provider()?.cancel(field(payload, "reference")?).await),
            jobs::PAYMENT_DETACH => settled(self.payment_provider()?.detach(field(payload, "method")?).await),
            other => Err(Error::Internal(format!("no such job: {other}"))),
        }
    }

    /// A delivery came: look at what it is about.
    async fn look_at_payment(&self, payload: &Value) -> Result<Outcome, Error> {
        let (provider, reference) = (field(payload, "provider")?.to_owned(), field(payload, "reference")?.to_owned());
        let read = read_tx!(self.store(), "payment_event", |tx| {
            Ok(payments::find_by_reference(tx, &provider, &reference).await?)
        });
        let service = self.payment_provider()?;
        if let Some(setup) = read? {
            self.refresh_payment_setup(&setup.organization, &setup.id, 0).await?;
        } else if let Some(news) = (service.news(field(payload, "name")?, &reference).await)
            .map_err(|failure| Error::provider("payment", &failure))?
        {
            self.apply_news(&provider, &reference, news).await?;
        } else if payload.get("received_at").and_then(Value::as_i64).is_some_and(|at| self.now().0 < at + PARKED) {
            return Ok(Outcome::Again(Some(30)));
        }
        self.event_done(provider, field(payload, "event")?.to_owned()).await?;
        Ok(Outcome::Done)
    }

    /// The event has been acted on.
    pub(crate) async fn event_done(&self, provider: String, event: String) -> Result<(), Error> {
        let now = self.now();
        write_tx!(self.store(), "event_done", |tx| Ok(inbound_events::finish(tx, &provider, &event, now).await?))
    }

    /// No delivery came: look anyway, at growing distances, until the set-up has ended.
    async fn poll_payment(&self, payload: &Value) -> Result<Outcome, Error> {
        let organization: OrganizationId = field(payload, "organization")?
            .parse()
            .map_err(|_| Error::Internal("a job without organization".into()))?;
        let id = field(payload, "setup")?.to_owned();
        let tries = payload.get("try").and_then(Value::as_i64).unwrap_or_default() + 1;
        let ended = match self.refresh_payment_setup(&organization, &id, 0).await {
            Ok(ended) => ended,
            Err(Error::ProviderUnavailable { .. }) => false,
            Err(error) => return Err(error),
        };
        if !ended {
            let next = json!({ "setup": id, "organization": organization, "try": tries });
            let at = self.now().plus(jobs::poll_wait(tries));
            write_tx!(self.store(), "poll_again", |tx| self.enqueue(tx, jobs::PAYMENT_POLL, &next, at).await)?;
        }
        Ok(Outcome::Done)
    }
}

/// Done when the service did it or never heard of it; again when it does not answer.
pub(crate) fn settled(done: Result<(), Failure>) -> Result<Outcome, Error> {
    match done {
        Ok(()) | Err(Failure::Gone(_) | Failure::Refused(_)) => Ok(Outcome::Done),
        Err(failure @ Failure::Unavailable(_)) => {
            tracing::warn!(%failure, "an outside service does not answer; the work waits");
            Ok(Outcome::Again(None))
        }
    }
}
