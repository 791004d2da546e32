//! Deliveries (webhooks) from outside services. A delivery is only a hint to ask the service; its answer decides.

use http::HeaderMap;
use keystead_providers::webhook::{Hint, SignatureError};
use keystead_store::Tx;
use keystead_store::tables::inbound_events::{self, InboundEvent};

use crate::jobs::{Delivery, Job};
use crate::{App, Error};

/// The maximum size of a delivery in bytes.
pub const LARGEST_DELIVERY: usize = 1 << 20;

/// Why a delivery is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryRefusal {
    /// No service of this name is in use.
    UnknownProvider,
    /// Not signed by the service, or not recently.
    Signature(SignatureError),
    /// It could not be saved; the service will send it again.
    Unavailable,
}

impl App {
    /// Saves a delivery and queues a request to the service. Returns how many events were new; a repeated delivery has
    /// none.
    ///
    /// # Errors
    /// When no service of this name is in use, when the signature is wrong, or when the store fails.
    pub async fn receive_delivery(
        &self,
        provider: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<usize, DeliveryRefusal> {
        let services = self.services();
        let payment = services.payment.as_ref().filter(|service| service.name() == provider);
        let identity = services.identity.as_ref().filter(|service| service.name() == provider);
        let (hints, pays) = match (payment, identity) {
            (Some(service), _) => (service.hints(headers, body, self.now()), true),
            (None, Some(service)) => (service.hints(headers, body, self.now()), false),
            (None, None) => return Err(DeliveryRefusal::UnknownProvider),
        };
        let hints = hints.map_err(DeliveryRefusal::Signature)?;
        if hints.is_empty() {
            // Accepted, so that the service does not resend it for days and then stop sending.
            tracing::warn!(
                provider,
                "a signed webhook delivery belongs to another mode or account than the configured key; it is ignored; check the webhook's settings at the service"
            );
        }
        write_tx!(self.store(), "receive_delivery", |tx| {
            let mut new = 0;
            for hint in hints.clone() {
                new += usize::from(remember_delivery(self, tx, provider.to_owned(), hint, pays).await?);
            }
            Ok(new)
        })
        .map_err(|error| {
            tracing::warn!(provider, %error, "a webhook delivery could not be saved; the service sends it again");
            DeliveryRefusal::Unavailable
        })
    }
}

async fn remember_delivery(app: &App, tx: &mut Tx, provider: String, hint: Hint, pays: bool) -> Result<bool, Error> {
    let now = app.now();
    let event = InboundEvent {
        provider,
        event_id: hint.event_id,
        name: hint.name,
        reference: hint.reference,
        occurred_at: hint.occurred_at,
        received_at: now,
    };
    if !inbound_events::insert(tx, &event).await? {
        return Ok(false);
    }
    let InboundEvent { provider, event_id, name, reference, .. } = event;
    let delivery = Delivery { provider, event: event_id, name, reference, received_at: now };
    let job = if pays { Job::ReadPayment(delivery) } else { Job::ReadAttempt(delivery) };
    app.enqueue(tx, &job, now).await?;
    Ok(true)
}
