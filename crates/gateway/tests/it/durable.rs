//! A completely received answer is counted, even if the process is killed directly afterwards.

use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use keystead_core::network::Client;
use keystead_gateway::{BoxError, DirectoryOptions, GatewayBody, Limits, ReadOn};
use tokio::sync::mpsc;

use crate::world::{UpstreamBody, World, json};

/// A body that sends all of this and then neither ends nor continues.
fn unending(pieces: &[&'static str]) -> (UpstreamBody, mpsc::UnboundedSender<Result<Frame<Bytes>, BoxError>>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    for piece in pieces {
        sender.send(Ok(Frame::data(Bytes::from_static(piece.as_bytes())))).unwrap();
    }
    let frames =
        futures_util::stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    (StreamBody::new(frames).boxed_unsync(), sender)
}

/// Returns the answer as the server would get it, frame by frame.
async fn ask(world: &World, path: &str, key: &str, body: &str) -> GatewayBody {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .unwrap();
    let answer = world.gateway.handle(request, Client::at(Ipv4Addr::LOCALHOST.into())).await.response;
    assert_eq!(answer.status(), 200);
    answer.into_body()
}

/// Reads frames until the text has arrived, and no further: this much completes the answer for its client.
async fn read(body: &mut GatewayBody, whole: &str) {
    let mut got = String::new();
    while got.len() < whole.len() {
        let frame = body.frame().await.unwrap().unwrap();
        got.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    assert_eq!(got, whole);
}

// The event is recorded before the last byte is sent, however the answer ends.
#[tokio::test]
async fn no_answer_is_whole_before_its_event_is_recorded() {
    // What a disconnected client leaves is settled at once.
    let read_on = ReadOn { time: Duration::ZERO, ..ReadOn::default() };
    let world = World::with(Limits { read_on, ..Limits::default() }, DirectoryOptions::default()).await;
    let key = world.key(1);
    world.chat(&key).await;
    world.meter.flush().await;
    // What is recorded from here on stays visible as waiting.
    world.store.down.store(true, Ordering::SeqCst);
    let chat = r#"{"model":"gpt-4o"}"#;
    let stream = r#"{"model":"gpt-4o","stream":true}"#;
    let asks = r#"{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true}}"#;
    let mut recorded = 0;

    let whole = r#"{"id":"x","usage":{"prompt_tokens":5,"completion_tokens":7}}"#;
    for path in ["/v1/chat/completions", "/v1/responses"] {
        world.answers(move |_| json(200, whole));
        let mut body = ask(&world, path, &key, chat).await;
        read(&mut body, whole).await;
        recorded += 1;
        assert_eq!(world.meter.waiting(), recorded, "{path}");
    }

    let streams: [(&str, &str, &[&'static str], &str); 6] = [
        ("/v1/chat/completions", asks, &["data: {\"choices\":[]}\n\n", "data: [DONE]\n\n"], ""),
        // A client that reads line by line is done before the empty line.
        ("/v1/chat/completions", asks, &["data: {\"choices\":[]}\n\ndata: [DONE]\n"], ""),
        ("/v1/chat/completions", stream, &["data: {\"choices\":[{}]}\n\ndata:[DONE]\r\n\r\n"], ""),
        (
            "/v1/responses",
            stream,
            &["event: response.completed\ndata: {\"response\":{\"usage\":{\"input_tokens\":3}}}\n\n"],
            "",
        ),
        ("/v1/responses", stream, &["data: {\"type\":\"response.incomplete\",\"response\":{\"usage\":null}}\n\n"], ""),
        // The text mentions an end, and is not one.
        (
            "/v1/responses",
            stream,
            &[
                "data: {\"type\":\"x\",\"delta\":\"\\\"type\\\":\\\"response.completed\\\" [DONE] \\\"usage\\\"\",\"usage\":1}\n\n",
            ],
            "goes on",
        ),
    ];
    for (path, asked, pieces, goes_on) in streams {
        let (body, open) = unending(pieces);
        let body = std::sync::Mutex::new(Some(body));
        world.answers(move |_| {
            let body = body.lock().unwrap().take().unwrap();
            Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
        });
        let mut body = ask(&world, path, &key, asked).await;
        read(&mut body, &pieces.concat()).await;
        recorded += u64::from(goes_on.is_empty());
        assert_eq!(world.meter.waiting(), recorded, "{pieces:?}");
        drop(open);
        // A client that disconnects afterwards, or an end that arrives, counts nothing twice.
        drop(body);
        recorded += u64::from(!goes_on.is_empty());
        assert_eq!(world.meter.waiting(), recorded, "{pieces:?}");
    }
}

// A request that could not be counted is not answered, and not sent upstream.
#[tokio::test]
async fn nothing_is_forwarded_that_could_not_be_counted() {
    let world = World::new().await;
    let key = world.key(1);
    world.chat(&key).await;
    world.meter.flush().await;
    // No file can be created any more. The present one and the reserved bytes are used up first.
    let elsewhere = world.spool().with_extension("moved");
    std::fs::rename(world.spool(), &elsewhere).unwrap();
    let mut answered = 1;
    let refused = loop {
        let answer = world.chat(&key).await;
        if answer.status != 200 {
            break answer;
        }
        answered += 1;
    };
    let (status, message, _) = refused.error();
    assert_eq!((status, refused.header("retry-after")), (503, Some("2")));
    assert!(message.contains("Usage cannot be recorded"), "{message}");
    assert_eq!(world.seen().len(), answered);
    let state = world.meter.state();
    assert!(state.refusing && state.failing.is_some_and(|reason| reason.contains("No such file")));
    // A request that needs no counting is still answered.
    assert_eq!(world.get("/v1/models", &key).await.status, 200);

    std::fs::rename(&elsewhere, world.spool()).unwrap();
    while world.chat(&key).await.status != 200 {}
    assert_eq!(world.meter.state().failing, None);
    assert_eq!(world.events().await.len(), answered + 1);
}
