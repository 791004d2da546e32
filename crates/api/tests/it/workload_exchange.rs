//! The exchange of workloads' tokens: what a token becomes, and the attacks on it.

use axum::body::Body;
use http::Request;
use keystead_testkit::Workloads;
use serde_json::{Value, json};

use crate::workloads::{GRANT, Setup, claims, exchange, federation_rule, oauth};
use crate::world::World;

#[tokio::test]
async fn a_token_becomes_a_key_for_its_own_life() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let answer = setup.exchange(&setup.token(&json!({}))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let key = answer.text("access_token");
    let mut rest = answer.body.clone();
    rest["access_token"] = json!("");
    let kind = "urn:ietf:params:oauth:token-type:access_token";
    let expected = json!({ "access_token": "", "issued_token_type": kind, "token_type": "Bearer", "expires_in": 300 });
    assert_eq!(rest, expected);
    assert!(key.starts_with("sk-svcacct-") && setup.works(&key).await == 200);
    // It is in no list of keys, and no key of the account was counted.
    let keys = world.get(&format!("/v1/organization/projects/{}/api_keys", setup.project), setup.key()).await;
    assert_eq!(keys.body["data"].as_array().unwrap().len(), 1, "{}", keys.body);
    // The log says for whom, and holds no secret.
    let log = world.get("/v1/organization/audit_logs?event_types[]=workload_identity.token_issued", setup.key()).await;
    let event = log.body["data"][0].clone();
    let details = &event["workload_identity.token_issued"];
    assert_eq!(details["subject"], "repo:acme/app:ref:refs/heads/main");
    assert_eq!((&details["mapping_id"], &event["project"]["id"]), (&json!(setup.rule), &json!(setup.project)));
    let id = details["id"].as_str().unwrap().to_owned();
    assert!(!event.to_string().contains(&key[key.len() - 40..]));
    // It is told apart by its id, and cannot be changed into a lasting key.
    let shown = world.get(&format!("/v1/keystead/api_keys/{id}"), setup.key()).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    let path = format!("/v1/organization/projects/{}/api_keys/{id}", setup.project);
    assert_eq!(world.post(&path, setup.key(), json!({ "expires_in_seconds": 100_000 })).await.status, 404);
    let rotated = world.post(&format!("/v1/keystead/api_keys/{id}/rotate"), setup.key(), json!({})).await;
    assert_eq!(rotated.status, 404, "{}", rotated.body);
    world.wait(299);
    assert_eq!(setup.works(&key).await, 200);
    world.wait(1);
    assert_eq!(setup.works(&key).await, 401, "with the token");
    let long = setup.exchange(&setup.token(&json!({ "exp": setup.now() + 86_400 }))).await;
    assert_eq!(long.body["expires_in"], 3_600, "an hour at most");
    // The same token again: another key, with the same end.
    let token = setup.token(&json!({}));
    let first = setup.exchange(&token).await;
    world.wait(100);
    let second = setup.exchange(&token).await;
    assert_eq!((&first.body["expires_in"], &second.body["expires_in"]), (&json!(300), &json!(200)));
    // Deleted a week after their end.
    world.wait(8 * 86_400);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.get(&format!("/v1/keystead/api_keys/{id}"), setup.key()).await.status, 404);
}

#[tokio::test]
async fn rules_restrict_and_are_tried_oldest_first() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let key = setup.key();
    world.wait(1);
    let mut wide = federation_rule(&setup.project, &setup.account);
    wide["attribute_matchers"] = json!({ "repository_owner": "acme" });
    let wide = world.post(&format!("{}/federation_rules", setup.provider_path()), key, wide).await;
    assert_eq!(wide.status, 200, "{}", wide.body);
    let permissions = json!({ "type": "restricted", "scopes": ["api.model.read"] });
    let narrow = world.post(&setup.rule_path(), key, json!({ "permissions": permissions })).await;
    assert_eq!(narrow.status, 200, "{}", narrow.body);
    let both = setup.exchange(&setup.token(&json!({ "repository_owner": "acme" }))).await;
    assert_eq!(both.body["scope"], "api.model.read", "the older rule");
    let only = setup.exchange(&setup.token(&json!({ "repository_owner": "acme", "repository": "acme/b" }))).await;
    assert_eq!((only.status, only.body.get("scope")), (200, None));
    let off = world.post(&setup.rule_path(), key, json!({ "enabled": false })).await;
    assert_eq!(off.status, 200);
    let both = setup.exchange(&setup.token(&json!({ "repository_owner": "acme" }))).await;
    assert_eq!((both.status, both.body.get("scope")), (200, None), "a rule that is off is passed over");
    // Attributes may be derived.
    let derived = json!([{ "attribute": "repository_owner", "expression": "assertion.org.name" }]);
    world.post(&setup.provider_path(), key, json!({ "attribute_transformations": derived })).await;
    let token = setup.token(&json!({ "org": { "name": "acme" } }));
    assert_eq!(setup.exchange(&token).await.status, 200);
    let hidden = setup.exchange(&setup.token(&json!({ "repository_owner": "acme" }))).await;
    assert_eq!(hidden.status, 400, "the claim of this name is hidden by the derived attribute");
}

