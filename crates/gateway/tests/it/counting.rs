//! The counted usage is the real usage, however a request ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use keystead_core::gate::Requirement;
use keystead_core::rate::RateLimits;
use keystead_core::usage::UsageEvent;
use keystead_gateway::{BoxError, DirectoryOptions, Limits, ReadOn, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::world::{UpstreamBody, World, full, json};

const CHAT: &str = "/v1/chat/completions";
const WORD: &str = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";

/// Reading on is limited by bytes alone, so that no test waits.
async fn world(read_on: usize) -> World {
    let read_on = ReadOn { time: Duration::from_secs(600), bytes: read_on, at_once: 1 };
    World::with(Limits { read_on, ..Limits::default() }, DirectoryOptions::default()).await
}

async fn next_event(world: &World, place: usize) -> UsageEvent {
    loop {
        if let Some(event) = world.events().await.get(place) {
            return event.clone();
        }
        tokio::task::yield_now().await;
    }
}

fn request(path: &str, key: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Notifies when the upstream's body was dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.take().unwrap().send(());
    }
}

/// The upstream answers with what is sent into the channel, and notifies when it was cancelled.
fn stream_by_hand(world: &World) -> (mpsc::UnboundedSender<String>, oneshot::Receiver<()>) {
    let (chunks, incoming) = mpsc::unbounded_channel::<String>();
    let (gone, dropped) = oneshot::channel();
    let held = Arc::new(Mutex::new(Some((incoming, Dropped(Some(gone))))));
    world.answers(move |_| {
        let state = held.lock().unwrap().take().unwrap();
        let stream = futures_util::stream::unfold(state, |(mut incoming, dropped)| async move {
            let chunk = incoming.recv().await?;
            Some((Ok::<_, BoxError>(Frame::data(Bytes::from(chunk))), (incoming, dropped)))
        });
        events(StreamBody::new(stream).boxed_unsync())
    });
    (chunks, dropped)
}

