//! `/v1/organization/projects/{project_id}/rate_limits`: a project's rate limits for each model. A limit that is not
//! set is written as the largest number, because OpenAI's API has a number there.

use axum::Json;
use axum::extract::State;
use keystead_app::Listing;
use keystead_app::projects::rate_limits::ProjectRate;
use keystead_core::rate::{MOST, Measure, RateLimits};
use serde_json::{Map, Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::page;
use crate::path::Ids;
use crate::query::Query;

/// Limits of OpenAI's API that Keystead does not measure: they are refused, because nothing would enforce them.
pub(crate) const UNMEASURED: &[&str] = &["max_audio_megabytes_per_1_minute", "batch_1_day_max_input_tokens"];

/// Fields that can be limited.
pub(crate) const MEMBERS: &[&str] =
    &["max_requests_per_1_minute", "max_tokens_per_1_minute", "max_images_per_1_minute", "max_requests_per_1_day"];

fn show(rate: &ProjectRate) -> Value {
    let limits = rate.effective();
    let mut object = Map::new();
    object.insert("object".to_owned(), "project.rate_limit".into());
    object.insert("id".to_owned(), rate.id().into());
    object.insert("model".to_owned(), rate.model.clone().into());
    for measure in Measure::ALL {
        let always = matches!(measure, Measure::RequestsPerMinute | Measure::TokensPerMinute);
        if let Some(limit) = limits.get(measure).or(always.then_some(MOST)) {
            object.insert(measure.member().to_owned(), limit.into());
        }
    }
    Value::Object(object)
}

pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let wanted = page::page_request(&query, true, 100)?;
    let mut rates = state.app.project_rates(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    let page = wanted.page();
    if !page.ascending {
        rates.reverse();
    }
    if let Some(after) = &page.after {
        // The list is ordered by the names of models, so that a cursor is a place in it also after its model is gone.
        let model = ProjectRate::model_of(after);
        let model = model.ok_or_else(|| ApiError::param("after", "This cursor names nothing in the list."))?;
        rates.retain(|rate| if page.ascending { rate.model.as_str() > model } else { rate.model.as_str() < model });
    }
    let most = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let has_more = rates.len() > most;
    rates.truncate(most);
    Ok(wanted.list(&Listing { data: rates, has_more }, show))
}

pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("project_id", "project")?;
    let mut changes = RateLimits::NONE;
    for measure in Measure::ALL {
        let limit = fields.number(measure.member())?;
        // A negative number is as wrong as zero, and gets the same error.
        changes.set(measure, limit.map(|limit| u64::try_from(limit).unwrap_or(0)));
    }
    let limit = ids.text("rate_limit_id");
    let rate = state.app.update_project_rate(&admin.actor, &admin.organization, &id, &limit, changes).await;
    Ok(Json(json!(show(&rate.or_fail(&state)?))))
}
