//! The sandbox through its own router.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

fn sandbox() -> Sandbox {
    Sandbox::new(Arc::new(|| 1_700_000_000))
}

async fn send(sandbox: &Sandbox, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8081");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap();
    let response = sandbox.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn chat_body(stream: bool) -> Value {
    json!({ "model": "gpt-4o", "stream": stream, "stream_options": { "include_usage": true }, "messages": [{ "role": "user", "content": "Say hello" }] })
}

#[tokio::test]
async fn streamed_and_whole_answers_agree_and_the_ledger_holds_their_sum() {
    let sandbox = sandbox();
    let (_, whole) = send(&sandbox, "POST", "/v1/chat/completions", &[], chat_body(false)).await;
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let (_, streamed) = send(&sandbox, "POST", "/v1/chat/completions", &[], chat_body(true)).await;
    let events: Vec<Value> =
        streamed.split("\n\n").filter_map(|e| serde_json::from_str(e.strip_prefix("data: ")?).ok()).collect();
    let text: String = events.iter().filter_map(|e| e["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(whole["choices"][0]["message"]["content"], text);
    assert_eq!(events.last().unwrap()["usage"], whole["usage"]);
    assert!(streamed.ends_with("data: [DONE]\n\n"));
    let served = sandbox.served();
    assert_eq!(served[0].requests, 2);
    assert_eq!(served[0].output_tokens, 2 * whole["usage"]["completion_tokens"].as_i64().unwrap());
    assert_eq!(served[0].input_tokens, 2 * whole["usage"]["prompt_tokens"].as_i64().unwrap());
}

/// A node that counted a response of an earlier run counts the one of this run, too.
#[tokio::test]
async fn ids_of_two_runs_differ() {
    let mut seen = std::collections::BTreeSet::new();
    for started in [1_700_000_000, 1_700_000_001, 1_800_000_000] {
        let sandbox = Sandbox::new(Arc::new(move || started));
        for _ in 0..3 {
            let (_, answer) =
                send(&sandbox, "POST", "/v1/responses", &[], json!({ "model": "gpt-4o", "input": "Hi" })).await;
            let id = serde_json::from_str::<Value>(&answer).unwrap()["id"].as_str().unwrap().to_owned();
            assert!(id.len() == "resp_".len() + 24 && seen.last().is_none_or(|last| *last < id), "{id}");
            assert!(seen.insert(id));
        }
    }
}

#[tokio::test]
async fn responses_end_with_their_usage_and_are_kept() {
    let sandbox = sandbox();
    let body = json!({ "model": "gpt-4o", "input": "Hi", "stream": true });
    let (_, streamed) = send(&sandbox, "POST", "/v1/responses", &[], body).await;
    let last: Value = serde_json::from_str(streamed.trim_end().rsplit("data: ").next().unwrap()).unwrap();
    assert_eq!(last["type"], "response.completed");
    assert!(last["response"]["usage"]["output_tokens"].as_i64().unwrap() > 0);
    let id = last["response"]["id"].as_str().unwrap();
    assert_eq!(send(&sandbox, "GET", &format!("/v1/responses/{id}"), &[], json!(null)).await.0, 200);
    assert_eq!(send(&sandbox, "GET", "/v1/responses/resp_none", &[], json!(null)).await.0, 404);
}

#[tokio::test]
async fn faults_occur_on_request() {
    let sandbox = sandbox();
    let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "[sandbox: status=503] x" }] });
    assert_eq!(send(&sandbox, "POST", "/v1/chat/completions", &[], body).await.0, 503);
}

#[tokio::test]
async fn messages_show_their_codes_newest_first() {
    let sandbox = sandbox();
    for text in ["Your code is 123456", "Open https://example.test/x now"] {
        send(&sandbox, "POST", "/sms/messages", &[], json!({ "to": "+48512345678", "text": text })).await;
    }
    let (_, listed) = send(&sandbox, "GET", "/messages", &[], json!(null)).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["data"][1]["code"], "123456");
    assert_eq!(listed["data"][0]["link"], "https://example.test/x");
    assert_eq!(listed["data"][0]["channel"], "sms");
}

#[tokio::test]
async fn web_pages_and_foreign_names_are_refused() {
    let sandbox = sandbox();
    let from = |origin| [("origin", origin)];
    assert_eq!(send(&sandbox, "GET", "/messages", &from("https://evil.test"), json!(null)).await.0, 403);
    assert_eq!(send(&sandbox, "GET", "/messages", &from("null"), json!(null)).await.0, 403);
    assert_eq!(send(&sandbox, "GET", "/messages", &from("http://127.0.0.1:8081"), json!(null)).await.0, 200);
    let request = Request::get("/messages").header("host", "rebound.test").body(Body::empty()).unwrap();
    assert_eq!(sandbox.router().oneshot(request).await.unwrap().status(), 421);
}

#[tokio::test]
async fn embeddings_are_unit_vectors_in_both_encodings() {
    let sandbox = sandbox();
    let body = json!({ "model": "text-embedding-3-small", "input": ["a", "b"], "dimensions": 8 });
    let (_, answer) = send(&sandbox, "POST", "/v1/embeddings", &[], body).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let length: f64 =
        answer["data"][0]["embedding"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap().powi(2)).sum();
    assert!((length - 1.0).abs() < 1e-3);
    assert_eq!(answer["usage"]["prompt_tokens"], 2);
    assert_eq!(embeddings::base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
}

#[tokio::test]
async fn a_mail_is_shown_as_html_that_can_load_nothing() {
    let sandbox = sandbox();
    let plain = Message::new(Channel::Email, "a@example.com".into(), Some("Hi".into()), "text".into(), 1);
    sandbox.deliver(plain.clone());
    sandbox.deliver(Message { html: Some("<p>Hello <a href=\"https://keys.example\">open</a></p>".into()), ..plain });
    let get = async |path: &str| {
        let request = Request::get(path).header("host", "127.0.0.1:8081").body(Body::empty()).unwrap();
        let answer = sandbox.clone().router().oneshot(request).await.unwrap();
        let policy = answer.headers().get("content-security-policy").map(|policy| policy.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, policy.unwrap_or_default(), String::from_utf8_lossy(&body).into_owned())
    };
    let (_, _, inbox) = get("/inbox").await;
    assert_eq!(inbox.matches("Show as HTML").count(), 1, "{inbox}");
    let (status, policy, body) = get("/inbox/2").await;
    assert_eq!((status, body.as_str()), (200, "<p>Hello <a href=\"https://keys.example\">open</a></p>"));
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert_eq!(get("/inbox/1").await.0, 404, "it has no HTML");
    assert_eq!(get("/inbox/9").await.0, 404);
}
