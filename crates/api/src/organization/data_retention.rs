//! `/v1/organization/data_retention` and `/v1/organization/projects/{project_id}/data_retention`. The field of a request
//! is `retention_type`, and that of an answer `type`.

use axum::Json;
use axum::extract::State;
use keystead_core::data_retention::DataRetention;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

/// The field of a request.
const NAME: &str = "retention_type";
/// What a project has that follows its organization.
const DEFAULT: &str = "organization_default";

fn show(object: &str, name: &str) -> Json<Value> {
    Json(json!({ "object": object, "type": name }))
}

fn show_project(setting: Option<DataRetention>) -> Json<Value> {
    show("project.data_retention", setting.map_or(DEFAULT, DataRetention::as_str))
}

fn wrong(name: &str) -> ApiError {
    let name = keystead_core::text::printable(name);
    ApiError::param(NAME, format!("Invalid '{NAME}': '{name}' is not a type of data retention."))
}

pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let setting = state.app.data_retention(&admin.actor, &admin.organization).await.or_fail(&state)?;
    Ok(show("organization.data_retention", setting.as_str()))
}

pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let name = fields.required_text(NAME)?;
    // Only a project can be without one.
    let setting = DataRetention::from_name(&name).filter(|setting| *setting != DataRetention::None);
    let setting = setting.ok_or_else(|| wrong(&name))?;
    state.app.set_data_retention(&admin.actor, &admin.organization, setting).await.or_fail(&state)?;
    Ok(show("organization.data_retention", setting.as_str()))
}

pub(crate) async fn retrieve_project(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let setting = state.app.project_data_retention(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(show_project(setting))
}

pub(crate) async fn update_project(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let name = fields.required_text(NAME)?;
    let setting = match name.as_str() {
        DEFAULT => None,
        other => Some(DataRetention::from_name(other).ok_or_else(|| wrong(other))?),
    };
    let set = state.app.set_project_data_retention(&admin.actor, &admin.organization, &id, setting).await;
    set.or_fail(&state)?;
    Ok(show_project(setting))
}
