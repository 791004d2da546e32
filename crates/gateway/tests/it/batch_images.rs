//! What images of batches cost: results do not have the requests, and answers with images seldom state everything.

use crate::batches::content;
use crate::ownership::upload;
use crate::prices::{ImagesRow, drawing, images, row};
use crate::world::json;

const ROUTE: &str = "/v1/images/generations";

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
    world.answers(move |seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("POST", "/v1/files") => json(200, r#"{"id":"file-1","object":"file"}"#),
        ("GET", "/v1/files/file-1/content") => content(&input),
        ("GET", "/v1/files/file-9/content") => content(&output),
        ("POST", "/v1/batches") => json(200, &format!(r#"{{"id":"batch_1","endpoint":"{ROUTE}"}}"#)),
        _ => json(200, &format!(r#"{{"id":"batch_1","endpoint":"{ROUTE}","output_file_id":"file-9"}}"#)),
    });
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
