//! `GET /v1/organization/usage/completions`

use axum::Json;
use axum::extract::State;
use keystead_app::usage::UsageResult;
use keystead_core::usage::UsageKind;
use serde_json::{Value, json};

use super::answer::{self, answer};
use super::request;
use crate::ApiState;
use crate::auth::Admin;
use crate::error::Failure;
use crate::query::Query;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, Failure> {
    let request = request::usage(&query, UsageKind::Completions)?;
    answer(&state, &admin, &request, show).await
}

fn show(result: &UsageResult) -> Value {
    let mut answer = answer::result("organization.usage.completions.result", result, |used| {
        json!({
            "input_tokens": used.input_tokens,
            "output_tokens": used.output_tokens,
            "input_cached_tokens": used.input_cached_tokens,
            "input_uncached_tokens": used.input_tokens.saturating_sub(used.input_cached_tokens),
        })
    });
    answer["input_audio_tokens"] = 0.into();
    answer["output_audio_tokens"] = 0.into();
    answer["batch"] = Value::Null;
    answer["service_tier"] = Value::Null;
    answer
}
