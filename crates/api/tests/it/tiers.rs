//! The usage tier of an organization: what it says, and who sets it.

use keystead_core::rate::RateLimits;
use keystead_core::tier::{TierDefinition, TierLimit, TierRequirement, TierTable};
use serde_json::{Value, json};

use crate::audit_shapes::kind_of;
use crate::operator::{HERE, operator};
use crate::rates::serve;
use crate::world::{START, World, admin};

const TIER: &str = "/v1/keystead/tier";

fn requests(limit: u64) -> RateLimits {
    RateLimits { requests_per_minute: Some(limit), ..RateLimits::NONE }
}

fn table() -> TierTable {
    let definition = |paid_cents: i64, days: i64, most: u64| TierDefinition {
        requirement: TierRequirement { paid_cents, days },
        limits: vec![TierLimit { models: vec!["gpt-*".to_owned()], limits: requests(most) }],
    };
    TierTable::new(vec![(0, definition(0, 0, 3)), (1, definition(500, 0, 20)), (2, definition(5_000, 7, 90))]).unwrap()
}

fn expected(organization: &Value, tier: i64, most: u64) -> Value {
    json!({
        "object": "keystead.usage_tier", "organization_id": organization, "tier": tier, "highest": 2, "since": START,
        "set_by": "automatic", "held": false, "paid": 0.0, "currency": "USD",
        "limits": [
            { "model": "gpt-4o", "requests_per_minute": most, "requests_per_day": null, "tokens_per_minute": null,
              "images_per_minute": null },
            { "model": "o3", "requests_per_minute": null, "requests_per_day": null, "tokens_per_minute": null,
              "images_per_minute": null },
        ],
        "next": { "tier": 1, "requires": { "paid": 5.0, "days": 0 }, "missing": { "paid": 5.0, "days": 0 } },
    })
}

/// S1-42: what the next tier needs.
#[tokio::test]
async fn an_organization_sees_its_tier_and_operators_set_it() {
    let world = World::with_tiers(table()).await;
    serve(&world, &[("gpt-4o", requests(500)), ("o3", RateLimits::NONE)]).await;
    let ops = operator(&world, "ops").await;
    let (ann, ben) = (world.bootstrap("ann", true).await, world.bootstrap("ben", true).await);
    let begun = expected(&json!(ann.organization_id), 0, 3);
    assert_eq!(world.get(TIER, admin(&ann)).await.body, begun);
    let of_any = format!("{HERE}/organizations/{}/tier", ann.organization_id);
    assert_eq!(world.get(&of_any, admin(&ops)).await.body, begun);

    for (body, param) in [
        (json!({ "tier": 1 }), "reason"),
        (json!({ "tier": 1, "reason": " " }), "reason"),
        (json!({ "reason": "x" }), "tier"),
        (json!({ "tier": 3, "reason": "x" }), "tier"),
        (json!({ "tier": -1, "reason": "x" }), "tier"),
        (json!({ "tier": 1.5, "reason": "x" }), "tier"),
        (json!({ "tier": "1", "reason": "x" }), "tier"),
    ] {
        let refused = world.post(&of_any, admin(&ops), body).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!(param)), "{}", refused.body);
    }
    assert_eq!(world.post(&of_any, admin(&ann), json!({ "tier": 2, "reason": "me" })).await.status, 403);
    assert_eq!(world.get(TIER, admin(&ann)).await.body, begun, "what was refused changed nothing");

    world.wait(60);
    let set = world.post(&of_any, admin(&ops), json!({ "tier": 2, "reason": "a contract" })).await;
    assert_eq!(set.status, 200, "{}", set.body);
    let limit = &set.body["limits"][0]["requests_per_minute"];
    assert_eq!((&set.body["tier"], &set.body["next"], limit), (&json!(2), &json!(null), &json!(90)));
    assert_eq!((&set.body["set_by"], &set.body["since"]), (&json!("operator"), &json!(START + 60)));
    assert_eq!(world.get(TIER, admin(&ann)).await.body, set.body);
    assert_eq!(world.get(TIER, admin(&ben)).await.body["tier"], 0, "another organization keeps its own");
    let rates = world.get(&format!("/v1/organization/projects/{}/rate_limits", ann.project_id), admin(&ann)).await;
    assert_eq!(rates.body["data"][0]["max_requests_per_1_minute"], 90);
    let lowered = world.post(&of_any, admin(&ops), json!({ "tier": 0, "reason": "abuse" })).await;
    assert_eq!((&lowered.body["tier"], &lowered.body["held"]), (&json!(0), &json!(true)));

    let log = world.get("/v1/organization/audit_logs?limit=20", admin(&ann)).await;
    let events = log.body["data"].as_array().unwrap();
    let changed: Vec<&Value> = events.iter().filter(|event| kind_of(event) == "organization.tier_changed").collect();
    assert_eq!(changed.len(), 2, "{}", log.body);
    let data = &changed[0]["organization.tier_changed"]["data"];
    assert_eq!((&data["before"], &data["tier"], &data["reason"]), (&json!(2), &json!(0), &json!("abuse")));
    assert_eq!(world.get(&format!("{HERE}/organizations/org-none/tier"), admin(&ops)).await.status, 404);
}

#[tokio::test]
async fn without_tiers_the_limits_are_said() {
    let world = World::new().await;
    serve(&world, &[("gpt-4o", requests(500))]).await;
    let ops = operator(&world, "ops").await;
    let own = world.get(TIER, admin(&ops)).await;
    assert_eq!((own.status, &own.body["tier"], &own.body["next"]), (200, &json!(null), &json!(null)));
    assert_eq!(own.body["limits"][0]["requests_per_minute"], 500);
    let path = format!("{HERE}/organizations/{}/tier", ops.organization_id);
    assert_eq!(world.post(&path, admin(&ops), json!({ "tier": 1, "reason": "x" })).await.status, 409);
}
