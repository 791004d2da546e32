//! Projects, `organization.project`.

use axum::Json;
use axum::extract::State;
use keystead_app::projects::Project;
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

fn show(project: &Project) -> Value {
    let status = if project.archived_at.is_some() { "archived" } else { "active" };
    json!({
        "id": project.id,
        "object": "organization.project",
        "name": project.name,
        "created_at": project.created_at,
        "archived_at": project.archived_at,
        "status": status,
        "external_key_id": null,
    })
}

/// `GET /v1/organization/projects`, newest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let archived = query.flag("include_archived")?.unwrap_or(false);
    let listing =
        state.app.projects(&admin.actor, &admin.organization, archived, wanted.page()).await.or_fail(&state)?;
    Ok(wanted.list(&listing, show))
}

/// `POST /v1/organization/projects`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let name = fields.required_text("name")?;
    let project = state.app.create_project(&admin.actor, &admin.organization, &name).await.or_fail(&state)?;
    Ok(Json(show(&project)))
}

/// `GET /v1/organization/projects/{project_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let project = state.app.project(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&project)))
}

/// `POST /v1/organization/projects/{project_id}`; without `name`, or when it is null, the name stays.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let name = fields.text("name")?;
    let changed = state.app.update_project(&admin.actor, &admin.organization, &id, name.as_deref()).await;
    Ok(Json(show(&changed.or_fail(&state)?)))
}

/// `POST /v1/organization/projects/{project_id}/archive`: for good; the body is ignored.
pub(crate) async fn archive(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let project = state.app.archive_project(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&project)))
}
