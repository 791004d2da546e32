//! However a request ends, what it set aside ends with it: only what was counted, and what outlives its request, is taken
//! from a spend limit.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use keystead_core::budget::{Charge, Measured, Payers, SubjectKind};
use keystead_core::money::{Amount, Micros};
use keystead_core::network::Client;
use keystead_core::rate::RateLimits;
use keystead_core::usage::Price;
use keystead_gateway::{BoxError, ChangedSubject, PendingUsage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::cut::{CHUNK, Drip};
use crate::ownership::upload;
use crate::spend::budget;
use crate::world::{UpstreamBody, World, full, json};

pub(crate) const CHAT: &str = "/v1/chat/completions";
pub(crate) const ASK: &str = r#"{"model":"gpt-4o","messages":[],"max_tokens":100}"#;
pub(crate) const STREAM: &str = r#"{"model":"gpt-4o","messages":[],"max_tokens":100,"stream":true}"#;
const BACKGROUND: &str = r#"{"model":"gpt-4o","background":true,"max_output_tokens":100,"input":"one"}"#;
const QUEUED: &str = r#"{"id":"resp_1","object":"response","status":"queued","usage":null,"output":[]}"#;
const END: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n";

/// What has a budget: the limits of organization and project, and budgets of each measure and kind of subject. Each pays
/// for a hundred requests.
const BUDGETS: [(&str, &str, i64); 7] = [
    ("org-1", "money/month", 1_000),
    ("org-1", "tokens/week", 1_000_000),
    ("proj_1", "money/month", 1_000),
    ("proj_1", "requests/hour", 100),
    ("org-1/user-1", "tokens/total", 1_000_000),
    ("key_1", "money/day", 1_000),
    ("key_1", "requests/total", 100),
];

/// A token written costs a tenth of a cent, so a request sets aside ten cents.
async fn limited() -> (World, String) {
    let world = crate::cut::world().await;
    let key = world.key(1);
    world.prices("gpt-4o", Price { output: Micros(1_000_000_000), ..Price::default() }, Some(100));
    let of = |kinds: &[SubjectKind]| {
        let all = BUDGETS.map(|(subject, terms, figure)| budget(subject, terms, figure)).into_iter();
        all.filter(|one| kinds.contains(&one.scope.subject.kind())).collect()
    };
    let caller = of(&[SubjectKind::Person, SubjectKind::Key]);
    world.budgets(&key, of(&[SubjectKind::Organization]), of(&[SubjectKind::Project]), caller);
    (world, key)
}

/// Waits until every ledger has taken exactly what was counted and what is held.
async fn only_counted_is_taken(world: &World, held: Measured, what: &str) {
    let began = Instant::now();
    loop {
        let events = world.events().await;
        let counted = events.iter().map(Measured::of_event).fold(held, Measured::plus);
        // Something is leased ahead, so each ledger is asked for.
        world.spend.return_all().await;
        let taken = world.leases.committed.lock().unwrap().clone();
        assert!(taken.len() >= 2, "{what}: something was set aside from each budget");
        if taken.iter().all(|(scope, taken)| *taken == counted.of(scope.terms.measure)) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{what}: {taken:?}, but {counted:?} is counted");
        tokio::task::yield_now().await;
    }
}

/// Plays one end of a request.
pub(crate) async fn play(what: &str, case: impl AsyncFnOnce(&World, &str)) {
    let (world, key) = limited().await;
    case(&world, &key).await;
    only_counted_is_taken(&world, Measured::default(), what).await;
}

fn head(body: &str, key: &str) -> Vec<u8> {
    format!(
        "POST {CHAT} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub(crate) async fn client(world: &World, key: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(&head(body, key)).await.unwrap();
    stream
}

pub(crate) async fn read_until(stream: &mut TcpStream, text: &str) {
    let (mut got, mut buffer) = (String::new(), [0; 4096]);
    while !got.contains(text) {
        let read = stream.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0, "{got}");
        got.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}

/// A body that breaks off.
fn broken(kind: &str, text: &'static str) -> Response<UpstreamBody> {
    let frames = [Ok(Frame::data(Bytes::from_static(text.as_bytes()))), Err(BoxError::from("gone"))];
    let body: UpstreamBody = BodyExt::boxed_unsync(StreamBody::new(futures_util::stream::iter(frames)));
    Response::builder().header("content-type", kind).body(body).unwrap()
}

pub(crate) fn events(text: String) -> Response<UpstreamBody> {
    Response::builder().header("content-type", "text/event-stream").body(full(text)).unwrap()
}

#[tokio::test]
async fn what_is_answered_or_refused_holds_nothing() {
    play("an answer", async |world, key| assert_eq!(world.post(CHAT, key, ASK).await.status, 200)).await;
    play("a stream", async |world, key| {
        world.answers(|_| events(format!("{CHUNK}{END}")));
        assert_eq!(world.post(CHAT, key, STREAM).await.status, 200);
    })
    .await;
    for status in [400, 401, 404, 429, 500, 503] {
        play("an error of the model server", async |world, key| {
            world.answers(move |_| json(status, r#"{"error":{"message":"no"}}"#));
            assert_ne!(world.post(CHAT, key, ASK).await.status, 200);
        })
        .await;
    }
    play("a rate limit", async |world, key| {
        world.limit("gpt-4o", RateLimits { tokens_per_minute: Some(1), ..RateLimits::NONE });
        assert_eq!(world.post(CHAT, key, ASK).await.status, 429);
    })
    .await;
    play("the other limit", async |world, key| {
        world.limits(key, Some(1_000), Some(11));
        assert_eq!(world.post(CHAT, key, ASK).await.status, 200);
        assert_eq!(world.post(CHAT, key, &ASK.replace("100", "99")).await.status, 200);
        assert_eq!(world.post(CHAT, key, ASK).await.status, 429);
    })
    .await;
}

#[tokio::test]
async fn a_model_server_that_fails_holds_nothing() {
    play("no connection", async |world, key| {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        world.serve_from(closed);
        assert!(world.post(CHAT, key, ASK).await.status >= 500);
    })
    .await;
    play("a connection that is closed", async |world, key| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        world.serve_from(listener.local_addr().unwrap());
        let closing = async {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
            }
        };
        let answer = tokio::select! {
            answer = world.post(CHAT, key, ASK) => answer,
            () = closing => unreachable!(),
        };
        assert!(answer.status >= 500);
    })
    .await;
    play("an answer that breaks off", async |world, key| {
        world.answers(|_| broken("application/json", r#"{"id":"x","usage":"#));
        let mut stream = client(world, key, ASK).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    play("a stream that breaks off", async |world, key| {
        world.answers(|_| broken("text/event-stream", CHUNK));
        let mut stream = client(world, key, STREAM).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_holds_nothing() {
    play("before the answer", async |world, key| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        world.serve_from(listener.local_addr().unwrap());
        let client = client(world, key, ASK).await;
        let (mut silent, _) = listener.accept().await.unwrap();
        assert_ne!(silent.read(&mut [0; 4096]).await.unwrap(), 0);
        drop(client);
        // Its request is cancelled.
        while silent.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
    })
    .await;
    play("in the middle of a stream", async |world, key| {
        let drip = Drip::new(world, "text/event-stream");
        let mut client = client(world, key, STREAM).await;
        drip.chunks.send(CHUNK).unwrap();
        read_until(&mut client, "one").await;
        drop((client, drip.chunks));
        let _ = drip.gone.await;
    })
    .await;
}

#[tokio::test]
async fn a_permission_that_ends_holds_nothing() {
    play("in the middle of a stream", async |world, key| {
        let drip = Drip::new(world, "text/event-stream");
        let mut client = client(world, key, STREAM).await;
        drip.chunks.send(CHUNK).unwrap();
        read_until(&mut client, "one").await;
        world.remove(key);
        world.directory.apply(&[ChangedSubject::Key("key_1".parse().unwrap())], 2);
        let _ = drip.gone.await;
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_dropped_holds_nothing() {
    play("between the two limits and later", async |world, key| {
        for polls in 0..8 {
            let request = http::Request::post(CHAT)
                .header("authorization", format!("Bearer {key}"))
                .header("content-type", "application/json")
                .body(full(ASK))
                .unwrap();
            let client = Client::at([127, 0, 0, 1].into());
            let mut call = Box::pin(world.gateway.handle(request, client));
            for _ in 0..polls {
                if (&mut call).now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        // At least this one has set something aside.
        assert_eq!(world.post(CHAT, key, ASK).await.status, 200);
    })
    .await;
}

/// A fault of ours, or of a library, while the body is sent on.
#[tokio::test]
async fn a_panic_holds_nothing() {
    const FORM: &str = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b\r\n\
                        content-disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\nsound";
    play("a panic", async |world, key| {
        let mut frames = vec![Ok::<_, BoxError>(Frame::data(Bytes::from_static(FORM.as_bytes())))].into_iter();
        let frames = futures_util::stream::poll_fn(move |_| match frames.next() {
            Some(frame) => std::task::Poll::Ready(Some(frame)),
            None => panic!("a fault while the body is read"),
        });
        let request = http::Request::post("/v1/audio/transcriptions")
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "multipart/form-data; boundary=b")
            .header("content-length", "1000")
            .body(BodyExt::boxed_unsync(StreamBody::new(frames)))
            .unwrap();
        let gateway = std::sync::Arc::clone(&world.gateway);
        let call = tokio::spawn(async move { gateway.handle(request, Client::at([127, 0, 0, 1].into())).await });
        // Either the task has ended with the panic, or the sending of the body has, and the answer is an error.
        assert!(call.await.map_or(true, |handled| !handled.response.status().is_success()));
        assert_eq!(world.post(CHAT, key, ASK).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_response_in_the_background_holds_what_it_may_cost_until_it_is_counted() {
    let (world, key) = limited().await;
    world.answers(|seen| match seen.method.as_str() {
        "POST" => json(200, QUEUED),
        _ => {
            json(200, &QUEUED.replace("queued", "completed").replace("null", r#"{"input_tokens":1,"output_tokens":2}"#))
        }
    });
    assert_eq!(world.post("/v1/responses", &key, BACKGROUND).await.status, 200);
    let charge = Charge {
        admitted_at: keystead_core::Timestamp(world.clock.load(Ordering::SeqCst)),
        payers: BUDGETS.iter().fold(Payers::NONE, |payers, (subject, terms, figure)| {
            let scope = budget(subject, terms, *figure).scope;
            payers.with(scope.subject.kind(), scope.terms)
        }),
    };
    let hold = world.store.pending.find("resp_1").await.unwrap().unwrap().hold.unwrap();
    assert_eq!((hold.holder.as_str(), hold.charge), (&*world.meter.run(), charge));
    assert_eq!((hold.amount, hold.requests), (Amount::of_cents(10), 1));
    assert!((100..=100 + 2 * BACKGROUND.len()).contains(&usize::try_from(hold.tokens).unwrap()), "{}", hold.tokens);
    only_counted_is_taken(&world, hold.most(), "moved to the store").await;
    world.gateway.settle_pending().await.unwrap();
    let events = world.events().await;
    // It counts in the month of its request, and the lease has paid for it already.
    assert_eq!(events[0].charge, Some(Charge { payers: Payers::NONE, ..charge }));
    assert_eq!(events[0].cost, Amount::of_picos(2_000_000_000));
}

/// A client could read a stream almost to its end and delete the response before it is counted.
#[tokio::test]
async fn a_response_that_was_deleted_costs_what_was_set_aside() {
    let (world, key) = limited().await;
    world.answers(|seen| if seen.method == "POST" { json(200, QUEUED) } else { json(404, "{}") });
    assert_eq!(world.post("/v1/responses", &key, BACKGROUND).await.status, 200);
    world.gateway.settle_pending().await.unwrap();
    let events = world.events().await;
    assert_eq!((events.len(), events[0].cost, events[0].estimated), (1, Amount::of_cents(10), true));
}

/// The store does not answer when a response has begun: it is noted, with what is held for it, as soon as the store does.
#[tokio::test]
async fn what_is_held_reaches_a_store_that_was_away() {
    let (world, key) = limited().await;
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
    world.answers(|_| json(200, QUEUED));
    world.store.down.store(true, Ordering::SeqCst);
    assert_eq!(world.post("/v1/responses", &key, BACKGROUND).await.status, 503);
    world.store.down.store(false, Ordering::SeqCst);
    let pending = loop {
        if let Some(pending) = world.store.pending.find("resp_1").await.unwrap() {
            break pending;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(pending.hold.unwrap().amount, Amount::of_cents(10));
}

#[tokio::test]
async fn a_batch_holds_what_its_lines_may_cost_once_it_has_an_id() {
    const LINE: &str = r#"{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","messages":[],"max_tokens":100}}"#;
    const BATCH: &str = r#"{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}"#;
    type Begun = fn() -> Response<UpstreamBody>;
    let answers = |world: &World, begun: Begun| {
        world.answers(move |seen| match (seen.method.as_str(), seen.target.as_str()) {
            ("POST", "/v1/files") => json(200, r#"{"id":"file-1","object":"file"}"#),
            ("GET", "/v1/files/file-1/content") => {
                let file = Response::builder().header("content-type", "application/octet-stream");
                file.body(full(format!("{LINE}\n{LINE}\n"))).unwrap()
            }
            ("POST", "/v1/batches") => begun(),
            _ => json(404, "{}"),
        });
    };
    let breaks_off: Begun = || broken("application/json", r#"{"id":"#);
    let without_id: Begun = || json(200, "{}");
    let refused: Begun = || json(400, "{}");
    for (what, begun) in [("it breaks off", breaks_off), ("it has no id", without_id), ("it is refused", refused)] {
        play(what, async |world, key| {
            answers(world, begun);
            assert_eq!(upload(world, key).await.status, 200);
            world.post("/v1/batches", key, BATCH).await;
        })
        .await;
    }
    let (world, key) = limited().await;
    answers(&world, || json(200, r#"{"id":"batch_1","endpoint":"/v1/chat/completions"}"#));
    assert_eq!(upload(&world, &key).await.status, 200);
    assert_eq!(world.post("/v1/batches", &key, BATCH).await.status, 200);
    let hold = world.store.pending.find("batch_1").await.unwrap().unwrap().hold.unwrap();
    only_counted_is_taken(&world, hold.most(), "two lines").await;
    assert_eq!((hold.amount, hold.requests), (Amount::of_cents(20), 2));
}
