//! Usage and costs in buckets.

use keystead_core::id::KeyId;
use keystead_core::money::{Amount, Micros};
use keystead_core::usage::{Price, Quantities, UsageEvent, UsageKind};
use keystead_store::Tx;
use keystead_store::tables::usage;
use keystead_testkit::usage_event;
use serde_json::json;

use crate::world::{START, World, admin};

#[tokio::test]
async fn buckets_are_exact_and_empty_ones_are_there() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key: KeyId = "key_one".parse().unwrap();
    let event = |n: i64, at: i64, model: &str| UsageEvent {
        key: key.clone(),
        owner: owner.user_id.text(),
        model: model.into(),
        used: Quantities {
            requests: 1,
            input_tokens: 10,
            input_cached_tokens: 4,
            output_tokens: n,
            ..Quantities::default()
        },
        ..usage_event(&owner.organization_id, &owner.project_id, at, Micros(1_500).into())
    };
    let events = vec![event(1, START, "gpt-4o"), event(2, START + 30, "o3"), event(3, START + 2 * 86_400, "gpt-4o")];
    let written: Result<(), keystead_store::Error> = world
        .store
        .write("record", async move |tx: &mut Tx| {
            usage::record(tx, "1-a", 0, &events).await?;
            Ok(())
        })
        .await;
    written.unwrap();
    world.wait(2 * 86_400 + 60);
    let base = format!("/v1/organization/usage/completions?start_time={START}");
    let page = world.get(&base, admin(&owner)).await.body;
    let counts: Vec<usize> =
        page["data"].as_array().unwrap().iter().map(|b| b["results"].as_array().unwrap().len()).collect();
    assert_eq!((counts, &page["has_more"]), (vec![1, 0, 1], &json!(false)));
    let first = &page["data"][0]["results"][0];
    assert_eq!(
        (&first["input_tokens"], &first["output_tokens"], &first["model"]),
        (&json!(20), &json!(3), &json!(null))
    );
    let grouped = world.get(&format!("{base}&group_by[]=model&models=o3"), admin(&owner)).await.body;
    assert_eq!(grouped["data"][0]["results"][0]["model"], "o3");
    assert_eq!(grouped["data"][2]["results"], json!([]));
    let one = world.get(&format!("{base}&limit=1"), admin(&owner)).await.body;
    let token = one["next_page"].as_str().unwrap();
    let next = world.get(&format!("{base}&limit=2&page={token}"), admin(&owner)).await.body;
    assert_eq!((&next["data"][0]["start_time"], &next["has_more"]), (&json!(START + 86_400), &json!(false)));
    let costs =
        world.get(&format!("/v1/organization/costs?start_time={START}&group_by=line_item"), admin(&owner)).await;
    let results = costs.body["data"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["amount"], json!({ "value": 0.0015, "currency": "usd" }));
}

/// Sums are exact and never rounded, and estimated figures are reported beside the others.
#[tokio::test]
async fn small_costs_and_estimates_are_told_exactly() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let price = Price { input: Micros(20_000), ..Price::default() };
    let used = Quantities { requests: 1, input_tokens: 4, ..Quantities::default() };
    let one = UsageEvent {
        kind: UsageKind::Embeddings,
        owner: owner.user_id.text(),
        model: "small".into(),
        used,
        ..usage_event(&owner.organization_id, &owner.project_id, START, price.cost(&used))
    };
    let mut events = vec![one; 40];
    events[7].estimated = true;
    let written: Result<usize, keystead_store::Error> =
        world.store.write("record", async move |tx: &mut Tx| usage::record(tx, "1-a", 0, &events).await).await;
    assert_eq!(written.unwrap(), 40);
    let usage = world.get(&format!("/v1/organization/usage/embeddings?start_time={START}"), admin(&owner)).await.body;
    let result = &usage["data"][0]["results"][0];
    assert_eq!((&result["input_tokens"], &result["num_model_requests"]), (&json!(160), &json!(40)));
    assert_eq!(result["keystead_estimated"], json!({ "input_tokens": 4, "num_model_requests": 1 }));
    let costs = world.get(&format!("/v1/organization/costs?start_time={START}"), admin(&owner)).await.body;
    let result = &costs["data"][0]["results"][0];
    assert_eq!(result["amount"], json!({ "value": 0.000_003_2, "currency": "usd" }));
    assert_eq!(result["keystead_estimated"], json!({ "value": 0.000_000_08, "currency": "usd" }));
}

