//! Unusual use of keys: who may pause, resume and set caps, who gets an email, and what the log says.

use keystead_app::Actor;
use keystead_app::anomalies::AnomalySettings;
use keystead_app::keys::NewKey;
use keystead_app::webhooks::NewWebhook;
use keystead_core::anomaly::{CapPeriod, KeyCap, PauseReason, Signal, Signals, VelocityCap};
use keystead_core::gate::Requirement;
use keystead_core::id::{KeyId, OrganizationId, ProjectId, UserId};
use keystead_core::money::Amount;
use keystead_core::notification::Notification;
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent};
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::users::{self, User};
use keystead_testkit::{count_usage, usage_event};
use serde_json::{Value, json};

use crate::test_app::*;

fn of_requests(most: i64) -> VelocityCap {
    VelocityCap { period: CapPeriod::Minute, requests: Some(most), cents: None }
}

struct World {
    test: TestApp,
    ann: Actor,
    organization: OrganizationId,
    project: ProjectId,
    key: KeyId,
    position: i64,
}

impl World {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let (ann, _) = test.signed_in_user("ann@example.com").await;
        let (organization, project) = test.organization(&ann).await;
        let operator = Actor::operator("test");
        test.app.waive_requirement(&operator, &organization, Requirement::Phone, None, "test").await.unwrap();
        let (ann, asked) = (Actor::Person(ann), NewKey { name: Some("laptop".to_owned()), ..NewKey::default() });
        let made = test.app.create_project_key(&ann, &organization, &project, &asked).await.unwrap();
        test.mails().await;
        Self { key: made.key.id, test, ann, organization, project, position: 0 }
    }

    /// Counts requests of the key, as its node reports them.
    async fn count(&mut self, model: &str, requests: i64) {
        let event = UsageEvent {
            key: self.key.clone(),
            model: model.into(),
            used: Quantities { requests, ..Quantities::default() },
            ..usage_event(&self.organization, &self.project, self.test.now(), Amount::ZERO)
        };
        let position = self.position;
        self.position += 1;
        count_usage(&self.test.store, "1-x", position, &[event]).await;
    }

    /// Counts requests of the key, and returns who gets which mail.
    async fn use_key(&mut self, model: &str, requests: i64) -> Vec<(String, String, String)> {
        self.count(model, requests).await;
        // Every node calls it every second.
        let app = &self.test.app;
        let (one, other) = tokio::join!(app.handle_key_signals(), app.handle_key_signals());
        one.and(other).unwrap();
        self.test.mails().await
    }

    async fn webhook(&self, types: &[&str]) {
        let asked = NewWebhook {
            url: "https://hooks.example.com/in".to_owned(),
            description: None,
            event_types: types.iter().map(|one| (*one).to_owned()).collect(),
            enabled: true,
        };
        self.test.app.create_webhook(&self.ann, &self.organization, &asked).await.unwrap();
    }

    /// The events that were sent since the last call, by their types.
    async fn events(&self) -> Vec<Value> {
        while self.test.app.send_due_webhooks().await.unwrap() > 0 {}
        let received = self.test.receiver().received();
        let mut events: Vec<Value> = received.iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect();
        events.sort_by_key(|event| event["type"].to_string());
        events
    }

    /// An event about the key at a moment, with these members besides those of every such event.
    fn event(&self, of_type: &str, at: Timestamp, more: &Value) -> Value {
        let mut data = json!({
            "organization_id": self.organization.as_str(),
            "project_id": self.project.as_str(),
            "key_id": self.key.as_str(),
            "key_name": "laptop",
        });
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "type": of_type, "timestamp": at.to_string(), "data": data })
    }

    async fn paused(&self) -> Option<PauseReason> {
        let cap = self.test.app.key_cap(&self.ann, &self.organization, &self.key).await.unwrap();
        cap.pause.map(|pause| pause.reason)
    }
}

