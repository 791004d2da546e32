//! Every operation of the table against every role, and that no one gives more than they have.

use http::Method;
use keystead_api::{Permission, ROUTES};
use keystead_core::role::OrganizationRole;
use keystead_core::scope::{Scope, ScopeSet};
use serde_json::json;

use crate::roles_world::{GROUPS, ROLES};
use crate::workloads::{WORKLOAD_PROVIDERS, federation_rule, workload_provider};
use crate::world::{World, admin};

/// Calls every operation, and compares whether it was refused with what these permissions say. A field that no operation
/// knows keeps each from doing anything.
async fn expect(world: &World, key: &str, who: &str, permissions: ScopeSet) {
    for endpoint in ROUTES {
        let Permission::Scope(scope) = endpoint.permission else { continue };
        let path = endpoint.path.replace(['{', '}'], "");
        let answer = world.call(endpoint.method.clone(), &path, key, "{\"not_a_wish\":1}").await;
        if permissions.allows(scope) {
            assert_eq!(answer.status, 400, "{who} may {endpoint:?}: {}", answer.body);
        } else {
            assert_eq!(answer.status, 403, "{who} may not {endpoint:?}: {}", answer.body);
            let said = answer.body["error"].as_str().unwrap_or_default();
            assert!(said.contains(scope.error_name()), "{who} {endpoint:?}: {}", answer.body);
        }
    }
}

async fn operators_only(world: &World, key: &str) {
    for endpoint in ROUTES.iter().filter(|endpoint| endpoint.permission == Permission::Operator) {
        let path = endpoint.path.replace(['{', '}'], "");
        let answer = world.call(endpoint.method.clone(), &path, key, "{\"not_a_wish\":1}").await;
        assert_eq!(answer.status, 403, "{endpoint:?}: {}", answer.body);
    }
}

/// ASVS 8.2.1, 8.2.2
#[tokio::test]
async fn every_operation_for_every_role() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let root = admin(&made);
    expect(&world, root, "an owner", ScopeSet::all()).await;
    operators_only(&world, root).await;

    // A role of one permission at a time, held by the person, and then through a group.
    let (key, role, person) = world.holder_of_a_role(&made, "ben").await;
    let roles = format!("/v1/organization/users/{person}/roles");
    let group = world.group(root, "team").await;
    for through_group in [false, true] {
        if through_group {
            assert_eq!(world.delete(&format!("{roles}/{role}"), root).await.status, 200);
            expect(&world, &key, "a person without roles", ScopeSet::NONE).await;
            world.must_post(&format!("{group}/roles"), root, json!({ "role_id": role })).await;
            expect(&world, &key, "a person outside the group", ScopeSet::NONE).await;
            world.must_post(&format!("{group}/users"), root, json!({ "user_id": person })).await;
        }
        for scope in Scope::ALL {
            let permissions = json!({ "permissions": [scope.as_str()] });
            world.must_post(&format!("{ROLES}/{role}"), root, permissions).await;
            expect(&world, &key, scope.as_str(), ScopeSet::of(&[scope])).await;
        }
        let permissions = json!({ "permissions": ["api.all.read"] });
        world.must_post(&format!("{ROLES}/{role}"), root, permissions).await;
        let reads = ScopeSet::of_permissions(&["api.all.read".to_owned()]);
        expect(&world, &key, "api.all.read", reads).await;
        operators_only(&world, &key).await;
    }
    // Each way to lose the role holds for the next request.
    assert_eq!(world.delete(&format!("{group}/users/{person}"), root).await.status, 200);
    expect(&world, &key, "a person who left the group", ScopeSet::NONE).await;
    world.must_post(&format!("{group}/users"), root, json!({ "user_id": person })).await;
    assert_eq!(world.delete(&group, root).await.status, 200);
    expect(&world, &key, "a person of a deleted group", ScopeSet::NONE).await;
    for (preset, permissions) in [
        ("role-api-organization-reader", OrganizationRole::Reader.permissions()),
        ("role-api-organization-owner", ScopeSet::all()),
    ] {
        world.must_post(&roles, root, json!({ "role_id": preset })).await;
        expect(&world, &key, preset, permissions).await;
    }
}

