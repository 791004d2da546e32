//! `DELETE /v1/organization/admin_api_keys/{key_id}`

use axum::Json;
use axum::extract::State;
use keystead_core::id::KeyId;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, Failure> {
    let id: KeyId = ids.get("key_id", "admin API key")?;
    state.app.delete_admin_key(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.admin_api_key.deleted", "deleted": true })))
}
