//! The identity service through the sandbox's own router.

mod deliveries;
mod flow;
mod wire;

use axum::http::Request;
use serde_json::{Value, json};

use crate::testing::{Answer, NOW, World};

impl World {
    /// Sends an API call, with headers besides the required ones.
    async fn call_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/persona/api/v1{path}"))
            .header("authorization", "Bearer persona_sandbox")
            .header("persona-version", "2025-12-08")
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(request, body).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(method, path, &[], &body).await
    }

    async fn set(&self, faults: Value) {
        assert_eq!(self.script("/sandbox/persona", faults).await.status, 204);
    }

    /// Creates an inquiry: its id, and its link as a path.
    async fn begin(&self, reference: &str) -> (String, String) {
        let made = self.call("POST", "/inquiries", wanted(reference)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let made = made.json();
        (made["data"]["id"].as_str().unwrap().to_owned(), path_of(&made))
    }

    async fn read(&self, id: &str) -> Value {
        let answer = self.call("GET", &format!("/inquiries/{id}?include=account,verifications"), Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    async fn status(&self, id: &str) -> String {
        self.read(id).await["data"]["attributes"]["status"].as_str().unwrap().to_owned()
    }
}

/// Returns the body that the product sends.
fn wanted(reference: &str) -> Value {
    json!({
        "data": { "attributes": { "inquiry-template-id": "itmpl_sandbox",
            "redirect-uri": "http://127.0.0.1:8080/back?a=1" } },
        "meta": { "auto-create-account": true, "auto-create-account-reference-id": reference,
            "auto-create-one-time-link": true, "expiration-after-create-interval-seconds": 86_400,
            "one-time-link-expiration-seconds": 900 },
    })
}

/// Returns the link in an answer, without the sandbox's address.
fn path_of(answer: &Value) -> String {
    let link = answer["meta"]["one-time-link"].as_str().unwrap();
    link.strip_prefix("http://127.0.0.1:8081").unwrap().to_owned()
}
