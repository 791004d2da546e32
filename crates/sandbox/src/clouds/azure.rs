//! The directory, key vaults and blobs, each below the address of its service.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Sandbox;

/// The id of Keystead's application.
pub const AZURE_CLIENT_ID: &str = "00000000-0000-4000-8000-00000000c11e";
/// The secret of Keystead's application.
pub const AZURE_CLIENT_SECRET: &str = "sandbox-client-secret";

/// The beginning of a token; its service follows.
const TOKEN: &str = "sandbox-";
/// The directory that does not admit the application.
const FOREIGN_TENANT: &str = "00000000-0000-0000-0000-000000000000";

/// The routes, to be nested under `/azure`.
pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/login/{tenant}/oauth2/v2.0/token", post(token))
        .route("/vault/{host}/keys/{name}/{part}", post(current_key))
        .route("/vault/{host}/keys/{name}/{part}/{verb}", post(key))
        .route("/blob/{account}/{container}/{name}", any(blob))
}

async fn token(Path(tenant): Path<String>, Form(form): Form<HashMap<String, String>>) -> Response {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let admitted = field("grant_type") == "client_credentials"
        && field("client_id") == AZURE_CLIENT_ID
        && field("client_secret") == AZURE_CLIENT_SECRET
        && tenant != FOREIGN_TENANT;
    if !admitted {
        let answer = json!({ "error": "unauthorized_client" });
        return (StatusCode::BAD_REQUEST, Json(answer)).into_response();
    }
    let service = field("scope").trim_start_matches("https://").trim_end_matches("/.default");
    let token = format!("{TOKEN}{service}");
    Json(json!({ "token_type": "Bearer", "expires_in": 3_599, "access_token": token })).into_response()
}

fn is_for(headers: &HeaderMap, services: &[&str]) -> bool {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    services.iter().any(|service| given == format!("Bearer {TOKEN}{service}"))
}

fn key_error(status: StatusCode, code: &str, inner: Option<&str>) -> Response {
    (status, Json(json!({ "error": { "code": code, "innererror": { "code": inner } } }))).into_response()
}

async fn current_key(
    Path((_host, name, verb)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    use_key(&name, &verb, &headers, &body)
}

async fn key(
    Path((_host, name, _version, verb)): Path<(String, String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    use_key(&name, &verb, &headers, &body)
}

fn use_key(name: &str, verb: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    if !is_for(headers, &["vault.azure.net", "managedhsm.azure.net"]) {
        return key_error(StatusCode::UNAUTHORIZED, "Unauthorized", None);
    }
    if name.contains("missing") {
        return key_error(StatusCode::NOT_FOUND, "KeyNotFound", None);
    }
    if name.contains("denied") || name.contains("disabled") {
        let inner = if name.contains("disabled") { "KeyDisabled" } else { "ForbiddenByRbac" };
        return key_error(StatusCode::FORBIDDEN, "Forbidden", Some(inner));
    }
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let value = asked.get("value").and_then(Value::as_str).unwrap_or_default();
    // What was wrapped begins with its key.
    let mark = format!("{name}:");
    let answer = match verb {
        "wrapkey" => Some(URL_SAFE_NO_PAD.encode(format!("{mark}{value}"))),
        "unwrapkey" => URL_SAFE_NO_PAD
            .decode(value)
            .ok()
            .and_then(|wrapped| String::from_utf8(wrapped).ok())
            .and_then(|wrapped| wrapped.strip_prefix(&mark).map(str::to_owned)),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match answer {
        Some(value) => Json(json!({ "kid": name, "value": value })).into_response(),
        None => key_error(StatusCode::BAD_REQUEST, "BadParameter", None),
    }
}

async fn blob(
    State(sandbox): State<Sandbox>,
    Path((account, container, name)): Path<(String, String, String)>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_for(&headers, &["storage.azure.com"]) || container.contains("denied") {
        return StatusCode::FORBIDDEN.into_response();
    }
    if container.contains("missing") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (objects, name) = (&sandbox.inner.clouds, format!("azure/{account}/{container}/{name}"));
    match method {
        Method::PUT if container.contains("readonly") => StatusCode::FORBIDDEN.into_response(),
        Method::PUT if objects.put(name.clone(), body.clone()) => StatusCode::CREATED.into_response(),
        Method::PUT => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Method::GET => match objects.get(&name) {
            Some(content) => content.into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        Method::DELETE if objects.delete(&name) => StatusCode::ACCEPTED.into_response(),
        Method::DELETE => StatusCode::NOT_FOUND.into_response(),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}
