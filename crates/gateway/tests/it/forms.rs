//! Forms: streamed, with the one model that the gate judged.

use keystead_gateway::{DirectoryOptions, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::answer::Answer;
use crate::world::{World, json};

fn part(name: &str, value: &str) -> String {
    format!("--bound\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

async fn send(world: &World, key: &str, target: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "multipart/form-data; boundary=bound")];
    world.send("POST", target, &headers, body.as_bytes()).await
}

const TRANSCRIBE: &str = "/v1/audio/transcriptions";

#[tokio::test]
async fn forms_pass_byte_for_byte_wherever_the_model_stands() {
    let world = World::new().await;
    let key = world.key(1);
    world.answers(|_| json(200, r#"{"text":"x","usage":{"type":"duration","seconds":2.5}}"#));
    let file = "RIFF\r\n--boun\0".repeat(20_000);
    for body in [
        part("model", "whisper-1") + &part("file", &file) + "--bound--\r\n",
        part("file", &file) + &part("model", "whisper-1") + "--bound--\r\n",
    ] {
        let got = send(&world, &key, TRANSCRIBE, &body).await;
        assert_eq!(got.status, 200, "{}", got.text());
        let seen = world.seen().pop().unwrap();
        assert_eq!(seen.body.as_deref(), Some(body.as_bytes()));
        assert_eq!(seen.headers["content-length"], body.len().to_string());
        assert_eq!(seen.headers["content-type"], "multipart/form-data; boundary=bound");
    }
    let events = world.events().await;
    assert_eq!((events.len(), events[0].used.seconds, events[0].estimated), (2, 3, false));
}

#[tokio::test]
async fn a_form_begins_upstream_before_it_has_ended() {
    let world = World::new().await;
    let key = world.key(1);
    let (head, tail) = (part("model", "whisper-1"), part("file", "abc") + "--bound--\r\n");
    let mut client = TcpStream::connect(world.address).await.unwrap();
    let request = format!(
        "POST {TRANSCRIBE} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-type: multipart/form-data; boundary=bound\r\ncontent-length: {}\r\n\r\n{head}",
        head.len() + tail.len()
    );
    client.write_all(request.as_bytes()).await.unwrap();
    for byte in tail.as_bytes() {
        client.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut got = Vec::new();
    client.read_to_end(&mut got).await.unwrap();
    assert_eq!(Answer::read(&got).unwrap().status, 200);
    assert_eq!(world.seen()[0].body.as_deref(), Some((head + &tail).as_bytes()));
}

#[tokio::test]
async fn a_second_model_never_arrives_upstream() {
    let world = World::new().await;
    let key = world.key(1);
    for second in
        [part("model", "o3"), "--bound\r\nContent-Disposition: form-data; NAME=model\r\n\r\no3\r\n".to_owned()]
    {
        let body = part("model", "whisper-1") + &part("file", &"x".repeat(300_000)) + &second + "--bound--\r\n";
        let got = send(&world, &key, TRANSCRIBE, &body).await;
        assert_eq!((got.status, got.json()["error"]["param"].as_str()), (400, Some("model")), "{}", got.text());
        assert!(world.seen().iter().all(|seen| seen.body.is_none()), "no whole form arrived");
    }
    assert!(world.events().await.is_empty());
}

#[tokio::test]
async fn forms_are_bounded_and_gated() {
    let limits = Limits { form_body: 400_000, form_prefix: 100_000, ..Limits::default() };
    let world = World::with(limits, DirectoryOptions::default()).await;
    let key = world.key(1);
    let row = async |body: String, target: &str| send(&world, &key, target, &body).await.error();
    let late =
        row(part("file", &"x".repeat(200_000)) + &part("model", "whisper-1") + "--bound--\r\n", TRANSCRIBE).await;
    assert_eq!(late.0, 400);
    assert!(late.1.contains("before the file"));
    assert_eq!(row(part("model", "whisper-1") + &part("file", &"x".repeat(500_000)), TRANSCRIBE).await.0, 413);
    assert_eq!(row(part("file", "x") + "--bound--\r\n", TRANSCRIBE).await.0, 400);
    assert_eq!(row(part("model", "none") + "--bound--\r\n", TRANSCRIBE).await.0, 404);
    assert_eq!(row(part("model", "gpt-image-1") + "--bound--\r\n", "/v1/images/edits").await.0, 403);
    let edit = world.post("/v1/images/edits", &key, r#"{"model":"gpt-image-1"}"#).await;
    assert_eq!(edit.status, 403, "the JSON form is gated alike");
    assert!(world.seen().iter().all(|seen| seen.body.is_none()));
}

#[tokio::test]
async fn the_gate_and_the_upstream_read_one_boundary() {
    // A content type with two boundaries, each with its own model, and similar ones.
    let world = World::new().await;
    let key = world.key(1);
    let bearer = format!("Bearer {key}");
    let two = "--a\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--a--\r\n\
               --b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\no3\r\n--b--\r\n";
    for content in [
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; x=\"; boundary=a\"; boundary=b",
        "multipart/form-data; boundary=a",
        "multipart/form-data; boundary=b",
        "multipart/form-data; boundary*=b; boundary=a",
        "multipart/form-data; boundary=a; charset=utf-16",
    ] {
        let got = world
            .send("POST", TRANSCRIBE, &[("authorization", &bearer), ("content-type", content)], two.as_bytes())
            .await;
        assert_eq!(got.status, 400, "{content}: {}", got.text());
    }
    assert!(world.seen().iter().all(|seen| seen.body.is_none()));
    let one = "--a\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--a--\r\n";
    let content = "Multipart/Form-Data; x=\"; boundary=b\"; Boundary=\"a\"; charset=UTF-8";
    let got =
        world.send("POST", TRANSCRIBE, &[("authorization", &bearer), ("content-type", content)], one.as_bytes()).await;
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(world.seen().pop().unwrap().headers["content-type"], "multipart/form-data; boundary=a");
}

#[tokio::test]
async fn a_form_that_does_not_end_never_arrives_whole() {
    let world = World::new().await;
    let key = world.key(1);
    for body in [
        part("model", "whisper-1") + "--bound\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue",
        part("model", "whisper-1") + &part("file", &"x".repeat(300_000)),
    ] {
        let got = send(&world, &key, TRANSCRIBE, &body).await;
        assert_eq!(got.status, 400, "{}", got.text());
        assert!(got.text().contains("does not end"), "{}", got.text());
    }
    assert!(world.seen().iter().all(|seen| seen.body.is_none()));
}

#[tokio::test]
async fn a_json_route_reads_no_form_and_no_other_charset() {
    let world = World::new().await;
    let key = world.key(1);
    let bearer = format!("Bearer {key}");
    let body = br#"{"model":"gpt-4o"}"#;
    let ask = async |content: &str| {
        let headers = [("authorization", bearer.as_str()), ("content-type", content)];
        world.send("POST", "/v1/chat/completions", &headers, body).await
    };
    for content in
        ["multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
    {
        assert_eq!(ask(content).await.status, 400, "{content}");
    }
    assert!(world.seen().is_empty());
    assert_eq!(ask("application/JSON; charset=\"UTF-8\"").await.status, 200);
    assert_eq!(world.seen().pop().unwrap().headers["content-type"], "application/json");
    let marked = [b"\xef\xbb\xbf", &body[..]].concat();
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(world.send("POST", "/v1/chat/completions", &headers, &marked).await.status, 200);
    assert_eq!(world.seen().pop().unwrap().body.as_deref(), Some(&body[..]), "the mark is not sent on");
    let latin = b"{\"model\":\"gpt-4o\",\"user\":\"Ren\xe9\"}";
    let got = world.send("POST", "/v1/chat/completions", &headers, latin).await;
    assert!(got.status == 400 && got.error().1.contains("UTF-8"), "{}", got.text());
}
