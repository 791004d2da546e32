//! Prices over time: a request costs what held when it was admitted, with its own price and that of its searches.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::Response;
use keystead_core::gate::Requirement;
use keystead_core::money::{Amount, Micros};
use keystead_core::prices::{PriceChange, PriceSchedule, images_of};
use keystead_core::time::Timestamp;
use keystead_core::usage::{Price, TokenParts, UsageKind};

use crate::world::{World, full, json};

const CHAT: &str = "/v1/chat/completions";
const ASK: &str = r#"{"model":"gpt-4o","messages":[],"max_tokens":100}"#;
const ANSWER: &str = r#"{"usage":{"prompt_tokens":1,"completion_tokens":10,"total_tokens":11}}"#;

impl World {
    fn schedule(&self, model: &str, prices: PriceSchedule) {
        let mut catalogue = (**self.catalogue.load()).clone();
        catalogue.models.get_mut(model).unwrap().prices = prices;
        self.catalogue.store(Arc::new(catalogue));
    }

    async fn costs(&self) -> Vec<Amount> {
        self.events().await.iter().map(|event| event.cost).collect()
    }
}

fn output(micros: i64) -> Price {
    Price { output: Micros(micros), ..Price::default() }
}

#[tokio::test]
async fn a_request_costs_what_held_when_it_was_admitted() {
    let world = World::new().await;
    let key = world.key(1);
    let now = world.clock.load(Ordering::SeqCst);
    let change = |seconds: i64, price| PriceChange { holds_from: Timestamp(now + seconds), price: output(price) };
    let changes = vec![change(20, 3_000_000), change(10, 2_000_000)];
    world.schedule("gpt-4o", PriceSchedule::new(output(1_000_000), changes));
    world.answers(|_| json(200, ANSWER));
    for seconds in [0, 9, 10, 19, 20] {
        world.clock.store(now + seconds, Ordering::SeqCst);
        assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
    }
    assert_eq!(world.costs().await, [10, 10, 20, 20, 30].map(|micros| Amount::from(Micros(micros))));

    // The price changes while the model server answers.
    world.clock.store(now + 19, Ordering::SeqCst);
    let clock = Arc::clone(&world.clock);
    world.answers(move |_| {
        clock.store(now + 25, Ordering::SeqCst);
        json(200, ANSWER)
    });
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
    assert_eq!(world.costs().await.last(), Some(&Micros(20).into()));
}

#[tokio::test]
async fn a_spend_limit_counts_the_price_at_admission() {
    let world = World::new().await;
    let key = world.key(1);
    let now = world.clock.load(Ordering::SeqCst);
    // A tenth of a cent for each token, from a second on: a hundred tokens are ten cents.
    let dear = PriceChange { holds_from: Timestamp(now + 10), price: output(1_000_000_000) };
    world.schedule("gpt-4o", PriceSchedule::new(Price::default(), vec![dear]));
    world.limits(&key, Some(9), None);
    world.answers(|_| json(200, ANSWER));
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 200, "it is free until then");
    world.clock.store(now + 10, Ordering::SeqCst);
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 429);
    assert_eq!(world.costs().await, [Amount::ZERO]);
}

#[tokio::test]
async fn requests_have_a_price_of_their_own() {
    let world = World::new().await;
    let key = world.key(1);
    // Ten cents for each request, which is known before it.
    let price = Price { request: Micros(100_000_000_000), ..Price::default() };
    world.schedule("gpt-4o", price.into());
    world.limits(&key, Some(25), None);
    world.answers(|_| json(200, ANSWER));
    let statuses = [world.post(CHAT, &key, ASK).await.status, world.post(CHAT, &key, ASK).await.status];
    assert_eq!(statuses, [200, 200]);
    assert_eq!(world.post(CHAT, &key, ASK).await.status, 429);
    assert_eq!(world.costs().await, [Amount::of_cents(10); 2]);
}

