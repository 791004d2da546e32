//! The counted usage equals what the model server says it produced, in every view.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::product::Product;

/// Requests, tokens read and written.
type Sum = (i64, i64, i64);

struct Key {
    secret: String,
    id: String,
    project: String,
    owner: String,
}

fn keys(product: &Product, admin: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    for name in ["One", "Two"] {
        let project = product.call("POST", "/v1/organization/projects", admin, Some(&json!({ "name": name }))).json();
        let project = project["id"].as_str().unwrap().to_owned();
        for bot in ["a", "b"] {
            let path = format!("/v1/organization/projects/{project}/service_accounts");
            let made = product.call("POST", &path, admin, Some(&json!({ "name": bot }))).json();
            keys.push(Key {
                secret: made["api_key"]["value"].as_str().unwrap().to_owned(),
                id: made["api_key"]["id"].as_str().unwrap().to_owned(),
                project: project.clone(),
                owner: made["id"].as_str().unwrap().to_owned(),
            });
        }
    }
    keys
}

/// Sends one request of some kind; returns its kind, model and usage as the client sees it.
fn ask(product: &Product, key: &str, turn: usize) -> (&'static str, &'static str, Sum) {
    let words = "count these words ".repeat(turn % 5 + 1);
    let chat = json!([{ "role": "user", "content": words }]);
    let (kind, model, path, body) = match turn % 4 {
        0 => ("completions", "gpt-4o", "/v1/chat/completions", json!({ "model": "gpt-4o", "messages": chat })),
        1 => (
            "completions",
            "gpt-4o-mini",
            "/v1/chat/completions",
            json!({ "model": "gpt-4o-mini", "messages": chat, "stream": true, "stream_options": { "include_usage": true } }),
        ),
        2 => ("completions", "gpt-4o", "/v1/responses", json!({ "model": "gpt-4o", "input": words })),
        _ => (
            "embeddings",
            "text-embedding-3-small",
            "/v1/embeddings",
            json!({ "model": "text-embedding-3-small", "input": words }),
        ),
    };
    let answer = product.call("POST", path, key, Some(&body));
    assert_eq!(answer.status, 200, "{answer:?}");
    let usage = if answer.body.starts_with("data:") {
        let last = answer.body.lines().rev().find(|line| line.contains("\"prompt_tokens\"")).unwrap();
        serde_json::from_str::<Value>(last.trim_start_matches("data: ")).unwrap()["usage"].clone()
    } else {
        answer.json()["usage"].clone()
    };
    let figure = |names: [&str; 2]| names.iter().find_map(|name| usage[*name].as_i64()).unwrap_or(0);
    let read = figure(["prompt_tokens", "input_tokens"]);
    (kind, model, (1, read, figure(["completion_tokens", "output_tokens"])))
}

fn add(sums: &mut BTreeMap<String, Sum>, name: &str, more: Sum) {
    let sum = sums.entry(name.to_owned()).or_default();
    *sum = (sum.0 + more.0, sum.1 + more.1, sum.2 + more.2);
}

/// Returns what the Administration API counted, by one dimension.
fn counted(product: &Product, admin: &str, kind: &str, group: &str) -> BTreeMap<String, Sum> {
    let path = format!("/v1/organization/usage/{kind}?start_time=1&bucket_width=1d&limit=1&group_by={group}");
    let now = std::process::Command::new("date").arg("+%s").output().unwrap();
    let now: i64 = String::from_utf8(now.stdout).unwrap().trim().parse().unwrap();
    let path = path.replace("start_time=1", &format!("start_time={}", now - 86_400)).replace("limit=1&", "limit=2&");
    let answer = product.call("GET", &path, admin, None);
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut sums = BTreeMap::new();
    for bucket in answer.json()["data"].as_array().unwrap() {
        for result in bucket["results"].as_array().unwrap() {
            let figure = |name: &str| result[name].as_i64().unwrap_or(0);
            let name = result[group].as_str().unwrap_or("all");
            add(&mut sums, name, (figure("num_model_requests"), figure("input_tokens"), figure("output_tokens")));
        }
    }
    sums
}

#[test]
fn every_side_of_usage_equals_what_was_produced() {
    let product = Product::start(&[]);
    let made = product.bootstrap();
    let admin = made["admin_key"].as_str().unwrap();
    let keys = keys(&product, admin);
    // Expected sums by kind, then by dimension and name.
    let mut wanted: BTreeMap<(&str, &str), BTreeMap<String, Sum>> = BTreeMap::new();
    for turn in 0..48 {
        let key = &keys[turn * 7 % keys.len()];
        let (kind, model, used) = ask(&product, &key.secret, turn);
        let sides =
            [("api_key_id", key.id.as_str()), ("project_id", &key.project), ("user_id", &key.owner), ("model", model)];
        for (group, name) in sides {
            add(wanted.entry((kind, group)).or_default(), name, used);
        }
    }
    product.until("all usage is with the store", || {
        let total = |kind| counted(&product, admin, kind, "model").values().map(|sum| sum.0).sum::<i64>();
        total("completions") + total("embeddings") == 48
    });
    for ((kind, group), sums) in &wanted {
        assert_eq!(&counted(&product, admin, kind, group), sums, "{kind} by {group}");
    }
    // The model server's own record agrees, by model.
    let mut produced: BTreeMap<String, Sum> = BTreeMap::new();
    for row in product.sandbox("GET", "/sandbox/usage", None).json()["data"].as_array().unwrap() {
        let figure = |name: &str| row[name].as_i64().unwrap();
        let name = row["model"].as_str().unwrap();
        add(&mut produced, name, (figure("requests"), figure("input_tokens"), figure("output_tokens")));
    }
    let mut known = counted(&product, admin, "completions", "model");
    known.extend(counted(&product, admin, "embeddings", "model"));
    assert_eq!(known, produced);
}
