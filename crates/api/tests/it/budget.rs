//! What a key may still spend, at `/v1/keystead/budget`.

use axum::body::Body;
use http::Request;
use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_app::organizations::bootstrap::Bootstrapped;
use serde_json::{Value, json};

use crate::spend::{spend, spend_limit};
use crate::world::{Answer, World, admin};

const BUDGET: &str = "/v1/keystead/budget";
/// 1 February 2026, 00:00 UTC.
const NEXT_MONTH: i64 = 1_769_904_000;

fn payer(id: &str, [limit, spent, remaining]: [Option<f64>; 3]) -> Value {
    json!({
        "id": id,
        "limit": limit,
        "spent": spent,
        "set_aside": 0.0,
        "remaining": remaining,
        "currency": "USD",
        "resets_at": NEXT_MONTH,
    })
}

async fn project_key(world: &World, owner: &Bootstrapped, scopes: &[&str]) -> String {
    let body = json!({ "name": "k", "scopes": scopes, "project_id": owner.project_id });
    world.post("/v1/api-keys", admin(owner), body).await.text("value")
}

async fn ask(world: &World, key: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::get(BUDGET).header("authorization", format!("Bearer {key}"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn any_key_says_what_it_may_still_spend() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = project_key(&world, &owner, &[]).await;
    let (organization, project) = (owner.organization_id.as_str(), owner.project_id.as_str());
    // Without limits it says only what is spent.
    spend(&world, &owner, "1-a", 700).await;
    let free = payer(organization, [None, Some(7.0), None]);
    let expected = json!({
        "object": "keystead.budget",
        "interval": "month",
        "organization": free,
        "project": payer(project, [None, Some(7.0), None]),
        "budgets": [],
    });
    assert_eq!(world.get(BUDGET, &key).await.body, expected);

    let of_project = format!("/v1/organization/projects/{project}/spend_limit");
    assert_eq!(world.post("/v1/organization/spend_limit", admin(&owner), spend_limit(5_000)).await.status, 200);
    assert_eq!(world.post(&of_project, admin(&owner), spend_limit(1_050)).await.status, 200);
    let seen = world.get(BUDGET, &key).await.body;
    assert_eq!(seen["organization"], payer(organization, [Some(50.0), Some(7.0), Some(43.0)]));
    assert_eq!(seen["project"], payer(project, [Some(10.5), Some(7.0), Some(3.5)]));
    // More was spent than the limit, which was lowered: nothing remains, as the limit itself says.
    spend(&world, &owner, "1-b", 500).await;
    let seen = world.get(BUDGET, &key).await.body;
    assert_eq!(seen["project"], payer(project, [Some(10.5), Some(12.0), Some(0.0)]));
    assert_eq!(world.get(&of_project, admin(&owner)).await.body["enforcement"]["status"], "enforcing");

    // A key without permissions and a service account's key may ask, too.
    let narrow = project_key(&world, &owner, &["api.model.read"]).await;
    assert_eq!(world.get(BUDGET, &narrow).await.body, seen);
    let accounts = format!("/v1/organization/projects/{project}/service_accounts");
    let account = world.post(&accounts, admin(&owner), json!({ "name": "bot" })).await.body;
    let of_account = world.get(BUDGET, account["api_key"]["value"].as_str().unwrap()).await;
    assert!([200, 401, 403].contains(&of_account.status), "{}", of_account.body);
    // An admin key is of the organization.
    let of_admin = world.get(BUDGET, admin(&owner)).await.body;
    assert_eq!((&of_admin["organization"], &of_admin["project"]), (&seen["organization"], &Value::Null));

    // In the next month everything is free again.
    world.wait(31 * 86_400);
    let seen = world.get(BUDGET, &key).await.body;
    assert_eq!((&seen["project"]["spent"], &seen["project"]["remaining"]), (&json!(0.0), &json!(10.5)));
}

#[tokio::test]
async fn no_key_sees_what_another_organization_or_project_spends() {
    let world = World::new().await;
    let (ann, bob) = (world.bootstrap("ann", true).await, world.bootstrap("bob", true).await);
    spend(&world, &ann, "1-a", 700).await;
    assert_eq!(world.post("/v1/organization/spend_limit", admin(&ann), spend_limit(5_000)).await.status, 200);
    let key = project_key(&world, &bob, &[]).await;
    let seen = world.get(BUDGET, &key).await.body;
    assert_eq!(seen["organization"], payer(bob.organization_id.as_str(), [None, Some(0.0), None]));
    // Headers cannot choose another payer than the data plane would.
    let organization = [("openai-organization", ann.organization_id.as_str())];
    let project = [("openai-project", ann.project_id.as_str())];
    for (headers, code) in [(organization, "mismatched_organization"), (project, "mismatched_project")] {
        let refused = ask(&world, &key, &headers).await;
        assert_eq!((refused.status, refused.code()), (401, code), "{}", refused.body);
        assert!(!refused.body.to_string().contains("7."), "{}", refused.body);
    }
    // A user key of two organizations chooses by header, as for requests.
    let person = Actor::Person(ann.user_id.clone());
    let legacy = world.app.create_user_key(&person, &ann.organization_id, &NewKey::default()).await.unwrap();
    let legacy = legacy.secret.expose();
    assert_eq!(ask(&world, legacy, &[]).await.body["project"]["spent"], 7.0);
    let made = world.post("/v1/organization/projects", admin(&ann), json!({ "name": "other" })).await.text("id");
    let other = ask(&world, legacy, &[("openai-project", &made)]).await.body;
    assert_eq!((&other["project"]["id"], &other["project"]["spent"]), (&json!(made), &json!(0.0)));
    // A project that is archived pays for nothing.
    assert_eq!(
        world.post(&format!("/v1/organization/projects/{made}/archive"), admin(&ann), json!({})).await.status,
        200
    );
    let archived = ask(&world, legacy, &[("openai-project", &made)]).await;
    assert!([401, 403].contains(&archived.status), "{}", archived.body);
    // Nothing is read from a query.
    let query = world.get(&format!("{BUDGET}?project={}", ann.project_id), &key).await;
    assert_eq!(query.status, 400, "{}", query.body);
}

#[tokio::test]
async fn strangers_and_expired_keys_see_nothing() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let body = json!({ "name": "k", "expires_in_seconds": 3_600, "project_id": owner.project_id });
    let key = world.post("/v1/api-keys", admin(&owner), body).await.text("value");
    assert_eq!(world.get(BUDGET, &key).await.status, 200);
    world.wait(3_601);
    assert_eq!(world.get(BUDGET, &key).await.status, 401);
    assert_eq!(world.get(BUDGET, "sk-proj-invented").await.status, 401);
}
