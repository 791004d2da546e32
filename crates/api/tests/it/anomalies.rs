//! Unusual use, velocity caps and pauses by the API.

use serde_json::{Value, json};

use crate::world::{World, admin};

const SETTINGS: &str = "/v1/keystead/anomaly_settings";

#[tokio::test]
async fn a_paused_key_is_refused_until_it_is_resumed() {
    let world = World::new().await;
    let (owner, other) = (world.bootstrap("ann", true).await, world.bootstrap("zoe", true).await);
    let key = world.post("/v1/api-keys", admin(&owner), json!({ "name": "shop" })).await;
    let (id, secret) = (key.text("id"), key.text("value"));
    let path = |verb: &str| format!("/v1/keystead/api_keys/{id}/{verb}");
    assert_eq!(world.get("/v1/me", &secret).await.status, 200);
    for verb in ["pause", "resume"] {
        let refused = world.post(&path(verb), admin(&other), json!({})).await;
        assert_eq!(refused.status, 404, "another organization: {}", refused.body);
        assert_eq!(world.post(&path(verb), &secret, json!({})).await.status, 403, "deny by default");
    }
    let paused = world.post(&path("pause"), admin(&owner), json!({})).await;
    assert_eq!((paused.status, &paused.body["state"]), (200, &json!("paused")), "{}", paused.body);
    assert_eq!(paused.body["pause_reason"], "paused_by_person");
    assert!(paused.body["paused_at"].is_i64());
    let refused = world.get("/v1/me", &secret).await;
    assert_eq!((refused.status, refused.code()), (403, "api_key_paused"));
    assert_eq!(refused.body["error"]["type"], "invalid_request_error");
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("a person paused it") && message.contains(&format!("/api-keys/{id}?project=")),
        "{message}"
    );
    let resumed = world.post(&path("resume"), admin(&owner), json!({})).await;
    assert_eq!((&resumed.body["state"], &resumed.body["paused_at"]), (&json!("active"), &Value::Null));
    assert_eq!(world.get("/v1/me", &secret).await.status, 200);

    // An admin key is refused at the administration, too.
    let spare = world.post("/v1/organization/admin_api_keys", admin(&owner), json!({ "name": "spare" })).await;
    let pause = format!("/v1/keystead/api_keys/{}/pause", spare.text("id"));
    assert_eq!(world.post(&pause, admin(&owner), json!({})).await.status, 200);
    let refused = world.get("/v1/organization/projects", &spare.text("value")).await;
    assert_eq!((refused.status, refused.code()), (403, "api_key_paused"));
}

#[tokio::test]
async fn settings_are_read_and_changed() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let all = json!(["spend_beyond_past", "requests_beyond_past", "new_network", "new_country", "new_model"]);
    let settings = world.get(SETTINGS, admin(&owner)).await.body;
    assert_eq!((&settings["signals"], &settings["velocity_cap"]), (&all, &Value::Null));
    let cap = json!({ "period": "minute", "requests": 600, "threshold_amount": 500 });
    let changed = world.post(SETTINGS, admin(&owner), json!({ "signals": ["new_model"], "velocity_cap": cap })).await;
    assert_eq!((changed.status, &changed.body["velocity_cap"]), (200, &cap), "{}", changed.body);
    let changed = world.post(SETTINGS, admin(&owner), json!({ "velocity_cap": null })).await.body;
    assert_eq!((&changed["signals"], &changed["velocity_cap"]), (&json!(["new_model"]), &Value::Null));
    for (wrong, param) in [
        (json!({ "signals": ["made_up"] }), "signals"),
        (json!({ "signals": ["spend_over_cap"] }), "signals"),
        (json!({ "velocity_cap": 5 }), "velocity_cap"),
        (json!({ "velocity_cap": { "period": "day", "requests": 1 } }), "velocity_cap"),
        (json!({ "velocity_cap": { "period": "minute" } }), "velocity_cap"),
        (json!({ "velocity_cap": { "period": "minute", "requests": 0 } }), "velocity_cap"),
        (json!({ "velocity_cap": { "period": "minute", "requests": -5 } }), "velocity_cap"),
        (json!({ "velocity_cap": { "period": "minute", "requests": 1.5 } }), "velocity_cap"),
        (json!({ "velocity_cap": { "period": "minute", "threshold_amount": 10_000_000_000_000_i64 } }), "velocity_cap"),
        (json!({ "velocity_cap": { "period": "minute", "requests": 1, "burst": 2 } }), "velocity_cap"),
    ] {
        let refused = world.post(SETTINGS, admin(&owner), wrong.clone()).await;
        assert_eq!(
            (refused.status, &refused.body["error"]["param"]),
            (400, &json!(param)),
            "{wrong}: {}",
            refused.body
        );
    }
    assert_eq!(world.get(SETTINGS, admin(&owner)).await.body["velocity_cap"], Value::Null, "nothing has changed");

    let key = world.post("/v1/api-keys", admin(&owner), json!({ "name": "shop" })).await.text("id");
    let path = format!("/v1/keystead/api_keys/{key}/velocity_cap");
    let own = world.post(&path, admin(&owner), json!({ "mode": "own", "velocity_cap": cap })).await.body;
    assert_eq!((&own["velocity_cap_mode"], &own["velocity_cap"]), (&json!("own"), &cap));
    for mode in ["off", "inherited"] {
        let changed = world.post(&path, admin(&owner), json!({ "mode": mode })).await.body;
        assert_eq!((&changed["velocity_cap_mode"], &changed["velocity_cap"]), (&json!(mode), &Value::Null));
    }
    for wrong in [json!({ "mode": "none" }), json!({ "mode": "own" }), json!({ "mode": "off", "velocity_cap": cap })] {
        assert_eq!(world.post(&path, admin(&owner), wrong).await.status, 400);
    }
    let list = world.get(&format!("/v1/keystead/anomalies?key_id={key}&limit=5"), admin(&owner)).await;
    assert_eq!((list.status, &list.body["data"]), (200, &json!([])));
    for wrong in ["limit=0", "limit=101", "limit=x"] {
        assert_eq!(world.get(&format!("/v1/keystead/anomalies?{wrong}"), admin(&owner)).await.status, 400);
    }
}
