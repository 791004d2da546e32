//! Running answers when the permission for them ends.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use keystead_core::Timestamp;
use keystead_core::caller::Caller;
use keystead_core::model_access::{ListMode, ModelAccess};
use keystead_core::network::Networks;
use keystead_core::scope::ScopeSet;
use keystead_gateway::{BoxError, ChangedSubject, DirectoryOptions, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use crate::world::{UpstreamBody, World};

/// Notifies when the upstream's body was dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(());
        }
    }
}

/// An upstream that sends what it is given and is otherwise silent.
pub(crate) struct Drip {
    pub(crate) chunks: mpsc::UnboundedSender<&'static str>,
    pub(crate) gone: oneshot::Receiver<()>,
}

impl Drip {
    pub(crate) fn new(world: &World, kind: &'static str) -> Self {
        let (chunks, incoming) = mpsc::unbounded_channel::<&'static str>();
        let (sender, gone) = oneshot::channel();
        let held = Arc::new(Mutex::new(Some((incoming, Dropped(Some(sender))))));
        world.answers(move |_| {
            let state = held.lock().unwrap().take().unwrap();
            let stream = futures_util::stream::unfold(state, |(mut incoming, dropped)| async move {
                let chunk = incoming.recv().await?;
                Some((Ok::<_, BoxError>(Frame::data(Bytes::from_static(chunk.as_bytes()))), (incoming, dropped)))
            });
            let body: UpstreamBody = BodyExt::boxed_unsync(StreamBody::new(stream));
            Response::builder().header("content-type", kind).body(body).unwrap()
        });
        Self { chunks, gone }
    }
}

/// A client that reads slowly.
struct Client(TcpStream, String);

impl Client {
    async fn ask(world: &World, path: &str, key: &str, body: &str) -> Self {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream, String::new())
    }

    /// Reads until this text has arrived.
    async fn until(&mut self, text: &str) {
        let mut buffer = [0; 4096];
        while !self.1.contains(text) {
            let read = self.0.read(&mut buffer).await.unwrap();
            assert_ne!(read, 0, "{}", self.1);
            self.1.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
    }

    /// Reads until the server closes or the last chunk has arrived; `true` for a complete body.
    async fn rest(&mut self) -> bool {
        let mut buffer = [0; 4096];
        loop {
            if self.1.ends_with("0\r\n\r\n") {
                return true;
            }
            match self.0.read(&mut buffer).await {
                Ok(0) | Err(_) => return false,
                Ok(read) => self.1.push_str(std::str::from_utf8(&buffer[..read]).unwrap()),
            }
        }
    }
}

pub(crate) async fn world() -> World {
    let limits = Limits { recheck: Duration::from_millis(10), ..Limits::default() };
    World::with(limits, DirectoryOptions::default()).await
}

pub(crate) const STREAM: &str = r#"{"model":"gpt-4o","stream":true}"#;
pub(crate) const CHUNK: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n";

/// Whether a change is announced to the node, or only time passes.
type Change = fn(&World, &str) -> Option<ChangedSubject>;

fn edit(world: &World, key: &str, change: impl FnOnce(&mut Caller)) -> Option<ChangedSubject> {
    world.change(key, change);
    Some(ChangedSubject::Organization("org-1".parse().unwrap()))
}

