use keystead_core::time::Timestamp;
use keystead_providers::payment::stripe::Stripe;
use keystead_providers::payment::{Method, MethodEvent, PaymentProvider, SetupState, StripeOptions};
use keystead_providers::{Health, ProviderError};
use serde_json::{Value, json};

use crate::vendor::{Answer, RecordedRequest, Vendor, answer_of, json_answer};
use crate::{NOW, secret};

const BACK: &str = "https://keys.example.com/back?x=1&y=2";

pub(crate) fn client(vendor: &Vendor) -> Stripe {
    client_with_key(vendor, "sk_test_1")
}

pub(crate) fn client_with_key(vendor: &Vendor, key: &str) -> Stripe {
    Stripe::new(StripeOptions {
        base_url: vendor.url.clone(),
        api_key: secret(key),
        webhook_secrets: vec![secret("whsec_old"), secret("whsec_new")],
    })
    .unwrap()
}

fn session() -> Value {
    json!({ "id": "cs_1", "url": "https://checkout.stripe.com/c/cs_1", "created": NOW, "expires_at": NOW + 86_400 })
}

fn error(status: u16, code: &str) -> Answer {
    json_answer(
        status,
        json!({ "error": { "type": "invalid_request_error", "code": code, "message": "No such anna@b.pl" } }),
    )
}

