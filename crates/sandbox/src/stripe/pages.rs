//! Pages of the service: Checkout for a payment, the bank's confirmation, and the receipt, where a charge can be disputed.
//! They have buttons for the possible outcomes.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::outcomes::{CHOICES, Card};
use super::payments::{Intent, amount, charge, has_customer, host, metadata, pay, refuse};
use super::replays::{Made, once, refused};
use super::{Fields, LIFETIME, MOST, State0, error, missing, state};
use crate::page::{escape, page as html};
use crate::{Sandbox, text};

/// A Checkout session for a payment.
#[derive(Debug, Clone)]
pub(super) struct Page {
    id: String,
    customer: String,
    cents: i64,
    description: String,
    metadata: std::collections::HashMap<String, String>,
    of_payment: std::collections::HashMap<String, String>,
    success_url: String,
    status: &'static str,
    /// The payment, once a card was entered.
    intent: Option<String>,
    host: String,
    created: i64,
    expires_at: i64,
}

impl Page {
    fn view(&self, all: &State0, expanded: bool) -> Value {
        let intent = self.intent.as_ref().and_then(|id| all.intents.get(id));
        let payment = match (intent, expanded) {
            (Some(intent), true) => intent.view(true),
            (Some(intent), false) => json!(intent.id),
            (None, _) => Value::Null,
        };
        let paid = intent.is_some_and(|intent| intent.status == "succeeded");
        let url = format!("http://{}/stripe/checkout/{}", self.host, self.id);
        json!({ "id": self.id, "object": "checkout.session", "mode": "payment", "customer": self.customer,
            "status": self.status, "payment_status": if paid { "paid" } else { "unpaid" }, "currency": "usd",
            "amount_total": self.cents, "created": self.created, "expires_at": self.expires_at,
            "metadata": self.metadata, "payment_intent": payment, "url": (self.status == "open").then_some(url) })
    }
}

/// `POST /v1/checkout/sessions` with `mode=payment`
pub(super) fn create(sandbox: &Sandbox, headers: &HeaderMap, fields: &Fields) -> Response {
    once(sandbox, headers, "/v1/checkout/sessions", fields, || {
        create_page(sandbox, headers, fields).unwrap_or_else(|refused| refused)
    })
}

fn create_page(sandbox: &Sandbox, headers: &HeaderMap, fields: &Fields) -> Result<Made, Made> {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let price = |name: &str| fields.get(&format!("line_items[0][price_data]{name}"));
    let cents = amount(price("[unit_amount]"), price("[currency]"))?;
    let description = price("[product_data][name]").cloned().unwrap_or_default();
    if description.is_empty() || field("line_items[0][quantity]") != "1" || field("success_url").is_empty() {
        return Err(refused(400, "parameter_missing", "A session needs a line item and a success_url"));
    }
    let (now, customer) = (sandbox.now(), field("customer"));
    let expires_at = fields.get("expires_at").map_or(Ok(now + LIFETIME), |text| text.parse::<i64>());
    let expires_at = expires_at.ok().filter(|at| (now + 1_740..=now + LIFETIME + 60).contains(at));
    let expires_at = expires_at.ok_or_else(|| {
        refused(400, "parameter_invalid", "The expires_at timestamp must be 30 minutes to 24 hours from now")
    })?;
    let mut all = state(sandbox);
    if !has_customer(&all, &customer) {
        return Err(refused(400, "resource_missing", &format!("No such customer: '{customer}'")));
    }
    if all.pages.len() >= MOST {
        return Err(refused(429, "rate_limit", "Too many sessions"));
    }
    let page = Page {
        id: text::id("cs_test_p", &format!("{}{now}{customer}", all.pages.len())),
        customer,
        cents,
        description,
        metadata: metadata(fields, "metadata"),
        of_payment: metadata(fields, "payment_intent_data[metadata]"),
        success_url: field("success_url"),
        status: "open",
        intent: None,
        host: host(headers),
        created: now,
        expires_at,
    };
    let body = page.view(&all, false);
    all.pages.insert(page.id.clone(), page);
    Ok((200, body))
}

/// Reads a session, if it is one for a payment.
pub(super) fn view(all: &mut State0, id: &str, expanded: bool, now: i64) -> Option<Value> {
    let page = all.pages.get_mut(id)?;
    if page.status == "open" && now >= page.expires_at {
        page.status = "expired";
    }
    let page = page.clone();
    Some(page.view(all, expanded))
}

