//! Webhooks and alerts about budgets over the API: their objects, their refusals, and what another organization sees.

use http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, START, World, admin};

pub(crate) const WEBHOOKS: &str = "/v1/keystead/webhooks";
pub(crate) const ALERTS: &str = "/v1/keystead/alerts";

pub(crate) fn webhook() -> Value {
    json!({ "url": "https://example.com/in?token=1", "event_types": ["budget.exhausted", "budget.threshold_reached"] })
}

pub(crate) fn budget_alert(budget: &str) -> Value {
    json!({ "budget_id": budget, "percent": 80, "recipients": ["Ann@example.com", "ann@example.com"] })
}

/// The budget of tokens of the caller's organization in a day; it is made when there is none.
pub(crate) async fn budget(world: &World, key: &str) -> String {
    let asked =
        json!({ "subject": { "type": "organization" }, "measure": "tokens", "interval": "day", "amount": 1000 });
    let made = world.post("/v1/keystead/budgets", key, asked).await;
    if made.status == 200 {
        return made.text("id");
    }
    let all = world.get("/v1/keystead/budgets?limit=100", key).await;
    let of_day = all.body["data"].as_array().unwrap().iter().find(|row| row["interval"] == "day").unwrap();
    of_day["id"].as_str().unwrap().to_owned()
}

fn refused(answer: &Answer, param: &str) {
    assert_eq!((answer.status, answer.body["error"]["param"].as_str()), (400, Some(param)), "{}", answer.body);
}

#[tokio::test]
async fn webhooks_are_made_changed_and_deleted() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let key = admin(&made);
    let first = world.post(WEBHOOKS, key, webhook()).await;
    let secret = first.text("secret");
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    let expected = json!({
        "id": first.body["id"], "object": "keystead.webhook", "url": "https://example.com/in?token=1", "description": null,
        "event_types": ["budget.threshold_reached", "budget.exhausted"], "enabled": true, "disabled_reason": null,
        "failing_since": null, "previous_secret_ends_at": null, "created_at": START, "updated_at": START,
    });
    let path = format!("{WEBHOOKS}/{}", first.text("id"));
    assert_eq!(world.get(&path, key).await.body, expected, "without the secret");
    assert_eq!(world.get(WEBHOOKS, key).await.body, json!({ "object": "list", "data": [expected] }));

    let change = json!({ "description": "Alerts", "event_types": ["budget.exhausted"], "enabled": false });
    let changed = world.post(&path, key, change).await;
    assert_eq!(
        (&changed.body["enabled"], &changed.body["disabled_reason"], &changed.body["url"]),
        (&json!(false), &json!("owner"), &expected["url"]),
    );
    let changed = world.post(&path, key, json!({ "description": null, "enabled": true })).await;
    assert_eq!((&changed.body["description"], &changed.body["disabled_reason"]), (&Value::Null, &Value::Null));

    let rotated = world.post(&format!("{path}/rotate"), key, json!({})).await;
    assert_ne!(rotated.text("secret"), secret);
    assert_eq!(rotated.body["previous_secret_ends_at"], START + 86_400);
    world.wait(86_400);
    assert_eq!(world.get(&path, key).await.body["previous_secret_ends_at"], Value::Null);

    let sent = world.post(&format!("{path}/test"), key, json!({})).await;
    let seen = (&sent.body["event_type"], &sent.body["state"], &sent.body["attempts"]);
    assert_eq!(seen, (&json!("endpoint.test"), &json!("delivered"), &json!(1)), "it is sent at once");
    let log = world.get(&format!("{path}/deliveries"), key).await;
    assert_eq!(log.body["data"], json!([sent.body]));
    let again = format!("{path}/deliveries/{}/redeliver", sent.text("id"));
    assert_eq!(world.post(&again, key, json!({})).await.status, 200);
    assert_eq!(world.post(&format!("{path}/deliveries/delivery_none/redeliver"), key, json!({})).await.status, 404);

    let gone = world.call(Method::DELETE, &path, key, "").await;
    assert_eq!((gone.status, &gone.body["object"]), (200, &json!("keystead.webhook.deleted")));
    assert_eq!(world.get(&path, key).await.status, 404);
}

