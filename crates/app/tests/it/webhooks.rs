//! Deliveries duplicated, reordered, delayed, forged and replayed: in the end only what the service reports when it is
//! asked counts.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use keystead_app::Settings;
use keystead_app::verification::webhooks::DeliveryRefusal;
use keystead_core::hex;
use keystead_core::secret::Secret;
use keystead_core::verification::organization::Status;
use keystead_core::verification::payment::{PaymentState, card_ends};
use keystead_providers::identity::State;
use keystead_providers::payment::stripe::Stripe;
use keystead_providers::payment::{Method, MethodEvent, SetupState, StripeOptions};
use keystead_providers::webhook::SignatureError;
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::vendors::{ServicesApp, Tenant, card, delivery};

/// Deliveries for each seed; together there are more than a thousand.
const DELIVERIES: usize = 60;
const SEEDS: u64 = 18;

/// The states of a check at the service: steps, then an end.
fn life(rng: &mut ChaCha20Rng) -> Vec<State> {
    let mut states = vec![State::InProgress, State::Submitted];
    if rng.random_bool(0.5) {
        states.push(State::InReview);
    }
    let ends = [State::Approved, State::Rejected { retryable: true }, State::Expired, State::Unknown];
    states.push(ends[rng.random_range(0..ends.len())]);
    states
}

fn expected(last: State, reviewed: bool) -> Status {
    match last {
        State::Approved => Status::Verified,
        State::Rejected { .. } => Status::Rejected,
        State::Expired => Status::Expired,
        // An unknown state changes nothing; people check it.
        _ if reviewed => Status::InReview,
        _ => Status::InProgress,
    }
}

struct Played {
    tenant: Tenant,
    reference: String,
    states: Vec<State>,
    /// How far the service has got.
    at: usize,
}

// S3-33: after a thousand deliveries in any order, the state is that of the service.
#[tokio::test]
async fn a_thousand_deliveries_end_in_the_services_state() {
    let mut played = 0;
    for seed in 0..SEEDS {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let test = ServicesApp::new(Settings::default()).await;
        let mut organizations = Vec::new();
        for n in 0..3 {
            let tenant = test.tenant(&format!("s{seed}n{n}")).await;
            test.pay(&tenant, n).await;
            let reference = format!("inq_{}", test.begin(&tenant).await.unwrap());
            organizations.push(Played { tenant, reference, states: life(&mut rng), at: 0 });
        }
        let mut sent: Vec<(HeaderMap, String)> = Vec::new();
        let mut waiting: Vec<(HeaderMap, String)> = Vec::new();
        for n in 0..DELIVERIES {
            let one = &mut organizations[rng.random_range(0..3)];
            if one.at < one.states.len() && rng.random_bool(0.4) {
                // The service advances, and delivers that now, later, twice, or not at all.
                let document = format!("document of {}", one.reference);
                test.examiner.say(&one.reference, one.states[one.at], Some(&document), test.now());
                one.at += 1;
                let made = delivery(&format!("evt_{n}"), "inquiry.transitioned", &one.reference, test.now());
                match rng.random_range(0..4) {
                    0 => {}
                    1 => waiting.push(made),
                    2 => waiting.extend([made.clone(), made]),
                    _ => sent.push(made),
                }
            }
            waiting.shuffle(&mut rng);
            let chosen = match rng.random_range(0..4) {
                0 => waiting.pop(),
                1 if !sent.is_empty() => Some(sent[rng.random_range(0..sent.len())].clone()),
                2 => {
                    // Forged: the right body with no secret of the service, or a body changed after signing.
                    let (mut headers, mut body) =
                        delivery("evt_forged", "inquiry.approved", &one.reference, test.now());
                    if rng.random_bool(0.5) {
                        body = body.replace("evt_forged", "evt_f0rged");
                    } else {
                        headers
                            .insert("x-signature", format!("t={},v1={}", test.now(), "00".repeat(32)).parse().unwrap());
                    }
                    let refused = test.app.receive_delivery("examiner", &headers, body.as_bytes()).await;
                    assert_eq!(refused, Err(DeliveryRefusal::Signature(SignatureError::Wrong)));
                    None
                }
                _ => Some(delivery(&format!("evt_old{n}"), "inquiry.approved", &one.reference, test.now())),
            };
            if let Some((headers, body)) = chosen {
                let taken = test.app.receive_delivery("examiner", &headers, body.as_bytes()).await;
                // A delivery replayed long afterwards is too old to be accepted.
                let stale = Err(DeliveryRefusal::Signature(SignatureError::Stale));
                assert!(taken.is_ok() || taken == stale, "{taken:?}");
                sent.push((headers, body));
            }
            played += 1;
            test.wait(rng.random_range(0..120));
            if rng.random_bool(0.5) {
                test.work().await;
            }
        }
        // What was never delivered is found by polling.
        for one in &mut organizations {
            while one.at < one.states.len() {
                test.examiner.say(&one.reference, one.states[one.at], Some(&one.reference), test.now());
                one.at += 1;
                test.wait(1);
            }
        }
        test.wait(3_601);
        test.work().await;
        for one in &organizations {
            let view = test.app.organization_verification(&one.tenant.actor, one.tenant.organization()).await.unwrap();
            // Only states in which the service was seen leave a trace; review may have been missed.
            let wanted = expected(one.states[one.states.len() - 1], view.status == Status::InReview);
            assert_eq!(view.status, wanted, "seed {seed}: {:?}", one.states);
            assert_eq!(view.open, wanted == Status::Verified, "seed {seed}");
        }
    }
    assert!(played >= 1_000, "{played}");
}