#[tokio::test]
async fn a_key_over_its_cap_is_paused_and_resumed() {
    let mut world = World::new().await;
    let (ann, organization, key) = (world.ann.clone(), world.organization.clone(), world.key.clone());
    let settings = AnomalySettings { signals: Signals::default(), cap: Some(of_requests(10)) };
    world.test.app.set_anomaly_settings(&ann, &organization, &settings).await.unwrap();
    assert_eq!(world.test.app.anomaly_settings(&ann, &organization).await.unwrap(), settings);
    assert!(world.use_key("m", 10).await.is_empty());
    assert_eq!(world.paused().await, None);
    let mails = world.use_key("m", 1).await;
    assert_eq!(mails.len(), 1, "the owner of the organization owns the key: {mails:?}");
    let (to, subject, text) = &mails[0];
    assert_eq!(to, "ann@example.com");
    assert!(subject.contains("laptop") && text.contains(&format!("/api-keys/{key}?project=")), "{subject}: {text}");
    assert_eq!(world.paused().await, Some(PauseReason::RequestsOverCap));
    assert!(world.use_key("m", 100).await.is_empty(), "paused once");

    world.test.app.resume_key(&ann, &organization, &key).await.unwrap();
    world.test.app.resume_key(&ann, &organization, &key).await.unwrap();
    assert_eq!(world.paused().await, None);
    assert!(world.use_key("m", 10).await.is_empty(), "the cap counts from then");
    // The key's own cap takes the place of the organization's.
    world.test.app.set_key_cap(&ann, &organization, &key, KeyCap::Off).await.unwrap();
    assert!(world.use_key("m", 900).await.is_empty());
    world.test.app.pause_key(&ann, &organization, &key).await.unwrap();
    assert_eq!(world.paused().await, Some(PauseReason::Person));
    let log = world.test.log(&organization).await;
    let times = |action: &str| log.iter().filter(|logged| *logged == action).count();
    assert_eq!((times("api_key.paused"), times("api_key.resumed")), (2, 1), "{log:?}");
    assert_eq!((times("api_key.cap_updated"), times("anomaly_settings.updated")), (1, 1));
    let noticed = world.test.app.anomalies(&ann, &organization, Some(&key), 50).await.unwrap();
    assert_eq!(noticed.iter().map(|one| one.signal).collect::<Vec<_>>(), [Signal::RequestsOverCap]);
}

#[tokio::test]
async fn a_rotated_key_keeps_its_cap() {
    let world = World::new().await;
    let (app, ann, organization) = (&world.test.app, &world.ann, &world.organization);
    let cap = KeyCap::Own(of_requests(5));
    app.set_key_cap(ann, organization, &world.key, cap).await.unwrap();
    let rotated = app.rotate_key(ann, organization, &world.project, &world.key, 60).await.unwrap();
    let next = rotated.made.key.id;
    assert_eq!(app.key_cap(ann, organization, &next).await.unwrap().cap, cap);
    app.set_key_cap(ann, organization, &next, KeyCap::Inherited).await.unwrap();
    let rotated = app.rotate_key(ann, organization, &world.project, &next, 0).await.unwrap();
    let last = app.key_cap(ann, organization, &rotated.made.key.id).await.unwrap();
    assert_eq!(last.cap, KeyCap::Inherited);
}

/// A page of a list has fewer members than such an organization.
#[tokio::test]
async fn owners_of_a_large_organization_are_mailed() {
    let mut world = World::new().await;
    let (organization, created_at) = (world.organization.clone(), Timestamp(world.test.now()));
    let insert = async move |tx: &mut Tx| -> Result<(), keystead_store::Error> {
        for number in 0..=100 {
            let id: UserId = format!("user-{number:024}").parse().unwrap();
            let role = if number == 100 { OrganizationRole::Owner } else { OrganizationRole::Reader };
            let user = User {
                id: id.clone(),
                email: format!("member{number}@example.com"),
                name: String::new(),
                created_at,
                default_organization: None,
                deactivated_at: None,
            };
            users::insert(tx, &user).await?;
            let row = Membership { organization: organization.clone(), user: id, role, created_at };
            memberships::insert(tx, &row).await?;
        }
        Ok(())
    };
    world.test.store.write("members", insert).await.unwrap();
    let settings = AnomalySettings { signals: Signals::default(), cap: Some(of_requests(10)) };
    world.test.app.set_anomaly_settings(&world.ann, &world.organization, &settings).await.unwrap();
    let mails = world.use_key("m", 11).await;
    let mut to: Vec<&str> = mails.iter().map(|(to, ..)| to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["ann@example.com", "member100@example.com"]);
}

