//! `POST /v1/organization/projects/{project_id}/service_accounts/{service_account_id}`

use axum::Json;
use axum::extract::State;
use keystead_app::projects::service_accounts::AccountChange;
use keystead_core::role::ProjectRole;
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
    let id = ids.get("service_account_id", "service account")?;
    let role = match fields.text("role")?.as_deref() {
        None => None,
        Some("member") => Some(ProjectRole::Member),
        Some("owner") => Some(ProjectRole::Owner),
        Some(_) => return Err(Failure::param("role", "Invalid 'role': must be member or owner.")),
    };
    let change = AccountChange { name: fields.text("name")?, role };
    let made = state.app.update_service_account(&admin.actor, &admin.organization, &project, &id, &change).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}
