//! One connection to a peer that is slow, silent, or closed.

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, StreamBody};
use keystead_core::id::RequestId;
use rand::SeedableRng;
use tokio::io::{AsyncWriteExt, DuplexStream};

use super::super::head::UpstreamRequest;
use super::super::request::SHORT;
use super::*;
use crate::body::{GatewayBody, RequestBody};
use crate::catalogue::address::Upstream;

impl Duplex for DuplexStream {
    fn socket(&self) -> Option<&TcpStream> {
        None
    }
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Builds a connection like an encrypted one, and its peer, with a small buffer between them.
fn pair() -> (Link, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(16);
    let stream = Stream::Encrypted(Box::new(ours));
    (
        Link {
            stream,
            request: None,
            sent: 0,
            answered: false,
            input: BytesMut::new(),
            room: ROOM,
            timer: Timer::default(),
        },
        theirs,
    )
}

fn passing(pieces: &[&'static str]) -> GatewayBody {
    let frames = pieces.iter().map(|piece| match *piece {
        "broken" => Err(BoxError::from("broken")),
        piece => Ok(http_body::Frame::data(Bytes::from_static(piece.as_bytes()))),
    });
    StreamBody::new(futures_util::stream::iter(frames.collect::<Vec<_>>())).boxed_unsync()
}

fn request(body: RequestBody) -> Request {
    let upstream = Upstream::new("one".to_owned(), "http://h/v1", None);
    let id = RequestId::generate(&mut rand_chacha::ChaCha8Rng::seed_from_u64(1));
    let (headers, target) = (HeaderMap::new(), PathAndQuery::from_static("/v1/files"));
    let upstream_request =
        UpstreamRequest { method: &Method::POST, target: &target, headers: &headers, id: &id, begun: None };
    Request::new(upstream.address.as_ref().unwrap(), &upstream_request, body)
}

/// Sends a body; returns what arrived at the peer, and the result here.
async fn send(body: RequestBody) -> (String, Result<Head, String>) {
    let request = request(body);
    let (mut link, mut theirs) = pair();
    link.begin(request);
    let serve = async move {
        let mut got = Vec::new();
        let mut buffer = [0; 64];
        loop {
            match theirs.read(&mut buffer).await.unwrap() {
                0 => break,
                count => got.extend_from_slice(&buffer[..count]),
            }
            if got.ends_with(b"0\r\n\r\n") || got.ends_with(b"whole") {
                theirs.write_all(ANSWER).await.unwrap();
                break;
            }
        }
        String::from_utf8(got).unwrap()
    };
    let ask = async move { link.head(MINUTE).await };
    let (got, head) = tokio::join!(serve, ask);
    (got.split_once("\r\n\r\n").unwrap().1.to_owned(), head.map_err(|error| error.to_string()))
}

#[tokio::test]
async fn bodies_arrive_as_they_were_told() {
    let long = format!("{}whole", "x".repeat(2 * SHORT));
    let (got, head) = send(RequestBody::Whole(long.clone().into())).await;
    assert_eq!((got, head.unwrap().status.as_u16()), (long, 200));
    let (got, head) = send(RequestBody::StreamingBody(passing(&["one", "", "seventeen letters"]))).await;
    assert_eq!(got, "3\r\none\r\n11\r\nseventeen letters\r\n0\r\n\r\n");
    assert_eq!(head.unwrap().status.as_u16(), 200);
    let (got, _) = send(RequestBody::StreamingBody(passing(&[]))).await;
    assert_eq!(got, "0\r\n\r\n");
}

#[tokio::test]
async fn a_body_that_breaks_off_never_looks_whole() {
    let (got, head) = send(RequestBody::StreamingBody(passing(&["one", "broken", "two"]))).await;
    assert_eq!(got, "3\r\none");
    assert_eq!(head.map(|head| head.status).unwrap_err(), "broken");
}

/// Builds a connection over the system's sockets, and its peer.
async fn sockets() -> (Box<Link>, TcpStream) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (ours, theirs) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    (Link::new(MaybeHttpsStream::Http(TokioIo::new(ours.unwrap()))), theirs.unwrap().0)
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_close_that_crosses_with_the_request_is_told_from_one_behind_it() {
    // Closed before the request came: the first bytes are answered with a reset.
    let (mut link, theirs) = sockets().await;
    drop(theirs);
    link.begin(request(RequestBody::Whole("{}".into())));
    let failed = link.head(MINUTE).await.unwrap_err();
    assert!(link.refused(&failed).await && !link.answered(), "{failed}");

    // Closed when it had arrived and had not been read.
    let (mut link, theirs) = sockets().await;
    link.begin(request(RequestBody::Whole("{}".into())));
    let close = async {
        theirs.peek(&mut [0]).await.unwrap();
        drop(theirs);
    };
    let (failed, ()) = tokio::join!(link.head(MINUTE), close);
    let failed = failed.unwrap_err();
    assert!(link.refused(&failed).await, "{failed}");

    // Read and then closed: the model may have run.
    let (mut link, mut theirs) = sockets().await;
    link.begin(request(RequestBody::Whole("{}".into())));
    let close = async {
        let mut got = Vec::new();
        while !got.ends_with(b"{}") {
            theirs.read_buf(&mut got).await.unwrap();
        }
        drop(theirs);
    };
    let (failed, ()) = tokio::join!(link.head(MINUTE), close);
    let failed = failed.unwrap_err();
    assert!(!link.refused(&failed).await, "{failed}");
}

#[tokio::test(start_paused = true)]
async fn silence_is_bounded_and_a_long_request_is_not_silence() {
    let (mut link, theirs) = pair();
    link.begin(request(RequestBody::Nothing));
    let reading = tokio::spawn(async move {
        let mut theirs = theirs;
        let mut buffer = [0; 4_096];
        while theirs.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    });
    assert!(matches!(link.head(MINUTE).await, Err(Failed::Silent(MINUTE))));
    drop(link);
    reading.await.unwrap();

    // Its pieces arrive every 50 seconds, ten of them.
    let (mut link, mut theirs) = pair();
    let pieces = futures_util::stream::unfold(0, |piece| async move {
        tokio::time::sleep(Duration::from_secs(50)).await;
        (piece < 10).then(|| (Ok::<_, BoxError>(http_body::Frame::data(Bytes::from_static(b"piece"))), piece + 1))
    });
    link.begin(request(RequestBody::StreamingBody(StreamBody::new(pieces).boxed_unsync())));
    let serve = async {
        let mut got = Vec::new();
        while !got.ends_with(b"0\r\n\r\n") {
            theirs.read_buf(&mut got).await.unwrap();
        }
        theirs.write_all(ANSWER).await.unwrap();
    };
    let (head, ()) = tokio::join!(link.head(MINUTE), serve);
    assert_eq!(head.unwrap().status.as_u16(), 200);
}
