//! `/workload_token`: signs claims for a workload. Whatever the body says wins, so that tests can make wrong tokens.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{faults, issuer};
use crate::Sandbox;

/// Seconds that a token works, as those of GitHub Actions do.
const LIFETIME: i64 = 300;

/// Signs the claims of the body; `null` leaves out a claim that is there by default.
pub(super) async fn sign(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Json(asked): Json<Map<String, Value>>,
) -> Response {
    if let Err(refused) = faults(&sandbox).await {
        return *refused;
    }
    let now = sandbox.now();
    let mut claims = json!({ "iss": issuer(&headers), "sub": "workload", "iat": now, "exp": now + LIFETIME });
    for (name, value) in asked {
        claims[name] = value;
    }
    if let Value::Object(claims) = &mut claims {
        claims.retain(|_, value| !value.is_null());
    }
    match sandbox.inner.oidc.keys.sign(&claims) {
        Some(token) => Json(json!({ "token": token })).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
