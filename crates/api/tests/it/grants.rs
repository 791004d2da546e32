//! No write creates permissions that were not there: not with a key, and not by sending the fields of a response back.

use http::Method;
use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::role::OrganizationRole;
use keystead_core::scope::{Restriction, Scope, ScopeSet};
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::{Error, Tx};
use serde_json::{Value, json};

use crate::world::{World, admin};

async fn row(world: &World, id: &str) -> KeyRow {
    let id: KeyId = id.parse().unwrap();
    let read = world.store.read("key", async move |tx: &mut Tx| api_keys::find(tx, &id).await);
    let found: Result<_, Error> = read.await;
    found.unwrap().unwrap()
}

fn scopes(literals: &[&str]) -> ScopeSet {
    Restriction(literals.iter().map(ToString::to_string).collect()).scopes()
}

fn within(inner: ScopeSet, outer: ScopeSet) -> bool {
    inner.intersection(outer) == inner
}

/// Requests for the widest permissions.
fn requested_scopes() -> Vec<Value> {
    let all: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let mut requested_scopes = vec![json!(null), json!([]), json!(all), json!(["api.all.read"])];
    requested_scopes.extend(all.iter().map(|scope| json!([scope])));
    requested_scopes
}

#[tokio::test]
async fn keys_grant_no_more_than_their_own_scopes() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let root = admin(&owner);
    let (projects, own) = ("/v1/organization/projects", "/v1/api-keys");
    let project = format!("{projects}/{}", owner.project_id);
    let accounts = format!("{project}/service_accounts");
    let idle = json!({ "name": "idle", "create_service_account_only": true });
    let grantors: [(&str, &[&str]); 8] = [
        ("/v1/organization/admin_api_keys", &[]),
        ("/v1/organization/admin_api_keys", &["api.management.read"]),
        ("/v1/organization/admin_api_keys", &["api.management.read", "api.management.write"]),
        ("/v1/organization/admin_api_keys", &["api.all.read", "api.management.write"]),
        ("/v1/organization/admin_api_keys", &["api.management.write", "api.model.request"]),
        (own, &[]),
        (own, &["api.model.read"]),
        (own, &["api.all.read"]),
    ];
    for (made_by, held) in grantors {
        let made = world.post(made_by, root, json!({ "name": "grantor", "scopes": held })).await;
        assert_eq!(made.status, 200, "{}", made.body);
        let (grantor, limit) = (made.text("value"), scopes(held));
        let kind = row(&world, &made.text("id")).await.kind;
        let account = world.post(&accounts, root, idle.clone()).await.text("id");
        let weak = world.post(own, root, json!({ "name": "weak", "scopes": ["api.files.read"] })).await.text("id");
        let strong = world.post(own, root, json!({ "name": "strong" })).await.text("id");
        let mut granted = 0;
        for requested in requested_scopes() {
            let whole = json!({ "name": "grant", "scopes": requested });
            for path in ["/v1/organization/admin_api_keys", own, &format!("{accounts}/{account}/api_keys")] {
                let answer = world.post(path, &grantor, whole.clone()).await;
                if answer.status == 200 {
                    let new = row(&world, &answer.text("id")).await;
                    assert!(within(new.restriction.scopes(), limit), "{kind:?} {held:?} made {:?}", new.restriction);
                    granted += 1;
                } else {
                    assert_eq!(answer.status, 403, "{path} {requested}: {}", answer.body);
                }
            }
            if !requested.is_null() {
                let before = row(&world, &weak).await.restriction.scopes();
                let changed =
                    world.post(&format!("{project}/api_keys/{weak}"), &grantor, json!({ "scopes": requested })).await;
                assert!([200, 403].contains(&changed.status), "{}", changed.body);
                let after = row(&world, &weak).await.restriction.scopes();
                assert!(within(after, limit.union(before)), "{kind:?} {held:?} wrote {requested}");
            }
        }
        let answer = world.post(&accounts, &grantor, json!({ "name": "bot" })).await;
        if answer.status == 200 {
            let new = row(&world, answer.body["api_key"]["id"].as_str().unwrap()).await;
            assert!(within(new.restriction.scopes(), limit), "{kind:?} {held:?} made {:?}", new.restriction);
        }
        let answer = world.post(&format!("/v1/keystead/api_keys/{strong}/rotate"), &grantor, json!({})).await;
        assert!(answer.status != 200 || limit == ScopeSet::all(), "{kind:?} {held:?} took over a whole key");
        let answer = world.post(&format!("{accounts}/{account}"), &grantor, json!({ "role": "owner" })).await;
        assert!(answer.status != 200 || limit == ScopeSet::all(), "{kind:?} {held:?} gave a role: {}", answer.body);
        let reader = world.member(&owner.organization_id, OrganizationRole::Reader).await;
        for (path, body) in [
            ("/v1/organization/invites", json!({ "email": "eve@example.com", "role": "owner" })),
            ("/v1/organization/invites", json!({ "email": "eve@example.com", "role": "reader" })),
            (&format!("/v1/organization/users/{reader}"), json!({ "role": "owner" })),
        ] {
            let answer = world.post(path, &grantor, body.clone()).await;
            let whole = limit == ScopeSet::all() && kind.as_str() == "admin";
            assert_eq!(answer.status == 200, whole, "{kind:?} {held:?} gave {body}: {}", answer.body);
        }
        let writes = limit.allows(Scope::ManagementWrite) || kind.as_str() == "project";
        assert_eq!(granted > 0, writes, "{kind:?} {held:?}");
    }
}

