//! `GET /v1/organization/costs`: money per day.

use axum::Json;
use axum::extract::State;
use keystead_app::usage::{GroupKey, UsageResult, Width};
use serde_json::{Value, json};

use super::usage::answer::answer;
use super::usage::request::{Groups, common};
use crate::ApiState;
use crate::auth::Admin;
use crate::error::Failure;
use crate::query::Query;

/// A line item is a model here.
const GROUPS: Groups = &[
    ("project_id", Some(GroupKey::Project)),
    ("user_id", Some(GroupKey::User)),
    ("api_key_id", Some(GroupKey::ApiKey)),
    ("line_item", Some(GroupKey::Model)),
    ("api_source", None),
];

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, Failure> {
    if query.one("bucket_width").is_some_and(|width| width != "1d") {
        return Err(Failure::param("bucket_width", "Invalid 'bucket_width': costs are per day, 1d."));
    }
    let mut request = common(&query, Width::Day, (7, 180), GROUPS)?;
    request.models = query.many("line_items");
    answer(&state, &admin, &request, show).await
}

fn show(result: &UsageResult) -> Value {
    json!({
        "object": "organization.costs.result",
        "amount": { "value": result.cost.as_units(), "currency": "usd" },
        "line_item": result.model,
        "project_id": result.project,
        "user_id": result.user,
        "api_key_id": result.key,
        "quantity": null,
        "quantity_unit": null,
        "keystead_estimated": { "value": result.estimated.cost.as_units(), "currency": "usd" },
    })
}
