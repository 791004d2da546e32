//! Connections in memory, with a clock that advances only when everything waits.

use futures_util::stream;
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;

use super::*;

const TIMES: Times =
    Times { head: Duration::from_secs(15), idle: Duration::from_secs(75), stall: Duration::from_secs(120) };

type Boxed = http_body_util::combinators::UnsyncBoxBody<Bytes, io::Error>;

fn small() -> Boxed {
    Full::new(Bytes::from_static(b"ok")).map_err(|never| match never {}).boxed_unsync()
}

/// The client's end of a connection, and when the server ended it.
struct World {
    client: DuplexStream,
    served: JoinHandle<Duration>,
    connections: Arc<Connections>,
}

fn world(room: usize, body: impl Fn() -> Boxed + Send + Sync + 'static) -> World {
    let (client, server) = duplex(room);
    let connections = Connections::new(Bounds { all: 1, per_address: 1 });
    let ticket = Arc::new(connections.admit(None).unwrap());
    let link = Link { ticket, peer: SocketAddr::from(([192, 0, 2, 1], 1)), times: TIMES, _busy: mpsc::channel(1).0 };
    let body = Arc::new(body);
    let answer = Arc::new(move |request: Request<Incoming>, _: SocketAddr| {
        let body = Arc::clone(&body);
        async move {
            let _ = request.into_body().collect().await;
            Response::new(body())
        }
    });
    let began = Instant::now();
    let served = tokio::spawn(async move {
        connection(server, link, answer).await;
        began.elapsed()
    });
    World { client, served, connections }
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

impl World {
    async fn answered(&mut self) {
        let mut got = Vec::new();
        while !got.ends_with(b"ok") {
            assert_ne!(self.client.read_buf(&mut got).await.unwrap(), 0, "{got:?}");
        }
    }
}

async fn after(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_head_must_arrive_within_its_time() {
    for sent in [&b""[..], b"GET / HTT", b"GET / HTTP/1.1\r\nhost: x\r\n"] {
        let mut world = world(4096, small);
        world.client.write_all(sent).await.unwrap();
        assert_eq!(world.served.await.unwrap(), TIMES.head, "{sent:?}");
    }
    let mut trickled = world(4096, small);
    for byte in REQUEST {
        if trickled.client.write_all(&[*byte]).await.is_err() {
            break;
        }
        after(1).await;
    }
    assert_eq!(trickled.served.await.unwrap(), TIMES.head, "more bytes do not make it longer");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_has_a_time_of_its_own() {
    let mut world = world(4096, small);
    after(10).await;
    for _ in 0..3 {
        world.client.write_all(REQUEST).await.unwrap();
        world.answered().await;
        after(74).await;
    }
    world.client.write_all(b"GET /").await.unwrap();
    after(14).await;
    world.client.write_all(&REQUEST[5..]).await.unwrap();
    world.answered().await;
    assert_eq!(world.served.await.unwrap(), Duration::from_secs(10 + 3 * 74 + 14 + 75));
}

#[tokio::test(start_paused = true)]
async fn a_head_after_an_answer_has_the_time_of_a_head() {
    let mut world = world(4096, small);
    world.client.write_all(REQUEST).await.unwrap();
    world.answered().await;
    after(60).await;
    world.client.write_all(b"G").await.unwrap();
    assert_eq!(world.served.await.unwrap(), Duration::from_secs(60 + 15));
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_and_a_slow_answer_are_not_held_to_these_times() {
    let mut world = world(4096, || {
        let pieces = stream::unfold(0, |piece| async move {
            after(1_000).await;
            let text = if piece == 2 { "ok" } else { "." };
            (piece < 3).then(|| (Ok(Frame::data(Bytes::from(text))), piece + 1))
        });
        StreamBody::new(pieces).boxed_unsync()
    });
    world.client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n").await.unwrap();
    after(500).await;
    world.client.write_all(b"ab").await.unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"ok\r\n0\r\n\r\n") {
        assert_ne!(world.client.read_buf(&mut got).await.unwrap(), 0, "{got:?}");
    }
    assert_eq!(world.served.await.unwrap(), Duration::from_secs(500 + 4 * 1_000 + 75));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_taken_ends() {
    let large = || Full::new(Bytes::from(vec![b'x'; 1 << 20])).map_err(|never| match never {}).boxed_unsync();
    let mut world = world(1024, large);
    world.client.write_all(REQUEST).await.unwrap();
    after(100).await;
    let mut some = [0; 64];
    world.client.read_exact(&mut some).await.unwrap();
    assert_eq!(world.served.await.unwrap(), Duration::from_secs(100) + TIMES.stall, "what is taken starts it again");
}

#[tokio::test(start_paused = true)]
async fn idle_connections_make_place_and_busy_ones_do_not() {
    let mut waiting = world(4096, small);
    waiting.client.write_all(REQUEST).await.unwrap();
    waiting.answered().await;
    after(1).await;
    assert!(waiting.connections.admit(None).is_ok());
    assert_eq!(waiting.served.await.unwrap(), Duration::from_secs(1));
    let mut untaken =
        world(16, || Full::new(Bytes::from(vec![b'x'; 999])).map_err(|never| match never {}).boxed_unsync());
    untaken.client.write_all(REQUEST).await.unwrap();
    after(1).await;
    assert!(untaken.connections.admit(None).is_err(), "its answer is not with the client yet");
    let mut got = vec![0; 999];
    untaken.client.read_exact(&mut got).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn at_the_end_half_a_head_is_not_waited_for() {
    let mut world = world(4096, small);
    world.client.write_all(b"GET / HTT").await.unwrap();
    after(3).await;
    world.connections.stop();
    assert_eq!(world.served.await.unwrap(), Duration::from_secs(3));
}

#[test]
fn the_refusal_is_a_whole_answer() {
    let text = std::str::from_utf8(REFUSED).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
    let error: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(error["error"]["code"], "server_is_overloaded");
    assert!(head.lines().all(|line| !line.starts_with(' ')), "{head:?}");
}
