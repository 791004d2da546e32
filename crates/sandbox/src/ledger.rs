//! The usage that the model server says it produced, for tests that compare it with what Keystead counted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Sandbox;

/// Sums of one route and model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Served {
    /// The last parts of the route's path, such as `chat/completions`.
    pub route: &'static str,
    /// The model.
    pub model: String,
    /// Requests.
    pub requests: i64,
    /// Tokens read.
    pub input_tokens: i64,
    /// Tokens written and sent.
    pub output_tokens: i64,
    /// Images generated.
    pub images: i64,
    /// Characters of speech.
    pub characters: i64,
    /// Seconds of transcribed audio.
    pub seconds: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    sums: Mutex<BTreeMap<(&'static str, String), Served>>,
    credentials: Mutex<Vec<String>>,
}

/// Maximum number of different credentials that are remembered.
const MOST_CREDENTIALS: usize = 1_000;

impl Ledger {
    /// Adds what one request produced.
    pub(crate) fn add(&self, produced: Served) {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = sums.entry((produced.route, produced.model.clone())).or_insert_with(|| Served {
            route: produced.route,
            model: produced.model.clone(),
            ..Served::default()
        });
        sum.requests += produced.requests;
        sum.input_tokens += produced.input_tokens;
        sum.output_tokens += produced.output_tokens;
        sum.images += produced.images;
        sum.characters += produced.characters;
        sum.seconds += produced.seconds;
    }

    pub(crate) fn served(&self) -> Vec<Served> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn credentials(&self) -> Vec<String> {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(crate) async fn usage(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "data": sandbox.served() }))
}

pub(crate) async fn seen(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "authorizations": sandbox.credentials() }))
}

pub(crate) async fn remember_credential(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut seen = sandbox.inner.ledger.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MOST_CREDENTIALS && !seen.contains(&text) {
            seen.push(text);
        }
    }
    next.run(request).await
}
