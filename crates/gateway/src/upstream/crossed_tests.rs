//! However an upstream treats its connections, each request gets its own answer or none.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use keystead_core::id::RequestId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::catalogue::address::Upstream;

/// The number of requests, and how many run at once.
const REQUESTS: u64 = 100_000;
const AT_ONCE: u64 = 32;
const SEED: u64 = 20_260_729;

/// What the upstream does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Deed {
    Measured,
    Chunked,
    Interim,
    UntilClose,
    AnnouncedClose,
    SilentClose,
    ExtraAnswer,
    ExtraBytes,
    ShortLength,
    LongLength,
    BrokenChunks,
    TwoLengths,
    NoAnswer,
    Unread,
    Early,
    Empty,
}

const DEEDS: [Deed; 16] = [
    Deed::Measured,
    Deed::Chunked,
    Deed::Interim,
    Deed::UntilClose,
    Deed::AnnouncedClose,
    Deed::SilentClose,
    Deed::ExtraAnswer,
    Deed::ExtraBytes,
    Deed::ShortLength,
    Deed::LongLength,
    Deed::BrokenChunks,
    Deed::TwoLengths,
    Deed::NoAnswer,
    Deed::Unread,
    Deed::Early,
    Deed::Empty,
];

fn own(nonce: &str) -> String {
    format!("answer to {nonce}, and to no other")
}

impl Deed {
    /// Half of all requests are answered correctly.
    fn drawn(rng: &mut ChaCha8Rng) -> Self {
        let deed = if rng.random() { Self::Measured } else { DEEDS[rng.random_range(0..DEEDS.len())] };
        // Rare, because the client then waits for a reset.
        if deed == Self::NoAnswer && rng.random_bool(0.95) { Self::Chunked } else { deed }
    }

    /// Whether the answer may be divided into two writes. Bytes after an answer are sent together with it: in HTTP/1.1
    /// no client can distinguish bytes that arrive after the next request from its answer.
    const fn may_be_cut(self) -> bool {
        !matches!(
            self,
            Self::ExtraAnswer | Self::ExtraBytes | Self::ShortLength | Self::BrokenChunks | Self::TwoLengths
        )
    }

    /// Returns the bytes of an answer, and whether the connection ends after them.
    fn answer(self, nonce: &str) -> (String, bool) {
        const OK: &str = "HTTP/1.1 200 OK\r\n";
        let body = own(nonce);
        let length = body.len();
        let measured = format!("{OK}content-length: {length}\r\n\r\n{body}");
        let forged = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nforged!!!";
        match self {
            Self::Measured | Self::Early => (measured, false),
            Self::Chunked => {
                let (first, second) = body.split_at(5);
                let rest = second.len();
                let chunks = format!("5\r\n{first}\r\n{rest:x};x=y\r\n{second}\r\n0\r\nx: y\r\n\r\n");
                (format!("{OK}transfer-encoding: chunked\r\n\r\n{chunks}"), false)
            }
            Self::Interim => (format!("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n{measured}"), false),
            Self::UntilClose => (format!("{OK}\r\n{body}"), true),
            Self::AnnouncedClose => (format!("{OK}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"), true),
            Self::SilentClose => (measured, true),
            Self::ExtraAnswer => (format!("{measured}{forged}"), false),
            Self::ExtraBytes => (format!("{measured}\r\n"), false),
            Self::ShortLength => (format!("{OK}content-length: {}\r\n\r\n{body}", length - 7), false),
            Self::LongLength => (format!("{OK}content-length: {}\r\n\r\n{body}", length + 7), true),
            Self::BrokenChunks => (format!("{OK}transfer-encoding: chunked\r\n\r\n5\r\n{body}{forged}"), false),
            Self::TwoLengths => (format!("{OK}content-length: 3\r\ncontent-length: {length}\r\n\r\n{body}"), false),
            Self::NoAnswer | Self::Unread => (String::new(), true),
            Self::Empty => ("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n".to_owned(), false),
        }
    }
}

