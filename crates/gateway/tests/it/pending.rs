//! Background responses and batches that no client fetches are counted once, when their usage is known.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use http::Response;
use keystead_core::rate::RateLimits;

use crate::world::{UpstreamBody, World, full, json};

const ASK: &str = r#"{"model":"gpt-4o","background":true,"input":"one two three"}"#;
const QUEUED: &str = r#"{"id":"resp_1","object":"response","status":"queued","usage":null,"output":[]}"#;
const DONE: &str = r#"{"id":"resp_1","object":"response","status":"completed","output":[{"content":[{"text":"one two"}]}],"usage":{"input_tokens":21,"output_tokens":300,"total_tokens":321}}"#;

/// The upstream answers requests that start something with `begins`, and later ones with the content of `later`.
fn upstream(world: &World, begins: &'static str, later: &Arc<Mutex<(u16, &'static str)>>) {
    let later = Arc::clone(later);
    world.answers(move |seen| {
        let (status, body) = if seen.method == "POST" { (200, begins) } else { *later.lock().unwrap() };
        json(status, body)
    });
}

fn later(body: &'static str) -> Arc<Mutex<(u16, &'static str)>> {
    Arc::new(Mutex::new((200, body)))
}

#[tokio::test]
async fn a_response_in_the_background_counts_once_when_it_has_ended() {
    let world = World::new().await;
    let key = world.key(1);
    world.limit("gpt-4o", RateLimits { tokens_per_minute: Some(1_000), ..RateLimits::NONE });
    let state = later(QUEUED);
    upstream(&world, QUEUED, &state);
    let ask = ASK.replace("\"input\"", "\"max_output_tokens\":900,\"input\"");
    assert_eq!(world.post("/v1/responses", &key, &ask).await.status, 200);
    assert_eq!(world.get("/v1/responses/resp_1", &key).await.status, 200);
    world.gateway.settle_pending().await.unwrap();
    assert_eq!(world.events().await.len(), 0, "nothing is known yet");
    let second = world.post("/v1/responses", &key, &ask).await;
    assert_eq!(second.status, 429, "what goes on is not given back");
    *state.lock().unwrap() = (200, DONE);
    // Two clients that fetch it, and this node itself, at once and again.
    let (one, two, polled) = tokio::join!(
        world.get("/v1/responses/resp_1", &key),
        world.get("/v1/responses/resp_1", &key),
        world.gateway.settle_pending()
    );
    assert_eq!((one.status, two.status, polled), (200, 200, Ok(())));
    world.events().await;
    assert_eq!(world.get("/v1/responses/resp_1", &key).await.status, 200);
    world.gateway.settle_pending().await.unwrap();
    let events = world.events().await;
    assert_eq!(events.len(), 1, "{events:?}");
    let event = &events[0];
    assert_eq!((event.used.input_tokens, event.used.output_tokens, event.estimated), (21, 300, false));
    assert_eq!((&*event.model, &*event.owner, event.key.as_str()), ("gpt-4o", "user-1", "key_1"));
}

