//! What strangers may use up: connections, time and memory. A probe client must be served meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;

use keystead_core::route::Method;
use serde_json::json;

use crate::product::{Answer, Product, parse};

/// Checks that the probe client is served: a page, a health check, and a call with a key.
fn serves(product: &Product, key: &str) {
    assert_eq!(product.call("GET", "/healthz", "", None).status, 200);
    assert_eq!(product.call("GET", "/sign-in", "", None).status, 200);
    assert_eq!(product.call("GET", "/v1/models", key, None).status, 200);
}

fn key(product: &Product) -> String {
    let made = product.bootstrap();
    let path = format!("/v1/organization/projects/{}/service_accounts", made["project_id"].as_str().unwrap());
    let admin = made["admin_key"].as_str().unwrap();
    let account = product.call("POST", &path, admin, Some(&json!({ "name": "Bot" }))).json();
    account["api_key"]["value"].as_str().unwrap().to_owned()
}

/// Reads everything the server sends until it closes; a connection that stays open fails the test.
fn to_the_end(mut stream: TcpStream) -> Answer {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&answer)));
    parse(&String::from_utf8_lossy(&answer))
}

// The usual soft limit of open files in a shell is far below this many connections.
#[test]
fn half_open_heads_do_not_block_other_clients() {
    let product = Product::start_after("ulimit -S -n 256", &[]);
    let key = key(&product);
    let half_open: Vec<TcpStream> = (0..600)
        .map(|_| {
            let mut stream = product.connect();
            stream.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n").unwrap();
            stream
        })
        .collect();
    serves(&product, &key);
    product.until("all are let in", || product.metric("keystead_connections") >= Some(600.0));
    assert_eq!(product.metric("keystead_connections_refused_total"), Some(0.0));
    drop(half_open);
}

#[test]
fn with_all_connections_in_use_the_oldest_idle_one_is_closed() {
    let most = [("KEYSTEAD_SERVER__MAX_CONNECTIONS", "20"), ("KEYSTEAD_SERVER__MAX_CONNECTIONS_PER_ADDRESS", "20")];
    let product = Product::start(&most);
    let key = key(&product);
    let mut flood = Vec::new();
    for _ in 0..60 {
        let mut stream = product.connect();
        stream.write_all(b"GET /").unwrap();
        flood.push(stream);
        serves(&product, &key);
    }
    assert!(product.metric("keystead_connections") <= Some(20.0));
    assert_eq!(product.metric("keystead_connections_refused_total"), Some(0.0));
    let first = flood.remove(0);
    assert_eq!(to_the_end(first).status, 0, "closed without an answer");
}

/// Begins a request with a body that never ends.
fn unfinished(product: &Product, method: &str, path: &str, key: &str, chunked: bool) -> TcpStream {
    let length = if chunked { "Transfer-Encoding: chunked" } else { "Content-Length: 1000" };
    let body = if chunked { "1\r\n{\r\n" } else { "{" };
    let kind = if path.starts_with("/v1") { "application/json" } else { "application/x-www-form-urlencoded" };
    let mut stream = product.connect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: {kind}\r\n{length}\r\n\r\n{body}",
        product.listen
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Lists every path of every plane that takes a body, with parameters filled in.
fn paths() -> Vec<(&'static str, String)> {
    let data = keystead_core::route::ROUTES.iter().filter(|route| route.method == Method::Post);
    let data = data.map(|route| ("POST", route.path));
    let administration = keystead_api::ROUTES.iter().map(|route| (route.method.as_str(), route.path));
    let pages = keystead_dashboard::ROUTES.iter().map(|route| ("POST", route.path));
    let others = [("POST", "/webhooks/stripe"), ("POST", "/webhooks/persona"), ("POST", "/nothing"), ("PUT", "/v1/x")];
    let all = data.chain(administration).chain(pages).chain(others);
    all.map(|(method, path)| (method, filled(path))).collect()
}

fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

// With a key that may do everything, so that no refusal keeps a route from reading.
#[test]
fn bodies_that_never_end_are_ended_on_every_route() {
    let product = Product::start(&[("KEYSTEAD_LIMITS__BODY_PAUSE_SECONDS", "1")]);
    let admin = product.bootstrap()["admin_key"].as_str().unwrap().to_owned();
    for chunked in [false, true] {
        let open = |(method, path): (&'static str, String)| {
            let stream = unfinished(&product, method, &path, &admin, chunked);
            (method, path, stream)
        };
        let streams: Vec<_> = paths().into_iter().map(open).collect();
        let mut late = 0;
        for (method, path, stream) in streams {
            let answer = to_the_end(stream);
            assert!((200..500).contains(&answer.status), "{method} {path}: {answer:?}");
            late += usize::from(answer.status == 408);
            if ["/sign-in", "/sign-in/passkey", "/webhooks/stripe"].contains(&path.as_str()) {
                assert_eq!(answer.status, 408, "{path}: {answer:?}");
                assert_eq!(answer.header("connection"), Some("close"));
            }
        }
        assert!(late > 10, "{late} routes read a body");
    }
    serves(&product, &key(&product));
}

/// Acts as a client that sends the whole request before it reads anything.
fn write_then_read(product: &Product, head: &str, length: usize) -> Answer {
    let mut stream = product.connect();
    let head = format!("{head}\r\nHost: {}\r\nContent-Length: {length}\r\n\r\n", product.listen);
    stream.write_all(head.as_bytes()).unwrap();
    let piece = vec![b' '; 1 << 16];
    let mut left = length;
    while left > 0 {
        let size = left.min(piece.len());
        stream.write_all(&piece[..size]).unwrap_or_else(|error| panic!("{head}: {error}, {left} bytes left"));
        left -= size;
    }
    to_the_end(stream)
}

#[test]
fn a_refusal_reaches_a_client_that_writes_before_it_reads() {
    let product = Product::start(&[]);
    let json = "HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Bearer sk-proj-wrong";
    for (head, status) in [
        (format!("POST /v1/chat/completions {json}"), 401),
        (format!("POST /v1/images/edits {json}"), 401),
        (format!("POST /v1/nothing {json}"), 404),
        (format!("DELETE /v1/models {json}"), 405),
        (format!("POST /v1/organization/projects {json}"), 401),
        (format!("POST /webhooks/nobody {json}"), 413),
        ("POST /sign-in HTTP/1.1".to_owned(), 403),
        ("POST /sign-in HTTP/1.1\r\nSec-Fetch-Site: same-origin".to_owned(), 413),
        ("POST /nothing HTTP/1.1".to_owned(), 404),
    ] {
        for length in [2 << 20, 12 << 20] {
            let answer = write_then_read(&product, &head, length);
            assert_eq!(answer.status, status, "{head}: {answer:?}");
            assert_eq!(answer.header("connection"), Some("close"), "{head}");
        }
    }
}

#[test]
fn a_refusal_of_a_small_request_keeps_its_connection() {
    let product = Product::start(&[]);
    let mut stream = product.connect();
    let request = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-proj-wrong\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).unwrap();
        let mut got = Vec::new();
        while !String::from_utf8_lossy(&got).contains("invalid_api_key") || !got.ends_with(b"}") {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&got));
            got.extend_from_slice(&piece[..read]);
        }
        assert!(!String::from_utf8_lossy(&got).contains("connection: close"));
    }
}

