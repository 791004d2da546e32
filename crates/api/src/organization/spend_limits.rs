//! `/v1/organization/spend_limit` and `/v1/organization/projects/{project_id}/spend_limit`: the most that may be spent in
//! a month. Handlers of both are the same: a project is in the path, or it is not.

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

/// The project of the path, if its template has one.
pub(super) fn project(ids: &Ids) -> Result<Option<ProjectId>, ApiError> {
    ids.optional("project_id", "project")
}

const fn object(project: Option<&ProjectId>) -> &'static str {
    if project.is_some() { "project.spend_limit" } else { "organization.spend_limit" }
}

fn show(project: Option<&ProjectId>, limit: SpendLimitView) -> Json<Value> {
    let status = if limit.reached { "enforcing" } else { "inactive" };
    Json(json!({
        "object": object(project),
        "threshold_amount": limit.cents,
        "currency": "USD",
        "interval": "month",
        "enforcement": { "status": status },
    }))
}

pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project = project(&ids)?;
    let limit = state.app.spend_limit(&admin.actor, &admin.organization, project.as_ref()).await.or_fail(&state)?;
    Ok(show(project.as_ref(), limit))
}

pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (project, cents) = (project(&ids)?, threshold(&fields)?);
    let limit = state.app.set_spend_limit(&admin.actor, &admin.organization, project.as_ref(), cents).await;
    Ok(show(project.as_ref(), limit.or_fail(&state)?))
}

pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project = project(&ids)?;
    state.app.delete_spend_limit(&admin.actor, &admin.organization, project.as_ref()).await.or_fail(&state)?;
    Ok(Json(json!({ "object": format!("{}.deleted", object(project.as_ref())), "deleted": true })))
}