#[tokio::test]
async fn what_nobody_fetches_is_asked_for() {
    for (said, wanted) in [
        (later(DONE), Some((21, 300, false))),
        (
            later(r#"{"id":"resp_1","status":"cancelled","output":[{"content":[{"text":"one two"}]}],"usage":null}"#),
            Some((3, 2, true)),
        ),
        (later(r#"{"id":"resp_1","status":"failed","error":{"code":"server_error"},"output":[],"usage":null}"#), None),
        // Deleted: only what was sent is known.
        (Arc::new(Mutex::new((404, "{}"))), Some((3, 0, true))),
    ] {
        let world = World::new().await;
        let key = world.key(1);
        upstream(&world, QUEUED, &said);
        assert_eq!(world.post("/v1/responses", &key, ASK).await.status, 200);
        for _ in 0..2 {
            world.gateway.settle_pending().await.unwrap();
            let events = world.events().await;
            let counted = events.iter().map(|e| (e.used.input_tokens, e.used.output_tokens, e.estimated));
            assert_eq!(counted.collect::<Vec<_>>(), wanted.into_iter().collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn a_store_that_is_away_lets_no_response_begin_unnoticed() {
    let world = World::new().await;
    let key = world.key(1);
    upstream(&world, QUEUED, &later(DONE));
    assert_eq!(world.chat(&key).await.status, 200);
    world.store.down.store(true, Ordering::SeqCst);
    assert_eq!(world.post("/v1/responses", &key, ASK).await.status, 503);
}

fn events(body: UpstreamBody) -> Response<UpstreamBody> {
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

#[tokio::test]
async fn a_stream_in_the_background_counts_once_whether_it_is_read_to_its_end_or_not() {
    const CREATED: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"status\":\"in_progress\",\"usage\":null}}\n\nevent: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"word \"}\n\n";
    const END: &str = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"usage\":{\"input_tokens\":21,\"output_tokens\":300}}}\n\n";
    for whole in [true, false] {
        let world = World::new().await;
        let key = world.key(1);
        world.answers(move |seen| match (seen.method.as_str(), whole) {
            ("POST", true) => events(full(format!("{CREATED}{END}"))),
            ("POST", false) => events(full(CREATED)),
            _ => json(200, DONE),
        });
        let ask = ASK.replace("\"input\"", "\"stream\":true,\"input\"");
        assert_eq!(world.post("/v1/responses", &key, &ask).await.status, 200);
        assert_eq!(world.events().await.len(), usize::from(whole));
        world.gateway.settle_pending().await.unwrap();
        let events = world.events().await;
        let counted: Vec<_> = events.iter().map(|e| (e.used.input_tokens, e.used.output_tokens, e.estimated)).collect();
        assert_eq!(counted, [(21, 300, false)], "{whole}");
    }
    // Without the background nothing continues: what arrived is counted.
    let world = World::new().await;
    let key = world.key(1);
    world.answers(|_| events(full(CREATED)));
    let ask = r#"{"model":"gpt-4o","stream":true,"input":"one two three","metadata":{"background":"true"}}"#;
    assert_eq!(world.post("/v1/responses", &key, ask).await.status, 200);
    let event = world.events().await.remove(0);
    assert_eq!((event.used.input_tokens, event.used.output_tokens, event.estimated), (3, 1, true));
}

#[tokio::test]
async fn batches_that_nobody_fetches_are_counted() {
    const OUTPUT: &str = concat!(
        r#"{"response":{"body":{"model":"gpt-4o","usage":{"prompt_tokens":5,"completion_tokens":2}}}}"#,
        "\n",
        r#"{"response":{"body":{"model":"o3","usage":{"prompt_tokens":7,"completion_tokens":1}}}}"#,
        "\n",
        r#"{"response":{"body":{"model":"o3","choices":[{"message":{"content":"one two"}}]}}}"#,
    );
    let world = World::new().await;
    let key = world.key(1);
    let ended = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&ended);
    world.answers(move |seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("POST", "/v1/files") => json(200, r#"{"id":"file-1"}"#),
        ("GET", "/v1/files/file-1/content") => {
            let line = r#"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[]}}"#;
            Response::new(full(line))
        }
        ("GET", "/v1/files/file-9/content") => Response::new(full(OUTPUT)),
        _ if over.load(Ordering::SeqCst) => json(
            200,
            r#"{"id":"batch_1","endpoint":"/v1/chat/completions","status":"completed","output_file_id":"file-9"}"#,
        ),
        _ => json(
            200,
            r#"{"id":"batch_1","endpoint":"/v1/chat/completions","status":"in_progress","output_file_id":null}"#,
        ),
    });
    let form = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b--\r\n";
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "multipart/form-data; boundary=b")];
    assert_eq!(world.send("POST", "/v1/files", &headers, form.as_bytes()).await.status, 200);
    let made = world.post("/v1/batches", &key, r#"{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}"#).await;
    assert_eq!(made.status, 200, "{}", made.text());
    world.gateway.settle_pending().await.unwrap();
    assert_eq!(world.events().await.len(), 0);
    ended.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        world.gateway.settle_pending().await.unwrap();
        let events = world.events().await;
        let counted: Vec<_> = events
            .iter()
            .map(|e| (&*e.model, e.used.requests, e.used.input_tokens, e.used.output_tokens, e.estimated))
            .collect();
        assert_eq!(counted, [("gpt-4o", 1, 5, 2, false), ("o3", 1, 7, 1, false), ("o3", 1, 0, 2, true)]);
    }
    assert_eq!(world.get("/v1/files/file-9/content", &key).await.status, 200, "its results are its owner's");
}
