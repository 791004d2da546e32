//! `DELETE /v1/organization/projects/{project_id}/api_keys/{key_id}`: a service account and its other keys stay.

use axum::Json;
use axum::extract::State;
use keystead_core::id::KeyId;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, Failure> {
    let project = ids.get("project_id", "project")?;
    let id: KeyId = ids.get("key_id", "API key")?;
    state.app.delete_project_key(&admin.actor, &admin.organization, &project, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.project.api_key.deleted", "deleted": true })))
}
