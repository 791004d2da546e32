//! Pages of buckets.

use axum::Json;
use keystead_app::usage::{UsagePage, UsageRequest, UsageResult};
use keystead_core::usage::Quantities;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::error::{ApiError, OrFail};

/// Loads the usage and shows every result in the form of its kind.
pub(crate) async fn answer(
    state: &ApiState,
    admin: &Admin,
    request: &UsageRequest,
    show: impl Fn(&UsageResult) -> Value,
) -> Result<Json<Value>, ApiError> {
    let page = state.app.usage(&admin.actor, &admin.organization, request).await.or_fail(state)?;
    Ok(Json(show_page(&page, show)))
}

fn show_page(page: &UsagePage, show: impl Fn(&UsageResult) -> Value) -> Value {
    let buckets = page.buckets.iter().map(|bucket| {
        let results: Vec<Value> = bucket.results.iter().map(&show).collect();
        json!({ "object": "bucket", "start_time": bucket.start, "end_time": bucket.end, "results": results })
    });
    let next = page.next.map(|start| format!("page_{:x}", start.0));
    json!({ "object": "page", "data": buckets.collect::<Vec<_>>(), "has_more": next.is_some(), "next_page": next })
}

/// Builds a result with the fields of every kind of usage except `absent`, those of its own kind, and the estimated part
/// of each figure. Keys that were not grouped by are null.
pub(crate) fn result(object: &str, result: &UsageResult, figures: fn(&Quantities) -> Value, absent: &[&str]) -> Value {
    let has = |name: &str| !absent.contains(&name);
    let all = |used: &Quantities| {
        let mut all = figures(used);
        if has("num_model_requests") {
            all["num_model_requests"] = used.requests.into();
        }
        all
    };
    let mut shown = all(&result.used);
    shown["object"] = object.into();
    let keys = [
        ("project_id", &result.project),
        ("user_id", &result.user),
        ("api_key_id", &result.key),
        ("model", &result.model),
    ];
    for (name, key) in keys.into_iter().filter(|(name, _)| has(name)) {
        shown[name] = json!(key);
    }
    shown["keystead_estimated"] = all(&result.estimated.used);
    shown
}
