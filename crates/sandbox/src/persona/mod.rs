//! Persona, as far as Keystead speaks it: inquiries, one-time links, decisions, erasure, events (verification.md 1).

mod hosted;
mod inquiry;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::webhooks::{Outgoing, PERSONA_WEBHOOK_SECRET};
use crate::{Sandbox, text};
use inquiry::Inquiry;

/// The sandbox's API key.
pub const PERSONA_API_KEY: &str = "persona_sandbox";
/// The sandbox's template.
pub const PERSONA_TEMPLATE: &str = "itmpl_sandbox";

const MOST: usize = 10_000;

/// What goes wrong on demand.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// Every call answers 503.
    down: bool,
    /// Nothing is announced.
    no_webhooks: bool,
}

#[derive(Debug, Default)]
struct Books {
    inquiries: HashMap<String, Inquiry>,
    /// One-time codes: the inquiry, and whether it was spent.
    codes: HashMap<String, (String, bool)>,
    replays: HashMap<String, Value>,
    events: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Persona {
    books: Mutex<Books>,
    faults: Mutex<Faults>,
}

/// The routes, to be nested under `/persona`.
pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/api/v1/inquiries", post(create).get(list))
        .route("/api/v1/inquiries/{id}", get(show).delete(redact))
        .route("/api/v1/inquiries/{id}/{verb}", post(act))
        // A script appends "/simulate" to the link it was given; behind a query that lands in the query.
        .route("/verify/{code}", get(hosted::page).post(hosted::simulate))
        .route("/verify/{code}/simulate", post(hosted::simulate))
}

/// `POST /sandbox/persona`.
pub(crate) async fn set(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    *sandbox.inner.persona.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    StatusCode::NO_CONTENT
}

fn books(sandbox: &Sandbox) -> MutexGuard<'_, Books> {
    sandbox.inner.persona.books.lock().unwrap_or_else(PoisonError::into_inner)
}

fn error(status: u16, title: &str) -> Response {
    let body = json!({ "errors": [{ "title": title }] });
    (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), Json(body)).into_response()
}

