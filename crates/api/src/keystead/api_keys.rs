//! `GET /v1/keystead/api_keys/{key_id}`: how a key stands and why, be it deleted.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, Failure> {
    let id = ids.get("key_id", "API key")?;
    let (key, key_state) = state.app.explain_key(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({
        "id": key.id,
        "object": "keystead.api_key",
        "kind": key.kind.as_str(),
        "name": key.name,
        "redacted_value": key.redacted,
        "state": key_state.as_str(),
        "scopes": key.restriction.0,
        "organization_id": key.organization,
        "project_id": key.project,
        "owner_id": key.owner.as_str(),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
        "revoked_by": key.revoked_by,
        "revoked_reason": key.revoked_reason,
    })))
}