#[tokio::test]
async fn attacks_with_tokens() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let now = setup.now();
    let usual = claims(now, &json!({}));
    let signed = |header: Value| Workloads::sign_with(1, &header, &usual);
    let good = Workloads::sign(1, &usual);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let unsigned = message.to_owned() + ".";
    let other_claims = Workloads::sign(1, &claims(now, &json!({ "repository": "evil/app" })));
    let spliced =
        format!("{}.{}.{signature}", message.split_once('.').unwrap().0, other_claims.split('.').nth(1).unwrap());
    for (name, token) in [
        ("not a token", "x".to_owned()),
        ("an API key", setup.key().to_owned()),
        ("huge", "a".repeat(20_000)),
        ("unsigned", unsigned),
        ("alg none", signed(json!({ "alg": "none", "kid": "key-1" }))),
        ("alg HS256", signed(json!({ "alg": "HS256", "kid": "key-1" }))),
        ("alg RS256 on an EC key", signed(json!({ "alg": "RS256", "kid": "key-1" }))),
        ("alg ES384 on P-256", signed(json!({ "alg": "ES384", "kid": "key-1" }))),
        ("no kid", signed(json!({ "alg": "ES256" }))),
        ("kid of another key", signed(json!({ "alg": "ES256", "kid": "key-2" }))),
        ("kid as a path", signed(json!({ "alg": "ES256", "kid": "../key-1" }))),
        (
            "a key in the header",
            signed(json!({ "alg": "ES256", "kid": "key-9", "jwk": Workloads::jwks(&[1])["keys"][0] })),
        ),
        ("critical extension", signed(json!({ "alg": "ES256", "kid": "key-1", "crit": ["b64"], "b64": false }))),
        ("another kind of token", signed(json!({ "alg": "ES256", "kid": "key-1", "typ": "logout+jwt" }))),
        ("another key", Workloads::sign_with(2, &json!({ "alg": "ES256", "kid": "key-1" }), &usual)),
        ("spliced", spliced),
        ("another issuer", setup.token(&json!({ "iss": "https://evil.example.com" }))),
        ("no issuer", setup.token(&json!({ "iss": null }))),
        ("another audience", setup.token(&json!({ "aud": "other" }))),
        ("two audiences", setup.token(&json!({ "aud": ["keystead", "other"] }))),
        ("no audience", setup.token(&json!({ "aud": null }))),
        ("no subject", setup.token(&json!({ "sub": null }))),
        ("expired", setup.token(&json!({ "exp": now }))),
        ("no end", setup.token(&json!({ "exp": null }))),
        ("endless", setup.token(&json!({ "exp": now + 100 * 86_400 }))),
        ("not yet valid", setup.token(&json!({ "nbf": now + 120 }))),
        ("issued later", setup.token(&json!({ "iat": now + 120 }))),
        ("another repository", setup.token(&json!({ "repository": "acme/app2" }))),
        ("a repository in an array", setup.token(&json!({ "repository": ["acme/app"] }))),
        ("no repository", setup.token(&json!({ "repository": null }))),
    ] {
        let answer = setup.exchange(&token).await;
        assert_eq!(oauth(&answer), (400, "invalid_grant"), "{name}");
        let text = answer.body.to_string();
        assert!(!text.contains("acme/app\""), "{name} tells the conditions: {text}");
    }
    assert_eq!(setup.exchange(&good).await.status, 200, "and the good one is good");
    // Repeated claims: two readers could take different ones.
    let part = |text: &str| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    };
    let twice =
        format!("{}.{}.{}", part(r#"{"alg":"ES256","kid":"key-1"}"#), part(r#"{"sub":"a","sub":"b"}"#), part("x"));
    assert_eq!(oauth(&setup.exchange(&twice).await), (400, "invalid_grant"));
    // Before the signature holds, nothing is fetched for tokens of other issuers.
    let asked = world.workloads.asked();
    setup.exchange(&setup.token(&json!({ "iss": "https://evil.example.com" }))).await;
    assert_eq!(world.workloads.asked(), asked);
    world.workloads.publish(None);
    assert_eq!(oauth(&setup.exchange(&good).await), (503, "temporarily_unavailable"));
    world.workloads.publish(Some(&[2]));
    assert_eq!(oauth(&setup.exchange(&good).await), (400, "invalid_grant"), "the issuer withdrew the key");
    // Keys that the customer gave are not fetched.
    let jwks = json!({ "verification": { "type": "uploaded_jwks", "jwks": Workloads::jwks(&[1]) } });
    assert_eq!(world.post(&setup.provider_path(), setup.key(), jwks).await.status, 200);
    world.workloads.publish(None);
    assert_eq!(setup.exchange(&good).await.status, 200);
}

#[tokio::test]
async fn requests_that_are_no_exchange() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let good = setup.request(&setup.token(&json!({})));
    for (name, value, code) in [
        ("grant_type", json!(null), "invalid_request"),
        ("grant_type", json!("client_credentials"), "unsupported_grant_type"),
        ("subject_token", json!(""), "invalid_request"),
        ("subject_token", json!(["x"]), "invalid_request"),
        ("subject_token_type", json!("urn:ietf:params:oauth:token-type:saml2"), "invalid_request"),
        ("subject_token_type", json!(null), "invalid_request"),
        ("identity_provider_id", json!(null), "invalid_request"),
        ("service_account_id", json!(null), "invalid_request"),
        ("requested_token_type", json!("urn:ietf:params:oauth:token-type:refresh_token"), "invalid_request"),
        ("actor_token", json!("x"), "invalid_request"),
        ("scope", json!("api.model.read"), "invalid_scope"),
        ("resource", json!("https://other.example.com"), "invalid_target"),
        ("audience", json!("other"), "invalid_target"),
        ("identity_provider_id", json!("wip_none"), "invalid_grant"),
        ("identity_provider_id", json!("not an id"), "invalid_grant"),
        ("service_account_id", json!("svc_acct_none"), "invalid_grant"),
        ("service_account_id", json!("not an id"), "invalid_grant"),
    ] {
        let mut body = good.clone();
        body[name] = value.clone();
        let answer = exchange(&world, "application/json", body.to_string()).await;
        assert_eq!(oauth(&answer), (400, code), "{name} {value}: {}", answer.body);
    }
    let form = |pairs: &[(&str, &str)]| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in good.as_object().unwrap() {
            form.append_pair(name, value.as_str().unwrap());
        }
        for (name, value) in pairs {
            form.append_pair(name, value);
        }
        form.finish()
    };
    let kind = "application/x-www-form-urlencoded";
    let more = [("scope", ""), ("client_id", "x"), ("x", "y")];
    let plain = exchange(&world, kind, form(&more)).await;
    assert_eq!((plain.status, plain.body.get("scope")), (200, None), "a form works, and other parameters do nothing");
    let id_token = good.to_string().replace(":jwt", ":id_token");
    assert_eq!(exchange(&world, "application/json; charset=utf-8", id_token).await.status, 200);
    for (kind, body) in [
        (kind, form(&[("grant_type", GRANT)])),
        ("application/json", good.to_string().replacen('{', "{\"grant_type\":\"x\",", 1)),
        ("application/json", "[]".to_owned()),
        ("application/json", String::new()),
        ("text/plain", good.to_string()),
        ("", good.to_string()),
        ("application/json", format!("{{\"x\":\"{}\"}}", "x".repeat(70_000))),
    ] {
        let answer = exchange(&world, kind, body).await;
        assert_eq!(oauth(&answer), (400, "invalid_request"), "{kind}");
    }
    let get = Request::builder().uri("/oauth/token").body(Body::empty()).unwrap();
    let refused = world.send(get).await;
    assert_eq!(oauth(&refused), (405, "invalid_request"));
    assert_eq!(refused.headers["allow"], "POST");
}
