//! The Responses API: stored answers and named, numbered events.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::faults::Faults;
use crate::ledger::Served;
use crate::models::not_found;
use crate::stream::{self, Event};
use crate::{Sandbox, text};

pub(crate) async fn create(State(sandbox): State<Sandbox>, Json(body): Json<Value>) -> Response {
    let prompt = text::prompt(&body["instructions"]) + &text::prompt(&body["input"]);
    let faults = Faults::read(prompt.trim_start());
    if let Some(error) = faults.before().await {
        return error;
    }
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    let words = text::words(&prompt, &model, body["max_output_tokens"].as_i64().unwrap_or(256));
    let (input_tokens, output_tokens) = (text::tokens(&prompt), text::tokens(&words));
    let id = sandbox.inner.objects.id("resp_");
    let usage = json!({ "input_tokens": input_tokens, "input_tokens_details": { "cached_tokens": 0 }, "output_tokens": output_tokens,
        "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": input_tokens + output_tokens });
    let item = json!({ "id": text::id("msg_", &id), "type": "message", "role": "assistant", "status": "completed",
        "content": [{ "type": "output_text", "text": words, "annotations": [] }] });
    let response = |status: &str, output: Value, usage: Value| {
        json!({ "id": id, "object": "response", "created_at": sandbox.now(), "status": status, "model": model, "output": output, "usage": usage,
            "error": null, "incomplete_details": null, "instructions": body["instructions"], "metadata": {}, "parallel_tool_calls": true,
            "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0, "input": body["input"],
            "previous_response_id": body["previous_response_id"] })
    };
    // After the message, whose events in a stream have the index 0.
    let output: Vec<Value> = std::iter::once(item.clone()).chain(searches(&body["tools"], &id)).collect();
    let whole = response("completed", json!(output), if faults.no_usage { Value::Null } else { usage });
    if body["store"].as_bool() != Some(false) {
        sandbox.inner.objects.keep_response(&id, whole.clone());
    }
    let produced = Served { route: "responses", model: model.clone(), requests: 1, input_tokens, ..Served::default() };
    if body["stream"].as_bool() != Some(true) {
        sandbox.inner.ledger.add(Served { output_tokens, ..produced });
        return Json(whole).into_response();
    }
    let begun = response("in_progress", json!([]), Value::Null);
    let mut number = 0;
    let mut event = |name: &str, mut data: Value| {
        data["type"] = json!(name);
        data["sequence_number"] = json!(number);
        number += 1;
        Event::named(name, data)
    };
    let mut events = vec![
        event("response.created", json!({ "response": begun })),
        event("response.in_progress", json!({ "response": begun })),
        event("response.output_item.added", json!({ "output_index": 0, "item": item })),
    ];
    let mut sent = String::new();
    for piece in text::pieces(&words) {
        let before = text::tokens(&sent);
        sent.push_str(&piece);
        let delta =
            json!({ "item_id": item["id"], "output_index": 0, "content_index": 0, "delta": piece, "logprobs": [] });
        events.push(event("response.output_text.delta", delta).with_tokens(text::tokens(&sent) - before));
    }
    let done = json!({ "item_id": item["id"], "output_index": 0, "content_index": 0, "text": words, "logprobs": [] });
    events.push(event("response.output_text.done", done));
    events.push(event("response.output_item.done", json!({ "output_index": 0, "item": item })));
    events.push(event("response.completed", json!({ "response": whole })));
    sandbox.inner.ledger.add(produced.clone());
    stream::answer(events, faults, move |tokens| {
        let more = Served { requests: 0, input_tokens: 0, output_tokens: tokens, ..produced.clone() };
        sandbox.inner.ledger.add(more);
    })
}

/// One finished call of each hosted search that the request permits.
fn searches(tools: &Value, response: &str) -> Vec<Value> {
    let tools = tools.as_array().map(Vec::as_slice).unwrap_or_default();
    let call = |tool: &Value| match tool["type"].as_str()? {
        "web_search" => {
            Some(json!({ "id": text::id("ws_", response), "type": "web_search_call", "status": "completed",
            "action": { "type": "search", "query": "sandbox" } }))
        }
        "file_search" => {
            Some(json!({ "id": text::id("fs_", response), "type": "file_search_call", "status": "completed",
            "queries": ["sandbox"], "results": null }))
        }
        _ => None,
    };
    tools.iter().filter_map(call).collect()
}

pub(crate) async fn input_tokens(Json(body): Json<Value>) -> Json<Value> {
    let prompt = text::prompt(&body["instructions"]) + &text::prompt(&body["input"]);
    Json(json!({ "object": "response.input_tokens", "input_tokens": text::tokens(&prompt) }))
}

pub(crate) async fn retrieve(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    sandbox.inner.objects.response(&id).map_or_else(|| not_found("response", &id), |r| Json(r).into_response())
}

pub(crate) async fn cancel(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let Some(mut response) = sandbox.inner.objects.response(&id) else { return not_found("response", &id) };
    response["status"] = json!("cancelled");
    Json(response).into_response()
}

pub(crate) async fn delete(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    if !sandbox.inner.objects.forget_response(&id) {
        return not_found("response", &id);
    }
    Json(json!({ "id": id, "object": "response", "deleted": true })).into_response()
}

pub(crate) async fn input_items(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let Some(response) = sandbox.inner.objects.response(&id) else { return not_found("response", &id) };
    let content = json!([{ "type": "input_text", "text": text::prompt(&response["input"]) }]);
    let item = json!({ "id": text::id("msg_", &format!("in{id}")), "type": "message", "role": "user", "status": "completed", "content": content });
    Json(json!({ "object": "list", "data": [item], "first_id": item["id"], "last_id": item["id"], "has_more": false }))
        .into_response()
}
