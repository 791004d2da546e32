//! Prometheus metrics on a separate listener, so that no proxy publishes them by accident.

use std::sync::Arc;

use axum::body::Body;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

/// Answers `GET /metrics` only.
pub(crate) async fn answer(registry: Arc<Registry>, request: Request<Incoming>) -> Response<Body> {
    let mut text = String::new();
    let status = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => match encode(&mut text, &registry) {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        },
        _ => StatusCode::NOT_FOUND,
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
