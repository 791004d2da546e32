//! Webhooks and alerts of a running server: the command line sets them up, requests reach a budget, and a program on this
//! machine gets signed events over HTTP.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use keystead_core::time::Timestamp;
use keystead_core::webhook::WebhookSecret;
use serde_json::{Value, json};

use crate::command_line::with_upstream;

/// A request as it arrived: its head in lower case, and its body.
type Arrived = Arc<Mutex<Vec<(String, String)>>>;

/// Answers each request with 204; the first one with 503.
fn receiver() -> (String, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let arrived = Arrived::default();
    let kept = Arc::clone(&arrived);
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let (mut stream, mut bytes, mut buffer) = (stream.unwrap(), Vec::new(), [0; 4096]);
            let (head, body) = loop {
                let count = stream.read(&mut buffer).unwrap();
                bytes.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let head = head.to_lowercase();
                let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                if count == 0 || body.len() >= length.unwrap_or(0) {
                    break (head, body.to_owned());
                }
            };
            kept.lock().unwrap().push((head, body));
            let status = if number == 0 { "503 Busy" } else { "204 No Content" };
            let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    (url, arrived)
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

#[test]
fn a_budget_that_is_reached_is_sent_to_a_program() {
    let (url, arrived) = receiver();
    let place = with_upstream(&[]);
    let types = ["--event", "budget.threshold_reached", "--event", "budget.exhausted"];
    let made = place.json(&[&["webhooks", "create", url.as_str()][..], &types].concat());
    let secret = WebhookSecret::parse(made["secret"].as_str().unwrap()).unwrap();
    let id = made["id"].as_str().unwrap();
    assert_eq!(place.json(&["webhooks", "list"])["data"][0]["id"], made["id"]);
    let budget =
        json!({ "subject": { "type": "organization" }, "measure": "requests", "interval": "total", "amount": 2 });
    let budget = place.product.call("POST", "/v1/keystead/budgets", &place.admin, Some(&budget));
    let budget = budget.json()["id"].as_str().unwrap().to_owned();
    let alert = place.json(&["alerts", "create", &budget, "--percent", "50", "--mail-owners"]);
    assert_eq!(place.json(&["alerts", "show", alert["id"].as_str().unwrap()]), alert);

    let (project, owner) = (place.project.as_str(), place.owner.as_str());
    let key = place.json(&["keys", "create", "--owner", owner, "--project", project])["value"].clone();
    let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hi" }] });
    for _ in 0..2 {
        let answer = place.product.call("POST", "/v1/chat/completions", key.as_str().unwrap(), Some(&body));
        assert_eq!(answer.status, 200);
    }
    // The first delivery is refused once, and sent again after five seconds.
    place.product.until("three deliveries arrive", || arrived.lock().unwrap().len() >= 3);
    let arrived = arrived.lock().unwrap().clone();
    let mut types = Vec::new();
    for (head, body) in &arrived {
        let (event, at) = (header(head, "webhook-id"), header(head, "webhook-timestamp").parse().unwrap());
        // The head is in lower case, and so is what it is compared with.
        let signed =
            secret.sign(&original(&place.json(&["webhooks", "deliveries", id]), event), Timestamp(at), body.as_bytes());
        assert_eq!(header(head, "webhook-signature"), signed.to_lowercase());
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["data"]["budget_id"], json!(budget), "{body}");
        types.push(body["type"].as_str().unwrap().to_owned());
    }
    types.sort();
    types.dedup();
    assert_eq!(types, ["budget.exhausted", "budget.threshold_reached"]);
    let refused = place.product.call("POST", "/v1/chat/completions", key.as_str().unwrap(), Some(&body));
    assert_eq!(refused.status, 429);
    place.product.until("the log says that all were taken", || {
        let log = place.json(&["webhooks", "deliveries", id]);
        log["data"].as_array().unwrap().iter().all(|row| row["state"] == "delivered" && row["status"] == 204)
    });

    // A test that is queued on the command line is sent by the server.
    let sent = place.json(&["webhooks", "test", id]);
    assert_eq!(sent["state"], "pending");
    place.product.until("the test arrives", || {
        place.json(&["webhooks", "deliveries", id, "--limit", "1"])["data"][0]["state"] == "delivered"
    });
    assert!(place.text(&["webhooks", "rotate", id]).contains("whsec_"));
    assert_eq!(place.json(&["webhooks", "disable", id])["disabled_reason"], "owner");
    place.text(&["webhooks", "enable", id]);
    place.text(&["webhooks", "delete", id]);
    assert!(place.text(&["webhooks", "list"]).contains("There are no webhooks."));
    assert_eq!(place.json(&["alerts", "list"])["data"].as_array().unwrap().len(), 1);
    place.text(&["alerts", "delete", alert["id"].as_str().unwrap()]);
}

/// The id of an event as it was sent, by its text in lower case.
fn original(log: &Value, lower: &str) -> String {
    let ids = log["data"].as_array().unwrap().iter().filter_map(|row| row["event_id"].as_str());
    ids.map(str::to_owned).find(|id| id.to_lowercase() == lower).unwrap()
}
