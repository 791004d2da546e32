//! `/v1/organization/spend_limit` and `/v1/organization/projects/{project_id}/spend_limit`: the most that may be spent in
//! a month.

use axum::Json;
use axum::extract::State;
use keystead_app::organizations::spend_limits::SpendLimitView;
use keystead_core::id::ProjectId;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

/// The fields of a request.
pub(crate) const MEMBERS: &[&str] = &["threshold_amount", "currency", "interval"];

/// Reads the threshold in cents; currency and interval have one value each.
pub(super) fn threshold(fields: &Fields) -> Result<i64, ApiError> {
    let cents = fields.number("threshold_amount")?.ok_or_else(|| ApiError::missing("threshold_amount"))?;
    for (name, only) in [("currency", "USD"), ("interval", "month")] {
        if fields.required_text(name)? != only {
            return Err(ApiError::param(name, format!("Invalid '{name}': must be '{only}'.")));
        }
    }
    Ok(cents)
}

fn show(object: &str, limit: SpendLimitView) -> Json<Value> {
    let status = if limit.reached { "enforcing" } else { "inactive" };
    Json(json!({
        "object": object,
        "threshold_amount": limit.cents,
        "currency": "USD",
        "interval": "month",
        "enforcement": { "status": status },
    }))
}

fn deleted(object: &str) -> Json<Value> {
    Json(json!({ "object": object, "deleted": true }))
}

pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let limit = state.app.spend_limit(&admin.actor, &admin.organization, None).await.or_fail(&state)?;
    Ok(show("organization.spend_limit", limit))
}

pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let cents = threshold(&fields)?;
    let limit = state.app.set_spend_limit(&admin.actor, &admin.organization, None, cents).await.or_fail(&state)?;
    Ok(show("organization.spend_limit", limit))
}

pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    state.app.delete_spend_limit(&admin.actor, &admin.organization, None).await.or_fail(&state)?;
    Ok(deleted("organization.spend_limit.deleted"))
}

pub(crate) async fn retrieve_project(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let id: ProjectId = ids.get("project_id", "project")?;
    let limit = state.app.spend_limit(&admin.actor, &admin.organization, Some(&id)).await.or_fail(&state)?;
    Ok(show("project.spend_limit", limit))
}

pub(crate) async fn update_project(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id: ProjectId = ids.get("project_id", "project")?;
    let cents = threshold(&fields)?;
    let limit = state.app.set_spend_limit(&admin.actor, &admin.organization, Some(&id), cents).await;
    Ok(show("project.spend_limit", limit.or_fail(&state)?))
}

pub(crate) async fn delete_project(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let id: ProjectId = ids.get("project_id", "project")?;
    state.app.delete_spend_limit(&admin.actor, &admin.organization, Some(&id)).await.or_fail(&state)?;
    Ok(deleted("project.spend_limit.deleted"))
}
