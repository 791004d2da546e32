//! `POST /v1/organization/projects/{project_id}/api_keys/{key_id}`: scopes or life; the secret stays.

use axum::Json;
use axum::extract::State;
use keystead_app::keys::KeyChange;
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
    let project = ids.get("project_id", "project")?;
    let id = ids.get("key_id", "API key")?;
    fields.not_null("scopes")?;
    fields.not_null("expires_in_seconds")?;
    let change = KeyChange { scopes: fields.scopes()?, expires_in_seconds: fields.lifetime()?, name: None };
    let made = state.app.update_project_key(&admin.actor, &admin.organization, &project, &id, &change).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}
