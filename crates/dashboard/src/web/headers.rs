//! The headers that every answer of the pages carries.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::file_answer::IsFile;
use super::html::RetryAt;
use crate::state::DashboardState;

/// The policy of files: even when a browser opens one as a page, no script runs and no frame may contain it.
const DATA_POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Whether the addresses below this path contain a secret, such as the token of a link.
pub(crate) fn holds_secret(path: &str) -> bool {
    ["/reset", "/confirm", "/confirm-address", "/invite"].contains(&path) || path.starts_with("/verify/")
}

/// Adds the headers. The kind of the answer, not its address, decides between the headers of a page and those of a
/// file.
pub(crate) async fn add_headers(State(state): State<DashboardState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Only the page that takes pictures may ask for the camera.
    let camera = path.starts_with("/verify/") && path.ends_with("/capture");
    // Other sites must not learn an address with a secret from the referrer. Without TLS, browsers name the origin of
    // our own forms only in headers that "no-referrer" empties, and those forms would be refused.
    let referrer = if holds_secret(path) && state.secure() { "no-referrer" } else { "same-origin" };
    let mut response = next.run(request).await;
    let retry_at = response.extensions().get::<RetryAt>().copied();
    let policy = match response.extensions().get::<IsFile>() {
        Some(IsFile) => Ok(HeaderValue::from_static(DATA_POLICY)),
        None => HeaderValue::from_str(&state.policy()),
    };
    let headers = response.headers_mut();
    if let Some(RetryAt(at)) = retry_at {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(at.since(state.app.now()).max(1)));
    }
    if let Ok(policy) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    let devices = match camera {
        true => "camera=(self), microphone=(), geolocation=()",
        false => "camera=(), microphone=(), geolocation=()",
    };
    headers.insert("permissions-policy", HeaderValue::from_static(devices));
    if state.secure() {
        headers.insert("strict-transport-security", HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
