//! Webhooks of organizations: who manages them, how deliveries are signed and repeated, and when an endpoint is given up.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use keystead_app::webhooks::{NewWebhook, WebhookChange, WebhookDelivery, WebhookEndpoint};
use keystead_app::{Actor, Page};
use keystead_core::id::{OrganizationId, WebhookEndpointId};
use keystead_core::role::OrganizationRole;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::webhook::{DeliveryFault, DeliveryState, DisabledReason};
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};
use keystead_testkit::Received;
use serde_json::Value;
use sha2::Sha256;

use crate::test_app::*;

fn asked(url: &str) -> NewWebhook {
    NewWebhook {
        url: url.to_owned(),
        description: Some(" Alerts to the chat ".to_owned()),
        event_types: vec!["budget.exhausted".to_owned(), "budget.threshold_reached".to_owned()],
        enabled: true,
    }
}

const URL: &str = "https://hooks.example.com/in?token=1";

/// An organization with one endpoint.
struct Place {
    test: TestApp,
    owner: Actor,
    organization: OrganizationId,
    endpoint: WebhookEndpoint,
    secret: Secret<String>,
}

impl Place {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let (ann, _) = test.signed_in_user("ann@example.com").await;
        let (organization, _) = test.organization(&ann).await;
        let owner = Actor::Person(ann);
        let (endpoint, secret) = test.app.create_webhook(&owner, &organization, &asked(URL)).await.unwrap();
        Self { test, owner, organization, endpoint, secret }
    }

    fn id(&self) -> &WebhookEndpointId {
        &self.endpoint.id
    }

    async fn find(&self) -> WebhookEndpoint {
        self.test.app.webhook(&self.owner, &self.organization, self.id()).await.unwrap()
    }

    async fn log(&self) -> Vec<WebhookDelivery> {
        let all = Page { after: None, limit: 100, ascending: true };
        self.test.app.webhook_deliveries(&self.owner, &self.organization, self.id(), &all).await.unwrap().data
    }

    async fn change(&self, change: WebhookChange) -> WebhookEndpoint {
        self.test.app.update_webhook(&self.owner, &self.organization, self.id(), &change).await.unwrap()
    }

    /// Begins a delivery of an event that is repeated by the schedule: a test that is turned into a redelivery would be
    /// tried once, so the row is written as the emitter writes it.
    async fn emit(&self) -> WebhookDelivery {
        let now = Timestamp(self.test.now());
        let row = WebhookDelivery {
            id: format!("delivery_{}", self.log().await.len()).parse().unwrap(),
            organization: self.organization.clone(),
            endpoint: self.id().clone(),
            event: format!("evt_{}", self.log().await.len()).parse().unwrap(),
            event_type: keystead_core::webhook::EventType::BudgetExhausted,
            body: "{\"type\":\"budget.exhausted\",\"timestamp\":\"2026-01-01T12:00:00Z\",\"data\":{}}".to_owned(),
            created_at: now,
            state: DeliveryState::Pending,
            attempts: 0,
            series: 0,
            next_attempt_at: Some(now),
            last_attempt_at: None,
            status: None,
            duration_ms: None,
            fault: None,
        };
        let kept = row.clone();
        let write = self.test.store.write("emit", async move |tx: &mut Tx| {
            keystead_store::tables::webhook_deliveries::insert(tx, &row, None).await
        });
        let written: Result<(), keystead_store::Error> = write.await;
        written.unwrap();
        kept
    }

    async fn send(&self) -> usize {
        self.test.app.send_due_webhooks().await.unwrap()
    }
}

/// Checks a delivery as the specification says: one of the signatures is over id, time and body.
fn is_signed(secret: &Secret<String>, one: &Received) -> bool {
    let key = STANDARD.decode(secret.expose().strip_prefix("whsec_").unwrap()).unwrap();
    one.signatures.split(' ').any(|signature| {
        let Some(signature) = signature.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok()) else {
            return false;
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", one.id, one.at, one.body).as_bytes());
        mac.verify_slice(&signature).is_ok()
    })
}

