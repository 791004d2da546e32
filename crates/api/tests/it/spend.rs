//! Spend limits and alerts.

use http::Method;
use keystead_app::organizations::bootstrap::Bootstrapped;
use keystead_core::money::Amount;
use keystead_core::usage::UsageEvent;
use keystead_testkit::{count_usage, usage_event};
use serde_json::{Value, json};

use crate::world::{START, World, admin};

pub(crate) fn spend_alert() -> Value {
    json!({
        "threshold_amount": 100,
        "currency": "USD",
        "interval": "month",
        "notification_channel": { "type": "email", "recipients": ["ann@example.com"] },
    })
}

pub(crate) fn spend_limit(cents: i64) -> Value {
    json!({ "threshold_amount": cents, "currency": "USD", "interval": "month" })
}

pub(crate) async fn spend(world: &World, owner: &Bootstrapped, segment: &'static str, cents: i64) {
    let event = UsageEvent {
        owner: owner.user_id.text(),
        ..usage_event(&owner.organization_id, &owner.project_id, START, Amount::of_cents(cents))
    };
    count_usage(&world.store, segment, 0, &[event]).await;
}

#[tokio::test]
async fn limits_are_set_replaced_reached_and_deleted() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    for (path, object) in [
        ("/v1/organization/spend_limit".to_owned(), "organization.spend_limit"),
        (format!("/v1/organization/projects/{}/spend_limit", owner.project_id), "project.spend_limit"),
    ] {
        assert_eq!(world.get(&path, key).await.status, 404, "{path}: there is none");
        assert_eq!(world.delete(&path, key).await.status, 404);
        let expected = |cents: i64, status: &str| {
            json!({
                "object": object,
                "threshold_amount": cents,
                "currency": "USD",
                "interval": "month",
                "enforcement": { "status": status },
            })
        };
        assert_eq!(world.post(&path, key, spend_limit(5_000)).await.body, expected(5_000, "inactive"));
        assert_eq!(world.get(&path, key).await.body, expected(5_000, "inactive"));
        spend(&world, &owner, if object.starts_with('p') { "1-p" } else { "1-o" }, 700).await;
        assert_eq!(world.post(&path, key, spend_limit(700)).await.body, expected(700, "enforcing"));
        assert_eq!(world.get(&path, key).await.body, expected(700, "enforcing"));
        for (wrong, param) in [
            (spend_limit(0), "threshold_amount"),
            (spend_limit(-1), "threshold_amount"),
            (spend_limit(i64::MAX), "threshold_amount"),
            (json!({ "threshold_amount": 1.5, "currency": "USD", "interval": "month" }), "threshold_amount"),
            (json!({ "threshold_amount": 1, "currency": "EUR", "interval": "month" }), "currency"),
            (json!({ "threshold_amount": 1, "currency": "USD", "interval": "day" }), "interval"),
            (json!({ "threshold_amount": 1, "currency": "USD" }), "interval"),
            (json!({ "currency": "USD", "interval": "month" }), "threshold_amount"),
        ] {
            let answer = world.post(&path, key, wrong).await;
            assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!(param)), "{}", answer.body);
        }
        let deleted = world.delete(&path, key).await;
        assert_eq!(deleted.body, json!({ "object": format!("{object}.deleted"), "deleted": true }));
        assert_eq!(world.get(&path, key).await.status, 404);
    }
    // Of another organization: answered like an unknown project.
    let other = world.bootstrap("bob", true).await;
    let path = format!("/v1/organization/projects/{}/spend_limit", owner.project_id);
    assert_eq!(world.post(&path, admin(&other), spend_limit(1)).await.status, 404);
    assert_eq!(world.get(&path, admin(&other)).await.status, 404);
}

#[tokio::test]
async fn alerts_come_change_and_go() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let other = world.bootstrap("bob", true).await;
    for (path, object) in [
        ("/v1/organization/spend_alerts".to_owned(), "organization.spend_alert"),
        (format!("/v1/organization/projects/{}/spend_alerts", owner.project_id), "project.spend_alert"),
    ] {
        let mut body = spend_alert();
        body["notification_channel"]["subject_prefix"] = json!("[costs]");
        body["notification_channel"]["recipients"] = json!(["Ann@Example.com", "ann@example.com", "cy@example.com"]);
        let made = world.post(&path, key, body).await;
        let id = made.text("id");
        let expected = json!({
            "id": id,
            "object": object,
            "threshold_amount": 100,
            "currency": "USD",
            "interval": "month",
            "notification_channel": {
                "type": "email",
                "recipients": ["ann@example.com", "cy@example.com"],
                "subject_prefix": "[costs]",
            },
        });
        assert_eq!(made.body, expected);
        let one = format!("{path}/{id}");
        assert_eq!(world.get(&one, key).await.body, expected);
        let mut changed = spend_alert();
        changed["threshold_amount"] = json!(0);
        let changed = world.post(&one, key, changed).await.body;
        assert_eq!(
            (&changed["threshold_amount"], &changed["notification_channel"]["subject_prefix"]),
            (&json!(0), &json!(null))
        );
        assert_eq!(world.get(&path, key).await.body["data"], json!([changed]));
        for (member, wrong) in [
            ("threshold_amount", json!(-1)),
            ("notification_channel", json!(null)),
            ("notification_channel", json!("ann@example.com")),
            ("notification_channel", json!({ "type": "sms", "recipients": ["ann@example.com"] })),
            ("notification_channel", json!({ "type": "email" })),
            ("notification_channel", json!({ "type": "email", "recipients": [] })),
            ("notification_channel", json!({ "type": "email", "recipients": ["no address"] })),
            ("notification_channel", json!({ "type": "email", "recipients": [1] })),
            ("notification_channel", json!({ "type": "email", "recipients": ["a@b.example"], "subject_prefix": 1 })),
            ("notification_channel", json!({ "type": "email", "recipients": ["a@b.example"], "url": "x" })),
        ] {
            let mut body = spend_alert();
            body[member] = wrong;
            let answer = world.post(&path, key, body).await;
            assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!(member)), "{}", answer.body);
        }
        for method in [Method::GET, Method::DELETE] {
            assert_eq!(world.call(method, &one, admin(&other), "").await.status, 404);
        }
        let deleted = world.delete(&one, key).await.body;
        assert_eq!(deleted, json!({ "id": id, "object": format!("{object}.deleted"), "deleted": true }));
        assert_eq!(world.get(&one, key).await.status, 404);
    }
}
