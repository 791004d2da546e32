//! Alerts about budgets: who gets a mail or an event, once in a period, and what is refused.

use keystead_app::budgets::BudgetSettings;
use keystead_app::budgets::alerts::{BudgetAlertSettings, NewThreshold};
use keystead_app::organizations::spend_alerts::SpendAlertSettings;
use keystead_app::webhooks::NewWebhook;
use keystead_app::{Actor, Page};
use keystead_core::budget::{BudgetSubject, Interval, Measure};
use keystead_core::id::{BudgetId, OrganizationId, ProjectId, UserId, WebhookEndpointId};
use keystead_core::money::Amount;
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent};
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::usage;
use keystead_testkit::usage_event;
use serde_json::{Value, json};

use crate::test_app::*;

struct Place {
    test: TestApp,
    ann: UserId,
    owner: Actor,
    organization: OrganizationId,
    project: ProjectId,
    position: i64,
}

impl Place {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let (ann, _) = test.signed_in_user("ann@example.com").await;
        let (organization, project) = test.organization(&ann).await;
        let owner = Actor::Person(ann.clone());
        Self { test, ann, owner, organization, project, position: 0 }
    }

    async fn budget(&self, subject: BudgetSubject, measure: Measure, interval: Interval, amount: i64) -> BudgetId {
        let settings = BudgetSettings { subject, measure, interval, amount };
        self.test.app.create_budget(&self.owner, &self.organization, &settings).await.unwrap().row.budget.id
    }

    async fn webhook(&self, types: &[&str]) -> WebhookEndpointId {
        let asked = NewWebhook {
            url: "https://hooks.example.com/in".to_owned(),
            description: None,
            event_types: types.iter().map(|one| (*one).to_owned()).collect(),
            enabled: true,
        };
        self.test.app.create_webhook(&self.owner, &self.organization, &asked).await.unwrap().0.id
    }

    async fn alert(&self, budget: &BudgetId, settings: BudgetAlertSettings) {
        self.test.app.create_budget_alert(&self.owner, &self.organization, budget, settings).await.unwrap();
    }

    /// Counts usage of the owner's key, and returns who gets which mail and which events are sent.
    async fn use_some(&mut self, cents: i64, tokens: i64) -> (Vec<(String, String, String)>, Vec<Value>) {
        let cost = Amount::of_cents(cents);
        let event = UsageEvent {
            owner: self.ann.as_str().into(),
            used: Quantities { requests: 1, input_tokens: tokens, ..Quantities::default() },
            ..usage_event(&self.organization, &self.project, self.test.now(), cost)
        };
        let position = self.position;
        self.position += 1;
        // A batch that arrives twice counts once.
        for _ in 0..2 {
            let event = event.clone();
            let write = self.test.store.write("record", async move |tx: &mut Tx| {
                usage::record(tx, "1-x", position, std::slice::from_ref(&event)).await
            });
            let written: Result<usize, keystead_store::Error> = write.await;
            written.unwrap();
        }
        // Every node calls these every second.
        let app = &self.test.app;
        for _ in 0..2 {
            app.queue_spend_alerts().await.unwrap();
            let (one, other) = tokio::join!(app.announce_budgets(), app.announce_budgets());
            one.and(other).unwrap();
        }
        while self.test.app.send_due_webhooks().await.unwrap() > 0 {}
        let events = self.test.receiver().received();
        let mut mails = self.test.mails().await;
        mails.sort();
        (mails, events.iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect())
    }
}

fn percent(percent: i64, recipients: &[&str]) -> BudgetAlertSettings {
    BudgetAlertSettings {
        threshold: NewThreshold::Percent(percent),
        recipients: recipients.iter().map(|one| (*one).to_owned()).collect(),
        owners: false,
        webhooks: None,
    }
}

fn to(mails: &[(String, String, String)]) -> Vec<&str> {
    mails.iter().map(|(to, ..)| to.as_str()).collect()
}

