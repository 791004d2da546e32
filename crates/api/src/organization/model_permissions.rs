//! `/v1/organization/projects/{project_id}/model_permissions`: the models a project may use. A project without a list
//! answers like one with an empty deny list.

use axum::Json;
use axum::extract::State;
use keystead_core::model_access::{ListMode, ModelAccess};
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

fn show(models: Option<&ModelAccess>) -> Json<Value> {
    let mode = models.map_or(ListMode::DenyList, |models| models.mode);
    let model_ids = models.map_or(&[][..], |models| &models.model_ids);
    Json(json!({ "object": "project.model_permissions", "mode": mode, "model_ids": model_ids }))
}

pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let models = state.app.project_models(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(show(models.as_ref()))
}

pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let mode = fields.required_text("mode")?;
    let mode = ListMode::from_name(&mode)
        .ok_or_else(|| ApiError::param("mode", "Invalid 'mode': it must be 'allow_list' or 'deny_list'."))?;
    let model_ids = fields.texts("model_ids")?.ok_or_else(|| ApiError::missing("model_ids"))?;
    let models = ModelAccess::new(mode, model_ids)
        .map_err(|bad| ApiError::param("model_ids", format!("Invalid 'model_ids': {bad}.")))?;
    let set = state.app.set_project_models(&admin.actor, &admin.organization, &id, Some(models.clone())).await;
    set.or_fail(&state)?;
    Ok(show(Some(&models)))
}

pub(crate) async fn remove(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    state.app.set_project_models(&admin.actor, &admin.organization, &id, None).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "project.model_permissions.deleted", "deleted": true })))
}