const ENDS: &[(&str, Option<&str>, Change)] = &[
    ("key deleted", Some("invalid_api_key"), |world, key| {
        world.remove(key);
        Some(ChangedSubject::Key("key_1".parse().unwrap()))
    }),
    ("owner closed", Some("account_deactivated"), |world, key| {
        world.change(key, |caller| caller.owner_active = false);
        Some(ChangedSubject::User("user-1".parse().unwrap()))
    }),
    ("project archived", None, |world, key| {
        edit(world, key, |caller| caller.organizations[0].projects[0].archived = true)
    }),
    ("organization closed", Some("account_deactivated"), |world, key| {
        edit(world, key, |caller| caller.organizations[0].deactivated = true)
    }),
    ("member removed", None, |world, key| edit(world, key, |caller| caller.organizations.clear())),
    ("roles taken", None, |world, key| {
        edit(world, key, |caller| {
            caller.organizations[0].role = None;
            caller.organizations[0].projects[0].role = None;
        })
    }),
    ("model taken", Some("model_not_found"), |world, key| {
        edit(world, key, |caller| {
            caller.organizations[0].projects[0].models =
                ModelAccess::new(ListMode::AllowList, vec!["o3".to_owned()]).ok();
        })
    }),
    ("scope taken", None, |world, key| {
        world.change(key, |caller| caller.scopes = ScopeSet::default());
        Some(ChangedSubject::Key("key_1".parse().unwrap()))
    }),
    ("address shut out", None, |world, key| {
        edit(world, key, |caller| caller.organizations[0].addresses = Networks::new(["203.0.113.0/24"]).ok())
    }),
    ("key expired", None, |world, key| {
        let _ = key;
        world.clock.fetch_add(3_600, Ordering::SeqCst);
        None
    }),
];

