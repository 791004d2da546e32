//! `/v1/organization/spend_alerts` and `/v1/organization/projects/{project_id}/spend_alerts`: mails about what was spent
//! in a month. Handlers of both are the same: a project is in the path, or it is not.

use axum::Json;
use axum::extract::State;
use keystead_app::organizations::spend_alerts::{SpendAlert, SpendAlertSettings};
use keystead_core::budget::BudgetSubject;
use keystead_core::id::SpendAlertId;
use serde_json::{Value, json};

use super::spend_limits::{project, threshold};
use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::page;
use crate::path::Ids;
use crate::query::Query;

/// The fields of a request.
pub(crate) const MEMBERS: &[&str] = &["threshold_amount", "currency", "interval", "notification_channel"];
/// The field with the recipients.
const CHANNEL: &str = "notification_channel";

fn object(subject: &BudgetSubject) -> &'static str {
    match subject {
        BudgetSubject::Project(_) => "project.spend_alert",
        BudgetSubject::Organization(_) | BudgetSubject::Person(_) | BudgetSubject::Key(_) => "organization.spend_alert",
    }
}

fn show(alert: &SpendAlert) -> Value {
    json!({
        "id": alert.id,
        "object": object(&alert.subject),
        "threshold_amount": alert.cents,
        "currency": "USD",
        "interval": "month",
        "notification_channel": {
            "type": "email",
            "recipients": alert.recipients,
            "subject_prefix": alert.subject_prefix,
        },
    })
}

fn alert(ids: &Ids) -> Result<SpendAlertId, ApiError> {
    ids.get(if ids.has("project_id") { "project_alert_id" } else { "alert_id" }, "spend alert")
}

fn settings(fields: &Fields) -> Result<SpendAlertSettings, ApiError> {
    let cents = threshold(fields)?;
    let wrong = |what: &str| ApiError::param(CHANNEL, format!("Invalid '{CHANNEL}': {what}."));
    let channel = fields.members(CHANNEL, &["type", "recipients", "subject_prefix"])?;
    let channel = channel.ok_or_else(|| ApiError::missing(CHANNEL))?;
    if channel.get("type").and_then(Value::as_str) != Some("email") {
        return Err(wrong("'type' must be 'email'"));
    }
    let recipients = channel.get("recipients").and_then(Value::as_array);
    let recipients = recipients.ok_or_else(|| wrong("'recipients' must be an array of strings"))?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let recipients: Option<Vec<String>> = recipients.iter().map(text).collect();
    let recipients = recipients.ok_or_else(|| wrong("'recipients' must be an array of strings"))?;
    let subject_prefix = match channel.get("subject_prefix") {
        None | Some(Value::Null) => None,
        Some(prefix) => Some(text(prefix).ok_or_else(|| wrong("'subject_prefix' must be a string"))?),
    };
    Ok(SpendAlertSettings { cents, recipients, subject_prefix })
}

pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let (project, wanted) = (project(&ids)?, page::wanted(&query, true)?);
    let page = wanted.page();
    let listed = state.app.spend_alerts(&admin.actor, &admin.organization, project.as_ref(), &page).await;
    Ok(wanted.list(&listed.or_fail(&state)?, show))
}

pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (project, settings) = (project(&ids)?, settings(&fields)?);
    let made = state.app.create_spend_alert(&admin.actor, &admin.organization, project.as_ref(), settings).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let (project, id) = (project(&ids)?, alert(&ids)?);
    let found = state.app.spend_alert(&admin.actor, &admin.organization, project.as_ref(), &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (project, id) = (project(&ids)?, alert(&ids)?);
    let (organization, settings) = (&admin.organization, settings(&fields)?);
    let changed = state.app.update_spend_alert(&admin.actor, organization, project.as_ref(), &id, settings).await;
    Ok(Json(show(&changed.or_fail(&state)?)))
}

pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let (project, id) = (project(&ids)?, alert(&ids)?);
    let deleted = state.app.delete_spend_alert(&admin.actor, &admin.organization, project.as_ref(), &id).await;
    deleted.or_fail(&state)?;
    let object = object(&BudgetSubject::of(&admin.organization, project.as_ref()));
    Ok(Json(json!({ "id": id, "object": format!("{object}.deleted"), "deleted": true })))
}