#[tokio::test]
async fn unusual_use_is_mailed_at_most_once_an_hour_and_can_be_switched_off() {
    let mut world = World::new().await;
    assert!(world.use_key("m", 1).await.is_empty());
    world.test.advance(DAY);
    let mails = world.use_key("n", 1).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].2.contains("First use of the model n"), "{}", mails[0].2);
    assert!(world.use_key("o", 1).await.is_empty(), "an hour has not passed");
    world.test.advance(3_600);
    assert_eq!(world.use_key("p", 1).await.len(), 1);
    let ann = world.ann.user().cloned().unwrap();
    world.test.app.save_notifications(&ann, &[Notification::Keys], &[]).await.unwrap();
    world.test.advance(3_600);
    assert!(world.use_key("q", 1).await.is_empty());
    assert_eq!(world.test.app.anomalies(&world.ann, &world.organization, None, 50).await.unwrap().len(), 4);
}

#[tokio::test]
async fn others_change_nothing() {
    let world = World::new().await;
    let (app, organization, key) = (&world.test.app, &world.organization, &world.key);
    let (eve, _) = world.test.signed_in_user("eve@example.com").await;
    let (other, _) = world.test.organization(&eve).await;
    let eve = Actor::Person(eve);
    app.pause_key(&world.ann, organization, key).await.unwrap();
    for of in [organization, &other] {
        assert_eq!(code(app.pause_key(&eve, of, key).await), "not_found");
        assert_eq!(code(app.resume_key(&eve, of, key).await), "not_found");
        assert_eq!(code(app.set_key_cap(&eve, of, key, KeyCap::Off).await), "not_found");
    }
    assert_eq!(code(app.anomaly_settings(&eve, organization).await), "not_found");
    let settings = AnomalySettings::default();
    assert_eq!(code(app.set_anomaly_settings(&eve, organization, &settings).await), "not_found");
    assert_eq!(code(app.anomalies(&eve, organization, Some(key), 5).await), "not_found");
    assert!(app.anomalies(&eve, &other, Some(key), 5).await.unwrap().is_empty());
    assert!(world.paused().await.is_some(), "it stays paused");
    // Another organization neither finds its pause nor lists it.
    assert_eq!(code(app.key_cap(&eve, organization, key).await), "not_found");
    assert_eq!(code(app.key_cap(&eve, &other, key).await), "not_found");
    let asked = std::slice::from_ref(key);
    assert!(app.paused_keys(&eve, &other, asked).await.unwrap().is_empty());
    assert_eq!(app.paused_keys(&world.ann, organization, asked).await.unwrap().len(), 1);
    // Caps out of bounds are refused, and change nothing.
    for cap in [of_requests(0), of_requests(-1), VelocityCap { requests: None, ..of_requests(1) }] {
        let settings = AnomalySettings { cap: Some(cap), ..AnomalySettings::default() };
        assert!(app.set_anomaly_settings(&world.ann, organization, &settings).await.is_err());
        assert!(app.set_key_cap(&world.ann, organization, key, KeyCap::Own(cap)).await.is_err());
    }
    assert_eq!(app.anomaly_settings(&world.ann, organization).await.unwrap(), AnomalySettings::default());
    assert_eq!(app.key_cap(&world.ann, organization, key).await.unwrap().cap, KeyCap::Inherited);
}