#[tokio::test]
async fn a_test_is_sent_at_once_and_signed() {
    let place = Place::new().await;
    assert_eq!(place.endpoint.description.as_deref(), Some("Alerts to the chat"));
    let sent = place.test.app.test_webhook(&place.owner, &place.organization, place.id()).await.unwrap();
    assert_eq!((sent.state, sent.status, sent.attempts), (DeliveryState::Delivered, Some(204), 1));
    assert_eq!(sent.duration_ms, Some(7));
    let received = place.test.receiver().received();
    let [one] = &received[..] else { panic!("{received:?}") };
    assert_eq!((one.url.as_str(), one.id.as_str(), one.at), (URL, sent.event.as_str(), place.test.now()));
    assert!(is_signed(&place.secret, one));
    assert!(!one.id.contains('.'), "a full stop would make two readings of what is signed");
    let body: Value = serde_json::from_str(&one.body).unwrap();
    assert_eq!(body["type"], "endpoint.test");
    assert_eq!(body["timestamp"], Timestamp(place.test.now()).to_string());
    assert_eq!(body["data"]["webhook_id"], place.id().as_str());
    // Also to one that is off; and a failure is not repeated.
    place.change(WebhookChange { enabled: Some(false), ..WebhookChange::default() }).await;
    place.test.receiver().answer_once(Err(DeliveryFault::TimedOut), None);
    let sent = place.test.app.test_webhook(&place.owner, &place.organization, place.id()).await.unwrap();
    assert_eq!(
        (sent.state, sent.fault, sent.next_attempt_at),
        (DeliveryState::Failed, Some(DeliveryFault::TimedOut), None)
    );
    assert_eq!(place.find().await.failing_since, None, "a test says nothing about deliveries");
    assert_eq!(place.send().await, 0);
}

#[tokio::test]
async fn two_secrets_sign_for_a_day_after_a_rotation() {
    let place = Place::new().await;
    let (app, test) = (&place.test.app, &place.test);
    let (_, second) = app.rotate_webhook(&place.owner, &place.organization, place.id()).await.unwrap();
    assert_ne!(second.expose(), place.secret.expose());
    let send = async || {
        app.test_webhook(&place.owner, &place.organization, place.id()).await.unwrap();
        test.receiver().received().remove(0)
    };
    let one = send().await;
    assert_eq!(one.signatures.split(' ').count(), 2);
    assert!(is_signed(&second, &one) && is_signed(&place.secret, &one));
    test.advance(DAY - 1);
    assert!(is_signed(&place.secret, &send().await));
    test.advance(1);
    let one = send().await;
    assert!(is_signed(&second, &one) && !is_signed(&place.secret, &one), "its day is over, before any cleanup");
    app.run_cleanup().await.unwrap();
    assert_eq!(place.find().await.previous_until, None);
    // A secret that leaked is out after two rotations.
    let (_, third) = app.rotate_webhook(&place.owner, &place.organization, place.id()).await.unwrap();
    let (_, fourth) = app.rotate_webhook(&place.owner, &place.organization, place.id()).await.unwrap();
    let one = send().await;
    assert!(is_signed(&fourth, &one) && is_signed(&third, &one) && !is_signed(&second, &one));
    // Neither the store nor the audit log has a secret.
    let dump = test.store.dump().await.unwrap();
    for secret in [&place.secret, &second, &third, &fourth] {
        assert!(!format!("{dump:?}").contains(secret.expose().as_str()));
    }
}

