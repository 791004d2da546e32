//! Unusual use of keys: who may pause, resume and set caps, who gets an email, and what the log says.

use keystead_app::Actor;
use keystead_app::anomalies::AnomalySettings;
use keystead_app::keys::NewKey;
use keystead_core::anomaly::{CapPeriod, KeyCap, PauseReason, Signal, Signals, VelocityCap};
use keystead_core::gate::Requirement;
use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::notification::Notification;
use keystead_core::usage::{Quantities, UsageEvent};

use crate::counted_usage;
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

    /// Counts requests of the key, as its node reports them, and returns who gets which mail.
    async fn use_key(&mut self, model: &str, requests: i64) -> Vec<(String, String, String)> {
        let event = UsageEvent {
            key: self.key.clone(),
            model: model.into(),
            used: Quantities { requests, ..Quantities::default() },
            ..counted_usage::request(&self.organization, &self.project, self.test.now(), Amount::ZERO)
        };
        let position = self.position;
        self.position += 1;
        counted_usage::count(&self.test.store, position, event).await;
        // Every node calls it every second.
        self.test.app.handle_key_signals().await.unwrap();
        self.test.app.handle_key_signals().await.unwrap();
        self.test.mails().await
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
    // Caps out of bounds are refused, and change nothing.
    for cap in [of_requests(0), of_requests(-1), VelocityCap { requests: None, ..of_requests(1) }] {
        let settings = AnomalySettings { cap: Some(cap), ..AnomalySettings::default() };
        assert!(app.set_anomaly_settings(&world.ann, organization, &settings).await.is_err());
        assert!(app.set_key_cap(&world.ann, organization, key, KeyCap::Own(cap)).await.is_err());
    }
    assert_eq!(app.anomaly_settings(&world.ann, organization).await.unwrap(), AnomalySettings::default());
    assert_eq!(app.key_cap(&world.ann, organization, key).await.unwrap().cap, KeyCap::Inherited);
}
