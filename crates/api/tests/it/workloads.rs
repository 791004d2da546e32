//! Workload identity: providers, rules, and the exchange of tokens, with the attacks on it.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request};
use keystead_app::organizations::bootstrap::Bootstrapped;
use keystead_core::network::Client;
use keystead_testkit::Workloads;
use serde_json::{Value, json};

use crate::world::{Answer, START, World, admin};

pub(crate) const WORKLOAD_PROVIDERS: &str = "/v1/organization/workload_identity_providers";
pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

pub(crate) fn workload_provider(name: &str) -> Value {
    json!({ "type": "oidc", "name": name, "issuer": Workloads::ISSUER, "audience": "keystead" })
}

pub(crate) fn federation_rule(project: &str, account: &str) -> Value {
    json!({ "attribute_matchers": { "repository": "acme/app" }, "project_id": project, "service_account_id": account })
}

/// The claims of a token that the rule of [`Setup`] lets in, with changes; null removes a claim.
pub(crate) fn claims(now: i64, changed: &Value) -> Value {
    let mut claims = json!({
        "iss": Workloads::ISSUER, "aud": "keystead", "sub": "repo:acme/app:ref:refs/heads/main",
        "repository": "acme/app", "iat": now, "exp": now + 300,
    });
    for (name, value) in changed.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

/// An organization with a service account, a provider, and a rule by which workloads of a repository act as the account.
pub(crate) struct Setup<'w> {
    pub(crate) world: &'w World,
    pub(crate) owner: Arc<Bootstrapped>,
    pub(crate) project: String,
    pub(crate) account: String,
    pub(crate) provider: String,
    pub(crate) rule: String,
}

impl<'w> Setup<'w> {
    pub(crate) async fn new(world: &'w World, name: &str) -> Self {
        let owner = world.bootstrap(name, true).await;
        let key = admin(&owner);
        let project = world.post("/v1/organization/projects", key, json!({ "name": "Lab" })).await.text("id");
        let accounts = format!("/v1/organization/projects/{project}/service_accounts");
        let account = world.post(&accounts, key, json!({ "name": "bot" })).await.text("id");
        let provider = world.post(WORKLOAD_PROVIDERS, key, workload_provider("GitHub")).await.text("id");
        let rules = format!("{WORKLOAD_PROVIDERS}/{provider}/federation_rules");
        let rule = world.post(&rules, key, federation_rule(&project, &account)).await.text("id");
        Self { world, owner: Arc::new(owner), project, account, provider, rule }
    }

    /// The same names, of which some can be replaced.
    pub(crate) fn named_alike(&self) -> Setup<'w> {
        Self {
            world: self.world,
            owner: Arc::clone(&self.owner),
            project: self.project.clone(),
            account: self.account.clone(),
            provider: self.provider.clone(),
            rule: self.rule.clone(),
        }
    }

    pub(crate) fn key(&self) -> &str {
        admin(&self.owner)
    }

    pub(crate) fn provider_path(&self) -> String {
        format!("{WORKLOAD_PROVIDERS}/{}", self.provider)
    }

    pub(crate) fn rule_path(&self) -> String {
        format!("{}/federation_rules/{}", self.provider_path(), self.rule)
    }

    pub(crate) fn now(&self) -> i64 {
        self.world.app.now().0
    }

    pub(crate) fn token(&self, changed: &Value) -> String {
        Workloads::sign(1, &claims(self.now(), changed))
    }

    pub(crate) fn request(&self, token: &str) -> Value {
        json!({
            "grant_type": GRANT, "subject_token": token, "subject_token_type": JWT,
            "identity_provider_id": self.provider, "service_account_id": self.account,
        })
    }

    pub(crate) async fn exchange(&self, token: &str) -> Answer {
        exchange(self.world, "application/json", self.request(token).to_string()).await
    }

    /// A key for a usual token.
    pub(crate) async fn issued(&self) -> String {
        let answer = self.exchange(&self.token(&json!({}))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.text("access_token")
    }

    /// The status of a request with a key.
    pub(crate) async fn works(&self, key: &str) -> u16 {
        self.world.get("/v1/me", key).await.status
    }
}

pub(crate) async fn exchange(world: &World, kind: &str, body: String) -> Answer {
    let request = Request::builder().method(Method::POST).uri("/oauth/token").header("content-type", kind);
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(Client::at("192.0.2.7".parse().unwrap()));
    world.send(request).await
}

