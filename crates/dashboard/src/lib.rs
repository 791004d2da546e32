//! Server-rendered pages. Today one: the start page, which tells whoever opens the address what runs here, in the
//! visitor's language, and how to make the first call.
//!
//! No inline script or style, no third-party request; the response headers say so (security checklist V3).

mod language;
mod start;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// What the pages need to know of the installation.
#[derive(Debug, Clone)]
pub struct DashboardState {
    /// Where people and SDKs reach this installation, without a trailing slash.
    pub public_url: String,
    /// The sandbox's inbox, when a sandbox runs.
    pub sandbox_url: Option<String>,
}

/// The pages' routes.
pub fn router(state: DashboardState) -> Router {
    Router::new().route("/", get(start::page)).route("/static/keystead.css", get(stylesheet)).with_state(state)
}

async fn stylesheet() -> Response {
    let mut response = include_str!("../static/keystead.css").into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// An HTML answer with the headers every page carries.
fn html(body: String, language: &'static str) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    let mut response = body.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept-language"),
        (header::CONTENT_LANGUAGE, language),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

#[cfg(test)]
mod tests;
