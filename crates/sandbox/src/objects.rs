//! Files, uploads and batches, in memory and limited.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::ledger::Served;
use crate::models::not_found;
use crate::{Sandbox, text};

/// Maximum number of objects of a kind; the oldest are deleted first.
const MOST: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Objects {
    /// When the sandbox started, in Unix seconds: a part of every id, because an id that a client keeps from an
    /// earlier run must not name another object.
    started: i64,
    next: AtomicU64,
    files: Mutex<BTreeMap<String, (Value, Vec<u8>)>>,
    uploads: Mutex<BTreeMap<String, (Value, Vec<u8>)>>,
    batches: Mutex<BTreeMap<String, Value>>,
    responses: Mutex<BTreeMap<String, Value>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep<T>(map: &mut BTreeMap<String, T>, id: &str, value: T) {
    map.insert(id.to_owned(), value);
    if map.len() > MOST {
        map.pop_first();
    }
}

impl Objects {
    pub(crate) fn new(started: i64) -> Self {
        Self { started, ..Self::default() }
    }

    /// Ids grow, so that the oldest are first in the maps.
    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}{:010}{:014}", self.started, self.next.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn keep_response(&self, id: &str, response: Value) {
        keep(&mut lock(&self.responses), id, response);
    }

    pub(crate) fn response(&self, id: &str) -> Option<Value> {
        lock(&self.responses).get(id).cloned()
    }

    pub(crate) fn forget_response(&self, id: &str) -> bool {
        lock(&self.responses).remove(id).is_some()
    }

    fn keep_file(&self, name: &str, purpose: &str, bytes: Vec<u8>, now: i64) -> Value {
        let id = self.id("file-");
        let file = json!({ "id": id, "object": "file", "bytes": bytes.len(), "created_at": now, "filename": name, "purpose": purpose, "status": "processed" });
        keep(&mut lock(&self.files), &id, (file.clone(), bytes));
        file
    }
}

fn page(data: Vec<Value>) -> Json<Value> {
    let end = |item: Option<&Value>| item.map_or(Value::Null, |item| item["id"].clone());
    let (first, last) = (end(data.first()), end(data.last()));
    Json(json!({ "object": "list", "data": data, "first_id": first, "last_id": last, "has_more": false }))
}

pub(crate) async fn list_files(State(sandbox): State<Sandbox>) -> Json<Value> {
    page(lock(&sandbox.inner.objects.files).values().map(|(file, _)| file.clone()).collect())
}

pub(crate) async fn create_file(State(sandbox): State<Sandbox>, mut form: Multipart) -> Json<Value> {
    let (mut name, mut purpose, mut bytes) = ("file".to_owned(), "assistants".to_owned(), Vec::new());
    while let Ok(Some(field)) = form.next_field().await {
        let part = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let Ok(value) = field.bytes().await else { break };
        match part.as_str() {
            "file" => (name, bytes) = (file_name.unwrap_or(name), value.to_vec()),
            "purpose" => purpose = String::from_utf8_lossy(&value).into_owned(),
            _ => {}
        }
    }
    Json(sandbox.inner.objects.keep_file(&name, &purpose, bytes, sandbox.now()))
}

pub(crate) async fn retrieve_file(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let file = lock(&sandbox.inner.objects.files).get(&id).map(|(file, _)| file.clone());
    file.map_or_else(|| not_found("File object", &id), |file| Json(file).into_response())
}

pub(crate) async fn delete_file(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    if lock(&sandbox.inner.objects.files).remove(&id).is_none() {
        return not_found("File object", &id);
    }
    Json(json!({ "id": id, "object": "file", "deleted": true })).into_response()
}

pub(crate) async fn file_content(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let bytes = lock(&sandbox.inner.objects.files).get(&id).map(|(_, bytes)| bytes.clone());
    bytes.map_or_else(|| not_found("File object", &id), IntoResponse::into_response)
}

pub(crate) async fn create_upload(State(sandbox): State<Sandbox>, Json(body): Json<Value>) -> Json<Value> {
    let id = sandbox.inner.objects.id("upload_");
    let upload = json!({ "id": id, "object": "upload", "bytes": body["bytes"], "created_at": sandbox.now(), "filename": body["filename"],
        "purpose": body["purpose"], "status": "pending", "expires_at": sandbox.now() + 3600, "file": null });
    keep(&mut lock(&sandbox.inner.objects.uploads), &id, (upload.clone(), Vec::new()));
    Json(upload)
}

