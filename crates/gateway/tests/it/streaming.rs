//! Streams: byte for byte, event by event, ended when the client disconnects.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use keystead_gateway::{BoxError, DirectoryOptions, Limits, ReadOn};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use crate::world::{UpstreamBody, World, full};

fn events(body: UpstreamBody) -> Response<UpstreamBody> {
    Response::builder().header("content-type", "text/event-stream; charset=utf-8").body(body).unwrap()
}

const PLAIN: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hé\"}}]}\n\n: keep-alive\n\ndata: [DONE]\n\n";

#[tokio::test]
async fn the_usage_chunk_is_asked_for_and_taken_out_again() {
    let world = World::new().await;
    let key = world.key(1);
    let upstreams = concat!(
        "data: {\"choices\":[{\"delta\":{\"content\":\"hé\"}}],\"usage\":null}\n\n: keep-alive\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":13}}\n\ndata: [DONE]\n\n"
    );
    world.answers(move |_| events(full(upstreams)));
    let body = r#"{"stream":true,"model":"gpt-4o"}"#;
    let got = world.post("/v1/chat/completions", &key, body).await;
    assert_eq!((got.status, got.text()), (200, PLAIN.to_owned()));
    assert_eq!(got.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(got.header("cache-control"), Some("no-cache"));
    let sent = world.seen().remove(0).body.unwrap();
    assert_eq!(sent, r#"{"stream":true,"model":"gpt-4o","stream_options":{"include_usage":true}}"#);
    let used = world.events().await.remove(0);
    assert_eq!((used.used.input_tokens, used.used.output_tokens, used.estimated), (11, 13, false));

    // Requested by the client: nothing is changed in either direction.
    let body = r#"{"stream":true,"model":"gpt-4o","stream_options":{"include_usage":true}}"#;
    let got = world.post("/v1/chat/completions", &key, body).await;
    assert_eq!(got.text(), upstreams);
    assert_eq!(world.seen()[1].body.as_deref(), Some(body.as_bytes()));
    assert_eq!(world.events().await.len(), 2);
}

#[tokio::test]
async fn other_streams_pass_byte_for_byte() {
    let world = World::new().await;
    let key = world.key(1);
    let stream = concat!(
        "event: response.created\ndata: {\"response\":{\"id\":\"resp_1\",\"usage\":null}}\n\n",
        ":\r\n\r\nevent: response.completed\r\ndata: {\"response\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}}\r\n\r\n",
        "data: half an event"
    );
    world.answers(move |_| events(full(stream)));
    let body = r#"{"model":"gpt-4o","stream":true}"#;
    let got = world.post("/v1/responses", &key, body).await;
    assert_eq!(got.text(), stream);
    assert_eq!(world.seen()[0].body.as_deref(), Some(body.as_bytes()));
    let event = world.events().await.remove(0);
    assert_eq!((event.used.input_tokens, event.used.output_tokens, event.estimated), (3, 4, false));
}

/// Notifies when the upstream's body was dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(());
        }
    }
}

#[tokio::test]
async fn each_event_passes_at_once_and_the_upstream_ends_with_the_client() {
    let read_on = ReadOn { time: Duration::ZERO, ..ReadOn::default() };
    let world = World::with(Limits { read_on, ..Limits::default() }, DirectoryOptions::default()).await;
    let key = world.key(1);
    let (chunks, incoming) = mpsc::unbounded_channel::<&'static str>();
    let (gone, dropped) = oneshot::channel();
    let held = Arc::new(Mutex::new(Some((incoming, Dropped(Some(gone))))));
    world.answers(move |_| {
        let state = held.lock().unwrap().take().expect("one request");
        let stream = futures_util::stream::unfold(state, |(mut incoming, dropped)| async move {
            let chunk = incoming.recv().await?;
            Some((Ok::<_, BoxError>(Frame::data(Bytes::from_static(chunk.as_bytes()))), (incoming, dropped)))
        });
        events(StreamBody::new(stream).boxed_unsync())
    });
    let body = r#"{"model":"gpt-4o","stream":true}"#;
    let mut client = TcpStream::connect(world.address).await.unwrap();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let mut got = String::new();
    for event in ["data: {\"choices\":[{}]}\n\n", "data: {\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\n"] {
        chunks.send(event).unwrap();
        // Reading until it arrives proves that nothing waits for the next event.
        let mut buffer = [0; 4096];
        while !got.contains(event) {
            let read = client.read(&mut buffer).await.unwrap();
            assert_ne!(read, 0);
            got.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
    }
    drop(client);
    dropped.await.expect("the upstream's body ends when the client leaves");
    let mut events = world.events().await;
    while events.is_empty() {
        tokio::task::yield_now().await;
        events = world.events().await;
    }
    assert_eq!((events.len(), events[0].estimated), (1, true));
    assert_eq!(events[0].used.output_tokens, 1);
}
