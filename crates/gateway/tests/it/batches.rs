//! Batches: every line is judged before the batch begins, and counted before its results can be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Response;
use keystead_gateway::PendingUsage;

use crate::ownership::upload;
use crate::world::{UpstreamBody, World, full, json};

fn line(url: &str, body: &str) -> String {
    format!(r#"{{"custom_id":"1","method":"POST","url":"{url}","body":{body}}}"#)
}

/// An upstream that has `input` as `file-1`, runs it as `batch_1`, and answers with `output`.
fn runs(world: &World, input: String, output: &'static str) {
    world.answers(move |seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("POST", "/v1/files") => json(200, r#"{"id":"file-1","object":"file"}"#),
        ("GET", "/v1/files/file-1/content") => content(&input),
        ("GET", "/v1/files/file-9/content") => content(output),
        ("POST", "/v1/batches") => json(200, r#"{"id":"batch_1","endpoint":"/v1/chat/completions"}"#),
        ("GET", "/v1/batches/batch_1") => {
            json(200, r#"{"id":"batch_1","endpoint":"/v1/chat/completions","output_file_id":"file-9"}"#)
        }
        _ => json(404, "{}"),
    });
}

pub(crate) fn content(text: &str) -> Response<UpstreamBody> {
    Response::builder()
        .status(200)
        .header("content-type", "application/octet-stream")
        .body(full(text.to_owned()))
        .unwrap()
}

fn begun(world: &World) -> bool {
    world.seen().iter().any(|seen| seen.method == "POST" && seen.target == "/v1/batches")
}

#[tokio::test]
async fn no_line_passes_that_would_be_refused_by_itself() {
    // A gated model, a route that is not metered, another organization's file, two models in one line, a batch in a
    // batch.
    let fine = line("/v1/chat/completions", r#"{"model":"gpt-4o","messages":[]}"#);
    for (bad, status, says) in [
        (line("/v1/images/generations", r#"{"model":"gpt-image-1","prompt":"x"}"#), 403, "must be verified"),
        (line("/v1/chat/completions", r#"{"model":"nothing","messages":[]}"#), 404, "Line 2 of the batch"),
        (line("/v1/chat/completions", r#"{"model":"gpt-4o","model":"o3"}"#), 400, "appears twice"),
        (line("/v1/chat/completions", r#"{"messages":[]}"#), 400, "model parameter"),
        (
            line(
                "/v1/chat/completions",
                r#"{"model":"gpt-4o","messages":[{"content":[{"file":{"file_id":"file-2"}}]}]}"#,
            ),
            404,
            "file-2",
        ),
        (line("/v1/batches", r#"{"model":"gpt-4o"}"#), 400, "cannot be asked for"),
        (line("/v1/responses/input_tokens", r#"{"model":"gpt-4o"}"#), 400, "cannot be asked for"),
        (r#"{"method":"GET","url":"/v1/chat/completions","body":{"model":"gpt-4o"}}"#.to_owned(), 400, "cannot be"),
        ("nonsense".to_owned(), 400, "Each line is one object"),
        (line("/v1/responses", r#"{"model":"gpt-4o","Model":"o3"}"#), 400, "in case alone"),
        (line("/v1/responses", r#"{"model":"gpt-4o"},"Body":{"model":"o3"}"#), 400, "'Body' differs from 'body'"),
        (line("/v1/responses", r#"{"model":"gpt-4o"},"body":{"model":"o3"}"#), 400, "'body' appears twice"),
        (line("/v1/responses", r#"{"model":"gpt-4o"},"URL":"/v1/embeddings""#), 400, "'URL' differs"),
        (line("/v1/responses", r#"{"model":"gpt-4o"},"custom_id":"2""#), 400, "'custom_id' appears twice"),
        (
            line("/v1/responses", r#"{"model":"gpt-4o","tools":[{"type":"image_generation","model":"gpt-image-1"}]}"#),
            403,
            "must be verified",
        ),
        (line("/v1/responses", r#"{"model":"gpt-4o","tools":[{"type":"image_generation"}]}"#), 403, "must be verified"),
        (line("/v1/responses", r#"{"model":"gpt-4o","previous_response_id":"resp_2"}"#), 404, "resp_2"),
        (
            line(
                "/v1/responses",
                "{\"model\":\"gpt-4o\",\"x\":\"\u{2028}{\\\"url\\\":1}\u{2028}\",\"y\":\r{\"model\":\"o3\"}\r}",
            ),
            400,
            "line break within",
        ),
    ] {
        let world = World::new().await;
        let key = world.key(1);
        runs(&world, format!("{fine}\n\n{bad}\n"), "");
        assert_eq!(upload(&world, &key).await.status, 200);
        let got =
            world.post("/v1/batches", &key, r#"{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}"#).await;
        assert_eq!(got.status, status, "{bad}: {}", got.text());
        assert!(got.text().contains(says), "{bad}: {}", got.text());
        assert!(!begun(&world), "{bad}");
    }
    for body in ["{}", r#"{"input_file_id":["file-1"]}"#, r#"{"input_file_id":"file-1","input_file_id":"file-1"}"#] {
        let world = World::new().await;
        let key = world.key(1);
        runs(&world, fine.clone(), "");
        assert_eq!(upload(&world, &key).await.status, 200);
        assert_eq!(world.post("/v1/batches", &key, body).await.status, 400, "{body}");
        assert!(!begun(&world), "{body}");
    }
}

#[tokio::test]
async fn lines_are_counted_once_and_before_results_are_read() {
    const OUTPUT: &str = concat!(
        r#"{"response":{"status_code":200,"body":{"model":"gpt-4o-2024-08-06","usage":{"prompt_tokens":5,"completion_tokens":2}}}}"#,
        "\n",
        r#"{"response":{"status_code":200,"body":{"model":"gpt-4o","usage":{"prompt_tokens":7,"completion_tokens":1}}}}"#,
        "\n",
        r#"{"response":null,"error":{"code":"expired"}}"#,
    );
    let world = World::new().await;
    let key = world.key(1);
    runs(&world, line("/v1/chat/completions", r#"{"model":"gpt-4o","messages":[]}"#), OUTPUT);
    assert_eq!(upload(&world, &key).await.status, 200);
    let made = world.post("/v1/batches", &key, r#"{"input_file_id":"file-1","endpoint":"/v1/chat/completions"}"#).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(world.get("/v1/files/file-9/content", &key).await.status, 404, "results of nobody yet");
    let (one, two) = tokio::join!(world.get("/v1/batches/batch_1", &key), world.get("/v1/batches/batch_1", &key));
    assert_eq!((one.status, two.status), (200, 200));
    assert_eq!(world.get("/v1/files/file-9/content", &key).await.status, 200);
    let events = world.events().await;
    assert_eq!(events.len(), 1, "{events:?}");
    let used = events[0].used;
    assert_eq!((&*events[0].model, used.requests, used.input_tokens, used.output_tokens), ("gpt-4o", 2, 12, 3));
}

#[tokio::test]
async fn results_that_cannot_be_counted_wait() {
    let world = World::new().await;
    let key = world.key(1);
    runs(&world, line("/v1/chat/completions", r#"{"model":"gpt-4o","messages":[]}"#), "");
    assert_eq!(upload(&world, &key).await.status, 200);
    assert_eq!(world.post("/v1/batches", &key, r#"{"input_file_id":"file-1"}"#).await.status, 200);
    let ready = Arc::new(AtomicBool::new(false));
    let there = Arc::clone(&ready);
    world.answers(move |seen| match seen.target.as_str() {
        "/v1/batches/batch_1" => {
            json(200, r#"{"id":"batch_1","endpoint":"/v1/chat/completions","output_file_id":"file-9"}"#)
        }
        _ if there.load(Ordering::SeqCst) => {
            content(r#"{"response":{"body":{"model":"gpt-4o","usage":{"prompt_tokens":5,"completion_tokens":2}}}}"#)
        }
        _ => json(500, "{}"),
    });
    assert_eq!(world.get("/v1/batches/batch_1", &key).await.status, 502);
    assert_eq!(world.get("/v1/files/file-9/content", &key).await.status, 404);
    ready.store(true, Ordering::SeqCst);
    assert_eq!(world.get("/v1/batches/batch_1", &key).await.status, 200);
    assert_eq!(world.events().await.len(), 1);
}

// A node stops between counting results and recording their owner: the results are counted again, once.
#[tokio::test]
async fn results_count_once_although_nobody_noted_that_they_were() {
    const OUTPUT: &str = concat!(
        r#"{"response":{"body":{"model":"gpt-4o","usage":{"prompt_tokens":5,"completion_tokens":2}}}}"#,
        "\n",
        r#"{"response":{"body":{"model":"o3","usage":{"prompt_tokens":7,"completion_tokens":1}}}}"#,
    );
    let first = World::new().await;
    let second = first.beside().await;
    let key = first.key(1);
    for world in [&first, &second] {
        // Each node records owners separately here, so the second one knows nothing of what the first one did.
        runs(world, line("/v1/chat/completions", r#"{"model":"gpt-4o","messages":[]}"#), OUTPUT);
        assert_eq!(upload(world, &key).await.status, 200);
        assert_eq!(world.post("/v1/batches", &key, r#"{"input_file_id":"file-1"}"#).await.status, 200);
        assert_eq!(world.get("/v1/batches/batch_1", &key).await.status, 200);
    }
    let events = second.events().await;
    let models: Vec<&str> = events.iter().map(|event| &*event.model).collect();
    assert_eq!(models, ["gpt-4o", "o3"]);
}

/// Nodes may have different lists of models, so that the same results have sums of other names there.
#[tokio::test]
async fn results_count_once_by_nodes_that_name_them_differently() {
    const HERE: &str = concat!(
        r#"{"response":{"body":{"model":"gpt-4o","usage":{"prompt_tokens":5,"completion_tokens":2}}}}"#,
        "\n",
        r#"{"response":{"body":{"model":"o3","usage":{"prompt_tokens":7,"completion_tokens":1}}}}"#,
    );
    const THERE: &str = concat!(
        r#"{"response":{"body":{"model":"gpt-4o","usage":{"prompt_tokens":5,"completion_tokens":2}}}}"#,
        "\n",
        r#"{"response":{"body":{"model":"an-o3","usage":{"prompt_tokens":7,"completion_tokens":1}}}}"#,
    );
    let first = World::new().await;
    let second = first.beside().await;
    let key = first.key(1);
    for (world, output) in [(&first, HERE), (&second, THERE)] {
        runs(world, line("/v1/chat/completions", r#"{"model":"gpt-4o","messages":[]}"#), output);
        assert_eq!(upload(world, &key).await.status, 200);
        assert_eq!(world.post("/v1/batches", &key, r#"{"input_file_id":"file-1"}"#).await.status, 200);
        assert_eq!(world.get("/v1/batches/batch_1", &key).await.status, 200);
        assert_eq!(world.get("/v1/files/file-9/content", &key).await.status, 200, "its results are its owner's");
        let events = world.events().await;
        let models: Vec<&str> = events.iter().map(|event| &*event.model).collect();
        assert_eq!(models, ["gpt-4o", "o3"]);
    }
    assert_eq!(second.store.pending.due().await.unwrap(), [], "nothing is left to be counted");
}
