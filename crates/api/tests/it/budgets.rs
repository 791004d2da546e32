//! Budgets at `/v1/keystead/budgets`: set, changed and removed by owners, shown to the keys that they apply to, and leases
//! of nodes that are gone.

use http::Method;
use keystead_app::organizations::bootstrap::Bootstrapped;
use serde_json::{Value, json};

use crate::operator::operator;
use crate::spend::{spend, spend_limit};
use crate::world::{World, admin};

const BUDGETS: &str = "/v1/keystead/budgets";
/// 1 February 2026, 00:00 UTC.
const NEXT_MONTH: i64 = 1_769_904_000;

fn budget(kind: &str, id: &str, measure: &str, interval: &str, amount: i64) -> Value {
    json!({ "subject": { "type": kind, "id": id }, "measure": measure, "interval": interval, "amount": amount })
}

/// A key of the default project, by its id and its secret.
async fn key_of(world: &World, owner: &Bootstrapped) -> (String, String) {
    let body = json!({ "name": "k", "project_id": owner.project_id });
    let made = world.post("/v1/api-keys", admin(owner), body).await;
    (made.text("id"), made.text("value"))
}

#[tokio::test]
async fn budgets_are_set_changed_and_removed() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    spend(&world, &owner, "1-a", 700).await;
    let made = world.must_post(BUDGETS, key, budget("user", owner.user_id.as_str(), "money", "month", 1_050)).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id,
        "object": "keystead.budget_limit",
        "kind": "limit",
        "subject": { "type": "user", "id": owner.user_id },
        "measure": "money",
        "interval": "month",
        "unit": "cents",
        "currency": "USD",
        "amount": 1_050,
        "used": 700,
        "set_aside": 0,
        "remaining": 350,
        "time_zone": "UTC",
        "resets_at": NEXT_MONTH,
        "created_at": made["created_at"],
    });
    assert_eq!(made, expected, "it begins with what was spent");
    let path = format!("{BUDGETS}/{id}");
    assert_eq!(world.get(&path, key).await.body, expected);
    // Below what is used: it is set, and says that nothing is left.
    let changed = world.must_post(&path, key, json!({ "amount": 600, "currency": "USD" })).await;
    assert_eq!((&changed["amount"], &changed["remaining"]), (&json!(600), &json!(0)));
    let total = world.must_post(
        BUDGETS,
        key,
        json!({
            "subject": { "type": "organization" }, "measure": "requests", "interval": "total", "amount": 5,
        }),
    );
    let total = total.await;
    assert_eq!((&total["used"], &total["resets_at"], &total["currency"]), (&json!(1), &Value::Null, &Value::Null));
    // The spend limit of the Administration API is one of them.
    let limit = world.must_post("/v1/organization/spend_limit", key, spend_limit(5_000)).await;
    assert_eq!(limit["threshold_amount"], 5_000);
    let listed = world.get(BUDGETS, key).await.body;
    assert_eq!(listed["data"].as_array().unwrap().len(), 3);
    let limit = listed["data"].as_array().unwrap().iter().find(|one| one["amount"] == 5_000).unwrap();
    let of_limit = format!("{BUDGETS}/{}", limit["id"].as_str().unwrap());
    world.must_post(&of_limit, key, json!({ "amount": 4_000 })).await;
    assert_eq!(world.get("/v1/organization/spend_limit", key).await.body["threshold_amount"], 4_000);
    assert_eq!(world.call(Method::DELETE, &of_limit, key, "").await.status, 200);
    assert_eq!(world.get("/v1/organization/spend_limit", key).await.status, 404);
    let removed = world.call(Method::DELETE, &path, key, "").await;
    assert_eq!(removed.body, json!({ "id": id, "object": "keystead.budget_limit.deleted", "deleted": true }));
    for status in [world.get(&path, key).await.status, world.call(Method::DELETE, &path, key, "").await.status] {
        assert_eq!(status, 404);
    }
}

#[tokio::test]
async fn what_is_no_budget_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, (id, _)) = (admin(&owner), key_of(&world, &owner).await);
    let good = budget("api_key", &id, "tokens", "hour", 500);
    world.must_post(BUDGETS, key, good.clone()).await;
    let before = world.store.dump().await.unwrap();
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body["interval"] = json!("day");
        body[name] = value;
        body
    };
    for (body, status, param) in [
        (good.clone(), 409, Value::Null),
        (with("amount", json!(0)), 400, json!("amount")),
        (with("amount", json!(-5)), 400, json!("amount")),
        (with("amount", json!(1.5)), 400, json!("amount")),
        (with("amount", json!("500")), 400, json!("amount")),
        (with("amount", json!(1_000_000_000_001_i64)), 400, json!("amount")),
        (with("amount", json!(1e300)), 400, json!("amount")),
        (with("amount", Value::Null), 400, json!("amount")),
        (with("currency", json!("EUR")), 400, json!("currency")),
        (with("measure", json!("images")), 400, json!("measure")),
        (with("interval", json!("year")), 400, json!("interval")),
        (with("subject", json!("org")), 400, json!("subject")),
        (with("subject", json!({ "type": "group", "id": "group_1" })), 400, json!("subject")),
        (with("subject", json!({ "type": "api_key" })), 400, json!("subject")),
        (with("subject", json!({ "type": "api_key", "id": id, "name": "k" })), 400, json!("subject")),
    ] {
        let refused = world.post(BUDGETS, key, body.clone()).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (status, &param), "{body}: {}", refused.body);
    }
    assert_eq!(world.store.dump().await.unwrap(), before);
}

