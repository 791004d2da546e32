//! The tools and service tiers a project may use, and data retention.

use serde_json::{Value, json};

use crate::world::{World, admin};

#[tokio::test]
async fn a_project_has_tools() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let path = format!("/v1/organization/projects/{}/hosted_tool_permissions", owner.project_id);
    let tools = |denied: &[&str]| {
        let names = ["file_search", "web_search", "image_generation", "mcp", "code_interpreter"];
        Value::Object(
            names.map(|name| (name.to_owned(), json!({ "enabled": !denied.contains(&name) }))).into_iter().collect(),
        )
    };
    assert_eq!(world.get(&path, key).await.body, tools(&[]));
    let set = world.post(&path, key, json!({ "mcp": { "enabled": false }, "web_search": null })).await;
    assert_eq!((set.status, &set.body), (200, &tools(&["mcp"])));
    let more = json!({ "code_interpreter": { "enabled": false }, "mcp": { "enabled": false } });
    assert_eq!(world.post(&path, key, more).await.body, tools(&["mcp", "code_interpreter"]));
    for (body, param) in [
        (json!({ "mcp": true }), "mcp"),
        (json!({ "mcp": {} }), "mcp"),
        (json!({ "mcp": { "enabled": "yes" } }), "mcp"),
        (json!({ "file_search": { "enabled": true, "more": 1 } }), "file_search"),
        (json!({ "shell": { "enabled": true } }), "shell"),
    ] {
        let refused = world.post(&path, key, body.clone()).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!(param)), "{body}");
    }
    assert_eq!(world.post(&path, key, json!({ "mcp": { "enabled": true } })).await.body, tools(&["code_interpreter"]));
    assert_eq!(world.get(&path, key).await.body, tools(&["code_interpreter"]));
}

#[tokio::test]
async fn a_project_has_service_tiers() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let path = format!("/v1/organization/projects/{}/service_tier_settings", owner.project_id);
    let shown = |default: &str, tiers: Value| json!({ "object": "project.service_tier_settings", "default": default, "enabled_tiers": tiers });
    assert_eq!(world.get(&path, key).await.body, shown("standard", json!("all")));
    let set = world.post(&path, key, json!({ "enabled_tiers": ["fast", "flex", "fast"], "default": "fast" })).await;
    assert_eq!((set.status, &set.body), (200, &shown("fast", json!(["flex", "fast"]))));
    for (body, param) in [
        (json!({ "enabled_tiers": [] }), "default"),
        (json!({ "enabled_tiers": ["priority"] }), "enabled_tiers"),
        (json!({ "enabled_tiers": "some" }), "enabled_tiers"),
        (json!({ "default": "flex" }), "default"),
        (json!({ "default": 1 }), "default"),
    ] {
        let refused = world.post(&path, key, body.clone()).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!(param)), "{body}");
    }
    assert_eq!(world.get(&path, key).await.body, set.body, "what is refused changes nothing");
    let none = world.post(&path, key, json!({ "enabled_tiers": [], "default": "standard" })).await;
    assert_eq!(none.body, shown("standard", json!([])));
    assert_eq!(world.post(&path, key, json!({ "enabled_tiers": "all" })).await.body, shown("standard", json!("all")));
}

#[tokio::test]
async fn data_retention_is_kept() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let project = format!("/v1/organization/projects/{}/data_retention", owner.project_id);
    let organization = "/v1/organization/data_retention";
    for (path, object, first, second) in [
        (organization, "organization.data_retention", "zero_data_retention", "enhanced_zero_data_retention"),
        (project.as_str(), "project.data_retention", "organization_default", "none"),
    ] {
        assert_eq!(world.get(path, key).await.body, json!({ "object": object, "type": first }));
        let set = world.post(path, key, json!({ "retention_type": second })).await;
        assert_eq!((set.status, &set.body), (200, &json!({ "object": object, "type": second })));
        for body in [json!({}), json!({ "retention_type": "forever" }), json!({ "retention_type": 1 })] {
            let refused = world.post(path, key, body.clone()).await;
            assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!("retention_type")), "{body}");
        }
        assert_eq!(world.get(path, key).await.body, set.body);
    }
    for name in ["none", "organization_default"] {
        assert_eq!(world.post(organization, key, json!({ "retention_type": name })).await.status, 400, "{name}");
    }
    let back = world.post(&project, key, json!({ "retention_type": "organization_default" })).await;
    assert_eq!(back.body["type"], "organization_default");
}
