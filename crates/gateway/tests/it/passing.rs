//! Headers and bytes that pass unchanged, and those that never pass.

use crate::world::{UPSTREAM_SECRET, World, full, json};
use http::Response;
use keystead_gateway::Upstream;

#[tokio::test]
async fn bytes_pass_both_ways_and_usage_is_written_once() {
    let world = World::new().await;
    let key = world.key(1);
    let odd = "{ \"model\" : \"gpt-4o\",\r\n\t\"messages\":[{\"content\":\"\\u00e9 é 1e400\"}], \"n\": 1.50 }\n";
    let answer = "{ \"usage\" : {\"prompt_tokens\":5,\"completion_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":2}} }\n";
    world.answers(move |_| json(200, answer));
    let got = world.post("/v1/chat/completions", &key, odd).await;
    assert_eq!((got.status, got.text()), (200, answer.to_owned()));
    let seen = world.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(seen[0].body.as_deref(), Some(odd.as_bytes()));
    let events = world.events().await;
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((event.used.input_tokens, event.used.input_cached_tokens, event.used.output_tokens), (5, 2, 7));
    assert_eq!((event.organization.as_str(), event.project.as_str(), event.key.as_str()), ("org-1", "proj_1", "key_1"));
    assert_eq!((&*event.owner, &*event.model, event.estimated, event.status), ("user-1", "gpt-4o", false, 200));
    assert_eq!(event.cost.parts(), (3 + 14, 0));
    assert_eq!(Some(&*event.request), got.header("x-request-id"));
}

#[tokio::test]
async fn headers_pass_by_allow_list_only() {
    let world = World::new().await;
    let key = world.key(1);
    world.answers(|_| {
        Response::builder()
            .header("content-type", "application/json")
            .header("set-cookie", "a=b")
            .header("location", "https://elsewhere.test")
            .header("refresh", "0; url=https://elsewhere.test")
            .header("x-powered-by", "x")
            .header("access-control-allow-origin", "*")
            .header("openai-organization", "operators-account")
            .header("openai-model", "gpt-4o-2024")
            .header("x-request-id", "upstreams-own")
            .header("x-ratelimit-remaining-requests", "9")
            .header("retry-after", "3")
            .body(full("{}"))
            .unwrap()
    });
    let bearer = format!("Bearer {key}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("cookie", "session=client"),
        ("x-api-key", "client"),
        ("proxy-authorization", "Basic client"),
        ("accept-encoding", "gzip"),
        ("x-forwarded-for", "1.2.3.4"),
        ("openai-organization", "org-1"),
        ("upgrade", "websocket"),
        ("user-agent", "OpenAI/Python 3.52.0"),
        ("x-stainless-lang", "python"),
        ("openai-beta", "assistants=v2"),
        ("traceparent", "00-1-2-3"),
    ];
    let got = world.send("POST", "/v1/chat/completions", &headers, br#"{"model":"gpt-4o"}"#).await;
    assert_eq!(got.status, 200);
    for closed in ["set-cookie", "location", "refresh", "x-powered-by", "access-control-allow-origin"] {
        assert_eq!(got.header(closed), None, "{closed}");
    }
    assert_eq!(got.header("openai-organization"), Some("org-1"));
    assert_eq!(got.header("openai-project"), Some("proj_1"));
    assert_eq!(got.header("openai-model"), Some("gpt-4o-2024"));
    assert_eq!(got.header("openai-version"), Some("2020-10-01"));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(got.header("x-ratelimit-remaining-requests"), Some("9"));
    assert_eq!(got.header("content-length"), Some("2"));
    let id = got.header("x-request-id").unwrap();
    assert!(
        id.starts_with("req_")
            && id.len() == 36
            && got.headers.iter().filter(|(n, _)| n == "x-request-id").count() == 1
    );
    let seen = world.seen().remove(0);
    let mut names: Vec<&str> = seen.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    let passed = [
        "accept-encoding",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "openai-beta",
        "traceparent",
        "user-agent",
        "x-request-id",
        "x-stainless-lang",
    ];
    assert_eq!(names, passed);
    assert_eq!(seen.headers["accept-encoding"], "identity");
    assert_eq!(seen.headers["authorization"], format!("Bearer {UPSTREAM_SECRET}"));
    assert!(!format!("{seen:?}").contains(&key[10..40]), "the client's secret never goes upstream");
}

#[tokio::test]
async fn upstream_errors_pass_without_the_operators_secret_and_cost_nothing() {
    let world = World::new().await;
    let key = world.key(1);
    for status in [400u16, 404, 429, 500, 503] {
        world.answers(move |_| json(status, &format!("{{\"error\":{{\"message\":\"bad key {UPSTREAM_SECRET}!\"}}}}")));
        let got = world.chat(&key).await;
        assert_eq!((got.status, got.text()), (status, r#"{"error":{"message":"bad key [secret]!"}}"#.to_owned()));
    }
    for status in [401u16, 403, 301, 302, 307] {
        world.answers(move |_| json(status, UPSTREAM_SECRET));
        let got = world.chat(&key).await;
        assert_eq!((got.status, got.json()["error"]["type"].as_str()), (502, Some("server_error")), "{status}");
        assert!(!got.text().contains(UPSTREAM_SECRET));
    }
    world.answers(|_| json(500, &"x".repeat(100_000)));
    assert_eq!(world.chat(&key).await.json()["error"]["type"], "server_error", "too long to look through");
    assert_eq!(world.events().await, []);
}

#[tokio::test]
async fn an_upstream_that_is_gone_is_503() {
    let world = World::new().await;
    let key = world.key(1);
    let mut catalogue = (**world.catalogue.load()).clone();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    catalogue.upstreams.insert("one".to_owned(), Upstream::new("one".to_owned(), &format!("http://{closed}"), None));
    world.catalogue.store(std::sync::Arc::new(catalogue));
    let got = world.chat(&key).await;
    assert_eq!((got.status, got.json()["error"]["type"].as_str()), (503, Some("service_unavailable_error")));
    assert!(got.header("retry-after").is_some());
}

#[tokio::test]
async fn models_are_answered_here() {
    let world = World::new().await;
    let key = world.key(1);
    let list = world.get("/v1/models", &key).await.json();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["gpt-4o", "gpt-image-1", "o3", "text-embedding-3-small", "tts-1", "whisper-1"]);
    assert_eq!(world.get("/v1/models/gpt%2D4o", &key).await.json()["id"], "gpt-4o");
    let unknown = world.get("/v1/models/none", &key).await.error();
    assert_eq!((unknown.0, unknown.2.as_deref()), (404, Some("model_not_found")));
    assert!(world.seen().is_empty());
}
