//! `DELETE /v1/organization/projects/{project_id}/service_accounts/{service_account_id}`: its keys go with it.

use axum::Json;
use axum::extract::State;
use keystead_core::id::ServiceAccountId;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, Failure> {
    let project = ids.get("project_id", "project")?;
    let id: ServiceAccountId = ids.get("service_account_id", "service account")?;
    state.app.delete_service_account(&admin.actor, &admin.organization, &project, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.project.service_account.deleted", "deleted": true })))
}
