//! Groups with a role in a project, `project.group`.

use axum::Json;
use axum::extract::State;
use keystead_app::groups::projects::GroupInProject;
use keystead_core::id::{GroupId, ProjectId};
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

fn show(project: &ProjectId, group: &GroupInProject) -> Value {
    json!({
        "object": "project.group",
        "project_id": project,
        "group_id": group.group,
        "group_name": group.name,
        "group_type": "group",
        "created_at": group.created_at,
    })
}

/// `GET /v1/organization/projects/{project_id}/groups`, the oldest group first.
pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let wanted = page::next_page(&query, true, (20, 100))?;
    let listing = state.app.project_groups(&admin.actor, &admin.organization, &project, wanted.page()).await;
    let show = |group: &GroupInProject| show(&project, group);
    Ok(wanted.list(&listing.or_fail(&state)?, show, |group| (group.made_at, group.group.as_str())))
}

/// `POST /v1/organization/projects/{project_id}/groups`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let role = fields.required_text("role")?;
    let group: GroupId = fields.required_id("group_id", "group")?;
    let made = state.app.add_project_group(&admin.actor, &admin.organization, &project, (&group, &role)).await;
    Ok(Json(show(&project, &made.or_fail(&state)?)))
}

/// `GET /v1/organization/projects/{project_id}/groups/{group_id}`
pub(crate) async fn retrieve(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let (project, group): (_, GroupId) = (ids.get("project_id", "project")?, ids.get("group_id", "group")?);
    match query.one("group_type") {
        None | Some("group") => {}
        // No tenant stands above the organizations of an installation.
        Some("tenant_group") => return Err(ApiError::not_found("group", group.as_str())),
        Some(_) => {
            return Err(ApiError::param("group_type", "Invalid 'group_type': must be group or tenant_group."));
        }
    }
    let found = state.app.project_group(&admin.actor, &admin.organization, &project, &group).await;
    Ok(Json(show(&project, &found.or_fail(&state)?)))
}

/// `DELETE /v1/organization/projects/{project_id}/groups/{group_id}`
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let (project, group) = (ids.get("project_id", "project")?, ids.get("group_id", "group")?);
    state.app.remove_project_group(&admin.actor, &admin.organization, &project, &group).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "project.group.deleted", "deleted": true })))
}