// The same for cards: one event many times puts one card on file once.
#[tokio::test]
async fn a_card_is_saved_once() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let (actor, organization) = (&tenant.actor, tenant.organization());
    let setup = test.app.start_payment_method(actor, organization).await.unwrap();
    let reference = format!("cs_{}", setup.id);
    for n in 0..20 {
        test.deliver("bank", &format!("evt_{}", n / 2), "checkout.session.completed", &reference).await;
        if n == 7 {
            test.work().await;
            let view = test.app.payment_methods(actor, organization).await.unwrap();
            assert!(view.methods.is_empty(), "the delivery says it is done, the bank does not");
            test.bank.setups.lock().unwrap().insert(reference.clone(), SetupState::Succeeded(card(1)));
        }
    }
    test.work().await;
    let view = test.app.payment_methods(actor, organization).await.unwrap();
    assert_eq!(view.methods.len(), 1);
    let log = test.app.audit_log(actor, organization, crate::first_page()).await.unwrap();
    assert_eq!(log.data.iter().filter(|event| event.action == "payment.method_added").count(), 1);
    // A delivery alone removes no method: the bank must report it when it is asked.
    test.bank.method_events.lock().unwrap().insert("pm_1".to_owned(), MethodEvent::Nothing);
    test.deliver("bank", "evt_said", "payment_method.detached", "pm_1").await;
    test.work().await;
    assert_eq!(test.app.payment_methods(actor, organization).await.unwrap().methods.len(), 1);
    test.bank.method_events.lock().unwrap().insert("pm_1".to_owned(), MethodEvent::Detached);
    test.deliver("bank", "evt_gone", "payment_method.detached", "pm_1").await;
    test.work().await;
    let view = test.app.payment_methods(actor, organization).await.unwrap();
    assert!(view.methods.is_empty());
}

// A dispute asks the operator to check, a renewed card ends the notice, a deleted customer loses everything.
#[tokio::test]
async fn what_happens_to_a_card_on_file() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    test.pay(&tenant, 1).await;
    let view = async || test.app.payment_methods(&tenant.actor, tenant.organization()).await.unwrap();
    let tell = async |event: &str, name: &str, reference: &str, method_event: MethodEvent| {
        test.bank.method_events.lock().unwrap().insert(reference.to_owned(), method_event);
        test.deliver("bank", event, name, reference).await;
        test.work().await;
    };
    let reference = "pm_1".to_owned();
    let disputed = |method: Option<&str>, customer: Option<&str>| MethodEvent::Disputed {
        method: method.map(str::to_owned),
        customer: customer.map(str::to_owned),
        reason: "fraudulent".to_owned(),
    };
    tell("evt_1", "charge.dispute.created", "dp_1", disputed(Some("pm_of_nobody"), None)).await;
    tell("evt_2", "charge.dispute.created", "dp_2", MethodEvent::Nothing).await;
    assert_eq!(view().await.state, PaymentState::Active, "of no known customer, or settled");
    // The data of a renewed card is saved, and its dispute stays.
    tell("evt_3", "charge.dispute.created", "dp_3", disputed(Some(&reference), None)).await;
    let payment = view().await;
    assert_eq!((payment.state, payment.until), (PaymentState::Attention, None), "open, and the operator is asked");
    test.deliver("bank", "evt_3", "charge.dispute.created", "dp_3").await;
    test.work().await;
    let renewed = Method { reference: reference.clone(), expires_year: 2040, ..card(1) };
    tell("evt_4", "payment_method.automatically_updated", &reference, MethodEvent::Renewed(renewed)).await;
    let payment = view().await;
    assert_eq!((payment.state, payment.methods[0].expires_year), (PaymentState::Attention, 2040));
    let overview = test.app.operator_overview(&keystead_app::Actor::operator("anna")).await.unwrap();
    assert_eq!(overview.organizations[0].attention, ["payment_attention"]);
    let log = test.app.audit_log(&tenant.actor, tenant.organization(), crate::first_page()).await.unwrap();
    assert_eq!(log.data.iter().filter(|event| event.action == "payment.disputed").count(), 1, "once");
    // By the customer, if the charge names no method; then the customer is deleted.
    let customer = format!("cus_{}", tenant.organization());
    tell("evt_5", "radar.early_fraud_warning.created", "issfr_1", disputed(None, Some(&customer))).await;
    let log = test.app.audit_log(&tenant.actor, tenant.organization(), crate::first_page()).await.unwrap();
    assert_eq!(log.data.iter().filter(|event| event.action == "payment.disputed").count(), 2);
    tell("evt_6", "customer.deleted", &customer, MethodEvent::CustomerGone).await;
    let payment = view().await;
    assert_eq!((payment.state, payment.methods.len()), (PaymentState::None, 0));
    tell("evt_7", "charge.dispute.created", "dp_4", disputed(Some(&reference), None)).await;
    assert_eq!(view().await.state, PaymentState::None, "nothing is left to look at");
}

