//! Upstreams that fail, stall or reveal too much: the client's answer, and what never reaches it.

use std::sync::Arc;
use std::time::Duration;

use keystead_gateway::{Upstream, UpstreamOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::World;
use crate::world::answer::Answer;

pub(crate) const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// A listener that serves the world's models.
pub(crate) async fn upstream(world: &World, options: UpstreamOptions) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut catalogue = (**world.catalogue.load()).clone();
    catalogue.upstreams.insert("one".to_owned(), Upstream::with("one".to_owned(), &base, None, options));
    world.catalogue.store(Arc::new(catalogue));
    listener
}

/// Reads until the head is there; the bodies of these tests arrive with it.
pub(crate) async fn head(stream: &mut TcpStream) -> String {
    let mut got = Vec::with_capacity(64 << 10);
    while memchr::memmem::find(&got, b"\r\n\r\n").is_none() {
        assert_ne!(stream.read_buf(&mut got).await.unwrap(), 0, "the request broke off");
    }
    String::from_utf8(got).unwrap()
}

#[tokio::test]
async fn a_close_that_crosses_with_a_request_is_not_the_clients_to_see() {
    let world = World::new().await;
    let (key, listener) = (world.key(1), upstream(&world, UpstreamOptions::default()).await);
    let serve = async {
        let mut stream = listener.accept().await.unwrap().0;
        head(&mut stream).await;
        stream.write_all(JSON.as_bytes()).await.unwrap();
        // The second request arrives at the moment at which the server closes, unread.
        stream.peek(&mut [0]).await.unwrap();
        drop(stream);
        let mut stream = listener.accept().await.unwrap().0;
        let again = head(&mut stream).await;
        assert!(again.ends_with(r#"{"model":"gpt-4o","messages":[]}"#), "{again}");
        stream.write_all(JSON.as_bytes()).await.unwrap();
        // The third one gets what some servers send before they close.
        head(&mut stream).await;
        let timeout = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(timeout.as_bytes()).await.unwrap();
        let mut stream = listener.accept().await.unwrap().0;
        head(&mut stream).await;
        stream.write_all(JSON.as_bytes()).await.unwrap();
    };
    let ask = async {
        for _ in 0..3 {
            let got = world.chat(&key).await;
            assert_eq!((got.status, got.text().as_str()), (200, "{}"));
        }
    };
    tokio::join!(serve, ask);
    assert_eq!(world.events().await.len(), 3);
}

#[tokio::test]
async fn only_what_may_be_done_twice_is_sent_twice() {
    let world = World::new().await;
    let (key, listener) = (world.key(1), upstream(&world, UpstreamOptions::default()).await);
    let serve = async {
        for closes in [false, true, true, false] {
            let mut stream = listener.accept().await.unwrap().0;
            head(&mut stream).await;
            stream.write_all(JSON.as_bytes()).await.unwrap();
            if closes {
                // Read, and closed without an answer.
                head(&mut stream).await;
            }
        }
    };
    let ask = async {
        // Each on a new connection, then on a reused one.
        assert_eq!(world.get("/v1/files", &key).await.status, 502, "an answer that is no list");
        assert_eq!(world.chat(&key).await.status, 200);
        assert_eq!(world.get("/v1/files", &key).await.status, 502, "a list is read again, over a third connection");
        assert_eq!(world.chat(&key).await.status, 502, "a model's work may have been done");
        assert_eq!(world.chat(&key).await.status, 200);
    };
    tokio::join!(serve, ask);
}

#[tokio::test]
async fn answers_that_cannot_be_trusted_are_not_tried_again() {
    let world = World::new().await;
    let (key, listener) = (world.key(1), upstream(&world, UpstreamOptions::default()).await);
    let mut bad: Vec<String> = [
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n{}",
        "HTTP/2 200\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx y: z\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
    ]
    .map(str::to_owned)
    .into();
    bad.push(format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "x-filler: 1\r\n".repeat(256)));
    bad.push(format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "y".repeat(80_000)));
    // As many headers as servers behind a few proxies send.
    let good = format!("HTTP/1.1 200 OK\r\n{}content-length: 2\r\n\r\n{{}}", "x-filler: 1\r\n".repeat(255));
    let (count, good) = (bad.len(), [good]);
    let serve = async {
        for answer in bad.iter().chain(&good) {
            let mut stream = listener.accept().await.unwrap().0;
            head(&mut stream).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    };
    let ask = async {
        for number in 0..count {
            let got = world.chat(&key).await;
            let told = (got.status, got.header("x-should-retry"), got.json()["error"]["type"].clone());
            assert_eq!(
                told,
                (502, Some("false"), "server_error".into()),
                "{}",
                &bad[number][..60.min(bad[number].len())]
            );
        }
        assert_eq!(world.chat(&key).await.text(), "{}");
    };
    tokio::join!(serve, ask);
    assert_eq!(world.events().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_begins_is_given_up() {
    let world = World::new().await;
    let (key, listener) = (world.key(1), upstream(&world, UpstreamOptions::default()).await);
    let serve = async {
        let mut stream = listener.accept().await.unwrap().0;
        head(&mut stream).await;
        // The gateway closes the connection.
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap_or(0), 0);
    };
    let (got, ()) = tokio::join!(world.chat(&key), serve);
    assert_eq!(got.status, 504);
    assert_eq!(got.error().1, "The model server did not begin to answer within 600 seconds.");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_pauses_too_long_is_ended() {
    let world = World::new().await;
    let options = UpstreamOptions { idle: Duration::from_secs(20), ..UpstreamOptions::default() };
    let (key, listener) = (world.key(1), upstream(&world, options).await);
    let event = "data: {\"choices\":[{}]}\n\n";
    let stream_head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let serve = async {
        let mut stream = listener.accept().await.unwrap().0;
        head(&mut stream).await;
        stream.write_all(stream_head.as_bytes()).await.unwrap();
        for _ in 0..3 {
            // Pauses shorter than the limit, but longer in total.
            stream.write_all(event.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_secs(15)).await;
        }
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap_or(0), 0);
        // An answer that is not a stream is cut off.
        let mut stream = listener.accept().await.unwrap().0;
        head(&mut stream).await;
        stream.write_all(&JSON.as_bytes()[..JSON.len() - 1]).await.unwrap();
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap_or(0), 0);
    };
    let ask = async {
        let got = world.post("/v1/chat/completions", &key, r#"{"model":"gpt-4o","stream":true}"#).await;
        let text = got.text();
        let last = text.strip_prefix(&event.repeat(3)).unwrap_or_else(|| panic!("{text}"));
        let data = last.strip_prefix("event: error\ndata: ").and_then(|data| data.strip_suffix("\n\n")).unwrap();
        let error: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(error["error"]["message"], "The model server sent nothing for 20 seconds.");
        assert_eq!(error["error"]["type"], "server_error");
        let got = world.chat(&key).await;
        assert_eq!((got.status, got.text().as_str()), (200, "{"), "the length tells that it is not whole");
        assert_eq!(got.header("content-length"), Some("2"));
    };
    tokio::join!(serve, ask);
    assert!(world.events().await.iter().all(|event| event.estimated));
}

/// With any head of an upstream, only listed headers pass, and none of them contains the operator's secret.
#[tokio::test]
async fn hostile_heads() {
    let world = World::new().await;
    let (key, listener) = (world.key(1), upstream(&world, UpstreamOptions::default()).await);
    let hostile = [
        "set-cookie: session=stolen",
        "location: https://elsewhere.test",
        "refresh: 0",
        "www-authenticate: Basic realm=x",
        "access-control-allow-origin: *",
        "access-control-allow-credentials: true",
        "content-security-policy: default-src *",
        "strict-transport-security: max-age=0",
        "clear-site-data: \"*\"",
        "link: <https://elsewhere.test>; rel=preload",
        "x-request-id: theirs",
        "openai-organization: theirs",
        "openai-project: theirs",
        "x-ratelimit-limit-key: theirs",
        "alt-svc: h3=\":443\"",
        "server: theirs",
        "via: 1.1 theirs",
        "keep-alive: timeout=5",
        "trailer: x",
        "upgrade: h2c",
        "proxy-authenticate: Basic",
        "service-worker-allowed: /",
        "sourcemap: /x",
        "x-keystead-warning: theirs",
    ];
    let serve = async {
        let mut stream = listener.accept().await.unwrap().0;
        head(&mut stream).await;
        let fields = hostile.join("\r\n");
        let answer =
            format!("HTTP/1.1 200 OK\r\n{fields}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}");
        stream.write_all(answer.as_bytes()).await.unwrap();
    };
    let (got, ()): (Answer, ()) = tokio::join!(world.chat(&key), serve);
    let mut names: Vec<&str> = got.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let passed = [
        "cache-control",
        "connection",
        "content-length",
        "content-security-policy",
        "content-type",
        "date",
        "openai-organization",
        "openai-processing-ms",
        "openai-project",
        "openai-version",
        "x-content-type-options",
        "x-request-id",
    ];
    assert_eq!(names, passed);
    assert!(got.headers.iter().all(|(_, value)| !value.contains("theirs") && !value.contains("elsewhere")));
    assert_eq!(got.header("content-security-policy"), Some("sandbox; default-src 'none'"));
}
