//! The models a project may use.

use serde_json::json;

use crate::world::{World, admin};

#[tokio::test]
async fn a_project_has_a_list_of_models() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let path = format!("/v1/organization/projects/{}/model_permissions", owner.project_id);
    let all = json!({ "object": "project.model_permissions", "mode": "deny_list", "model_ids": [] });
    assert_eq!(world.get(&path, key).await.body, all);

    let set = world.post(&path, key, json!({ "mode": "allow_list", "model_ids": ["o3", "gpt-4o", "o3"] })).await;
    let kept = json!({ "object": "project.model_permissions", "mode": "allow_list", "model_ids": ["gpt-4o", "o3"] });
    assert_eq!((set.status, &set.body), (200, &kept));
    assert_eq!(world.get(&path, key).await.body, kept);

    for (body, param) in [
        (json!({ "model_ids": [] }), "mode"),
        (json!({ "mode": "some", "model_ids": [] }), "mode"),
        (json!({ "mode": "deny_list" }), "model_ids"),
        (json!({ "mode": "deny_list", "model_ids": "gpt-4o" }), "model_ids"),
        (json!({ "mode": "deny_list", "model_ids": [""] }), "model_ids"),
    ] {
        let refused = world.post(&path, key, body.clone()).await;
        assert_eq!(refused.status, 400, "{body}");
        assert_eq!(refused.body["error"]["param"], param, "{body}");
    }
    assert_eq!(world.get(&path, key).await.body, kept);

    let gone = world.call(http::Method::DELETE, &path, key, "").await;
    assert_eq!(gone.body, json!({ "object": "project.model_permissions.deleted", "deleted": true }));
    assert_eq!(world.get(&path, key).await.body, all);

    // Another organization's project is answered like a missing one.
    let other = world.bootstrap("bob", true).await;
    assert_eq!(world.get(&path, admin(&other)).await.status, 404);
    let body = json!({ "mode": "deny_list", "model_ids": [] });
    assert_eq!(world.post(&path, admin(&other), body).await.status, 404);
}
