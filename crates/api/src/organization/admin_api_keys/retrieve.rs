//! `GET /v1/organization/admin_api_keys/{key_id}`

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::show;
use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, Failure> {
    let id = ids.get("key_id", "admin API key")?;
    let found = state.app.admin_key(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&found)))
}