#[tokio::test]
async fn a_delivery_is_repeated_by_the_schedule_and_the_endpoint_given_up() {
    let place = Place::new().await;
    let test = &place.test;
    test.receiver().answer_always(Ok(500));
    let event = place.emit().await;
    let began = test.now();
    let mut attempts = Vec::new();
    for _ in 0..12 {
        if place.send().await == 1 {
            attempts.push(test.now() - began);
        }
        let Some(next) = place.log().await[0].next_attempt_at else { break };
        assert_eq!(place.send().await, 0, "not before its time");
        test.advance(next.0 - test.now());
    }
    let plain = [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 113_705, 185_705, 272_105];
    assert_eq!(attempts.len(), plain.len());
    for (attempt, plain) in attempts.iter().zip(plain) {
        assert!((plain..=plain + plain / 10).contains(attempt), "{attempts:?}");
    }
    let received = test.receiver().received();
    assert!(received.iter().all(|one| one.id == event.event.as_str() && is_signed(&place.secret, one)));
    let ended = place.log().await.remove(0);
    assert_eq!((ended.state, ended.attempts, ended.status), (DeliveryState::Failed, 10, Some(500)));
    let off = place.find().await;
    assert_eq!((off.disabled, off.failing_since), (Some(DisabledReason::Failing), Some(Timestamp(began))));
    let mails = test.mails().await;
    let [(to, subject, text)] = &mails[..] else { panic!("{mails:?}") };
    assert!(
        to == "ann@example.com" && subject.contains("Acme") && text.contains("hooks.example.com"),
        "{subject} {text}"
    );
    assert!(!text.contains("token=1"), "the address may hold a secret");
    assert!(test.log(&place.organization).await.contains(&"webhook.disabled".to_owned()));
    // Switched on again it begins without failures, and the delivery can be sent once more.
    let redeliver = async || test.app.redeliver_webhook(&place.owner, &place.organization, place.id(), &ended.id).await;
    assert_eq!(code(redeliver().await), "conflict", "it is off");
    let on = place.change(WebhookChange { enabled: Some(true), ..WebhookChange::default() }).await;
    assert_eq!((on.disabled, on.failing_since), (None, None));
    test.receiver().answer_always(Ok(200));
    redeliver().await.unwrap();
    assert_eq!(code(redeliver().await), "conflict", "it is still being sent");
    assert_eq!(place.send().await, 1);
    let again = place.log().await.remove(0);
    assert_eq!((again.state, again.attempts, again.event), (DeliveryState::Delivered, 11, event.event));
}

#[tokio::test]
async fn answers_decide_what_follows() {
    let place = Place::new().await;
    let test = &place.test;
    // Longer than our own wait of five seconds.
    test.receiver().answer_once(Ok(503), Some(120));
    place.emit().await;
    place.send().await;
    assert_eq!(place.log().await[0].next_attempt_at, Some(Timestamp(test.now() + 120)));
    assert!(place.find().await.failing_since.is_some());
    test.advance(120);
    place.send().await;
    assert_eq!((place.log().await[0].state, place.find().await.failing_since), (DeliveryState::Delivered, None));
    // A redirect is a failure like any other.
    test.receiver().answer_once(Ok(302), None);
    place.emit().await;
    place.send().await;
    let moved = place.log().await.remove(1);
    assert_eq!(
        (moved.state, moved.status, moved.fault),
        (DeliveryState::Pending, Some(302), Some(DeliveryFault::Status))
    );
    // 410 ends everything, also what else waits.
    test.receiver().answer_once(Ok(410), None);
    place.emit().await;
    place.send().await;
    assert_eq!(place.find().await.disabled, Some(DisabledReason::Gone));
    let states: Vec<_> = place.log().await.into_iter().map(|row| (row.state, row.fault)).collect();
    let failed = |fault| (DeliveryState::Failed, Some(fault));
    assert_eq!(states[1..], [failed(DeliveryFault::Disabled), failed(DeliveryFault::Status)]);
    assert_eq!(test.mails().await.len(), 1);
    test.advance(10 * DAY);
    assert_eq!(place.send().await, 0);
    test.advance(21 * DAY);
    test.app.run_cleanup().await.unwrap();
    assert!(place.log().await.is_empty(), "kept for thirty days");
}

#[tokio::test]
async fn a_deleted_endpoint_gets_nothing() {
    let place = Place::new().await;
    place.emit().await;
    place.test.app.delete_webhook(&place.owner, &place.organization, place.id()).await.unwrap();
    assert_eq!(place.send().await, 0);
    assert!(place.test.receiver().received().is_empty());
}

#[tokio::test]
async fn a_worker_that_died_leaves_its_deliveries() {
    let place = Place::new().await;
    place.emit().await;
    let now = Timestamp(place.test.now());
    let write = place.test.store.write("die", async move |tx: &mut Tx| {
        keystead_store::tables::webhook_deliveries::claim(tx, now, now.plus(60), 9).await
    });
    let claimed: Result<Vec<WebhookDelivery>, keystead_store::Error> = write.await;
    assert_eq!(claimed.unwrap().len(), 1);
    assert_eq!(place.send().await, 0, "another worker has it");
    place.test.advance(60);
    assert_eq!(place.send().await, 1);
}