/// ASVS 8.2.2, 8.4.1
#[tokio::test]
async fn nothing_of_another_organization_has_a_budget_here() {
    let world = World::new().await;
    let (ann, bob) = (world.bootstrap("ann", true).await, world.bootstrap("bob", true).await);
    let (foreign, _) = key_of(&world, &bob).await;
    let theirs = world.must_post(BUDGETS, admin(&bob), budget("api_key", &foreign, "money", "day", 5)).await;
    let theirs = theirs["id"].as_str().unwrap();
    let before = world.store.dump().await.unwrap();
    for (kind, id) in [
        ("organization", bob.organization_id.as_str()),
        ("project", bob.project_id.as_str()),
        ("user", bob.user_id.as_str()),
        ("api_key", foreign.as_str()),
        ("project", "proj_none"),
        ("user", "not an id"),
    ] {
        let refused = world.post(BUDGETS, admin(&ann), budget(kind, id, "money", "day", 5)).await;
        assert_eq!(refused.status, 404, "{kind} {id}: {}", refused.body);
        assert!(!refused.body.to_string().contains("bob"), "{}", refused.body);
    }
    let path = format!("{BUDGETS}/{theirs}");
    let key = admin(&ann);
    for (method, body) in [(Method::GET, ""), (Method::POST, r#"{"amount":7}"#), (Method::DELETE, "")] {
        let seen = world.call(method.clone(), &path, key, body).await;
        let none = world.call(method, &format!("{BUDGETS}/budget_none"), key, body).await;
        assert_eq!((seen.status, none.status), (404, 404));
        assert_eq!(seen.body.to_string().replace(theirs, "budget_none"), none.body.to_string());
    }
    assert_eq!(world.get(BUDGETS, key).await.body["data"], json!([]));
    assert_eq!(world.store.dump().await.unwrap(), before);
}

/// A key sees every budget that applies to it, in the order in which they refuse, and none of others.
#[tokio::test]
async fn a_key_sees_its_budgets() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, (id, secret)) = (admin(&owner), key_of(&world, &owner).await);
    let (other, _) = key_of(&world, &owner).await;
    let ben = world.member(&owner.organization_id, keystead_core::role::OrganizationRole::Reader).await;
    for (kind, subject, interval) in [
        ("api_key", id.as_str(), "day"),
        ("api_key", other.as_str(), "day"),
        ("user", owner.user_id.as_str(), "week"),
        ("user", ben.as_str(), "week"),
        ("project", owner.project_id.as_str(), "hour"),
        ("organization", owner.organization_id.as_str(), "total"),
    ] {
        world.must_post(BUDGETS, key, budget(kind, subject, "requests", interval, 9)).await;
    }
    let seen = world.get("/v1/keystead/budget", &secret).await.body;
    let seen: Vec<_> = seen["budgets"].as_array().unwrap().iter().map(|one| one["subject"]["id"].clone()).collect();
    assert_eq!(seen, [json!(owner.organization_id), json!(owner.project_id), json!(owner.user_id), json!(id),]);
    // A key without the permission cannot list all of them.
    assert_eq!(world.get(BUDGETS, &secret).await.status, 403);
}

#[tokio::test]
async fn only_operators_see_and_release_leases() {
    let world = World::new().await;
    let ops = operator(&world, "ops").await;
    let owner = world.bootstrap("ann", true).await;
    const LEASES: &str = "/v1/keystead/operator/leases";
    let listed = world.get(LEASES, admin(&ops)).await;
    assert_eq!(listed.body, json!({ "object": "list", "data": [] }));
    assert_eq!(world.get(LEASES, admin(&owner)).await.status, 403);
    let release = format!("{LEASES}/run/release");
    let nothing = world.post(&release, admin(&ops), json!({ "reason": "The disk is lost." })).await;
    assert_eq!(nothing.status, 404, "{}", nothing.body);
    assert_eq!(world.post(&release, admin(&ops), json!({})).await.status, 400);
}