/// A key is narrowed by its own scopes, whatever its owner may do.
#[tokio::test]
async fn every_operation_for_every_restriction_and_kind_of_key() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let root = admin(&made);
    for scope in Scope::ALL {
        let asked = json!({ "name": "narrow", "scopes": [scope.as_str()] });
        let key = world.must_post("/v1/organization/admin_api_keys", root, asked).await;
        expect(&world, key["value"].as_str().unwrap(), scope.as_str(), ScopeSet::of(&[scope])).await;
    }
    let own = world.must_post("/v1/api-keys", root, json!({ "name": "data" })).await;
    let accounts = format!("/v1/organization/projects/{}/service_accounts", made.project_id);
    let bot = world.must_post(&accounts, root, json!({ "name": "bot" })).await;
    for key in [own["value"].as_str().unwrap(), bot["api_key"]["value"].as_str().unwrap()] {
        expect(&world, key, "a key of the data plane", ScopeSet::NONE).await;
        operators_only(&world, key).await;
    }
}

#[tokio::test]
async fn no_one_gives_more_than_they_have() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let root = admin(&made);
    let (key, role, ben) = world.holder_of_a_role(&made, "ben").await;
    let held = ["api.management.write", "api.roles.write", "api.groups.write", "api.usage.read"];
    world.must_post(&format!("{ROLES}/{role}"), root, json!({ "permissions": held })).await;
    let cid = world.named_member(&made.organization_id, "cid", OrganizationRole::None).await;
    let strong = world.custom_role(root, ROLES, "strong", &["api.management.read"]).await;
    let team = world.group(root, "team").await;
    world.must_post(&format!("{team}/roles"), root, json!({ "role_id": strong })).await;

    let keys = format!("/v1/organization/projects/{}/service_accounts", made.project_id);
    let bot = world.must_post(&keys, root, json!({ "name": "bot" })).await;
    let own = bot["api_key"]["id"].as_str().unwrap();
    let bot_key = format!("/v1/organization/projects/{}/api_keys/{own}", made.project_id);
    world.must_post(&bot_key, root, json!({ "scopes": ["api.files.read"] })).await;

    let provider = world.must_post(WORKLOAD_PROVIDERS, root, workload_provider("ci")).await;
    let provider = format!("{WORKLOAD_PROVIDERS}/{}", provider["id"].as_str().unwrap());
    let rule = federation_rule(made.project_id.as_str(), bot["id"].as_str().unwrap());
    let rules = format!("{provider}/federation_rules");
    let made_rule = world.must_post(&rules, root, rule.clone()).await;
    let rule_path = format!("{rules}/{}", made_rule["id"].as_str().unwrap());

    let users = "/v1/organization/users";
    let project = made.project_id.to_string();
    let file_role = json!({ "role_name": "x", "permissions": ["api.files.read"] });
    let group_id = team.rsplit('/').next().unwrap();
    let member = "role-api-project-member";
    let accounts = format!("/v1/organization/projects/{project}/service_accounts");
    let too_much = [
        (Method::POST, format!("{ROLES}/{role}"), json!({ "permissions": ["api.management.read"] })),
        (Method::POST, ROLES.to_owned(), json!({ "role_name": "x", "permissions": ["api.model.request"] })),
        (Method::POST, format!("/v1/projects/{project}/roles"), file_role),
        (Method::DELETE, format!("{ROLES}/{strong}"), json!({})),
        (Method::POST, format!("{users}/{ben}/roles"), json!({ "role_id": strong })),
        (Method::POST, format!("{users}/{ben}/roles"), json!({ "role_id": "role-api-organization-owner" })),
        (Method::POST, format!("{users}/{cid}/roles"), json!({ "role_id": "role-api-organization-reader" })),
        (Method::DELETE, format!("{users}/{}/roles/role-api-organization-owner", made.user_id), json!({})),
        (Method::POST, format!("{team}/users"), json!({ "user_id": ben })),
        (Method::DELETE, team.clone(), json!({})),
        (Method::DELETE, format!("{team}/roles/{strong}"), json!({})),
        (
            Method::POST,
            format!("/v1/organization/projects/{project}/groups"),
            json!({ "group_id": group_id, "role": member }),
        ),
        (Method::POST, format!("/v1/projects/{project}/users/{ben}/roles"), json!({ "role_id": member })),
        (Method::POST, accounts, json!({ "name": "bot" })),
        (Method::POST, bot_key, json!({ "scopes": ["api.files.read", "api.model.request"] })),
        (Method::POST, rules, rule),
        (Method::POST, rule_path, json!({ "attribute_matchers": { "sub": "mine" } })),
        (Method::POST, provider, json!({ "issuer": "https://mine.example.com" })),
    ];
    let before = world.store.dump().await.unwrap();
    for (method, path, body) in too_much {
        let body = if method == Method::DELETE { String::new() } else { body.to_string() };
        let answer = world.call(method.clone(), &path, &key, &body).await;
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.body);
        let said = answer.body["error"]["message"].as_str().unwrap_or_default();
        assert!(said.contains("do not hold yourself") || said.contains("Only an owner"), "{}", answer.body);
    }
    let withdraw = "/v1/keystead/organization_verifications/withdraw";
    assert_eq!(world.post(withdraw, &key, json!({})).await.status, 403, "it is for owners");
    assert_eq!(world.store.dump().await.unwrap(), before, "and nothing changed");

    // Holding every permission by name is not owning.
    let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    world.must_post(&format!("{ROLES}/{role}"), root, json!({ "permissions": names })).await;
    let owner = "role-api-organization-owner";
    let asked = json!({ "role_id": owner });
    assert_eq!(world.post(&format!("{users}/{ben}/roles"), &key, asked).await.status, 403);
    assert_eq!(world.delete(&format!("{users}/{}/roles/{owner}", made.user_id), &key).await.status, 403);
    world.must_post(&format!("{ROLES}/{role}"), root, json!({ "permissions": held })).await;
    // A new project is not owned by who may not own it.
    let lab = world.must_post("/v1/organization/projects", &key, json!({ "name": "Lab" })).await["id"].clone();
    let held_there = format!("/v1/projects/{}/users/{ben}/roles", lab.as_str().unwrap());
    assert_eq!(world.get(&held_there, root).await.body["data"], json!([]));

    // What they hold, they may give.
    let usage = world.custom_role(&key, ROLES, "usage", &["api.usage.read"]).await;
    world.must_post(&format!("{users}/{cid}/roles"), &key, json!({ "role_id": usage })).await;
    let own = world.group(&key, "own").await;
    world.must_post(&format!("{own}/roles"), &key, json!({ "role_id": usage })).await;
    world.must_post(&format!("{own}/users"), &key, json!({ "user_id": ben })).await;
    assert_eq!(world.delete(&own, &key).await.status, 200);

    // A restricted key of an owner does not give what its scopes leave out.
    let asked = json!({ "name": "narrow", "scopes": ["api.roles.write", "api.groups.write"] });
    let narrow = world.must_post("/v1/organization/admin_api_keys", root, asked).await;
    let narrow = narrow["value"].as_str().unwrap();
    let owner = json!({ "role_id": "role-api-organization-owner" });
    assert_eq!(world.post(&format!("{users}/{cid}/roles"), narrow, owner).await.status, 403);
    let reader = json!({ "role_id": "role-api-organization-reader" });
    assert_eq!(world.post(&format!("{users}/{cid}/roles"), narrow, reader).await.status, 403);
    assert_eq!(world.get(GROUPS, narrow).await.status, 403, "writing is not reading");
}
