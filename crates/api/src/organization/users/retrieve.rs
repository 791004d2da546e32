//! `GET /v1/organization/users/{user_id}`

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::show;
use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::path::Ids;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, Failure> {
    let id = ids.get("user_id", "user")?;
    let member = state.app.member(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&member)))
}
