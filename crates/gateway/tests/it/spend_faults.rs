//! What is set aside ends with its request also where a model server is late, answers wrongly or without figures, and where
//! a client leaves between the parts of a request and of its answer.

use std::time::Duration;

use keystead_core::network::Client;
use keystead_gateway::{ChangedSubject, UpstreamOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cut::{CHUNK, Drip};
use crate::spend_ends::{ASK, CHAT, STREAM, client, events, play, read_until};
use crate::upstreams::{JSON, head, upstream};
use crate::world::{World, full, json};

const FORM: &str = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b\r\n\
                    content-disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n";

/// Begins a request of this length on a connection of its own.
async fn begin(world: &World, key: &str, (path, kind): (&str, &str), length: usize, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {key}\r\ncontent-type: {kind}\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads until the other side has closed.
async fn read_to_its_end(stream: &mut TcpStream) {
    while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
}

#[tokio::test]
async fn an_answer_without_figures_holds_nothing() {
    let bodies =
        ["{}", "[]", "no JSON", r#"{"usage":null}"#, r#"{"usage":{"prompt_tokens":-1,"completion_tokens":"x"}}"#];
    for body in bodies {
        play(body, async |world, key| {
            world.answers(move |_| json(200, body));
            world.post(CHAT, key, ASK).await;
        })
        .await;
    }
    for end in ["", "data: [DONE]\n\n", "data: {\"usage\":1}\n\ndata: [DONE]\n\n", "data: no JSON\n\n"] {
        play("a stream", async |world, key| {
            world.answers(move |_| events(format!("{CHUNK}{end}")));
            assert_eq!(world.post(CHAT, key, STREAM).await.status, 200);
        })
        .await;
    }
}

#[tokio::test]
async fn a_model_server_that_is_late_holds_nothing() {
    const SOON: Duration = Duration::from_millis(50);
    play("no answer begins", async |world, key| {
        let listener = upstream(world, UpstreamOptions { first_byte: SOON, ..UpstreamOptions::default() }).await;
        let serve = async { read_to_its_end(&mut listener.accept().await.unwrap().0).await };
        let (answer, ()) = tokio::join!(world.post(CHAT, key, ASK), serve);
        assert_eq!(answer.status, 504);
    })
    .await;
    let events = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{CHUNK}");
    for (asked, begun) in [(STREAM, events.as_str()), (ASK, &JSON[..JSON.len() - 1])] {
        play("an answer pauses", async |world, key| {
            let listener = upstream(world, UpstreamOptions { idle: SOON, ..UpstreamOptions::default() }).await;
            let serve = async {
                let mut stream = listener.accept().await.unwrap().0;
                head(&mut stream).await;
                stream.write_all(begun.as_bytes()).await.unwrap();
                read_to_its_end(&mut stream).await;
            };
            let ask = async { read_to_its_end(&mut client(world, key, asked).await).await };
            tokio::join!(ask, serve);
        })
        .await;
    }
}

#[tokio::test]
async fn an_answer_that_is_malformed_holds_nothing() {
    for answer in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    ] {
        play(answer, async |world, key| {
            let listener = upstream(world, UpstreamOptions::default()).await;
            let serve = async {
                let mut stream = listener.accept().await.unwrap().0;
                head(&mut stream).await;
                stream.write_all(answer.as_bytes()).await.unwrap();
            };
            let asked = if answer.contains("event-stream") { STREAM } else { ASK };
            let ask = async { read_to_its_end(&mut client(world, key, asked).await).await };
            tokio::join!(ask, serve);
        })
        .await;
    }
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_set_aside_once() {
    play("a close that crosses with the request", async |world, key| {
        let listener = upstream(world, UpstreamOptions::default()).await;
        let serve = async {
            let mut stream = listener.accept().await.unwrap().0;
            head(&mut stream).await;
            stream.write_all(JSON.as_bytes()).await.unwrap();
            // The second request arrives at the moment at which the server closes, unread.
            stream.peek(&mut [0]).await.unwrap();
            drop(stream);
            let mut stream = listener.accept().await.unwrap().0;
            head(&mut stream).await;
            stream.write_all(JSON.as_bytes()).await.unwrap();
        };
        let ask = async {
            for _ in 0..2 {
                assert_eq!(world.post(CHAT, key, ASK).await.status, 200);
            }
        };
        tokio::join!(serve, ask);
    })
    .await;
    play("a server that does not know the option of usage", async |world, key| {
        world.answers(|seen| {
            let asked = String::from_utf8(seen.body.unwrap().to_vec()).unwrap();
            if asked.contains("stream_options") {
                json(400, r#"{"error":{"message":"Unrecognized request argument: stream_options"}}"#)
            } else {
                events(format!("{CHUNK}data: [DONE]\n\n"))
            }
        });
        assert_eq!(world.post(CHAT, key, STREAM).await.status, 200);
        assert_eq!(world.seen().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_between_the_parts_holds_nothing() {
    play("in the middle of its form", async |world, key| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        world.serve_from(listener.local_addr().unwrap());
        let form = ("/v1/audio/transcriptions", "multipart/form-data; boundary=b");
        let client = begin(world, key, form, 100_000, &format!("{FORM}sound")).await;
        let (mut upstream, _) = listener.accept().await.unwrap();
        assert_ne!(upstream.read(&mut [0; 4096]).await.unwrap(), 0);
        drop(client);
        read_to_its_end(&mut upstream).await;
    })
    .await;
    play("after the head of a stream", async |world, key| {
        let drip = Drip::new(world, "text/event-stream");
        let mut client = client(world, key, STREAM).await;
        read_until(&mut client, "\r\n\r\n").await;
        drop((client, drip.chunks));
        let _ = drip.gone.await;
    })
    .await;
    play("in the middle of a sound", async |world, key| {
        const SPEECH: &str = r#"{"model":"tts-1","input":"hello","voice":"a"}"#;
        let drip = Drip::new(world, "audio/mpeg");
        let mut client = begin(world, key, ("/v1/audio/speech", "application/json"), SPEECH.len(), SPEECH).await;
        drip.chunks.send("sound").unwrap();
        read_until(&mut client, "sound").await;
        drop((client, drip.chunks));
        let _ = drip.gone.await;
    })
    .await;
    play("before the server sends the answer", async |world, key| {
        let request = http::Request::post(CHAT)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(full(STREAM))
            .unwrap();
        world.answers(|_| events(format!("{CHUNK}data: [DONE]\n\n")));
        let handled = world.gateway.handle(request, Client::at([127, 0, 0, 1].into())).await;
        assert_eq!(handled.response.status(), 200);
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_refused_while_it_runs_holds_nothing() {
    play("its key was deleted", async |world, key| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        world.serve_from(listener.local_addr().unwrap());
        let mut client = client(world, key, ASK).await;
        let (mut silent, _) = listener.accept().await.unwrap();
        assert_ne!(silent.read(&mut [0; 4096]).await.unwrap(), 0);
        world.remove(key);
        world.directory.apply(&[ChangedSubject::Key("key_1".parse().unwrap())], 2);
        read_until(&mut client, "invalid_api_key").await;
        read_to_its_end(&mut silent).await;
    })
    .await;
    play("its form names a second model", async |world, key| {
        let second = "\r\n--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\no3\r\n--b--\r\n";
        let body = format!("{FORM}{}{second}", "x".repeat(300_000));
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "multipart/form-data; boundary=b")];
        let refused = world.send("POST", "/v1/audio/transcriptions", &headers, body.as_bytes()).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
    })
    .await;
}
