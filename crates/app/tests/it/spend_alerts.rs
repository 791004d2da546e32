//! Spend alerts: who gets an email, when, and how often.

use keystead_app::Actor;
use keystead_app::organizations::spend_alerts::SpendAlertSettings;
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_testkit::{count_usage, usage_event};

use crate::test_app::*;

fn settings(cents: i64) -> SpendAlertSettings {
    SpendAlertSettings {
        cents,
        recipients: vec!["Ann@example.com".to_owned(), "costs@example.com".to_owned(), "ann@example.com".to_owned()],
        subject_prefix: Some("[costs]".to_owned()),
    }
}

/// What a project spends, as its node reports it.
struct Spender<'t> {
    test: &'t TestApp,
    organization: &'t OrganizationId,
    project: &'t ProjectId,
    position: i64,
}

impl Spender<'_> {
    /// Counts usage, and returns who gets which mail after that.
    async fn spend(&mut self, cents: i64) -> Vec<(String, String)> {
        let cost = Amount::of_cents(cents);
        let event = usage_event(self.organization, self.project, self.test.now(), cost);
        let position = self.position;
        self.position += 1;
        count_usage(&self.test.store, "1-x", position, &[event]).await;
        // Every node calls it every second.
        self.test.app.queue_spend_alerts().await.unwrap();
        self.test.app.queue_spend_alerts().await.unwrap();
        let mut mails: Vec<_> = self.test.mails().await.into_iter().map(|(to, subject, _)| (to, subject)).collect();
        mails.sort();
        mails
    }
}

fn recipients(mails: &[(String, String)]) -> Vec<&str> {
    mails.iter().map(|(to, _)| to.as_str()).collect()
}

#[tokio::test]
async fn an_alert_is_mailed_once_a_month() {
    let test = TestApp::new().await;
    let (ann, _) = test.signed_in_user("ann@example.com").await;
    let (organization, project) = test.organization(&ann).await;
    let actor = Actor::Person(ann);
    let mut spender = Spender { test: &test, organization: &organization, project: &project, position: 0 };
    let alert = test.app.create_spend_alert(&actor, &organization, None, settings(100)).await.unwrap();
    assert!(spender.spend(99).await.is_empty());
    let mails = spender.spend(1).await;
    assert_eq!(recipients(&mails), ["ann@example.com", "costs@example.com"]);
    for (_, subject) in &mails {
        assert!(subject.starts_with("[costs] ") && subject.contains("Acme") && subject.contains("1.00"), "{subject}");
    }
    assert!(spender.spend(50).await.is_empty(), "once a month");
    // Another threshold can be reached in the same month; one that is passed cannot.
    test.app.update_spend_alert(&actor, &organization, None, &alert.id, settings(120)).await.unwrap();
    assert!(spender.spend(10).await.is_empty());
    test.app.update_spend_alert(&actor, &organization, None, &alert.id, settings(200)).await.unwrap();
    assert_eq!(recipients(&spender.spend(40).await), ["ann@example.com", "costs@example.com"]);
    // An alert of the project that is passed when it is made waits for the next month.
    let of_project = test.app.create_spend_alert(&actor, &organization, Some(&project), settings(150)).await.unwrap();
    assert!(spender.spend(1).await.is_empty());
    test.advance(31 * DAY);
    assert_eq!(recipients(&spender.spend(199).await), ["ann@example.com", "costs@example.com"], "of the project");
    assert_eq!(recipients(&spender.spend(1).await), ["ann@example.com", "costs@example.com"], "of the organization");
    // A deleted alert sends nothing.
    test.app.delete_spend_alert(&actor, &organization, None, &alert.id).await.unwrap();
    test.app.delete_spend_alert(&actor, &organization, Some(&project), &of_project.id).await.unwrap();
    test.advance(31 * DAY);
    assert!(spender.spend(1_000).await.is_empty());
    let log = test.log(&organization).await;
    for action in ["spend_alert.created", "spend_alert.updated", "spend_alert.deleted"] {
        assert!(log.iter().any(|logged| logged == action), "{action}: {log:?}");
    }
}

/// Owners name any address, so the number of mails in the operator's name is limited.
#[tokio::test]
async fn alerts_do_not_flood_strangers() {
    let test = TestApp::new().await;
    let (ann, _) = test.signed_in_user("ann@example.com").await;
    let (organization, project) = test.organization(&ann).await;
    let actor = Actor::Person(ann);
    let mut spender = Spender { test: &test, organization: &organization, project: &project, position: 0 };
    for alert in 0..21 {
        let recipients = (0..10).map(|n| format!("stranger{n}@example{alert}.com")).collect();
        let settings = SpendAlertSettings { recipients, ..settings(1) };
        test.app.create_spend_alert(&actor, &organization, None, settings).await.unwrap();
    }
    assert_eq!(spender.spend(1).await.len(), 200);
    assert!(spender.spend(1).await.is_empty(), "what was not sent is not sent later");
}

#[tokio::test]
async fn a_limit_is_set_by_owners_and_is_no_amount_out_of_reach() {
    let test = TestApp::new().await;
    let (ann, _) = test.signed_in_user("ann@example.com").await;
    let (eve, _) = test.signed_in_user("eve@example.com").await;
    let (organization, project) = test.organization(&ann).await;
    let (owner, stranger) = (Actor::Person(ann), Actor::Person(eve));
    for of in [None, Some(&project)] {
        for wrong in [i64::MIN, -1, 0, 1_000_000_000_001, i64::MAX] {
            let answer = test.app.set_spend_limit(&owner, &organization, of, wrong).await;
            assert_eq!(code(answer), "threshold_amount", "{wrong}");
        }
        test.app.set_spend_limit(&stranger, &organization, of, 100).await.unwrap_err();
        test.app.spend_limit(&stranger, &organization, of).await.unwrap_err();
        assert_eq!(code(test.app.spend_limit(&owner, &organization, of).await), "not_found");
        let set = test.app.set_spend_limit(&owner, &organization, of, 1_000_000_000_000).await.unwrap();
        assert_eq!((set.cents, set.reached), (1_000_000_000_000, false));
        test.app.delete_spend_limit(&stranger, &organization, of).await.unwrap_err();
        test.app.delete_spend_limit(&owner, &organization, of).await.unwrap();
        assert_eq!(code(test.app.delete_spend_limit(&owner, &organization, of).await), "not_found");
    }
    let log = test.log(&organization).await;
    for action in ["spend_limit.updated", "spend_limit.deleted"] {
        assert_eq!(log.iter().filter(|logged| *logged == action).count(), 2, "{log:?}");
    }
}
