use keystead_core::purchase::{PaymentStatus, Reversal, ReversalKind, ReversalState};
use keystead_core::time::Timestamp;
use keystead_providers::ProviderError;
use keystead_providers::payment::{
    CardOrder, Order, PageOrder, Payment, PaymentAt, PaymentProvider, PurchaseProvider, RefundOrder,
};
use serde_json::{Value, json};

use crate::NOW;
use crate::stripe::client;
use crate::vendor::{Answer, Vendor, json_answer};

const BACK: &str = "https://keys.example.com/back?purchase=pur_1";

fn order() -> Order<'static> {
    Order { purchase: "pur_1", organization: "org-1", cents: 2_000, description: "Credit" }
}

fn card(return_url: Option<&'static str>) -> CardOrder<'static> {
    CardOrder { order: order(), customer: "cus_1", method: "pm_1", return_url }
}

fn page() -> PageOrder<'static> {
    PageOrder { order: order(), customer: Some("cus_1"), return_url: BACK, expires_at: Timestamp(NOW + 3_600) }
}

fn asked(session: Option<&'static str>, payment: Option<&'static str>) -> PaymentAt<'static> {
    PaymentAt { purchase: "pur_1", session, payment, customer: Some("cus_1"), since: Timestamp(NOW) }
}

fn intent(status: &str) -> Value {
    json!({ "id": "pi_1", "object": "payment_intent", "status": status, "amount": 2_000, "amount_received": 2_000,
        "currency": "usd", "customer": "cus_1", "metadata": { "purchase": "pur_1" },
        "latest_charge": { "id": "ch_1", "receipt_url": "https://pay.stripe.com/receipts/1" } })
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

fn empty() -> Answer {
    json_answer(200, json!({ "object": "list", "data": [] }))
}

async fn read(body: Value, at: PaymentAt<'static>) -> Result<Option<Payment>, ProviderError> {
    let vendor = Vendor::new([json_answer(200, body), empty(), empty()]).await;
    client(&vendor).payment(at).await
}

// S3-12: a charge carries our id as its key and in its metadata, and never more than what was ordered.
#[tokio::test]
async fn a_card_on_file_is_charged_once() {
    let vendor = Vendor::new([json_answer(200, intent("succeeded")), json_answer(200, intent("succeeded"))]).await;
    let stripe = client(&vendor);
    let paid = stripe.charge(card(Some(BACK))).await.unwrap();
    assert_eq!((paid.status, paid.cents, paid.currency.as_str()), (PaymentStatus::Paid, 2_000, "usd"));
    assert_eq!((paid.payment.as_deref(), paid.charge.as_deref()), (Some("pi_1"), Some("ch_1")));
    assert_eq!(paid.receipt_url.as_deref(), Some("https://pay.stripe.com/receipts/1"));
    stripe.charge(card(None)).await.unwrap();
    let requests = vendor.requests();
    for (request, last) in requests.iter().zip([("return_url", BACK), ("off_session", "true")]) {
        assert_eq!(request.line(), "POST /v1/payment_intents");
        assert_eq!(request.header("idempotency-key"), "pur_1");
        let expected = [
            ("amount", "2000"),
            ("currency", "usd"),
            ("customer", "cus_1"),
            ("payment_method", "pm_1"),
            ("payment_method_types[0]", "card"),
            ("confirm", "true"),
            ("description", "Credit"),
            ("metadata[purchase]", "pur_1"),
            ("metadata[organization]", "org-1"),
            ("expand[0]", "latest_charge"),
            last,
        ];
        assert_eq!(request.form(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}

#[tokio::test]
async fn refusals_by_the_bank_are_answers() {
    let declined = |code: &str, decline: Value| {
        let error = json!({ "code": code, "decline_code": decline, "message": "Anna's card",
            "payment_method": { "card": { "fingerprint": "fp_1" } } });
        let known = with(intent("requires_payment_method"), "last_payment_error", error);
        json_answer(402, json!({ "error": { "type": "card_error", "code": code, "payment_intent": known } }))
    };
    for (answer, reason) in [
        (declined("card_declined", json!("insufficient_funds")), "insufficient_funds"),
        (declined("authentication_required", json!("authentication_required")), "authentication_required"),
        (declined("expired_card", Value::Null), "expired_card"),
        (declined("Call Anna", Value::Null), "unknown"),
    ] {
        let vendor = Vendor::new([answer]).await;
        let failed = client(&vendor).charge(card(None)).await.unwrap();
        assert_eq!((failed.status, failed.reason.as_deref()), (PaymentStatus::Failed, Some(reason)));
        assert_eq!((failed.card.as_deref(), failed.charge), (Some("fp_1"), None));
    }
    let next = json!({ "type": "redirect_to_url", "redirect_to_url": { "url": "https://hooks.stripe.com/3d" } });
    let vendor = Vendor::new([json_answer(200, with(intent("requires_action"), "next_action", next))]).await;
    let asks = client(&vendor).charge(card(Some(BACK))).await.unwrap();
    assert_eq!(
        (asks.status, asks.url.as_deref()),
        (PaymentStatus::RequiresAction, Some("https://hooks.stripe.com/3d"))
    );
}

// An answer that does not say what became of the request is not a refusal.
#[tokio::test]
async fn what_is_not_known_is_unavailable() {
    let error = |kind: &str| json!({ "error": { "type": kind, "code": "-" } });
    for (status, body) in [
        (400, error("idempotency_error")),
        (409, error("invalid_request_error")),
        (500, error("api_error")),
        (200, json!({ "id": "pi_1", "status": "novel" })),
        (200, json!([])),
    ] {
        let vendor = Vendor::new([json_answer(status, body)]).await;
        let answer = client(&vendor).charge(card(None)).await;
        assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{status} {answer:?}");
    }
    for status in [400, 402] {
        let vendor = Vendor::new([json_answer(status, error("invalid_request_error"))]).await;
        assert!(matches!(client(&vendor).charge(card(None)).await, Err(ProviderError::Refused(_))));
    }
}

#[tokio::test]
async fn a_page_is_opened_for_one_purchase() {
    let body = json!({ "id": "cs_1", "status": "open", "url": "https://checkout.stripe.com/c/cs_1", "amount_total": 2_000,
        "currency": "usd", "customer": "cus_1", "payment_intent": null });
    let vendor = Vendor::new([json_answer(200, body)]).await;
    let opened = client(&vendor).open_page(page()).await.unwrap();
    assert_eq!((opened.status, opened.session.as_deref()), (PaymentStatus::Open, Some("cs_1")));
    assert_eq!(opened.url.as_deref(), Some("https://checkout.stripe.com/c/cs_1"));
    let request = vendor.only_request();
    assert_eq!(request.line(), "POST /v1/checkout/sessions");
    assert_eq!(request.header("idempotency-key"), "pur_1");
    let form = request.form();
    for (name, value) in [
        ("mode", "payment"),
        ("line_items[0][price_data][unit_amount]", "2000"),
        ("line_items[0][price_data][currency]", "usd"),
        ("line_items[0][quantity]", "1"),
        ("payment_intent_data[metadata][purchase]", "pur_1"),
        ("adaptive_pricing[enabled]", "false"),
        ("success_url", BACK),
    ] {
        assert!(form.contains(&(name.to_owned(), value.to_owned())), "{name}: {form:?}");
    }
}

#[tokio::test]
async fn states_of_a_page() {
    let session = |status: &str, intent: Value| {
        json!({ "id": "cs_1", "status": status, "url": "https://checkout.stripe.com/c/cs_1", "amount_total": 2_000,
            "currency": "usd", "customer": "cus_1", "payment_intent": intent })
    };
    let error = json!({ "code": "card_declined", "payment_method": { "card": { "fingerprint": "fp_1" } } });
    let declined = with(intent("requires_payment_method"), "last_payment_error", error);
    for (body, status, reason) in [
        (session("open", Value::Null), PaymentStatus::Open, None),
        (session("open", declined), PaymentStatus::Open, Some("card_declined")),
        (session("open", intent("requires_action")), PaymentStatus::Open, None),
        (session("complete", intent("processing")), PaymentStatus::Processing, None),
        (session("complete", intent("succeeded")), PaymentStatus::Paid, None),
        (session("expired", Value::Null), PaymentStatus::Expired, None),
        (session("expired", intent("succeeded")), PaymentStatus::Paid, None),
    ] {
        let found = read(body.clone(), asked(Some("cs_1"), None)).await.unwrap().unwrap();
        assert_eq!((found.status, found.reason.as_deref()), (status, reason), "{body}");
        assert_eq!(found.url.is_some(), status == PaymentStatus::Open);
    }
    for broken in [json!([]), json!({ "id": "cs_1", "status": "novel" }), session("open", json!({ "id": "pi_1" }))] {
        assert!(matches!(read(broken, asked(Some("cs_1"), None)).await, Err(ProviderError::Unavailable(_))));
    }
}

#[tokio::test]
async fn money_that_goes_back_is_read_with_a_payment() {
    let refund = |id: &str, status: &str| json!({ "id": id, "status": status, "amount": 500, "metadata": { "reversal": "rev_1" } });
    let statuses = ["pending", "succeeded", "failed", "canceled"];
    let mut refunds = statuses.map(|status| refund(&format!("re_{status}"), status)).to_vec();
    refunds.push(json!({ "id": "re_null", "status": null, "amount": 500, "metadata": {} }));
    let statuses = ["needs_response", "under_review", "lost", "won", "warning_needs_response", "prevented"];
    let dispute = |status: &str| json!({ "id": format!("dp_{status}"), "status": status, "amount": 700, "currency": "usd", "reason": "fraudulent" });
    let mut disputes = statuses.map(dispute).to_vec();
    disputes
        .push(json!({ "id": "dp_eur", "status": "lost", "amount": 650, "currency": "eur", "reason": "fraudulent" }));
    let vendor = Vendor::new([
        json_answer(200, intent("succeeded")),
        json_answer(200, json!({ "data": refunds })),
        json_answer(200, json!({ "data": disputes })),
    ])
    .await;
    let found = client(&vendor).payment(asked(None, Some("pi_1"))).await.unwrap().unwrap();
    let states: Vec<_> = found.reversals.iter().map(|one| (one.reference.as_str(), one.state, one.cents)).collect();
    let expected = [
        ("re_pending", ReversalState::Open, 500),
        ("re_succeeded", ReversalState::Final, 500),
        ("re_failed", ReversalState::Undone, 500),
        ("re_canceled", ReversalState::Undone, 500),
        ("re_null", ReversalState::Open, 500),
        ("dp_needs_response", ReversalState::Open, 700),
        ("dp_under_review", ReversalState::Open, 700),
        ("dp_lost", ReversalState::Final, 700),
        ("dp_won", ReversalState::Undone, 700),
        ("dp_eur", ReversalState::Final, i64::MAX),
    ];
    assert_eq!(states, expected, "an inquiry takes no money back");
    assert_eq!(found.reversals[0].own.as_deref(), Some("rev_1"));
    let lines: Vec<_> = vendor.requests().iter().map(|request| request.line()).collect();
    assert_eq!(lines[0], "GET /v1/payment_intents/pi_1?expand%5B%5D=latest_charge");
    assert_eq!(lines[1], "GET /v1/refunds?payment_intent=pi_1&limit=100");
    assert_eq!(lines[2], "GET /v1/disputes?payment_intent=pi_1&limit=100");
}

#[tokio::test]
async fn receipts_lead_to_stripe_alone() {
    for (url, shown) in [
        ("https://pay.stripe.com/receipts/1", true),
        ("http://127.0.0.1/receipts/1", true),
        ("http://pay.stripe.com/receipts/1", false),
        ("https://pay.stripe.com.example.net/receipts/1", false),
        ("https://notstripe.com/receipts/1", false),
        ("https://pay.stripe.com@example.net/receipts/1", false),
        ("javascript:alert(1)", false),
    ] {
        let body = with(intent("succeeded"), "latest_charge", json!({ "id": "ch_1", "receipt_url": url }));
        let found = read(body, asked(None, Some("pi_1"))).await.unwrap().unwrap();
        assert_eq!(found.receipt_url.as_deref(), Some(url).filter(|_| shown), "{url}");
    }
}

// A payment of which the answer was lost is found by our id.
#[tokio::test]
async fn a_lost_payment_is_found() {
    let other = with(intent("succeeded"), "metadata", json!({ "purchase": "pur_2" }));
    let vendor = Vendor::new([
        json_answer(200, json!({ "data": [other, with(intent("succeeded"), "id", json!("pi_9"))] })),
        empty(),
        empty(),
    ])
    .await;
    let found = client(&vendor).payment(asked(None, None)).await.unwrap().unwrap();
    assert_eq!(found.payment.as_deref(), Some("pi_9"));
    assert!(vendor.requests()[0].line().starts_with("GET /v1/payment_intents?customer=cus_1&created%5Bgte%5D="));
    let vendor = Vendor::new([empty()]).await;
    assert_eq!(client(&vendor).payment(asked(None, None)).await, Ok(None));
}

// Lists have pages: what is sought may be on a later one, and a list that ends early is not known.
#[tokio::test]
async fn all_pages_of_a_list_are_read() {
    let page = |objects: Value, more: bool| json_answer(200, json!({ "data": objects, "has_more": more }));
    let refund = |id: &str| json!({ "id": id, "status": "succeeded", "amount": 500, "metadata": {} });
    let other = with(with(intent("succeeded"), "metadata", json!({ "purchase": "pur_2" })), "id", json!("pi_8"));
    let vendor = Vendor::new([
        page(json!([other]), true),
        page(json!([with(intent("succeeded"), "id", json!("pi_9"))]), false),
        page(json!([refund("re_1")]), true),
        page(json!([refund("re_2")]), false),
        empty(),
    ])
    .await;
    let found = client(&vendor).payment(asked(None, None)).await.unwrap().unwrap();
    assert_eq!((found.payment.as_deref(), found.reversals.len()), (Some("pi_9"), 2));
    let lines: Vec<String> = vendor.requests().iter().map(|request| request.line()).collect();
    assert!(lines[1].ends_with("&starting_after=pi_8"), "{lines:?}");
    assert_eq!(lines[3], "GET /v1/refunds?payment_intent=pi_9&limit=100&starting_after=re_1");

    let vendor = Vendor::new([page(json!([]), true)]).await;
    let broken = client(&vendor).payment(asked(None, None)).await;
    assert!(matches!(broken, Err(ProviderError::Unavailable(_))), "{broken:?}");
}

#[tokio::test]
async fn refunds_and_ends() {
    let body = json!({ "id": "re_1", "status": "succeeded", "amount": 500, "metadata": { "reversal": "rev_1" } });
    let vendor = Vendor::new([json_answer(200, body), json_answer(200, json!({})), json_answer(200, json!({}))]).await;
    let stripe = client(&vendor);
    let done = stripe.refund(RefundOrder { reversal: "rev_1", payment: "pi_1", cents: 500 }).await.unwrap();
    let expected = Reversal {
        kind: ReversalKind::Refund,
        reference: "re_1".to_owned(),
        own: Some("rev_1".to_owned()),
        cents: 500,
        state: ReversalState::Final,
        reason: "requested_by_customer".to_owned(),
    };
    assert_eq!(done, expected);
    stripe.end(asked(Some("cs_1"), Some("pi_1"))).await.unwrap();
    stripe.end(asked(None, Some("pi_1"))).await.unwrap();
    stripe.end(asked(None, None)).await.unwrap();
    let requests = vendor.requests();
    assert_eq!((requests[0].line().as_str(), requests[0].header("idempotency-key")), ("POST /v1/refunds", "rev_1"));
    assert_eq!(requests[1].line(), "POST /v1/checkout/sessions/cs_1/expire");
    assert_eq!(requests[2].line(), "POST /v1/payment_intents/pi_1/cancel");
    assert_eq!(requests.len(), 3, "what was never begun needs no end");

    let vendor = Vendor::new([json_answer(200, json!({ "id": "dp_1", "payment_intent": "pi_1" }))]).await;
    assert_eq!(client(&vendor).disputed_payment("dp_1").await, Ok(Some("pi_1".to_owned())));
    assert!(client(&vendor).purchases().is_some());
}
