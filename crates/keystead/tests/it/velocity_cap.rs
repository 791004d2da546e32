//! A velocity cap through the whole product: the key that passes it is refused on every node, and works again once it is
//! resumed.

use serde_json::{Value, json};

use crate::product::Product;

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// S1-38
#[test]
fn a_key_over_its_cap_is_refused_on_both_nodes_until_it_is_resumed() {
    let first = Product::start(&[]);
    let made = first.bootstrap();
    let admin = text(&made["admin_key"]);
    let body = json!({ "name": "k", "project_id": made["project_id"] });
    let key = first.call("POST", "/v1/api-keys", &admin, Some(&body)).json();
    let (id, key) = (text(&key["id"]), text(&key["value"]));
    // Another node of the same installation: the same secrets and the same database, a separate spool.
    let folder = tempfile::tempdir().unwrap();
    let data = first.folder().join("data");
    std::fs::copy(data.join("secrets.toml"), folder.path().join("secrets.toml")).unwrap();
    let database = format!("sqlite://{}", data.join("keystead.db").display());
    let own = folder.path().display().to_string();
    let second =
        Product::start(&[("KEYSTEAD_SERVER__DATA_DIR", own.as_str()), ("KEYSTEAD_DATABASE__URL", database.as_str())]);
    let chat = |node: &Product| {
        let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hello" }] });
        node.call("POST", "/v1/chat/completions", &key, Some(&body))
    };
    let cap = json!({ "velocity_cap": { "period": "hour", "requests": 4 } });
    assert_eq!(first.call("POST", "/v1/keystead/anomaly_settings", &admin, Some(&cap)).status, 200);
    // What the cap allows passes, half on each node; one more pauses the key.
    for node in [&first, &second, &first, &second] {
        assert_eq!(chat(node).status, 200);
    }
    assert_eq!(chat(&first).status, 200, "it is noticed when it is counted");
    let models = |node: &Product| node.call("GET", "/v1/models", &key, None);
    second.until("the key is paused", || models(&second).status == 403);
    first.until("this node knows", || models(&first).status == 403);
    for node in [&first, &second] {
        let refused = chat(node);
        assert_eq!((refused.status, &refused.json()["error"]["code"]), (403, &json!("api_key_paused")));
        assert!(text(&refused.json()["error"]["message"]).contains("more requests than its velocity cap allows"));
        assert_eq!(models(node).json()["error"]["code"], "api_key_paused");
        assert_eq!(node.call("GET", "/v1/me", &key, None).status, 403);
    }
    let shown = first.call("GET", &format!("/v1/keystead/api_keys/{id}"), &admin, None).json();
    assert_eq!((&shown["state"], &shown["pause_reason"]), (&json!("paused"), &json!("requests_over_cap")), "{shown}");
    let noticed = first.call("GET", &format!("/v1/keystead/anomalies?key_id={id}"), &admin, None).json();
    assert_eq!(noticed["data"][0]["signal"], "requests_over_cap", "{noticed}");

    // The next request after the change is served, on both nodes.
    let resumed = first.call("POST", &format!("/v1/keystead/api_keys/{id}/resume"), &admin, Some(&json!({})));
    assert_eq!((resumed.status, &resumed.json()["state"]), (200, &json!("active")));
    for node in [&first, &second] {
        assert_eq!(chat(node).status, 200);
    }
}