#[tokio::test]
async fn an_alert_is_sent_once_in_a_period() {
    let mut place = Place::new().await;
    let subject = BudgetSubject::person(&place.organization, &place.ann);
    let budget = place.budget(subject, Measure::Tokens, Interval::Day, 1_000).await;
    place.webhook(&["budget.threshold_reached", "budget.exhausted"]).await;
    let settings = BudgetAlertSettings { owners: true, ..percent(80, &["Costs@example.com", "costs@example.com"]) };
    place.alert(&budget, settings).await;
    assert_eq!(place.use_some(1, 799).await, (Vec::new(), Vec::new()));
    let (mails, events) = place.use_some(1, 1).await;
    assert_eq!(to(&mails), ["ann@example.com", "costs@example.com"]);
    let (_, subject, text) = &mails[0];
    assert!(subject.contains("80") && text.contains("800") && text.contains("1,000"), "{subject} {text}");
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event["type"], "budget.threshold_reached");
    let data = &event["data"];
    assert_eq!(data["budget_id"], budget.as_str());
    assert_eq!(data["subject"], json!({ "type": "user", "id": place.ann.as_str() }));
    assert_eq!(
        (&data["measure"], &data["interval"], &data["unit"]),
        (&json!("tokens"), &json!("day"), &json!("tokens"))
    );
    assert_eq!(data["threshold"], json!({ "type": "percent", "percent": 80 }));
    assert_eq!((&data["used"], &data["limit"], &data["currency"]), (&json!(800), &json!(1_000), &Value::Null));
    // Then all of it, which is an event without an alert; and nothing more today.
    let (mails, events) = place.use_some(1, 200).await;
    assert!(mails.is_empty(), "{mails:?}");
    assert_eq!(events.iter().map(|event| event["type"].as_str().unwrap()).collect::<Vec<_>>(), ["budget.exhausted"]);
    assert_eq!(events[0]["data"]["alert_id"], Value::Null);
    assert_eq!(place.use_some(1, 500).await, (Vec::new(), Vec::new()));
    place.test.advance(DAY);
    let (mails, events) = place.use_some(1, 1_000).await;
    assert_eq!((mails.len(), events.len()), (2, 2), "the next day");
}

#[tokio::test]
async fn owners_can_be_mailed_about_a_budget() {
    let mut place = Place::new().await;
    let project = BudgetSubject::Project(place.project.clone());
    let budget = place.budget(project, Measure::Money, Interval::Week, 100).await;
    let set = async |place: &Place, wanted| {
        place.test.app.mail_owners_about_budget(&place.owner, &place.organization, &budget, wanted).await.unwrap();
        let all = Page { after: None, limit: 100, ascending: true };
        place.test.app.budget_alerts(&place.owner, &place.organization, &all).await.unwrap().data.len()
    };
    place.alert(&budget, percent(80, &["costs@example.com"])).await;
    assert_eq!((set(&place, true).await, set(&place, true).await), (3, 3), "once each");
    let (mails, events) = place.use_some(80, 1).await;
    assert_eq!((to(&mails), events.len()), (vec!["ann@example.com", "costs@example.com"], 0));
    assert!(mails[0].2.contains("0.80") && mails[0].2.contains("1.00"), "{}", mails[0].2);
    let (mails, _) = place.use_some(20, 1).await;
    assert_eq!(to(&mails), ["ann@example.com"], "at 100 %");
    assert_eq!(set(&place, false).await, 1, "the alert of its own stays");
    place.test.advance(7 * DAY);
    assert_eq!(to(&place.use_some(100, 1).await.0), ["costs@example.com"]);
}

#[tokio::test]
async fn a_raised_budget_is_announced_again() {
    let mut place = Place::new().await;
    let budget = place
        .budget(BudgetSubject::Organization(place.organization.clone()), Measure::Requests, Interval::Total, 2)
        .await;
    place.webhook(&["budget.exhausted"]).await;
    assert!(place.use_some(1, 1).await.1.is_empty());
    assert_eq!(place.use_some(1, 1).await.1.len(), 1);
    place.test.advance(400 * DAY);
    assert!(place.use_some(1, 1).await.1.is_empty(), "all time is one period");
    place.test.app.change_budget(&place.owner, &place.organization, &budget, 4).await.unwrap();
    let events = place.use_some(1, 1).await.1;
    assert_eq!(
        (events.len(), &events[0]["data"]["limit"], &events[0]["data"]["period_end"]),
        (1, &json!(4), &Value::Null)
    );
}

#[tokio::test]
async fn events_go_to_the_webhooks_that_are_named() {
    let mut place = Place::new().await;
    let key = BudgetSubject::Organization(place.organization.clone());
    let budget = place.budget(key, Measure::Money, Interval::Month, 100).await;
    let named = place.webhook(&["budget.exhausted"]).await;
    place.webhook(&["budget.threshold_reached"]).await;
    let settings = |webhooks| BudgetAlertSettings { webhooks, ..percent(50, &["costs@example.com"]) };
    place.alert(&budget, settings(Some(vec![named.clone()]))).await;
    place.alert(&budget, settings(Some(Vec::new()))).await;
    let (mails, events) = place.use_some(50, 1).await;
    assert_eq!((mails.len(), events.len()), (2, 1), "one of them, also without a subscription");
    let all = Page { after: None, limit: 9, ascending: true };
    let log = place.test.app.webhook_deliveries(&place.owner, &place.organization, &named, &all).await.unwrap();
    assert_eq!(log.data.len(), 1);
    // The alerts of the Administration API go to every webhook that is subscribed.
    let settings = SpendAlertSettings { cents: 60, recipients: vec!["a@example.com".to_owned()], subject_prefix: None };
    let alert = place.test.app.create_spend_alert(&place.owner, &place.organization, None, settings).await.unwrap();
    let (mails, events) = place.use_some(10, 1).await;
    assert_eq!((to(&mails), events.len()), (vec!["a@example.com"], 1));
    let data = &events[0]["data"];
    assert_eq!((&data["alert_id"], &data["used"], &data["limit"]), (&json!(alert.id), &json!(60), &Value::Null));
}

