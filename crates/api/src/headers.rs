//! Headers of every response.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

use crate::ApiState;

/// The version of the API that client libraries look for.
const VERSION: HeaderValue = HeaderValue::from_static("2020-10-01");

/// Adds the request id, and forbids caching (responses may contain secrets) and content sniffing.
pub(crate) async fn stamp(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let id = state.app.request_id();
    let span = tracing::info_span!("administration", request_id = id.as_str(), method = %request.method());
    let mut response = tracing::Instrument::instrument(next.run(request), span).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(HeaderName::from_static("openai-version"), VERSION);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
