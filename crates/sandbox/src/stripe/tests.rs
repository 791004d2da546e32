//! Payments through the router, as Stripe validates and repeats them.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::STRIPE_API_KEY;
use crate::Sandbox;

struct Play {
    sandbox: Sandbox,
    customer: String,
}

impl Play {
    async fn new() -> Self {
        let sandbox = Sandbox::new(Arc::new(|| 1_700_000_000));
        let mut play = Self { sandbox, customer: String::new() };
        let made = play.post("/v1/customers", "c", &[("metadata[organization]", "org-1")]).await.1;
        made["id"].as_str().unwrap().clone_into(&mut play.customer);
        play
    }

    async fn send(&self, request: axum::http::request::Builder, body: String) -> (u16, Value) {
        let request =
            request.header("host", "127.0.0.1:8081").header("authorization", format!("Bearer {STRIPE_API_KEY}"));
        let response = self.sandbox.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, key: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let request = Request::post(format!("/stripe{path}")).header("idempotency-key", key);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request, serde_urlencoded::to_string(fields).unwrap()).await
    }

    async fn get(&self, path: &str) -> Value {
        self.send(Request::get(format!("/stripe{path}")), String::new()).await.1
    }

    /// Puts a card on file; returns its id.
    async fn card(&self, key: &str, outcome: &str) -> String {
        let fields = [("mode", "setup"), ("customer", self.customer.as_str()), ("success_url", "https://back.test/")];
        let session = self.post("/v1/checkout/sessions", key, &fields).await.1;
        let id = session["id"].as_str().unwrap();
        let request = Request::post(format!("/stripe/pay/{id}/simulate")).header("content-type", "application/json");
        self.send(request, json!({ "outcome": outcome }).to_string()).await;
        let read = self.get(&format!("/v1/checkout/sessions/{id}?expand[]=setup_intent.payment_method")).await;
        read["setup_intent"]["payment_method"]["id"].as_str().unwrap().to_owned()
    }

    async fn charge(&self, key: &str, method: &str, amount: &str, last: (&str, &str)) -> (u16, Value) {
        let fields = [
            ("amount", amount),
            ("currency", "usd"),
            ("customer", self.customer.as_str()),
            ("payment_method", method),
            ("confirm", "true"),
            ("metadata[purchase]", "pur_1"),
            last,
        ];
        self.post("/v1/payment_intents", key, &fields).await
    }
}

const ALONE: (&str, &str) = ("off_session", "true");
const PRESENT: (&str, &str) = ("return_url", "https://back.test/");

#[tokio::test]
async fn a_key_gets_its_first_answer_and_no_other() {
    let play = Play::new().await;
    let method = play.card("s", "succeed").await;
    for (amount, code) in
        [("49", "amount_too_small"), ("1.5", "parameter_invalid_integer"), ("99999999999", "amount_too_large")]
    {
        let (status, refused) = play.charge(&format!("bad {amount}"), &method, amount, ALONE).await;
        assert_eq!((status, &refused["error"]["code"]), (400, &json!(code)), "{amount}");
    }
    let (status, paid) = play.charge("k", &method, "2000", ALONE).await;
    assert_eq!((status, &paid["status"], &paid["amount_received"]), (200, &json!("succeeded"), &json!(2_000)));
    assert_eq!(paid["metadata"]["purchase"], "pur_1");
    assert_eq!(play.charge("k", &method, "2000", ALONE).await.1["id"], paid["id"], "the first answer");
    let (status, refused) = play.charge("k", &method, "3000", ALONE).await;
    assert_eq!((status, &refused["error"]["type"]), (400, &json!("idempotency_error")));
    let listed = play.get(&format!("/v1/payment_intents?customer={}", play.customer)).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "charged once");
}

#[tokio::test]
async fn payments_are_listed_by_pages() {
    let play = Play::new().await;
    let method = play.card("s", "succeed").await;
    let mut paid = Vec::new();
    for n in 0..3 {
        paid.push(play.charge(&format!("k{n}"), &method, "2000", ALONE).await.1["id"].clone());
    }
    let mut seen = Vec::new();
    let (mut after, mut pages) = (String::new(), 0);
    loop {
        let path = format!("/v1/payment_intents?customer={}&limit=2{after}", play.customer);
        let listed = play.get(&path).await;
        seen.extend(listed["data"].as_array().unwrap().iter().map(|one| one["id"].clone()));
        pages += 1;
        if listed["has_more"] != json!(true) {
            break;
        }
        after = format!("&starting_after={}", seen.last().unwrap().as_str().unwrap());
    }
    assert_eq!((pages, seen.len()), (2, 3));
    assert!(paid.iter().all(|id| seen.contains(id)), "{paid:?} {seen:?}");
}

#[tokio::test]
async fn cards_do_what_their_numbers_say() {
    let play = Play::new().await;
    let declined = play.card("s1", "charge_insufficient").await;
    let (status, refused) = play.charge("k1", &declined, "2000", ALONE).await;
    let error = &refused["error"];
    assert_eq!((status, &error["decline_code"]), (402, &json!("insufficient_funds")));
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    let asks = play.card("s2", "charge_asks").await;
    let (status, refused) = play.charge("k2", &asks, "2000", ALONE).await;
    assert_eq!((status, &refused["error"]["code"]), (402, &json!("authentication_required")));
    let (status, waits) = play.charge("k3", &asks, "2000", PRESENT).await;
    assert_eq!((status, &waits["status"]), (200, &json!("requires_action")));
    let id = waits["id"].as_str().unwrap();
    play.post(&format!("/confirm/{id}"), "k4", &[("choice", "complete")]).await;
    assert_eq!(play.get(&format!("/v1/payment_intents/{id}")).await["status"], "succeeded");
}

#[tokio::test]
async fn money_goes_back_once() {
    let play = Play::new().await;
    let method = play.card("s", "succeed").await;
    let paid = play.charge("k", &method, "2000", ALONE).await.1;
    let id = paid["id"].as_str().unwrap();
    let refund = async |key: &str, amount: &str| {
        let fields = [("payment_intent", id), ("amount", amount), ("metadata[reversal]", "rev_1")];
        play.post("/v1/refunds", key, &fields).await
    };
    assert_eq!(refund("r1", "500").await.0, 200);
    assert_eq!(refund("r1", "500").await.0, 200, "the same one");
    assert_eq!(refund("r2", "1501").await.0, 400, "more than is left");
    let listed = play.get(&format!("/v1/refunds?payment_intent={id}")).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    let receipt = paid["latest_charge"]["receipt_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    play.post(&format!("/receipts/{receipt}"), "d", &[("choice", "dispute")]).await;
    let disputes = play.get(&format!("/v1/disputes?payment_intent={id}")).await;
    assert_eq!(
        (&disputes["data"][0]["status"], &disputes["data"][0]["amount"]),
        (&json!("needs_response"), &json!(1_500))
    );
    assert_eq!(refund("r3", "1").await.1["error"]["code"], "charge_disputed");
    play.post(&format!("/receipts/{receipt}"), "w", &[("choice", "won")]).await;
    assert_eq!(play.get(&format!("/v1/disputes?payment_intent={id}")).await["data"][0]["status"], "won");
}
