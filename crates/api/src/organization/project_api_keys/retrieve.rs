//! `GET /v1/organization/projects/{project_id}/api_keys/{key_id}`

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::show;
use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, Failure> {
    let project = ids.get("project_id", "project")?;
    let id = ids.get("key_id", "API key")?;
    let found = state.app.project_key(&admin.actor, &admin.organization, &project, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}
