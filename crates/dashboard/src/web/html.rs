//! Answers in HTML, and the mark of answers that hit a limit.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_core::time::Timestamp;

/// An HTML answer in a language.
pub(crate) fn html(body: String, language: &'static str) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept-language, cookie"),
        (header::CONTENT_LANGUAGE, language),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// When a request may be tried again. An extension of the response that becomes the header `Retry-After`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryAt(pub(crate) Timestamp);

impl RetryAt {
    pub(crate) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Limited { retry_at, .. } => Some(Self(*retry_at)),
            _ => None,
        }
    }

    pub(crate) fn mark(self, response: &mut Response) {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.extensions_mut().insert(self);
    }
}

/// Changes the status to 429 if the error is a limit.
pub(crate) fn mark_limit(mut response: Response, error: &Error) -> Response {
    if let Some(retry_at) = RetryAt::of(error) {
        retry_at.mark(&mut response);
    }
    response
}
