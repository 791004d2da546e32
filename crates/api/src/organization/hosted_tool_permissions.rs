//! `/v1/organization/projects/{project_id}/hosted_tool_permissions`: the tools of model servers that a project may use.

use axum::Json;
use axum::extract::State;
use keystead_core::project_features::{HostedTool, ProjectFeatures};
use serde_json::{Map, Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

/// The fields of an update.
pub(crate) const MEMBERS: &[&str] = &["file_search", "web_search", "image_generation", "mcp", "code_interpreter"];

fn show(features: &ProjectFeatures) -> Json<Value> {
    let permission = |tool: HostedTool| {
        let enabled = !features.denied_tools.contains(tool);
        (tool.as_str().to_owned(), json!({ "enabled": enabled }))
    };
    Json(Value::Object(HostedTool::ALL.into_iter().map(permission).collect::<Map<_, _>>()))
}

pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    Ok(show(&state.app.project_features(&admin.actor, &admin.organization, &id).await.or_fail(&state)?))
}

/// A tool that is absent or null stays as it is.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let mut changes = Vec::new();
    for tool in HostedTool::ALL {
        let Some(value) = fields.value(tool.as_str()) else { continue };
        let enabled = value.as_object().filter(|object| object.len() == 1);
        let enabled = enabled.and_then(|object| object.get("enabled")?.as_bool());
        let wrong = || {
            let message = format!("Invalid '{0}': expected an object with the boolean 'enabled'.", tool.as_str());
            ApiError::param(tool.as_str(), message)
        };
        changes.push((tool, enabled.ok_or_else(wrong)?));
    }
    let updated = state.app.update_project_tools(&admin.actor, &admin.organization, &id, &changes).await;
    Ok(show(&updated.or_fail(&state)?))
}
