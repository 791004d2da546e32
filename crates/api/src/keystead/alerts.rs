//! `/v1/keystead/alerts`: alerts about budgets, by a share or by an amount, by mail and by webhook.

use axum::Json;
use axum::extract::State;
use keystead_app::budgets::alerts::{BudgetAlertSettings, BudgetAlertView, NewThreshold};
use keystead_core::budget::Threshold;
use keystead_core::id::{BudgetAlertId, BudgetId, WebhookEndpointId};
use serde_json::{Value, json};

use super::budgets::unit;
use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::page;
use crate::path::Ids;
use crate::query::Query;

/// The fields of a new alert.
pub(crate) const MEMBERS: &[&str] = &["budget_id", "percent", "amount", "recipients", "mail_owners", "webhook_ids"];
/// The fields of a change.
pub(crate) const CHANGES: &[&str] = &["percent", "amount", "recipients", "mail_owners", "webhook_ids"];

fn show(view: &BudgetAlertView) -> Value {
    let (alert, measure) = (&view.alert, view.measure);
    let (percent, amount) = match alert.threshold {
        Threshold::Share(percent) => (Some(percent), None),
        Threshold::Amount(amount) => (None, Some(measure.figure(amount))),
    };
    json!({
        "id": alert.id,
        "object": "keystead.alert",
        "budget_id": alert.budget,
        "percent": percent,
        "amount": amount,
        "unit": unit(measure),
        "recipients": alert.recipients,
        "mail_owners": alert.owners,
        "webhook_ids": alert.webhooks,
        "last_reached_at": alert.last_reached.map(|(at, _)| at),
        "last_used": alert.last_reached.map(|(_, used)| measure.figure(used)),
        "created_at": alert.created_at,
    })
}

fn alert_id(ids: &Ids) -> Result<BudgetAlertId, ApiError> {
    ids.get("budget_alert_id", "alert")
}

/// Reads threshold and channels; exactly one of `percent` and `amount` is required.
fn settings(fields: &Fields) -> Result<BudgetAlertSettings, ApiError> {
    let (percent, amount) = (fields.number("percent")?, fields.number("amount")?);
    let (recipients, owners) = (fields.texts("recipients")?.unwrap_or_default(), fields.flag("mail_owners")?);
    let webhooks = fields.texts("webhook_ids")?.map(|ids| {
        let read = |id: &String| id.parse().map_err(|_| ApiError::not_found("webhook", id));
        ids.iter().map(read).collect::<Result<Vec<WebhookEndpointId>, ApiError>>()
    });
    let threshold = match (percent, amount) {
        (Some(percent), None) => NewThreshold::Percent(percent),
        (None, Some(amount)) => NewThreshold::Amount(amount),
        (Some(_), Some(_)) => {
            return Err(ApiError::param("amount", "Only one of 'percent' and 'amount' can be given."));
        }
        (None, None) => return Err(ApiError::missing("percent")),
    };
    Ok(BudgetAlertSettings { threshold, recipients, owners, webhooks: webhooks.transpose()? })
}

/// `GET /v1/keystead/alerts`, oldest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, true)?;
    let listed = state.app.budget_alerts(&admin.actor, &admin.organization, &wanted.page()).await;
    let listed = listed.or_fail(&state)?;
    Ok(wanted.list(&listed, show))
}

/// `POST /v1/keystead/alerts`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let budget: BudgetId = fields.required_id("budget_id", "budget")?;
    let settings = settings(&fields)?;
    let made = state.app.create_budget_alert(&admin.actor, &admin.organization, &budget, settings).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `GET /v1/keystead/alerts/{budget_alert_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let found = state.app.budget_alert(&admin.actor, &admin.organization, &alert_id(&ids)?).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

/// `POST /v1/keystead/alerts/{budget_alert_id}`: replaces threshold and channels.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (id, settings) = (alert_id(&ids)?, settings(&fields)?);
    let changed = state.app.update_budget_alert(&admin.actor, &admin.organization, &id, settings).await;
    Ok(Json(show(&changed.or_fail(&state)?)))
}

/// `DELETE /v1/keystead/alerts/{budget_alert_id}`
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = alert_id(&ids)?;
    state.app.delete_budget_alert(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "keystead.alert.deleted", "deleted": true })))
}