#[tokio::test]
async fn a_stream_is_cut_whatever_ends_its_right() {
    for (name, code, change) in ENDS {
        let world = world().await;
        let key = world.key(1);
        let end = Timestamp(world.clock.load(Ordering::SeqCst) + 3_000);
        world.change(&key, |caller| caller.expires_at = Some(end));
        let drip = Drip::new(&world, "text/event-stream");
        let mut client = Client::ask(&world, "/v1/chat/completions", &key, STREAM).await;
        drip.chunks.send(CHUNK).unwrap();
        client.until(CHUNK.trim_end()).await;
        // The upstream is idle from here on.
        if let Some(subject) = change(&world, &key) {
            world.directory.apply(&[subject], 2);
        }
        assert!(client.rest().await, "{name}: {}", client.1);
        assert!(client.1.contains("event: error\ndata: {"), "{name}: {}", client.1);
        let event = client.1.rsplit("data: ").next().unwrap().lines().next().unwrap();
        let error: serde_json::Value = serde_json::from_str(event).unwrap_or_else(|_| panic!("{name}: {}", client.1));
        assert!(error["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{name}: {error}");
        if let Some(code) = code {
            assert_eq!(error["error"]["code"], *code, "{name}");
        }
        drip.gone.await.unwrap_or_else(|_| panic!("{name}: the upstream is cancelled"));
        let events = world.events().await;
        assert_eq!((events.len(), events[0].estimated), (1, true), "{name}: what passed is counted");
    }
}

#[tokio::test]
async fn a_stream_survives_changes_that_leave_its_right() {
    let world = world().await;
    let key = world.key(1);
    let drip = Drip::new(&world, "text/event-stream");
    let mut client = Client::ask(&world, "/v1/chat/completions", &key, STREAM).await;
    for round in 0..5 {
        world.change(&key, |caller| caller.organizations[0].entitlements.version += 1);
        world.directory.apply(&[ChangedSubject::Organization("org-1".parse().unwrap())], 2 + round);
        let reads = world.store.reads.load(Ordering::SeqCst);
        while world.store.reads.load(Ordering::SeqCst) == reads && round > 0 {
            tokio::task::yield_now().await;
        }
        drip.chunks.send(CHUNK).unwrap();
        client.until(CHUNK.trim_end()).await;
        client.1.clear();
    }
    // A store outage ends no answer while the memory is trusted.
    world.store.down.store(true, Ordering::SeqCst);
    world.directory.apply(&[ChangedSubject::Everything], 9);
    let misses = world.directory.stats().misses;
    while world.directory.stats().misses < misses + 3 {
        tokio::task::yield_now().await;
    }
    drip.chunks.send("data: [DONE]\n\n").unwrap();
    drop(drip.chunks);
    assert!(client.rest().await);
    assert!(client.1.contains("data: [DONE]\n\n") && !client.1.contains("error"), "{}", client.1);
}

fn delete(world: &World, key: &str) {
    world.remove(key);
    world.directory.apply(&[ChangedSubject::Key("key_1".parse().unwrap())], 2);
}

#[tokio::test]
async fn an_event_that_is_being_sent_ends_before_the_error() {
    let world = world().await;
    let key = world.key(1);
    let drip = Drip::new(&world, "text/event-stream");
    let body = r#"{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true}}"#;
    let mut client = Client::ask(&world, "/v1/chat/completions", &key, body).await;
    drip.chunks.send("data: {\"choices\":").unwrap();
    client.until("choices").await;
    delete(&world, &key);
    drip.chunks.send("[]}\n\ndata: {\"more\":1}\n\n").unwrap();
    assert!(client.rest().await, "{}", client.1);
    assert!(client.1.contains("[]}\n\n") && client.1.contains("\"invalid_api_key\""), "{}", client.1);
}

#[tokio::test]
async fn inside_an_event_that_never_ends_the_body_breaks_off() {
    let world = world().await;
    let key = world.key(1);
    let drip = Drip::new(&world, "text/event-stream");
    let body = r#"{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true}}"#;
    let mut client = Client::ask(&world, "/v1/chat/completions", &key, body).await;
    drip.chunks.send("data: {\"choices\":").unwrap();
    client.until("choices").await;
    delete(&world, &key);
    assert!(!client.rest().await, "{}", client.1);
    assert!(!client.1.contains("error"), "{}", client.1);
    drip.gone.await.expect("the upstream is cancelled");
}

#[tokio::test]
async fn a_body_that_is_no_stream_of_events_breaks_off() {
    let world = world().await;
    let key = world.key(1);
    let drip = Drip::new(&world, "audio/mpeg");
    let body = r#"{"model":"tts-1","input":"hello","voice":"a"}"#;
    let mut client = Client::ask(&world, "/v1/audio/speech", &key, body).await;
    drip.chunks.send("sound").unwrap();
    client.until("sound").await;
    delete(&world, &key);
    assert!(!client.rest().await, "{}", client.1);
    drip.gone.await.expect("the upstream is cancelled");
    assert_eq!(world.events().await.len(), 1);
}

/// A client that sends its body slowly does not keep the permission it had at the start.
#[tokio::test]
async fn a_request_is_judged_again_when_its_body_took_long() {
    // Every body takes longer than this.
    let limits = Limits { recheck: Duration::from_nanos(1), ..Limits::default() };
    let world = World::with(limits, DirectoryOptions::default()).await;
    let key = world.key(1);
    let mut client = TcpStream::connect(world.address).await.unwrap();
    let body = r#"{"model":"gpt-4o","messages":[]}"#;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    while world.store.reads.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    delete(&world, &key);
    client.write_all(body.as_bytes()).await.unwrap();
    let mut client = Client(client, String::new());
    client.until("invalid_api_key").await;
    assert!(client.1.starts_with("HTTP/1.1 401"), "{}", client.1);
    assert!(world.seen().is_empty(), "nothing was forwarded");
}

/// The model has not begun to answer.
#[tokio::test]
async fn a_request_that_waits_for_its_answer_is_refused() {
    let world = world().await;
    let key = world.key(1);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.serve_from(listener.local_addr().unwrap());
    let mut client = Client::ask(&world, "/v1/chat/completions", &key, r#"{"model":"gpt-4o","messages":[]}"#).await;
    let (mut upstream, _) = listener.accept().await.unwrap();
    let mut buffer = [0; 4096];
    assert_ne!(upstream.read(&mut buffer).await.unwrap(), 0, "the request has come");
    delete(&world, &key);
    client.until("invalid_api_key").await;
    assert!(client.1.starts_with("HTTP/1.1 401"), "{}", client.1);
    while upstream.read(&mut buffer).await.unwrap_or(0) != 0 {}
}
