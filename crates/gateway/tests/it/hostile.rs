//! For any bytes, the answer is an error body or a closed connection, and nothing bad is sent upstream.

use std::time::Duration;

use keystead_gateway::{DirectoryOptions, Limits, credential};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::World;
use crate::world::answer::Answer;

#[tokio::test]
async fn heads_of_any_bytes() {
    let world = World::new().await;
    let key = world.key(1);
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    for _ in 0..200 {
        let length = rng.random_range(0..400);
        let noise: Vec<u8> = (0..length).map(|_| rng.random()).collect();
        let request = [
            b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ",
            &noise[..],
            b"\r\n\r\n",
        ]
        .concat();
        if let Some(got) = world.raw(&request).await {
            assert!((400..500).contains(&got.status), "{got:?}");
        }
    }
    let long = format!(
        "GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\n\r\n",
        "s".repeat(1 << 20)
    );
    assert!(world.raw(long.as_bytes()).await.is_none_or(|got| (400..500).contains(&got.status)));
    let doubled = [("authorization", format!("Bearer {key}")), ("authorization", format!("Bearer {key}"))];
    let doubled: Vec<(&str, &str)> = doubled.iter().map(|(n, v)| (*n, v.as_str())).collect();
    assert_eq!(world.send("GET", "/v1/models", &doubled, b"").await.status, 401);
    let address = format!("/v1/models/{}", "x".repeat(20_000));
    assert_eq!(world.get(&address, &key).await.status, 414);
    let basic = format!("Basic {}", base64(&format!(":{key}")));
    let basic = world.send("GET", "/v1/models", &[("authorization", &basic)], b"").await;
    assert_eq!(basic.status, 200, "a key as the password of Basic");
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn keys_in_addresses() {
    let world = World::new().await;
    let key = world.key(1);
    assert_eq!(world.send("GET", &format!("/v1/models?api_key={key}"), &[], b"").await.status, 401);
    for query in [
        format!("x={key}"),
        format!("x={}", key.replace('-', "%2D")),
        "API%5Fkey=1".to_owned(),
        "access_token=1".to_owned(),
    ] {
        assert_eq!(world.get(&format!("/v1/files?{query}"), &key).await.status, 400, "{query}");
    }
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn bodies_of_any_shape() {
    let limits = Limits { json_body: 100_000, ..Limits::default() };
    let world = World::with(limits, DirectoryOptions::default()).await;
    let key = world.key(1);
    let deep = format!("{{\"model\":\"gpt-4o\",\"x\":{}{}}}", "[".repeat(40_000), "]".repeat(40_000));
    assert_eq!(world.post("/v1/chat/completions", &key, &deep).await.status, 400);
    let large = format!("{{\"model\":\"gpt-4o\",\"x\":\"{}\"}}", "x".repeat(200_000));
    assert_eq!(world.post("/v1/chat/completions", &key, &large).await.error().0, 413);
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n"
    );
    let chunked = |chunks: &str| format!("{head}transfer-encoding: chunked\r\n\r\n{chunks}");
    for chunks in ["zz\r\n{}\r\n0\r\n\r\n", "ffffffffffffffffffff\r\n{}", "5\r\n{}\r\n0\r\n\r\n"] {
        let got = world.raw(chunked(chunks).as_bytes()).await;
        assert!(got.is_none_or(|got| got.status == 400), "{chunks}");
    }
    let both = format!(
        "{head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n12\r\n{{\"model\":\"gpt-4o\"}}\r\n0\r\n\r\n"
    );
    let _ = world.raw(both.as_bytes()).await;
    let streamed = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    assert_eq!(world.raw(chunked(&streamed).as_bytes()).await.map(|got| got.status), Some(413));
    let encoded = format!("{head}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{{}}");
    assert_eq!(world.raw(encoded.as_bytes()).await.map(|got| got.status), Some(415));
    let two = format!("{head}content-type: text/plain\r\ncontent-length: 18\r\n\r\n{{\"model\":\"gpt-4o\"}}");
    assert_eq!(world.raw(two.as_bytes()).await.map(|got| got.status), Some(400));
    assert!(world.seen().iter().all(|seen| seen.body.as_deref() == Some(br#"{"model":"gpt-4o"}"#)));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes() {
    let limits = Limits { body_idle: Duration::from_secs(30), ..Limits::default() };
    let world = World::with(limits, DirectoryOptions::default()).await;
    let key = world.key(1);
    let mut client = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{{\"mod"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut got = Vec::new();
    client.read_to_end(&mut got).await.unwrap();
    assert_eq!(Answer::read(&got).unwrap().error().0, 408);
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let word = (0..3).fold(0u32, |word, at| (word << 8) | u32::from(*chunk.get(at).unwrap_or(&0)));
        for digit in 0..=chunk.len() {
            out.push(char::from(DIGITS[(word >> (18 - 6 * digit)) as usize & 63]));
        }
    }
    out
}

/// JSON text that parsers could read in different ways: repeated, escaped and nested fields, odd spacing.
fn tricky_body() -> impl Strategy<Value = String> {
    let name =
        prop_oneof![Just("model"), Just("m\\u006fdel"), Just("stream"), Just("Model"), Just("model "), Just("x")];
    let value = prop_oneof![
        Just("\"gpt-4o\""),
        Just("\"o3\""),
        Just("\"\\u006f3\""),
        Just("\"o3\\u0000\""),
        Just("\" o3\""),
        Just("true"),
        Just("null"),
        Just("{\"model\":\"o3\"}"),
        Just("[\"o3\"]"),
        Just("1e3"),
    ];
    let member = (name, value, prop_oneof![Just(""), Just(" "), Just("\n\t")]);
    proptest::collection::vec(member, 0..5).prop_map(|members| {
        let text: Vec<String> = members.iter().map(|(n, v, s)| format!("{s}\"{n}\"{s}:{s}{v}")).collect();
        format!("{{{}}}", text.join(","))
    })
}

#[test]
fn the_upstream_reads_the_model_that_the_gate_read() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let key = world.key(1);
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(body in tricky_body())| {
        let got = runtime.block_on(world.post("/v1/responses", &key, &body));
        let seen: Vec<_> = world.seen.lock().unwrap().drain(..).collect();
        prop_assert_eq!(seen.len(), usize::from(got.status == 200), "{}", body);
        for seen in seen {
            let sent = seen.body.unwrap();
            prop_assert_eq!(&sent[..], body.as_bytes());
            // This parser takes the last of equal fields; because there is only one, every parser reads the same.
            let read: serde_json::Value = serde_json::from_slice(&sent).unwrap();
            prop_assert_eq!(&read["model"], "gpt-4o");
            let spelled = body.matches("\"model\"").count() + body.matches("\"m\\u006fdel\"").count();
            let nested = body.matches("{\"model\":\"o3\"}").count();
            prop_assert_eq!(spelled - nested, 1);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_authorization_is_read_or_refused(values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..3)) {
        let mut headers = http::HeaderMap::new();
        for value in &values {
            if let Ok(value) = http::HeaderValue::from_bytes(value) {
                headers.append(http::header::AUTHORIZATION, value);
            }
        }
        let read = credential::read(&headers);
        prop_assert!(headers.len() == 1 || read.is_err());
        if let Ok(secret) = read {
            prop_assert!(!secret.expose().is_empty());
        }
    }

    #[test]
    fn a_bearer_is_read_as_it_stands(scheme in "[bB][eE][aA][rR][eE][rR]", space in " {1,3}", secret in "[!-~]{1,100}") {
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, format!("{scheme}{space}{secret} ").parse().unwrap());
        prop_assert_eq!(credential::read(&headers).map(|s| s.expose().to_owned()).ok(), Some(secret));
    }

    #[test]
    fn a_key_in_basic_is_its_password(user in "[a-z]{0,5}", secret in "[!-9;-~]{1,100}") {
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, format!("Basic {}", base64(&format!("{user}:{secret}"))).parse().unwrap());
        prop_assert_eq!(credential::read(&headers).map(|s| s.expose().to_owned()).ok(), Some(secret));
    }
}