/// Ends a session, if it is one for a payment.
pub(super) fn expire(sandbox: &Sandbox, id: &str) -> Option<Response> {
    let body = {
        let mut all = state(sandbox);
        let page = all.pages.get_mut(id)?;
        if page.status != "open" {
            return Some(error(400, "resource_state", "Only open sessions can be expired"));
        }
        page.status = "expired";
        let (page, intent) = (page.clone(), page.intent.clone());
        if let Some(intent) = intent.and_then(|id| all.intents.get_mut(&id)) {
            intent.status = "canceled";
        }
        page.view(&all, false)
    };
    sandbox.stripe_events(vec![("checkout.session.expired", body.clone())]);
    Some(Json(body).into_response())
}

/// The choice: JSON from scripts, a form from people.
fn choice_of(headers: &HeaderMap, body: &Bytes) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fields: Value = if kind.starts_with("application/json") {
        serde_json::from_slice(body).unwrap_or(Value::Null)
    } else {
        let form: Fields = serde_urlencoded::from_bytes(body).unwrap_or_default();
        json!(form)
    };
    fields.get("choice").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn money(cents: i64) -> String {
    format!("{}.{:02} USD", cents / 100, cents % 100)
}

fn buttons(all: &[(&str, &str, &str)]) -> String {
    let one = |(name, words, card): &(&str, &str, &str)| {
        format!("<p><button name=\"choice\" value=\"{name}\">{words}</button> <code>{card}</code></p>")
    };
    all.iter().map(one).collect()
}

/// `GET /stripe/checkout/{id}`: where a card would be entered.
pub(crate) async fn page(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let now = sandbox.now();
    let (page, failed) = {
        let mut all = state(&sandbox);
        if view(&mut all, &id, false, now).is_none() {
            return missing(&id);
        }
        let Some(page) = all.pages.get(&id).cloned() else { return missing(&id) };
        let intent = page.intent.as_ref().and_then(|id| all.intents.get(id));
        (page.clone(), intent.and_then(|intent| intent.error.clone()))
    };
    let back = escape(&page.success_url);
    if page.status != "open" {
        return html("en", "This page has ended", &format!("<p><a href=\"{back}\">Go back</a></p>"));
    }
    let code = failed.as_ref().and_then(|error| error.get("decline_code")).and_then(Value::as_str);
    let failed = code.map(|code| format!("<p role=\"alert\">The bank said no: <code>{}</code></p>", escape(code)));
    let choices: Vec<_> = CHOICES.iter().map(|(name, card, _, words)| (*name, *words, *card)).collect();
    let last = [("expire", "Let the page run out", ""), ("cancel", "Go back without paying", "")];
    let body = format!(
        "<p>{}: {}</p>{}<form method=\"post\">{}{}</form>",
        escape(&page.description),
        money(page.cents),
        failed.unwrap_or_default(),
        buttons(&choices),
        buttons(&last)
    );
    html("en", "Pay", &body)
}

/// `POST /stripe/checkout/{id}`
pub(crate) async fn choose(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let choice = choice_of(&headers, &body);
    let Some(page) = state(&sandbox).pages.get(&id).cloned() else { return missing(&id) };
    let back = |to: &str| (StatusCode::SEE_OTHER, Redirect::to(to)).into_response();
    if page.status != "open" || choice == "cancel" {
        return back(&page.success_url);
    }
    if choice == "expire" {
        expire(&sandbox, &id);
        return back(&page.success_url);
    }
    let Some(card) = Card::of_choice(&choice) else {
        return error(400, "parameter_invalid", "No such choice");
    };
    let (mut events, intent) = {
        let mut all = state(&sandbox);
        let count = all.intents.len();
        let known = page.intent.as_ref().and_then(|id| all.intents.get(id)).cloned();
        let mut intent = known.unwrap_or_else(|| Intent {
            id: text::id("pi_", &format!("{count}{id}")),
            customer: page.customer.clone(),
            method: Some(text::id("pm_", &format!("{choice}{id}"))),
            cents: page.cents,
            description: page.description.clone(),
            metadata: page.of_payment.clone(),
            status: "requires_payment_method",
            error: None,
            host: page.host.clone(),
            return_url: page.success_url.clone(),
            created: sandbox.now(),
            refunded: 0,
            disputed: false,
        });
        let events = charge(&mut intent, card, true);
        all.intents.insert(intent.id.clone(), intent.clone());
        let paid = intent.status == "succeeded";
        if let Some(page) = all.pages.get_mut(&id) {
            page.intent = Some(intent.id.clone());
            page.status = if paid { "complete" } else { "open" };
        }
        (events, intent)
    };
    if intent.status == "succeeded" {
        events.extend(completed(&sandbox, &id));
    }
    sandbox.stripe_events(events);
    if card == Card::Disputed {
        sandbox.dispute(&intent.id);
    }
    match intent.status {
        "succeeded" => back(&page.success_url),
        "requires_action" => back(&format!("/stripe/confirm/{}", intent.id)),
        _ => back(&format!("/stripe/checkout/{id}")),
    }
}

