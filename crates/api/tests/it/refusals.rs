//! Every route of the table refuses strangers.

use axum::body::Body;
use http::{Method, Request};
use keystead_api::{Permission, ROUTES};
use serde_json::json;

use crate::spend::spend_alert;
use crate::world::{World, admin};

/// Fills the path with ids of another organization's objects.
fn filled(path: &str, project: &str, account: &str, key: &str, user: &str) -> String {
    path.replace("{project_id}", project)
        .replace("{service_account_id}", account)
        .replace("{key_id}", key)
        .replace("{user_id}", user)
}

/// S2-01: nothing answers without a key, nor with an invented one.
#[tokio::test]
async fn every_route_refuses_strangers() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let other = world.bootstrap("bob", true).await;
    let made = world.post("/v1/api-keys", admin(&owner), json!({ "name": "data" })).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let (data, key) = (made.text("value"), made.text("id"));
    let accounts = format!("/v1/organization/projects/{}/service_accounts", owner.project_id);
    let account = world.post(&accounts, admin(&owner), json!({ "name": "bot" })).await.text("id");
    let invite = json!({ "email": "cid@example.com", "role": "reader" });
    let invite = world.post("/v1/organization/invites", admin(&owner), invite).await.text("id");
    let certificate = json!({ "certificate": crate::certificates::AUTHORITY });
    let certificate = world.post("/v1/organization/certificates", admin(&owner), certificate).await.text("id");
    let alert = spend_alert();
    let alerts = format!("/v1/organization/projects/{}/spend_alerts", owner.project_id);
    let of_project = world.post(&alerts, admin(&owner), alert.clone()).await.text("id");
    let of_organization = world.post("/v1/organization/spend_alerts", admin(&owner), alert.clone()).await.text("id");
    for endpoint in ROUTES {
        let path = filled(endpoint.path, owner.project_id.as_str(), &account, &key, owner.user_id.as_str());
        let path = path.replace("{invite_id}", &invite).replace("{certificate_id}", &certificate);
        let path = path.replace("{alert_id}", &of_organization).replace("{project_alert_id}", &of_project);
        let none = Request::builder().method(&endpoint.method).uri(&path).body(Body::empty()).unwrap();
        let none = world.send(none).await;
        assert_eq!(none.status, 401, "{endpoint:?}");
        assert!(none.headers.contains_key("www-authenticate"), "{endpoint:?}");
        let forged = format!("{}x", &data[..data.len() - 1]);
        let forged = world.call(endpoint.method.clone(), &path, &forged, "{}").await;
        assert_eq!((forged.status, forged.code()), (401, "invalid_api_key"), "{endpoint:?}");
        let Permission::Scope(scope) = endpoint.permission else { continue };
        let wrong = world.call(endpoint.method.clone(), &path, &data, "{}").await;
        assert_eq!(wrong.status, 403, "{endpoint:?}");
        let sentence = wrong.body["error"].as_str().unwrap_or_default();
        assert!(sentence.contains(scope.as_str()), "{endpoint:?}: {}", wrong.body);
        if endpoint.path.contains('{') {
            let mut body = json!({ "name": "mine", "scopes": [], "code": "123456", "channel": "qr",
                "mode": "deny_list", "model_ids": [], "retention_type": "none", "role_name": "mine", "permissions": [],
                "role_id": "role-x", "role": "owner", "user_id": owner.user_id, "group_id": "group_x",
                "certificate_ids": [certificate], "threshold_amount": 100, "currency": "USD", "interval": "month",
                "notification_channel": alert["notification_channel"] });
            body.as_object_mut().unwrap().retain(|name, _| endpoint.accepted.body.contains(&name.as_str()));
            if endpoint.path.ends_with("/velocity_cap") {
                body["mode"] = json!("off");
            }
            let body = &body.to_string();
            let foreign = world.call(endpoint.method.clone(), &path, admin(&other), body).await;
            assert_eq!(foreign.status, 404, "{endpoint:?}: {}", foreign.body);
            let missing = path.replace(|c: char| c.is_ascii_uppercase(), "0");
            let missing = world.call(endpoint.method.clone(), &missing, admin(&other), body).await;
            assert_eq!(missing.status, 404, "{endpoint:?}");
        }
    }
}

#[tokio::test]
async fn unknown_routes_wrong_methods_and_bodies() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let unknown = world.get("/v1/organization/nothing", key).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.body["error"]["message"], "Invalid URL (GET /v1/organization/nothing)");
    let wrong = world.call(Method::PUT, "/v1/organization/projects", key, "").await;
    assert_eq!((wrong.status, wrong.code()), (405, "method_not_supported"));
    for broken in ["{", "[]", "\"name\"", "{}}"] {
        let answer = world.call(Method::POST, "/v1/organization/projects", key, broken).await;
        assert_eq!(answer.status, 400, "{broken}");
        assert!(answer.body["error"]["message"].as_str().unwrap().contains("could not parse the JSON body"));
    }
    let long = "x".repeat(256);
    for name in [json!(7), json!(null), json!(""), json!("a\u{0}b"), json!(long), json!(["a"])] {
        let answer = world.post("/v1/organization/projects", key, json!({ "name": name })).await;
        assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!("name")), "{name}");
    }
    let large = world.post("/v1/organization/projects", key, json!({ "name": "x".repeat(100_000) })).await;
    assert_eq!(large.status, 413);
    for answer in [unknown, wrong, large] {
        assert!(answer.headers["x-request-id"].to_str().unwrap().starts_with("req_"));
        assert_eq!(answer.headers["openai-version"], "2020-10-01");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn the_organization_header_must_fit() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let request = Request::builder().uri("/v1/organization/projects");
    let request = request.header("authorization", format!("Bearer {}", admin(&owner)));
    let request = request.header("openai-organization", "org-somebodyelse").body(Body::empty()).unwrap();
    let answer = world.send(request).await;
    assert_eq!((answer.status, answer.code()), (401, "mismatched_organization"));
}

#[tokio::test]
async fn a_doubled_selection_is_refused_as_the_data_plane_refuses_it() {
    // One reading of the two headers on every plane.
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let organization = owner.organization_id.to_string();
    let ask = async |path: &str, name: &str, values: &[&[u8]]| {
        let request = Request::builder().uri(path).header("authorization", format!("Bearer {}", admin(&owner)));
        let request = values.iter().fold(request, |request, value| request.header(name, *value));
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        (answer.status, answer.code().to_owned())
    };
    let own = organization.as_bytes();
    for path in ["/v1/organization/projects", "/v1/keystead/verification"] {
        for (name, code) in
            [("openai-organization", "mismatched_organization"), ("openai-project", "mismatched_project")]
        {
            let doubled: [&[&[u8]]; 4] = [&[own, own], &[own, b"org-other"], &[b"", b"x"], &[b"\xff"]];
            for values in doubled {
                assert_eq!(ask(path, name, values).await, (401, code.to_owned()), "{path} {name} {values:?}");
            }
        }
    }
    assert_eq!(ask("/v1/organization/projects", "openai-organization", &[own]).await.0, 200);
    assert_eq!(ask("/v1/organization/projects", "openai-organization", &[b" "]).await.0, 200);
}
