//! The one place where failures become status codes and OpenAI's error body.

use axum::Json;
use axum::extract::OriginalUri;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use keystead_app::Error;
use keystead_core::access::printable;
use keystead_core::gate::Requirement;
use keystead_core::refusal::Wire;
use serde_json::{Value, json};

use crate::ApiState;

/// A refusal on its way out.
#[derive(Debug)]
pub(crate) struct Failure {
    wire: Box<Wire>,
    /// The parameter at fault, where its name is the client's own.
    named: Option<String>,
    /// Seconds after which trying again is right.
    retry_after: Option<i64>,
}

impl From<Wire> for Failure {
    fn from(wire: Wire) -> Self {
        Self { wire: Box::new(wire), named: None, retry_after: None }
    }
}

impl Failure {
    /// Puts a use case's error into the words of the wire.
    pub(crate) fn new(state: &ApiState, error: Error) -> Self {
        let retry_after = match &error {
            Error::Limited { retry_at, .. } => Some(retry_at.since(state.app.now()).max(1)),
            Error::Unavailable => Some(1),
            Error::ProviderUnavailable { .. } => Some(30),
            _ => None,
        };
        Self { wire: Box::new(wire(error, state.app.public_url())), named: None, retry_after }
    }

    /// A parameter at fault.
    pub(crate) fn param(param: &'static str, message: impl Into<String>) -> Self {
        Wire::invalid(400, None, message).with_param(param).into()
    }

    /// A parameter at fault that this API does not know.
    pub(crate) fn named(param: String, message: impl Into<String>) -> Self {
        Self { named: Some(param), ..Wire::invalid(400, None, message).into() }
    }

    /// A handler that asks for what no guard has read.
    pub(crate) fn unread(state: &ApiState) -> Self {
        Self::new(state, Error::Internal("no guard stands before this handler".to_owned()))
    }

    /// A path that names nothing.
    pub(crate) fn not_found(kind: &str, id: &str) -> Self {
        Wire::invalid(404, None, format!("No such {kind}: {}.", printable(id))).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = body(&self.wire);
        if let Some(name) = self.named {
            body["error"]["param"] = name.into();
        }
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"OpenAI API\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The JSON of an error: the object form, or the bare sentence where the contract asks for it (row 14).
#[must_use]
pub fn body(wire: &Wire) -> Value {
    if wire.string_form {
        return json!({ "error": wire.message });
    }
    json!({ "error": { "message": wire.message, "type": wire.kind, "param": wire.param, "code": wire.code } })
}

fn wire(error: Error, public_url: &str) -> Wire {
    match error {
        Error::NotFound { kind, id } => Wire::invalid(404, None, format!("No such {kind}: {}.", printable(&id))),
        Error::Invalid { param, code, message } => Wire { param, ..Wire::invalid(400, code, message) },
        Error::Conflict { message } => Wire::invalid(409, None, message),
        Error::Forbidden { param, message } => Wire { param, ..Wire::invalid(403, None, message) },
        Error::Refused(refusal) => refusal.wire(public_url),
        Error::RequirementMissing { organization, action, missing, .. } => {
            let code = match missing.first() {
                Some(Requirement::PaymentMethod) => "payment_method_required",
                Some(Requirement::Organization) => "organization_verification_required",
                Some(Requirement::Phone) | None => "phone_verification_required",
            };
            Wire::invalid(403, Some(code), Error::requirement_text(&organization, action, &missing, public_url))
        }
        Error::Limited { name: name @ "phone_sim_changed", retry_at } => Wire {
            kind: "rate_limit_error",
            ..Wire::invalid(
                429,
                Some(name),
                format!(
                    "The SIM card of this number was changed lately. It can replace the verified number at {retry_at}; \
                     until then the verified number stays."
                ),
            )
        },
        Error::Limited { name, retry_at } => Wire {
            kind: "rate_limit_error",
            ..Wire::invalid(429, Some(name), format!("Too many tries. This is possible again at {retry_at}."))
        },
        Error::ProviderUnavailable { service } => Wire {
            kind: "service_unavailable_error",
            ..Wire::invalid(
                503,
                Some("provider_unavailable"),
                format!(
                    "The {service} service does not answer. Nothing is lost and no try is used up. Try again in a minute."
                ),
            )
        },
        Error::Unsupported(what) => {
            Wire::invalid(501, Some("not_configured"), format!("The operator has not configured {what}."))
        }
        Error::Unavailable => Wire {
            kind: "service_unavailable_error",
            ..Wire::invalid(
                503,
                Some("server_is_overloaded"),
                "The service is temporarily unavailable. Please try again shortly.",
            )
        },
        Error::Internal(context) => {
            tracing::error!(context, "administration request failed");
            let message = "The server had an error while processing your request. Please try again; the x-request-id header names this request.";
            Wire { kind: "server_error", ..Wire::invalid(500, None, message) }
        }
    }
}

/// Row 43.
pub(crate) async fn unknown_route(method: Method, OriginalUri(uri): OriginalUri) -> Failure {
    Wire::invalid(404, Some("unknown_url"), format!("Invalid URL ({method} {})", printable(uri.path()))).into()
}

/// Row 44.
pub(crate) async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Failure {
    let message = format!("Not allowed to {method} on {}.", printable(uri.path()));
    Wire::invalid(405, Some("method_not_supported"), message).into()
}

/// Shortens the way from a use case's error to a [`Failure`].
pub(crate) trait OrFail<T> {
    fn or_fail(self, state: &ApiState) -> Result<T, Failure>;
}

impl<T> OrFail<T> for Result<T, Error> {
    fn or_fail(self, state: &ApiState) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(state, error))
    }
}
