//! `POST /v1/organization/projects/{project_id}/service_accounts/{service_account_id}/api_keys`; the body is optional.

use axum::Json;
use axum::extract::State;
use keystead_app::keys::NewKey;
use serde_json::Value;

use super::show_key;
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
    let id = ids.get("service_account_id", "service account")?;
    let name = fields.text("name")?.unwrap_or_else(|| "Secret Key".to_owned());
    let scopes = fields.scopes()?.unwrap_or_default();
    let asked = NewKey { name: Some(name), scopes, expires_in_seconds: fields.lifetime()? };
    let made = state.app.create_service_account_key(&admin.actor, &admin.organization, &project, &id, asked).await;
    Ok(Json(show_key(&made.or_fail(&state)?)))
}
