//! `/v1/keystead/organization/ip_allowlists`: the addresses from which the API may be called with the organization's
//! keys, or with those of one project.

use axum::Json;
use axum::extract::State;
use keystead_app::organizations::ip_allowlists::{CallerAddress, IpAllowlist, ListChange};
use keystead_core::id::ProjectId;
use keystead_core::network::AddressList;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::{Admin, ClientOrigin};
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

fn show(list: &IpAllowlist) -> Value {
    json!({
        "id": list.id,
        "object": "keystead.ip_allowlist",
        "name": list.name,
        "allowed_ips": list.addresses.entries(),
        "project_id": list.project,
        "active": list.active,
        "created_at": list.created_at,
        "updated_at": list.updated_at,
    })
}

fn addresses(fields: &Fields) -> Result<Option<AddressList>, ApiError> {
    let Some(entries) = fields.texts("allowed_ips")? else { return Ok(None) };
    let list = AddressList::new(entries.iter().map(String::as_str));
    list.map(Some).map_err(|fault| ApiError::param("allowed_ips", format!("Invalid 'allowed_ips': {fault}.")))
}

/// `GET`: all lists, oldest first, including those of projects.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let lists = state.app.ip_allowlists(&admin.actor, &admin.organization).await.or_fail(&state)?;
    let data: Vec<Value> = lists.iter().map(show).collect();
    Ok(Json(json!({ "object": "list", "data": data, "has_more": false })))
}

/// `POST`: a new list, which is not in force before it is activated.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let name = fields.required_text("name")?;
    let missing = || ApiError::missing("allowed_ips");
    let addresses = addresses(&fields)?.ok_or_else(missing)?;
    let project: Option<ProjectId> = fields.id("project_id", "project")?;
    let (actor, organization) = (&admin.actor, &admin.organization);
    let made = state.app.create_ip_allowlist(actor, organization, project.as_ref(), &name, addresses).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `GET …/{id}`.
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("id", "IP allowlist")?;
    let list = state.app.ip_allowlist(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&list)))
}

async fn change(
    state: &ApiState,
    admin: &Admin,
    from: ClientOrigin,
    ids: &Ids,
    fields: &Fields,
    change: ListChange,
) -> Result<IpAllowlist, ApiError> {
    let id = ids.get("id", "IP allowlist")?;
    let caller_address = CallerAddress { address: from.origin().ip, acknowledged: fields.flag("force")? };
    let changed = state.app.change_ip_allowlist(&admin.actor, &admin.organization, &id, change, caller_address).await;
    changed.or_fail(state)
}

/// `POST …/{id}`: another name or other addresses.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    from: ClientOrigin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let edit = ListChange::Edit { name: fields.text("name")?, addresses: addresses(&fields)? };
    Ok(Json(show(&change(&state, &admin, from, &ids, &fields, edit).await?)))
}

/// `POST …/{id}/activate`: in force with the next request. Refused when it would lock out the caller, unless `force`.
pub(crate) async fn activate(
    State(state): State<ApiState>,
    admin: Admin,
    from: ClientOrigin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(show(&change(&state, &admin, from, &ids, &fields, ListChange::Activate).await?)))
}

/// `POST …/{id}/deactivate`.
pub(crate) async fn deactivate(
    State(state): State<ApiState>,
    admin: Admin,
    from: ClientOrigin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(show(&change(&state, &admin, from, &ids, &fields, ListChange::Deactivate).await?)))
}

/// `DELETE …/{id}`.
pub(crate) async fn delete(
    State(state): State<ApiState>,
    admin: Admin,
    from: ClientOrigin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let gone = change(&state, &admin, from, &ids, &fields, ListChange::Delete).await?;
    Ok(Json(json!({ "id": gone.id, "object": "keystead.ip_allowlist.deleted", "deleted": true })))
}