pub(crate) async fn add_part(State(sandbox): State<Sandbox>, Path(id): Path<String>, mut form: Multipart) -> Response {
    let mut bytes = Vec::new();
    while let Ok(Some(field)) = form.next_field().await {
        bytes.extend(field.bytes().await.unwrap_or_default());
    }
    let part = sandbox.inner.objects.id("part_");
    match lock(&sandbox.inner.objects.uploads).get_mut(&id) {
        None => not_found("upload", &id),
        Some((_, held)) => {
            held.append(&mut bytes);
            Json(json!({ "id": part, "object": "upload.part", "created_at": sandbox.now(), "upload_id": id }))
                .into_response()
        }
    }
}

pub(crate) async fn complete_upload(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let Some((mut upload, bytes)) = lock(&sandbox.inner.objects.uploads).remove(&id) else {
        return not_found("upload", &id);
    };
    let (name, purpose) =
        (upload["filename"].as_str().unwrap_or("file"), upload["purpose"].as_str().unwrap_or("assistants"));
    let file = sandbox.inner.objects.keep_file(name, purpose, bytes, sandbox.now());
    upload["status"] = json!("completed");
    upload["file"] = file;
    Json(upload).into_response()
}

pub(crate) async fn cancel_upload(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let Some((mut upload, _)) = lock(&sandbox.inner.objects.uploads).remove(&id) else {
        return not_found("upload", &id);
    };
    upload["status"] = json!("cancelled");
    Json(upload).into_response()
}

pub(crate) async fn list_batches(State(sandbox): State<Sandbox>) -> Json<Value> {
    page(lock(&sandbox.inner.objects.batches).values().cloned().collect())
}

/// Runs the batch at once: each line of the input file is answered with text and its usage.
pub(crate) async fn create_batch(State(sandbox): State<Sandbox>, Json(body): Json<Value>) -> Response {
    let objects = &sandbox.inner.objects;
    let input = body["input_file_id"].as_str().unwrap_or_default().to_owned();
    let Some(lines) = lock(&objects.files).get(&input).map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    else {
        return not_found("File object", &input);
    };
    let (mut output, mut done, mut sums) = (String::new(), 0i64, (0i64, 0i64));
    for line in lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let model = line["body"]["model"].as_str().unwrap_or_default().to_owned();
        let prompt = text::prompt(&line["body"]["messages"]);
        let words = text::words(&prompt, &model, 64);
        let (read, written) = (text::tokens(&prompt), text::tokens(&words));
        sums = (sums.0 + read, sums.1 + written);
        done += 1;
        sandbox.inner.ledger.add(Served {
            route: "batches",
            model: model.clone(),
            requests: 1,
            input_tokens: read,
            output_tokens: written,
            ..Served::default()
        });
        let answer = json!({ "id": format!("batch_req_{done}"), "custom_id": line["custom_id"], "error": null, "response": { "status_code": 200,
            "body": { "object": "chat.completion", "model": model, "choices": [{ "index": 0, "message": { "role": "assistant", "content": words }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written } } } });
        output.push_str(&format!("{answer}\n"));
    }
    let file = objects.keep_file("output.jsonl", "batch_output", output.into_bytes(), sandbox.now());
    let id = objects.id("batch_");
    let now = sandbox.now();
    let batch = json!({ "id": id, "object": "batch", "endpoint": body["endpoint"], "input_file_id": input, "completion_window": body["completion_window"],
        "status": "completed", "output_file_id": file["id"], "error_file_id": null, "created_at": now, "completed_at": now,
        "request_counts": { "total": done, "completed": done, "failed": 0 },
        "usage": { "input_tokens": sums.0, "output_tokens": sums.1, "total_tokens": sums.0 + sums.1 } });
    keep(&mut lock(&objects.batches), &id, batch.clone());
    Json(batch).into_response()
}

pub(crate) async fn retrieve_batch(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let batch = lock(&sandbox.inner.objects.batches).get(&id).cloned();
    batch.map_or_else(|| not_found("batch", &id), |batch| Json(batch).into_response())
}

pub(crate) async fn cancel_batch(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    match lock(&sandbox.inner.objects.batches).get_mut(&id) {
        None => not_found("batch", &id),
        Some(batch) => {
            batch["status"] = json!("cancelled");
            Json(batch.clone()).into_response()
        }
    }
}