/// Calls of hosted tools have their own endpoints; what no record can tell is refused by name.
#[tokio::test]
async fn searches_are_counted_apart() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let one = UsageEvent {
        kind: UsageKind::WebSearchCalls,
        owner: owner.user_id.text(),
        used: Quantities { requests: 1, tool_calls: 3, ..Quantities::default() },
        ..usage_event(&owner.organization_id, &owner.project_id, START, Amount::ZERO)
    };
    let events = [one.clone(), one.clone(), UsageEvent { kind: UsageKind::FileSearchCalls, ..one }];
    let written: Result<usize, keystead_store::Error> =
        world.store.write("record", async move |tx: &mut Tx| usage::record(tx, "1-a", 0, &events).await).await;
    assert_eq!(written.unwrap(), 3);
    let ask = async |path: &str| {
        world.get(&format!("/v1/organization/{path}start_time={START}"), admin(&owner)).await.body["data"][0]["results"]
            .clone()
    };
    let mut web = json!({
        "object": "organization.usage.web_searches.result", "num_requests": 6, "num_model_requests": 2,
        "project_id": null, "user_id": null, "api_key_id": null, "model": null, "context_level": null,
        "api_source": null, "keystead_estimated": { "num_requests": 0, "num_model_requests": 0 },
    });
    assert_eq!(ask("usage/web_search_calls?").await, json!([web]));
    (web["model"], web["api_source"]) = ("gpt-4o".into(), "unlabeled".into());
    assert_eq!(ask("usage/web_search_calls?group_by=model,api_source&models=gpt-4o&").await, json!([web]));
    assert_eq!(ask("usage/web_search_calls?models=o3&").await, json!([]));
    let file = json!({
        "object": "organization.usage.file_searches.result", "num_requests": 3, "project_id": owner.project_id,
        "user_id": null, "api_key_id": null, "vector_store_id": null, "keystead_estimated": { "num_requests": 0 },
    });
    assert_eq!(ask("usage/file_search_calls?group_by[]=project_id&").await, json!([file]));
    for path in
        ["usage/completions?", "usage/decisions?", "usage/vector_stores?", "usage/code_interpreter_sessions?", "costs?"]
    {
        assert_eq!(ask(path).await, json!([]), "{path}");
    }
    for (query, param) in [
        ("file_search_calls?models=gpt-4o", "models"),
        ("vector_stores?user_ids=user-x", "user_ids"),
        ("vector_stores?group_by=model", "group_by"),
        ("code_interpreter_sessions?group_by=api_source", "group_by"),
        ("decisions?batch=perhaps", "batch"),
        ("embeddings?batch=true", "batch"),
        ("images?sources=camera", "sources"),
        ("images?context_levels=low", "context_levels"),
        ("web_search_calls?context_levels=highest", "context_levels"),
        ("embeddings?group_by=size", "group_by"),
        ("embeddings?group_by=api_source", "group_by"),
    ] {
        let answer = world.get(&format!("/v1/organization/usage/{query}&start_time=1"), admin(&owner)).await;
        assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!(param)), "{query}");
    }
}

#[tokio::test]
async fn nonsense_is_refused() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let cases = [
        ("", "start_time"),
        ("start_time=x", "start_time"),
        ("start_time=-1", "start_time"),
        ("start_time=100&end_time=50", "end_time"),
        ("start_time=1&bucket_width=1w", "bucket_width"),
        ("start_time=1&limit=32", "limit"),
        ("start_time=1&limit=1441&bucket_width=1m", "limit"),
        ("start_time=1&group_by=colour", "group_by"),
        ("start_time=1&page=zzz", "page"),
        ("start_time=1&project_ids=org-x", "project_ids"),
        ("start_time=9223372036854775807", "start_time"),
        ("start_time=1&end_time=9223372036854775807", "end_time"),
    ];
    for (query, param) in cases {
        let answer = world.get(&format!("/v1/organization/usage/completions?{query}"), admin(&owner)).await;
        assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!(param)), "{query}");
    }
}
