//! The answer to a request with a body that violated a limit.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use keystead_core::refusal::ErrorResponse;

/// The form of errors.
pub(crate) enum ErrorForm {
    Api,
    /// That of OAuth.
    Exchange,
    Page,
}

/// Builds the answer to a request with a body that violated a limit: with the headers of the router's answer.
pub(crate) fn broken(response: Response, form: ErrorForm, error: &ErrorResponse) -> Response {
    let (mut head, _) = response.into_parts();
    let (kind, text) = match form {
        ErrorForm::Api => ("application/json", error.body()),
        ErrorForm::Exchange => ("application/json", keystead_api::exchange_error("invalid_request", &error.message)),
        ErrorForm::Page => ("text/plain; charset=utf-8", format!("{}\n", error.message)),
    };
    head.status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.remove(header::SET_COOKIE);
    head.headers.remove(header::LOCATION);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if error.status == 503 {
        head.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    Response::from_parts(head, Body::from(text))
}
