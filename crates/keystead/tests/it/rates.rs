//! Rate limits through the whole product: exactly as many calls pass as may, and a changed limit applies to the next
//! call.

use serde_json::{Value, json};

use crate::product::Product;

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

// A day's limit recovers so slowly that no machine is too slow for this test.
#[test]
fn exactly_the_permitted_number_of_calls_passes() {
    let product = Product::start(&[
        ("KEYSTEAD_LIMITS__REQUESTS_PER_DAY", "9"),
        ("KEYSTEAD_MODEL__0__ID", "gpt-4o-mini"),
        ("KEYSTEAD_MODEL__0__REQUESTS_PER_DAY", "1000"),
    ]);
    let made = product.bootstrap();
    let (admin, project) = (text(&made["admin_key"]), text(&made["project_id"]));
    let body = json!({ "name": "k", "project_id": project });
    let key = text(&product.call("POST", "/v1/api-keys", &admin, Some(&body)).json()["value"]);
    let chat = |model: &str| {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
        product.call("POST", "/v1/chat/completions", &key, Some(&body))
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..30).map(|_| scope.spawn(|| chat("gpt-4o"))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert_eq!((passed, refused.len()), (9, 21));
    for answer in refused {
        let error = answer.json()["error"].clone();
        assert_eq!((&error["type"], &error["code"]), (&json!("requests"), &json!("rate_limit_exceeded")));
        let message = text(&error["message"]);
        assert!(message.contains("on requests per day (RPD): Limit 9, Used 9, Requested 1."), "{message}");
    }

    let limits = format!("/v1/organization/projects/{project}/rate_limits");
    let list = product.call("GET", &limits, &admin, None).json();
    let of = |model: &str| {
        let found = list["data"].as_array().unwrap().iter().find(|limit| limit["model"] == model);
        found.unwrap()["max_requests_per_1_day"].clone()
    };
    assert_eq!((of("gpt-4o"), of("gpt-4o-mini"), of("o3")), (json!(9), json!(1_000), json!(9)));

    // In force with the next call, in both directions; usage under one limit counts against the next.
    let set = |limit: u32| {
        let body = json!({ "max_requests_per_1_day": limit });
        let path = format!("{limits}/rl-gpt-4o-mini");
        assert_eq!(product.call("POST", &path, &admin, Some(&body)).status, 200);
    };
    let calls = |count: usize| (0..count).map(|_| chat("gpt-4o-mini").status).collect::<Vec<_>>();
    assert_eq!(calls(3), [200; 3]);
    set(2);
    assert_eq!(calls(3), [200, 200, 429]);
    set(4);
    assert_eq!(calls(3), [200, 200, 429]);
    set(1_000);
    assert_eq!(calls(3), [200; 3]);
}

// S1-42: limits follow the tier from the next call on.
#[test]
fn another_usage_tier_holds_with_the_next_call() {
    let product = Product::start(&[
        ("KEYSTEAD_LIMITS__REQUESTS_PER_DAY", "7"),
        ("KEYSTEAD_OPERATOR__EMAILS", "owner@example.com"),
        ("KEYSTEAD_TIER__0__NUMBER", "0"),
        ("KEYSTEAD_TIER__0__LIMIT__0__MODELS", "gpt-*"),
        ("KEYSTEAD_TIER__0__LIMIT__0__REQUESTS_PER_DAY", "2"),
        ("KEYSTEAD_TIER__1__NUMBER", "1"),
        ("KEYSTEAD_TIER__1__PAID", "5"),
        ("KEYSTEAD_TIER__1__LIMIT__0__MODELS", "gpt-*"),
        ("KEYSTEAD_TIER__1__LIMIT__0__REQUESTS_PER_DAY", "4"),
    ]);
    let made = product.bootstrap();
    let (admin, project) = (text(&made["admin_key"]), text(&made["project_id"]));
    let body = json!({ "name": "k", "project_id": project });
    let key = text(&product.call("POST", "/v1/api-keys", &admin, Some(&body)).json()["value"]);
    let chat = |model: &str| {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
        product.call("POST", "/v1/chat/completions", &key, Some(&body))
    };
    let calls = |count: usize| (0..count).map(|_| chat("gpt-4o").status).collect::<Vec<_>>();
    assert_eq!(calls(3), [200, 200, 429]);
    assert_eq!(chat("gpt-4o").header("x-ratelimit-limit-requests"), Some("2"));
    let organization = text(&made["organization_id"]);
    let set = |tier: &str| {
        let command = ["admin", "tier", "set", &organization, tier, "--reason", "a contract", "--json"];
        assert_eq!(product.run(&command)["tier"].to_string(), tier);
    };
    set("1");
    assert_eq!(chat("gpt-4o").header("x-ratelimit-limit-requests"), Some("4"));
    assert_eq!(calls(2), [200, 429]);
    set("0");
    assert_eq!(calls(1), [429]);
}

// Decision 0017: each node grants its share, from the moment it learns of the other.
#[test]
fn two_nodes_together_grant_the_limit_of_one() {
    let rates = [
        ("KEYSTEAD_LIMITS__REQUESTS_PER_DAY", "4"),
        ("KEYSTEAD_MODEL__0__ID", "gpt-4o-mini"),
        ("KEYSTEAD_MODEL__0__REQUESTS_PER_DAY", "1000"),
    ];
    let first = Product::start(&rates);
    let made = first.bootstrap();
    let body = json!({ "name": "k", "project_id": made["project_id"] });
    let key = text(&first.call("POST", "/v1/api-keys", &text(&made["admin_key"]), Some(&body)).json()["value"]);
    // Another node of the same installation: the same secrets and the same database, a separate spool.
    let folder = tempfile::tempdir().unwrap();
    let data = first.folder().join("data");
    std::fs::copy(data.join("secrets.toml"), folder.path().join("secrets.toml")).unwrap();
    let database = format!("sqlite://{}", data.join("keystead.db").display());
    let own = folder.path().display().to_string();
    let more = [("KEYSTEAD_SERVER__DATA_DIR", own.as_str()), ("KEYSTEAD_DATABASE__URL", database.as_str())];
    let second = Product::start(&[&rates[..], &more].concat());
    let chat = |node: &Product, model: &str| {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
        node.call("POST", "/v1/chat/completions", &key, Some(&body))
    };
    for node in [&first, &second] {
        let left =
            || -> i64 { chat(node, "gpt-4o-mini").header("x-ratelimit-remaining-requests").unwrap().parse().unwrap() };
        // Usage here counts twice as soon as another node may use as much.
        node.until("it knows of the other", || left() - left() == 2);
    }
    for node in [&first, &second] {
        let statuses: Vec<_> = (0..3).map(|_| chat(node, "gpt-4o").status).collect();
        assert_eq!(statuses, [200, 200, 429]);
    }
}
