//! The sandbox through its own router, with a clock controlled by the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::Sandbox;

/// The time at which every test begins.
pub(crate) const NOW: i64 = 1_700_000_000;

/// A sandbox with a clock controlled by the test.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    clock: Arc<AtomicI64>,
}

/// An answer, read to the end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(NOW));
        let shared = Arc::clone(&clock);
        Self { sandbox: Sandbox::new(Arc::new(move || shared.load(Ordering::Relaxed))), clock }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) async fn send(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Answer {
        let request = request.header("host", "127.0.0.1:8081").body(body.into()).unwrap();
        let response = self.sandbox.router().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, text: String::from_utf8_lossy(&body).into_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    pub(crate) async fn form(&self, path: &str, fields: &str) -> Answer {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, fields.to_owned()).await
    }

    pub(crate) async fn script(&self, path: &str, body: Value) -> Answer {
        self.send(Request::post(path).header("content-type", "application/json"), body.to_string()).await
    }
}
