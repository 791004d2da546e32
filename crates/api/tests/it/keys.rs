//! Keys: the phone gate, grants, expiry, deletion.

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_core::gate::Requirement;
use serde_json::json;

use crate::audit_shapes::kind_of;
use crate::world::{START, World, admin};

/// S1-01 S1-26 S1-27 S1-08 S1-09: without a verified phone no new key, by either endpoint; afterwards any number of
/// them.
#[tokio::test]
async fn new_keys_wait_for_the_phone() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", false).await;
    let organization = owner.organization_id.as_str();
    let accounts = format!("/v1/organization/projects/{}/service_accounts", owner.project_id);
    let refused = world.post("/v1/api-keys", admin(&owner), json!({ "name": "first" })).await;
    assert_eq!((refused.status, refused.code()), (403, "phone_verification_required"));
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(message.contains(organization), "{message}");
    assert!(message.contains("https://keystead.test/settings/account"), "{message}");
    // S2-02: a service account's key passes the same gate, and no account is left behind.
    let bot = world.post(&accounts, admin(&owner), json!({ "name": "bot" })).await;
    assert_eq!((bot.status, bot.code()), (403, "phone_verification_required"));
    assert_eq!(world.get(&accounts, admin(&owner)).await.body["data"], json!([]));
    // S2-03: the account alone needs nothing.
    let alone = json!({ "name": "bot", "create_service_account_only": true });
    let alone = world.post(&accounts, admin(&owner), alone).await;
    assert_eq!((alone.status, &alone.body["role"], &alone.body["api_key"]), (200, &json!("none"), &json!(null)));
    let view = world.get("/v1/keystead/verification", admin(&owner)).await.body;
    assert_eq!(view["phone"]["status"], "unverified");
    assert_eq!(view["actions"]["api_key.create"], json!({ "allowed": false, "missing": ["phone"] }));

    let operator = Actor::operator("test");
    world.app.waive_requirement(&operator, &owner.organization_id, Requirement::Phone, None, "test").await.unwrap();
    for n in 0..5 {
        let made = world.post("/v1/api-keys", admin(&owner), json!({ "name": format!("key {n}") })).await;
        assert_eq!(made.status, 200, "{}", made.body);
        // S1-28
        assert!(made.text("value").starts_with("sk-proj-"));
    }
    // S1-27: without a body the key gets a name.
    let unnamed = world.post("/v1/api-keys", admin(&owner), json!(null)).await;
    assert_eq!((unnamed.status, unnamed.text("name")), (200, "API key".to_owned()), "{}", unnamed.body);
    let bot = world.post(&accounts, admin(&owner), json!({ "name": "bot" })).await;
    assert!(bot.body["api_key"]["value"].as_str().unwrap().starts_with("sk-svcacct-"));
    let view = world.get("/v1/keystead/verification", admin(&owner)).await.body;
    assert_eq!((&view["phone"]["status"], &view["organization"]["status"]), (&json!("waived"), &json!("unverified")));
    assert_eq!(view["actions"]["api_key.create"]["allowed"], true);
}

/// S1-06 S1-04: a withdrawn phone stops new keys, also for organizations with old keys, and never an old key.
#[tokio::test]
async fn old_keys_outlive_the_verification() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let old = world.post("/v1/api-keys", admin(&owner), json!({ "name": "old" })).await.text("value");
    let organization = owner.organization_id.clone();
    let cleared: Result<(), keystead_store::Error> = world
        .store
        .write("clear", async move |tx: &mut keystead_store::Tx| {
            let at = keystead_core::Timestamp(START);
            keystead_store::tables::organizations::clear_requirement(tx, &organization, Requirement::Phone, at).await?;
            Ok(())
        })
        .await;
    cleared.unwrap();
    let further = world.post("/v1/api-keys", &old, json!({ "name": "further" })).await;
    assert_eq!((further.status, further.code()), (403, "phone_verification_required"));
    for path in ["/v1/me", "/v1/keystead/verification"] {
        assert_eq!(world.get(path, &old).await.status, 200);
    }
    world.wait(10 * 365 * 86_400);
    assert_eq!(world.get("/v1/me", &old).await.status, 200);
}

