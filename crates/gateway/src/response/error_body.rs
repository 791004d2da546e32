//! Answers created by the gateway: error bodies in the form of the contract, and the headers of every answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use keystead_core::Timestamp;
use keystead_core::access::Payer;
use keystead_core::id::{ProjectId, RequestId};
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::{self, NoRoute};
use keystead_core::text::printable;

use crate::body::{GatewayBody, full};
use crate::header_names::{ORGANIZATION, PROJECT};
use crate::request::body_memory::NoRoom;

// Parsed once: parsing a name for each answer costs as much as inserting it.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static PROCESSING: HeaderName = HeaderName::from_static("openai-processing-ms");
static VERSION: HeaderName = HeaderName::from_static("openai-version");
pub(crate) static RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
static SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// The code of an error that this gateway made, in the extensions of its answer; it never leaves the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(pub &'static str);

/// The longest wait after which clients may retry by themselves.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Builds an answer with an error body.
pub(crate) fn error(wire: &ErrorResponse) -> Response<GatewayBody> {
    let mut response = Response::new(full(wire.body()));
    *response.status_mut() = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(code) = wire.code {
        response.extensions_mut().insert(ErrorCode(code));
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match wire.status {
        401 => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"OpenAI API\""));
        }
        503 => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        _ => {}
    }
    if let Some(gate) = &wire.gate {
        link_help(headers, explained(wire), &gate.project);
        // For the log of refusals; it never leaves the process.
        response.extensions_mut().insert((**gate).clone());
    }
    response
}

/// Adds the link to the page of the help, which opens the organization of the project.
pub(crate) fn link_help(headers: &mut HeaderMap, page: &str, project: &ProjectId) {
    if let Ok(link) = HeaderValue::from_str(&format!("</help/{page}?project={project}>; rel=\"help\"")) {
        headers.insert(header::LINK, link);
    }
}

/// The error for an upstream's error with a body that cannot be forwarded.
pub(crate) fn upstream_error(status: StatusCode) -> ErrorResponse {
    server_error(status.as_u16(), &format!("The model server answered with status {}.", status.as_u16()))
}

/// Builds an error with the upstream's headers about retrying.
pub(crate) fn with_hints(upstreams: &HeaderMap, wire: &ErrorResponse, now: Timestamp) -> Response<GatewayBody> {
    let mut response = error(wire);
    let status = response.status();
    let headers = response.headers_mut();
    for name in [&header::RETRY_AFTER, &RETRY_AFTER_MS, &SHOULD_RETRY] {
        if let Some(value) = upstreams.get(name) {
            headers.insert(name, value.clone());
        }
    }
    hint(status, headers, now);
    response
}

/// Tells clients not to retry. The official clients obey, and would retry this status otherwise.
pub(crate) fn give_up(headers: &mut HeaderMap) {
    headers.insert(&SHOULD_RETRY, HeaderValue::from_static("false"));
}

/// Tells clients not to retry when an answer names a wait above [`LONGEST_WAIT`], unless the answer itself says whether
/// to retry. Some clients wait as long as an answer says, even a day, before they retry.
pub(crate) fn hint(status: StatusCode, headers: &mut HeaderMap, now: Timestamp) {
    let retried = matches!(status.as_u16(), 408 | 409 | 429 | 500..);
    if retried && !headers.contains_key(&SHOULD_RETRY) && wait(headers, now).is_some_and(|wait| wait > LONGEST_WAIT) {
        give_up(headers);
    }
}

/// Returns the wait that an answer names.
fn wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = |text: &str, unit: f64| {
        text.parse().ok().and_then(|number: f64| Duration::try_from_secs_f64(number * unit).ok())
    };
    let date = |text: &str| {
        let at = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(at.saturating_sub(Duration::from_secs(u64::try_from(now.0).ok()?)))
    };
    text(&RETRY_AFTER_MS)
        .and_then(|text| seconds(text, 0.001))
        .or_else(|| text(&header::RETRY_AFTER).and_then(|text| seconds(text, 1.0).or_else(|| date(text))))
}

/// Builds an error event in a stream, after which the stream ends.
pub(crate) fn error_event(wire: &ErrorResponse) -> Bytes {
    format!("event: error\ndata: {}\n\n", wire.body()).into()
}

/// Returns the help page about a gate's refusal.
fn explained(wire: &ErrorResponse) -> &'static str {
    match (wire.param, wire.code) {
        (Some("stream"), _) => "stream-needs-verification",
        (Some("reasoning.summary"), _) => "summary-needs-verification",
        (_, Some("model_not_found")) => "model-needs-verification",
        _ => "image-model-needs-verification",
    }
}

