//! The models, and moderation, which uses none of their text.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::ledger::Served;
use crate::{Sandbox, text};

/// Models the sandbox serves.
pub const MODELS: [&str; 8] = [
    "gpt-4o",
    "gpt-4o-mini",
    "o3",
    "gpt-image-1",
    "text-embedding-3-small",
    "whisper-1",
    "tts-1",
    "omni-moderation-latest",
];

fn model(id: &str) -> Value {
    json!({ "id": id, "object": "model", "created": 1_715_367_049, "owned_by": "sandbox" })
}

pub(crate) async fn list() -> Json<Value> {
    Json(json!({ "object": "list", "data": MODELS.map(model) }))
}

pub(crate) async fn retrieve(Path(id): Path<String>) -> Response {
    if MODELS.contains(&id.as_str()) { Json(model(&id)).into_response() } else { not_found("model", &id) }
}

/// Builds a 404 in OpenAI's form.
pub(crate) fn not_found(kind: &str, id: &str) -> Response {
    let error = json!({ "error": { "message": format!("No such {kind}: {id}"), "type": "invalid_request_error", "param": null, "code": null } });
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}

pub(crate) async fn moderate(State(sandbox): State<Sandbox>, Json(body): Json<Value>) -> Json<Value> {
    let input = text::prompt(&body["input"]);
    let model = body["model"].as_str().unwrap_or("omni-moderation-latest").to_owned();
    let input_tokens = text::tokens(&input);
    sandbox.inner.ledger.add(Served {
        route: "moderations",
        model: model.clone(),
        requests: 1,
        input_tokens,
        ..Served::default()
    });
    let flagged = input.contains("forbidden");
    Json(json!({ "id": text::id("modr-", &input), "model": model,
        "results": [{ "flagged": flagged, "categories": { "violence": flagged }, "category_scores": { "violence": if flagged { 0.9 } else { 0.01 } } }] }))
}