#[tokio::test]
async fn calls_of_searches_cost_once() {
    let world = World::new().await;
    let key = world.key(1);
    let price = Price { input: Micros(1_000_000), tool_call: Micros(10_000_000_000), ..Price::default() };
    world.schedule("gpt-4o", price.into());
    let call = |tool: &str| format!(r#"{{"id":"x_1","type":"{tool}_call","status":"completed"}}"#);
    let output = [call("web_search"), call("file_search"), call("web_search")].join(",");
    let whole = format!(
        r#"{{"id":"resp_1","status":"completed","output":[{output}],"usage":{{"input_tokens":5,"output_tokens":7}}}}"#
    );
    world.answers(move |_| json(200, &whole));
    let body = r#"{"model":"gpt-4o","input":"abc","stream":false,"tools":[{"type":"web_search"}]}"#;
    assert_eq!(world.post("/v1/responses", &key, body).await.status, 200);
    let events = world.events().await;
    let rows: Vec<_> = events.iter().map(|event| (event.kind, event.cost)).collect();
    assert_eq!(
        rows,
        [
            (UsageKind::WebSearchCalls, Amount::of_cents(2)),
            (UsageKind::FileSearchCalls, Amount::of_cents(1)),
            (UsageKind::Completions, Micros(5).into()),
        ]
    );
}

#[tokio::test]
async fn a_response_in_the_background_keeps_the_price_of_its_admission() {
    const BODY: &str = r#"{"model":"gpt-4o","background":true,"input":"one"}"#;
    const QUEUED: &str = r#"{"id":"resp_1","object":"response","status":"queued","usage":null,"output":[]}"#;
    const DONE: &str = r#"{"id":"resp_1","object":"response","status":"completed","output":[],"usage":{"input_tokens":1,"output_tokens":10,"total_tokens":11}}"#;
    let world = World::new().await;
    let key = world.key(1);
    let now = world.clock.load(Ordering::SeqCst);
    let change = PriceChange { holds_from: Timestamp(now + 10), price: output(2_000_000) };
    world.schedule("gpt-4o", PriceSchedule::new(output(1_000_000), vec![change]));
    world.answers(|seen| json(200, if seen.method == "POST" { QUEUED } else { DONE }));
    assert_eq!(world.post("/v1/responses", &key, BODY).await.status, 200);
    world.clock.store(now + 20, Ordering::SeqCst);
    world.gateway.settle_pending().await.unwrap();
    assert_eq!(world.costs().await, [Amount::from(Micros(10))]);
}

#[tokio::test]
async fn parts_of_the_tokens_have_prices_of_their_own() {
    let world = World::new().await;
    let key = world.key(1);
    let price = Price {
        input: Micros(1_000_000),
        cached_input: Micros(500_000),
        output: Micros(2_000_000),
        audio_input: Some(Micros(10_000_000)),
        reasoning: Some(Micros(3_000_000)),
        ..Price::default()
    };
    world.schedule("gpt-4o", price.into());
    let parts = |cache_write, audio_input, reasoning, audio_output| TokenParts {
        cache_write,
        audio_input,
        reasoning,
        audio_output,
        ..TokenParts::default()
    };
    for (usage, expected, cost) in [
        (
            r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
                "prompt_tokens_details":{"cached_tokens":20,"audio_tokens":10,"cache_creation_tokens":5},
                "completion_tokens_details":{"reasoning_tokens":30,"audio_tokens":"4","accepted_prediction_tokens":1}}"#,
            parts(5, 10, 30, 4),
            (70 + 10 + 100) + (40 + 90),
        ),
        (
            r#"{"input_tokens":10,"output_tokens":20,"total_tokens":30,"input_tokens_details":{"cached_tokens":0},
                "output_tokens_details":{"reasoning_tokens":15}}"#,
            parts(0, 0, 15, 0),
            10 + 10 + 45,
        ),
        // Parts that are more than the whole count as the whole, each token once.
        (
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
                "prompt_tokens_details":{"cached_tokens":4,"audio_tokens":99},
                "completion_tokens_details":{"reasoning_tokens":99,"audio_tokens":99}}"#,
            parts(0, 6, 5, 0),
            2 + 60 + 15,
        ),
    ] {
        let before = world.events().await.len();
        let answer = format!(r#"{{"usage":{usage}}}"#);
        world.answers(move |_| json(200, &answer));
        assert_eq!(world.post(CHAT, &key, ASK).await.status, 200);
        let events = world.events().await;
        assert_eq!(events[before].used.parts, expected, "{usage}");
        assert_eq!(events[before].cost, Amount::from(Micros(cost)), "{usage}");
    }
}

/// Cents for an image: by quality and size, by size, and of all others.
fn by_size() -> Price {
    let cents = |cents: i64| Micros(cents * 10_000_000_000);
    let rows = [("low/1024x1024", 1), ("1024x1024", 4), ("hd/1024x1792", 12)];
    let images = images_of(rows.map(|(key, price)| (key, Ok(cents(price))))).unwrap();
    Price { image: cents(8), images, ..Price::default() }
}

