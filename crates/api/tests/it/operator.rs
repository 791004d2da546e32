//! The operator's API: only for operators, and every action with its reason.

use http::Method;
use keystead_api::{Permission, ROUTES};
use keystead_app::organizations::bootstrap::Bootstrapped;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Account};
use serde_json::{Value, json};

use crate::world::{START, World, admin};

pub(crate) const HERE: &str = "/v1/keystead/operator";

/// A person with a confirmed address that the configuration names.
pub(crate) async fn operator(world: &World, name: &str) -> Bootstrapped {
    let made = world.bootstrap(name, true).await;
    let user = made.user_id.clone();
    let confirm = world.store.write("confirm", async move |tx: &mut Tx| {
        let account = Account {
            user: user.clone(),
            password: None,
            password_changed_at: None,
            confirmed_at: Some(Timestamp(START)),
            language: String::new(),
            theme: String::new(),
            time_zone: String::new(),
            describes: None,
            totp_sealed: None,
            totp_confirmed_at: None,
            totp_last_step: 0,
            muted_mails: Vec::new(),
        };
        accounts::save(tx, &account).await
    });
    confirm.await.unwrap();
    made
}

#[tokio::test]
async fn only_operators_pass() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let unconfirmed = world.bootstrap("ops", true).await;
    let data = world.post("/v1/api-keys", admin(&owner), json!({ "name": "data" })).await.text("value");
    let mut seen = 0;
    for endpoint in ROUTES.iter().filter(|endpoint| endpoint.permission == Permission::Operator) {
        assert!(endpoint.path.starts_with(HERE), "{endpoint:?}");
        seen += 1;
        let path = endpoint.path.replace("{organization_id}", owner.organization_id.as_str()).replace("{id}", "case_1");
        for key in [data.as_str(), admin(&owner), admin(&unconfirmed)] {
            let refused = world.call(endpoint.method.clone(), &path, key, r#"{"reason":"x"}"#).await;
            assert_eq!(refused.status, 403, "{endpoint:?}: {}", refused.body);
        }
    }
    assert!(seen >= 12, "{seen}");
    let listed = ROUTES.iter().filter(|endpoint| endpoint.path.starts_with(HERE)).count();
    assert_eq!(listed, seen, "no operator's entry is listed under another permission");
}

/// ASVS 6.3.3: in production an operator's key gives no operator's rights before a second step is set up.
#[tokio::test]
async fn an_operators_key_needs_a_second_step() {
    let world = World::in_production().await;
    let operator = operator(&world, "ops").await;
    let mut seen = 0;
    for endpoint in ROUTES.iter().filter(|endpoint| endpoint.permission == Permission::Operator) {
        seen += 1;
        let path = endpoint.path.replace("{organization_id}", "org-x").replace("{id}", "case_1");
        let refused = world.call(endpoint.method.clone(), &path, admin(&operator), r#"{"reason":"x"}"#).await;
        assert_eq!(refused.status, 403, "{endpoint:?}: {}", refused.body);
        let message = refused.body["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("Operators need a second step"), "{endpoint:?}: {message}");
    }
    assert!(seen >= 12, "{seen}");
    let user = operator.user_id.clone();
    let enrol = world.store.write("enrol", async move |tx: &mut Tx| {
        let mut account = accounts::find(tx, &user).await?.unwrap();
        account.totp_confirmed_at = Some(Timestamp(START));
        accounts::save(tx, &account).await
    });
    enrol.await.unwrap();
    assert_eq!(world.get(&format!("{HERE}/policy"), admin(&operator)).await.status, 200);
}

#[tokio::test]
async fn rules_are_read_tried_and_saved() {
    let world = World::new().await;
    let operator = operator(&world, "ops").await;
    let key = admin(&operator);
    let owner = world.bootstrap("ann", true).await;
    assert_eq!(world.post("/v1/api-keys", admin(&owner), json!({ "name": "one" })).await.status, 200);
    let policy = world.get(&format!("{HERE}/policy"), key).await;
    assert_eq!((policy.status, &policy.body["version"]), (200, &json!(1)), "{}", policy.body);
    let mut rules = policy.body["rules"].as_array().unwrap().clone();
    rules.push(json!({ "id": "verified-for-keys", "action": "api_key.create", "mode": "enforce",
        "any_of": [["organization"], ["phone", "payment_method", "organization"]] }));
    let preview = world.post(&format!("{HERE}/policy/preview"), key, json!({ "rules": rules })).await;
    assert_eq!((preview.status, &preview.body["organizations"]), (200, &json!(1)), "{}", preview.body);
    assert_eq!(preview.body["refusals"][0]["organization_id"], json!(owner.organization_id));

    let body = json!({ "rules": rules, "version": 1, "reason": "keys for the verified" });
    for (missing, param) in [("version", "version"), ("reason", "reason"), ("rules", "rules")] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().remove(missing);
        let refused = world.post(&format!("{HERE}/policy"), key, body).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!(param)), "{}", refused.body);
    }
    let unknown = json!({ "rules": [{ "id": "x", "action": "model.use", "require": ["blood"], "mode": "enforce" }],
        "version": 1, "reason": "x" });
    assert_eq!(world.post(&format!("{HERE}/policy"), key, unknown).await.status, 400);
    let saved = world.post(&format!("{HERE}/policy"), key, body.clone()).await;
    assert_eq!((saved.status, &saved.body["version"]), (200, &json!(2)), "{}", saved.body);
    assert_eq!(saved.body["versions"][0]["saved_by"], "ops@example.com");
    assert_eq!(world.post(&format!("{HERE}/policy"), key, body).await.status, 409, "another person saved first");
    let refused = world.post("/v1/api-keys", admin(&owner), json!({ "name": "two" })).await;
    assert_eq!((refused.status, refused.code()), (403, "organization_verification_required"));

    let exempt = json!({ "organization_id": owner.organization_id, "until": START + 100, "reason": "contract" });
    assert_eq!(world.post(&format!("{HERE}/exemptions"), key, exempt).await.status, 200);
    assert_eq!(world.post("/v1/api-keys", admin(&owner), json!({ "name": "two" })).await.status, 200);
    let end = format!("{HERE}/exemptions/{}/end", owner.organization_id);
    assert_eq!(world.post(&end, key, json!({ "reason": "over" })).await.status, 200);
    assert_eq!(world.post(&end, key, json!({ "reason": "over" })).await.status, 404);
    assert_eq!(world.post("/v1/api-keys", admin(&owner), json!({ "name": "three" })).await.status, 403);
}

