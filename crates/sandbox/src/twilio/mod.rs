//! The parts of Twilio Verify v2 and Lookup v2 that Keystead uses.

mod lookup;
mod verify;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Sandbox;

/// The sandbox's account.
pub const TWILIO_ACCOUNT_SID: &str = "ACsandbox";
/// The sandbox's token.
pub const TWILIO_AUTH_TOKEN: &str = "sandbox-token";
/// The sandbox's Verify service.
pub const TWILIO_SERVICE_SID: &str = "VAsandbox";

/// The faults on demand.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// Every call answers 503.
    down: bool,
    /// Texts are accepted and never arrive.
    undelivered: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Twilio {
    books: Mutex<verify::Books>,
    faults: Mutex<Faults>,
}

type Fields = HashMap<String, String>;

/// The routes, to be nested under `/twilio`.
pub(crate) fn router(sandbox: Sandbox) -> Router<Sandbox> {
    Router::new()
        .route("/v2/Services/{service}", get(verify::service))
        .route("/v2/Services/{service}/Verifications", post(verify::start))
        .route("/v2/Services/{service}/Verifications/{sid}", get(verify::show).post(verify::update))
        .route("/v2/Services/{service}/VerificationCheck", post(verify::check))
        .route("/v2/PhoneNumbers/{number}", get(lookup::lookup))
        .layer(middleware::from_fn_with_state(sandbox, guard))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `POST /sandbox/twilio`.
pub(crate) async fn set(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    *lock(&sandbox.inner.twilio.faults) = faults;
    StatusCode::NO_CONTENT
}

fn error(status: StatusCode, code: u32, message: &str) -> Response {
    let body = json!({ "code": code, "message": message, "status": status.as_u16(),
        "more_info": format!("https://www.twilio.com/docs/errors/{code}") });
    (status, Json(body)).into_response()
}

fn down() -> Response {
    error(StatusCode::SERVICE_UNAVAILABLE, 20_503, "Service unavailable, on demand")
}

fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, 20_404, "The requested resource was not found")
}

/// Checks faults and the account's credentials, before anything else.
async fn guard(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    if lock(&sandbox.inner.twilio.faults).down {
        return down();
    }
    let expected = format!("Basic {}", STANDARD.encode(format!("{TWILIO_ACCOUNT_SID}:{TWILIO_AUTH_TOKEN}")));
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given != Some(expected.as_str()) {
        return error(StatusCode::UNAUTHORIZED, 20_003, "Authenticate");
    }
    next.run(request).await
}
