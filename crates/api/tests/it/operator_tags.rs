//! The operator's tags for organizations, and rules that leave some of them out.

use serde_json::json;

use crate::audit_shapes::kind_of;
use crate::operator::{HERE, operator};
use crate::world::{World, admin};

#[tokio::test]
async fn rules_exempt_tagged_organizations() {
    let world = World::new().await;
    let operator = operator(&world, "ops").await;
    let key = admin(&operator);
    let (partner, stranger) = (world.bootstrap("ann", true).await, world.bootstrap("ben", true).await);
    let tags = format!("{HERE}/organizations/{}/tags", partner.organization_id);
    assert_eq!(world.get(&tags, key).await.body["tags"], json!([]));

    let rules = json!([{ "id": "strangers", "action": "api_key.create", "require": ["organization"], "mode": "enforce",
        "applies_to": { "org_tags_not": ["partner"], "created_after": 0 } }]);
    for (one, wrong) in
        [("org_tags_not", json!(["Partner!"])), ("regions", json!(["PL"])), ("created_after", json!("soon"))]
    {
        let mut rules = rules.clone();
        rules[0]["applies_to"][one] = wrong;
        let refused = world.post(&format!("{HERE}/policy/preview"), key, json!({ "rules": rules })).await;
        assert_eq!(refused.status, 400, "{one}: {}", refused.body);
    }
    let make = async |owner| world.post("/v1/api-keys", admin(owner), json!({ "name": "k" })).await.status;
    assert_eq!((make(&partner).await, make(&stranger).await), (200, 200));
    let preview = async || {
        let tried = world.post(&format!("{HERE}/policy/preview"), key, json!({ "rules": rules })).await;
        tried.body["organizations"].as_i64().unwrap()
    };
    assert_eq!(preview().await, 2);

    for (body, param) in [
        (json!({ "tags": ["partner"] }), "reason"),
        (json!({ "tags": "partner", "reason": "x" }), "tags"),
        (json!({ "reason": "x" }), "tags"),
        (json!({ "tags": ["Two Words"], "reason": "x" }), "tags"),
    ] {
        let refused = world.post(&tags, key, body).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!(param)), "{}", refused.body);
    }
    let body = json!({ "tags": ["partner", "eu", "partner"], "reason": "agreed in writing" });
    let tagged = world.post(&tags, key, body).await;
    assert_eq!((tagged.status, &tagged.body["tags"]), (200, &json!(["eu", "partner"])), "{}", tagged.body);
    assert_eq!(world.get(&tags, key).await.body["tags"], json!(["eu", "partner"]));
    assert_eq!(preview().await, 1);

    let saved = json!({ "rules": rules, "version": 1, "reason": "strangers prove who they are" });
    let saved = world.post(&format!("{HERE}/policy"), key, saved).await;
    assert_eq!(saved.body["rules"][0]["applies_to"], rules[0]["applies_to"], "{}", saved.body);
    assert_eq!((make(&partner).await, make(&stranger).await), (200, 403));
    assert_eq!(world.post(&tags, key, json!({ "tags": [], "reason": "over" })).await.status, 200);
    assert_eq!(make(&partner).await, 403);

    let log = world.get("/v1/organization/audit_logs?limit=20", admin(&partner)).await;
    let events = log.body["data"].as_array().unwrap();
    let event = events.iter().find(|event| kind_of(event) == "organization.tagged").unwrap();
    assert_eq!(event["organization.tagged"]["data"]["tags"], json!([]), "{event}");
    let unknown = format!("{HERE}/organizations/org-none/tags");
    assert_eq!(world.get(&unknown, key).await.status, 404);
}
