//! The errors of the contract that the gateway answers itself.

use keystead_core::gate::Mode;
use keystead_core::scope::{Scope, ScopeSet};

use crate::world::World;

#[tokio::test]
async fn without_a_credential() {
    let world = World::new().await;
    for (method, target, fragment) in [
        ("GET", "/v1/models", "Missing bearer authentication in header"),
        ("GET", "/v1/models/gpt-4o", "Missing bearer authentication in header"),
        ("POST", "/v1/responses", "Missing bearer or basic authentication in header"),
        ("GET", "/v1/files", "Missing bearer or basic authentication in header"),
        ("POST", "/v1/chat/completions", "You didn't provide an API key"),
    ] {
        let got = world.send(method, target, &[], b"").await;
        let (status, message, code) = got.error();
        assert_eq!((status, code), (401, None), "{target}");
        assert!(message.starts_with(fragment), "{target}: {message}");
        assert_eq!(got.header("www-authenticate"), Some("Bearer realm=\"OpenAI API\""));
        assert!(got.header("x-request-id").unwrap().starts_with("req_"));
    }
}

#[tokio::test]
async fn rows_of_routes_and_bodies() {
    let world = World::new().await;
    let key = world.key(1);
    let bearer = format!("Bearer {key}");
    let json = "application/json";
    let chat = "/v1/chat/completions";
    let rows: [(&str, &str, &str, &str, u16, &str, &str); 17] = [
        ("GET", "/v1/nothing", "", "", 404, "unknown_url", "Invalid URL (GET /v1/nothing)"),
        ("PUT", chat, "", "", 405, "method_not_supported", "Not allowed to PUT"),
        ("POST", chat, json, "{", 400, "", "could not parse the JSON body"),
        ("POST", chat, json, "[]", 400, "", "could not parse the JSON body"),
        ("POST", chat, json, "", 400, "", "could not parse the JSON body"),
        ("POST", chat, json, "{}", 400, "", "model"),
        ("POST", chat, json, r#"{"model":5}"#, 400, "", "'model' must be a string"),
        ("POST", chat, json, r#"{"model":null}"#, 400, "", "'model' must be a string"),
        ("POST", chat, json, r#"{"model":"a","stream":"yes"}"#, 400, "", "'stream' must be a boolean"),
        ("POST", chat, json, r#"{"model":"gpt-4o","model":"o3"}"#, 400, "", "appears twice"),
        ("POST", chat, json, r#"{"model":"gpt-4o","m\u006fdel":"o3"}"#, 400, "", "appears twice"),
        ("POST", chat, json, r#"{"model":"none"}"#, 404, "model_not_found", "The model `none` does not exist"),
        ("POST", chat, "text/plain", r#"{"model":"gpt-4o"}"#, 400, "", "Content-Type"),
        ("POST", chat, "multipart/form-data; boundary=b", "", 400, "", "Content-Type"),
        ("POST", "/v1/audio/transcriptions", "multipart/form-data", "", 400, "", "boundary"),
        ("POST", "/v1/images/generations", json, r#"{"model":"gpt-image-1"}"#, 403, "*", "must be verified"),
        ("POST", chat, json, r#"{"model":"o3"}"#, 404, "model_not_found", "must be verified"),
    ];
    for (method, target, content, body, status, code, fragment) in rows {
        let headers = [("authorization", bearer.as_str()), ("content-type", content)];
        let got = world.send(method, target, &headers, body.as_bytes()).await;
        let error = got.error();
        assert_eq!(error.0, status, "{method} {target} {body}: {}", got.text());
        assert!(code == "*" || error.2.unwrap_or_default() == code, "{target} {body}: {}", got.text());
        assert!(error.1.contains(fragment), "{target} {body}: {}", got.text());
        assert_eq!(got.header("content-type"), Some("application/json"));
        assert_eq!(got.header("allow"), (status == 405).then_some("POST"));
    }
    assert!(world.seen().is_empty() && world.events().await.is_empty());
}

#[tokio::test]
async fn who_pays() {
    let world = World::new().await;
    let key = world.key(1);
    let bearer = format!("Bearer {key}");
    let ask = async |headers: &[(&str, &str)]| {
        let all = [&[("authorization", bearer.as_str()), ("content-type", "application/json")], headers].concat();
        let got = world.send("POST", "/v1/chat/completions", &all, br#"{"model":"gpt-4o"}"#).await;
        let code = if got.status == 200 { String::new() } else { got.error().2.unwrap_or_default() };
        (got.status, code)
    };
    assert_eq!(ask(&[("openai-organization", "org-1"), ("openai-project", "proj_1")]).await.0, 200);
    assert_eq!(ask(&[("openai-organization", ""), ("openai-project", " ")]).await.0, 200);
    assert_eq!(ask(&[("openai-organization", "org-2")]).await, (401, "mismatched_organization".to_owned()));
    assert_eq!(ask(&[("openai-project", "proj_2")]).await, (401, "mismatched_project".to_owned()));
    for name in ["openai-organization", "openai-project"] {
        assert_eq!(ask(&[(name, "org-1"), (name, "org-1")]).await.0, 401, "doubled {name}");
    }
}

#[tokio::test]
async fn owners_scopes_and_ends() {
    let world = World::new().await;
    let key = world.key(1);
    let row = async |change: fn(&mut keystead_core::Caller)| {
        world.change(&key, change);
        world.directory.apply(&[keystead_gateway::ChangedSubject::Everything], 2);
        let (status, _, code) = world.chat(&key).await.error();
        (status, code.unwrap_or_default())
    };
    assert_eq!(row(|c| c.scopes = ScopeSet::of(&[Scope::ModelRead])).await, (401, String::new()));
    assert_eq!(row(|c| c.organizations[0].projects[0].archived = true).await.1, "not_authorized_invalid_project");
    assert_eq!(row(|c| c.organizations[0].deactivated = true).await.1, "account_deactivated");
    assert_eq!(row(|c| c.owner_active = false).await.1, "account_deactivated");
    assert_eq!(row(|c| c.expires_at = Some(keystead_core::Timestamp(5))).await.1, "invalid_api_key");
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn rules_in_warn_mode_only_warn() {
    let world = World::new().await;
    let key = world.key(1);
    let mut catalogue = (**world.catalogue.load()).clone();
    for rule in &mut catalogue.policy.rules {
        rule.mode = Mode::Warn;
    }
    world.catalogue.store(std::sync::Arc::new(catalogue));
    let got = world.post("/v1/chat/completions", &key, r#"{"model":"o3"}"#).await;
    assert_eq!((got.status, got.header("x-keystead-warning")), (200, Some("soon required: organization")));
}
