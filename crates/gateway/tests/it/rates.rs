//! Rate limits: requests that fit pass, others are told when they will fit.

mod reservations;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use keystead_core::rate::{ProjectLimits, RateLimits};
use keystead_core::tier::Tier;
use keystead_gateway::{BoxError, ChangedSubject};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::world::answer::Answer;
use crate::world::{World, json};

const CHAT: &str = "/v1/chat/completions";

fn requests(limit: u64) -> RateLimits {
    RateLimits { requests_per_minute: Some(limit), ..RateLimits::NONE }
}

fn tokens(limit: u64) -> RateLimits {
    RateLimits { tokens_per_minute: Some(limit), ..RateLimits::NONE }
}

/// A body with a maximum of this many tokens: it has few input tokens.
fn asking(tokens: u64) -> String {
    format!(r#"{{"model":"gpt-4o","messages":[{{"role":"user","content":"12345678"}}],"max_tokens":{}}}"#, tokens - 9)
}

fn own(model: &str, limits: RateLimits) -> Option<Box<ProjectLimits>> {
    let mut own = ProjectLimits::default();
    own.set(model, limits);
    Some(Box::new(own))
}

fn remaining(answer: &Answer, what: &str) -> Option<u64> {
    answer.header(&format!("x-ratelimit-remaining-{what}")).map(|text| text.parse().unwrap())
}

#[tokio::test]
async fn without_limits_nothing_is_kept_and_nothing_is_said() {
    let world = World::new().await;
    let key = world.key(1);
    world.answers(|_| {
        let mut answer = json(200, "{}");
        answer.headers_mut().insert("x-ratelimit-remaining-requests", 59.into());
        answer
    });
    let answer = world.chat(&key).await;
    assert_eq!(answer.status, 200);
    assert_eq!(remaining(&answer, "requests"), Some(59), "what the upstream says passes");
    assert!(world.rates.is_empty());
}

#[tokio::test]
async fn exactly_as_many_as_a_minute_has_pass_at_once() {
    let world = Arc::new(World::new().await);
    let key = world.key(1);
    world.limit("gpt-4o", requests(7));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let (world, key) = (Arc::clone(&world), key.clone());
        running.spawn(async move { world.chat(&key).await });
    }
    let answers = running.join_all().await;
    let (passed, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((passed.len(), refused.len(), world.seen().len()), (7, 23, 7));
    let mut left: Vec<_> = passed.iter().map(|answer| remaining(answer, "requests").unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4, 5, 6]);
    for answer in &refused {
        let error = answer.json()["error"].clone();
        assert_eq!(
            (answer.status, &error["type"], &error["code"]),
            (429, &"requests".into(), &"rate_limit_exceeded".into())
        );
        assert!(error["param"].is_null());
        let message = error["message"].as_str().unwrap();
        let begins = "Rate limit reached for gpt-4o in organization org-1 on requests per min (RPM): Limit 7, Used 7, \
                      Requested 1. Please try again in 8.572s.";
        assert!(message.starts_with(begins), "{message}");
        assert_eq!(answer.header("retry-after"), Some("9"));
        assert_eq!(answer.header("retry-after-ms"), Some("8572"));
        assert_eq!(answer.header("x-ratelimit-limit-requests"), Some("7"));
        assert_eq!(answer.header("x-ratelimit-remaining-requests"), Some("0"));
        assert_eq!(answer.header("x-ratelimit-reset-requests"), Some("1m0s"));
        assert_eq!(answer.header("x-ratelimit-limit-tokens"), None);
        assert_eq!(answer.header("openai-organization"), Some("org-1"));
        assert_eq!(answer.header("link"), Some("</help/rate-limits?project=proj_1>; rel=\"help\""));
        assert!(answer.header("x-request-id").is_some());
    }
    world.pass(Duration::from_millis(8_571));
    assert_eq!(world.chat(&key).await.status, 429);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.chat(&key).await.status, 200, "whoever waits as told is let in");
    assert_eq!(world.chat(&key).await.status, 429);
    // Another model, another organization: other buckets.
    assert_eq!(world.post(CHAT, &key, r#"{"model":"tts-1","input":"a"}"#).await.status, 200);
    assert_eq!(world.chat(&world.key(2)).await.status, 200);
}

#[tokio::test]
async fn what_fails_upstream_counts_as_a_request_and_not_as_tokens() {
    let world = World::new().await;
    let key = world.key(1);
    world
        .limit("gpt-4o", RateLimits { requests_per_minute: Some(2), tokens_per_minute: Some(100), ..RateLimits::NONE });
    world.answers(|_| json(500, "{}"));
    for _ in 0..2 {
        assert_eq!(world.post(CHAT, &key, &asking(100)).await.status, 500);
    }
    let answer = world.post(CHAT, &key, &asking(100)).await;
    assert_eq!((answer.status, answer.json()["error"]["type"].as_str()), (429, Some("requests")));
    assert_eq!(remaining(&answer, "tokens"), Some(100));
}

#[tokio::test]
async fn the_worst_is_set_aside_and_the_truth_takes_its_place() {
    let world = World::new().await;
    let key = world.key(1);
    world.limit("gpt-4o", tokens(1_000));
    // 5 read, 7 written.
    let first = world.post(CHAT, &key, &asking(900)).await;
    assert_eq!((first.status, remaining(&first, "tokens")), (200, Some(100)), "while it runs, all it may use counts");
    assert_eq!(first.header("x-ratelimit-reset-tokens"), Some("54s"));
    assert_eq!(first.header("x-ratelimit-limit-requests"), None);
    let second = world.post(CHAT, &key, &asking(900)).await;
    assert_eq!((second.status, remaining(&second, "tokens")), (200, Some(1_000 - 12 - 900)));
    // Waiting does not help, and clients that would retry are told not to.
    let large = world.post(CHAT, &key, &asking(1_001)).await;
    let error = large.json()["error"].clone();
    assert_eq!(
        (large.status, error["type"].as_str(), error["code"].as_str()),
        (429, Some("tokens"), Some("rate_limit_exceeded"))
    );
    let message = error["message"].as_str().unwrap();
    let begins =
        "Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 1000, Requested 1001.";
    assert!(message.starts_with(begins) && !message.contains("try again"), "{message}");
    assert_eq!((large.header("retry-after"), large.header("retry-after-ms")), (None, None));
    assert_eq!(large.header("x-should-retry"), Some("false"));
    let third = world.post(CHAT, &key, &asking(980)).await;
    let (status, message, code) = third.error();
    assert_eq!((status, code.as_deref()), (429, Some("rate_limit_exceeded")));
    let begins = "Rate limit reached for gpt-4o in organization org-1 on tokens per min (TPM): Limit 1000, Used 24, \
                  Requested 980. Please try again in 240ms.";
    assert!(message.starts_with(begins), "{message}");
    assert_eq!((third.header("retry-after"), third.header("retry-after-ms")), (Some("1"), Some("240")));
    world.pass(Duration::from_millis(240));
    assert_eq!(world.post(CHAT, &key, &asking(980)).await.status, 200);
    // An answer longer than could be known is compensated afterwards.
    world.pass(Duration::from_secs(60));
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":1000,"completion_tokens":2000}}"#));
    assert_eq!(world.chat(&key).await.status, 200);
    let (status, message, _) = world.chat(&key).await.error();
    assert!(
        status == 429 && message.contains("Limit 1000, Used 3000, Requested 0. Please try again in 2m0s."),
        "{message}"
    );
}

#[tokio::test]
async fn a_stream_holds_what_it_may_use_until_its_end_or_its_clients() {
    let world = World::new().await;
    let key = world.key(1);
    world.limit("gpt-4o", tokens(1_000));
    let (streams, held) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    for _ in 0..2 {
        let (chunks, incoming) = mpsc::unbounded_channel::<&'static str>();
        streams.lock().unwrap().push(chunks);
        held.lock().unwrap().push(incoming);
    }
    world.answers(move |_| {
        let incoming = held.lock().unwrap().pop().unwrap();
        let stream = futures_util::stream::unfold(incoming, |mut incoming| async move {
            let chunk = incoming.recv().await?;
            Some((Ok::<_, BoxError>(Frame::data(Bytes::from_static(chunk.as_bytes()))), incoming))
        });
        let body = StreamBody::new(stream).boxed_unsync();
        Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
    });
    let body = asking(800).replace("\"model\"", "\"stream\":true,\"model\"");
    let request = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let begin = async |chunks: &mpsc::UnboundedSender<&'static str>| {
        let mut client = TcpStream::connect(world.address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        chunks.send("data: {\"choices\":[{}]}\n\n").unwrap();
        let mut buffer = [0; 4096];
        let mut got = String::new();
        while !got.contains("choices") {
            let read = client.read(&mut buffer).await.unwrap();
            got.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        assert!(got.to_ascii_lowercase().contains("x-ratelimit-remaining-tokens: 200\r\n"), "{got}");
        client
    };
    let first = streams.lock().unwrap().pop().unwrap();
    let mut client = begin(&first).await;
    // The reservation does not leak while the stream runs.
    world.pass(Duration::from_secs(30));
    assert_eq!(world.post(CHAT, &key, &asking(201)).await.status, 429);
    first
        .send("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":50}}\n\ndata: [DONE]\n\n")
        .unwrap();
    drop(first);
    client.read_to_end(&mut Vec::new()).await.unwrap();
    world.pass(Duration::from_secs(6));
    // All 100 have leaked. This client disconnects in the middle: what passed is counted, the rest is returned.
    let second = streams.lock().unwrap().pop().unwrap();
    let client = begin(&second).await;
    drop(client);
    while !second.is_closed() {
        tokio::task::yield_now().await;
    }
    let counted = loop {
        let events = world.events().await;
        if let Some(event) = events.get(1) {
            break event.used;
        }
        tokio::task::yield_now().await;
    };
    let counted = counted.input_tokens.unsigned_abs() + counted.output_tokens.unsigned_abs();
    assert!((1..200).contains(&counted), "{counted}");
    world.answers(|_| json(200, r#"{"usage":{"prompt_tokens":5,"completion_tokens":1}}"#));
    let after = world.post(CHAT, &key, &asking(10)).await;
    assert_eq!(remaining(&after, "tokens"), Some(1_000 - counted - 10));
}

#[tokio::test]
async fn a_project_may_be_slower_than_its_organization_from_the_next_request_on() {
    let world = World::new().await;
    let key = world.key(1);
    world.limit("gpt-4o", RateLimits { tokens_per_minute: Some(1_000), ..requests(5) });
    assert_eq!(world.chat(&key).await.status, 200);
    world.change(&key, |caller| {
        let limits = RateLimits { tokens_per_minute: Some(500), ..requests(2) };
        caller.organizations[0].projects[0].rates = own("gpt-4o", limits);
        caller.revision += 1;
    });
    world.directory.apply(&[ChangedSubject::Project("proj_1".parse().unwrap())], 2);
    let answer = world.post(CHAT, &key, &asking(20)).await;
    assert_eq!(answer.header("x-ratelimit-limit-requests"), Some("2"), "the tighter of both");
    assert_eq!(answer.header("x-ratelimit-limit-tokens"), Some("500"));
    assert_eq!(answer.header("x-ratelimit-limit-project-tokens"), Some("500"));
    assert_eq!(answer.header("x-ratelimit-remaining-project-tokens"), Some("480"));
    assert_eq!(answer.header("x-ratelimit-reset-project-tokens"), Some("2.4s"));
    assert_eq!(world.chat(&key).await.status, 200);
    let (status, message, _) = world.chat(&key).await.error();
    assert_eq!(status, 429);
    assert!(
        message.contains("Limit 2, Used 2, Requested 1. Please try again in 30s. The limit is that of project proj_1."),
        "{message}"
    );
    assert!(message.ends_with("Visit http://keystead.test/limits?project=proj_1 to learn more."), "{message}");
    // Another project of the organization shares its limit: three of five are used, and a refusal costs nothing.
    let sister = world.key(3);
    world.change(&sister, |caller| {
        caller.organizations[0].id = "org-1".parse().unwrap();
    });
    let left: Vec<_> =
        [world.chat(&sister).await, world.chat(&sister).await].iter().map(|a| remaining(a, "requests")).collect();
    assert_eq!(left, [Some(1), Some(0)]);
    assert_eq!(world.chat(&sister).await.status, 429);
    assert_eq!(world.rates.len(), 1);
    // After it is removed, only the organization's limit applies.
    world.change(&key, |caller| caller.organizations[0].projects[0].rates = None);
    world.directory.apply(&[ChangedSubject::Project("proj_1".parse().unwrap())], 3);
    world.pass(Duration::from_secs(60));
    let answer = world.chat(&key).await;
    assert_eq!(answer.header("x-ratelimit-limit-requests"), Some("5"));
    assert_eq!(answer.header("x-ratelimit-limit-project-tokens"), None);
}

/// S1-42: another usage tier has other limits, and what was used counts in it.
#[tokio::test]
async fn another_usage_tier_holds_from_the_next_request_on() {
    let world = World::new().await;
    let key = world.key(1);
    world.limit("gpt-4o", requests(50));
    world.limit_tiers("gpt-4o", &[requests(2), requests(4), requests(4), requests(4), requests(4), requests(90)]);
    let limit = |answer: &Answer| answer.header("x-ratelimit-limit-requests").map(str::to_owned);
    // Without a stored tier, an organization is in tier 0: not in the limits of the model.
    assert_eq!(limit(&world.chat(&key).await).as_deref(), Some("2"));
    assert_eq!(world.chat(&key).await.status, 200);
    assert_eq!(world.chat(&key).await.status, 429);
    let set_tier = |number: i64, revision: i64| {
        world.change(&key, |caller| {
            caller.organizations[0].tier = Tier::new(number);
            caller.revision += 1;
        });
        world.directory.apply(&[ChangedSubject::Organization("org-1".parse().unwrap())], revision);
    };
    set_tier(5, 2);
    let answer = world.chat(&key).await;
    assert_eq!((answer.status, limit(&answer).as_deref()), (200, Some("90")));
    assert_eq!(remaining(&answer, "requests"), Some(87));
    // Lowered by the operator: three are used of two.
    set_tier(0, 3);
    let refused = world.chat(&key).await;
    assert_eq!((refused.status, limit(&refused).as_deref()), (429, Some("2")));
    assert!(refused.error().1.contains("Limit 2, Used 3, Requested 1."));
    // Another organization has its own tier, and where no tiers are configured, a stored one means nothing.
    assert_eq!(limit(&world.chat(&world.key(2)).await).as_deref(), Some("2"));
    set_tier(3, 4);
    world.limit_tiers("gpt-4o", &[]);
    assert_eq!(limit(&world.chat(&key).await).as_deref(), Some("50"));
}

#[tokio::test]
async fn images_and_days_are_counted_too() {
    let world = World::new().await;
    let key = world.key(1);
    world.change(&key, |caller| {
        caller.organizations[0].entitlements.met.push(keystead_core::gate::Requirement::Organization);
    });
    world
        .limit("gpt-image-1", RateLimits { images_per_minute: Some(4), requests_per_day: Some(3), ..RateLimits::NONE });
    world.answers(|_| json(200, r#"{"data":[{},{},{}]}"#));
    let ask = async |n: u32| {
        world.post("/v1/images/generations", &key, &format!(r#"{{"model":"gpt-image-1","prompt":"a","n":{n}}}"#)).await
    };
    let first = ask(3).await;
    assert_eq!((first.status, remaining(&first, "input-images")), (200, Some(1)));
    assert_eq!(remaining(&first, "requests"), Some(2));
    let soon = ask(2).await;
    let (status, message, _) = soon.error();
    assert!(
        status == 429
            && message.contains("images per min (IPM): Limit 4, Used 3, Requested 2. Please try again in 15s."),
        "{message}"
    );
    assert_eq!((soon.header("retry-after"), soon.header("x-should-retry")), (Some("15"), None));
    for _ in 0..2 {
        world.pass(Duration::from_secs(60));
        assert_eq!(ask(1).await.status, 200);
    }
    world.pass(Duration::from_secs(60));
    let refused = ask(1).await;
    let (status, message, _) = refused.error();
    assert!(
        status == 429
            && message.contains("requests per day (RPD): Limit 3, Used 3, Requested 1. Please try again in 7h57m0s."),
        "{message}"
    );
    // Some clients would sleep for these hours.
    assert_eq!((refused.header("retry-after"), refused.header("x-should-retry")), (Some("28620"), Some("false")));
}

#[tokio::test]
async fn nodes_share_a_limit_and_idle_ledgers_are_dropped() {
    let world = World::new().await;
    let key = world.key(1);
    world.limit("gpt-4o", requests(6));
    world.rates.share_among(3);
    let statuses = [world.chat(&key).await.status, world.chat(&key).await.status, world.chat(&key).await.status];
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(world.chat(&key).await.header("x-ratelimit-limit-requests"), Some("6"), "what was set, not the part");
    world.rates.share_among(0);
    assert_eq!(world.chat(&key).await.status, 200, "one node gives all of it");
    // Large groups come once and leave: the memory they leave is limited by the organizations that are active.
    for round in 0..3 {
        world.pass(Duration::from_secs(61));
        for number in 0..600 {
            let key = world.key(1_000 + round * 600 + number);
            world.chat(&key).await;
        }
        assert!(world.rates.len() <= 600 + 16 * 64, "{}", world.rates.len());
    }
    assert_eq!(world.seen.lock().unwrap().len(), 3 + 1_800);
    assert!(world.passed.load(Ordering::SeqCst) > 0);
}
