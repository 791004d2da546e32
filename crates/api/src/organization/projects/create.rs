//! `POST /v1/organization/projects`

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::show;
use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{Failure, OrFail};

pub(crate) async fn handle(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, Failure> {
    let name = fields.required_text("name")?;
    let project = state.app.create_project(&admin.actor, &admin.organization, &name).await.or_fail(&state)?;
    Ok(Json(show(&project)))
}
