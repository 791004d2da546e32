//! The middleware of every API call: the key, the version, the limit, and the replay of earlier calls.

use std::sync::Mutex;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::{Faults, MOST, PERSONA_API_KEY, error, lock};
use crate::bounded_map::BoundedMap;
use crate::{Sandbox, text};

/// Larger bodies are refused.
const LARGEST: usize = 1 << 20;
/// Idempotency keys are pruned when they are a day old.
const DAY: i64 = 86_400;
const ENVIRONMENT: &str = "env_sandbox";
const ORGANIZATION: &str = "org_sandbox";

/// An earlier answer.
#[derive(Debug, Clone)]
struct Replay {
    question: [u8; 32],
    at: i64,
    status: StatusCode,
    body: Bytes,
}

#[derive(Debug)]
pub(super) struct ApiState {
    /// The minute, and the number of calls in it.
    calls: Mutex<(i64, u32)>,
    request_count: Mutex<u64>,
    replays: Mutex<BoundedMap<Replay>>,
    /// One call with a key at a time, so that two with the same key are not both the first.
    turn: tokio::sync::Mutex<()>,
}

impl Default for ApiState {
    fn default() -> Self {
        Self {
            calls: Mutex::default(),
            request_count: Mutex::default(),
            replays: Mutex::new(BoundedMap::new(MOST)),
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl ApiState {
    /// Counts a call; returns how many are left in this minute, or `None` when it is one too many.
    fn count(&self, now: i64, most: u32) -> Option<u32> {
        let mut calls = lock(&self.calls);
        if calls.0 != now.div_euclid(60) {
            *calls = (now.div_euclid(60), 0);
        }
        calls.1 = calls.1.saturating_add(1);
        most.checked_sub(calls.1)
    }
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty())
}

/// Runs before the API.
pub(super) async fn guard(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let faults = *lock(&sandbox.inner.persona.faults);
    tokio::time::sleep(Duration::from_millis(faults.slow_ms)).await;
    if faults.down {
        return error(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable", "down on demand");
    }
    let key = text_of(request.headers(), "authorization").and_then(|value| value.strip_prefix("Bearer "));
    if key != Some(PERSONA_API_KEY) {
        return error(StatusCode::UNAUTHORIZED, "Must be authenticated to access this endpoint", "");
    }
    let now = sandbox.now();
    let left = sandbox.inner.persona.api_state.count(now, faults.per_minute);
    let mut response = match left {
        None => error(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded", ""),
        Some(_) => answer(&sandbox, request, next).await,
    };
    sign(&sandbox, response.headers_mut(), faults, left.unwrap_or_default(), now);
    response
}

/// Adds the headers of every authenticated answer.
fn sign(sandbox: &Sandbox, headers: &mut HeaderMap, faults: Faults, left: u32, now: i64) {
    let request_count = {
        let mut request_count = lock(&sandbox.inner.persona.api_state.request_count);
        *request_count += 1;
        *request_count
    };
    for (name, value) in [
        ("request-id", text::id("req_", &format!("persona {request_count}"))),
        ("ratelimit-limit", faults.per_minute.to_string()),
        ("ratelimit-remaining", left.to_string()),
        ("ratelimit-reset", (60 - now.rem_euclid(60)).to_string()),
        ("persona-environment-id", ENVIRONMENT.to_owned()),
        ("persona-organization-id", ORGANIZATION.to_owned()),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

async fn answer(sandbox: &Sandbox, request: Request, next: Next) -> Response {
    if text_of(request.headers(), "persona-version").is_none() {
        return error(StatusCode::BAD_REQUEST, "Bad Request", "The sandbox wants a pinned Persona-Version");
    }
    if text_of(request.headers(), "key-inflection").is_some_and(|inflection| inflection != "kebab") {
        return error(StatusCode::BAD_REQUEST, "Bad Request", "The sandbox speaks kebab only");
    }
    let key = text_of(request.headers(), "idempotency-key").map(str::to_owned);
    match key.filter(|_| request.method() == Method::POST) {
        Some(key) => once(sandbox, key, request, next).await,
        None => next.run(request).await,
    }
}

/// Repeats the answer to the same request with the same key, including faults; a different request is an error.
async fn once(sandbox: &Sandbox, key: String, request: Request, next: Next) -> Response {
    let api_state = &sandbox.inner.persona.api_state;
    let _turn = api_state.turn.lock().await;
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return error(StatusCode::BAD_REQUEST, "Bad Request", "The body is too large");
    };
    let question: [u8; 32] =
        Sha256::new().chain_update(head.uri.path()).chain_update([0]).chain_update(&body).finalize().into();
    let known = lock(&api_state.replays).get(&key).filter(|replay| sandbox.now() - replay.at < DAY).cloned();
    if let Some(replay) = known {
        if replay.question != question {
            let details = "This idempotency key was used with other parameters";
            return error(StatusCode::CONFLICT, "Conflict", details);
        }
        return replayed(&replay);
    }
    let response = next.run(Request::from_parts(head, Body::from(body))).await;
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    let mut replay = Replay { question, at: sandbox.now(), status, body };
    {
        let mut faults = lock(&sandbox.inner.persona.faults);
        if faults.accidents > 0 {
            faults.accidents -= 1;
            replay.status = StatusCode::INTERNAL_SERVER_ERROR;
            replay.body = Bytes::from_static(br#"{"errors":[{"title":"Internal server error"}]}"#);
        }
    }
    lock(&api_state.replays).put(key, replay.clone());
    replayed(&replay)
}

fn replayed(replay: &Replay) -> Response {
    (replay.status, [(header::CONTENT_TYPE, "application/json")], replay.body.clone()).into_response()
}
