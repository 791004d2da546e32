//! `POST /v1/organization/projects/{project_id}`; `name` may be null or missing and then stays.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::show;
use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, Failure> {
    let id = ids.get("project_id", "project")?;
    let name = fields.text("name")?;
    let changed = state.app.update_project(&admin.actor, &admin.organization, &id, name.as_deref()).await;
    Ok(Json(show(&changed.or_fail(&state)?)))
}
