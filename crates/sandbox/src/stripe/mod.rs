//! The part of Stripe that Keystead uses: customers, Checkout, payment methods, payments, refunds, disputes, events.

mod hosted;
mod outcomes;
mod pages;
mod payments;
mod refunds;
mod replays;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Form, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::webhooks::{Outgoing, STRIPE_WEBHOOK_SECRET};
use crate::{Sandbox, text};

/// The sandbox's secret key.
pub const STRIPE_API_KEY: &str = "sk_test_sandbox";

const LIFETIME: i64 = 86_400;
const MOST: usize = 10_000;

/// The faults on demand.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// Every call answers 503.
    down: bool,
}

/// A Checkout session with the result of its set-up.
#[derive(Debug, Clone)]
struct Session {
    id: String,
    customer: String,
    url: String,
    success_url: String,
    attempt: String,
    set_up_attempt: String,
    status: &'static str,
    intent_status: &'static str,
    method: Option<Value>,
    error: Option<Value>,
    created: i64,
}

#[derive(Debug, Default)]
struct State0 {
    customers: HashMap<String, Value>,
    sessions: HashMap<String, Session>,
    methods: HashMap<String, Value>,
    /// Disputes and fraud warnings, each with its charge.
    disputes: HashMap<String, Value>,
    replays: HashMap<String, Value>,
    /// What a card does when it is charged, by the method on file.
    cards: HashMap<String, outcomes::Card>,
    intents: HashMap<String, payments::Intent>,
    pages: HashMap<String, pages::Page>,
    refunds: HashMap<String, Value>,
    /// Answers to requests about money, by idempotency key.
    answers: HashMap<String, replays::Answer>,
    events: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Stripe {
    state: Mutex<State0>,
    faults: Mutex<Faults>,
}

type Fields = HashMap<String, String>;

/// The routes, to be nested under `/stripe`.
pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/v1/customers", post(create_customer))
        .route("/v1/customers/{id}", get(show_customer).post(update_customer))
        .route("/v1/checkout/sessions", post(create_session))
        .route("/v1/checkout/sessions/{id}", get(show_session))
        .route("/v1/checkout/sessions/{id}/expire", post(expire_session))
        .route("/v1/payment_methods/{id}", get(show_method))
        .route("/v1/payment_methods/{id}/detach", post(detach_method))
        .route("/v1/payment_intents", get(payments::list).post(payments::create))
        .route("/v1/payment_intents/{id}", get(payments::show))
        .route("/v1/payment_intents/{id}/cancel", post(payments::cancel))
        .route("/v1/refunds", get(refunds::list).post(refunds::create))
        .route("/v1/refunds/{id}", get(refunds::show))
        .route("/v1/disputes", get(refunds::list_disputes))
        .route("/v1/disputes/{id}", get(show_dispute))
        .route("/v1/radar/early_fraud_warnings/{id}", get(show_dispute))
        .route("/pay/{id}", get(hosted::page))
        .route("/pay/{id}/simulate", post(hosted::simulate))
        .route("/checkout/{id}", get(pages::page).post(pages::choose))
        .route("/confirm/{id}", get(pages::confirmation).post(pages::confirm))
        .route("/receipts/{id}", get(pages::receipt).post(pages::decide))
}

/// `POST /sandbox/stripe`.
pub(crate) async fn set(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    *sandbox.inner.stripe.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    StatusCode::NO_CONTENT
}

fn state(sandbox: &Sandbox) -> MutexGuard<'_, State0> {
    sandbox.inner.stripe.state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let body = json!({ "error": { "type": "invalid_request_error", "code": code, "message": message } });
    (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), Json(body)).into_response()
}

fn missing(id: &str) -> Response {
    error(404, "resource_missing", &format!("No such object: {id}"))
}

fn check_access(sandbox: &Sandbox, headers: &HeaderMap) -> Result<(), Box<Response>> {
    if sandbox.inner.stripe.faults.lock().unwrap_or_else(PoisonError::into_inner).down {
        return Err(Box::new((StatusCode::SERVICE_UNAVAILABLE, "down on demand").into_response()));
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if bearer != Some(STRIPE_API_KEY) {
        return Err(Box::new(error(401, "api_key_invalid", "Invalid API Key provided")));
    }
    Ok(())
}

fn key(headers: &HeaderMap) -> Option<String> {
    headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned)
}

async fn create_customer(State(sandbox): State<Sandbox>, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let mut all = state(&sandbox);
    let replay = key(&headers);
    if let Some(known) = replay.as_ref().and_then(|key| all.replays.get(key)) {
        return Json(known.clone()).into_response();
    }
    let id = text::id("cus_", &format!("{}{}", all.customers.len(), sandbox.now()));
    let organization = fields.get("metadata[organization]").cloned().unwrap_or_default();
    let customer = json!({ "id": id, "object": "customer", "metadata": { "organization": organization },
        "invoice_settings": { "default_payment_method": null } });
    all.customers.insert(id, customer.clone());
    if let Some(replay) = replay {
        all.replays.insert(replay, customer.clone());
    }
    Json(customer).into_response()
}