fn door(sandbox: &Sandbox, headers: &HeaderMap) -> Result<(), Box<Response>> {
    if sandbox.inner.persona.faults.lock().unwrap_or_else(PoisonError::into_inner).down {
        return Err(Box::new((StatusCode::SERVICE_UNAVAILABLE, "down on demand").into_response()));
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if bearer != Some(PERSONA_API_KEY) {
        return Err(Box::new(error(401, "Unauthorized")));
    }
    if !headers.contains_key("persona-version") {
        return Err(Box::new(error(400, "Persona-Version is required here")));
    }
    Ok(())
}

fn host(headers: &HeaderMap) -> String {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:8081").to_owned()
}

/// A fresh one-time link of an inquiry.
fn issue_link(books: &mut Books, inquiry: &str, host: &str, now: i64) -> String {
    let code = text::id("", &format!("{inquiry}{}{now}", books.codes.len()));
    books.codes.insert(code.clone(), (inquiry.to_owned(), false));
    format!("http://{host}/persona/verify/{code}")
}

async fn create(State(sandbox): State<Sandbox>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Err(refused) = door(&sandbox, &headers) {
        return *refused;
    }
    let attribute = |name: &str| body["data"]["attributes"][name].as_str().unwrap_or_default().to_owned();
    if attribute("inquiry-template-id").is_empty() {
        return error(422, "inquiry-template-id is required");
    }
    let now = sandbox.now();
    let answer = {
        let mut books = books(&sandbox);
        let replay = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
        if let Some(known) = replay.as_ref().and_then(|key| books.replays.get(key)) {
            return (StatusCode::CREATED, Json(known.clone())).into_response();
        }
        if books.inquiries.len() >= MOST {
            return error(429, "Too many inquiries");
        }
        let reference = body["meta"]["auto-create-account-reference-id"].as_str().unwrap_or_default().to_owned();
        let id = text::id("inq_", &format!("{reference}{}{now}", books.inquiries.len()));
        let inquiry = Inquiry::new(id.clone(), reference, attribute("redirect-uri"), now);
        let data = inquiry.view();
        books.inquiries.insert(id.clone(), inquiry);
        let link = body["meta"]["auto-create-one-time-link"].as_bool().unwrap_or(false);
        let link = link.then(|| issue_link(&mut books, &id, &host(&headers), now));
        let answer = json!({ "data": data, "meta": { "one-time-link": link } });
        if let Some(replay) = replay {
            books.replays.insert(replay, answer.clone());
        }
        answer
    };
    sandbox.persona_event("inquiry.created", &answer["data"]);
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn list(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if let Err(refused) = door(&sandbox, &headers) {
        return *refused;
    }
    let wanted = query.get("filter[reference-id]");
    let books = books(&sandbox);
    let mut found: Vec<&Inquiry> =
        books.inquiries.values().filter(|inquiry| wanted.is_none_or(|wanted| inquiry.reference == *wanted)).collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Json(json!({ "data": found.iter().map(|inquiry| inquiry.view()).collect::<Vec<_>>() })).into_response()
}

async fn show(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refused) = door(&sandbox, &headers) {
        return *refused;
    }
    let now = sandbox.now();
    let mut books = books(&sandbox);
    match books.inquiries.get_mut(&id) {
        None => error(404, "Not found"),
        Some(inquiry) => {
            inquiry.expire_if_due(now);
            Json(json!({ "data": inquiry.view() })).into_response()
        }
    }
}

async fn redact(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refused) = door(&sandbox, &headers) {
        return *refused;
    }
    let now = sandbox.now();
    let view = {
        let mut books = books(&sandbox);
        let Some(inquiry) = books.inquiries.get_mut(&id) else { return error(404, "Not found") };
        inquiry.redact(now);
        inquiry.view()
    };
    sandbox.persona_event("inquiry.redacted", &view);
    Json(json!({ "data": view })).into_response()
}

async fn act(State(sandbox): State<Sandbox>, headers: HeaderMap, Path((id, verb)): Path<(String, String)>) -> Response {
    if let Err(refused) = door(&sandbox, &headers) {
        return *refused;
    }
    let now = sandbox.now();
    let host = host(&headers);
    let (view, events, meta) = {
        let mut books = books(&sandbox);
        let Some(inquiry) = books.inquiries.get_mut(&id) else { return error(404, "Not found") };
        inquiry.expire_if_due(now);
        let verb = match verb.as_str() {
            "resume" | "generate-one-time-link" => {
                if !inquiry.resume(now) {
                    return error(422, "This inquiry cannot be resumed");
                }
                let view = inquiry.view();
                let link = issue_link(&mut books, &id, &host, now);
                return Json(json!({ "data": view, "meta": { "one-time-link": link } })).into_response();
            }
            "approve" => "approve",
            "decline" => "decline",
            "mark-for-review" => "review",
            "expire" => "expire",
            _ => return error(404, "No such action"),
        };
        let events = inquiry.act(verb, &Value::Null, now);
        (inquiry.view(), events, json!({}))
    };
    for event in events {
        sandbox.persona_event(event, &view);
    }
    Json(json!({ "data": view, "meta": meta })).into_response()
}

impl Sandbox {
    fn persona_event(&self, name: &str, inquiry: &Value) {
        if self.inner.persona.faults.lock().unwrap_or_else(PoisonError::into_inner).no_webhooks {
            return;
        }
        let mut books = books(self);
        books.events += 1;
        let id = text::id("evt_", &format!("{name}{}{}", books.events, self.now()));
        drop(books);
        let body = json!({ "data": { "type": "event", "id": id, "attributes": {
            "name": name, "created-at": inquiry::moment(self.now()), "payload": { "data": inquiry } } } });
        self.announce(Outgoing {
            provider: "persona",
            header: "persona-signature",
            secret: PERSONA_WEBHOOK_SECRET,
            event: id,
            body: body.to_string(),
        });
    }
}
