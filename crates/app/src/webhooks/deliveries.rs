//! The log of deliveries, tests and repeated deliveries.

use keystead_core::id::{OrganizationId, WebhookDeliveryId, WebhookEndpointId, WebhookEventId};
use keystead_core::scope::Scope;
use keystead_core::verification::limits::WEBHOOK_TEST_LIMITS;
use keystead_core::webhook::EventType;
use keystead_store::tables::webhook_deliveries::{self, WebhookDelivery};
use keystead_store::{Listing, Page, Tx};
use serde_json::json;

use super::Event;
use super::endpoints::{endpoint_of, record};
use super::send::LEASE;
use crate::verification::limits::{Subjects, count_within};
use crate::{Actor, App, Error, audit};

impl App {
    /// Lists the deliveries of an endpoint of the last days.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the endpoint does not exist, or when the cursor is unknown.
    pub async fn webhook_deliveries(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WebhookEndpointId,
        page: &Page,
    ) -> Result<Listing<WebhookDelivery>, Error> {
        read_tx!(self.store(), "webhook_deliveries", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            endpoint_of(tx, organization, id).await?;
            Ok(webhook_deliveries::list(tx, id, page).await?)
        })
    }

    /// Sends a test to an endpoint, also to one that is off, and returns what it came to. A test is tried once. On the
    /// command line it is queued for a running node.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the endpoint does not exist, or beyond [`WEBHOOK_TEST_LIMITS`].
    pub async fn test_webhook(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WebhookEndpointId,
    ) -> Result<WebhookDelivery, Error> {
        let sender = self.services().webhooks.clone();
        let event =
            Event { of_type: EventType::EndpointTest, at: self.now(), data: json!({ "webhook_id": id.as_str() }) };
        let delivery = self.delivery(organization, id, (self.draw(WebhookEventId::generate), &event));
        let claimed_until = sender.as_ref().map(|_| self.now().plus(LEASE));
        let queued: Result<(), Error> = write_tx!(self.store(), "test_webhook", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let endpoint = endpoint_of(tx, organization, id).await?;
            count_request(self, tx, actor, organization).await?;
            webhook_deliveries::insert(tx, &delivery, claimed_until).await?;
            record(self, tx, actor, &endpoint, "webhook.tested", json!({})).await
        });
        queued?;
        match sender {
            Some(sender) => self.send_webhook(&sender, delivery).await,
            None => Ok(delivery),
        }
    }

    /// Sends a delivery that has ended once more, with the same id and body, by the same schedule.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such delivery, while it is pending, when the endpoint is off,
    /// or beyond [`WEBHOOK_TEST_LIMITS`].
    pub async fn redeliver_webhook(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WebhookEndpointId,
        delivery: &WebhookDeliveryId,
    ) -> Result<WebhookDelivery, Error> {
        write_tx!(self.store(), "redeliver_webhook", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let endpoint = endpoint_of(tx, organization, id).await?;
            let missing = || Error::not_found("webhook delivery", delivery.as_str());
            let before = webhook_deliveries::find(tx, id, delivery).await?.ok_or_else(missing)?;
            if !endpoint.is_enabled() && before.event_type != EventType::EndpointTest {
                let message = "This webhook is off. Enable it, then send the delivery again.".to_owned();
                return Err(Error::Conflict { message });
            }
            count_request(self, tx, actor, organization).await?;
            if !webhook_deliveries::begin_again(tx, id, delivery, self.now()).await? {
                let message = "This delivery is still being sent.".to_owned();
                return Err(Error::Conflict { message });
            }
            let details = json!({ "delivery": delivery });
            record(self, tx, actor, &endpoint, "webhook.redelivered", details).await?;
            webhook_deliveries::find(tx, id, delivery).await?.ok_or_else(missing)
        })
    }
}

/// Counts a request that a person causes at an address of their choice.
async fn count_request(app: &App, tx: &mut Tx, actor: &Actor, organization: &OrganizationId) -> Result<(), Error> {
    let who = Subjects {
        user: actor.user(),
        organization: Some(organization),
        ip: audit::client_address(),
        ..Subjects::default()
    };
    count_within(app, tx, WEBHOOK_TEST_LIMITS, &who).await
}