// Owners are no longer warned about a card that its bank renewed.
#[tokio::test]
async fn a_renewed_card_is_no_longer_reported() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    test.pay(&tenant, 1).await;
    let ends = card_ends(2027, 1).unwrap();
    test.wait(ends.since(test.app.now()) - 86_400);
    test.app.run_cleanup().await.unwrap();
    let view = async || test.app.payment_methods(&tenant.actor, tenant.organization()).await.unwrap();
    assert_eq!(view().await.state, PaymentState::Attention);
    let reference = "pm_1".to_owned();
    let renewed = Method { reference: reference.clone(), expires_year: 2032, ..card(1) };
    test.bank.method_events.lock().unwrap().insert(reference.clone(), MethodEvent::Renewed(renewed));
    test.deliver("bank", "evt_1", "payment_method.automatically_updated", &reference).await;
    test.work().await;
    let payment = view().await;
    assert_eq!((payment.state, payment.until), (PaymentState::Active, None));
    test.wait(30 * 86_400);
    test.app.run_cleanup().await.unwrap();
    assert_eq!(view().await.state, PaymentState::Active);
}

// An old attempt that is approved after a new one began counts; a reversed report closes nothing by itself.
#[tokio::test]
async fn deliveries_about_ended_attempts() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    test.pay(&tenant, 1).await;
    let first = test.begin(&tenant).await.unwrap();
    test.wait(86_401);
    test.work().await;
    let verification = async || test.app.organization_verification(&tenant.actor, tenant.organization()).await.unwrap();
    assert_eq!(verification().await.status, Status::Expired);
    let second = test.begin(&tenant).await.unwrap();
    assert_ne!(first, second);
    test.examiner.say(&format!("inq_{first}"), State::Approved, Some("ID 1"), test.now());
    test.deliver("examiner", "evt_1", "inquiry.approved", &format!("inq_{first}")).await;
    test.work().await;
    let view = verification().await;
    assert_eq!((view.status, view.open), (Status::Verified, true), "consent is still given, so the approval counts");
    assert_eq!(view.attempt.unwrap().state, "cancelled", "the newer one is not needed any more");

    test.wait(60);
    test.examiner.say(&format!("inq_{first}"), State::Rejected { retryable: false }, Some("ID 1"), test.now());
    for event in ["evt_2", "evt_3"] {
        test.deliver("examiner", event, "inquiry.declined", &format!("inq_{first}")).await;
        test.work().await;
    }
    assert_eq!(verification().await.status, Status::Verified, "people decide about that");
    let log = test.app.audit_log(&tenant.actor, tenant.organization(), crate::first_page()).await.unwrap();
    assert_eq!(log.data.iter().filter(|event| event.action == "orgv.reversed").count(), 1);
    let overview = test.app.operator_overview(&keystead_app::Actor::operator("anna")).await.unwrap();
    assert_eq!(overview.organizations[0].attention, ["identity"]);
}

/// A test-mode event and one of another account, both signed with the right secret, change nothing at a live key; they
/// are acknowledged, so that Stripe does not repeat them. The same event in live mode is processed.
#[tokio::test]
async fn events_of_another_mode_or_account_change_nothing() {
    let stripe = Stripe::new(StripeOptions {
        base_url: "http://127.0.0.1:9".to_owned(),
        api_key: Secret::new("sk_live_1".to_owned()),
        webhook_secrets: vec![Secret::new("whsec_1".to_owned())],
    });
    let test = ServicesApp::with_cards(Arc::new(stripe.unwrap())).await;
    let event = |n: u8, livemode: bool, account: Value| {
        let at = test.now();
        let object = json!({ "object": { "id": "cus_1" } });
        let body = json!({ "id": format!("evt_{n}"), "type": "customer.deleted", "created": at, "livemode": livemode,
            "account": account, "data": object })
        .to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"whsec_1").unwrap();
        mac.update(format!("{at}.{body}").as_bytes());
        let hex = hex::encode(&mac.finalize().into_bytes());
        let mut headers = HeaderMap::new();
        headers.insert("stripe-signature", format!("t={at},v1={hex}").parse().unwrap());
        (headers, body)
    };
    let before = test.store.dump().await.unwrap();
    for (headers, body) in [event(1, false, Value::Null), event(2, true, json!("acct_2")), event(3, false, json!("a"))]
    {
        assert_eq!(test.app.receive_delivery("stripe", &headers, body.as_bytes()).await, Ok(0), "{body}");
        assert_eq!(test.store.dump().await.unwrap(), before, "{body}");
    }
    let (headers, body) = event(1, true, Value::Null);
    assert_eq!(test.app.receive_delivery("stripe", &headers, body.as_bytes()).await, Ok(1));
    assert_ne!(test.store.dump().await.unwrap(), before);
}
