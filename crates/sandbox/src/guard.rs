//! The clients that may use the sandbox: programs on this machine, not web pages in a browser on it.

use axum::extract::Request;
use axum::http::{StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses foreign `Host` names (DNS rebinding) and any `Origin` that is not the sandbox's own.
pub(crate) async fn admit(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_loopback(host) {
        return (StatusCode::MISDIRECTED_REQUEST, "The sandbox answers on loopback names only.\n").into_response();
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        if own.as_ref().and_then(Uri::authority).map(|authority| authority.as_str()) != Some(host) {
            return (StatusCode::FORBIDDEN, "The sandbox does not answer to web pages.\n").into_response();
        }
    }
    next.run(request).await
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    matches!(name, "127.0.0.1" | "localhost" | "::1")
}
