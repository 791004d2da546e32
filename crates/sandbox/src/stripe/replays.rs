//! Idempotency keys: the first answer is kept and repeated, and another request under the same key is refused.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Fields, MOST, key, state};
use crate::Sandbox;

/// The answer to the first request with a key.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The path and the fields of that request.
    request: String,
    status: u16,
    body: Value,
}

/// An answer of this sandbox, before it is sent.
pub(super) type Made = (u16, Value);

/// Builds an error as Stripe does.
pub(super) fn refused(status: u16, code: &str, message: &str) -> Made {
    (status, json!({ "error": { "type": "invalid_request_error", "code": code, "message": message } }))
}

/// Sends an answer.
pub(super) fn respond((status, body): Made) -> Response {
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response()
}

/// Answers a request once: the same key gets the same answer, and with other fields an error.
pub(super) fn once(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    path: &str,
    fields: &Fields,
    make: impl FnOnce() -> Made,
) -> Response {
    let Some(key) = key(headers) else { return respond(make()) };
    let ordered: BTreeMap<_, _> = fields.iter().collect();
    let request = format!("{path} {}", json!(ordered));
    let known = state(sandbox).answers.get(&key).cloned();
    if let Some(known) = known {
        if known.request != request {
            let message =
                "Keys for idempotent requests can only be used with the same parameters they were first used with.";
            let error = json!({ "error": { "type": "idempotency_error", "message": message } });
            return respond((400, error));
        }
        let mut response = respond((known.status, known.body));
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
        return response;
    }
    let (status, body) = make();
    let mut all = state(sandbox);
    // Stripe does not keep answers to requests that are not valid.
    if all.answers.len() < MOST && status != 400 {
        all.answers.insert(key, Answer { request, status, body: body.clone() });
    }
    drop(all);
    respond((status, body))
}
