//! Rules changed during calls: in force with the next request, for every kind of caller, and never against a key.

use std::cell::RefCell;

use serde_json::{Value, json};

use crate::canary::Ears;
use crate::product::Product;

const EMAIL: &str = "ops@example.com";

// S1-06, S1-45: saved by the operator's API; earlier users are exempt because of their real usage.
#[test]
fn rules_are_in_force_with_the_next_request() {
    let product = Product::start(&[("KEYSTEAD_OPERATOR__EMAILS", EMAIL)]);
    let ears = Ears { product: &product, heard: RefCell::default() };
    ears.form("/sign-up", "", &[("email", EMAIL), ("password", "a good long password")]);
    let mail = ears.message("email", EMAIL);
    let token = mail["link"].as_str().unwrap().split("token=").nth(1).unwrap().to_owned();
    ears.form("/confirm", "", &[("token", &token)]);
    let made = |email: &str, name: &str| {
        product.run(&["admin", "bootstrap", "--email", email, "--organization", name, "--json"])
    };
    let operator = made(EMAIL, "Ops")["admin_key"].as_str().unwrap().to_owned();
    let user = |name: &str| {
        let made = made(&format!("{name}@example.com"), name);
        let admin = made["admin_key"].as_str().unwrap().to_owned();
        let key = ears.api("POST", "/v1/api-keys", &admin, &json!({ "name": "k", "project_id": made["project_id"] }));
        (admin, key["value"].as_str().unwrap().to_owned())
    };
    let (early, late) = (user("early"), user("late"));
    let chat = |key: &str| {
        let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hello" }] });
        product.call("POST", "/v1/chat/completions", key, Some(&body)).status
    };
    assert_eq!(chat(&early.1), 200);
    let policy = ears.api("GET", "/v1/keystead/operator/policy", &operator, &json!({}));
    let mut rules = policy["rules"].as_array().unwrap().clone();
    let mut put = |rule: Value, version: i64| {
        rules.push(rule);
        let body = json!({ "rules": rules, "version": version, "reason": "test" });
        let saved = ears.api("POST", "/v1/keystead/operator/policy", &operator, &body);
        assert_eq!(saved["version"], version + 1, "{saved}");
    };
    // An organization that used the model before the year 2100 is exempt from the rule; one that never did is refused.
    let spares = json!({ "id": "verified-for-4o", "action": "model.use", "models": ["gpt-4o"], "mode": "enforce",
        "require": ["organization"], "grandfather_used_before": 4_102_444_800_i64 });
    let preview =
        |rule: &Value| ears.api("POST", "/v1/keystead/operator/policy/preview", &operator, &json!({ "rules": [rule] }));
    let asks_all = json!({ "id": "all", "action": "model.use", "mode": "enforce", "require": ["organization"] });
    product.until("its usage is counted", || preview(&asks_all)["refusals"][0]["action"] == "model.use:gpt-4o");
    product.until("it is spared", || preview(&spares)["organizations"] == 0);
    // Streams and reasoning summaries are counted separately from plain use.
    let streamed = json!({ "model": "gpt-4o", "stream": true, "messages": [{ "role": "user", "content": "hello" }] });
    assert_eq!(product.call("POST", "/v1/chat/completions", &early.1, Some(&streamed)).status, 200);
    let summed = json!({ "model": "gpt-4o", "input": "hello", "reasoning": { "summary": "auto" } });
    assert_eq!(product.call("POST", "/v1/responses", &early.1, Some(&summed)).status, 200);
    for action in ["feature.stream", "feature.reasoning_summary"] {
        let rule = json!({ "id": "apart", "action": action, "mode": "enforce", "require": ["organization"] });
        product.until("it is counted apart", || {
            let seen = preview(&rule);
            seen["refusals"][0]["action"] == format!("{action}:gpt-4o") && seen["times"] == 1
        });
    }
    put(spares, 1);
    assert_eq!((chat(&early.1), chat(&late.1)), (200, 404), "with the next request");
    put(json!({ "id": "keys", "action": "api_key.create", "mode": "enforce", "require": ["organization"] }), 2);
    let refused = ears.api("POST", "/v1/api-keys", &early.0, &json!({ "name": "new" }));
    assert_eq!(refused["error"]["code"], "organization_verification_required", "{refused}");
    assert_eq!(chat(&early.1), 200, "the earlier key still works");
    let list = ears.api("GET", "/v1/models/gpt-4o", &late.1, &json!({}));
    assert_eq!(list["keystead"]["available"], false, "{list}");
}
