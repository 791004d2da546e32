//! Keys of workloads: what ends them, what is required before them, and how many there are.

use std::sync::Arc;

use futures_util::future::join_all;
use keystead_app::Actor;
use keystead_core::gate::Requirement;
use keystead_testkit::{Databases, Workloads};
use serde_json::json;

use crate::workloads::{Setup, WORKLOAD_PROVIDERS, federation_rule, oauth, workload_provider};
use crate::world::{World, admin};

#[tokio::test]
async fn keys_end_with_what_they_depend_on() {
    let world = World::new().await;
    for (n, act) in [
        "rule off",
        "rule deleted",
        "conditions",
        "scopes",
        "provider off",
        "issuer",
        "audience",
        "keys",
        "attributes",
        "account deleted",
    ]
    .into_iter()
    .enumerate()
    {
        let setup = Setup::new(&world, &format!("owner{n}")).await;
        let (key, bystander) = (setup.issued().await, Setup::new(&world, &format!("other{n}")).await);
        let other = bystander.issued().await;
        let (rule, provider) = (setup.rule_path(), setup.provider_path());
        // What concerns no permission ends nothing.
        for path in [&rule, &provider] {
            let renamed =
                world.post(path, setup.key(), json!({ "name": "n", "description": "d", "enabled": true })).await;
            assert_eq!(renamed.status, 200, "{}", renamed.body);
        }
        assert_eq!(setup.works(&key).await, 200, "{act}");
        let jwks = json!({ "type": "uploaded_jwks", "jwks": Workloads::jwks(&[1]) });
        let attributes = json!([{ "attribute": "x", "expression": "assertion.y" }]);
        let permissions = json!({ "type": "restricted", "scopes": ["api.model.read"] });
        let account = format!("/v1/organization/projects/{}/service_accounts/{}", setup.project, setup.account);
        let done = match act {
            "rule off" => world.post(&rule, setup.key(), json!({ "enabled": false })).await,
            "rule deleted" => world.delete(&rule, setup.key()).await,
            "conditions" => world.post(&rule, setup.key(), json!({ "attribute_matchers": { "sub": "x" } })).await,
            "scopes" => world.post(&rule, setup.key(), json!({ "permissions": permissions })).await,
            "provider off" => world.post(&provider, setup.key(), json!({ "enabled": false })).await,
            "issuer" => world.post(&provider, setup.key(), json!({ "issuer": "https://b.example.com" })).await,
            "audience" => world.post(&provider, setup.key(), json!({ "audience": "b" })).await,
            "keys" => world.post(&provider, setup.key(), json!({ "verification": jwks })).await,
            "attributes" => {
                world.post(&provider, setup.key(), json!({ "attribute_transformations": attributes })).await
            }
            _ => world.delete(&account, setup.key()).await,
        };
        assert_eq!(done.status, 200, "{act}: {}", done.body);
        assert_eq!(setup.works(&key).await, 401, "{act}");
        assert_eq!(setup.works(&other).await, 200, "{act}: of another organization");
        let again = setup.exchange(&setup.token(&json!({}))).await;
        let still = ["scopes", "keys", "attributes"].contains(&act);
        assert_eq!(again.status == 200, still, "{act}: {}", again.body);
    }
    let setup = Setup::new(&world, "archived").await;
    let archive = format!("/v1/organization/projects/{}/archive", setup.project);
    assert_eq!(world.post(&archive, setup.key(), json!({})).await.status, 200);
    assert_eq!(oauth(&setup.exchange(&setup.token(&json!({}))).await), (400, "invalid_grant"));
}

/// Whatever the order, no key is left of a rule that is gone.
#[tokio::test]
async fn exchanges_race_with_the_end_of_their_rule() {
    for databases in Databases::both().await {
        let database = databases.fresh().await;
        let world = World::on(&database);
        for round in 0..4 {
            let setup = Setup::new(&world, &format!("owner{round}")).await;
            let (token, rule) = (setup.token(&json!({})), setup.rule_path());
            let exchanges = join_all((0..8).map(|_| setup.exchange(&token)));
            let (answers, gone) = tokio::join!(exchanges, world.delete(&rule, setup.key()));
            assert_eq!(gone.status, 200, "{}", gone.body);
            for answer in answers {
                match answer.status {
                    200 => assert_eq!(setup.works(&answer.text("access_token")).await, 401),
                    _ => assert_eq!(oauth(&answer), (400, "invalid_grant")),
                }
            }
        }
    }
}

