//! Sending what is due: one attempt for each delivery, its outcome, and what follows for the endpoint.

use std::sync::Arc;

use keystead_core::time::Timestamp;
use keystead_core::webhook::{
    DeliveryFault, DeliveryState, DisabledReason, EventType, is_failing_too_long, wait_after,
};
use keystead_providers::outgoing_webhook::{Attempt, OutgoingWebhook, WebhookSender};
use keystead_store::Tx;
use keystead_store::tables::webhook_deliveries::{self, WebhookDelivery};
use keystead_store::tables::webhook_endpoints::{self, WebhookEndpoint};
use rand::RngCore;
use serde_json::json;

use super::endpoints::record;
use super::secrets;
use crate::jobs::{Job, MailWebhookOff};
use crate::{Actor, App, Error};

/// Seconds after which the deliveries of a dead worker become available again; longer than an attempt takes.
pub(super) const LEASE: i64 = 60;
/// Attempts that one worker makes at once.
const AT_ONCE: u32 = 32;

/// What an attempt needs besides the delivery.
struct Addressed {
    endpoint: WebhookEndpoint,
    signatures: String,
}

impl App {
    /// Makes the attempts that are due. Returns how many. The worker calls it every second, on every node.
    ///
    /// # Errors
    /// When the store fails; the deliveries stay queued.
    pub async fn send_due_webhooks(&self) -> Result<usize, Error> {
        let Some(sender) = self.services().webhooks.clone() else { return Ok(0) };
        let now = self.now();
        let due = read_tx!(self.store(), "due_webhooks", |tx| Ok(webhook_deliveries::has_due(tx, now).await?))?;
        if !due {
            return Ok(0);
        }
        let claimed = write_tx!(self.store(), "claim_webhooks", |tx| {
            Ok(webhook_deliveries::claim(tx, now, now.plus(LEASE), AT_ONCE).await?)
        })?;
        let (count, sender) = (claimed.len(), &sender);
        let work = claimed.into_iter().map(|delivery| async move {
            if let Err(error) = self.send_webhook(sender, delivery).await {
                // The claim ends by itself and the attempt is made again; receivers know repeated events by their id.
                tracing::warn!(%error, "the outcome of a webhook could not be saved; it is sent again");
            }
        });
        futures_util::future::join_all(work).await;
        Ok(count)
    }

    /// Makes one attempt and saves its outcome.
    pub(super) async fn send_webhook(
        &self,
        sender: &Arc<dyn WebhookSender>,
        delivery: WebhookDelivery,
    ) -> Result<WebhookDelivery, Error> {
        let at = self.now();
        let addressed = read_tx!(self.store(), "webhook_attempt", |tx| address(self, tx, &delivery, at).await)?;
        let Some(Addressed { endpoint, signatures }) = addressed else { return Ok(delivery) };
        let attempt = if endpoint.is_enabled() || delivery.event_type == EventType::EndpointTest {
            let (url, id) = (endpoint.url.as_str(), delivery.event.as_str());
            sender.send(OutgoingWebhook { url, id, at, signatures: &signatures, body: &delivery.body }).await
        } else {
            Attempt { answer: Err(DeliveryFault::Disabled), duration_ms: 0, retry_after: None }
        };
        let draw = self.draw(|rng| rng.next_u32());
        let after = outcome(&delivery, &attempt, at, draw);
        write_tx!(self.store(), "settle_webhook", |tx| {
            if webhook_deliveries::settle(tx, &after).await? && attempt.answer != Err(DeliveryFault::Disabled) {
                update_endpoint(self, tx, &after, &endpoint).await?;
            }
            Ok(after.clone())
        })
    }
}

/// Reads where a delivery goes, and signs it; `None` when its endpoint was deleted.
async fn address(
    app: &App,
    tx: &mut Tx,
    delivery: &WebhookDelivery,
    at: Timestamp,
) -> Result<Option<Addressed>, Error> {
    let Some(endpoint) = webhook_endpoints::find(tx, &delivery.organization, &delivery.endpoint).await? else {
        return Ok(None);
    };
    let secrets = secrets::read(app, tx, &endpoint.id, at).await?;
    let sign = |secret: &keystead_core::webhook::WebhookSecret| {
        secret.sign(delivery.event.as_str(), at, delivery.body.as_bytes())
    };
    let signatures = secrets.iter().map(sign).collect::<Vec<_>>().join(" ");
    Ok(Some(Addressed { endpoint, signatures }))
}

/// What an attempt makes of a delivery.
fn outcome(delivery: &WebhookDelivery, attempt: &Attempt, at: Timestamp, draw: u32) -> WebhookDelivery {
    let (status, fault) = match attempt.answer {
        Ok(status @ 200..=299) => (Some(status), None),
        Ok(status) => (Some(status), Some(DeliveryFault::Status)),
        Err(fault) => (None, Some(fault)),
    };
    let tried = WebhookDelivery {
        attempts: delivery.attempts + 1,
        series: delivery.series + 1,
        last_attempt_at: Some(at),
        status: status.map(i64::from),
        duration_ms: Some(attempt.duration_ms),
        fault,
        next_attempt_at: None,
        ..delivery.clone()
    };
    // A test is for a person who looks at its outcome now, and an endpoint that is gone or off takes nothing later.
    let last =
        delivery.event_type == EventType::EndpointTest || status == Some(410) || fault == Some(DeliveryFault::Disabled);
    let wait = if last { None } else { wait_after(tried.series, draw, attempt.retry_after) };
    match (fault, wait) {
        (None, _) => WebhookDelivery { state: DeliveryState::Delivered, ..tried },
        (Some(_), Some(wait)) => WebhookDelivery { next_attempt_at: Some(at.plus(wait)), ..tried },
        (Some(_), None) => WebhookDelivery { state: DeliveryState::Failed, ..tried },
    }
}

/// What follows for the endpoint: it is switched off when it answers 410, or when it took nothing for days.
async fn update_endpoint(
    app: &App,
    tx: &mut Tx,
    delivery: &WebhookDelivery,
    endpoint: &WebhookEndpoint,
) -> Result<(), Error> {
    let (now, id) = (app.now(), &delivery.endpoint);
    if delivery.event_type == EventType::EndpointTest {
        return Ok(());
    }
    webhook_endpoints::note_outcome(tx, id, delivery.fault.is_none(), now).await?;
    let failing = endpoint.failing_since.map_or(0, |since| now.since(since));
    let reason = if delivery.status == Some(410) {
        DisabledReason::Gone
    } else if delivery.state == DeliveryState::Failed && is_failing_too_long(failing) {
        DisabledReason::Failing
    } else {
        return Ok(());
    };
    let Some(off) = webhook_endpoints::disable(tx, id, reason, now).await? else { return Ok(()) };
    webhook_deliveries::end_pending(tx, id).await?;
    let details = json!({ "reason": reason.as_str() });
    record(app, tx, &Actor::Service("clock".to_owned()), &off, "webhook.disabled", details).await?;
    let mail = MailWebhookOff { organization: off.organization.clone(), webhook: id.clone(), to: None };
    app.enqueue(tx, &Job::MailWebhookOff(mail), now).await
}