pub(crate) fn oauth(answer: &Answer) -> (u16, &str) {
    assert!(answer.body["error_description"].as_str().is_some_and(|text| !text.is_empty()), "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    (answer.status, answer.body["error"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_provider_and_its_rules_are_managed() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let (key, path) = (setup.key(), setup.provider_path());
    let made = world.get(&path, key).await;
    let expected = json!({
        "id": setup.provider, "object": "organization.workload_identity_provider", "type": "oidc", "name": "GitHub",
        "description": null, "issuer": Workloads::ISSUER, "audience": "keystead",
        "verification": { "type": "discovery", "discovery_url": null }, "attribute_transformations": [],
        "enabled": true, "created_at": START, "updated_at": START,
    });
    assert_eq!(made.body, expected);
    world.wait(5);
    let jwks = Workloads::jwks(&[1]);
    let change = json!({
        "name": "CI", "description": " why ", "audience": "other", "enabled": false,
        "verification": { "type": "uploaded_jwks", "jwks": jwks },
        "attribute_transformations": [{ "attribute": "x", "expression": "assertion.sub" }],
    });
    let changed = world.post(&path, key, change).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["verification"], json!({ "type": "uploaded_jwks", "jwks": jwks }));
    assert_eq!((&changed.body["description"], &changed.body["updated_at"]), (&json!("why"), &json!(START + 5)));
    assert_eq!(changed.body["issuer"], Workloads::ISSUER, "what is not sent stays");
    assert_eq!(world.get(&path, key).await.body, changed.body);
    let cleared = world.post(&path, key, json!({ "description": null, "name": null })).await;
    assert_eq!((&cleared.body["description"], &cleared.body["name"]), (&Value::Null, &json!("CI")));

    let rule = setup.rule_path();
    let expected = json!({
        "id": setup.rule, "object": "organization.workload_identity_federation_rule",
        "workload_identity_provider_id": setup.provider, "project_id": setup.project,
        "service_account_id": setup.account, "name": null, "description": null,
        "attribute_matchers": { "repository": "acme/app" }, "permissions": { "type": "service_account_default" },
        "enabled": true, "created_at": START, "updated_at": START,
    });
    assert_eq!(world.get(&rule, key).await.body, expected);
    let permissions = json!({ "type": "restricted", "scopes": ["api.model.request"] });
    let matchers = json!({ "sub": "a", "n": 1.5, "b": false });
    let change =
        json!({ "name": "main", "description": "d", "attribute_matchers": matchers, "permissions": permissions });
    let changed = world.post(&rule, key, change).await.body;
    assert_eq!((&changed["attribute_matchers"], &changed["permissions"]), (&matchers, &permissions));
    assert_eq!((&changed["name"], &changed["updated_at"]), (&json!("main"), &json!(START + 5)));
    let cleared = world.post(&rule, key, json!({ "name": null, "permissions": { "type": "service_account_default" } }));
    let cleared = cleared.await.body;
    assert_eq!((&cleared["name"], &cleared["description"]), (&Value::Null, &json!("d")));
    assert_eq!(cleared["permissions"], json!({ "type": "service_account_default" }));
    let list = format!("{path}/federation_rules");
    let of = |account: &str| format!("{list}?service_account_id={account}");
    assert_eq!(world.get(&of(&setup.account), key).await.body["data"][0]["id"], json!(setup.rule));
    assert_eq!(world.get(&of("svc_acct_none"), key).await.body["data"], json!([]));

    let kept = world.delete(&path, key).await;
    assert_eq!(kept.status, 409, "a provider with rules: {}", kept.body);
    let gone = world.delete(&rule, key).await.body;
    let object = "organization.workload_identity_federation_rule.deleted";
    assert_eq!(gone, json!({ "id": setup.rule, "object": object, "deleted": true }));
    let gone = world.delete(&path, key).await.body;
    let object = "organization.workload_identity_provider.deleted";
    assert_eq!(gone, json!({ "id": setup.provider, "object": object, "deleted": true }));
    for path in [&rule, &path, &list] {
        assert_eq!(world.get(path, key).await.status, 404, "{path}");
    }
    let log = world.get("/v1/organization/audit_logs?limit=100", key).await.body["data"].clone();
    let log: Vec<&Value> = log.as_array().unwrap().iter().collect();
    let of = |kind: &str| log.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("{kind}"));
    let updated = &of("workload_identity_provider.updated")["workload_identity_provider.updated"];
    assert_eq!(updated["changes_requested"], json!({ "description": null }), "what differs: {updated}");
    let created = &of("workload_identity_provider_mapping.created")["workload_identity_provider_mapping.created"];
    assert_eq!((&created["id"], &created["identity_provider_id"]), (&json!(setup.rule), &json!(setup.provider)));
    let deleted = &of("workload_identity_provider_mapping.deleted")["workload_identity_provider_mapping.deleted"];
    assert_eq!(
        (&deleted["project_id"], &deleted["service_account_id"]),
        (&json!(setup.project), &json!(setup.account))
    );
}

