//! Keys of workloads that leaked: found by their secret, named by their rule, and ended.

use keystead_app::Actor;
use keystead_app::keys::KeyState;
use keystead_core::secret::Secret;
use serde_json::json;

use crate::workloads::{Setup, WORKLOAD_PROVIDERS, federation_rule};
use crate::world::World;

#[tokio::test]
async fn a_leaked_key_is_found_and_ended() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let secret = setup.issued().await;
    // An operator, from a line of a log.
    let operator = Actor::operator("test");
    let pasted = Secret::new(format!("curl -H 'Authorization: Bearer {secret}'"));
    let found = world.app.key_of_secret(&operator, &pasted).await.unwrap();
    let (key, state) = found.expect("a live key is not unknown");
    assert_eq!((state, key.federation_rule.as_ref().map(|rule| rule.as_str())), (KeyState::Active, Some(&*setup.rule)));
    assert_eq!(key.expires_at.map(|end| end.0), Some(setup.now() + 300));
    // An owner, by its id.
    let path = format!("/v1/keystead/api_keys/{}", key.id);
    let shown = world.get(&path, setup.key()).await;
    assert_eq!(shown.body["federation_rule_id"], setup.rule, "{}", shown.body);
    let other = Setup::new(&world, "ben").await;
    assert_eq!(world.get(&path, other.key()).await.status, 404);
    let in_project = format!("/v1/organization/projects/{}/api_keys/{}", setup.project, key.id);
    assert_eq!(world.delete(&in_project, other.key()).await.status, 404);
    assert_eq!(setup.works(&secret).await, 200);
    assert_eq!(world.delete(&in_project, setup.key()).await.status, 200);
    assert_eq!(setup.works(&secret).await, 401);
    assert_eq!(world.delete(&in_project, setup.key()).await.status, 404, "once");
    // An operator ends another one.
    let secret = setup.issued().await;
    let found = world.app.key_of_secret(&operator, &Secret::new(secret.clone())).await.unwrap();
    world.app.revoke_any_key(&operator, &found.unwrap().0.id).await.unwrap();
    assert_eq!(setup.works(&secret).await, 401);
    // It cannot be made to last.
    let secret = setup.issued().await;
    let (key, _) = world.app.key_of_secret(&operator, &Secret::new(secret)).await.unwrap().unwrap();
    let in_project = format!("/v1/organization/projects/{}/api_keys/{}", setup.project, key.id);
    assert_eq!(world.post(&in_project, setup.key(), json!({ "expires_in_seconds": 9_000 })).await.status, 404);
    let rotate = format!("/v1/keystead/api_keys/{}/rotate", key.id);
    assert_eq!(world.post(&rotate, setup.key(), json!({})).await.status, 404);
    // An ordinary key names no rule.
    let accounts = format!("/v1/organization/projects/{}/service_accounts/{}/api_keys", setup.project, setup.account);
    let usual = world.post(&accounts, setup.key(), json!({})).await;
    let shown = world.get(&format!("/v1/keystead/api_keys/{}", usual.text("id")), setup.key()).await;
    assert!(shown.body["federation_rule_id"].is_null() && shown.status == 200, "{}", shown.body);
}

/// A rule that says nothing about the workload lets everyone in for whom the issuer vouches.
#[tokio::test]
async fn rules_that_let_everyone_in_are_refused() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let (key, rules) = (setup.key(), format!("{}/federation_rules", setup.provider_path()));
    let constant =
        json!([{ "attribute": "x", "expression": "'y'" }, { "attribute": "who", "expression": "assertion.sub" }]);
    let derived = world.post(&setup.provider_path(), key, json!({ "attribute_transformations": constant })).await;
    assert_eq!(derived.status, 200, "{}", derived.body);
    for matchers in [json!({ "iss": "x" }), json!({ "aud": "keystead", "iss": "x" }), json!({ "x": "y" })] {
        let mut rule = federation_rule(&setup.project, &setup.account);
        rule["attribute_matchers"] = matchers.clone();
        for refused in [
            world.post(&rules, key, rule).await,
            world.post(&setup.rule_path(), key, json!({ "attribute_matchers": matchers })).await,
        ] {
            assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!("attribute_matchers")));
            let message = refused.body["error"]["message"].as_str().unwrap();
            assert!(message.contains("differs between workloads"), "{message}");
        }
    }
    let telling = json!({ "attribute_matchers": { "who": "a", "x": "y" } });
    assert_eq!(world.post(&setup.rule_path(), key, telling).await.status, 200);
    // The rule stays, and its attribute becomes a constant.
    let constant = json!([{ "attribute": "who", "expression": "'a'" }]);
    let refused = world.post(&setup.provider_path(), key, json!({ "attribute_transformations": constant })).await;
    assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!("attribute_transformations")));
}

/// The answer says how long the key still works, also when the store was slow.
#[tokio::test]
async fn the_rest_of_a_life_is_told_when_it_is_answered() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let slow = world.clock();
    world.store.before("issue_workload_key", async move {
        slow.advance(100);
    });
    let answer = setup.exchange(&setup.token(&json!({}))).await;
    assert_eq!((answer.status, &answer.body["expires_in"]), (200, &json!(200)), "{}", answer.body);
    let key = answer.text("access_token");
    world.wait(199);
    assert_eq!(setup.works(&key).await, 200);
    world.wait(1);
    assert_eq!(setup.works(&key).await, 401, "with its token");
}

/// While a rule is made, its provider does not change into one that the maker of the rule did not see.
#[tokio::test]
async fn a_rule_and_a_change_of_its_provider_do_not_meet() {
    for databases in keystead_testkit::Databases::both().await {
        let database = databases.fresh().await;
        let world = World::on(&database);
        let setup = Setup::new(&world, "ann").await;
        assert_eq!(world.delete(&setup.rule_path(), setup.key()).await.status, 200);
        let rules = format!("{}/federation_rules", setup.provider_path());
        let mut rule = federation_rule(&setup.project, &setup.account);
        rule["attribute_matchers"] = json!({ "who": "a" });
        let constant = json!({ "attribute_transformations": [{ "attribute": "who", "expression": "'a'" }] });
        let path = setup.provider_path();
        let (made, changed) =
            tokio::join!(world.post(&rules, setup.key(), rule), world.post(&path, setup.key(), constant));
        let one = [made.status, changed.status];
        assert!(one == [200, 400] || one == [400, 200], "{one:?}: the rule would let everyone in");
        assert!(path.starts_with(WORKLOAD_PROVIDERS));
    }
}
