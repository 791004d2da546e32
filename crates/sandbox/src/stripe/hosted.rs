//! The page where a card would be entered: it has buttons for the possible outcomes instead.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::outcomes::Card;
use super::{Session, error, missing, state};
use crate::page::{escape, page as html};
use crate::{Sandbox, text};

/// Outcome, the card that causes it at the vendor, and text for the button.
const OUTCOMES: [(&str, &str, &str); 12] = [
    ("succeed", "4242 4242 4242 4242", "Save this card"),
    ("decline", "4000 0000 0000 0002", "The bank declines"),
    ("insufficient_funds", "4000 0000 0000 9995", "Insufficient funds"),
    ("expired_card", "4000 0000 0000 0069", "Expired card"),
    ("prepaid", "5105 1051 0510 5100", "Save a prepaid card"),
    ("3ds", "4000 0025 0000 3155", "The bank asks, then allows"),
    ("charge_declined", "4000 0000 0000 0341", "Save a card that is declined when it is charged"),
    ("charge_insufficient", "4000 0000 0000 9995", "Save a card without funds"),
    ("charge_asks", "4000 0027 6000 3184", "Save a card of which the bank asks at every charge"),
    ("charge_disputed", "4000 0000 0000 0259", "Save a card of which each charge is disputed"),
    ("expire", "", "Let the page run out"),
    ("cancel", "", "Go back without a card"),
];

pub(crate) async fn page(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let Some(session) = state(&sandbox).sessions.get(&id).cloned() else { return missing(&id) };
    let back = escape(&session.success_url);
    if session.status != "open" {
        return html("en", "This page has ended", &format!("<p><a href=\"{back}\">Go back</a></p>"));
    }
    let failed = session.error.as_ref().and_then(|error| error.get("code").and_then(Value::as_str));
    let failed = failed.map(|code| format!("<p role=\"alert\">The bank said no: <code>{}</code></p>", escape(code)));
    let buttons: String = OUTCOMES
        .iter()
        .map(|(outcome, card, words)| {
            format!("<p><button name=\"outcome\" value=\"{outcome}\">{words}</button> <code>{card}</code></p>")
        })
        .collect();
    let body = format!(
        "<p>Nothing is charged. Choose what happens.</p>{}<form method=\"post\" action=\"/stripe/pay/{}/simulate\">{buttons}</form>",
        failed.unwrap_or_default(),
        escape(&id)
    );
    html("en", "Add a payment method", &body)
}

/// Handles the choice: JSON for scripts, a form for people.
pub(crate) async fn simulate(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scripted = kind.starts_with("application/json");
    let fields: Value = if scripted {
        serde_json::from_slice(&body).unwrap_or(Value::Null)
    } else {
        let form: std::collections::HashMap<String, String> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
        json!(form)
    };
    let outcome = fields.get("outcome").and_then(Value::as_str).unwrap_or_default().to_owned();
    let card = fields.get("card").and_then(Value::as_str).map(str::to_owned);
    let Some(success_url) = state(&sandbox).sessions.get(&id).map(|session| session.success_url.clone()) else {
        return missing(&id);
    };
    if let Err(refused) = act(&sandbox, &id, &outcome, card) {
        return *refused;
    }
    let ended = state(&sandbox).sessions.get(&id).is_some_and(|session| session.status != "open");
    if scripted {
        let status = state(&sandbox).sessions.get(&id).map(|session| session.status);
        return Json(json!({ "id": id, "outcome": outcome, "status": status, "redirect": success_url }))
            .into_response();
    }
    let target = if ended || outcome == "cancel" { success_url } else { format!("/stripe/pay/{id}") };
    (StatusCode::SEE_OTHER, Redirect::to(&target)).into_response()
}

