//! `POST /v1/organization/projects/{project_id}/archive`: for good; the body is ignored.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::show;
use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, Failure> {
    let id = ids.get("project_id", "project")?;
    let project = state.app.archive_project(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&project)))
}
