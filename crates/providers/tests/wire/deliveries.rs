//! Deliveries in the form of Stripe and Persona.

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use keystead_core::hex;
use keystead_core::time::Timestamp;
use keystead_providers::identity::IdentityProvider;
use keystead_providers::payment::PaymentProvider;
use keystead_providers::webhook::{Hint, SignatureError};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::vendor::Vendor;
use crate::{NOW, persona, stripe};

pub(crate) fn signed(header: &'static str, secret: &str, body: &str) -> HeaderMap {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{NOW}.{body}").as_bytes());
    let signature = hex::encode(&mac.finalize().into_bytes());
    let mut headers = HeaderMap::new();
    headers.insert(header, HeaderValue::from_str(&format!("t={NOW},v1={signature}")).unwrap());
    headers
}

fn event(name: &str, object: Value) -> String {
    json!({ "id": "evt_1", "type": name, "created": NOW - 2, "data": { "object": object } }).to_string()
}

#[tokio::test]
async fn what_events_of_stripe_are_about() {
    let client = stripe::client(&Vendor::new([]).await);
    for (name, object, reference) in [
        ("checkout.session.completed", json!({ "id": "cs_1", "metadata": { "attempt": "pset_1" } }), "cs_1"),
        ("checkout.session.expired", json!({ "id": "cs_1" }), "cs_1"),
        ("setup_intent.setup_failed", json!({ "id": "seti_1", "metadata": { "attempt": "pset_1" } }), "pset_1"),
        ("setup_intent.succeeded", json!({ "id": "seti_1", "metadata": {} }), "seti_1"),
        ("payment_method.detached", json!({ "id": "pm_1", "customer": null }), "pm_1"),
        ("customer.deleted", json!({ "id": "cus_1" }), "cus_1"),
        ("charge.dispute.created", json!({ "id": "dp_1", "charge": "ch_1", "status": "lost" }), "dp_1"),
        ("radar.early_fraud_warning.created", json!({ "id": "issfr_1", "charge": "ch_1" }), "issfr_1"),
    ] {
        let body = event(name, object);
        for secret in ["whsec_old", "whsec_new"] {
            let hints = client.hints(&signed("stripe-signature", secret, &body), body.as_bytes(), Timestamp(NOW));
            let hint = Hint {
                event_id: "evt_1".into(),
                name: name.into(),
                reference: reference.into(),
                occurred_at: Timestamp(NOW - 2),
            };
            assert_eq!(hints, Ok(vec![hint]));
        }
    }
}

/// A genuine signature over an event of another mode or account (test mode at a live key, live mode at a test key,
/// another account) gives no hints.
#[tokio::test]
async fn events_of_stripe_from_another_mode_or_account() {
    let vendor = Vendor::new([]).await;
    let event = |livemode: &Value, account: &Value| {
        let object = json!({ "object": { "id": "cs_1" } });
        json!({ "id": "evt_1", "type": "checkout.session.completed", "created": NOW, "livemode": livemode,
            "account": account, "data": object })
        .to_string()
    };
    let (live, test, absent) = (json!(true), json!(false), Value::Null);
    for (key, livemode, account, ours) in [
        ("sk_live_1", &live, &absent, true),
        ("sk_live_1", &test, &absent, false),
        ("sk_live_1", &absent, &absent, false),
        ("sk_live_1", &json!("true"), &absent, false),
        ("sk_live_1", &live, &json!("acct_1"), false),
        ("rk_live_1", &live, &absent, true),
        ("rk_live_1", &test, &absent, false),
        ("sk_test_1", &test, &absent, true),
        ("sk_test_1", &absent, &absent, true),
        ("sk_test_1", &live, &absent, false),
        ("sk_test_1", &test, &json!("acct_1"), false),
        ("rk_test_1", &live, &absent, false),
        ("stand-in", &live, &absent, true),
        ("stand-in", &test, &absent, true),
    ] {
        let client = stripe::client_with_key(&vendor, key);
        let body = event(livemode, account);
        let headers = signed("stripe-signature", "whsec_new", &body);
        let hints = client.hints(&headers, body.as_bytes(), Timestamp(NOW)).unwrap();
        assert_eq!(hints.len(), usize::from(ours), "{key} {body}");
        // Such an event does not bypass the signature either.
        let forged = signed("stripe-signature", "else", &body);
        assert_eq!(client.hints(&forged, body.as_bytes(), Timestamp(NOW)), Err(SignatureError::Wrong));
    }
    assert!(vendor.requests().is_empty());
}

#[tokio::test]
async fn what_events_of_persona_are_about() {
    let client = persona::client(&Vendor::new([]).await);
    let body = json!({ "data": { "type": "event", "id": "evt_2", "attributes": { "name": "inquiry.approved",
        "created-at": "2026-11-20T14:02:11.250Z", "payload": { "data": { "type": "inquiry", "id": "inq_1",
            "attributes": { "status": "approved" } } } } } })
    .to_string();
    let hints = client.hints(&signed("persona-signature", "wbhsec_1", &body), body.as_bytes(), Timestamp(NOW));
    let hint = Hint {
        event_id: "evt_2".into(),
        name: "inquiry.approved".into(),
        reference: "inq_1".into(),
        occurred_at: Timestamp(1_795_183_331),
    };
    assert_eq!(hints, Ok(vec![hint]));
}

#[tokio::test]
async fn deliveries_that_are_not_trusted() {
    let vendor = Vendor::new([]).await;
    let (payment, identity) = (stripe::client(&vendor), persona::client(&vendor));
    let body = event("checkout.session.completed", json!({ "id": "cs_1" }));
    let (bytes, now) = (body.as_bytes(), Timestamp(NOW));
    let good = signed("stripe-signature", "whsec_new", &body);
    assert_eq!(payment.hints(&HeaderMap::new(), bytes, now), Err(SignatureError::Missing));
    assert_eq!(payment.hints(&signed("stripe-signature", "else", &body), bytes, now), Err(SignatureError::Wrong));
    assert_eq!(payment.hints(&good, b"{}", now), Err(SignatureError::Wrong));
    assert_eq!(payment.hints(&good, bytes, now.plus(301)), Err(SignatureError::Stale));
    assert_eq!(identity.hints(&good, bytes, now), Err(SignatureError::Missing), "another vendor's header");
    for odd in ["", "[]", "not json", "{}", r#"{"id":"evt_1","type":"x","created":"soon"}"#] {
        let headers = signed("stripe-signature", "whsec_new", odd);
        assert_eq!(payment.hints(&headers, odd.as_bytes(), now), Err(SignatureError::Unreadable), "{odd}");
        let headers = signed("persona-signature", "wbhsec_1", odd);
        assert_eq!(identity.hints(&headers, odd.as_bytes(), now), Err(SignatureError::Unreadable), "{odd}");
    }
}