#[tokio::test]
async fn waivers_states_health_and_retention() {
    let world = World::new().await;
    let operator = operator(&world, "ops").await;
    let key = admin(&operator);
    let owner = world.bootstrap("ann", false).await;
    let of = |path: &str| format!("{HERE}/organizations/{}/{path}", owner.organization_id);
    let waive = |requirement: &str| json!({ "requirement": requirement, "reason": "case 7", "until": START + 50 });
    for requirement in ["phone", "payment_method", "organization"] {
        let waived = world.post(&of("waivers"), key, waive(requirement)).await;
        assert_eq!((waived.status, &waived.body["until"]), (200, &json!(START + 50)), "{}", waived.body);
    }
    let view = world.get("/v1/keystead/verification", admin(&owner)).await;
    for requirement in ["phone", "payment_method", "organization"] {
        assert_eq!(view.body[requirement]["status"], "waived");
    }
    assert_eq!(world.post(&of("waivers"), key, waive("blood")).await.status, 400);
    let suspend = world.post(&of("verification"), key, json!({ "action": "suspend", "reason": "x" })).await;
    assert_eq!(suspend.status, 400, "an exempt organization has nothing to suspend: {}", suspend.body);
    assert_eq!(world.post(&of("verification"), key, json!({ "action": "dance", "reason": "x" })).await.status, 400);
    let revoke = json!({ "organization_ids": [owner.organization_id], "reason": "x" });
    let refused = world.post(&format!("{HERE}/phones/revoke"), key, revoke).await;
    assert_eq!((refused.status, refused.code()), (400, "phone_not_possible"), "it was waived, not proven");
    let unknown = json!({ "organization_ids": ["org-none"], "reason": "x" });
    assert_eq!(world.post(&format!("{HERE}/phones/revoke"), key, unknown).await.status, 404);

    let cases = world.get(&format!("{HERE}/cases"), key).await;
    assert_eq!((cases.status, &cases.body["data"]), (200, &json!([])));
    let decide = format!("{HERE}/cases/case_none/decide");
    assert_eq!(world.post(&decide, key, json!({ "decision": "approve", "reason": "x" })).await.status, 404);
    let health = world.get(&format!("{HERE}/health"), key).await;
    assert_eq!(health.body["services"][0], json!({ "name": "sms", "health": "off" }));
    assert_eq!(health.body["services"][1], json!({ "name": "sms_fallback", "health": "off" }));
    let retention = world.get(&format!("{HERE}/retention"), key).await;
    let rows: &Vec<Value> = retention.body["data"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["what"] == "pictures" && row["kept_days"] == 7), "{}", retention.body);
    let wrong = world.call(Method::DELETE, &format!("{HERE}/health"), key, "").await;
    assert_eq!(wrong.status, 405);
}
