//! People with a role in a project, `organization.project.user`.

use axum::Json;
use axum::extract::State;
use keystead_app::projects::people::{MemberRef, PersonOfProject};
use keystead_core::id::UserId;
use serde_json::{Value, json};

use super::role_names::project_role;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

fn show(person: &PersonOfProject) -> Value {
    json!({
        "id": person.user,
        "object": "organization.project.user",
        "name": person.name,
        "email": person.email,
        "role": person.role.as_str(),
        "added_at": person.added_at,
    })
}

/// `GET /v1/organization/projects/{project_id}/users`, newest first.
pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let wanted = page::wanted(&query, false)?;
    let listing = state.app.project_people(&admin.actor, &admin.organization, &project, wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show))
}

/// `POST /v1/organization/projects/{project_id}/users`: adds a member of the organization, by id or by address.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let (id, email) = (fields.text("user_id")?, fields.text("email")?);
    let role = project_role(&fields, &project)?;
    let role = role.ok_or_else(|| ApiError::missing("role"))?;
    let member = match (id, email) {
        (Some(id), None) => MemberRef::Id(id.parse().map_err(|_| ApiError::not_found("user", &id))?),
        (None, Some(email)) => MemberRef::Email(email),
        (Some(_), Some(_)) => {
            return Err(ApiError::param("email", "Only one of 'user_id' and 'email' can be given."));
        }
        (None, None) => return Err(ApiError::param("user_id", "Missing required parameter: 'user_id' or 'email'.")),
    };
    let added = state.app.add_project_person(&admin.actor, &admin.organization, &project, &member, role).await;
    Ok(Json(show(&added.or_fail(&state)?)))
}

/// `GET /v1/organization/projects/{project_id}/users/{user_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let (project, id) = (ids.get("project_id", "project")?, ids.get("user_id", "user")?);
    let found = state.app.project_person(&admin.actor, &admin.organization, &project, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

/// `POST /v1/organization/projects/{project_id}/users/{user_id}`; without `role`, or when it is null, the role stays.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (project, id) = (ids.get("project_id", "project")?, ids.get("user_id", "user")?);
    let role = project_role(&fields, &project)?;
    let changed = state.app.update_project_person(&admin.actor, &admin.organization, &project, &id, role).await;
    Ok(Json(show(&changed.or_fail(&state)?)))
}

/// `DELETE /v1/organization/projects/{project_id}/users/{user_id}`: the person stays in the organization.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let id: UserId = ids.get("user_id", "user")?;
    let removed = state.app.remove_project_person(&admin.actor, &admin.organization, &project, &id).await;
    removed.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.project.user.deleted", "deleted": true })))
}
