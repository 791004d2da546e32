//! Answers made here: error bodies in the contract's shape, and the headers every answer carries (contract 3).

use std::time::Duration;

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use keystead_core::access::{Payer, printable};
use keystead_core::id::RequestId;
use keystead_core::refusal::Wire;
use keystead_core::route::{self, NoRoute};
use serde_json::json;

use crate::body::{GatewayBody, full};
use crate::headers::{ORGANIZATION, PROJECT};

// Read once: to read a name again for each answer costs as much as to insert it.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static PROCESSING: HeaderName = HeaderName::from_static("openai-processing-ms");
static VERSION: HeaderName = HeaderName::from_static("openai-version");

/// An error body.
pub(crate) fn error(wire: &Wire) -> Response<GatewayBody> {
    let body = if wire.string_form {
        json!({ "error": wire.message })
    } else {
        json!({ "error": { "message": wire.message, "type": wire.kind, "param": wire.param, "code": wire.code } })
    };
    let mut response = Response::new(full(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
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
        if let Ok(link) = HeaderValue::from_str(&format!("</help/{}>; rel=\"help\"", explained(wire))) {
            headers.insert(header::LINK, link);
        }
        // For whoever writes refusals down; it never leaves the process.
        response.extensions_mut().insert((**gate).clone());
    }
    response
}

/// The help page about a gate's refusal (S1-47).
fn explained(wire: &Wire) -> &'static str {
    match (wire.param, wire.code) {
        (Some("stream"), _) => "stream-needs-verification",
        (Some("reasoning.summary"), _) => "summary-needs-verification",
        (_, Some("model_not_found")) => "model-needs-verification",
        _ => "image-model-needs-verification",
    }
}

/// The headers of every answer, made here or passed on.
pub(crate) fn finish(headers: &mut HeaderMap, id: &RequestId, elapsed: Duration) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(&REQUEST_ID, value);
    }
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    headers.insert(&PROCESSING, HeaderValue::from(milliseconds));
    headers.insert(&VERSION, HeaderValue::from_static("2020-10-01"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
}

/// The methods a path knows, for row 44.
pub(crate) fn allow(headers: &mut HeaderMap, path: &str) {
    let known = ["GET", "HEAD", "POST", "DELETE"].into_iter().filter(|method| route::find(method, path).is_ok());
    if let Ok(value) = HeaderValue::from_str(&known.collect::<Vec<_>>().join(", ")) {
        headers.insert(header::ALLOW, value);
    }
}

/// Says who pays.
pub(crate) fn attribute(headers: &mut HeaderMap, payer: &Payer) {
    let mut put = |name: &HeaderName, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    put(&ORGANIZATION, payer.organization.as_str());
    put(&PROJECT, payer.project.as_str());
}

/// Rows 43 and 44.
pub(crate) fn no_route(why: NoRoute, method: &Method, path: &str) -> Wire {
    let (method, path) = (printable(method.as_str()), printable(path));
    match why {
        NoRoute::Unknown if path.starts_with("/v1/v1/") => Wire::invalid(
            404,
            Some("unknown_url"),
            format!(
                "Invalid URL ({method} {path}). The base URL of this API ends in one /v1, and the path repeats it."
            ),
        ),
        NoRoute::Unknown => Wire::invalid(404, Some("unknown_url"), format!("Invalid URL ({method} {path})")),
        NoRoute::Method => {
            Wire::invalid(405, Some("method_not_supported"), format!("Not allowed to {method} on {path}."))
        }
    }
}

/// A base address without `/v1`.
pub(crate) fn no_version(method: &Method, path: &str) -> Wire {
    let (method, path) = (printable(method.as_str()), printable(path));
    let message = format!("Invalid URL ({method} {path}). The base URL of this API ends in /v1: ask for /v1{path}.");
    Wire::invalid(404, Some("unknown_url"), message)
}

/// Row 41 and its kin.
pub(crate) fn bad_body(message: impl Into<String>) -> Wire {
    Wire::invalid(400, None, message)
}

/// A body whose model cannot be known.
pub(crate) fn no_model() -> Wire {
    bad_body("you must provide a model parameter").with_param("model")
}

/// Row 42.
pub(crate) fn too_large(limit: usize) -> Wire {
    Wire::invalid(
        413,
        None,
        format!("The request body is larger than {} MiB, the most this route accepts.", limit >> 20),
    )
}

/// An address longer than any client of the contract sends.
pub(crate) fn long_address() -> Wire {
    Wire::invalid(414, None, "The address of this request is too long.")
}

/// What is used cannot be recorded now, and nothing is answered that would not be counted.
pub(crate) fn unrecorded() -> Wire {
    unavailable("Usage cannot be recorded at the moment, so no request is answered. Try again shortly.")
}

/// A key that is not in memory while the store cannot be asked: not the key's fault, so never 401.
pub(crate) fn store_unavailable() -> Wire {
    let message = "The service cannot check this API key at the moment. Try again shortly.";
    Wire { kind: "service_unavailable_error", ..Wire::invalid(503, None, message) }
}

/// Row 38's shape.
pub(crate) fn unavailable(message: &str) -> Wire {
    Wire { kind: "service_unavailable_error", ..Wire::invalid(503, Some("server_is_overloaded"), message) }
}

/// Row 39's shape with another status.
pub(crate) fn server_error(status: u16, message: &str) -> Wire {
    Wire { kind: "server_error", ..Wire::invalid(status, None, message) }
}
