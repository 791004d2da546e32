//! `GET /v1/organization/costs`: money per day.

use axum::Json;
use axum::extract::State;
use keystead_app::usage::{GroupKey, UsageResult, Width};
use serde_json::{Value, json};

use super::usage::answer::answer;
use super::usage::request::{Groups, common};
use crate::ApiState;
use crate::auth::Admin;
use crate::error::ApiError;
use crate::query::Query;

/// Parameters with several values. A line item is a model here.
pub(crate) const MANY: &[&str] = &["project_ids", "user_ids", "api_key_ids", "line_items", "group_by"];

const GROUPS: Groups = &[
    ("project_id", GroupKey::Project),
    ("user_id", GroupKey::User),
    ("api_key_id", GroupKey::ApiKey),
    ("line_item", GroupKey::Model),
];

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    if query.one("bucket_width").is_some_and(|width| width != "1d") {
        return Err(ApiError::param("bucket_width", "Invalid 'bucket_width': costs are per day, 1d."));
    }
    let (mut request, source) = common(&query, Width::Day, (7, 180), GROUPS, true)?;
    request.models = query.many("line_items");
    answer(&state, &admin, &request, |result| show(result, source)).await
}

fn show(result: &UsageResult, source: Option<&str>) -> Value {
    json!({
        "object": "organization.costs.result",
        "amount": { "value": result.cost.as_units(), "currency": "usd" },
        "line_item": result.model,
        "project_id": result.project,
        "user_id": result.user,
        "api_key_id": result.key,
        "api_source": source,
        "quantity": null,
        "quantity_unit": null,
        "keystead_estimated": { "value": result.estimated.cost.as_units(), "currency": "usd" },
    })
}
