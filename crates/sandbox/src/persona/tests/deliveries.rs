//! Events as the product receives them, with signatures recomputed from the vendor's description.

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::World;

/// Listens in the product's place.
async fn listen(world: &World) -> UnboundedReceiver<(String, String)> {
    let (sender, receiver) = unbounded_channel();
    let receive = async move |headers: HeaderMap, body: String| {
        let signature = headers["persona-signature"].to_str().unwrap().to_owned();
        sender.send((signature, body)).unwrap();
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.sandbox.announce_to(format!("http://{}", listener.local_addr().unwrap()));
    let app = Router::new().route("/webhooks/persona", post(receive));
    tokio::spawn(async move { axum::serve(listener, app).await });
    receiver
}

/// Returns the next events, by name; deliveries may overtake each other.
async fn next(receiver: &mut UnboundedReceiver<(String, String)>, count: usize) -> Vec<(String, Value)> {
    let mut events = Vec::new();
    for _ in 0..count {
        let (signature, body) = receiver.recv().await.unwrap();
        verify(&signature, &body);
        let event: Value = serde_json::from_str(&body).unwrap();
        events.push((event["data"]["attributes"]["name"].as_str().unwrap().to_owned(), event));
    }
    events.sort_by(|one, other| one.0.cmp(&other.0));
    events
}

fn verify(signature: &str, body: &str) {
    let (at, digest) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    assert_eq!(at, super::NOW.to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(b"wbhsec_sandbox").unwrap();
    mac.update(at.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let expected = base16ct::lower::encode_string(&mac.finalize().into_bytes());
    assert_eq!(digest, expected);
}

// S3-38
#[tokio::test]
async fn every_change_is_announced_signed_and_with_its_own_state() {
    let world = World::new();
    let mut receiver = listen(&world).await;
    let (id, link) = world.begin("org_1:idv_1").await;
    world.script(&format!("{link}/simulate"), json!({ "outcome": "approve" })).await;
    let events = next(&mut receiver, 4).await;
    let received: Vec<(&str, &str)> = events
        .iter()
        .map(|(name, event)| {
            let inquiry = &event["data"]["attributes"]["payload"]["data"];
            assert_eq!((&inquiry["id"], &event["data"]["type"]), (&json!(id), &json!("event")));
            assert!(event["data"]["id"].as_str().unwrap().starts_with("evt_"));
            assert_eq!(event["data"]["attributes"]["created-at"], "2023-11-14T22:13:20.000Z");
            (name.as_str(), inquiry["attributes"]["status"].as_str().unwrap())
        })
        .collect();
    let expected = [
        ("inquiry.approved", "approved"),
        ("inquiry.completed", "completed"),
        ("inquiry.created", "created"),
        ("inquiry.started", "pending"),
    ];
    assert_eq!(received, expected);
    let ids: std::collections::HashSet<String> =
        events.iter().map(|(_, event)| event["data"]["id"].to_string()).collect();
    assert_eq!(ids.len(), 4);

    world.call("DELETE", &format!("/inquiries/{id}"), Value::Null).await;
    world.read(&id).await;
    let (name, event) = next(&mut receiver, 1).await.remove(0);
    assert_eq!(name, "inquiry.redacted");
    assert!(event["data"]["attributes"]["payload"]["data"]["attributes"]["redacted-at"].is_string());
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn erasure_is_announced_without_a_further_request() {
    let world = World::new();
    let mut receiver = listen(&world).await;
    let (id, _) = world.begin("org_1:idv_1").await;
    assert_eq!(next(&mut receiver, 1).await[0].0, "inquiry.created");
    world.call("DELETE", &format!("/inquiries/{id}"), Value::Null).await;
    assert_eq!(next(&mut receiver, 1).await[0].0, "inquiry.redacted");
}

#[tokio::test]
async fn nothing_is_announced_while_deliveries_are_off() {
    let world = World::new();
    let mut receiver = listen(&world).await;
    world.set(json!({ "no_webhooks": true })).await;
    let (id, link) = world.begin("org_1:idv_1").await;
    world.script(&format!("{link}/simulate"), json!({ "outcome": "approve" })).await;
    world.set(json!({})).await;
    world.call("DELETE", &format!("/inquiries/{id}"), Value::Null).await;
    world.read(&id).await;
    assert_eq!(next(&mut receiver, 1).await[0].0, "inquiry.redacted", "what was held back stays away");
}
