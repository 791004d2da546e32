//! The headers that every answer of the pages carries.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::state::DashboardState;
use crate::web::html::RetryAt;

/// What is no page runs nothing and sits in no frame, even when it is opened as one.
const DATA_POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// The headers every answer of the pages carries.
pub(crate) async fn stamp(State(state): State<DashboardState>, request: Request, next: Next) -> Response {
    // Only the page that takes pictures may ask for the camera.
    let camera = request.uri().path().starts_with("/verify/") && request.uri().path().ends_with("/capture");
    // The addresses of these pages hold a secret, which nobody is to learn as the place a visitor came from. Without TLS
    // browsers say only so where our own forms come from, which must stay told then.
    let secret = ["/reset", "/confirm", "/confirm-address", "/invite"].contains(&request.uri().path());
    let referrer = if secret && state.secure() { "no-referrer" } else { "same-origin" };
    // What is not a page is data: a browser runs nothing of it, and shows pictures only where our own pages lead to them.
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    let picture = read && request.uri().path().contains("/pictures/");
    let data = picture || request.uri().path().ends_with(".csv");
    if picture && !from_our_page(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    let retry_at = response.extensions().get::<RetryAt>().copied();
    let headers = response.headers_mut();
    if let Some(RetryAt(at)) = retry_at {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(at.since(state.app.now()).max(1)));
    }
    if data {
        // A picture of a document is looked at, and must not lie in a folder of downloads.
        let disposition = if picture { "inline" } else { "attachment" };
        headers.entry(header::CONTENT_DISPOSITION).or_insert(HeaderValue::from_static(disposition));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DATA_POLICY));
    } else if let Ok(policy) = HeaderValue::from_str(&state.policy()) {
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

/// Whether a picture is shown on one of our pages, or opened from one. Browsers say both.
fn from_our_page(headers: &HeaderMap) -> bool {
    let says =
        |name: &str, allowed: &[&str]| headers.get(name).is_none_or(|said| allowed.iter().any(|one| said == one));
    says("sec-fetch-dest", &["image", "document"]) && says("sec-fetch-site", &["same-origin"])
}
