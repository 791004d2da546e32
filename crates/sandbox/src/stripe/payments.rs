//! Payment intents: created, confirmed, ended and read.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Form, Path, Query, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::outcomes::{Card, declined};
use super::replays::{Made, once, refused, respond};
use super::{Fields, MOST, State0, check_access, missing, state};
use crate::{Sandbox, text};

/// The least and the most that Stripe charges, in cents.
const BOUNDS: std::ops::RangeInclusive<i64> = 50..=99_999_999;

/// One payment.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) method: Option<String>,
    pub(super) cents: i64,
    pub(super) description: String,
    pub(super) metadata: HashMap<String, String>,
    pub(super) status: &'static str,
    pub(super) error: Option<Value>,
    /// The address of this server, for links.
    pub(super) host: String,
    pub(super) return_url: String,
    pub(super) created: i64,
    pub(super) refunded: i64,
    pub(super) disputed: bool,
}

impl Intent {
    pub(super) fn charge_id(&self) -> String {
        text::id("ch_", &self.id)
    }

    pub(super) fn charge(&self) -> Value {
        let id = self.charge_id();
        json!({ "id": id, "object": "charge", "amount": self.cents, "amount_refunded": self.refunded, "currency": "usd",
            "refunded": self.refunded == self.cents, "disputed": self.disputed, "paid": true, "status": "succeeded",
            "customer": self.customer, "payment_intent": self.id, "payment_method": self.method,
            "metadata": self.metadata, "receipt_url": format!("http://{}/stripe/receipts/{id}", self.host) })
    }

    pub(super) fn view(&self, expanded: bool) -> Value {
        let charge = match (self.status, expanded) {
            ("succeeded", true) => self.charge(),
            ("succeeded", false) => json!(self.charge_id()),
            _ => Value::Null,
        };
        let url = format!("http://{}/stripe/confirm/{}", self.host, self.id);
        let next = (self.status == "requires_action").then(
            || json!({ "type": "redirect_to_url", "redirect_to_url": { "url": url, "return_url": self.return_url } }),
        );
        json!({ "id": self.id, "object": "payment_intent", "amount": self.cents, "currency": "usd",
            "amount_received": if self.status == "succeeded" { self.cents } else { 0 }, "created": self.created,
            "customer": self.customer, "payment_method": self.method, "description": self.description,
            "metadata": self.metadata, "status": self.status, "last_payment_error": self.error, "next_action": next,
            "latest_charge": charge, "livemode": false })
    }
}

/// Reads the fields `prefix[name]`.
pub(super) fn metadata(fields: &Fields, prefix: &str) -> HashMap<String, String> {
    let inner = |name: &str| name.strip_prefix(prefix)?.strip_prefix('[')?.strip_suffix(']').map(str::to_owned);
    fields.iter().filter_map(|(name, value)| Some((inner(name)?, value.clone()))).collect()
}

/// Checks an amount and a currency as Stripe does.
pub(super) fn amount(cents: Option<&String>, currency: Option<&String>) -> Result<i64, Made> {
    if currency.map(String::as_str) != Some("usd") {
        return Err(refused(400, "parameter_invalid", "Invalid currency"));
    }
    let cents: i64 = cents
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| refused(400, "parameter_invalid_integer", "Invalid integer: amount"))?;
    match cents {
        _ if BOUNDS.contains(&cents) => Ok(cents),
        ..50 => Err(refused(400, "amount_too_small", "Amount must be at least $0.50 usd")),
        _ => Err(refused(400, "amount_too_large", "Amount must be no more than $999,999.99")),
    }
}

/// The address of this server, as the caller wrote it.
pub(super) fn host(headers: &HeaderMap) -> String {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:8081").to_owned()
}

/// Whether a customer exists and is not deleted.
pub(super) fn has_customer(all: &State0, customer: &str) -> bool {
    all.customers.get(customer).is_some_and(|known| known.get("deleted").is_none())
}

/// Charges a card: the events that follow are sent by the caller.
pub(super) fn charge(intent: &mut Intent, card: Card, present: bool) -> Vec<(&'static str, Value)> {
    match card {
        Card::Asks if present => {
            intent.status = "requires_action";
            intent.error = None;
            vec![("payment_intent.requires_action", intent.view(false))]
        }
        Card::Asks => refuse(intent, "authentication_required"),
        Card::Refused(decline) => refuse(intent, decline),
        Card::Pays | Card::Disputed => pay(intent),
    }
}

pub(super) fn pay(intent: &mut Intent) -> Vec<(&'static str, Value)> {
    intent.status = "succeeded";
    intent.error = None;
    vec![("charge.succeeded", intent.charge()), ("payment_intent.succeeded", intent.view(false))]
}

pub(super) fn refuse(intent: &mut Intent, decline: &str) -> Vec<(&'static str, Value)> {
    intent.status = "requires_payment_method";
    let card = intent.method.clone().unwrap_or_else(|| decline.to_owned());
    intent.error = Some(declined(decline, &card));
    vec![("payment_intent.payment_failed", intent.view(false))]
}