/// Adds the headers of every answer, created here or forwarded.
pub(crate) fn finish(headers: &mut HeaderMap, id: &RequestId, elapsed: Duration) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(&REQUEST_ID, value);
    }
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    headers.insert(&PROCESSING, HeaderValue::from(milliseconds));
    headers.insert(&VERSION, HeaderValue::from_static("2020-10-01"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Adds the methods of a path, for 405.
pub(crate) fn allow(headers: &mut HeaderMap, path: &str) {
    let known = ["GET", "HEAD", "POST", "DELETE"].into_iter().filter(|method| route::find(method, path).is_ok());
    if let Ok(value) = HeaderValue::from_str(&known.collect::<Vec<_>>().join(", ")) {
        headers.insert(header::ALLOW, value);
    }
}

/// Adds the headers that name the payer.
pub(crate) fn attribute(headers: &mut HeaderMap, payer: &Payer) {
    let mut put = |name: &HeaderName, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    put(&ORGANIZATION, payer.organization.as_str());
    put(&PROJECT, payer.project.as_str());
}

/// The error for a URL without a route, or a method that the route does not have.
pub(crate) fn no_route(why: NoRoute, method: &Method, path: &str) -> ErrorResponse {
    match why {
        NoRoute::Unknown if path.starts_with("/v1/v1/") => {
            let (method, path) = (printable(method.as_str()), printable(path));
            let message = format!(
                "Invalid URL ({method} {path}). The base URL of this API ends in one /v1, and the path repeats it."
            );
            ErrorResponse::invalid(404, Some("unknown_url"), message)
        }
        NoRoute::Unknown => ErrorResponse::unknown_url(method.as_str(), path),
        NoRoute::Method => ErrorResponse::method_not_supported(method.as_str(), path),
    }
}

/// The error for a base address without `/v1`.
pub(crate) fn no_version(method: &Method, path: &str) -> ErrorResponse {
    let (method, path) = (printable(method.as_str()), printable(path));
    let message = format!("Invalid URL ({method} {path}). The base URL of this API ends in /v1: ask for /v1{path}.");
    ErrorResponse::invalid(404, Some("unknown_url"), message)
}

/// The error for a body or header that cannot be read, or not in one way only.
pub(crate) fn bad_body(message: impl Into<String>) -> ErrorResponse {
    ErrorResponse::invalid(400, None, message)
}

/// The error for a body with an unknown model.
pub(crate) fn no_model() -> ErrorResponse {
    bad_body("you must provide a model parameter").with_param("model")
}

/// The error for a body larger than its route accepts.
pub(crate) fn too_large(limit: usize) -> ErrorResponse {
    ErrorResponse::invalid(
        413,
        None,
        match limit >> 20 {
            0 => format!("The request body is larger than {} KiB, the most this route accepts.", limit >> 10),
            mebibytes => format!("The request body is larger than {mebibytes} MiB, the most this route accepts."),
        },
    )
}

/// The error for a body without memory for it now. It has `retry-after`, like every 503: SDKs retry by themselves.
pub(crate) fn no_room(why: NoRoom) -> ErrorResponse {
    let (code, message) = match why {
        NoRoom::All => {
            ("server_is_overloaded", "The service holds as many request bodies as it can. Try again shortly.")
        }
        NoRoom::Owner => {
            ("slow_down", "Too many large requests of yours are in progress at once. Wait until some have ended.")
        }
    };
    ErrorResponse { kind: "service_unavailable_error", ..ErrorResponse::invalid(503, Some(code), message) }
}

/// The error for a URL longer than any client of the contract sends.
pub(crate) fn long_address() -> ErrorResponse {
    ErrorResponse::invalid(414, None, "The address of this request is too long.")
}

/// The error when usage cannot be recorded now: nothing is answered that would not be counted.
pub(crate) fn unrecorded() -> ErrorResponse {
    unavailable("Usage cannot be recorded at the moment, so no request is answered. Try again shortly.")
}

/// The error for a key that is not in memory while the store does not answer. It is not the key's fault, so it is never
/// 401.
pub(crate) fn store_unavailable() -> ErrorResponse {
    let message = "The service cannot check this API key at the moment. Try again shortly.";
    ErrorResponse { kind: "service_unavailable_error", ..ErrorResponse::invalid(503, None, message) }
}

/// The service cannot answer now.
pub(crate) fn unavailable(message: &str) -> ErrorResponse {
    ErrorResponse {
        kind: "service_unavailable_error",
        ..ErrorResponse::invalid(503, Some("server_is_overloaded"), message)
    }
}

/// An error of the service itself, with this status.
pub(crate) fn server_error(status: u16, message: &str) -> ErrorResponse {
    ErrorResponse { kind: "server_error", ..ErrorResponse::invalid(status, None, message) }
}
