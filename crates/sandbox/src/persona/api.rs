//! Calls about an existing inquiry.

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::begin::{DAY, is_lifetime, link_meta};
use super::document::CheckInput;
use super::inquiry::{Act, Inquiry, NotNow};
use super::{books, error, host, issue_link, not_found, unprocessable, with};
use crate::Sandbox;

/// Milliseconds after which an erasure is done if no call reads the inquiry before.
const ERASURE: u64 = 300;

type Parameters = Query<HashMap<String, String>>;

/// Builds an answer about an inquiry, with what `include` requests.
fn about(inquiry: &Inquiry, parameters: &Parameters) -> Value {
    let mut answer = json!({ "data": inquiry.view() });
    if let Some(wanted) = parameters.get("include") {
        answer["included"] = json!(inquiry.included(wanted));
    }
    answer
}

fn not_now(_: NotNow) -> Response {
    unprocessable("This cannot be done with the inquiry in its present state")
}

/// Builds the answer to an action on an inquiry.
fn done(found: Option<Result<Value, NotNow>>) -> Response {
    match found {
        None => not_found(),
        Some(Err(refused)) => not_now(refused),
        Some(Ok(answer)) => Json(answer).into_response(),
    }
}

/// Lists inquiries, newest first.
pub(super) async fn list(State(sandbox): State<Sandbox>, parameters: Parameters) -> Response {
    let wanted = parameters.get("filter[reference-id]");
    let found: Vec<String> = {
        let books = books(&sandbox);
        let fits = |id: &&String| {
            let reference = books.inquiries.get(id).map(|inquiry| inquiry.reference.as_ref());
            wanted.is_none() || reference.is_some_and(|reference| reference == wanted)
        };
        books.inquiries.newest().filter(fits).take(100).cloned().collect()
    };
    let data: Vec<Value> = found.iter().filter_map(|id| with(&sandbox, id, |inquiry| inquiry.view())).collect();
    Json(json!({ "data": data, "links": { "prev": null, "next": null } })).into_response()
}

pub(super) async fn show(State(sandbox): State<Sandbox>, Path(id): Path<String>, parameters: Parameters) -> Response {
    done(with(&sandbox, &id, |inquiry| Ok(about(inquiry, &parameters))))
}

/// Accepts an erasure at once; it is done a moment later, or with the next read.
pub(super) async fn redact(State(sandbox): State<Sandbox>, Path(id): Path<String>, parameters: Parameters) -> Response {
    let answer = with(&sandbox, &id, |inquiry| {
        inquiry.redact();
        Ok(about(inquiry, &parameters))
    });
    if answer.is_some() {
        let sandbox = sandbox.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(ERASURE)).await;
            with(&sandbox, &id, |_| ())
        });
    }
    done(answer)
}

pub(super) async fn resume(State(sandbox): State<Sandbox>, Path(id): Path<String>, parameters: Parameters) -> Response {
    let now = sandbox.now();
    let answer = with(&sandbox, &id, |inquiry| {
        inquiry.resume(now)?;
        Ok(about(inquiry, &parameters))
    });
    let Some(Ok(mut answer)) = answer else { return done(answer) };
    let token = books(&sandbox).id("session_", now);
    answer["meta"] = json!({ "session-token": token });
    Json(answer).into_response()
}

/// Parses a body; an absent one is empty.
fn read(body: &Bytes) -> Result<Value, Box<Response>> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|_| Box::new(error(StatusCode::BAD_REQUEST, "Bad Request", "This is no JSON")))
}

pub(super) async fn new_link(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let lifetime = match read(&body) {
        Ok(body) => match &body["meta"]["expires-in-seconds"] {
            Value::Null => Some(DAY),
            lifetime => lifetime.as_i64().filter(|lifetime| is_lifetime(*lifetime)),
        },
        Err(refused) => return *refused,
    };
    let Some(lifetime) = lifetime else { return unprocessable("expires-in-seconds must be greater than 0") };
    let now = sandbox.now();
    let answer = with(&sandbox, &id, |inquiry| {
        inquiry.resume(now)?;
        Ok(about(inquiry, &parameters))
    });
    let Some(Ok(mut answer)) = answer else { return done(answer) };
    answer["meta"] = link_meta(&issue_link(&sandbox, &id, &host(&headers), lifetime));
    Json(answer).into_response()
}

/// `approve`, `decline`, `mark-for-review` as a reviewer does them, and `expire`.
pub(super) async fn judge(
    State(sandbox): State<Sandbox>,
    Path((id, verb)): Path<(String, String)>,
    parameters: Parameters,
) -> Response {
    let now = sandbox.now();
    let judged = |act: Act| {
        with(&sandbox, &id, |inquiry| {
            if act == Act::Expire {
                inquiry.act(act, &CheckInput::default(), now)?
            } else {
                inquiry.judge(act, now)?
            }
            Ok(about(inquiry, &parameters))
        })
    };
    done(match verb.as_str() {
        "approve" => judged(Act::Approve),
        "decline" => judged(Act::Decline),
        "mark-for-review" => judged(Act::Review),
        "expire" => judged(Act::Expire),
        _ => None,
    })
}

/// `perform-simulate-actions`. All names are checked before any action is done; the first impossible action ends the
/// call.
pub(super) async fn simulate(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    parameters: Parameters,
    body: Bytes,
) -> Response {
    let body = match read(&body) {
        Ok(body) => body,
        Err(refused) => return *refused,
    };
    let Some(actions) = body["meta"]["simulate-actions"].as_array() else {
        return error(StatusCode::BAD_REQUEST, "Bad Request", "meta.simulate-actions must be an array");
    };
    let mut acts = Vec::new();
    for action in actions {
        match action["type"].as_str().and_then(act_of) {
            Some(act) => acts.push(act),
            None => return error(StatusCode::BAD_REQUEST, "Bad Request", "The sandbox has no such simulate action"),
        }
    }
    let now = sandbox.now();
    done(with(&sandbox, &id, |inquiry| {
        for act in acts {
            match act {
                Act::Start | Act::Complete | Act::Fail | Act::Expire => {
                    inquiry.act(act, &CheckInput::default(), now)?
                }
                Act::Review | Act::Approve | Act::Decline => inquiry.judge(act, now)?,
            }
        }
        Ok(about(inquiry, &parameters))
    }))
}

fn act_of(action: &str) -> Option<Act> {
    Some(match action {
        "start_inquiry" => Act::Start,
        "complete_inquiry" => Act::Complete,
        "fail_inquiry" => Act::Fail,
        "expire_inquiry" => Act::Expire,
        "mark_for_review_inquiry" => Act::Review,
        "approve_inquiry" => Act::Approve,
        "decline_inquiry" => Act::Decline,
        _ => return None,
    })
}
