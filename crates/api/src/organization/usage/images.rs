//! `GET /v1/organization/usage/images`

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
    let request = request::usage(&query, UsageKind::Images)?;
    answer(&state, &admin, &request, show).await
}

fn show(result: &UsageResult) -> Value {
    let mut answer =
        answer::result("organization.usage.images.result", result, |used| json!({ "images": used.images }));
    answer["size"] = Value::Null;
    answer["source"] = Value::Null;
    answer
}
