//! `GET /v1/organization/projects/{project_id}/service_accounts/{service_account_id}`

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
    let id = ids.get("service_account_id", "service account")?;
    let found = state.app.service_account(&admin.actor, &admin.organization, &project, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}