/// A key with an end never grants a longer life than its own.
#[tokio::test]
async fn keys_grant_no_longer_than_their_own_lifetime() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let admin_keys = "/v1/organization/admin_api_keys";
    let short = world.post(admin_keys, admin(&owner), json!({ "name": "short", "expires_in_seconds": 100 })).await;
    let end = short.body["expires_at"].as_i64().unwrap();
    for path in [admin_keys, "/v1/api-keys"] {
        let same = world.post(path, &short.text("value"), json!({ "name": "x" })).await;
        assert_eq!((same.status, &same.body["expires_at"]), (200, &json!(end)), "{}", same.body);
        let longer = json!({ "name": "x", "expires_in_seconds": 101 });
        let longer = world.post(path, &short.text("value"), longer).await;
        assert_eq!((longer.status, &longer.body["error"]["param"]), (403, &json!("expires_in_seconds")));
    }
}

/// A read-only admin key can be made, is shown as such, and is restricted to that.
#[tokio::test]
async fn an_admin_key_can_be_restricted() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let path = "/v1/organization/admin_api_keys";
    let made = world.post(path, admin(&owner), json!({ "name": "ro", "scopes": ["api.management.read"] })).await;
    assert_eq!((made.status, &made.body["scopes"]), (200, &json!(["api.management.read"])), "{}", made.body);
    let (id, key) = (made.text("id"), made.text("value"));
    let seen = world.get(&format!("{path}/{id}"), admin(&owner)).await;
    assert_eq!(seen.body["scopes"], json!(["api.management.read"]));
    assert_eq!(world.get("/v1/organization/projects", &key).await.status, 200);
    let write = world.post("/v1/organization/projects", &key, json!({ "name": "x" })).await;
    assert_eq!(write.status, 403);
    assert!(write.body["error"].as_str().unwrap().contains("api.management.write"), "{}", write.body);
    assert_eq!(world.get("/v1/organization/usage/images?start_time=1", &key).await.status, 403);
    let unknown = world.post(path, admin(&owner), json!({ "name": "ro", "scopes": ["api.read"] })).await;
    assert_eq!((unknown.status, &unknown.body["error"]["param"]), (400, &json!("scopes")));
    let misspelt = world.post(path, admin(&owner), json!({ "name": "ro", "expires_in_second": 60 })).await;
    assert_eq!((misspelt.status, &misspelt.body["error"]["param"]), (400, &json!("expires_in_second")));
    let log = world.get("/v1/organization/audit_logs?event_types[]=api_key.created", admin(&owner)).await;
    let logged = &log.body["data"][0]["api_key.created"];
    assert_eq!(
        (&logged["id"], &logged["data"]["scopes"]),
        (&json!(id), &json!(["api.management.read"])),
        "{}",
        log.body
    );
}

/// ASVS 8.2.3, 15.3.3
#[tokio::test]
async fn answers_sent_back_change_only_what_can_be_changed() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let project: &ProjectId = &owner.project_id;
    let _: &OrganizationId = &owner.organization_id;
    let other = world.post("/v1/organization/projects", key, json!({ "name": "other" })).await.text("id");
    let path = format!("/v1/organization/projects/{other}");
    let account = world.post(&format!("{path}/service_accounts"), key, json!({ "name": "bot" })).await.text("id");
    let own = world.post("/v1/api-keys", key, json!({ "name": "k", "project_id": other })).await.text("id");
    let lists = "/v1/keystead/organization/ip_allowlists";
    let list = world.post(lists, key, json!({ "name": "l", "allowed_ips": ["192.0.2.1"] })).await.text("id");
    let reader = world.member(&owner.organization_id, OrganizationRole::Reader).await;
    world.post(&format!("{path}/users"), key, json!({ "user_id": reader, "role": "member" })).await;
    for (path, writable) in [
        (path.clone(), &["name"][..]),
        (format!("{path}/users/{reader}"), &["role"]),
        (format!("/v1/organization/users/{reader}"), &["role", "role_id", "technical_level", "developer_persona"]),
        (format!("{path}/service_accounts/{account}"), &["name", "role"]),
        (format!("{path}/api_keys/{own}"), &["scopes", "expires_in_seconds"]),
        (format!("{path}/model_permissions"), &["mode", "model_ids"]),
        (format!("{lists}/{list}"), &["name", "allowed_ips", "force"]),
    ] {
        let before = world.get(&path, key).await;
        assert_eq!(before.status, 200, "{path}: {}", before.body);
        for (name, value) in before.body.as_object().unwrap() {
            if writable.contains(&name.as_str()) {
                continue;
            }
            let known_null = value.is_null() && name == "external_key_id";
            let answer = world.post(&path, key, json!({ name.as_str(): value })).await;
            let named = answer.body["error"]["param"] == json!(name);
            assert!(known_null || (answer.status == 400 && named), "{path} {name}: {} {}", answer.status, answer.body);
        }
        // The whole response is refused as well, and so are fields that only other objects have.
        for more in [before.body.clone(), json!({ "owner": "x" }), json!({ "organization_id": "org-x", "name": "y" })] {
            let answer = world.post(&path, key, more).await;
            assert_eq!(answer.status, 400, "{path}: {}", answer.body);
        }
        assert_eq!(world.get(&path, key).await.body, before.body, "{path}");
    }
    let archived =
        world.call(Method::POST, &format!("/v1/organization/projects/{project}/archive?force=1"), key, "").await;
    assert_eq!(archived.status, 400, "{}", archived.body);
}
