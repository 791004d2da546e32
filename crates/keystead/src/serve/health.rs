//! `GET /healthz`: the process lives. `GET /readyz`: it can do its work.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use keystead_store::Store;
use serde_json::json;
use tokio::time::timeout;

/// A database that takes longer is as good as away.
const PATIENCE: Duration = Duration::from_secs(2);

/// The probes' routes.
pub(crate) fn router(store: Store) -> Router {
    Router::new()
        .route("/healthz", get(async || json_answer(StatusCode::OK, &json!({ "status": "ok" }))))
        .route("/readyz", get(ready))
        .with_state(Arc::new(store))
}

async fn ready(State(store): State<Arc<Store>>) -> Response {
    match timeout(PATIENCE, store.ping()).await {
        Ok(Ok(())) => json_answer(StatusCode::OK, &json!({ "status": "ready", "database": "ok" })),
        _ => json_answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "not ready", "database": "unavailable" })),
    }
}

fn json_answer(status: StatusCode, value: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, value.to_string()).into_response()
}