#[tokio::test]
async fn bad_webhooks_and_alerts_name_their_field() {
    let world = World::new().await;
    let key = admin(&world.bootstrap("ann", true).await).to_owned();
    let with = |name: &str, value: Value| {
        let mut body = webhook();
        body[name] = value;
        body
    };
    for (body, param) in [
        (json!({ "event_types": ["budget.exhausted"] }), "url"),
        (json!({ "url": "https://example.com" }), "event_types"),
        (with("url", json!("http://example.com")), "url"),
        (with("url", json!("https://169.254.169.254/")), "url"),
        (with("url", json!("https://example.com:8443/")), "url"),
        (with("url", json!(7)), "url"),
        (with("event_types", json!([])), "event_types"),
        (with("event_types", json!(["*"])), "event_types"),
        (with("event_types", json!("budget.exhausted")), "event_types"),
        (with("description", json!("x".repeat(501))), "description"),
        (with("enabled", json!("yes")), "enabled"),
    ] {
        refused(&world.post(WEBHOOKS, &key, body).await, param);
    }
    let id = budget(&world, &key).await;
    for (body, param) in [
        (json!({ "percent": 80 }), "budget_id"),
        (json!({ "budget_id": id, "recipients": ["a@example.com"] }), "percent"),
        (json!({ "budget_id": id, "percent": 80, "amount": 5, "mail_owners": true }), "amount"),
        (json!({ "budget_id": id, "percent": 0, "mail_owners": true }), "percent"),
        (json!({ "budget_id": id, "percent": 80.5, "mail_owners": true }), "percent"),
        (json!({ "budget_id": id, "amount": -1, "mail_owners": true }), "amount"),
        (json!({ "budget_id": id, "percent": 80, "recipients": ["x"] }), "recipients"),
        (json!({ "budget_id": id, "percent": 80, "webhook_ids": [] }), "recipients"),
    ] {
        refused(&world.post(ALERTS, &key, body).await, param);
    }
    let unknown = json!({ "budget_id": id, "percent": 80, "webhook_ids": ["webhook_none"] });
    assert_eq!(world.post(ALERTS, &key, unknown).await.status, 404);
    assert_eq!(world.get(ALERTS, &key).await.body["data"], json!([]), "nothing was made");
}

#[tokio::test]
async fn alerts_about_budgets_are_made_changed_and_deleted() {
    let world = World::new().await;
    let key = admin(&world.bootstrap("ann", true).await).to_owned();
    let id = budget(&world, &key).await;
    let made = world.post(ALERTS, &key, budget_alert(&id)).await;
    let expected = json!({
        "id": made.body["id"], "object": "keystead.alert", "budget_id": id, "percent": 80, "amount": null, "unit": "tokens",
        "recipients": ["ann@example.com"], "mail_owners": false, "webhook_ids": null, "last_reached_at": null, "last_used": null,
        "created_at": START,
    });
    assert_eq!((made.status, &made.body), (200, &expected));
    let path = format!("{ALERTS}/{}", made.text("id"));
    assert_eq!(world.get(&path, &key).await.body, expected);
    let changed = world.post(&path, &key, json!({ "amount": 500, "mail_owners": true, "webhook_ids": [] })).await;
    let seen =
        (&changed.body["percent"], &changed.body["amount"], &changed.body["recipients"], &changed.body["webhook_ids"]);
    assert_eq!(seen, (&Value::Null, &json!(500), &json!([]), &json!([])));
    assert_eq!(world.call(Method::DELETE, &path, &key, "").await.body["object"], "keystead.alert.deleted");
    assert_eq!(world.get(&path, &key).await.status, 404);
}

/// An id of another organization is answered like one that no one has.
#[tokio::test]
async fn another_organization_sees_nothing() {
    let world = World::new().await;
    let (one, two) = (world.bootstrap("ann", true).await, world.bootstrap("zoe", true).await);
    let (mine, theirs) = (admin(&one), admin(&two));
    let webhook = world.post(WEBHOOKS, theirs, webhook()).await.text("id");
    let delivery = world.post(&format!("{WEBHOOKS}/{webhook}/test"), theirs, json!({})).await.text("id");
    let of_theirs = budget(&world, theirs).await;
    let alert = world.post(ALERTS, theirs, budget_alert(&of_theirs)).await.text("id");
    let before = world.store.dump().await.unwrap();
    let change = json!({ "enabled": false });
    for (method, path, body) in [
        (Method::GET, format!("{WEBHOOKS}/{webhook}"), Value::Null),
        (Method::POST, format!("{WEBHOOKS}/{webhook}"), change),
        (Method::DELETE, format!("{WEBHOOKS}/{webhook}"), Value::Null),
        (Method::POST, format!("{WEBHOOKS}/{webhook}/rotate"), json!({})),
        (Method::POST, format!("{WEBHOOKS}/{webhook}/test"), json!({})),
        (Method::GET, format!("{WEBHOOKS}/{webhook}/deliveries"), Value::Null),
        (Method::POST, format!("{WEBHOOKS}/{webhook}/deliveries/{delivery}/redeliver"), json!({})),
        (Method::GET, format!("{ALERTS}/{alert}"), Value::Null),
        (Method::POST, format!("{ALERTS}/{alert}"), json!({ "percent": 5, "mail_owners": true })),
        (Method::DELETE, format!("{ALERTS}/{alert}"), Value::Null),
        (Method::POST, ALERTS.to_owned(), budget_alert(&of_theirs)),
    ] {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = world.call(method, &path, mine, &text).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    for list in [WEBHOOKS, ALERTS] {
        assert_eq!(world.get(list, mine).await.body["data"], json!([]), "{list}");
    }
    assert_eq!(world.store.dump().await.unwrap(), before, "and nothing changed");
}