/// The event of a page on which was paid.
fn completed(sandbox: &Sandbox, id: &str) -> Option<(&'static str, Value)> {
    let all = state(sandbox);
    all.pages.get(id).map(|page| ("checkout.session.completed", page.view(&all, false)))
}

/// `GET /stripe/confirm/{id}`: the bank's page.
pub(crate) async fn confirmation(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let Some(intent) = state(&sandbox).intents.get(&id).cloned() else { return missing(&id) };
    if intent.status != "requires_action" {
        let back = escape(&intent.return_url);
        return html("en", "This page has ended", &format!("<p><a href=\"{back}\">Go back</a></p>"));
    }
    let choices = [("complete", "Complete", ""), ("fail", "Fail", "")];
    let body = format!(
        "<p>Your bank asks you to confirm a payment of {}.</p><form method=\"post\">{}</form>",
        money(intent.cents),
        buttons(&choices)
    );
    html("en", "Confirm the payment", &body)
}

/// `POST /stripe/confirm/{id}`
pub(crate) async fn confirm(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let complete = match choice_of(&headers, &body).as_str() {
        "complete" => true,
        "fail" => false,
        _ => return error(400, "parameter_invalid", "No such choice"),
    };
    let (mut events, intent, page) = {
        let mut all = state(&sandbox);
        let page = all.pages.values().find(|page| page.intent.as_deref() == Some(&id)).map(|page| page.id.clone());
        let Some(intent) = all.intents.get_mut(&id) else { return missing(&id) };
        let events = match (intent.status, complete) {
            ("requires_action", true) => pay(intent),
            ("requires_action", false) => refuse(intent, "payment_intent_authentication_failure"),
            _ => Vec::new(),
        };
        let intent = intent.clone();
        if let Some(page) = page.as_ref().filter(|_| intent.status == "succeeded")
            && let Some(page) = all.pages.get_mut(page)
        {
            page.status = "complete";
        }
        (events, intent, page)
    };
    let paid = intent.status == "succeeded";
    if let Some(page) = page.as_ref().filter(|_| paid && !events.is_empty()) {
        events.extend(completed(&sandbox, page));
    }
    sandbox.stripe_events(events);
    let target = match page {
        Some(page) if !paid => format!("/stripe/checkout/{page}"),
        _ => intent.return_url,
    };
    (StatusCode::SEE_OTHER, Redirect::to(&target)).into_response()
}

fn of_charge(all: &State0, charge: &str) -> Option<Intent> {
    all.intents.values().find(|intent| intent.status == "succeeded" && intent.charge_id() == charge).cloned()
}

/// `GET /stripe/receipts/{id}`: the receipt of a charge, with what a cardholder and their bank may do.
pub(crate) async fn receipt(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let Some(intent) = of_charge(&state(&sandbox), &id) else { return missing(&id) };
    let choices: &[_] = if intent.disputed {
        &[("won", "The bank decides for the operator", ""), ("lost", "The bank decides for the cardholder", "")]
    } else {
        &[("dispute", "Dispute this charge", "")]
    };
    let body = format!(
        "<p>{}</p><p>Paid: {}</p><p>Refunded: {}</p><form method=\"post\">{}</form>",
        escape(&intent.description),
        money(intent.cents),
        money(intent.refunded),
        buttons(choices)
    );
    html("en", "Receipt", &body)
}

/// `POST /stripe/receipts/{id}`
pub(crate) async fn decide(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(intent) = of_charge(&state(&sandbox), &id) else { return missing(&id) };
    match choice_of(&headers, &body).as_str() {
        "dispute" => sandbox.dispute(&intent.id),
        decision @ ("won" | "lost") => sandbox.decide_dispute(&intent.id, decision == "won"),
        _ => return error(400, "parameter_invalid", "No such choice"),
    }
    (StatusCode::SEE_OTHER, Redirect::to(&format!("/stripe/receipts/{id}"))).into_response()
}