#[tokio::test]
async fn impossible_values_are_refused_by_name() {
    let world = World::new().await;
    let setup = Setup::new(&world, "ann").await;
    let (key, rules) = (setup.key(), format!("{}/federation_rules", setup.provider_path()));
    let mut secret = Workloads::jwks(&[1]);
    secret["keys"][0]["d"] = json!("AA");
    let uploaded = |jwks: Value| json!({ "type": "uploaded_jwks", "jwks": jwks });
    for (param, value) in [
        ("type", json!("saml")),
        ("name", json!("")),
        ("issuer", json!("http://issuer.example.com")),
        ("issuer", json!("https://127.0.0.1")),
        ("issuer", json!("https://169.254.169.254/latest")),
        ("issuer", json!("https://localhost")),
        ("issuer", json!("http://127.0.0.1:8081/oidc")),
        ("audience", json!("")),
        ("audience", json!("a\nb")),
        ("description", json!("x".repeat(1_001))),
        ("description", json!("a\u{202e}b")),
        ("enabled", json!("yes")),
        ("verification", json!("discovery")),
        ("verification", json!({ "type": "none" })),
        ("verification", json!({ "type": "discovery", "discovery_url": "http://a.example.com" })),
        ("verification", json!({ "type": "discovery", "discovery_url": null, "jwks": {} })),
        ("verification", uploaded(json!({}))),
        ("verification", uploaded(json!({ "keys": [] }))),
        ("verification", uploaded(secret)),
        ("verification", uploaded(json!({ "keys": [{ "kty": "oct", "kid": "a", "k": "AA" }] }))),
        ("attribute_transformations", json!([{ "attribute": "x", "expression": "assertion.sub.matches('a')" }])),
    ] {
        let mut body = workload_provider("x");
        body[param] = value.clone();
        let made = world.post(WORKLOAD_PROVIDERS, key, body).await;
        assert_eq!((made.status, &made.body["error"]["param"]), (400, &json!(param)), "{value}: {}", made.body);
        if param != "type" {
            let changed = world.post(&setup.provider_path(), key, json!({ param: value })).await;
            assert_eq!((changed.status, &changed.body["error"]["param"]), (400, &json!(param)), "{value}");
        }
    }
    for (param, value) in [
        ("attribute_matchers", json!({})),
        ("attribute_matchers", json!({ "a": null })),
        ("attribute_matchers", json!({ "a": ["b"] })),
        ("attribute_matchers", json!([])),
        ("permissions", json!({ "type": "restricted", "scopes": [] })),
        ("permissions", json!({ "type": "restricted" })),
        ("permissions", json!({ "type": "all" })),
        ("permissions", json!({ "type": "service_account_default", "scopes": ["api.model.read"] })),
        ("name", json!("\u{200b}")),
    ] {
        let mut body = federation_rule(&setup.project, &setup.account);
        body[param] = value.clone();
        let made = world.post(&rules, key, body).await;
        assert_eq!((made.status, &made.body["error"]["param"]), (400, &json!(param)), "{value}: {}", made.body);
        let changed = world.post(&setup.rule_path(), key, json!({ param: value })).await;
        assert_eq!((changed.status, &changed.body["error"]["param"]), (400, &json!(param)), "{value}");
    }
    let mut unknown = federation_rule(&setup.project, &setup.account);
    unknown["permissions"] = json!({ "type": "restricted", "scopes": ["api.everything"] });
    assert_eq!(world.post(&rules, key, unknown).await.status, 400, "a scope that does not exist");
    let default = setup.owner.project_id.to_string();
    for (project, account) in [(&default, &setup.account), (&setup.project, &"svc_acct_none".to_owned())] {
        let made = world.post(&rules, key, federation_rule(project, account)).await;
        assert_eq!(made.status, 404, "a service account of another project, or none: {}", made.body);
    }
}

#[tokio::test]
async fn organizations_do_not_meet() {
    let world = World::new().await;
    let (ann, eve) = (Setup::new(&world, "ann").await, Setup::new(&world, "eve").await);
    let key = eve.key();
    let rules = format!("{}/federation_rules", ann.provider_path());
    for path in [ann.provider_path(), ann.rule_path(), rules.clone()] {
        assert_eq!(world.get(&path, key).await.status, 404, "{path}");
    }
    for path in [ann.provider_path(), ann.rule_path()] {
        assert_eq!(world.post(&path, key, json!({ "enabled": false })).await.status, 404, "{path}");
        assert_eq!(world.delete(&path, key).await.status, 404, "{path}");
    }
    let own = federation_rule(&eve.project, &eve.account);
    assert_eq!(world.post(&rules, key, own).await.status, 404, "at a provider of others");
    let foreign = federation_rule(&ann.project, &ann.account);
    let made = world.post(&format!("{}/federation_rules", eve.provider_path()), key, foreign).await;
    assert_eq!(made.status, 404, "for a service account of others: {}", made.body);
    // A rule under another provider of the same organization is not there either.
    let second = world.post(WORKLOAD_PROVIDERS, key, workload_provider("second")).await.text("id");
    let path = format!("{WORKLOAD_PROVIDERS}/{second}/federation_rules/{}", eve.rule);
    assert_eq!(world.get(&path, key).await.status, 404);
    // A token becomes a key only of a service account that a rule of its provider names.
    let mut asked = eve.request(&eve.token(&json!({})));
    asked["service_account_id"] = json!(ann.account);
    let refused = exchange(&world, "application/json", asked.to_string()).await;
    assert_eq!(oauth(&refused), (400, "invalid_grant"));
    assert_eq!(ann.works(&ann.issued().await).await, 200);
}
