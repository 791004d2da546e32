//! Queueing an event for the endpoints of an organization, in the transaction of what happened.

use keystead_core::id::{OrganizationId, WebhookDeliveryId, WebhookEndpointId, WebhookEventId};
use keystead_core::time::Timestamp;
use keystead_core::webhook::{DeliveryState, EventType};
use keystead_store::Tx;
use keystead_store::tables::webhook_deliveries::{self, WebhookDelivery};
use keystead_store::tables::webhook_endpoints;
use serde_json::{Value, json};

use crate::{Actor, App, Error};

/// Something that happened.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) of_type: EventType,
    /// When it happened.
    pub(crate) at: Timestamp,
    /// What receivers learn of it.
    pub(crate) data: Value,
}

impl Event {
    /// The body of every delivery of it.
    fn body(&self) -> String {
        json!({ "type": self.of_type.as_str(), "timestamp": self.at.to_string(), "data": self.data }).to_string()
    }
}

/// Who acted, as receivers see it. Operators are known by their addresses, which organizations do not see.
pub(crate) fn shown_actor(actor: &Actor) -> Value {
    let (kind, id) = match actor {
        Actor::Person(_) | Actor::Session(..) => ("user", Some(actor.id())),
        Actor::Key(_) | Actor::Service(_) => (actor.kind(), Some(actor.id())),
        Actor::Operator(_) => (actor.kind(), None),
    };
    json!({ "type": kind, "id": id })
}

impl App {
    /// Queues an event for every endpoint that is on and subscribed to its type; or, with `only`, for those of these that
    /// are on. Returns for how many.
    pub(crate) async fn emit(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        event: &Event,
        only: Option<&[WebhookEndpointId]>,
    ) -> Result<usize, Error> {
        let mut count = 0;
        let id = self.draw(WebhookEventId::generate);
        for endpoint in webhook_endpoints::list_enabled(tx, organization).await? {
            let wanted = match only {
                Some(only) => only.contains(&endpoint.id),
                None => endpoint.event_types.contains(&event.of_type),
            };
            if wanted {
                let row = self.delivery(organization, &endpoint.id, (id.clone(), event));
                webhook_deliveries::insert(tx, &row, None).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// A delivery that has not been tried.
    pub(super) fn delivery(
        &self,
        organization: &OrganizationId,
        endpoint: &WebhookEndpointId,
        (id, event): (WebhookEventId, &Event),
    ) -> WebhookDelivery {
        let now = self.now();
        WebhookDelivery {
            id: self.draw(WebhookDeliveryId::generate),
            organization: organization.clone(),
            endpoint: endpoint.clone(),
            event: id,
            event_type: event.of_type,
            body: event.body(),
            created_at: now,
            state: DeliveryState::Pending,
            attempts: 0,
            series: 0,
            next_attempt_at: Some(now),
            last_attempt_at: None,
            status: None,
            duration_ms: None,
            fault: None,
        }
    }
}
