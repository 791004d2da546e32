//! `/v1/organization/projects/{project_id}/service_tier_settings`: the service tiers that requests of a project may name.

use axum::Json;
use axum::extract::State;
use keystead_app::projects::features::TierChange;
use keystead_core::project_features::{DefaultTier, ProjectFeatures, ServiceTier};
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

fn show(features: &ProjectFeatures) -> Json<Value> {
    let enabled = features.tiers.as_ref().map_or_else(|| json!("all"), |tiers| json!(tiers));
    Json(json!({
        "object": "project.service_tier_settings",
        "default": features.default_tier,
        "enabled_tiers": enabled,
    }))
}

pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    Ok(show(&state.app.project_features(&admin.actor, &admin.organization, &id).await.or_fail(&state)?))
}

/// What is absent stays as it is.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let wrong = || ApiError::param("default", "Invalid 'default': it must be 'standard', 'fast' or 'scale'.");
    let default_tier =
        fields.text("default")?.map(|name| DefaultTier::from_name(&name).ok_or_else(wrong)).transpose()?;
    let change = TierChange { default_tier, enabled: enabled_tiers(&fields)? };
    let updated = state.app.update_project_tiers(&admin.actor, &admin.organization, &id, &change).await;
    Ok(show(&updated.or_fail(&state)?))
}

/// Returns the tiers of an update: `"all"`, or a list.
fn enabled_tiers(fields: &Fields) -> Result<Option<Option<Vec<ServiceTier>>>, ApiError> {
    const NAME: &str = "enabled_tiers";
    let wrong = || {
        let message = "Invalid 'enabled_tiers': it must be \"all\" or an array of 'flex', 'fast' and 'ultrafast'.";
        ApiError::param(NAME, message)
    };
    match fields.value(NAME) {
        None => Ok(None),
        Some(Value::String(all)) if all == "all" => Ok(Some(None)),
        Some(Value::Array(names)) => {
            let tier = |name: &Value| name.as_str().and_then(ServiceTier::from_name).ok_or_else(wrong);
            names.iter().map(tier).collect::<Result<_, _>>().map(|tiers| Some(Some(tiers)))
        }
        Some(_) => Err(wrong()),
    }
}