async fn show_customer(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let found = state(&sandbox).customers.get(&id).cloned();
    found.map_or_else(|| missing(&id), |customer| Json(customer).into_response())
}

async fn update_customer(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let mut all = state(&sandbox);
    let Some(customer) = all.customers.get_mut(&id) else { return missing(&id) };
    if let Some(method) = fields.get("invoice_settings[default_payment_method]") {
        customer["invoice_settings"]["default_payment_method"] = json!(method);
    }
    Json(customer.clone()).into_response()
}

async fn create_session(State(sandbox): State<Sandbox>, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    if field("mode") == "payment" {
        return pages::create(&sandbox, &headers, &fields);
    }
    let customer = field("customer");
    let now = sandbox.now();
    let mut all = state(&sandbox);
    let replay = key(&headers).map(|key| format!("session-{key}"));
    if let Some(known) = replay.as_ref().and_then(|key| all.replays.get(key)) {
        return Json(known.clone()).into_response();
    }
    if field("mode") != "setup" {
        return error(400, "parameter_invalid", "Only mode=setup and mode=payment are served here");
    }
    if !all.customers.contains_key(&customer) {
        return missing(&customer);
    }
    all.sessions.retain(|_, session| now - session.created < 2 * LIFETIME);
    if all.sessions.len() >= MOST {
        return error(429, "rate_limit", "Too many sessions");
    }
    let id = text::id("cs_test_", &format!("{}{now}{customer}", all.sessions.len()));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:8081");
    let session = Session {
        url: format!("http://{host}/stripe/pay/{id}"),
        id: id.clone(),
        customer,
        success_url: field("success_url"),
        attempt: field("metadata[attempt]"),
        set_up_attempt: field("setup_intent_data[metadata][attempt]"),
        status: "open",
        intent_status: "requires_payment_method",
        method: None,
        error: None,
        created: now,
    };
    let body = session.view(false);
    all.sessions.insert(id, session);
    if let Some(replay) = replay {
        all.replays.insert(replay, body.clone());
    }
    Json(body).into_response()
}

impl Session {
    fn view(&self, expanded: bool) -> Value {
        let intent = text::id("seti_", &self.id);
        let method = self.method.clone();
        let intent_view = if expanded {
            json!({ "id": intent, "object": "setup_intent", "status": self.intent_status, "payment_method": method,
                "last_setup_error": self.error })
        } else {
            json!(intent)
        };
        json!({ "id": self.id, "object": "checkout.session", "mode": "setup", "customer": self.customer,
            "status": self.status, "created": self.created, "expires_at": self.created + LIFETIME,
            "metadata": { "attempt": self.attempt }, "client_reference_id": self.attempt,
            "url": (self.status == "open").then(|| self.url.clone()), "setup_intent": intent_view })
    }
}

async fn show_session(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let expanded = query.as_ref().is_some_and(|query| query.contains("setup_intent"));
    let with_payment = query.is_some_and(|query| query.contains("payment_intent"));
    let now = sandbox.now();
    let mut all = state(&sandbox);
    if let Some(page) = pages::view(&mut all, &id, with_payment, now) {
        return Json(page).into_response();
    }
    let Some(session) = all.sessions.get_mut(&id) else { return missing(&id) };
    if session.status == "open" && now - session.created >= LIFETIME {
        session.status = "expired";
    }
    Json(session.view(expanded)).into_response()
}

async fn expire_session(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    if let Some(answer) = pages::expire(&sandbox, &id) {
        return answer;
    }
    let session = {
        let mut all = state(&sandbox);
        let Some(session) = all.sessions.get_mut(&id) else { return missing(&id) };
        if session.status != "open" {
            return error(400, "resource_state", "Only open sessions can be expired");
        }
        session.status = "expired";
        session.clone()
    };
    sandbox.stripe_event("checkout.session.expired", session.view(false));
    Json(session.view(false)).into_response()
}

async fn show_method(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let found = state(&sandbox).methods.get(&id).cloned();
    found.map_or_else(|| missing(&id), |method| Json(method).into_response())
}

async fn show_dispute(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let Some(mut dispute) = state(&sandbox).disputes.get(&id).cloned() else { return missing(&id) };
    if !query.is_some_and(|query| query.contains("charge")) {
        dispute["charge"] = dispute["charge"]["id"].clone();
    }
    Json(dispute).into_response()
}

async fn detach_method(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let removed = state(&sandbox).methods.remove(&id);
    let Some(method) = removed else { return missing(&id) };
    sandbox.stripe_event("payment_method.detached", method.clone());
    Json(method).into_response()
}

impl Sandbox {
    fn stripe_event(&self, kind: &str, object: Value) {
        let mut all = state(self);
        all.events += 1;
        let id = text::id("evt_", &format!("{kind}{}{}", all.events, self.now()));
        drop(all);
        let body = json!({ "id": id, "object": "event", "type": kind, "created": self.now(), "livemode": false,
            "data": { "object": object } });
        self.announce(Outgoing {
            provider: "stripe",
            header: "stripe-signature",
            secret: STRIPE_WEBHOOK_SECRET,
            event: id,
            body: body.to_string(),
        });
    }
}

#[cfg(test)]
mod tests;