/// A world with these prices, where this answers and an organization has a spend limit of `cents`.
pub(crate) async fn drawing(cents: i64, answer: &str) -> (World, String) {
    let world = World::new().await;
    let key = world.key(1);
    world.change(&key, |caller| caller.organizations[0].entitlements.met.push(Requirement::Organization));
    world.schedule("gpt-image-1", by_size().into());
    world.limits(&key, Some(cents), None);
    let answer = answer.to_owned();
    world.answers(move |_| json(200, &answer));
    (world, key)
}

#[tokio::test]
async fn images_cost_by_quality_and_size_and_never_more_than_was_set_aside() {
    let one = r#""data":[{}]"#;
    for (asked, answered, images, most, cost) in [
        (r#","size":"1024x1024","quality":"low""#, "", 1, 1, 1),
        (r#","size":"1024x1024","quality":"low","n":2"#, "", 2, 2, 2),
        // What is stated counts, whatever the answer states.
        (r#","size":"1024x1024","quality":"low""#, r#""size":"1024x1792","quality":"hd","#, 1, 1, 1),
        (r#","size":"1024x1024""#, r#""quality":"low","#, 1, 4, 1),
        (r#","size":"1024x1024""#, "", 1, 4, 4),
        (r#","size":"auto","quality":"auto""#, r#""size":"1024x1792","quality":"hd","#, 1, 12, 12),
        ("", r#""size":"1024x1024","quality":"low","#, 1, 12, 1),
        ("", "", 1, 12, 8),
        // No row names it, so the model server may draw something else.
        (r#","size":"512x512","quality":"gold""#, r#""size":"1024x1792","quality":"hd","#, 1, 12, 12),
        (r#","size":"512x512","quality":"gold""#, "", 1, 12, 8),
    ] {
        let ask = format!(r#"{{"model":"gpt-image-1","prompt":"p"{asked}}}"#);
        let data = if images == 1 { one } else { r#""data":[{},{}]"# };
        let answer = format!("{{{answered}{data}}}");
        let (world, key) = drawing(most, &answer).await;
        assert_eq!(world.post("/v1/images/generations", &key, &ask).await.status, 200, "{ask}");
        assert_eq!(world.costs().await, [Amount::of_cents(cost)], "{ask} {answer}");
        let (world, key) = drawing(most - 1, &answer).await;
        assert_eq!(world.post("/v1/images/generations", &key, &ask).await.status, 400, "{ask}: less than {most}");
        assert_eq!(world.costs().await, [], "{ask}");
    }
}

#[tokio::test]
async fn a_form_states_the_quality_and_size_of_its_images() {
    let part =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    for (parts, answered, cost) in [
        ([part("size", "1024x1024"), part("quality", "low")], "", 1),
        ([part("size", "1024x1024"), part("quality", "auto")], "", 4),
        ([part("size", "auto"), part("quality", "auto")], r#""size":"1024x1792","quality":"hd","#, 12),
    ] {
        // The parts may stand on both sides of the model.
        for body in [
            [&parts[0], &part("model", "gpt-image-1"), &parts[1]],
            [&part("model", "gpt-image-1"), &parts[0], &parts[1]],
        ] {
            let body = body.map(String::as_str).concat() + "--b--\r\n";
            // Ten images of the dearest kind, because most of a form is read while it is sent.
            for (cents, passes) in [(120, true), (119, false)] {
                let (world, key) = drawing(cents, &format!(r#"{{{answered}"data":[{{}}]}}"#)).await;
                let bearer = format!("Bearer {key}");
                let headers = [("authorization", bearer.as_str()), ("content-type", "multipart/form-data; boundary=b")];
                let status = world.send("POST", "/v1/images/edits", &headers, body.as_bytes()).await.status;
                assert_eq!(status, if passes { 200 } else { 400 }, "{body}");
                let costs = if passes { vec![Amount::of_cents(cost)] } else { vec![] };
                assert_eq!(world.costs().await, costs, "{body}");
            }
        }
    }
}

/// Quality and size, requests, images and cost.
pub(crate) type ImagesRow = (String, i64, i64, Amount);

/// A row for each event of images; each costs what it used at its price.
pub(crate) async fn images(world: &World) -> Vec<ImagesRow> {
    let mut rows = Vec::new();
    for event in world.events().await.iter().filter(|event| event.kind == UsageKind::Images) {
        assert_eq!(by_size().for_usage(event.kind, &event.attributes).cost(&event.used), event.cost, "{event:?}");
        rows.push((event.attributes.of_images().key(), event.used.requests, event.used.images, event.cost));
    }
    rows
}

pub(crate) fn row(key: &str, requests: i64, images: i64, cents: i64) -> ImagesRow {
    (key.to_owned(), requests, images, Amount::of_cents(cents))
}

#[tokio::test]
async fn images_that_a_tool_draws_cost_by_their_own_quality_and_size() {
    let call = |quality: &str, size: &str| {
        format!(r#"{{"type":"image_generation_call","status":"completed","quality":"{quality}","size":"{size}"}}"#)
    };
    let output = [call("low", "1024x1024"), call("hd", "1024x1792"), call("low", "1024x1024")].join(",");
    let usage = r#""usage":{"input_tokens":5,"output_tokens":7}"#;
    let answer = format!(r#"{{"id":"resp_1","status":"completed","output":[{output}],{usage}}}"#);
    let expected = [row("hd/1024x1792", 0, 1, 12), row("low/1024x1024", 1, 2, 2)];
    let ask = |more: &str| {
        let tools = r#""tools":[{"type":"image_generation","model":"gpt-image-1"}]"#;
        format!(r#"{{"model":"gpt-4o","input":"draw",{tools}{more}}}"#)
    };
    let (world, key) = drawing(100_000, &answer).await;
    assert_eq!(world.post("/v1/responses", &key, &ask("")).await.status, 200);
    assert_eq!(images(&world).await, expected);

    // The same in the background, counted once although it is asked for twice.
    let (world, key) = drawing(100_000, "").await;
    let queued = r#"{"id":"resp_1","object":"response","status":"queued","usage":null,"output":[]}"#;
    world.answers(move |seen| json(200, if seen.method == "POST" { queued } else { answer.as_str() }));
    assert_eq!(world.post("/v1/responses", &key, &ask(r#","background":true"#)).await.status, 200);
    assert_eq!(images(&world).await, []);
    for _ in 0..2 {
        world.gateway.settle_pending().await.unwrap();
        assert_eq!(images(&world).await, expected);
    }
    let events = world.events().await;
    let ids: Vec<_> = events.iter().map(|event| event.once.as_deref()).collect();
    assert_eq!(ids, ["resp_1/gpt-image-1/hd/1024x1792", "resp_1/gpt-image-1", "resp_1"].map(Some));
}

#[tokio::test]
async fn images_of_a_stream_cost_by_their_own_quality_and_size() {
    let done = |quality: &str, size: &str| {
        format!("data: {{\"type\":\"image_generation.completed\",\"quality\":\"{quality}\",\"size\":\"{size}\"}}\n\n")
    };
    let stream = [done("hd", "1024x1792"), done("low", "1024x1024")].concat();
    for (asked, most, expected) in [
        ("", 24, vec![row("hd/1024x1792", 0, 1, 12), row("low/1024x1024", 1, 1, 1)]),
        // What is stated counts for each of them.
        (r#","size":"1024x1024""#, 8, vec![row("hd/1024x1024", 0, 1, 4), row("low/1024x1024", 1, 1, 1)]),
        (r#","size":"1024x1024","quality":"low""#, 2, vec![row("low/1024x1024", 1, 2, 2)]),
    ] {
        let ask = format!(r#"{{"model":"gpt-image-1","prompt":"p","stream":true,"n":2{asked}}}"#);
        for (cents, status) in [(most, 200), (most - 1, 400)] {
            let (world, key) = drawing(cents, "").await;
            let stream = stream.clone();
            world.answers(move |_| {
                let answer = Response::builder().header("content-type", "text/event-stream");
                answer.body(full(stream.clone())).unwrap()
            });
            assert_eq!(world.post("/v1/images/generations", &key, &ask).await.status, status, "{ask} {cents}");
            let expected = if status == 200 { expected.clone() } else { vec![] };
            // The client has a stream before it is counted.
            while world.events().await.len() < expected.len() {
                tokio::task::yield_now().await;
            }
            assert_eq!(images(&world).await, expected, "{ask} {cents}");
        }
    }
}