/// A key never grants more than it holds.
#[tokio::test]
async fn keys_grant_no_more_than_they_hold() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let narrow = json!({ "name": "narrow", "scopes": ["model.request"], "expires_in_seconds": 3600 });
    let narrow = world.post("/v1/api-keys", admin(&owner), narrow).await;
    let (id, narrow) = (narrow.text("id"), narrow.text("value"));
    for asked in [json!(["api.all.read"]), json!(["api.model.request", "api.files.read"])] {
        let refused = world.post("/v1/api-keys", &narrow, json!({ "name": "wide", "scopes": asked })).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (403, &json!("scopes")), "{asked}");
    }
    let longer = world.post("/v1/api-keys", &narrow, json!({ "name": "long", "expires_in_seconds": 7200 })).await;
    assert_eq!(longer.status, 403);
    let heir = world.post("/v1/api-keys", &narrow, json!({ "name": "heir" })).await;
    assert_eq!((heir.status, &heir.body["expires_at"]), (200, &json!(START + 3600)));
    let heir = world.get(&format!("/v1/keystead/api_keys/{}", heir.text("id")), admin(&owner)).await;
    assert_eq!(heir.body["scopes"], json!(["api.model.request"]));
    let unknown = world.post("/v1/api-keys", admin(&owner), json!({ "name": "x", "scopes": ["api.everything"] })).await;
    assert_eq!((unknown.status, &unknown.body["error"]["param"]), (400, &json!("scopes")));

    world.wait(3600);
    assert_eq!(world.post("/v1/api-keys", &narrow, json!({ "name": "late" })).await.status, 401);
    let path = format!("/v1/organization/projects/{}/api_keys/{id}", owner.project_id);
    assert_eq!(world.post(&path, admin(&owner), json!({ "scopes": [] })).await.status, 400);
    let why = world.get(&format!("/v1/keystead/api_keys/{id}"), admin(&owner)).await;
    assert_eq!(why.body["state"], "expired");
}

/// S2-03: a service account makes no keys; S2-02: its keys are listed beside people's and can be deleted there.
#[tokio::test]
async fn service_account_keys() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let project = format!("/v1/organization/projects/{}", owner.project_id);
    let bot = world.post(&format!("{project}/service_accounts"), admin(&owner), json!({ "name": "bot" })).await;
    let (account, value) = (bot.text("id"), bot.body["api_key"]["value"].as_str().unwrap().to_owned());
    assert_eq!(world.post("/v1/api-keys", &value, json!({ "name": "no" })).await.status, 403);
    let second = format!("{project}/service_accounts/{account}/api_keys");
    assert_eq!(world.call(http::Method::POST, &second, admin(&owner), "").await.status, 200);
    let keys = world.get(&format!("{project}/api_keys"), admin(&owner)).await;
    assert_eq!(keys.body["data"].as_array().unwrap().len(), 2);
    assert_eq!(keys.body["data"][0]["owner"]["type"], "service_account");
    assert!(!keys.body.to_string().contains(&value));
    let id = bot.body["api_key"]["id"].as_str().unwrap().to_owned();
    let path = format!("{project}/api_keys/{id}");
    let update = world.post(&path, admin(&owner), json!({ "scopes": ["api.all.read"] })).await;
    assert_eq!(update.status, 200, "{}", update.body);
    assert_eq!(world.post(&path, admin(&owner), json!({ "scopes": null })).await.status, 400);
    assert_eq!(world.post(&path, admin(&owner), json!({})).await.status, 400);
    assert_eq!(world.delete(&path, admin(&owner)).await.body["deleted"], true);
    assert_eq!(world.get(&path, admin(&owner)).await.status, 404);
    assert_eq!(world.get("/v1/me", &value).await.code(), "invalid_api_key");
    let why = world.get(&format!("/v1/keystead/api_keys/{id}"), admin(&owner)).await.body;
    assert_eq!((&why["state"], &why["revoked_at"]), (&json!("revoked"), &json!(START)));
    assert!(why["revoked_by"].as_str().unwrap().starts_with("api_key:key_"));
}