fn act(sandbox: &Sandbox, id: &str, outcome: &str, card: Option<String>) -> Result<(), Box<Response>> {
    if let "dispute" | "settled_dispute" | "fraud_warning" | "renew" | "delete_customer" = outcome {
        return later(sandbox, id, outcome);
    }
    let mut events: Vec<(&str, Value)> = Vec::new();
    {
        let mut all = state(sandbox);
        let count = all.methods.len();
        let Some(session) = all.sessions.get_mut(id) else { return Err(Box::new(missing(id))) };
        if session.status != "open" && outcome != "cancel" {
            return Err(Box::new(error(400, "resource_state", "This page has ended")));
        }
        match outcome {
            "succeed"
            | "prepaid"
            | "3ds"
            | "charge_declined"
            | "charge_insufficient"
            | "charge_asks"
            | "charge_disputed" => {
                let (brand, last4, funding) =
                    if outcome == "prepaid" { ("mastercard", "5100", "prepaid") } else { ("visa", "4242", "credit") };
                let method_id = text::id("pm_", &format!("{id}{count}"));
                let print = card.unwrap_or_else(|| format!("{outcome}-{}", session.customer));
                let method = json!({ "id": method_id, "object": "payment_method", "type": "card",
                    "customer": session.customer, "card": { "brand": brand, "last4": last4, "exp_month": 12,
                    "exp_year": 2034, "country": "US", "funding": funding, "fingerprint": text::id("fp_", &print) } });
                session.status = "complete";
                session.intent_status = "succeeded";
                session.error = None;
                session.method = Some(method.clone());
                events.push(("payment_method.attached", method.clone()));
                events.push(("setup_intent.succeeded", set_up(session, "succeeded")));
                events.push(("checkout.session.completed", session.view(false)));
                all.cards.insert(method_id.clone(), Card::of_outcome(outcome));
                all.methods.insert(method_id, method);
            }
            "decline" | "insufficient_funds" | "expired_card" => {
                let code = if outcome == "decline" { "card_declined" } else { outcome };
                let print = text::id("fp_", &card.unwrap_or_else(|| outcome.to_owned()));
                session.error = Some(json!({ "type": "card_error", "code": code, "decline_code": code,
                    "payment_method": { "card": { "fingerprint": print } } }));
                events.push(("setup_intent.setup_failed", set_up(session, "requires_payment_method")));
            }
            "expire" => {
                session.status = "expired";
                events.push(("checkout.session.expired", session.view(false)));
            }
            "cancel" => {}
            _ => return Err(Box::new(error(400, "parameter_invalid", "No such outcome"))),
        }
    }
    for (kind, object) in events {
        sandbox.stripe_event(kind, object);
    }
    Ok(())
}

/// Changes a card that was put on file: its events name the object, and reading that shows its state.
fn later(sandbox: &Sandbox, id: &str, outcome: &str) -> Result<(), Box<Response>> {
    let (kind, object) = {
        let mut all = state(sandbox);
        let count = all.disputes.len();
        let Some(session) = all.sessions.get(id) else { return Err(Box::new(missing(id))) };
        let customer = session.customer.clone();
        let Some(mut method) = session.method.clone() else {
            return Err(Box::new(error(400, "resource_state", "No method is on file yet")));
        };
        let reference = method["id"].as_str().unwrap_or_default().to_owned();
        match outcome {
            "renew" => {
                method["card"]["exp_year"] = json!(2044);
                all.methods.insert(reference, method.clone());
                ("payment_method.automatically_updated", method)
            }
            "delete_customer" => {
                let deleted = json!({ "id": customer, "object": "customer", "deleted": true });
                all.customers.insert(customer, deleted.clone());
                ("customer.deleted", deleted)
            }
            _ => {
                let charge = json!({ "id": text::id("ch_", &format!("{id}{count}")), "object": "charge",
                    "payment_method": reference, "customer": customer });
                let (kind, mut dispute) = if outcome == "fraud_warning" {
                    let warning = json!({ "id": text::id("issfr_", &format!("{id}{count}")),
                        "object": "radar.early_fraud_warning", "actionable": true,
                        "fraud_type": "unauthorized_use_of_card", "charge": charge });
                    ("radar.early_fraud_warning.created", warning)
                } else {
                    let status = if outcome == "dispute" { "needs_response" } else { "won" };
                    let dispute = json!({ "id": text::id("dp_", &format!("{id}{count}")), "object": "dispute",
                        "reason": "fraudulent", "status": status, "charge": charge });
                    ("charge.dispute.created", dispute)
                };
                let id = dispute["id"].as_str().unwrap_or_default().to_owned();
                all.disputes.insert(id, dispute.clone());
                dispute["charge"] = dispute["charge"]["id"].clone();
                (kind, dispute)
            }
        }
    };
    sandbox.stripe_event(kind, object);
    Ok(())
}

/// Builds the content of an event about the set-up itself: never the session, only the metadata of the client that
/// began it.
fn set_up(session: &Session, status: &str) -> Value {
    json!({ "id": text::id("seti_", &session.id), "object": "setup_intent", "status": status,
        "metadata": { "attempt": session.set_up_attempt } })
}
