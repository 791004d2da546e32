//! Random bytes in everything that comes from outside: no client panics, and its results stay within limits. The
//! generator is seeded, so that each run sees the same.

use http::{HeaderMap, HeaderValue};
use keystead_core::time::Timestamp;
use keystead_providers::identity::{IdentityProvider, REASONS};
use keystead_providers::payment::{Method, MethodEvent, PaymentProvider, SetupState};
use keystead_providers::sign_in::SignIn;
use keystead_providers::webhook::Hint;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::deliveries::signed;
use crate::oidc::World;
use crate::vendor::{Vendor, answer_of, json_answer};
use crate::{NOW, persona, stripe};

/// Names that vendors use, so that random values reach deep.
const NAMES: [&str; 46] = [
    "id",
    "type",
    "data",
    "object",
    "attributes",
    "payload",
    "name",
    "created",
    "created-at",
    "metadata",
    "attempt",
    "status",
    "setup_intent",
    "payment_method",
    "last_setup_error",
    "decline_code",
    "code",
    "card",
    "brand",
    "last4",
    "exp_month",
    "exp_year",
    "country",
    "funding",
    "fingerprint",
    "customer",
    "charge",
    "reason",
    "fraud_type",
    "actionable",
    "deleted",
    "fields",
    "value",
    "identification-number",
    "selected-country-code",
    "updated-at",
    "reference-id",
    "included",
    "checks",
    "tags",
    "sid",
    "valid",
    "line_type_intelligence",
    "error_code",
    "carrier_name",
    "message",
];
/// Words with a meaning in some place.
const WORDS: [&str; 28] = [
    "complete",
    "succeeded",
    "open",
    "expired",
    "canceled",
    "needs_response",
    "won",
    "evt_1",
    "cs_1",
    "pm_1",
    "cus_1",
    "setup_intent.succeeded",
    "charge.dispute.created",
    "inquiry.approved",
    "approved",
    "declined",
    "created",
    "account",
    "PL",
    "2026-11-20T14:02:11.250Z",
    "4242",
    "<script>alert(1)</script>",
    "pending",
    "max_attempts_reached",
    "mobile",
    "nonFixedVoip",
    "VE1",
    "+48512345678",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,300}".prop_map(Value::from),
        prop::sample::select(&WORDS[..]).prop_map(Value::from),
    ]
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(6, 60, 8, |inner| {
        let name = prop_oneof![9 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => ".{0,9}"];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::vec((name, inner), 0..9).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Generates values of a strategy, always the same ones.
pub(crate) fn some<T>(count: usize, strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Puts a value in the place of an expected one.
pub(crate) fn within(outer: &Value, path: &[&str], inner: Value) -> Value {
    let mut whole = outer.clone();
    let mut place = &mut whole;
    for name in path {
        place = &mut place[*name];
    }
    *place = inner;
    whole
}

fn bounded(hints: &[Hint]) -> bool {
    let fits = |text: &str| (1..=255).contains(&text.len());
    hints.iter().all(|hint| fits(&hint.event_id) && fits(&hint.name) && fits(&hint.reference))
}

// A signed delivery with any content gives limited hints or none.
#[tokio::test]
async fn deliveries_of_any_content() {
    let vendor = Vendor::new([]).await;
    let (payment, identity) = (stripe::client(&vendor), persona::client(&vendor));
    let event = json!({ "id": "evt_1", "type": "setup_intent.succeeded", "created": NOW, "data": { "object": {} } });
    let inquiry = json!({ "data": { "id": "evt_1", "attributes": { "name": "inquiry.approved",
        "created-at": "2026-11-20T14:02:11.250Z", "payload": { "data": {} } } } });
    let mut read = 0;
    for made in some(1_500, value()) {
        let bodies = [
            made.to_string(),
            within(&event, &["data", "object"], made.clone()).to_string(),
            within(&inquiry, &["data", "attributes", "payload", "data"], made).to_string(),
        ];
        for body in bodies {
            let at = Timestamp(NOW);
            let hints = payment.hints(&signed("stripe-signature", "whsec_new", &body), body.as_bytes(), at);
            assert!(hints.as_deref().is_ok_and(bounded) || hints.is_err(), "{body}");
            read += usize::from(hints.is_ok());
            let hints = identity.hints(&signed("persona-signature", "wbhsec_1", &body), body.as_bytes(), at);
            assert!(hints.as_deref().is_ok_and(bounded) || hints.is_err(), "{body}");
            read += usize::from(hints.is_ok());
        }
    }
    assert!(read > 20, "the made-up ones reach what is read: {read}");
    // Bytes that are not text, with an invalid signature.
    for bytes in some(300, prop::collection::vec(any::<u8>(), 0..200)) {
        let mut headers = HeaderMap::new();
        headers.insert("stripe-signature", HeaderValue::from_static("t=1,v1=00"));
        assert!(payment.hints(&headers, &bytes, Timestamp(NOW)).is_err());
    }
}

fn tame(word: &str) -> bool {
    word.len() <= 64 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn tame_card(card: &Method) -> bool {
    let digits = card.last4.len() <= 4 && card.last4.bytes().all(|b| b.is_ascii_digit());
    digits && tame(&card.brand) && tame(&card.funding)
}

#[tokio::test]
async fn cards_and_disputes_of_any_content() {
    let card = json!({ "id": "pm_1", "customer": "cus_1", "card": { "brand": "visa", "last4": "4242", "exp_month": 12,
        "exp_year": 2030, "funding": "credit" } });
    let session = json!({ "status": "complete", "customer": "cus_1",
        "setup_intent": { "status": "succeeded", "payment_method": card } });
    let refused = json!({ "status": "open", "setup_intent": { "status": "requires_payment_method",
        "last_setup_error": {} } });
    let dispute = json!({ "status": "needs_response", "reason": "fraudulent", "charge": {} });
    let vendor = Vendor::new([]).await;
    let client = stripe::client(&vendor);
    let mut read = 0;
    for made in some(150, value()) {
        let sessions = [
            made.clone(),
            within(&session, &["setup_intent", "payment_method", "card"], made.clone()),
            within(&session, &["setup_intent", "payment_method", "card", "last4"], made.clone()),
            within(&refused, &["setup_intent", "last_setup_error"], made.clone()),
            within(&refused, &["setup_intent", "last_setup_error", "decline_code"], made.clone()),
        ];
        for body in sessions {
            vendor.clear_answers();
            vendor.queue([json_answer(200, body.clone()), json_answer(200, json!({}))]);
            match client.fetch("cs_1").await {
                Ok(SetupState::Succeeded(card)) => assert!(tame_card(&card), "{body}"),
                Ok(SetupState::Failed { reason, .. }) => assert!(tame(&reason), "{body}"),
                Ok(_) | Err(_) => continue,
            }
            read += 1;
        }
        let method_event = [
            ("charge.dispute.created", within(&dispute, &["charge"], made.clone())),
            ("charge.dispute.created", within(&dispute, &["reason"], made.clone())),
            ("payment_method.updated", within(&card, &["card"], made.clone())),
            ("customer.deleted", made),
        ];
        for (name, body) in method_event {
            vendor.clear_answers();
            vendor.queue([json_answer(200, body.clone())]);
            match client.method_event(name, "x_1").await {
                Ok(Some(MethodEvent::Disputed { reason, .. })) => assert!(tame(&reason), "{body}"),
                Ok(Some(MethodEvent::Renewed(card))) => assert!(tame_card(&card), "{body}"),
                Ok(_) | Err(_) => continue,
            }
            read += 1;
        }
    }
    assert!(read > 100, "the made-up ones reach what is read: {read}");
}

#[tokio::test]
async fn inquiries_of_any_content() {
    let inquiry = json!({ "data": { "id": "inq_1", "attributes": { "status": "approved", "reference-id": "org_1:idv_1",
        "updated-at": "2026-11-20T14:02:11.250Z", "tags": [], "fields": { "selected-country-code": {} } } },
        "included": [] });
    let vendor = Vendor::new([]).await;
    let client = persona::client(&vendor);
    let mut read = 0;
    for made in some(150, value()) {
        let bodies = [
            made.clone(),
            within(&inquiry, &["included"], json!([made.clone()])),
            within(&inquiry, &["data", "attributes", "tags"], made.clone()),
            within(&inquiry, &["data", "attributes", "fields"], made.clone()),
            within(&inquiry, &["data", "attributes", "fields", "selected-country-code", "value"], made.clone()),
            within(&inquiry, &["data", "attributes", "status"], made),
        ];
        for body in bodies {
            vendor.clear_answers();
            vendor.queue([json_answer(200, body.clone())]);
            let Ok(seen) = client.fetch("inq_1").await else { continue };
            read += 1;
            assert!(seen.reasons.iter().all(|reason| REASONS.contains(&reason.as_str())), "{body}");
            let two = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
            assert!(seen.issuing_country.as_ref().is_none_or(two) && seen.step <= 3, "{body}");
        }
    }
    assert!(read > 200, "the made-up ones reach what is read: {read}");
}

// S3-04: however a token is changed, it signs no person in.
#[tokio::test]
async fn tokens_changed_anywhere() {
    let world = World::new(crate::keys::Key::ed25519("k1", 1)).await;
    let left = world.begin_sign_in().await;
    let good = world.key.token(&world.header(), &world.claims(&left));
    let mut changed: Vec<String> = some(60, ".{0,80}");
    changed.extend(some(60, "[A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_-]{0,60}){0,4}"));
    for (place, byte) in some(150, (0..good.len(), prop::sample::select(&b"AZaz09-_.="[..]))) {
        // The last letter of a part has bits without meaning.
        let ends = |at: usize| good.as_bytes().get(at + 1).is_none_or(|next| *next == b'.');
        if good.as_bytes()[place] != byte && !ends(place) {
            let mut bytes = good.clone().into_bytes();
            bytes[place] = byte;
            changed.push(String::from_utf8(bytes).unwrap());
        }
    }
    for end in some(40, 0..good.len()) {
        changed.push(good[..end].to_owned());
    }
    for token in changed {
        world.issuer.clear_answers();
        // An unknown key makes the client load the issuer's keys again.
        world.issuer.queue([crate::oidc::tokens(&token)]);
        world.describe();
        let arrived = world.client.finish_sign_in("c0de", crate::oidc::BACK, &left.nonce, &left.verifier).await;
        assert!(arrived.is_err(), "{token}");
        assert!(!format!("{arrived:?}").contains("anna@"), "nothing personal in an error");
    }
    world.issuer.clear_answers();
    assert!(world.finish_sign_in(&left, &good).await.is_ok(), "and the unchanged one is valid");
}

#[tokio::test]
async fn answers_that_are_no_answers() {
    let vendor = Vendor::new([]).await;
    let (payment, identity) = (stripe::client(&vendor), persona::client(&vendor));
    for bytes in some(120, prop::collection::vec(any::<u8>(), 0..300)) {
        for status in [200, 404, 500] {
            vendor.clear_answers();
            vendor.queue([
                answer_of(status, "application/json", bytes.clone()),
                answer_of(status, "application/json", bytes.clone()),
            ]);
            assert!(payment.fetch("cs_1").await.is_err());
            vendor.clear_answers();
            vendor.queue([answer_of(status, "application/json", bytes.clone())]);
            assert!(identity.fetch("inq_1").await.is_err());
        }
    }
}
