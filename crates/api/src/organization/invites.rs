//! Invitations, `organization.invite`.

use axum::Json;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::organizations::invites::Invite;
use keystead_core::id::{InviteId, ProjectId};
use keystead_core::role::ProjectRole;
use keystead_core::text::printable;
use keystead_core::time::Timestamp;
use serde_json::{Value, json};

use super::role_names::organization_role;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

fn show(invite: &Invite, now: Timestamp) -> Value {
    let status = match invite.accepted_at {
        Some(_) => "accepted",
        None if now >= invite.expires_at => "expired",
        None => "pending",
    };
    let projects = invite.projects.iter().map(|(id, role)| json!({ "id": id, "role": role.as_str() }));
    json!({
        "id": invite.id,
        "object": "organization.invite",
        "email": invite.email,
        "role": invite.role.as_str(),
        "status": status,
        "created_at": invite.created_at,
        "expires_at": invite.expires_at,
        "accepted_at": invite.accepted_at,
        "projects": projects.collect::<Vec<_>>(),
    })
}

/// `GET /v1/organization/invites`, newest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let listing = state.app.invites(&admin.actor, &admin.organization, wanted.page()).await.or_fail(&state)?;
    let now = state.app.now();
    Ok(wanted.list(&listing, |invite| show(invite, now)))
}

/// `POST /v1/organization/invites`: mails a link. Without `projects` the person is invited to the Default project.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let email = fields.required_text("email")?;
    let role = organization_role(&fields)?;
    let role = role.ok_or_else(|| ApiError::missing("role"))?;
    let projects = projects(&fields)?;
    let (actor, organization) = (&admin.actor, &admin.organization);
    let made = state.app.invite_to_projects(actor, organization, &email, role, projects.as_deref(), None).await;
    let made = made.map_err(|error| match error {
        // Clients repeat a 409, and a member stays one.
        Error::Conflict { message } => Error::invalid("email", message),
        Error::NotFound { kind: "project", id } => {
            Error::invalid("projects", format!("Invalid 'projects': no such project: {}.", printable(&id)))
        }
        other => other,
    });
    Ok(Json(show(&made.or_fail(&state)?, state.app.now())))
}

/// `GET /v1/organization/invites/{invite_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("invite_id", "invite")?;
    let invite = state.app.invite(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&invite, state.app.now())))
}

/// `DELETE /v1/organization/invites/{invite_id}`: the link stops working. An accepted one cannot be deleted.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id: InviteId = ids.get("invite_id", "invite")?;
    state.app.revoke_invite(&admin.actor, &admin.organization, id.as_str()).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.invite.deleted", "deleted": true })))
}

/// Parses `projects`, a list of ids and roles.
fn projects(fields: &Fields) -> Result<Option<Vec<(ProjectId, ProjectRole)>>, ApiError> {
    const WANTED: &str = "Invalid 'projects': expected a list of objects with 'id' and 'role', member or owner.";
    let wrong = || ApiError::param("projects", WANTED);
    let Some(sent) = fields.value("projects") else { return Ok(None) };
    let one = |item: &Value| {
        let item = item.as_object().filter(|item| item.keys().all(|name| matches!(name.as_str(), "id" | "role")));
        let text = |name: &str| item.and_then(|item| item.get(name)?.as_str()).ok_or_else(wrong);
        let (id, role) = (text("id")?, text("role")?);
        let role = ProjectRole::from_name(role).filter(|role| matches!(role, ProjectRole::Owner | ProjectRole::Member));
        let missing =
            |_| ApiError::param("projects", format!("Invalid 'projects': no such project: {}.", printable(id)));
        Ok((id.parse::<ProjectId>().map_err(missing)?, role.ok_or_else(wrong)?))
    };
    sent.as_array().ok_or_else(wrong)?.iter().map(one).collect::<Result<_, _>>().map(Some)
}
