//! Rate limits of a project for each model.

use keystead_core::rate::RateLimits;
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;
use keystead_store::Tx;
use keystead_store::tables::models::{self, ModelRow};
use serde_json::{Value, json};

use crate::world::{START, World, admin};

pub(crate) async fn serve(world: &World, served: &[(&str, RateLimits)]) {
    let rows: Vec<ModelRow> = served
        .iter()
        .map(|(id, rates)| ModelRow {
            id: (*id).to_owned(),
            upstream: "one".to_owned(),
            created_at: Timestamp(START),
            owned_by: "system".to_owned(),
            price: Price::default(),
            rates: *rates,
        })
        .collect();
    let write =
        world.store.write("models", async move |tx: &mut Tx| models::replace_all(tx, &rows, Timestamp(START)).await);
    let written: Result<(), keystead_store::Error> = write.await;
    written.unwrap();
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_project_has_its_own_limits_below_its_organizations() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let some = RateLimits { requests_per_minute: Some(100), images_per_minute: Some(5), ..RateLimits::NONE };
    serve(&world, &[("gpt-4o", some), ("maker/mini", RateLimits::NONE), ("o3", RateLimits::NONE)]).await;
    let path = format!("/v1/organization/projects/{}/rate_limits", owner.project_id);
    let list = world.get(&path, key).await;
    let first = json!({
        "object": "project.rate_limit", "id": "rl-gpt-4o", "model": "gpt-4o", "max_requests_per_1_minute": 100,
        "max_tokens_per_1_minute": 1_000_000_000, "max_images_per_1_minute": 5,
    });
    assert_eq!((list.status, &list.body["data"][0]), (200, &first));
    assert_eq!(ids(&list.body), ["rl-gpt-4o", "rl-maker/mini", "rl-o3"]);
    assert_eq!(list.body["has_more"], false);

    let set = world
        .post(
            &format!("{path}/rl-gpt-4o"),
            key,
            json!({ "max_requests_per_1_minute": 20, "max_requests_per_1_day": 300 }),
        )
        .await;
    let changed = json!({
        "object": "project.rate_limit", "id": "rl-gpt-4o", "model": "gpt-4o", "max_requests_per_1_minute": 20,
        "max_tokens_per_1_minute": 1_000_000_000, "max_images_per_1_minute": 5, "max_requests_per_1_day": 300,
    });
    assert_eq!((set.status, &set.body), (200, &changed));
    // Both encodings of a name with a slash.
    for id in ["rl-maker%2Fmini", "rl-maker%2fmini"] {
        let set = world.post(&format!("{path}/{id}"), key, json!({ "max_tokens_per_1_minute": 7 })).await;
        assert_eq!((set.status, &set.body["max_tokens_per_1_minute"]), (200, &json!(7)));
    }
    assert_eq!(world.get(&path, key).await.body["data"][0], changed);

    for (body, param, says) in [
        (json!({ "max_requests_per_1_minute": 101 }), "max_requests_per_1_minute", "organization's limit of 100"),
        (json!({ "max_requests_per_1_minute": 0 }), "max_requests_per_1_minute", "between 1 and 1000000000"),
        (json!({ "max_tokens_per_1_minute": -1 }), "max_tokens_per_1_minute", "between 1 and 1000000000"),
        (json!({ "max_tokens_per_1_minute": 1.5 }), "max_tokens_per_1_minute", "integer"),
        (json!({ "max_audio_megabytes_per_1_minute": 5 }), "max_audio_megabytes_per_1_minute", "cannot honour it"),
        (json!({ "batch_1_day_max_input_tokens": 5 }), "batch_1_day_max_input_tokens", "cannot honour it"),
    ] {
        let refused = world.post(&format!("{path}/rl-gpt-4o"), key, body.clone()).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!(param)), "{body}");
        assert!(refused.body["error"]["message"].as_str().unwrap().contains(says), "{}", refused.body);
    }
    for id in ["rl-nothing", "gpt-4o", "rl-"] {
        assert_eq!(world.post(&format!("{path}/{id}"), key, json!({})).await.status, 404, "{id}");
    }
    assert_eq!(world.get(&path, key).await.body["data"][0], changed, "what was refused changed nothing");

    // A limit equal to the organization's is not stored as the project's own.
    let reset = json!({ "max_requests_per_1_minute": 100, "max_requests_per_1_day": 1_000_000_000 });
    assert_eq!(world.post(&format!("{path}/rl-gpt-4o"), key, reset).await.body, first);

    let log = world.get("/v1/organization/audit_logs?limit=1", key).await;
    let event = &log.body["data"][0];
    assert_eq!(event["type"], "rate_limit.updated");
    assert_eq!(event["rate_limit.updated"]["id"], "rl-gpt-4o");
    assert_eq!(event["rate_limit.updated"]["changes_requested"]["max_requests_per_1_minute"], 100);
    assert_eq!(event["rate_limit.updated"]["project_id"], owner.project_id.as_str());
}

#[tokio::test]
async fn limits_are_listed_in_pages_of_the_models_a_project_can_use() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let names: Vec<String> = (0..120).map(|number| format!("m{number:03}")).collect();
    let served: Vec<(&str, RateLimits)> = names.iter().map(|name| (name.as_str(), RateLimits::NONE)).collect();
    serve(&world, &served).await;
    let path = format!("/v1/organization/projects/{}/rate_limits", owner.project_id);
    let list = world.get(&path, key).await;
    assert_eq!((ids(&list.body).len(), &list.body["has_more"]), (100, &json!(true)), "a hundred when nothing is said");
    assert_eq!(list.body["last_id"], "rl-m099");
    let rest = world.get(&format!("{path}?after=rl-m099&limit=100"), key).await;
    assert_eq!((ids(&rest.body).len(), &rest.body["has_more"]), (20, &json!(false)));
    let before = world.get(&format!("{path}?before=rl-m002&limit=5"), key).await;
    assert_eq!(ids(&before.body), ["rl-m000", "rl-m001"]);
    assert_eq!(world.get(&format!("{path}?limit=101"), key).await.status, 400);
    assert_eq!(world.get(&format!("{path}?after=rl-gone"), key).await.status, 400);

    let models = format!("/v1/organization/projects/{}/model_permissions", owner.project_id);
    world.post(&models, key, json!({ "mode": "allow_list", "model_ids": ["m007", "elsewhere"] })).await;
    assert_eq!(ids(&world.get(&path, key).await.body), ["rl-m007"]);
    assert_eq!(world.post(&format!("{path}/rl-m008"), key, json!({})).await.status, 404);

    // Another organization's project is answered like a missing one.
    let other = world.bootstrap("bob", true).await;
    assert_eq!(world.get(&path, admin(&other)).await.status, 404);
    assert_eq!(world.post(&format!("{path}/rl-m007"), admin(&other), json!({})).await.status, 404);
}
