//! Money that goes back: refunds and disputes.

use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::payments::metadata;
use super::replays::{Made, once, refused};
use super::{Fields, check_access, missing, state};
use crate::{Sandbox, text};

/// `POST /v1/refunds`
pub(crate) async fn create(State(sandbox): State<Sandbox>, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    once(&sandbox, &headers, "/v1/refunds", &fields, || make(&sandbox, &fields).unwrap_or_else(|refused| refused))
}

fn make(sandbox: &Sandbox, fields: &Fields) -> Result<Made, Made> {
    let id = fields.get("payment_intent").cloned().unwrap_or_default();
    let (refund, charge) = {
        let mut all = state(sandbox);
        let count = all.refunds.len();
        let Some(intent) = all.intents.get_mut(&id) else {
            return Err(refused(404, "resource_missing", &format!("No such payment_intent: '{id}'")));
        };
        if intent.status != "succeeded" {
            return Err(refused(400, "charge_not_refundable", "This payment was not made"));
        }
        if intent.disputed {
            return Err(refused(400, "charge_disputed", "This charge has been charged back."));
        }
        let rest = intent.cents - intent.refunded;
        let cents = match fields.get("amount") {
            None => rest,
            Some(text) => text
                .parse::<i64>()
                .ok()
                .filter(|cents| *cents > 0)
                .ok_or_else(|| refused(400, "parameter_invalid_integer", "Invalid positive integer: amount"))?,
        };
        if rest == 0 {
            return Err(refused(400, "charge_already_refunded", "This charge has already been refunded."));
        }
        if cents > rest {
            return Err(refused(400, "amount_too_large", "The refund is greater than the unrefunded amount"));
        }
        intent.refunded += cents;
        let refund = json!({ "id": text::id("re_", &format!("{id}{count}")), "object": "refund", "amount": cents,
            "currency": "usd", "charge": intent.charge_id(), "payment_intent": id, "status": "succeeded",
            "reason": fields.get("reason"), "metadata": metadata(fields, "metadata"), "created": sandbox.now() });
        let charge = intent.charge();
        all.refunds.insert(refund["id"].as_str().unwrap_or_default().to_owned(), refund.clone());
        (refund, charge)
    };
    sandbox.stripe_events(vec![("refund.created", refund.clone()), ("charge.refunded", charge)]);
    Ok((200, refund))
}

/// `GET /v1/refunds/{id}`
pub(crate) async fn show(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    let found = state(&sandbox).refunds.get(&id).cloned();
    found.map_or_else(|| missing(&id), |refund| Json(refund).into_response())
}

fn of_payment<'a>(all: impl Iterator<Item = &'a Value>, query: &Fields) -> Response {
    let payment = query.get("payment_intent").cloned().unwrap_or_default();
    let matches = |one: &&Value| one.get("payment_intent").and_then(Value::as_str) == Some(payment.as_str());
    let mut found: Vec<Value> = all.filter(matches).take(100).cloned().collect();
    for one in &mut found {
        if let Some(id) = one.get("charge").and_then(|charge| charge.get("id")).cloned() {
            one["charge"] = id;
        }
    }
    Json(json!({ "object": "list", "data": found, "has_more": false })).into_response()
}

/// `GET /v1/refunds`
pub(crate) async fn list(State(sandbox): State<Sandbox>, headers: HeaderMap, Query(query): Query<Fields>) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    of_payment(state(&sandbox).refunds.values(), &query)
}

/// `GET /v1/disputes`
pub(crate) async fn list_disputes(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Query(query): Query<Fields>,
) -> Response {
    if let Err(refused) = check_access(&sandbox, &headers) {
        return *refused;
    }
    of_payment(state(&sandbox).disputes.values(), &query)
}

impl Sandbox {
    /// The cardholder disputes what is left of a payment.
    pub(super) fn dispute(&self, payment: &str) {
        let dispute = {
            let mut all = state(self);
            let count = all.disputes.len();
            let Some(intent) = all.intents.get_mut(payment) else { return };
            if intent.status != "succeeded" || intent.disputed || intent.refunded >= intent.cents {
                return;
            }
            intent.disputed = true;
            let dispute = json!({ "id": text::id("dp_", &format!("{payment}{count}")), "object": "dispute",
                "reason": "fraudulent", "status": "needs_response", "amount": intent.cents - intent.refunded,
                "currency": "usd", "charge": intent.charge(), "payment_intent": payment });
            all.disputes.insert(dispute["id"].as_str().unwrap_or_default().to_owned(), dispute.clone());
            dispute
        };
        self.announce_dispute("charge.dispute.created", dispute);
    }

    /// The bank decides the open dispute of a payment.
    pub(super) fn decide_dispute(&self, payment: &str, won: bool) {
        let dispute = {
            let mut all = state(self);
            let of_payment = |one: &&mut Value| one["payment_intent"] == payment && one["status"] == "needs_response";
            let Some(dispute) = all.disputes.values_mut().find(of_payment) else { return };
            dispute["status"] = json!(if won { "won" } else { "lost" });
            let dispute = dispute.clone();
            if won && let Some(intent) = all.intents.get_mut(payment) {
                intent.disputed = false;
            }
            dispute
        };
        self.announce_dispute("charge.dispute.closed", dispute);
    }

    fn announce_dispute(&self, kind: &'static str, mut dispute: Value) {
        dispute["charge"] = dispute["charge"]["id"].clone();
        self.stripe_events(vec![(kind, dispute)]);
    }
}
