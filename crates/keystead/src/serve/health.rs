//! `GET /healthz`: the process runs. `GET /readyz`: it can do its work.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use keystead_gateway::Meter;
use keystead_store::Store;
use serde_json::json;
use tokio::time::timeout;

/// A database that takes longer counts as down.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a ready node needs.
struct Needs {
    store: Store,
    meter: Arc<Meter>,
}

/// The probes' routes.
pub(crate) fn router(store: Store, meter: Arc<Meter>) -> Router {
    Router::new()
        .route("/healthz", get(async || json_answer(StatusCode::OK, &json!({ "status": "ok" }))))
        .route("/readyz", get(ready))
        .with_state(Arc::new(Needs { store, meter }))
}

async fn ready(State(needs): State<Arc<Needs>>) -> Response {
    let database = matches!(timeout(PATIENCE, needs.store.ping()).await, Ok(Ok(())));
    let usage = needs.meter.state();
    let ready = database && usage.failing.is_none();
    let mut body = json!({
        "status": if ready { "ready" } else { "not ready" },
        "database": if database { "ok" } else { "unavailable" },
        "usage_spool": if usage.failing.is_none() { "ok" } else { "failing" },
    });
    if let Some(reason) = usage.failing {
        body["usage_spool_reason"] = reason.into();
        body["usage_events_in_memory"] = usage.unwritten.into();
    }
    json_answer(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}

fn json_answer(status: StatusCode, value: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, value.to_string()).into_response()
}
