//! People of the organization, `organization.user`.

use axum::Json;
use axum::extract::State;
use keystead_app::organizations::members::{Member, MemberChange};
use keystead_core::id::UserId;
use keystead_core::role::PresetRole;
use serde_json::{Value, json};

use super::role_names::{organization_role, organization_role_id};
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

pub(super) fn show(member: &Member) -> Value {
    let user = &member.user;
    let closed = user.deactivated_at.is_some();
    let role = PresetRole::of_membership(member.membership.role);
    json!({
        "id": user.id,
        "object": "organization.user",
        "name": user.name,
        "email": user.email,
        "role": role.map(PresetRole::name),
        "added_at": member.membership.created_at,
        "created": user.created_at,
        "api_key_last_used_at": member.key_used_at,
        "technical_level": member.technical_level,
        "developer_persona": member.developer_persona,
        "is_default": false,
        "is_service_account": false,
        "is_scim_managed": false,
        "is_scale_tier_authorized_purchaser": false,
        "user": {
            "object": "user",
            "id": user.id,
            "email": user.email,
            "name": user.name,
            "picture": null,
            "enabled": !closed,
            "banned": closed,
            "banned_at": user.deactivated_at,
        },
    })
}

/// `GET /v1/organization/users`, newest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let emails = query.many("emails");
    let listing = state.app.members(&admin.actor, &admin.organization, &emails, wanted.page()).await.or_fail(&state)?;
    Ok(wanted.list(&listing, show))
}

/// `GET /v1/organization/users/{user_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("user_id", "user")?;
    let member = state.app.member(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&member)))
}

/// `POST /v1/organization/users/{user_id}`; what is absent or null stays.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("user_id", "user")?;
    let technical_level = fields.text("technical_level")?;
    let developer_persona = fields.text("developer_persona")?;
    let by_id = organization_role_id(&fields, &admin.organization)?;
    let role = match (organization_role(&fields)?, by_id) {
        (Some(name), Some(id)) if name != id => {
            return Err(ApiError::param("role_id", "Invalid 'role_id': it names another role than 'role'."));
        }
        (name, id) => name.or(id),
    };
    let change = MemberChange { role, technical_level, developer_persona };
    let member = state.app.update_member(&admin.actor, &admin.organization, &id, &change).await;
    Ok(Json(show(&member.or_fail(&state)?)))
}

/// `DELETE /v1/organization/users/{user_id}`: the person's keys in the organization stop working.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id: UserId = ids.get("user_id", "user")?;
    state.app.remove_member(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.user.deleted", "deleted": true })))
}