/// `POST /v1/payment_intents`
pub(crate) async fn create(State(sandbox): State<Sandbox>, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    once(&sandbox, &headers, "/v1/payment_intents", &fields, || {
        create_intent(&sandbox, &headers, &fields).unwrap_or_else(|refused| refused)
    })
}

fn create_intent(sandbox: &Sandbox, headers: &HeaderMap, fields: &Fields) -> Result<Made, Made> {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let cents = amount(fields.get("amount"), fields.get("currency"))?;
    let (customer, method, return_url) = (field("customer"), field("payment_method"), field("return_url"));
    let off_session = field("off_session") == "true";
    if field("confirm") != "true" || (return_url.is_empty() && !off_session) {
        return Err(refused(400, "parameter_missing", "A confirmed payment needs a return_url, or off_session"));
    }
    let (mut intent, card) = {
        let all = state(sandbox);
        if !has_customer(&all, &customer) {
            return Err(refused(400, "resource_missing", &format!("No such customer: '{customer}'")));
        }
        let of_customer = |known: &&Value| known.get("customer").and_then(Value::as_str) == Some(customer.as_str());
        if all.methods.get(&method).filter(of_customer).is_none() {
            return Err(refused(400, "resource_missing", &format!("No such PaymentMethod: '{method}'")));
        }
        if all.intents.len() >= MOST {
            return Err(refused(429, "rate_limit", "Too many payments"));
        }
        let intent = Intent {
            id: text::id("pi_", &format!("{}{}{customer}", all.intents.len(), sandbox.now())),
            customer,
            method: Some(method.clone()),
            cents,
            description: field("description"),
            metadata: metadata(fields, "metadata"),
            status: "requires_confirmation",
            error: None,
            host: host(headers),
            return_url,
            created: sandbox.now(),
            refunded: 0,
            disputed: false,
        };
        (intent, all.cards.get(&method).copied().unwrap_or(Card::Pays))
    };
    let events = charge(&mut intent, card, !off_session);
    let failed = intent.error.clone();
    let id = intent.id.clone();
    let body = intent.view(true);
    state(sandbox).intents.insert(id.clone(), intent);
    sandbox.stripe_events(events);
    if card == Card::Disputed {
        sandbox.dispute(&id);
    }
    Ok(match failed {
        None => (200, body),
        Some(mut error) => {
            error["payment_intent"] = body;
            (402, json!({ "error": error }))
        }
    })
}

/// `GET /v1/payment_intents/{id}`
pub(crate) async fn show(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let expanded = query.is_some_and(|query| query.contains("latest_charge"));
    let found = state(&sandbox).intents.get(&id).map(|intent| intent.view(expanded));
    found.map_or_else(|| missing(&id), |intent| Json(intent).into_response())
}

/// `GET /v1/payment_intents`
pub(crate) async fn list(State(sandbox): State<Sandbox>, headers: HeaderMap, Query(query): Query<Fields>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let customer = query.get("customer").cloned().unwrap_or_default();
    let since: i64 = query.get("created[gte]").and_then(|text| text.parse().ok()).unwrap_or(0);
    let limit = query.get("limit").and_then(|text| text.parse::<usize>().ok()).unwrap_or(10).clamp(1, 100);
    let (page, more) = {
        let all = state(&sandbox);
        let matches = |intent: &&Intent| intent.customer == customer && intent.created >= since;
        let mut found: Vec<&Intent> = all.intents.values().filter(matches).collect();
        // The latest first.
        found.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        let last = query.get("starting_after");
        let before = last.and_then(|id| found.iter().position(|intent| intent.id == *id)).map_or(0, |at| at + 1);
        let page: Vec<Value> = found.iter().skip(before).take(limit).map(|intent| intent.view(true)).collect();
        (page, found.len() > before + limit)
    };
    Json(json!({ "object": "list", "data": page, "has_more": more })).into_response()
}

/// `POST /v1/payment_intents/{id}/cancel`
pub(crate) async fn cancel(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let body = {
        let mut all = state(&sandbox);
        let Some(intent) = all.intents.get_mut(&id) else { return missing(&id) };
        if matches!(intent.status, "succeeded" | "canceled") {
            let message = format!("You cannot cancel this PaymentIntent because it has a status of {}.", intent.status);
            return respond(refused(400, "payment_intent_unexpected_state", &message));
        }
        intent.status = "canceled";
        intent.view(false)
    };
    sandbox.stripe_events(vec![("payment_intent.canceled", body.clone())]);
    Json(body).into_response()
}

impl Sandbox {
    pub(super) fn stripe_events(&self, events: Vec<(&'static str, Value)>) {
        for (kind, object) in events {
            self.stripe_event(kind, object);
        }
    }
}
