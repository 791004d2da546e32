//! Roles of the organization, and with `{project_id}` in the path those of a project.

use axum::Json;
use axum::extract::State;
use keystead_app::roles::{NewRole, Place, Role, RoleChange};
use keystead_core::id::ProjectId;
use keystead_core::role::RoleRef;
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

/// The role as a field of other objects.
pub(super) fn show(role: &Role) -> Value {
    let mut shown = show_bare(role);
    shown["object"] = "role".into();
    shown
}

/// The role in lists of what a holder has, where it has no `object`.
pub(super) fn show_bare(role: &Role) -> Value {
    json!({
        "id": role.id.as_str(),
        "name": role.name,
        "description": role.description,
        "permissions": role.permissions,
        "resource_type": role.resource.kind(),
        "predefined_role": matches!(role.id, RoleRef::Preset(_)),
    })
}

/// `GET …/roles`, preset roles first, then the oldest.
pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let project: Option<ProjectId> = ids.optional("project_id", "project")?;
    let place = Place { organization: &admin.organization, project: project.as_ref() };
    let wanted = page::next_page(&query, true, (1_000, 1_000))?;
    let listing = state.app.roles(&admin.actor, place, wanted.page()).await.or_fail(&state)?;
    Ok(wanted.list(&listing, show, Role::position))
}

/// `POST …/roles`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project: Option<ProjectId> = ids.optional("project_id", "project")?;
    let place = Place { organization: &admin.organization, project: project.as_ref() };
    let permissions = fields.texts("permissions")?;
    let permissions = permissions.ok_or_else(|| ApiError::missing("permissions"))?;
    let description = fields.text("description")?;
    let asked = NewRole { name: fields.required_text("role_name")?, permissions, description };
    let role = state.app.create_role(&admin.actor, place, asked).await.or_fail(&state)?;
    Ok(Json(show(&role)))
}

/// `GET …/roles/{role_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project: Option<ProjectId> = ids.optional("project_id", "project")?;
    let place = Place { organization: &admin.organization, project: project.as_ref() };
    let role = state.app.role(&admin.actor, place, &ids.text("role_id")).await.or_fail(&state)?;
    Ok(Json(show(&role)))
}

/// `POST …/roles/{role_id}`: absent fields stay as they are, and `description` can be null.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project: Option<ProjectId> = ids.optional("project_id", "project")?;
    let place = Place { organization: &admin.organization, project: project.as_ref() };
    let description = match fields.text("description")? {
        None if fields.is_null("description") => Some(None),
        text => text.map(Some),
    };
    let change = RoleChange { name: fields.text("role_name")?, permissions: fields.texts("permissions")?, description };
    let role = state.app.update_role(&admin.actor, place, &ids.text("role_id"), change).await.or_fail(&state)?;
    Ok(Json(show(&role)))
}

/// `DELETE …/roles/{role_id}`
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project: Option<ProjectId> = ids.optional("project_id", "project")?;
    let place = Place { organization: &admin.organization, project: project.as_ref() };
    let id = state.app.delete_role(&admin.actor, place, &ids.text("role_id")).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "role.deleted", "id": id.as_str(), "deleted": true })))
}
