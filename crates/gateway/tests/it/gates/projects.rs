//! The models, tools and service tiers of a project.

use keystead_core::model_access::{ListMode, ModelAccess};
use keystead_core::project_features::{DefaultTier, HostedTool, ProjectFeatures, ServiceTier};

use super::{CHAT, EDITS, form};
use crate::world::{World, json};

// A project's own list, in JSON, in a form and in the list of models.
#[tokio::test]
async fn a_project_uses_the_models_of_its_list() {
    let world = World::new().await;
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":1,"completion_tokens":1}}"#));
    let key = world.key(1);
    let but = ModelAccess::new(ListMode::DenyList, vec!["gpt-4o".to_owned(), "gpt-image-1".to_owned()]).unwrap();
    world.change(&key, |caller| caller.organizations[0].projects[0].models = Some(but));
    let edit = [("image", "PNG"), ("prompt", "x"), ("model", "gpt-image-1")];
    let refused = [
        (world.chat(&key).await, "gpt-4o"),
        (form(&world, &key, EDITS, &edit).await, "gpt-image-1"),
        (world.get("/v1/models/gpt-4o", &key).await, "gpt-4o"),
    ];
    for (answer, model) in refused {
        let message = format!("Project `proj_1` does not have access to model `{model}`");
        assert_eq!(answer.error(), (403, message, Some("model_not_found".to_owned())));
    }
    assert!(world.seen().is_empty(), "nothing was asked upstream");
    let listed = world.get("/v1/models", &key).await.json();
    let listed: Vec<&str> = listed["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert!(!listed.is_empty() && !listed.contains(&"gpt-4o") && !listed.contains(&"gpt-image-1"), "{listed:?}");

    let only = ModelAccess::new(ListMode::AllowList, vec!["gpt-4o".to_owned()]).unwrap();
    world.change(&key, |caller| caller.organizations[0].projects[0].models = Some(only));
    assert_eq!(world.chat(&key).await.status, 200);
    assert_eq!(world.get("/v1/models", &key).await.json()["data"].as_array().unwrap().len(), 1);
}

/// Tools that the model server would run are refused by name, wherever the API has them; others are no business of the
/// project.
#[tokio::test]
async fn a_project_uses_the_tools_it_may_use() {
    let world = World::new().await;
    world.answers(|_| json(200, r#"{"usage":{"input_tokens":1,"output_tokens":1}}"#));
    let key = world.key(1);
    let denied_tools = vec![HostedTool::WebSearch, HostedTool::Mcp].into();
    let features = ProjectFeatures { denied_tools, ..ProjectFeatures::default() };
    world.change(&key, |caller| caller.organizations[0].projects[0].features = Some(Box::new(features)));
    let tool = |tool: &str| format!(r#"{{"model":"gpt-4o","input":"x","tools":[{tool}]}}"#);
    for (path, body, name) in [
        ("/v1/responses", tool(r#"{"type":"web_search"}"#), "web_search"),
        (
            "/v1/responses",
            tool(r#"{"type":"function","name":"f"},{"type":"web_search_preview_2025_03_11"}"#),
            "web_search",
        ),
        ("/v1/responses", tool(r#"{"type":"\u006dcp","server_url":"https://example.com"}"#), "mcp"),
        ("/v1/responses", tool(r#"{"type":"namespace","tools":[{"type":"mcp"}]}"#), "mcp"),
        (
            "/v1/responses",
            r#"{"model":"gpt-4o","input":[{"type":"mcp_list_tools","tools":[{"type":"mcp"}]}]}"#.to_owned(),
            "mcp",
        ),
        (CHAT, r#"{"model":"gpt-4o","messages":[],"web_search_options":{}}"#.to_owned(), "web_search"),
        (CHAT, r#"{"model":"gpt-4o","messages":[],"plugins":[{"id":"web"}]}"#.to_owned(), "web_search"),
    ] {
        let answer = world.post(path, &key, &body).await;
        let message = format!("Project `proj_1` does not have access to the tool `{name}`");
        assert_eq!(answer.error(), (403, message, Some("tool_not_allowed".to_owned())), "{body}");
        assert_eq!(answer.json()["error"]["param"], "tools");
    }
    assert!(world.seen().is_empty(), "nothing was asked upstream");
    for (path, body) in [
        ("/v1/responses", tool(r#"{"type":"code_interpreter"}"#)),
        ("/v1/responses", tool(r#"{"type":"function","name":"web_search"}"#)),
        (
            CHAT,
            r#"{"model":"gpt-4o","messages":[{"role":"user","content":"web_search"}],"web_search_options":null}"#
                .to_owned(),
        ),
    ] {
        assert_eq!(world.post(path, &key, &body).await.status, 200, "{body}");
    }
}

/// A project names the tiers that it may name, and its default is written where a request leaves the choice.
#[tokio::test]
async fn a_project_has_service_tiers() {
    let world = World::new().await;
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":1,"completion_tokens":1}}"#));
    // A second key, because the directory remembers the first as it was.
    let (limited, fast) = (world.key(1), world.key(2));
    let limit = |key: &str, tiers: Option<Vec<ServiceTier>>, default_tier| {
        let features = ProjectFeatures { tiers, default_tier, ..ProjectFeatures::default() };
        world.change(key, |caller| caller.organizations[0].projects[0].features = Some(Box::new(features)));
    };
    let chat = async |key: &str, more: &str| {
        let body = format!(r#"{{"model":"gpt-4o","messages":[]{more}}}"#);
        let answer = world.post(CHAT, key, &body).await;
        let sent = world.seen().pop().and_then(|seen| seen.body);
        (answer, sent.map(|body| String::from_utf8(body.to_vec()).unwrap()).unwrap_or_default())
    };
    limit(&limited, Some(vec![ServiceTier::Flex]), DefaultTier::Standard);
    for tier in ["fast", "priority", "ultrafast", "future"] {
        let (answer, _) = chat(&limited, &format!(r#","service_tier":"{tier}""#)).await;
        assert_eq!(answer.error(), (400, "Project `proj_1` may not use this service tier".to_owned(), None), "{tier}");
        assert_eq!(answer.json()["error"]["param"], "service_tier");
    }
    let (answer, _) = chat(&limited, r#","service_tier":7"#).await;
    assert_eq!(answer.status, 400);
    for more in ["", r#","service_tier":null"#, r#","service_tier":"auto""#, r#","service_tier":"flex""#] {
        let (answer, sent) = chat(&limited, more).await;
        assert_eq!((answer.status, sent), (200, format!(r#"{{"model":"gpt-4o","messages":[]{more}}}"#)), "{more}");
    }
    limit(&fast, None, DefaultTier::Fast);
    for more in ["", r#","service_tier":null"#, r#","service_tier":"auto""#] {
        let (answer, sent) = chat(&fast, more).await;
        let expected = r#"{"model":"gpt-4o","messages":[],"service_tier":"priority"}"#;
        assert_eq!((answer.status, sent.as_str()), (200, expected), "{more}");
    }
    let (_, sent) = chat(&fast, r#","service_tier":"flex""#).await;
    assert!(sent.ends_with(r#""service_tier":"flex"}"#), "{sent}");
    // An escaped value is the same value; a body keeps its end, and a route without tiers its bytes.
    let (_, sent) = chat(&fast, r#","service_tier":"\u0061uto""#).await;
    assert!(sent.ends_with(r#""service_tier":"priority"}"#), "{sent}");
    for (path, body, expected) in [
        (
            "/v1/responses",
            r#"{"model":"gpt-4o","input":"x"} "#,
            r#"{"model":"gpt-4o","input":"x","service_tier":"priority"} "#,
        ),
        ("/v1/responses/input_tokens", r#"{"model":"gpt-4o","input":"x"}"#, r#"{"model":"gpt-4o","input":"x"}"#),
        ("/v1/embeddings", r#"{"model":"gpt-4o","input":"x"}"#, r#"{"model":"gpt-4o","input":"x"}"#),
    ] {
        world.post(path, &fast, body).await;
        assert_eq!(world.seen().pop().unwrap().body.unwrap(), expected, "{path}");
    }
    let (_, sent) = chat(&fast, r#","stream":true"#).await;
    let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
    assert_eq!((&sent["service_tier"], &sent["stream_options"]["include_usage"]), (&"priority".into(), &true.into()));
}
