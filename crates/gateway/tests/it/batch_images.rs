//! What images of batches cost: results do not have the requests, and answers with images seldom state everything.

use keystead_core::money::{Amount, Micros};
use keystead_core::usage::{Price, UsageKind};

use crate::batches::content;
use crate::ownership::upload;
use crate::prices::{ImagesRow, drawing, images, row};
use crate::world::answer::Answer;
use crate::world::{World, json};

const ROUTE: &str = "/v1/images/generations";

/// An upstream that has `input` as a file, runs it as a batch on this route, and answers with `output`.
fn runs(world: &World, route: &'static str, input: String, output: String) {
    world.answers(move |seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("POST", "/v1/files") => json(200, r#"{"id":"file-1","object":"file"}"#),
        ("GET", "/v1/files/file-1/content") => content(&input),
        ("GET", "/v1/files/file-9/content") => content(&output),
        ("POST", "/v1/batches") => json(200, &format!(r#"{{"id":"batch_1","endpoint":"{route}"}}"#)),
        _ => json(200, &format!(r#"{{"id":"batch_1","endpoint":"{route}","output_file_id":"file-9"}}"#)),
    });
}

/// Runs a batch with what its lines and their answers state, where an organization has a spend limit of `cents`. Returns the
/// events of its images; none where it is refused.
async fn run(cents: i64, lines: &[&str], answers: &[&str]) -> Option<Vec<ImagesRow>> {
    let (world, key) = drawing(cents, "").await;
    let line = |stated: &&str| {
        let body = format!(r#"{{"model":"gpt-image-1","prompt":"p"{stated}}}"#);
        format!(r#"{{"custom_id":"1","method":"POST","url":"{ROUTE}","body":{body}}}"#)
    };
    let input = lines.iter().map(line).collect::<Vec<_>>().join("\n");
    let result = |stated: &&str| format!(r#"{{"response":{{"status_code":200,"body":{{{stated}"data":[{{}}]}}}}}}"#);
    let output = answers.iter().map(result).collect::<Vec<_>>().join("\n");
    runs(&world, ROUTE, input, output);
    assert_eq!(upload(&world, &key).await.status, 200);
    let made = world.post("/v1/batches", &key, r#"{"input_file_id":"file-1"}"#).await;
    if made.status != 200 {
        return None;
    }
    assert_eq!(world.get("/v1/batches/batch_1", &key).await.status, 200);
    Some(images(&world).await)
}

#[tokio::test]
async fn images_of_a_batch_cost_what_their_answers_or_the_lines_state() {
    const LOW: &str = r#","size":"1024x1024","quality":"low""#;
    const HD: &str = r#","size":"1024x1792","quality":"hd""#;
    const OPEN: &str = r#","size":"1024x1024""#;
    for (lines, answers, expected) in [
        // The answers name no model and state nothing: the line does.
        (vec![LOW, LOW], vec!["", ""], vec![row("low/1024x1024", 2, 2, 2)]),
        (vec![""], vec![""], vec![row("", 1, 1, 8)]),
        // It is not known which line it is, so that it may be the dearer one.
        (vec![LOW, HD], vec!["", ""], vec![row("hd/1024x1792", 2, 2, 24)]),
        // What the answer states counts.
        (
            vec![LOW, OPEN],
            vec!["", r#""quality":"low","size":"1024x1024","#],
            vec![row("1024x1024", 1, 1, 4), row("low/1024x1024", 1, 1, 1)],
        ),
        (
            vec![LOW, HD],
            vec![
                r#""quality":"low","size":"1024x1024","#,
                r#""model":"gpt-image-1","quality":"hd","size":"1024x1792","#,
            ],
            vec![row("low/1024x1024", 1, 1, 1), row("hd/1024x1792", 1, 1, 12)],
        ),
    ] {
        // The dearest images are set aside for each line.
        let most = 12 * i64::try_from(lines.len()).unwrap();
        assert_eq!(run(most, &lines, &answers).await, Some(expected), "{lines:?} {answers:?}");
        assert_eq!(run(most - 1, &lines, &answers).await, None, "{lines:?}: less than {most}");
    }
}

#[tokio::test]
async fn the_images_of_a_batch_are_of_one_model() {
    let (world, key) = drawing(100, "").await;
    let line = |model: &str| {
        let body = format!(r#"{{"model":"{model}","prompt":"p"}}"#);
        format!(r#"{{"custom_id":"1","method":"POST","url":"{ROUTE}","body":{body}}}"#)
    };
    let input = ["gpt-image-1", "gpt-image-1", "gpt-4o"].map(line).join("\n");
    world.answers(move |seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("GET", "/v1/files/file-1/content") => content(&input),
        _ => json(200, r#"{"id":"file-1","object":"file"}"#),
    });
    assert_eq!(upload(&world, &key).await.status, 200);
    let (status, message, _) = world.post("/v1/batches", &key, r#"{"input_file_id":"file-1"}"#).await.error();
    assert_eq!(status, 400);
    assert!(message.contains("one model") && message.contains('3'), "{message}");
}

const RESPONSES: &str = "/v1/responses";
const DRAWS: &str = r#"{"type":"image_generation","model":"gpt-image-1"}"#;

/// Begins a batch of responses with these tools, which are answered with these outputs, where an organization has a
/// spend limit of `cents` and only images and searches cost something.
async fn begin(cents: i64, tools: &[&str], outputs: &[String]) -> (World, String, Answer) {
    let (world, key) = drawing(cents, "").await;
    world.prices("gpt-4o", Price { tool_call: Micros(10_000_000_000), ..Price::default() }, None);
    let line = |tool: &&str| {
        let body = format!(r#"{{"model":"gpt-4o","input":"draw","tools":[{tool}]}}"#);
        format!(r#"{{"custom_id":"1","method":"POST","url":"{RESPONSES}","body":{body}}}"#)
    };
    let input = tools.iter().map(line).collect::<Vec<_>>().join("\n");
    let result = |output: &String| {
        let usage = r#""usage":{"input_tokens":5,"output_tokens":7}"#;
        let body = format!(r#"{{"id":"resp_1","model":"gpt-4o","status":"completed","output":[{output}],{usage}}}"#);
        format!(r#"{{"response":{{"status_code":200,"body":{body}}}}}"#)
    };
    let output = outputs.iter().map(result).collect::<Vec<_>>().join("\n");
    runs(&world, RESPONSES, input, output);
    assert_eq!(upload(&world, &key).await.status, 200);
    let made = world.post("/v1/batches", &key, r#"{"input_file_id":"file-1"}"#).await;
    (world, key, made)
}

#[tokio::test]
async fn what_the_tools_of_lines_did_costs_as_in_single_requests() {
    let call = |quality: &str, size: &str| {
        format!(r#"{{"type":"image_generation_call","status":"completed","quality":"{quality}","size":"{size}"}}"#)
    };
    let search = r#"{"id":"x_1","type":"web_search_call","status":"completed"}"#;
    let session = r#"{"id":"x_2","type":"code_interpreter_call","status":"completed","container_id":"cntr_1"}"#;
    let outputs = [
        [call("low", "1024x1024"), call("hd", "1024x1792"), search.to_owned()].join(","),
        [call("low", "1024x1024"), search.to_owned(), session.to_owned()].join(","),
        session.to_owned(),
    ];
    let lines = [DRAWS, DRAWS, DRAWS];
    let (_world, _key, refused) = begin(35, &lines, &outputs).await;
    assert_eq!(refused.status, 429, "the dearest image is set aside for each line: {}", refused.text());
    let (world, key, made) = begin(36, &lines, &outputs).await;
    assert_eq!(made.status, 200, "{}", made.text());
    for _ in 0..2 {
        assert_eq!(world.get("/v1/batches/batch_1", &key).await.status, 200);
        // The second line is the second request of the tool.
        assert_eq!(images(&world).await, [row("low/1024x1024", 2, 2, 2), row("hd/1024x1792", 0, 1, 12)]);
        let events = world.events().await;
        let counted = |kind: UsageKind| {
            let of_kind = events.iter().filter(move |event| event.kind == kind);
            of_kind.map(|event| (event.used.requests, event.used.tool_calls, event.cost)).collect::<Vec<_>>()
        };
        assert_eq!(counted(UsageKind::WebSearchCalls), [(2, 2, Amount::of_cents(2))]);
        assert_eq!(counted(UsageKind::CodeInterpreterSessions).len(), 1, "both lines used one container");
        assert_eq!(counted(UsageKind::Completions), [(3, 0, Amount::ZERO)]);
        assert!(events.iter().all(|event| event.attributes.batch), "{events:?}");
        let mut drawn = events.iter().filter(|event| event.kind == UsageKind::Images);
        assert!(drawn.all(|event| &*event.model == "gpt-image-1"), "{events:?}");
    }
}

#[tokio::test]
async fn the_tools_of_a_batch_draw_with_one_model() {
    let other = r#"{"type":"image_generation","model":"o3"}"#;
    let (_world, _key, made) = begin(100_000, &[DRAWS, DRAWS, other], &[]).await;
    let (status, message, _) = made.error();
    assert_eq!(status, 400);
    assert!(message.contains("Line 3") && message.contains("must name one model"), "{message}");
}
