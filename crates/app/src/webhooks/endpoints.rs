//! Endpoints: who may see and change them.

use keystead_core::id::{OrganizationId, WebhookEndpointId};
use keystead_core::scope::Scope;
use keystead_core::secret::Secret;
use keystead_core::webhook::{DisabledReason, MOST_ENDPOINTS, ROTATION_OVERLAP};
use keystead_store::tables::webhook_endpoints::WebhookEndpoint;
use keystead_store::tables::{webhook_deliveries, webhook_endpoints as endpoints};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use super::fields::{checked_description, checked_types, checked_url, host};
use super::secrets;
use crate::audit::AuditEntry;
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// The request for a new endpoint.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Where events are sent.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// The names of the types of events.
    pub event_types: Vec<String>,
    /// Whether events are sent.
    pub enabled: bool,
}

/// A change of an endpoint; `None` keeps the value.
#[derive(Debug, Clone, Default)]
pub struct WebhookChange {
    /// The new address.
    pub url: Option<String>,
    /// The new description; `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// The new types of events.
    pub event_types: Option<Vec<String>>,
    /// Whether events are sent.
    pub enabled: Option<bool>,
}

impl App {
    /// Lists the endpoints of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the cursor is unknown.
    pub async fn webhooks(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: &Page,
    ) -> Result<Listing<WebhookEndpoint>, Error> {
        read_tx!(self.store(), "webhooks", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(endpoints::list(tx, organization, page).await?)
        })
    }

    /// Finds an endpoint.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn webhook(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WebhookEndpointId,
    ) -> Result<WebhookEndpoint, Error> {
        read_tx!(self.store(), "webhook", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            endpoint_of(tx, organization, id).await
        })
    }

    /// Makes an endpoint. Its secret is returned this once.
    ///
    /// # Errors
    /// When the caller lacks the permission, when a field is impossible, or when the organization has [`MOST_ENDPOINTS`].
    pub async fn create_webhook(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        asked: &NewWebhook,
    ) -> Result<(WebhookEndpoint, Secret<String>), Error> {
        let now = self.now();
        let row = WebhookEndpoint {
            id: self.draw(WebhookEndpointId::generate),
            organization: organization.clone(),
            url: checked_url(self, &asked.url)?,
            description: checked_description(asked.description.as_deref())?,
            event_types: checked_types(&asked.event_types)?,
            disabled: (!asked.enabled).then_some(DisabledReason::Owner),
            failing_since: None,
            previous_until: None,
            created_at: now,
            updated_at: now,
        };
        let secret = secrets::draw(self);
        let sealed = secrets::seal(self, &row.id, &secret);
        let made: Result<(), Error> = write_tx!(self.store(), "create_webhook", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            hold_room(tx, "webhook_endpoints", organization.as_str()).await?;
            if endpoints::count(tx, organization).await? >= MOST_ENDPOINTS {
                let message = format!("An organization can have at most {MOST_ENDPOINTS} webhooks.");
                return Err(Error::impossible(message));
            }
            endpoints::insert(tx, &row, &sealed).await?;
            record(self, tx, actor, &row, "webhook.created", json!({ "data": described(&row) })).await
        });
        made.map(|()| (row, secret.text()))
    }

    /// Changes an endpoint. One that is switched on again begins without failures; what was waiting for one that is
    /// switched off is not sent.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or when a field is impossible.
    pub async fn update_webhook(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WebhookEndpointId,
        change: &WebhookChange,
    ) -> Result<WebhookEndpoint, Error> {
        let url = change.url.as_deref().map(|url| checked_url(self, url)).transpose()?;
        let description = match &change.description {
            Some(text) => Some(checked_description(text.as_deref())?),
            None => None,
        };
        let types = change.event_types.as_deref().map(checked_types).transpose()?;
        write_tx!(self.store(), "update_webhook", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let before = endpoint_of(tx, organization, id).await?;
            let mut after = WebhookEndpoint {
                url: url.clone().unwrap_or_else(|| before.url.clone()),
                description: description.clone().unwrap_or_else(|| before.description.clone()),
                event_types: types.clone().unwrap_or_else(|| before.event_types.clone()),
                disabled: match change.enabled {
                    Some(true) => None,
                    Some(false) => before.disabled.or(Some(DisabledReason::Owner)),
                    None => before.disabled,
                },
                ..before.clone()
            };
            if after == before {
                return Ok(before);
            }
            if after.is_enabled() != before.is_enabled() {
                after.failing_since = None;
            }
            after.updated_at = self.now();
            endpoints::update(tx, &after).await?;
            if !after.is_enabled() {
                webhook_deliveries::end_pending(tx, id).await?;
            }
            let details = json!({ "changes_requested": changed(&before, &after) });
            record(self, tx, actor, &after, "webhook.updated", details).await?;
            Ok(after)
        })
    }

    /// Deletes an endpoint with its log. What was waiting for it is not sent.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn delete_webhook(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WebhookEndpointId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "delete_webhook", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let row = endpoint_of(tx, organization, id).await?;
            endpoints::delete(tx, &row, self.now()).await?;
            record(self, tx, actor, &row, "webhook.deleted", json!({ "host": host(&row.url) })).await
        })
    }

    /// Gives an endpoint a new secret, which is returned this once. The present one signs too for a day, so that a receiver
    /// can be changed without losing deliveries; a third one ends at once.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn rotate_webhook(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WebhookEndpointId,
    ) -> Result<(WebhookEndpoint, Secret<String>), Error> {
        let secret = secrets::draw(self);
        let sealed = secrets::seal(self, id, &secret);
        let rotated: Result<WebhookEndpoint, Error> = write_tx!(self.store(), "rotate_webhook", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let before = endpoint_of(tx, organization, id).await?;
            let present = endpoints::secrets(tx, id).await?.current;
            let (now, until) = (self.now(), self.now().plus(ROTATION_OVERLAP));
            let row = WebhookEndpoint { previous_until: Some(until), updated_at: now, ..before };
            endpoints::rotate(tx, &row, (&sealed, &present), until).await?;
            let details = json!({ "previous_secret_ends_at": until });
            record(self, tx, actor, &row, "webhook.secret_rotated", details).await?;
            Ok(row)
        });
        rotated.map(|row| (row, secret.text()))
    }
}

/// Finds an endpoint of this organization; one of another organization is answered like a missing one.
pub(super) async fn endpoint_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &WebhookEndpointId,
) -> Result<WebhookEndpoint, Error> {
    endpoints::find(tx, organization, id).await?.ok_or_else(|| Error::not_found("webhook", id.as_str()))
}

/// Writes an audit row about an endpoint.
pub(super) async fn record(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &WebhookEndpoint,
    action: &'static str,
    details: Value,
) -> Result<(), Error> {
    let (organization, target) = (&row.organization, row.id.as_str());
    app.record(tx, actor, AuditEntry { organization, action, target, details }).await
}

/// The fields of an endpoint in the audit log. Of the address only the host is kept: the rest may hold a secret.
fn described(row: &WebhookEndpoint) -> Value {
    json!({
        "host": host(&row.url),
        "description": row.description,
        "event_types": row.event_types.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        "enabled": row.is_enabled(),
    })
}

/// The fields that differ, with their new values.
fn changed(before: &WebhookEndpoint, after: &WebhookEndpoint) -> Value {
    let mut fields = described(after);
    let old = described(before);
    if let Value::Object(fields) = &mut fields {
        fields.retain(|name, value| old.get(name) != Some(value));
        if before.url != after.url {
            fields.insert("host".to_owned(), json!(host(&after.url)));
        }
    }
    fields
}