#[tokio::test]
async fn pauses_are_events() {
    let mut world = World::new().await;
    let (ann, organization, key) = (world.ann.clone(), world.organization.clone(), world.key.clone());
    world.webhook(&["key.paused", "key.resumed"]).await;
    world.webhook(&["budget.exhausted"]).await;
    let settings = AnomalySettings { signals: Signals::default(), cap: Some(of_requests(10)) };
    world.test.app.set_anomaly_settings(&ann, &organization, &settings).await.unwrap();
    let now = Timestamp(world.test.now());
    world.use_key("m", 11).await;
    let by_cap = json!({ "type": "service", "id": "velocity cap" });
    let paused = |reason: &str, by: &Value| json!({ "reason": reason, "paused_by": by });
    let expected = world.event("key.paused", now, &paused("requests_over_cap", &by_cap));
    assert_eq!(world.events().await, [expected]);
    world.use_key("m", 100).await;
    assert!(world.events().await.is_empty(), "it is paused already");

    let operator = Actor::operator("ops@example.com");
    let of_ann = json!({ "type": "user", "id": ann.user().unwrap().as_str() });
    let of_operator = json!({ "type": "operator", "id": null });
    for (actor, shown) in [(&ann, &of_ann), (&operator, &of_operator)] {
        for _ in 0..2 {
            world.test.app.resume_key(actor, &organization, &key).await.unwrap();
        }
        assert_eq!(world.events().await, [world.event("key.resumed", now, &json!({ "resumed_by": shown }))]);
        for _ in 0..2 {
            world.test.app.pause_key(actor, &organization, &key).await.unwrap();
        }
        assert_eq!(world.events().await, [world.event("key.paused", now, &paused("paused_by_person", shown))]);
    }
}

#[tokio::test]
async fn signals_are_events_unless_they_are_off() {
    let mut world = World::new().await;
    world.webhook(&["anomaly.detected"]).await;
    world.use_key("m", 1).await;
    world.test.advance(DAY);
    world.use_key("n", 1).await;
    let now = Timestamp(world.test.now());
    let noticed =
        |model: &str| json!({ "signal": "new_model", "value": model, "period": null, "used": null, "usual": null });
    assert_eq!(world.events().await, [world.event("anomaly.detected", now, &noticed("n"))]);
    // Every signal is sent, also where a mail is not.
    assert!(world.use_key("o", 1).await.is_empty());
    assert_eq!(world.events().await, [world.event("anomaly.detected", now, &noticed("o"))]);
    assert!(world.use_key("o", 1).await.is_empty());
    assert!(world.events().await.is_empty(), "once for each model");
    let off = AnomalySettings { signals: Signals::only(&[]), cap: Some(of_requests(10)) };
    world.test.app.set_anomaly_settings(&world.ann, &world.organization, &off).await.unwrap();
    world.use_key("p", 1).await;
    assert!(world.events().await.is_empty(), "it is off");
    // What pauses a key comes from the cap, which no switch turns off.
    world.use_key("p", 10).await;
    let listed = world.test.app.anomalies(&world.ann, &world.organization, None, 9).await.unwrap();
    let over = listed.iter().find(|one| one.signal == Signal::RequestsOverCap).unwrap();
    let figures = json!({
        "signal": "requests_over_cap", "value": over.value, "period": "minute", "used": over.figure, "usual": 10,
    });
    assert_eq!(world.events().await, [world.event("anomaly.detected", over.at, &figures)]);
}

#[tokio::test]
async fn a_pause_and_its_events_are_one_transaction() {
    let mut world = World::new().await;
    world.webhook(&["key.paused", "anomaly.detected"]).await;
    let settings = AnomalySettings { signals: Signals::default(), cap: Some(of_requests(1)) };
    world.test.app.set_anomaly_settings(&world.ann, &world.organization, &settings).await.unwrap();
    world.count("m", 2).await;
    for statement in 1.. {
        world.test.store.fail_at(Some(statement));
        let done = world.test.app.handle_key_signals().await;
        world.test.store.fail_at(None);
        if done.is_ok() {
            break;
        }
        assert!(world.events().await.is_empty(), "a fault at statement {statement}");
        assert_eq!(world.paused().await, None, "a fault at statement {statement}");
    }
    let events = world.events().await;
    let types: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["anomaly.detected", "key.paused"]);
    assert_eq!(world.paused().await, Some(PauseReason::RequestsOverCap));
}
