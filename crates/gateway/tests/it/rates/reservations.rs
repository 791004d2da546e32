//! Reservations are exact, and come back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use keystead_gateway::BoxError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{CHAT, asking, remaining, requests, tokens};
use crate::world::{World, json};

/// Of a thousand requests at once exactly as many pass as fit, for any mix of tokens and requests.
#[tokio::test]
async fn exactly_37_of_1000_pass() {
    for (limits, body) in [
        (requests(37), asking(10)),
        (tokens(37 * 100), asking(100)),
        // The maximum of three answers is three times the maximum of one.
        (tokens(37 * 96), asking(38).replace("\"model\"", "\"n\":3,\"model\"")),
    ] {
        let world = Arc::new(World::new().await);
        let key = world.key(1);
        world.limit("gpt-4o", limits);
        // Nothing ends before all have asked, so only the reservations decide.
        world.answers(|_| {
            let body =
                StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, BoxError>>()).boxed_unsync();
            Response::builder().header("content-type", "application/json").body(body).unwrap()
        });
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..1_000 {
            let (world, key, body) = (Arc::clone(&world), key.clone(), body.clone());
            running.spawn(async move {
                let request = http::Request::post(CHAT)
                    .header("authorization", format!("Bearer {key}"))
                    .header("content-type", "application/json")
                    .body(http_body_util::Full::new(Bytes::from(body)))
                    .unwrap();
                let client = keystead_core::network::Client::at(std::net::Ipv4Addr::LOCALHOST.into());
                world.gateway.handle(request, client).await.response
            });
        }
        let answers = running.join_all().await;
        let of = |status: u16| answers.iter().filter(|answer| answer.status() == status).count();
        assert_eq!((of(200), of(429), world.seen().len()), (37, 963, 37), "{limits:?}");
    }
}

/// A client that disconnects before the answer, or after any of its chunks, returns its reservation.
#[tokio::test]
async fn an_abort_at_each_chunk_gives_back_what_was_set_aside() {
    const CHUNKS: usize = 4;
    for leaves_after in 0..=CHUNKS {
        let world = World::with(
            keystead_gateway::Limits {
                read_on: keystead_gateway::ReadOn { time: Duration::ZERO, ..Default::default() },
                ..Default::default()
            },
            keystead_gateway::DirectoryOptions::default(),
        )
        .await;
        let key = world.key(1);
        world.limit("gpt-4o", tokens(1_000));
        let (chunks, incoming) = mpsc::unbounded_channel::<&'static str>();
        let incoming = Mutex::new(Some(incoming));
        world.answers(move |_| {
            let incoming = incoming.lock().unwrap().take().unwrap();
            let stream = futures_util::stream::unfold(incoming, |mut incoming| async move {
                let chunk = incoming.recv().await?;
                Some((Ok::<_, BoxError>(Frame::data(Bytes::from_static(chunk.as_bytes()))), incoming))
            });
            let body = StreamBody::new(stream).boxed_unsync();
            Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
        });
        let body = asking(900).replace("\"model\"", "\"stream\":true,\"model\"");
        let request = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut client = TcpStream::connect(world.address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        while world.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.post(CHAT, &key, &asking(101)).await.status, 429, "it is set aside");
        let mut got = String::new();
        for n in 1..=leaves_after {
            chunks.send("data: {\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\n").unwrap();
            while got.matches("word").count() < n {
                let mut buffer = [0; 4096];
                let read = client.read(&mut buffer).await.unwrap();
                got.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
        }
        drop(client);
        while !chunks.is_closed() {
            tokio::task::yield_now().await;
        }
        world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":1,"completion_tokens":1}}"#));
        // Returned by the task that serves the connection, once it has noticed that the client disconnected.
        let after = loop {
            let after = world.post(CHAT, &key, &asking(10)).await;
            if remaining(&after, "tokens").is_some_and(|left| left > 800) {
                break after;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(after.status, 200, "after {leaves_after} chunks");
        assert!(world.post(CHAT, &key, &asking(900)).await.status == 200, "after {leaves_after} chunks");
    }
}
