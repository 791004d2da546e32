//! Groups of people, and who is in them.

use axum::Json;
use axum::extract::State;
use keystead_app::groups::Group;
use keystead_app::groups::members::GroupMember;
use keystead_core::id::{GroupId, UserId};
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

fn show(group: &Group) -> Value {
    let mut shown = show_updated(group);
    shown["group_type"] = "group".into();
    shown
}

/// OpenAI's API leaves the type out of the answer to an update.
fn show_updated(group: &Group) -> Value {
    json!({ "id": group.id, "name": group.name, "created_at": group.created_at, "is_scim_managed": false })
}

/// `GET /v1/organization/groups`, oldest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::next_page(&query, true, (100, 1_000))?;
    let listing = state.app.groups(&admin.actor, &admin.organization, wanted.page()).await.or_fail(&state)?;
    Ok(wanted.list(&listing, show, |group| (group.created_at, group.id.as_str())))
}

/// `POST /v1/organization/groups`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let name = fields.required_text("name")?;
    let group = state.app.create_group(&admin.actor, &admin.organization, &name).await.or_fail(&state)?;
    Ok(Json(show(&group)))
}

/// `GET /v1/organization/groups/{group_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("group_id", "group")?;
    let group = state.app.group(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&group)))
}

/// `POST /v1/organization/groups/{group_id}`
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("group_id", "group")?;
    let name = fields.required_text("name")?;
    let group = state.app.rename_group(&admin.actor, &admin.organization, &id, &name).await.or_fail(&state)?;
    Ok(Json(show_updated(&group)))
}

/// `DELETE /v1/organization/groups/{group_id}`
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id: GroupId = ids.get("group_id", "group")?;
    state.app.delete_group(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "group.deleted", "id": id, "deleted": true })))
}

fn show_user(member: &GroupMember) -> Value {
    json!({ "id": member.user, "name": member.name, "email": member.email })
}

/// `GET /v1/organization/groups/{group_id}/users`, newest first.
pub(crate) async fn list_users(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let group = ids.get("group_id", "group")?;
    let wanted = page::next_page(&query, false, (100, 1_000))?;
    let listing = state.app.group_members(&admin.actor, &admin.organization, &group, wanted.page()).await;
    let listing = listing.or_fail(&state)?;
    Ok(wanted.list(&listing, show_user, |member| (member.created_at, member.user.as_str())))
}

/// `POST /v1/organization/groups/{group_id}/users`
pub(crate) async fn add_user(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let group: GroupId = ids.get("group_id", "group")?;
    let user: UserId = fields.required_id("user_id", "user")?;
    state.app.add_group_member(&admin.actor, &admin.organization, &group, &user).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "group.user", "user_id": user, "group_id": group })))
}

/// `GET /v1/organization/groups/{group_id}/users/{user_id}`
pub(crate) async fn retrieve_user(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let (group, user) = (ids.get("group_id", "group")?, ids.get("user_id", "user")?);
    let member = state.app.group_member(&admin.actor, &admin.organization, &group, &user).await.or_fail(&state)?;
    let mut shown = show_user(&member);
    (shown["picture"], shown["is_service_account"], shown["user_type"]) = (Value::Null, false.into(), "user".into());
    Ok(Json(shown))
}

/// `DELETE /v1/organization/groups/{group_id}/users/{user_id}`
pub(crate) async fn remove_user(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let (group, user) = (ids.get("group_id", "group")?, ids.get("user_id", "user")?);
    state.app.remove_group_member(&admin.actor, &admin.organization, &group, &user).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "group.user.deleted", "deleted": true })))
}