#[tokio::test]
async fn bad_input_names_its_field_and_changes_nothing() {
    let place = Place::new().await;
    let (app, owner, organization) = (&place.test.app, &place.owner, &place.organization);
    let before = place.test.store.dump().await.unwrap();
    for wrong in [
        "",
        "http://example.com",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://example.com:8080/",
        "https://user:secret@example.com/",
        "https://example.com/#top",
        "http://10.0.0.1:9000/",
        "javascript:alert(1)",
    ] {
        assert_eq!(code(app.create_webhook(owner, organization, &asked(wrong)).await), "url", "{wrong}");
        let change = WebhookChange { url: Some(wrong.to_owned()), ..WebhookChange::default() };
        assert_eq!(code(app.update_webhook(owner, organization, place.id(), &change).await), "url", "{wrong}");
    }
    for wrong in [vec![], vec!["budget".to_owned()], vec!["endpoint.test".to_owned()]] {
        let asked = NewWebhook { event_types: wrong.clone(), ..asked(URL) };
        assert_eq!(code(app.create_webhook(owner, organization, &asked).await), "event_types", "{wrong:?}");
    }
    for wrong in ["x".repeat(501), "a\u{202e}b".to_owned()] {
        let asked = NewWebhook { description: Some(wrong), ..asked(URL) };
        assert_eq!(code(app.create_webhook(owner, organization, &asked).await), "description");
    }
    assert_eq!(place.test.store.dump().await.unwrap(), before);
    for _ in 1..20 {
        app.create_webhook(owner, organization, &asked(URL)).await.unwrap();
    }
    assert_eq!(code(app.create_webhook(owner, organization, &asked(URL)).await), "invalid", "at most twenty");
}

#[tokio::test]
async fn only_owners_of_the_organization_reach_a_webhook() {
    let place = Place::new().await;
    let (app, test) = (&place.test.app, &place.test);
    let (ben, _) = test.signed_in_user("ben@example.com").await;
    let (eve, _) = test.signed_in_user("eve@example.com").await;
    let (foreign, _) = test.organization(&eve).await;
    let row = Membership {
        organization: place.organization.clone(),
        user: ben.clone(),
        role: OrganizationRole::Reader,
        created_at: Timestamp(test.now()),
    };
    let write = test.store.write("join", async move |tx: &mut Tx| memberships::insert(tx, &row).await);
    let joined: Result<(), keystead_store::Error> = write.await;
    joined.unwrap();
    let (reader, stranger) = (Actor::Person(ben), Actor::Person(eve));
    let delivery = app.test_webhook(&place.owner, &place.organization, place.id()).await.unwrap().id;
    let change = WebhookChange { enabled: Some(false), ..WebhookChange::default() };
    for (actor, organization) in
        [(&reader, &place.organization), (&stranger, &place.organization), (&stranger, &foreign)]
    {
        let id = place.id();
        let all = Page { after: None, limit: 9, ascending: true };
        if organization == &place.organization {
            assert!(app.create_webhook(actor, organization, &asked(URL)).await.is_err());
            assert!(app.webhooks(actor, organization, &all).await.is_err());
        } else {
            assert!(app.webhooks(actor, organization, &all).await.unwrap().data.is_empty());
        }
        for refused in [
            app.webhook(actor, organization, id).await.map(|_| ()),
            app.update_webhook(actor, organization, id, &change).await.map(|_| ()),
            app.rotate_webhook(actor, organization, id).await.map(|_| ()),
            app.test_webhook(actor, organization, id).await.map(|_| ()),
            app.webhook_deliveries(actor, organization, id, &all).await.map(|_| ()),
            app.redeliver_webhook(actor, organization, id, &delivery).await.map(|_| ()),
            app.delete_webhook(actor, organization, id).await,
        ] {
            assert!(["refused", "not_found"].contains(&code(refused)));
        }
    }
    assert_eq!(place.find().await, place.endpoint, "nothing changed");
}

#[tokio::test]
async fn tests_of_webhooks_are_limited() {
    let place = Place::new().await;
    let test = async || place.test.app.test_webhook(&place.owner, &place.organization, place.id()).await;
    for _ in 0..60 {
        test().await.unwrap();
    }
    assert_eq!(code(test().await), "webhook_tests");
    place.test.advance(3_601);
    test().await.unwrap();
}
