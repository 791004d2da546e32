//! Two organizations: nothing of one can be read, named or counted by the other, over every operation of the table.

use http::Method;
use keystead_api::{Endpoint, Permission, ROUTES};
use keystead_app::organizations::bootstrap::Bootstrapped;
use keystead_core::role::OrganizationRole;
use serde_json::{Value, json};

use crate::certificates::AUTHORITY;
use crate::external::{EXTERNAL_KEYS, EXTERNAL_STORAGE, external_key, external_storage};
use crate::roles_world::ROLES;
use crate::spend::{spend_alert, spend_limit};
use crate::world::{Answer, World, admin};

/// Values of the parameters of paths: objects of one organization.
struct Objects(Vec<(&'static str, String)>);

async fn objects(world: &World, made: &Bootstrapped, name: &str) -> Objects {
    let key = admin(made);
    let person = world.named_member(&made.organization_id, name, OrganizationRole::Reader).await;
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let project = text(&world.must_post("/v1/organization/projects", key, json!({ "name": name })).await);
    let accounts = format!("/v1/organization/projects/{project}/service_accounts");
    let account = world.must_post(&accounts, key, json!({ "name": name })).await;
    let group = world.group(key, name).await;
    let id = group.rsplit('/').next().unwrap().to_owned();
    let role = world.custom_role(key, ROLES, name, &["api.usage.read"]).await;
    let project_role = world.custom_role(key, &format!("/v1/projects/{project}/roles"), name, &[]).await;
    world.must_post(&format!("{group}/users"), key, json!({ "user_id": person })).await;
    for holder in [format!("{group}/roles"), format!("/v1/organization/users/{person}/roles")] {
        world.must_post(&holder, key, json!({ "role_id": role })).await;
    }
    for holder in [format!("groups/{id}"), format!("users/{person}")] {
        let path = format!("/v1/projects/{project}/{holder}/roles");
        world.must_post(&path, key, json!({ "role_id": project_role })).await;
    }
    let admin_key = world.must_post("/v1/organization/admin_api_keys", key, json!({ "name": name })).await;
    let certificate = json!({ "certificate": AUTHORITY });
    let certificate = world.must_post("/v1/organization/certificates", key, certificate).await;
    let external = world.must_post(EXTERNAL_KEYS, key, external_key(name)).await;
    let bucket = world.must_post(EXTERNAL_STORAGE, key, external_storage(&project)).await;
    let alert = world.must_post("/v1/organization/spend_alerts", key, spend_alert()).await;
    let of_project = format!("/v1/organization/projects/{project}");
    let project_alert = world.must_post(&format!("{of_project}/spend_alerts"), key, spend_alert()).await;
    for place in ["/v1/organization", &of_project] {
        world.must_post(&format!("{place}/spend_limit"), key, spend_limit(5_000)).await;
    }
    Objects(vec![
        ("{external_key_id}", text(&external)),
        ("{external_storage_id}", text(&bucket)),
        ("{certificate_id}", text(&certificate)),
        ("{alert_id}", text(&alert)),
        ("{project_alert_id}", text(&project_alert)),
        ("{project_id}", project),
        ("{service_account_id}", text(&account)),
        ("{key_id}", account["api_key"]["id"].as_str().unwrap().to_owned()),
        ("{admin_key}", text(&admin_key)),
        ("{user_id}", person.to_string()),
        ("{group_id}", id),
        ("{role_id}", role),
        ("{project_role}", project_role),
    ])
}

impl Objects {
    fn of(&self, endpoint: &Endpoint, parameter: &str) -> &str {
        let parameter = match parameter {
            "{role_id}" if endpoint.path.starts_with("/v1/projects/") => "{project_role}",
            "{key_id}" if endpoint.path.contains("admin_api_keys") => "{admin_key}",
            other => other,
        };
        self.0.iter().find(|(name, _)| *name == parameter).map_or("gpt-4o", |(_, id)| id)
    }
}

/// An id of the same kind that no one has.
fn unknown(id: &str) -> String {
    let end = id.len().saturating_sub(4);
    format!("{}none", &id[..end])
}

fn parameters(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| part.starts_with('{')).collect()
}

/// A body that the operation accepts, with objects from here.
fn body(endpoint: &Endpoint, own: &Objects) -> Value {
    let project = endpoint.path.contains("{project_id}");
    let role = own.of(endpoint, if project { "{project_role}" } else { "{role_id}" });
    let all = json!({
        "certificate": AUTHORITY, "certificate_ids": [own.of(endpoint, "{certificate_id}")],
        "name": "n", "role_name": "n2", "permissions": [], "scopes": ["api.model.read"], "mode": "allow_list",
        "model_ids": ["gpt-4o"], "max_requests_per_1_minute": 1, "default": "standard", "enabled_tiers": "all",
        "retention_type": "zero_data_retention", "web_search": { "enabled": true }, "user_id": own.of(endpoint, "{user_id}"),
        "group_id": own.of(endpoint, "{group_id}"), "role_id": role,
        "role": if endpoint.path.ends_with("/groups") { role } else { "member" },
    });
    let mut all = all;
    for (name, value) in spend_alert().as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    if endpoint.path == "/v1/organization/users/{user_id}" {
        all["role_id"] = "role-api-organization-reader".into();
        all["role"] = "reader".into();
    }
    let known = endpoint.accepted.body.iter().filter_map(|name| Some(((*name).to_owned(), all.get(name)?.clone())));
    Value::Object(known.collect())
}

async fn call(world: &World, key: &str, endpoint: &Endpoint, path: &str, body: &Value) -> Answer {
    let body = if endpoint.method == Method::POST { body.to_string() } else { String::new() };
    world.call(endpoint.method.clone(), path, key, &body).await
}

/// ASVS 8.2.2, 8.4.1
#[tokio::test]
async fn nothing_of_another_organization_can_be_named() {
    let world = World::new().await;
    let (one, two) = (world.bootstrap("ann", true).await, world.bootstrap("zoe", true).await);
    let (own, foreign) = (objects(&world, &one, "ben").await, objects(&world, &two, "yan").await);
    let key = admin(&one);
    let (mut pairs, before) = (0, world.store.dump().await.unwrap());
    let routes = || {
        ROUTES.iter().filter(|endpoint| {
            matches!(endpoint.permission, Permission::Scope(_)) && !endpoint.path.starts_with("/v1/keystead/")
        })
    };
    for endpoint in routes() {
        for wanted in parameters(endpoint.path).into_iter().filter(|parameter| *parameter != "{rate_limit_id}") {
            let with = |id: &str| {
                parameters(endpoint.path).into_iter().fold(endpoint.path.to_owned(), |path, parameter| {
                    let id = if parameter == wanted { id } else { own.of(endpoint, parameter) };
                    path.replace(parameter, id)
                })
            };
            let theirs = foreign.of(endpoint, wanted);
            let none = unknown(theirs);
            let body = body(endpoint, &own);
            let seen = call(&world, key, endpoint, &with(theirs), &body).await;
            let nothing = call(&world, key, endpoint, &with(&none), &body).await;
            // A body that is wrong by itself is refused before anything is looked for.
            assert!([400, 404].contains(&seen.status), "{endpoint:?} with {theirs}: {}", seen.body);
            let same = nothing.body.to_string().replace(&none, theirs);
            assert_eq!((seen.status, seen.body.to_string()), (nothing.status, same), "{endpoint:?} {wanted}");
            pairs += 1;
        }
        // The same for ids in bodies.
        for field in
            ["user_id", "group_id", "role_id"].into_iter().filter(|field| endpoint.accepted.body.contains(field))
        {
            let path = parameters(endpoint.path)
                .into_iter()
                .fold(endpoint.path.to_owned(), |path, parameter| path.replace(parameter, own.of(endpoint, parameter)));
            let mut body = body(endpoint, &own);
            let theirs = foreign.of(endpoint, &format!("{{{field}}}"));
            body[field] = theirs.into();
            let seen = call(&world, key, endpoint, &path, &body).await;
            assert_eq!(seen.status, 404, "{endpoint:?} {field} {theirs}: {}", seen.body);
            pairs += 1;
        }
    }
    assert!(pairs > 80, "only {pairs} pairs");
    assert_eq!(world.store.dump().await.unwrap(), before, "and nothing changed");

    // Lists name and count only what is here.
    for endpoint in routes().filter(|endpoint| endpoint.method == Method::GET) {
        let path = parameters(endpoint.path)
            .into_iter()
            .fold(endpoint.path.to_owned(), |path, parameter| path.replace(parameter, own.of(endpoint, parameter)));
        let query = if path.contains("/usage/") || path.ends_with("/costs") { "?start_time=1" } else { "" };
        let answer = world.get(&format!("{path}{query}"), key).await;
        let text = answer.body.to_string();
        for (_, id) in &foreign.0 {
            assert!(!text.contains(id), "{endpoint:?} names {id}");
        }
        assert!(!text.contains(two.organization_id.as_str()) && !text.contains("yan"), "{endpoint:?}: {text}");
    }
}
