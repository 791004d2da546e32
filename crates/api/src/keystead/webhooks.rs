//! `/v1/keystead/webhooks`: addresses to which the organization's events are sent, and the log of deliveries.

use axum::Json;
use axum::extract::State;
use keystead_app::Page;
use keystead_app::webhooks::{NewWebhook, WebhookChange, WebhookDelivery, WebhookEndpoint};
use keystead_core::id::{WebhookDeliveryId, WebhookEndpointId};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::webhook::{DeliveryFault, DisabledReason, MOST_ENDPOINTS};
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

/// The members of a new endpoint, and of a change.
pub(crate) const MEMBERS: &[&str] = &["url", "description", "event_types", "enabled"];

fn show(webhook: &WebhookEndpoint, now: Timestamp) -> Value {
    json!({
        "id": webhook.id,
        "object": "keystead.webhook",
        "url": webhook.url,
        "description": webhook.description,
        "event_types": webhook.event_types.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        "enabled": webhook.is_enabled(),
        "disabled_reason": webhook.disabled.map(DisabledReason::as_str),
        "failing_since": webhook.failing_since,
        "previous_secret_ends_at": webhook.previous_until.filter(|until| *until > now),
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
    })
}

/// With the secret, which is shown this once.
fn show_with_secret((webhook, secret): &(WebhookEndpoint, Secret<String>), now: Timestamp) -> Value {
    let mut shown = show(webhook, now);
    if let Value::Object(members) = &mut shown {
        members.insert("secret".to_owned(), json!(secret.expose()));
    }
    shown
}

fn show_delivery(delivery: &WebhookDelivery) -> Value {
    json!({
        "id": delivery.id,
        "object": "keystead.webhook_delivery",
        "webhook_id": delivery.endpoint,
        "event_id": delivery.event,
        "event_type": delivery.event_type.as_str(),
        "state": delivery.state.as_str(),
        "attempts": delivery.attempts,
        "status": delivery.status,
        "fault": delivery.fault.map(DeliveryFault::as_str),
        "duration_ms": delivery.duration_ms,
        "last_attempt_at": delivery.last_attempt_at,
        "next_attempt_at": delivery.next_attempt_at,
        "created_at": delivery.created_at,
        "body": delivery.body,
    })
}

fn webhook_id(ids: &Ids) -> Result<WebhookEndpointId, ApiError> {
    ids.get("webhook_id", "webhook")
}

/// `GET /v1/keystead/webhooks`: all of them, oldest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let all = Page { after: None, limit: u32::try_from(MOST_ENDPOINTS).unwrap_or(u32::MAX), ascending: true };
    let listed = state.app.webhooks(&admin.actor, &admin.organization, &all).await.or_fail(&state)?;
    let now = state.app.now();
    let data: Vec<Value> = listed.data.iter().map(|webhook| show(webhook, now)).collect();
    Ok(Json(json!({ "object": "list", "data": data })))
}

/// `POST /v1/keystead/webhooks`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let asked = NewWebhook {
        url: fields.required_text("url")?,
        description: fields.text("description")?,
        event_types: fields.texts("event_types")?.ok_or_else(|| ApiError::missing("event_types"))?,
        enabled: fields.boolean("enabled")?.unwrap_or(true),
    };
    let made = state.app.create_webhook(&admin.actor, &admin.organization, &asked).await.or_fail(&state)?;
    Ok(Json(show_with_secret(&made, state.app.now())))
}

/// `GET /v1/keystead/webhooks/{webhook_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = webhook_id(&ids)?;
    let found = state.app.webhook(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&found, state.app.now())))
}

/// `POST /v1/keystead/webhooks/{webhook_id}`: fields that are not sent stay.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = webhook_id(&ids)?;
    let change = WebhookChange {
        url: fields.text("url")?,
        description: fields.nullable_text("description")?,
        event_types: fields.texts("event_types")?,
        enabled: fields.boolean("enabled")?,
    };
    let changed = state.app.update_webhook(&admin.actor, &admin.organization, &id, &change).await.or_fail(&state)?;
    Ok(Json(show(&changed, state.app.now())))
}

/// `DELETE /v1/keystead/webhooks/{webhook_id}`
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = webhook_id(&ids)?;
    state.app.delete_webhook(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "keystead.webhook.deleted", "deleted": true })))
}

/// `POST …/rotate`: a new secret; the present one signs too for a day.
pub(crate) async fn rotate(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = webhook_id(&ids)?;
    let rotated = state.app.rotate_webhook(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show_with_secret(&rotated, state.app.now())))
}

/// `POST …/test`: sends a test, and answers what it came to.
pub(crate) async fn test(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = webhook_id(&ids)?;
    let sent = state.app.test_webhook(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show_delivery(&sent)))
}

/// `GET …/deliveries`, newest first.
pub(crate) async fn deliveries(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let id = webhook_id(&ids)?;
    let wanted = page::wanted(&query, false)?;
    let listing = state.app.webhook_deliveries(&admin.actor, &admin.organization, &id, &wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show_delivery))
}

/// `POST …/deliveries/{delivery_id}/redeliver`: sends a delivery that has ended once more.
pub(crate) async fn redeliver(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = webhook_id(&ids)?;
    let delivery: WebhookDeliveryId = ids.get("delivery_id", "webhook delivery")?;
    let sent = state.app.redeliver_webhook(&admin.actor, &admin.organization, &id, &delivery).await;
    Ok(Json(show_delivery(&sent.or_fail(&state)?)))
}