/// Sends the start of a request with a large body.
fn beginning(product: &Product, key: &str, length: usize, sent: usize) -> TcpStream {
    let mut stream = product.connect();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![b' '; sent]).unwrap();
    stream
}

#[test]
fn memory_for_bodies_is_bounded_for_each_key_and_in_all() {
    let bounds = [
        ("KEYSTEAD_LIMITS__BODY_MEMORY_BYTES", "30000000"),
        ("KEYSTEAD_LIMITS__BODY_MEMORY_PER_KEY_BYTES", "21000000"),
    ];
    let product = Product::start(&bounds);
    let (first, second) = (key(&product), key(&product));
    let memory = || product.metric("keystead_body_memory_bytes");
    let held = [beginning(&product, &first, 9_000_000, 10_000), beginning(&product, &first, 9_000_000, 10_000)];
    product.until("both are read", || memory() == Some(18_000_000.0));
    let refused = to_the_end(beginning(&product, &first, 9_000_000, 10_000));
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("2")), "{refused:?}");
    assert_eq!(refused.json()["error"]["code"], "slow_down");
    let other = beginning(&product, &second, 9_000_000, 10_000);
    product.until("another key has room", || memory() == Some(27_000_000.0));
    let refused = to_the_end(beginning(&product, &second, 9_000_000, 10_000));
    assert_eq!(refused.json()["error"]["code"], "server_is_overloaded", "{refused:?}");
    serves(&product, &first);
    drop((held, other));
    product.until("what was held is given back", || memory() == Some(0.0));
}

// Unfinished forms of strangers.
#[test]
fn a_form_that_is_too_large_is_not_read() {
    let product = Product::start(&[("KEYSTEAD_LIMITS__BODY_MEMORY_PER_ADDRESS_BYTES", "100000")]);
    let form = |length: usize, sent: usize| {
        let mut stream = product.connect();
        let head = format!(
            "POST /sign-in HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n",
            product.listen
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![b'a'; sent]).unwrap();
        stream
    };
    let large = to_the_end(form(1_900_000, 0));
    assert_eq!(large.status, 413, "{large:?}");
    let held = form(60_000, 1_000);
    product.until("it is read", || product.metric("keystead_body_memory_without_key_bytes") == Some(60_000.0));
    let refused = to_the_end(form(60_000, 1_000));
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("2")), "{refused:?}");
    assert!(refused.header("content-security-policy").is_some(), "as every page");
    assert_eq!(product.call("GET", "/sign-in", "", None).status, 200);
    drop(held);
    product.until("it is given back", || product.metric("keystead_body_memory_without_key_bytes") == Some(0.0));
}
