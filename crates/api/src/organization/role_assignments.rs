//! Who holds which role: `{user_id}` or `{group_id}` in the path is the holder, and `{project_id}` the project, without
//! which the role is one of the organization.

use axum::Json;
use axum::extract::State;
use keystead_app::roles::Place;
use keystead_app::roles::assignments::{HeldRole, Holder};
use keystead_core::id::ProjectId;
use keystead_core::role::Principal;
use serde_json::{Value, json};

use super::{roles, users};
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

fn principal(ids: &Ids) -> Result<Principal, ApiError> {
    match ids.optional("group_id", "group")? {
        Some(group) => Ok(Principal::Group(group)),
        None => ids.get("user_id", "user").map(Principal::User),
    }
}

/// Times and author are those of the role.
fn show(held: &HeldRole) -> Value {
    let made = held.role.made.as_ref();
    let source = |source: &Principal| json!({ "principal_id": source.as_str(), "principal_type": source.kind() });
    let mut shown = roles::show_bare(&held.role);
    shown["created_at"] = json!(made.map(|made| made.at));
    shown["updated_at"] = json!(made.map(|made| made.changed_at));
    shown["created_by"] = json!(made.map(|made| &made.by));
    (shown["created_by_user_obj"], shown["metadata"]) = (Value::Null, Value::Null);
    shown["assignment_sources"] = held.sources.iter().map(source).collect();
    shown
}

/// `GET …/roles` of a holder.
pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let project: Option<ProjectId> = ids.optional("project_id", "project")?;
    let principal = principal(&ids)?;
    let place = Place { organization: &admin.organization, project: project.as_ref() };
    let wanted = page::next_page(&query, true, (1_000, 1_000))?;
    let listing = state.app.held_roles(&admin.actor, place, &principal, wanted.page()).await.or_fail(&state)?;
    Ok(wanted.list(&listing, show, |held| held.role.position()))
}

/// `POST …/roles` of a holder.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project: Option<ProjectId> = ids.optional("project_id", "project")?;
    let principal = principal(&ids)?;
    let place = Place { organization: &admin.organization, project: project.as_ref() };
    let role = fields.required_text("role_id")?;
    let (holder, role) = state.app.assign_role(&admin.actor, place, &principal, &role).await.or_fail(&state)?;
    let role = roles::show(&role);
    Ok(Json(match &holder {
        Holder::User(member) => json!({ "object": "user.role", "user": users::show(member), "role": role }),
        Holder::Group(group) => {
            let group = json!({
                "object": "group", "id": group.id, "name": group.name, "created_at": group.created_at, "scim_managed": false,
            });
            json!({ "object": "group.role", "group": group, "role": role })
        }
    }))
}

/// `GET …/roles/{role_id}` of a holder.
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project: Option<ProjectId> = ids.optional("project_id", "project")?;
    let principal = principal(&ids)?;
    let place = Place { organization: &admin.organization, project: project.as_ref() };
    let held = state.app.held_role(&admin.actor, place, &principal, &ids.text("role_id")).await.or_fail(&state)?;
    Ok(Json(show(&held)))
}

/// `DELETE …/roles/{role_id}` of a holder.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project: Option<ProjectId> = ids.optional("project_id", "project")?;
    let principal = principal(&ids)?;
    let place = Place { organization: &admin.organization, project: project.as_ref() };
    state.app.unassign_role(&admin.actor, place, &principal, &ids.text("role_id")).await.or_fail(&state)?;
    Ok(Json(json!({ "object": format!("{}.role.deleted", principal.kind()), "deleted": true })))
}