/// Serves one connection; returns how often each deed was done.
async fn connection(mut stream: TcpStream, mut rng: ChaCha8Rng) -> HashMap<Deed, u64> {
    let mut done = HashMap::new();
    let mut held: Vec<u8> = Vec::with_capacity(16 << 10);
    loop {
        let deed = Deed::drawn(&mut rng);
        if deed == Deed::Unread {
            // Closed with a request in its queue.
            let _ = stream.peek(&mut [0]).await;
            *done.entry(deed).or_default() += 1;
            return done;
        }
        let nonce = loop {
            let end = memchr::memmem::find(&held, b"\r\n\r\n");
            if let Some(end) = end {
                let head = String::from_utf8_lossy(&held[..end]).into_owned();
                let line = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
                let length: usize = line("content-length: ").map_or(0, |text| text.parse().unwrap());
                if held.len() >= end + 4 + length || deed == Deed::Early {
                    let whole = (end + 4 + length).min(held.len());
                    held.drain(..whole);
                    break line("x-client-request-id: ").unwrap().to_owned();
                }
            }
            if stream.read_buf(&mut held).await.unwrap_or(0) == 0 {
                return done;
            }
        };
        *done.entry(deed).or_default() += 1;
        let (answer, last) = deed.answer(&nonce);
        // Sometimes in two pieces, so that a head or a chunk is cut anywhere.
        let cut =
            if deed.may_be_cut() && rng.random_bool(0.1) { rng.random_range(0..=answer.len()) } else { answer.len() };
        let (first, second) = answer.as_bytes().split_at(cut);
        if stream.write_all(first).await.is_err() {
            return done;
        }
        if !second.is_empty() {
            tokio::task::yield_now().await;
            if stream.write_all(second).await.is_err() {
                return done;
            }
        }
        // An early answer leaves bytes of the request, from which the next request must not be read.
        if last || deed == Deed::Early {
            return done;
        }
    }
}

async fn ask(
    client: &UpstreamClient,
    to: &Address,
    nonce: &str,
    body: RequestBody,
) -> Result<(StatusCode, Vec<u8>, bool), ()> {
    let headers =
        HeaderMap::from_iter([(http::HeaderName::from_static("x-client-request-id"), nonce.parse().unwrap())]);
    let id = RequestId::generate(&mut ChaCha8Rng::seed_from_u64(1));
    let target = PathAndQuery::from_static("/v1/chat/completions");
    let upstream_request =
        UpstreamRequest { method: &Method::POST, target: &target, headers: &headers, id: &id, begun: None };
    let response = client.send(to, &upstream_request, body).await.map_err(drop)?;
    let status = response.status();
    let mut body = response.into_body();
    let mut got = Vec::new();
    while let Some(frame) = http_body_util::BodyExt::frame(&mut body).await {
        match frame {
            Ok(frame) => got.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(_) => return Ok((status, got, false)),
        }
    }
    Ok((status, got, true))
}

#[tokio::test]
async fn each_request_gets_its_own_answer_or_none() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = Upstream::new("one".to_owned(), &format!("http://{}", listener.local_addr().unwrap()), None);
    let served = tokio::spawn(async move {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            stream.set_nodelay(true).unwrap();
            connections.spawn(connection(stream, ChaCha8Rng::seed_from_u64(rng.random())));
            while connections.try_join_next().is_some() {}
        }
    });
    let client = Arc::new(UpstreamClient::new(Duration::from_secs(5)));
    let (whole, broken, none) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..AT_ONCE {
        let (client, upstream) = (Arc::clone(&client), upstream.clone());
        let (whole, broken, none) = (Arc::clone(&whole), Arc::clone(&broken), Arc::clone(&none));
        clients.spawn(async move {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED + number);
            for turn in 0..REQUESTS / AT_ONCE {
                let nonce = format!("n{number}-{turn}");
                // Sometimes one that does not fit into the system's buffers at once.
                let size = if rng.random_bool(0.001) { 3 << 20 } else { rng.random_range(0..200) };
                let body = RequestBody::Whole(vec![b'x'; size].into());
                let wanted = own(&nonce);
                match ask(&client, upstream.address.as_ref().unwrap(), &nonce, body).await {
                    Ok((status, got, ended)) => {
                        let (got, place) = (String::from_utf8_lossy(&got), format!("seed {SEED}, {nonce}"));
                        assert!(wanted.starts_with(&*got), "{place}: the answer of another: {got:?}");
                        assert!(matches!(status.as_u16(), 200 | 204), "{place}");
                        let counter = if ended && got == wanted { &whole } else { &broken };
                        counter.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(()) => {
                        none.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    served.abort();
    let [whole, broken, none] = [whole, broken, none].map(|counter| counter.load(Ordering::Relaxed));
    assert_eq!(whole + broken + none, REQUESTS / AT_ONCE * AT_ONCE);
    // Each kind of end occurs often.
    assert!(whole > REQUESTS / 2 && broken > REQUESTS / 20 && none > 0, "{whole} {broken} {none}");
}
