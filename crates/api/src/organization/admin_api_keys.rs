//! Admin API keys, `organization.admin_api_key`.

use axum::Json;
use axum::extract::State;
use keystead_app::KeyWithOwner;
use keystead_app::keys::NewKey;
use keystead_core::id::KeyId;
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

/// The object without its secret.
fn show(found: &KeyWithOwner) -> Value {
    let key = &found.key;
    json!({
        "id": key.id,
        "object": "organization.admin_api_key",
        "name": key.name,
        "redacted_value": key.redacted,
        "scopes": key.restriction.0,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "owner": {
            "type": "user",
            "object": "organization.user",
            "id": key.owner.as_str(),
            "name": found.owner_name,
            "created_at": found.owner_created_at,
            "role": found.owner_role,
        },
    })
}

/// `GET /v1/organization/admin_api_keys`
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, true)?;
    let listing = state.app.admin_keys(&admin.actor, &admin.organization, wanted.page()).await.or_fail(&state)?;
    Ok(wanted.list(&listing, show))
}

/// `POST /v1/organization/admin_api_keys`: the only response with the secret.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let name = Some(fields.required_text("name")?);
    let asked = NewKey { name, scopes: fields.scopes()?.unwrap_or_default(), expires_in_seconds: fields.lifetime()? };
    let minted = state.app.create_admin_key(&admin.actor, &admin.organization, asked).await.or_fail(&state)?;
    let found = state.app.admin_key(&admin.actor, &admin.organization, &minted.key.id).await.or_fail(&state)?;
    let mut answer = show(&found);
    answer["value"] = minted.secret.expose().as_str().into();
    Ok(Json(answer))
}

/// `GET /v1/organization/admin_api_keys/{key_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("key_id", "admin API key")?;
    let found = state.app.admin_key(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&found)))
}

/// `DELETE /v1/organization/admin_api_keys/{key_id}`
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id: KeyId = ids.get("key_id", "admin API key")?;
    state.app.delete_admin_key(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.admin_api_key.deleted", "deleted": true })))
}
