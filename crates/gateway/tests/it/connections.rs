//! Connections to upstreams: reused when possible, replaced when not, and no request is sent twice.

use std::sync::Arc;

use keystead_gateway::Upstream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::World;

const BODY: &str = r#"{"id":"x","usage":{"prompt_tokens":1,"completion_tokens":1}}"#;

/// An upstream for which the test writes every byte itself.
struct Upstreams {
    listener: TcpListener,
}

impl Upstreams {
    async fn of(world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut catalogue = (**world.catalogue.load()).clone();
        let base = format!("http://{}", listener.local_addr().unwrap());
        catalogue.upstreams.insert("one".to_owned(), Upstream::new("one".to_owned(), &base, None));
        world.catalogue.store(Arc::new(catalogue));
        Self { listener }
    }

    async fn accept(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }
}

/// Reads one request with its body.
async fn request(stream: &mut TcpStream) -> String {
    let mut got = Vec::new();
    while !got.ends_with(b"}") {
        let mut buffer = [0; 4_096];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the request broke off: {}", String::from_utf8_lossy(&got));
        got.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(got).unwrap()
}

async fn answer(stream: &mut TcpStream, headers: &str) {
    let length = BODY.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n");
    stream.write_all([head.as_bytes(), BODY.as_bytes()].concat().as_slice()).await.unwrap();
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let world = World::new().await;
    let (key, upstream) = (world.key(1), Upstreams::of(&world).await);
    let serve = async {
        let mut stream = upstream.accept().await;
        for _ in 0..3 {
            let got = request(&mut stream).await;
            assert!(got.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{got}");
            assert!(got.contains(&format!("\r\nhost: {}\r\n", upstream.listener.local_addr().unwrap())), "{got}");
            answer(&mut stream, "").await;
        }
        // Chunked answers end a request, like those with a length.
        request(&mut stream).await;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunked = format!("{head}{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
        stream.write_all(chunked.as_bytes()).await.unwrap();
        request(&mut stream).await;
        answer(&mut stream, "").await;
    };
    let ask = async {
        for _ in 0..5 {
            assert_eq!(world.chat(&key).await.text(), BODY);
        }
    };
    tokio::join!(serve, ask);
    assert_eq!(world.events().await.len(), 5);
}

#[tokio::test]
async fn one_that_was_closed_while_it_waited_is_replaced() {
    let world = World::new().await;
    let (key, upstream) = (world.key(1), Upstreams::of(&world).await);
    for headers in ["", "connection: close\r\n", ""] {
        let serve = async {
            let mut stream = upstream.accept().await;
            request(&mut stream).await;
            answer(&mut stream, headers).await;
            stream.shutdown().await.unwrap();
            stream
        };
        let ask = async { assert_eq!(world.chat(&key).await.text(), BODY) };
        // The next request and the close reach the gateway in the same poll of the system.
        let (_open, ()) = tokio::join!(serve, ask);
    }
    assert_eq!(world.events().await.len(), 3);
}

#[tokio::test]
async fn what_was_sent_is_not_sent_again() {
    let world = World::new().await;
    let (key, upstream) = (world.key(1), Upstreams::of(&world).await);
    let serve = async {
        let mut stream = upstream.accept().await;
        request(&mut stream).await;
        answer(&mut stream, "").await;
        // It reads the second request and closes: it is unknown whether the model ran.
        request(&mut stream).await;
        drop(stream);
        let mut stream = upstream.accept().await;
        request(&mut stream).await;
        answer(&mut stream, "").await;
    };
    let ask = async {
        assert_eq!(world.chat(&key).await.status, 200);
        assert_eq!(world.chat(&key).await.status, 502);
        assert_eq!(world.chat(&key).await.status, 200);
    };
    tokio::join!(serve, ask);
    assert_eq!(world.events().await.len(), 2);
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_ends_its_connection() {
    let world = World::new().await;
    let (key, upstream) = (world.key(1), Upstreams::of(&world).await);
    let large = format!(r#"{{"model":"gpt-4o","messages":["{}"]}}"#, "x".repeat(15 << 20));
    let serve = async {
        let mut stream = upstream.accept().await;
        let mut head = [0; 64];
        stream.read_exact(&mut head).await.unwrap();
        answer(&mut stream, "").await;
        // Nothing more is read from it; the next request must not use it.
        let mut next = upstream.accept().await;
        request(&mut next).await;
        answer(&mut next, "").await;
        drop(stream);
    };
    let ask = async {
        assert_eq!(world.post("/v1/chat/completions", &key, &large).await.text(), BODY);
        assert_eq!(world.chat(&key).await.text(), BODY);
    };
    tokio::join!(serve, ask);
}
