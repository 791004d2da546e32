//! The part of Persona that Keystead uses: inquiries, one-time links, the hosted flow, decisions, erasure, events. No
//! document is required; the outcome is chosen.

mod api;
mod begin;
mod document;
mod guard;
mod hosted;
mod inquiry;
mod simulate;
mod view;
mod words;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::bounded_map::BoundedMap;
use crate::webhooks::{Outgoing, PERSONA_WEBHOOK_SECRET};
use crate::{Sandbox, text};
use inquiry::{Announcement, Inquiry};

/// The sandbox's API key.
pub const PERSONA_API_KEY: &str = "persona_sandbox";
/// The sandbox's template.
pub const PERSONA_TEMPLATE: &str = "itmpl_sandbox";

/// Maximum number of inquiries, of links, of sessions and of replays; the oldest are deleted first.
const MOST: usize = 10_000;

/// The faults on demand.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// Every call answers 503.
    down: bool,
    /// No event is announced.
    no_webhooks: bool,
    /// Every call waits this long, in milliseconds.
    slow_ms: u64,
    /// This many calls with an idempotency key are carried out, but answered with 500, also when they are repeated.
    accidents: u32,
    /// Calls per minute before 429. The vendor allows 300; a load test of the product must not hit that by accident.
    per_minute: u32,
}

impl Default for Faults {
    fn default() -> Self {
        Self { down: false, no_webhooks: false, slow_ms: 0, accidents: 0, per_minute: 6_000 }
    }
}

/// A one-time link: the first opening uses it up.
#[derive(Debug, Clone)]
struct Link {
    inquiry: String,
    expires_at: i64,
    spent: bool,
}

/// A browser's session in the hosted flow.
#[derive(Debug, Clone)]
struct Session {
    inquiry: String,
    language: &'static str,
    step: inquiry::Step,
    input: document::CheckInput,
    left: bool,
}

#[derive(Debug)]
struct Books {
    inquiries: BoundedMap<Inquiry>,
    links: BoundedMap<Link>,
    sessions: BoundedMap<Session>,
    made: u64,
}

impl Books {
    /// Computes a new id, which also did not exist before a restart, because the product keeps ids for longer than the
    /// sandbox runs. It is computed from the time and the order of calls: this is a sandbox, nothing in it is secret.
    fn id(&mut self, prefix: &str, now: i64) -> String {
        self.made += 1;
        text::id(prefix, &format!("persona {now} {}", self.made))
    }
}

#[derive(Debug)]
pub(crate) struct Persona {
    books: Mutex<Books>,
    faults: Mutex<Faults>,
    api_state: guard::ApiState,
}

impl Default for Persona {
    fn default() -> Self {
        let books = Books {
            inquiries: BoundedMap::new(MOST),
            links: BoundedMap::new(MOST),
            sessions: BoundedMap::new(MOST),
            made: 0,
        };
        Self { books: Mutex::new(books), faults: Mutex::default(), api_state: guard::ApiState::default() }
    }
}

/// The routes, to be nested under `/persona`.
pub(crate) fn router(sandbox: Sandbox) -> Router<Sandbox> {
    let api = Router::new()
        .route("/api/v1/inquiries", post(begin::create).get(api::list))
        .route("/api/v1/inquiries/{id}", get(api::show).delete(api::redact))
        .route("/api/v1/inquiries/{id}/resume", post(api::resume))
        .route("/api/v1/inquiries/{id}/generate-one-time-link", post(api::new_link))
        .route("/api/v1/inquiries/{id}/perform-simulate-actions", post(api::simulate))
        .route("/api/v1/inquiries/{id}/{verb}", post(api::judge))
        .layer(middleware::from_fn_with_state(sandbox, guard::guard));
    Router::new()
        .route("/verify", get(hosted::open_by_query))
        // A script appends "/simulate" to the link it was given; if that has a query, it becomes a part of the query.
        .route("/verify/{code}", get(hosted::open).post(simulate::by_link))
        .route("/verify/{code}/simulate", post(simulate::by_link))
        .route("/session/{token}", get(hosted::page).post(hosted::next))
        .merge(api)
}

/// `POST /sandbox/persona`.
pub(crate) async fn set(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    *lock(&sandbox.inner.persona.faults) = faults;
    StatusCode::NO_CONTENT
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn books(sandbox: &Sandbox) -> MutexGuard<'_, Books> {
    lock(&sandbox.inner.persona.books)
}

/// Builds a refusal in the vendor's form.
fn error(status: StatusCode, title: &str, details: &str) -> Response {
    let mut error = json!({ "title": title });
    if !details.is_empty() {
        error["details"] = json!(details);
    }
    (status, Json(json!({ "errors": [error] }))).into_response()
}

fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "Record not found", "")
}

fn unprocessable(details: &str) -> Response {
    error(StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable entity", details)
}

/// Returns the sandbox's own address, as the client knows it.
fn host(headers: &HeaderMap) -> String {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:8081").to_owned()
}

/// Does something with an inquiry in its present state, and announces the events.
fn with<T>(sandbox: &Sandbox, id: &str, what: impl FnOnce(&mut Inquiry) -> T) -> Option<T> {
    let (answer, announcements) = {
        let mut books = books(sandbox);
        let inquiry = books.inquiries.get_mut(id)?;
        inquiry.settle(sandbox.now());
        let answer = what(inquiry);
        (answer, inquiry.take_announcements())
    };
    sandbox.announce_inquiry(announcements);
    Some(answer)
}

/// Issues a new one-time link of an inquiry.
fn issue_link(sandbox: &Sandbox, inquiry: &str, host: &str, lifetime: i64) -> String {
    let now = sandbox.now();
    let expires_at = now.saturating_add(lifetime);
    let mut books = books(sandbox);
    let code = books.id("us1-", now);
    books.links.put(code.clone(), Link { inquiry: inquiry.to_owned(), expires_at, spent: false });
    format!("http://{host}/persona/verify/{code}")
}

impl Sandbox {
    fn announce_inquiry(&self, announcements: Vec<Announcement>) {
        if lock(&self.inner.persona.faults).no_webhooks {
            return;
        }
        for (name, id, inquiry) in announcements {
            let body = json!({ "data": { "type": "event", "id": id, "attributes": {
                "name": name, "created-at": view::moment(self.now()), "payload": { "data": inquiry } } } });
            self.announce(Outgoing {
                provider: "persona",
                header: "persona-signature",
                secret: PERSONA_WEBHOOK_SECRET,
                event: id,
                body: body.to_string(),
            });
        }
    }
}