#[tokio::test]
async fn a_passed_threshold_waits_for_the_next_period() {
    let mut place = Place::new().await;
    let budget = place.budget(BudgetSubject::Project(place.project.clone()), Measure::Tokens, Interval::Day, 100).await;
    place.use_some(1, 60).await;
    place.alert(&budget, percent(50, &["costs@example.com"])).await;
    assert!(place.use_some(1, 10).await.0.is_empty());
    place.test.advance(DAY);
    assert_eq!(place.use_some(1, 50).await.0.len(), 1);
}

#[tokio::test]
async fn bad_alerts_are_refused_by_name_and_change_nothing() {
    let place = Place::new().await;
    let (app, owner, organization) = (&place.test.app, &place.owner, &place.organization);
    let budget =
        place.budget(BudgetSubject::Organization(organization.clone()), Measure::Money, Interval::Day, 100).await;
    let before = place.test.store.dump().await.unwrap();
    let with = |threshold| BudgetAlertSettings { threshold, ..percent(1, &["a@example.com"]) };
    let many: Vec<String> = (0..11).map(|n| format!("p{n}@example.com")).collect();
    for (settings, field) in [
        (percent(0, &["a@example.com"]), "percent"),
        (percent(101, &["a@example.com"]), "percent"),
        (percent(i64::MIN, &["a@example.com"]), "percent"),
        (with(NewThreshold::Amount(0)), "amount"),
        (with(NewThreshold::Amount(-1)), "amount"),
        (with(NewThreshold::Amount(i64::MAX)), "amount"),
        (percent(50, &["no address"]), "recipients"),
        (BudgetAlertSettings { recipients: many, ..percent(50, &[]) }, "recipients"),
        (BudgetAlertSettings { webhooks: Some(Vec::new()), ..percent(50, &[]) }, "recipients"),
        (
            BudgetAlertSettings { webhooks: Some(vec!["webhook_none".parse().unwrap()]), ..percent(50, &[]) },
            "not_found",
        ),
    ] {
        let shown = format!("{settings:?}");
        assert_eq!(code(app.create_budget_alert(owner, organization, &budget, settings).await), field, "{shown}");
    }
    let missing: BudgetId = "budget_none".parse().unwrap();
    let answer = app.create_budget_alert(owner, organization, &missing, percent(50, &["a@example.com"])).await;
    assert_eq!(code(answer), "not_found");
    assert_eq!(place.test.store.dump().await.unwrap(), before);
}

#[tokio::test]
async fn alerts_of_another_organization_are_missing() {
    let place = Place::new().await;
    let app = &place.test.app;
    let budget =
        place.budget(BudgetSubject::Organization(place.organization.clone()), Measure::Money, Interval::Day, 100).await;
    let made =
        app.create_budget_alert(&place.owner, &place.organization, &budget, percent(50, &["a@example.com"])).await;
    let id = made.unwrap().alert.id;
    let (eve, _) = place.test.signed_in_user("eve@example.com").await;
    let (foreign, _) = place.test.organization(&eve).await;
    let eve = Actor::Person(eve);
    let settings = || percent(60, &["eve@example.com"]);
    for organization in [&place.organization, &foreign] {
        for refused in [
            app.budget_alert(&eve, organization, &id).await.map(|_| ()),
            app.update_budget_alert(&eve, organization, &id, settings()).await.map(|_| ()),
            app.delete_budget_alert(&eve, organization, &id).await,
            app.create_budget_alert(&eve, organization, &budget, settings()).await.map(|_| ()),
            app.mail_owners_about_budget(&eve, organization, &budget, true).await,
        ] {
            assert_eq!(code(refused), "not_found");
        }
    }
}