/// S1-27 S1-08 S2-07: a legacy key still works, and makes a new key in the organization that the header names; the
/// phone of that organization decides.
#[tokio::test]
async fn legacy_keys_choose_their_organization_by_header() {
    let world = World::new().await;
    let first = world.app.bootstrap("ann@example.com", "One", true).await.unwrap();
    let second = world.app.bootstrap("ann@example.com", "Two", false).await.unwrap();
    let person = Actor::Person(first.user_id.clone());
    let legacy = world.app.create_user_key(&person, &first.organization_id, &NewKey::default()).await.unwrap();
    let legacy = legacy.secret.expose();
    let ask = async |organization: &str| {
        let request = http::Request::post("/v1/api-keys").header("authorization", format!("Bearer {legacy}"));
        let request = request.header("openai-organization", organization);
        world.send(request.body(r#"{"name":"heir"}"#.to_owned().into()).unwrap()).await
    };
    let made = ask("").await;
    assert_eq!((made.status, &made.body["project_id"]), (200, &json!(first.project_id)));
    let refused = ask(second.organization_id.as_str()).await;
    assert_eq!((refused.status, refused.code()), (403, "phone_verification_required"));
    let foreign = world.bootstrap("bob", true).await;
    assert_eq!(ask(foreign.organization_id.as_str()).await.code(), "invalid_organization");
    let body = json!({ "name": "heir", "project_id": foreign.project_id });
    assert_eq!(world.post("/v1/api-keys", legacy, body.clone()).await.status, 404);
    assert_eq!(world.post("/v1/api-keys", admin(&first), body).await.status, 404);
}

/// S1-36 S1-41: a new secret replaces the old one while both work, until the requested end.
#[tokio::test]
async fn rotation_leaves_time_to_change_over() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let asked = json!({ "name": "shop", "scopes": ["api.model.request"], "expires_in_seconds": 7200 });
    let old = world.post("/v1/api-keys", admin(&owner), asked).await;
    let (id, secret) = (old.text("id"), old.text("value"));
    let path = format!("/v1/keystead/api_keys/{id}/rotate");
    for overlap in [json!(-1), json!(604_801), json!("soon")] {
        let refused = world.post(&path, admin(&owner), json!({ "overlap_in_seconds": overlap })).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!("overlap_in_seconds")));
    }
    world.wait(60);
    let made = world.post(&path, admin(&owner), json!({ "overlap_in_seconds": 3600 })).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let now = START + 60;
    assert_eq!((&made.body["name"], &made.body["expires_at"]), (&json!("shop"), &json!(now + 7200)), "as long a life");
    assert_eq!(made.body["replaces"], json!({ "id": id, "expires_at": now + 3600 }));
    let explain = async |id: &str| world.get(&format!("/v1/keystead/api_keys/{id}"), admin(&owner)).await.body;
    let (before, after) = (explain(&id).await, explain(&made.text("id")).await);
    assert_eq!((&before["rotated_to"], &before["state"]), (&made.body["id"], &json!("active")));
    for field in ["name", "scopes", "project_id", "owner_id", "kind"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    let again = world.post(&path, admin(&owner), json!({})).await;
    assert_eq!(again.status, 400, "one heir: {}", again.body);
    world.wait(3599);
    for key in [&secret, &made.text("value")] {
        assert_eq!(world.get("/v1/me", key).await.status, 200);
    }
    world.wait(1);
    assert_eq!(world.get("/v1/me", &secret).await.status, 401);
    assert_eq!(world.get("/v1/me", &made.text("value")).await.status, 200);

    // An immediate rotation, and one of a service account's key.
    let project = format!("/v1/organization/projects/{}", owner.project_id);
    let bot = world.post(&format!("{project}/service_accounts"), admin(&owner), json!({ "name": "bot" })).await;
    let old = bot.body["api_key"].clone();
    let path = format!("/v1/keystead/api_keys/{}/rotate", old["id"].as_str().unwrap());
    let made = world.post(&path, admin(&owner), json!({ "overlap_in_seconds": 0 })).await;
    assert!(made.text("value").starts_with("sk-svcacct-"), "{}", made.body);
    assert_eq!(made.body["owner"]["service_account"]["id"], bot.body["id"]);
    assert_eq!(world.get("/v1/me", old["value"].as_str().unwrap()).await.status, 401);
    assert_eq!(explain(old["id"].as_str().unwrap()).await["revoked_reason"], "rotated");
    let log = world.get("/v1/organization/audit_logs", admin(&owner)).await;
    let told = log.body["data"].as_array().unwrap().iter().map(kind_of);
    let told: Vec<_> = told.take(3).collect();
    assert_eq!(told, ["api_key.deleted", "api_key.rotated", "api_key.created"]);
    assert_eq!(log.body["data"][1]["api_key.rotated"]["data"]["successor"], made.body["id"]);
    // In OpenAI's API it is a change of the old key, which ends at once.
    let change = json!({ "id": old["id"], "changes_requested": { "expires_in_seconds": 0 } });
    let event = &log.body["data"][1];
    assert_eq!((&event["type"], &event["api_key.updated"]), (&json!("api_key.updated"), &change));
}

/// S1-36 S1-01: a rotation makes a key, so it passes the gate of new keys and grants no more than its maker holds.
#[tokio::test]
async fn rotation_is_a_new_key() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let old = world.post("/v1/api-keys", admin(&owner), json!({ "name": "old" })).await;
    let path = format!("/v1/keystead/api_keys/{}/rotate", old.text("id"));
    let person = Actor::Person(owner.user_id.clone());
    let narrow =
        NewKey { scopes: vec!["api.management.read".into(), "api.management.write".into()], ..NewKey::default() };
    let narrow = world.app.create_admin_key(&person, &owner.organization_id, narrow).await.unwrap();
    let refused = world.post(&path, narrow.secret.expose(), json!({})).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    let organization = owner.organization_id.clone();
    let cleared: Result<(), keystead_store::Error> = world
        .store
        .write("clear", async move |tx: &mut keystead_store::Tx| {
            let at = keystead_core::Timestamp(START);
            keystead_store::tables::organizations::clear_requirement(tx, &organization, Requirement::Phone, at).await
        })
        .await;
    cleared.unwrap();
    let refused = world.post(&path, admin(&owner), json!({})).await;
    assert_eq!((refused.status, refused.code()), (403, "phone_verification_required"));
    assert_eq!(world.get("/v1/me", &old.text("value")).await.status, 200, "the old key is untouched");
    assert_eq!(
        world.get(&format!("/v1/keystead/api_keys/{}", old.text("id")), admin(&owner)).await.body["rotated_to"],
        json!(null)
    );
    let deleted = world.bootstrap("bob", true).await;
    let admin_key = world.get("/v1/organization/admin_api_keys", admin(&deleted)).await.body["data"][0]["id"].clone();
    let path = format!("/v1/keystead/api_keys/{}/rotate", admin_key.as_str().unwrap());
    assert_eq!(world.post(&path, admin(&deleted), json!({})).await.status, 400, "admin keys belong to no project");
}