#[tokio::test]
async fn what_new_keys_require_is_required() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", false).await;
    let (key, operator) = (admin(&owner), Actor::operator("test"));
    let until = Some(world.app.now().plus(100));
    let phone = Requirement::Phone;
    world.app.waive_requirement(&operator, &owner.organization_id, phone, until, "test").await.unwrap();
    let accounts = format!("/v1/organization/projects/{}/service_accounts", owner.project_id);
    let account = world.post(&accounts, key, json!({ "name": "bot" })).await.text("id");
    let provider = world.post(WORKLOAD_PROVIDERS, key, workload_provider("x")).await.text("id");
    let rules = format!("{WORKLOAD_PROVIDERS}/{provider}/federation_rules");
    let rule = federation_rule(owner.project_id.as_str(), &account);
    let made = world.post(&rules, key, rule.clone()).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let (project, rule_id) = (owner.project_id.to_string(), made.text("id"));
    let setup = Setup { world: &world, owner: Arc::new(owner), project, account, provider, rule: rule_id };
    let issued = setup.issued().await;
    world.wait(101);
    let refused = world.post(&rules, setup.key(), rule).await;
    assert_eq!((refused.status, refused.code()), (403, "phone_verification_required"), "{}", refused.body);
    let refused = setup.exchange(&setup.token(&json!({}))).await;
    assert_eq!(oauth(&refused), (403, "access_denied"));
    assert!(refused.text("error_description").contains("needs a verified phone number"), "{}", refused.body);
    assert_eq!(setup.works(&issued).await, 200, "existing keys keep working");
}

#[tokio::test]
async fn a_restricted_key_gives_no_more_than_it_holds() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let scopes = json!(["api.management.read", "api.management.write", "api.model.read"]);
    let weak = json!({ "name": "weak", "scopes": scopes });
    let weak = world.post("/v1/organization/admin_api_keys", setup.key(), weak).await.text("value");
    let rules = format!("{}/federation_rules", setup.provider_path());
    let mut rule = federation_rule(&setup.project, &setup.account);
    let refused = world.post(&rules, &weak, rule.clone()).await;
    assert_eq!((refused.status, &refused.body["error"]["param"]), (403, &json!("permissions")), "{}", refused.body);
    rule["permissions"] = json!({ "type": "restricted", "scopes": ["api.model.request"] });
    assert_eq!(world.post(&rules, &weak, rule.clone()).await.status, 403);
    rule["permissions"] = json!({ "type": "restricted", "scopes": ["api.model.read"] });
    assert_eq!(world.post(&rules, &weak, rule).await.status, 200);
    for (path, body) in [
        (setup.rule_path(), json!({ "attribute_matchers": { "sub": "evil" } })),
        (setup.provider_path(), json!({ "issuer": "https://evil.example.com" })),
        (setup.provider_path(), json!({ "verification": { "type": "uploaded_jwks", "jwks": Workloads::jwks(&[3]) } })),
    ] {
        let refused = world.post(&path, &weak, body.clone()).await;
        assert_eq!(refused.status, 403, "{body}: {}", refused.body);
    }
    assert_eq!(world.post(&setup.rule_path(), &weak, json!({ "enabled": false })).await.status, 200, "ends things");
    assert_eq!(world.post(&setup.rule_path(), &weak, json!({ "enabled": true })).await.status, 403);
    let later = json!({ "attribute_matchers": { "sub": "evil" } });
    assert_eq!(world.post(&setup.rule_path(), &weak, later).await.status, 403, "an owner may switch it on");
}

#[tokio::test]
async fn a_burst_of_exchanges_and_the_maximum_numbers() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    for _ in 0..300 {
        assert_eq!(setup.exchange("x").await.status, 400);
    }
    let limited = setup.exchange(&setup.token(&json!({}))).await;
    assert_eq!(oauth(&limited), (429, "temporarily_unavailable"));
    assert!(limited.headers.contains_key("retry-after"));
    world.wait(900);
    assert_eq!(setup.exchange(&setup.token(&json!({}))).await.status, 200);
    let (key, rules) = (setup.key(), format!("{}/federation_rules", setup.provider_path()));
    for _ in 1..50 {
        let made = world.post(&rules, key, federation_rule(&setup.project, &setup.account)).await;
        assert_eq!(made.status, 200, "{}", made.body);
        assert_eq!(world.post(WORKLOAD_PROVIDERS, key, workload_provider("x")).await.status, 200);
    }
    let more = world.post(&rules, key, federation_rule(&setup.project, &setup.account)).await;
    assert_eq!(more.status, 400, "{}", more.body);
    let more = world.post(WORKLOAD_PROVIDERS, key, workload_provider("x")).await;
    assert_eq!(more.status, 400, "{}", more.body);
}