fn events(body: UpstreamBody) -> Response<UpstreamBody> {
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

/// A client that reads twelve words and disconnects.
async fn twelve_words(world: &World, key: &str, body: &str, chunks: &mpsc::UnboundedSender<String>) {
    let mut client = TcpStream::connect(world.address).await.unwrap();
    client.write_all(&request(CHAT, key, body)).await.unwrap();
    let (mut got, mut buffer) = (String::new(), [0; 4096]);
    for count in 1..=12 {
        chunks.send(WORD.to_owned()).unwrap();
        while got.matches("word ").count() < count {
            let read = client.read(&mut buffer).await.unwrap();
            got.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
    }
}

fn png() -> String {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0\0\0\x04\0\x08\x06\0\0\0".to_vec();
    png.resize(1 << 20, 7);
    STANDARD.encode(png)
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_pays_for_its_text_and_its_picture() {
    let world = world(0).await;
    let key = world.key(1);
    world.limit("gpt-4o", RateLimits { tokens_per_minute: Some(2_000), ..RateLimits::NONE });
    let body = format!(
        r#"{{"model":"gpt-4o","stream":true,"max_tokens":100,"messages":[{{"role":"user","content":[{{"type":"text","text":"what is it"}},{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{}"}}}}]}}]}}"#,
        png()
    );
    let (chunks, dropped) = stream_by_hand(&world);
    twelve_words(&world, &key, &body, &chunks).await;
    chunks.send(WORD.to_owned()).unwrap();
    dropped.await.unwrap();
    let event = next_event(&world, 0).await;
    // The word that the gateway read before it stopped may be counted or not.
    assert!((12..=13).contains(&event.used.output_tokens), "{:?}", event.used);
    assert_eq!((event.used.input_tokens, event.estimated), (3 + 765, true));
    // The reservation was returned: the next request fits.
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":5,"completion_tokens":7}}"#));
    let next = world.post(CHAT, &key, r#"{"model":"gpt-4o","messages":[],"max_tokens":1000}"#).await;
    assert_eq!(next.status, 200, "{}", next.text());
}

#[tokio::test]
async fn true_figures_that_come_a_moment_after_the_client_left_count() {
    let world = world(1 << 20).await;
    let key = world.key(1);
    let (chunks, dropped) = stream_by_hand(&world);
    twelve_words(&world, &key, r#"{"model":"gpt-4o","stream":true,"messages":[]}"#, &chunks).await;
    for text in [
        WORD,
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":13}}\n\n",
        "data: [DONE]\n\n",
    ] {
        chunks.send(text.to_owned()).unwrap();
    }
    drop(chunks);
    dropped.await.unwrap();
    let event = next_event(&world, 0).await;
    assert_eq!((event.used.input_tokens, event.used.output_tokens, event.estimated), (21, 13, false));
}

#[tokio::test]
async fn reading_on_is_bounded() {
    let world = world(2 * WORD.len()).await;
    let key = world.key(1);
    let (chunks, dropped) = stream_by_hand(&world);
    twelve_words(&world, &key, r#"{"model":"gpt-4o","stream":true,"messages":[]}"#, &chunks).await;
    // Another answer meanwhile gets no permit, and ends at once.
    let (others, other_dropped) = stream_by_hand(&world);
    twelve_words(&world, &key, r#"{"model":"gpt-4o","stream":true,"messages":[]}"#, &others).await;
    let first = tokio::spawn(async move {
        let mut dropped = dropped;
        loop {
            // The upstream would continue for ever.
            let _ = chunks.send(WORD.to_owned());
            if dropped.try_recv() != Err(oneshot::error::TryRecvError::Empty) {
                return;
            }
            tokio::task::yield_now().await;
        }
    });
    first.await.unwrap();
    let event = next_event(&world, 0).await;
    assert!((12..=40).contains(&event.used.output_tokens) && event.estimated, "{:?}", event.used);
    let mut other_dropped = other_dropped;
    while other_dropped.try_recv() == Err(oneshot::error::TryRecvError::Empty) {
        let _ = others.send(WORD.to_owned());
        tokio::task::yield_now().await;
    }
    assert_eq!(next_event(&world, 1).await.used.requests, 1);
}

/// An upstream controlled by the test, byte by byte.
async fn raw_upstream(world: &World) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut catalogue = (**world.catalogue.load()).clone();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    catalogue.upstreams.insert("one".to_owned(), Upstream::new("one".to_owned(), &address, None));
    world.catalogue.store(Arc::new(catalogue));
    listener
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_its_answer_pays_for_what_it_sent() {
    let world = world(0).await;
    let key = world.key(1);
    world.change(&key, |caller| caller.organizations[0].entitlements.met.push(Requirement::Organization));
    world.limit("gpt-4o", RateLimits { tokens_per_minute: Some(1_000), ..RateLimits::NONE });
    world.limit("gpt-image-1", RateLimits { images_per_minute: Some(3), ..RateLimits::NONE });
    let upstream = raw_upstream(&world).await;
    let bodies = [
        (CHAT, r#"{"model":"gpt-4o","messages":[{"role":"user","content":"one two three"}],"max_tokens":900}"#),
        ("/v1/responses", r#"{"model":"gpt-4o","input":"one two three"}"#),
        ("/v1/embeddings", r#"{"model":"text-embedding-3-small","input":["one two","three"]}"#),
        ("/v1/images/generations", r#"{"model":"gpt-image-1","prompt":"a","n":2}"#),
        ("/v1/audio/speech", r#"{"model":"tts-1","input":"hello"}"#),
    ];
    for (place, (path, body)) in bodies.into_iter().enumerate() {
        let mut client = TcpStream::connect(world.address).await.unwrap();
        client.write_all(&request(path, &key, body)).await.unwrap();
        let (mut theirs, _) = upstream.accept().await.unwrap();
        let (mut got, mut buffer) = (Vec::new(), [0; 4096]);
        while !got.ends_with(b"}") {
            let read = theirs.read(&mut buffer).await.unwrap();
            got.extend_from_slice(&buffer[..read]);
        }
        drop(client);
        assert_eq!(theirs.read(&mut buffer).await.unwrap_or(0), 0, "{path}: the upstream is told");
        next_event(&world, place).await;
    }
    let events = world.events().await;
    let rows: Vec<_> = events
        .iter()
        .map(|e| (e.used.input_tokens, e.used.output_tokens, e.used.images, e.used.characters, e.estimated, e.status))
        .collect();
    assert_eq!(
        rows,
        [
            (3, 0, 0, 0, true, 499),
            (3, 0, 0, 0, true, 499),
            (3, 0, 0, 0, true, 499),
            (0, 0, 2, 0, true, 499),
            (0, 0, 0, 5, false, 499),
        ]
    );
    // The reservations were replaced by the counted usage.
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":5,"completion_tokens":7}}"#));
    drop(upstream);
    let refused = world.post("/v1/images/generations", &key, r#"{"model":"gpt-image-1","prompt":"a","n":2}"#).await;
    assert_eq!(refused.status, 429, "two of three were asked for");
    let chat = world.post(CHAT, &key, r#"{"model":"gpt-4o","messages":[],"max_tokens":990}"#).await;
    assert_eq!(chat.header("x-ratelimit-remaining-tokens").or(Some("4")), Some("4"), "{}", chat.text());
}

#[tokio::test]
async fn what_gave_no_answer_costs_nothing() {
    let world = world(0).await;
    let key = world.key(1);
    world.limit("gpt-4o", RateLimits { tokens_per_minute: Some(100), ..RateLimits::NONE });
    let body = r#"{"model":"gpt-4o","messages":[],"max_tokens":100}"#;
    for status in [400, 401, 403, 404, 429, 500, 503, 302] {
        world.answers(move |_| json(status, r#"{"error":{"message":"no"}}"#));
        assert_ne!(world.post(CHAT, &key, body).await.status, 429 - u16::from(status == 429));
    }
    for error in [r#"{"error":{"message":"model crashed"}}"#, r#"{"error":"model crashed"}"#] {
        world.answers(move |_| json(200, error));
        assert_eq!(world.post(CHAT, &key, body).await.status, 200);
        let event = format!("data: {error}\n\ndata: [DONE]\n\n");
        world.answers(move |_| events(full(event.clone())));
        let body = body.replace("\"model\"", "\"stream\":true,\"model\"");
        assert_eq!(world.post(CHAT, &key, &body).await.status, 200);
    }
    // It closes without an answer, and then nothing listens any more.
    let upstream = raw_upstream(&world).await;
    let closing = tokio::spawn(async move {
        let (mut theirs, _) = upstream.accept().await.unwrap();
        let _ = theirs.read(&mut [0; 4096]).await;
    });
    assert!(world.post(CHAT, &key, body).await.status >= 500);
    closing.await.unwrap();
    assert!(world.post(CHAT, &key, body).await.status >= 500);
    assert_eq!(world.events().await.len(), 0);
}

#[tokio::test]
async fn pictures_are_counted_in_answers_of_any_length() {
    let world = world(0).await;
    let key = world.key(1);
    world.change(&key, |caller| caller.organizations[0].entitlements.met.push(Requirement::Organization));
    let picture = "QUJD".repeat(786_432);
    let pictures = vec![format!(r#"{{"b64_json":"{picture}"}}"#); 4].join(",");
    let body = format!(r#"{{"created":1,"data":[{pictures}]}}"#);
    assert!(body.len() > 12 << 20);
    world.answers(move |_| json(200, &body));
    let ask = r#"{"model":"gpt-image-1","prompt":"a","n":4}"#;
    assert_eq!(world.post("/v1/images/generations", &key, ask).await.status, 200);
    let event = next_event(&world, 0).await;
    assert_eq!((event.used.images, event.estimated), (4, false));
    let stream = "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"A\"}\n\nevent: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"A\"}\n\n";
    world.answers(move |_| events(full(stream)));
    let ask = r#"{"model":"gpt-image-1","prompt":"a","stream":true}"#;
    assert_eq!(world.post("/v1/images/generations", &key, ask).await.text(), stream);
    let event = next_event(&world, 1).await;
    assert_eq!((event.used.images, event.estimated), (1, false));
}

#[tokio::test]
async fn sound_is_counted_whatever_form_its_text_has() {
    let world = world(0).await;
    let key = world.key(1);
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data".to_vec();
    wav.extend_from_slice(&80_000u32.to_le_bytes());
    wav.resize(80_044, 128);
    let ask = async |sound: &[u8], order: bool| {
        let part = |name: &str, value: &[u8]| {
            [format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").as_bytes(), value, b"\r\n"]
                .concat()
        };
        let (model, file) = (part("model", b"whisper-1"), part("file", sound));
        let body = if order { [model, file] } else { [file, model] }.concat();
        let body = [&body[..], &part("response_format", b"srt"), b"--b--\r\n"].concat();
        let headers = [
            ("authorization", format!("Bearer {key}")),
            ("content-type", "multipart/form-data; boundary=b".to_owned()),
        ];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        world.send("POST", "/v1/audio/transcriptions", &headers, &body).await.status
    };
    let text = |kind: &'static str, body: &'static str| {
        move |_| Response::builder().header("content-type", kind).body(full(body)).unwrap()
    };
    world.answers(text("text/plain", "hello\n"));
    assert_eq!((ask(&wav, true).await, ask(&wav, false).await), (200, 200));
    world.answers(text("application/x-subrip", "1\n00:00:00,000 --> 00:00:02,000\nhello\n"));
    assert_eq!(ask(&wav, true).await, 200);
    assert_eq!(ask(&[9; 30_000], true).await, 200);
    world.answers(|_| json(200, r#"{"text":"hello","usage":{"type":"duration","seconds":7}}"#));
    assert_eq!(ask(&wav, true).await, 200);
    let events = world.events().await;
    let rows: Vec<_> = events.iter().map(|e| (e.used.seconds, e.estimated)).collect();
    assert_eq!(rows, [(10, false), (10, false), (10, false), (4, true), (7, false)]);
}

#[tokio::test]
async fn pictures_that_a_tool_draws_count_under_its_model() {
    let world = world(0).await;
    let key = world.key(1);
    world.change(&key, |caller| caller.organizations[0].entitlements.met.push(Requirement::Organization));
    let call = r#"{"id":"ig_1","type":"image_generation_call","status":"completed","result":"QUJD"}"#;
    let usage = r#""usage":{"input_tokens":5,"output_tokens":7}"#;
    let whole = format!(r#"{{"id":"resp_1","status":"completed","output":[{call},{call}],{usage}}}"#);
    let stream = format!(
        "data: {{\"type\":\"response.output_item.done\",\"item\":{call}}}\n\ndata: {{\"type\":\"response.completed\",\"response\":{{\"id\":\"resp_2\",\"output\":[{call}],{usage}}}}}\n\n"
    );
    world.answers(move |seen| match seen.body.as_deref().is_some_and(|body| body.starts_with(b"{\"stream\"")) {
        true => events(full(stream.clone())),
        false => json(200, &whole),
    });
    for start in ["{", "{\"stream\":true,"] {
        let body = format!(
            r#"{start}"model":"gpt-4o","input":"draw it","tools":[{{"type":"image_generation","model":"gpt-image-1"}}]}}"#
        );
        let answer = world.post("/v1/responses", &key, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let rows: Vec<_> = world
        .events()
        .await
        .iter()
        .map(|e| (e.kind.as_str(), Arc::clone(&e.model), e.used.images, e.used.output_tokens, e.estimated))
        .collect();
    let row = |kind, model: &str, images, tokens| (kind, Arc::from(model), images, tokens, false);
    assert_eq!(
        rows,
        [
            row("images", "gpt-image-1", 2, 0),
            row("completions", "gpt-4o", 0, 7),
            row("images", "gpt-image-1", 1, 0),
            row("completions", "gpt-4o", 0, 7),
        ]
    );
}