fn fields(request: &RecordedRequest) -> Vec<(String, String)> {
    assert_eq!(request.header("authorization"), "Bearer sk_test_1");
    assert_eq!(request.header("stripe-version"), "2025-03-31.basil");
    request.form()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

// S1-12, S1-14, S1-17: a set-up of the organization's customer, and nothing that could charge.
#[tokio::test]
async fn a_first_set_up_makes_the_customer_first() {
    let vendor = Vendor::new([json_answer(200, json!({ "id": "cus_1" })), json_answer(200, session())]).await;
    let stripe = client(&vendor);
    let setup = stripe.start("pset_1", "org_1", None, BACK).await.unwrap();
    assert_eq!((setup.reference.as_str(), setup.customer.as_str()), ("cs_1", "cus_1"));
    assert_eq!(setup.url, "https://checkout.stripe.com/c/cs_1");
    assert_eq!(setup.expires_at, Timestamp(NOW + 86_400));
    assert_eq!(stripe.health(), Health::Up);

    let requests = vendor.requests();
    assert_eq!(requests[0].line(), "POST /v1/customers");
    assert_eq!(requests[0].header("idempotency-key"), "customer-org_1");
    assert_eq!(fields(&requests[0]), pairs(&[("metadata[organization]", "org_1")]));
    assert_eq!(requests[1].line(), "POST /v1/checkout/sessions");
    assert_eq!(requests[1].header("idempotency-key"), "pset_1");
    let expected = [
        ("mode", "setup"),
        ("customer", "cus_1"),
        ("payment_method_types[0]", "card"),
        ("client_reference_id", "pset_1"),
        ("metadata[attempt]", "pset_1"),
        ("metadata[organization]", "org_1"),
        ("setup_intent_data[metadata][attempt]", "pset_1"),
        ("success_url", BACK),
        ("cancel_url", BACK),
    ];
    assert_eq!(fields(&requests[1]), pairs(&expected));
}

#[tokio::test]
async fn a_known_customer_is_not_made_again() {
    let mut undated = session();
    undated["expires_at"] = Value::Null;
    let vendor = Vendor::new([json_answer(200, undated)]).await;
    let setup = client(&vendor).start("pset_2", "org_1", Some("cus_7"), BACK).await.unwrap();
    assert_eq!(setup.expires_at, Timestamp(NOW + 86_400), "a day after it was made, when not told");
    assert_eq!(fields(&vendor.only_request())[1], ("customer".to_owned(), "cus_7".to_owned()));
}

#[tokio::test]
async fn a_replayed_error_is_requested_again() {
    let headers = vec![("idempotent-replayed", "true".to_owned())];
    let replayed = Answer::Whole { status: 500, headers, body: b"{}".to_vec() };
    let vendor = Vendor::new([replayed, json_answer(200, json!({ "id": "cus_1" })), json_answer(200, session())]).await;
    assert!(client(&vendor).start("pset_1", "org_1", None, BACK).await.is_ok());
    assert_eq!(vendor.requests()[1].header("idempotency-key"), "customer-org_1-pset_1");

    let vendor = Vendor::new([error(500, "api_error")]).await;
    let stripe = client(&vendor);
    assert!(matches!(stripe.start("pset_1", "org_1", None, BACK).await, Err(ProviderError::Unavailable(_))));
    assert_eq!(vendor.requests().len(), 1, "a fresh accident is the outbox's to try again");
}

#[tokio::test]
async fn a_card_on_file_becomes_the_default() {
    let card = json!({ "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034, "country": "PL",
        "funding": "prepaid", "fingerprint": "fp_1" });
    let done = json!({ "id": "cs_1", "status": "complete", "customer": "cus_1", "setup_intent": {
        "status": "succeeded", "payment_method": { "id": "pm_1", "card": card } } });
    let vendor =
        Vendor::new([json_answer(200, done.clone()), json_answer(200, json!({})), json_answer(200, done.clone())])
            .await;
    let stripe = client(&vendor);
    let expected = Method {
        reference: "pm_1".into(),
        brand: "visa".into(),
        last4: "4242".into(),
        expires_month: 12,
        expires_year: 2034,
        country: Some("PL".into()),
        funding: "prepaid".into(),
        fingerprint: Some("fp_1".into()),
        customer: None,
    };
    assert_eq!(stripe.fetch("cs_1").await, Ok(SetupState::Succeeded(expected)));
    let requests = vendor.requests();
    assert_eq!(requests[0].line(), "GET /v1/checkout/sessions/cs_1?expand%5B%5D=setup_intent.payment_method");
    assert_eq!(requests[0].header("stripe-version"), "2025-03-31.basil");
    assert_eq!(requests[1].line(), "POST /v1/customers/cus_1");
    assert_eq!(fields(&requests[1]), pairs(&[("invoice_settings[default_payment_method]", "pm_1")]));

    vendor.queue([error(503, "api_error")]);
    let again = stripe.fetch("cs_1").await;
    assert!(matches!(again, Err(ProviderError::Unavailable(_))), "not finished until it is the default: {again:?}");
    vendor.queue([json_answer(200, done), error(404, "resource_missing")]);
    assert!(matches!(stripe.fetch("cs_1").await, Ok(SetupState::Succeeded(_))), "detached meanwhile");
}

#[tokio::test]
async fn states_of_a_set_up() {
    let declined = json!({ "status": "open", "setup_intent": { "status": "requires_payment_method",
        "last_setup_error": { "code": "card_declined", "decline_code": "insufficient_funds",
            "message": "Anna's card was declined", "payment_method": { "card": { "fingerprint": "fp_2" } } } } });
    let failed = SetupState::Failed { reason: "insufficient_funds".into(), card: Some("fp_2".into()) };
    for (body, expected) in [
        (json!({ "status": "open", "setup_intent": null }), SetupState::Pending),
        (json!({ "status": "open", "setup_intent": { "status": "requires_action" } }), SetupState::Pending),
        (json!({ "status": "complete", "setup_intent": { "status": "processing" } }), SetupState::Pending),
        (declined, failed),
        (json!({ "status": "expired" }), SetupState::Expired),
        (json!({ "status": "open", "setup_intent": { "status": "canceled" } }), SetupState::Expired),
    ] {
        let vendor = Vendor::new([json_answer(200, body)]).await;
        assert_eq!(client(&vendor).fetch("cs_1").await, Ok(expected));
    }
    for broken in [
        answer_of(200, "text/html", "<h1>hello</h1>"),
        json_answer(200, json!([])),
        json_answer(200, json!({ "status": "novel" })),
    ] {
        let vendor = Vendor::new([broken]).await;
        assert!(matches!(client(&vendor).fetch("cs_1").await, Err(ProviderError::Unavailable(_))));
    }
}

#[tokio::test]
async fn ending_and_detaching() {
    let vendor =
        Vendor::new([json_answer(200, session()), json_answer(200, json!({})), error(400, "resource_state")]).await;
    let stripe = client(&vendor);
    assert_eq!(stripe.cancel("cs_1").await, Ok(()));
    assert_eq!(stripe.detach("pm_1").await, Ok(()));
    let requests = vendor.requests();
    assert_eq!(requests[0].line(), "POST /v1/checkout/sessions/cs_1/expire");
    assert_eq!(requests[1].line(), "POST /v1/payment_methods/pm_1/detach");
    assert_eq!(stripe.cancel("cs_1").await, Err(ProviderError::Refused("Stripe 400 resource_state".into())));
}

// The content of an event about a method, a charge or a customer is read from the service.
#[tokio::test]
async fn events_are_read_back() {
    let charge = json!({ "id": "ch_1", "payment_method": "pm_1", "customer": "cus_1" });
    let disputed = |reason: &str| {
        let (method, customer) = (Some("pm_1".to_owned()), Some("cus_1".to_owned()));
        Some(MethodEvent::Disputed { method, customer, reason: reason.to_owned() })
    };
    let card = json!({ "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040, "funding": "credit" });
    let dispute = |status: &str| json!({ "id": "dp_1", "status": status, "reason": "fraudulent", "charge": charge });
    let warning = |actionable| json!({ "id": "issfr_1", "actionable": actionable, "fraud_type": "Made up by Eve", "charge": charge });
    let (on_dispute, on_warning) =
        ("/v1/disputes/dp_1?expand%5B%5D=charge", "/v1/radar/early_fraud_warnings/issfr_1?expand%5B%5D=charge");
    for (name, reference, answer, request, method_event) in [
        (
            "charge.dispute.created",
            "dp_1",
            json_answer(200, dispute("needs_response")),
            on_dispute,
            disputed("fraudulent"),
        ),
        ("charge.dispute.created", "dp_1", json_answer(200, dispute("lost")), on_dispute, disputed("fraudulent")),
        ("charge.dispute.created", "dp_1", json_answer(200, dispute("won")), on_dispute, Some(MethodEvent::Nothing)),
        ("charge.dispute.created", "dp_1", error(404, "resource_missing"), on_dispute, Some(MethodEvent::Nothing)),
        (
            "radar.early_fraud_warning.created",
            "issfr_1",
            json_answer(200, warning(true)),
            on_warning,
            disputed("unknown"),
        ),
        (
            "radar.early_fraud_warning.created",
            "issfr_1",
            json_answer(200, warning(false)),
            on_warning,
            Some(MethodEvent::Nothing),
        ),
        (
            "payment_method.detached",
            "pm_1",
            error(404, "resource_missing"),
            "/v1/payment_methods/pm_1",
            Some(MethodEvent::Detached),
        ),
        (
            "payment_method.detached",
            "pm_1",
            json_answer(200, json!({ "id": "pm_1", "customer": null, "card": card })),
            "/v1/payment_methods/pm_1",
            Some(MethodEvent::Detached),
        ),
        (
            "customer.deleted",
            "cus_1",
            json_answer(200, json!({ "id": "cus_1", "deleted": true })),
            "/v1/customers/cus_1",
            Some(MethodEvent::CustomerGone),
        ),
        (
            "customer.deleted",
            "cus_1",
            json_answer(200, json!({ "id": "cus_1" })),
            "/v1/customers/cus_1",
            Some(MethodEvent::Nothing),
        ),
    ] {
        let vendor = Vendor::new([answer]).await;
        assert_eq!(client(&vendor).method_event(name, reference).await, Ok(method_event), "{name}");
        assert_eq!(vendor.requests()[0].line(), format!("GET {request}"));
    }
    let still = json!({ "id": "pm_1", "customer": "cus_1", "card": card });
    for name in ["payment_method.automatically_updated", "payment_method.detached"] {
        let vendor = Vendor::new([json_answer(200, still.clone())]).await;
        let method_event = client(&vendor).method_event(name, "pm_1").await.unwrap().unwrap();
        assert!(
            matches!(&method_event, MethodEvent::Renewed(method) if method.expires_year == 2040),
            "{name} {method_event:?}"
        );
    }
    let vendor = Vendor::new([]).await;
    assert_eq!(client(&vendor).method_event("invoice.paid", "in_1").await, Ok(None));
    assert!(vendor.requests().is_empty(), "unknown events cause no request");
    let vendor = Vendor::new([error(503, "down")]).await;
    assert!(matches!(
        client(&vendor).method_event("charge.dispute.created", "dp_1").await,
        Err(ProviderError::Unavailable(_))
    ));
}

#[tokio::test]
async fn what_errors_mean() {
    for (status, word) in [
        (400, "refused"),
        (402, "refused"),
        (404, "gone"),
        (401, "unavailable"),
        (403, "unavailable"),
        (409, "unavailable"),
        (429, "unavailable"),
        (503, "unavailable"),
    ] {
        let vendor = Vendor::new([error(status, "Some Words about anna@b.pl")]).await;
        let stripe = client(&vendor);
        let failure = stripe.detach("pm_1").await.unwrap_err().to_string();
        assert_eq!(failure, format!("{word}: Stripe {status} unknown"), "nothing personal in an error");
        assert_eq!(stripe.health() == Health::Down, word == "unavailable");
    }
    assert!(!format!("{:?}", client(&Vendor::new([]).await)).contains("sk_test_1"));
}
