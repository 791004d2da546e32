//! The one place where errors become status codes and OpenAI's error body.

use axum::extract::OriginalUri;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use keystead_app::Error;
use keystead_core::gate::Requirement;
use keystead_core::refusal::ErrorResponse;
use keystead_core::text::printable;

use crate::ApiState;

/// An error response.
#[derive(Debug)]
pub(crate) struct ApiError {
    wire: Box<ErrorResponse>,
    /// The parameter at fault, if the client chose its name.
    named: Option<String>,
    /// Seconds after which the client may retry.
    retry_after: Option<i64>,
    /// What went wrong inside, which no client reads.
    internal: Option<Internal>,
}

/// What went wrong inside, in the extensions of a response: for the operator on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Internal(pub(crate) String);

impl From<ErrorResponse> for ApiError {
    fn from(wire: ErrorResponse) -> Self {
        Self { wire: Box::new(wire), named: None, retry_after: None, internal: None }
    }
}

impl ApiError {
    /// Translates a use case's error for the API.
    pub(crate) fn new(state: &ApiState, error: Error) -> Self {
        let retry_after = match &error {
            Error::Limited { retry_at, .. } => Some(retry_at.since(state.app.now()).max(1)),
            Error::Unavailable => Some(1),
            Error::ProviderUnavailable { .. } => Some(30),
            _ => None,
        };
        let internal = match &error {
            Error::Internal(context) => Some(Internal(context.clone())),
            _ => None,
        };
        Self { wire: Box::new(response(error, state.app.public_url())), named: None, retry_after, internal }
    }

    /// Builds the error of a parameter.
    pub(crate) fn param(param: &'static str, message: impl Into<String>) -> Self {
        ErrorResponse::invalid(400, None, message).with_param(param).into()
    }

    /// Builds the error of a required parameter that was not sent.
    pub(crate) fn missing(param: &'static str) -> Self {
        Self::param(param, format!("Missing required parameter: '{param}'."))
    }

    /// Builds the error of a parameter that this API does not know.
    pub(crate) fn named(param: String, message: impl Into<String>) -> Self {
        Self { named: Some(param), ..ErrorResponse::invalid(400, None, message).into() }
    }

    /// Builds the error of a handler that uses a part of the request that no guard has read.
    pub(crate) fn unread(state: &ApiState) -> Self {
        Self::new(state, Error::Internal("no guard runs before this handler".to_owned()))
    }

    /// Builds the error of a path to a missing object.
    pub(crate) fn not_found(kind: &str, id: &str) -> Self {
        ErrorResponse::invalid(404, None, format!("No such {kind}: {}.", printable(id))).into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = self.wire.body_naming(self.named.as_deref().or(self.wire.param));
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let mut response = (status, json, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"OpenAI API\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::CONFLICT {
            // SDKs repeat a 409; none of ours ends by itself.
            response.headers_mut().insert("x-should-retry", HeaderValue::from_static("false"));
        }
        if let Some(internal) = self.internal {
            response.extensions_mut().insert(internal);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn response(error: Error, public_url: &str) -> ErrorResponse {
    match error {
        Error::NotFound { kind, id } => {
            ErrorResponse::invalid(404, None, format!("No such {kind}: {}.", printable(&id)))
        }
        Error::Invalid { param, code, message } => {
            ErrorResponse { param, ..ErrorResponse::invalid(400, code, message) }
        }
        Error::Conflict { message } => ErrorResponse::invalid(409, None, message),
        Error::Forbidden { param, message } => ErrorResponse { param, ..ErrorResponse::invalid(403, None, message) },
        Error::Refused(refusal) => refusal.response(public_url),
        Error::RequirementMissing { organization, action, missing, .. } => {
            let code = match missing.first() {
                Some(Requirement::PaymentMethod) => "payment_method_required",
                Some(Requirement::Organization) => "organization_verification_required",
                Some(Requirement::Phone) | None => "phone_verification_required",
            };
            ErrorResponse::invalid(
                403,
                Some(code),
                Error::requirement_text(&organization, action, &missing, public_url),
            )
        }
        Error::Limited { name: name @ "phone_sim_changed", retry_at } => ErrorResponse {
            kind: "rate_limit_error",
            ..ErrorResponse::invalid(
                429,
                Some(name),
                format!(
                    "The SIM card of this number was changed lately. It can replace the verified number at {retry_at}; \
                     until then the verified number stays."
                ),
            )
        },
        Error::Limited { name, retry_at } => ErrorResponse {
            kind: "rate_limit_error",
            ..ErrorResponse::invalid(429, Some(name), format!("Too many tries. This is possible again at {retry_at}."))
        },
        Error::ProviderUnavailable { service } => ErrorResponse {
            kind: "service_unavailable_error",
            ..ErrorResponse::invalid(
                503,
                Some("provider_unavailable"),
                format!(
                    "The {service} service does not answer. Nothing is lost and no try is used up. Try again in a minute."
                ),
            )
        },
        Error::Unsupported(what) => {
            ErrorResponse::invalid(501, Some("not_configured"), format!("The operator has not configured {what}."))
        }
        Error::Unavailable => ErrorResponse {
            kind: "service_unavailable_error",
            ..ErrorResponse::invalid(
                503,
                Some("server_is_overloaded"),
                "The service is temporarily unavailable. Please try again shortly.",
            )
        },
        Error::Internal(context) => {
            tracing::error!(context, "a request of the Administration API failed");
            let message = "The server had an error while processing your request. Please try again; the x-request-id header names this request.";
            ErrorResponse { kind: "server_error", ..ErrorResponse::invalid(500, None, message) }
        }
    }
}

/// Answers a path without a route.
pub(crate) async fn unknown_route(method: Method, OriginalUri(uri): OriginalUri) -> ApiError {
    ErrorResponse::unknown_url(method.as_str(), uri.path()).into()
}

/// Answers a method that the path's route does not have.
pub(crate) async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> ApiError {
    ErrorResponse::method_not_supported(method.as_str(), uri.path()).into()
}

/// Converts a use case's error to an [`ApiError`].
pub(crate) trait OrFail<T> {
    fn or_fail(self, state: &ApiState) -> Result<T, ApiError>;
}

impl<T> OrFail<T> for Result<T, Error> {
    fn or_fail(self, state: &ApiState) -> Result<T, ApiError> {
        self.map_err(|error| ApiError::new(state, error))
    }
}