/// The figure that the usage page shows, where it shows one.
#[tokio::test]
async fn events_about_the_spend_of_a_month_have_a_forecast() {
    let subjects: [fn(&Place) -> BudgetSubject; 3] = [
        |place| BudgetSubject::Organization(place.organization.clone()),
        |place| BudgetSubject::Project(place.project.clone()),
        |place| BudgetSubject::person(&place.organization, &place.ann),
    ];
    for subject in subjects {
        let mut place = Place::new().await;
        place.webhook(&["budget.threshold_reached"]).await;
        let budget = place.budget(subject(&place), Measure::Money, Interval::Month, 1_000).await;
        for share in [10, 40] {
            place.alert(&budget, percent(share, &["costs@example.com"])).await;
        }
        let settings =
            SpendAlertSettings { cents: 400, recipients: vec!["a@example.com".to_owned()], subject_prefix: None };
        place.test.app.create_spend_alert(&place.owner, &place.organization, None, settings).await.unwrap();
        let events = place.use_some(100, 1).await.1;
        assert_eq!((events.len(), &events[0]["data"]["forecast"]), (1, &Value::Null), "the first day says nothing");
        for _ in 0..2 {
            place.test.advance(DAY);
            assert!(place.use_some(100, 1).await.1.is_empty());
        }
        place.test.advance(DAY);
        let events = place.use_some(100, 1).await.1;
        assert_eq!(events.len(), 2, "{events:?}");
        // A dollar on each of the 31 days, until the first of February.
        let expected = json!({ "amount": 3_100, "at": 1_769_904_000 });
        for event in &events {
            assert_eq!((&event["data"]["used"], &event["data"]["forecast"]), (&json!(400), &expected), "{event}");
            assert_eq!(event["data"]["period_end"], expected["at"]);
        }
    }
    // Days, and what is not money, have none.
    let mut place = Place::new().await;
    place.webhook(&["budget.threshold_reached"]).await;
    let organization = BudgetSubject::Organization(place.organization.clone());
    for (measure, interval) in [(Measure::Money, Interval::Day), (Measure::Tokens, Interval::Month)] {
        let budget = place.budget(organization.clone(), measure, interval, 400).await;
        place.alert(&budget, percent(100, &["costs@example.com"])).await;
    }
    for _ in 0..3 {
        place.use_some(100, 100).await;
        place.test.advance(DAY);
    }
    let events = place.use_some(400, 100).await.1;
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events.iter().all(|event| event["data"]["forecast"] == Value::Null), "{events:?}");
}

/// The address of a deleted account gets no mail any more, and nothing keeps it.
#[tokio::test]
async fn alerts_forget_deleted_accounts() {
    let mut place = Place::new().await;
    let test = &place.test;
    let (ben, opened) = test.signed_in_user("ben@example.com").await;
    let budget = place.budget(BudgetSubject::Project(place.project.clone()), Measure::Tokens, Interval::Day, 100).await;
    place.alert(&budget, percent(50, &["ben@example.com", "costs@example.com"])).await;
    let spend = |recipients: &[&str]| SpendAlertSettings {
        cents: 10,
        recipients: recipients.iter().map(|one| (*one).to_owned()).collect(),
        subject_prefix: None,
    };
    let (app, owner, organization) = (&test.app, &place.owner, &place.organization);
    app.create_spend_alert(owner, organization, None, spend(&["ben@example.com"])).await.unwrap();
    app.create_spend_alert(owner, organization, None, spend(&["ben@example.com", "costs@example.com"])).await.unwrap();
    app.request_account_deletion(&opened.session).await.unwrap();
    test.advance(31 * DAY);
    test.mails().await;
    assert!(!format!("{:?}", test.store.dump().await.unwrap()).contains("ben@example.com"), "{ben}");
    let all = Page { after: None, limit: 9, ascending: true };
    let left = app.spend_alerts(owner, organization, None, &all).await.unwrap().data;
    assert_eq!(left.len(), 1, "an alert that no one receives is deleted");
    assert!(test.log(organization).await.contains(&"spend_alert.deleted".to_owned()));
    let mails = place.use_some(10, 60).await.0;
    assert_eq!(to(&mails), ["costs@example.com", "costs@example.com"]);
}

#[tokio::test]
async fn budgets_of_deleted_accounts_are_removed() {
    let place = Place::new().await;
    let (test, organization) = (&place.test, &place.organization);
    let (ben, opened) = test.signed_in_user("ben@example.com").await;
    let row = Membership {
        organization: organization.clone(),
        user: ben.clone(),
        role: OrganizationRole::Reader,
        created_at: Timestamp(test.now()),
    };
    let join = async move |tx: &mut Tx| memberships::insert(tx, &row).await;
    let joined: Result<(), keystead_store::Error> = test.store.write("join", join).await;
    joined.unwrap();
    for person in [&ben, &place.ann] {
        let subject = BudgetSubject::person(organization, person);
        place.budget(subject, Measure::Tokens, Interval::Day, 100).await;
    }
    test.app.request_account_deletion(&opened.session).await.unwrap();
    test.advance(31 * DAY);
    test.mails().await;
    let all = Page { after: None, limit: 9, ascending: true };
    let left = test.app.budgets(&place.owner, organization, &all).await.unwrap().data;
    let subjects: Vec<_> = left.iter().map(|view| view.row.budget.scope.subject.id()).collect();
    assert_eq!(subjects, [place.ann.as_str()]);
    assert!(test.log(organization).await.contains(&"budget.deleted".to_owned()));
}
