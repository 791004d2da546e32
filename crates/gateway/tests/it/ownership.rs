//! Files, batches and stored responses of one project are invisible to every other.

use crate::world::answer::Answer;
use crate::world::{World, full, json};
use http::Response;

pub(crate) async fn upload(world: &World, key: &str) -> Answer {
    let body = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b--\r\n";
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "multipart/form-data; boundary=b")];
    world.send("POST", "/v1/files", &headers, body.as_bytes()).await
}

/// Ids in the content of a file prove nothing: its writer chose them.
const FILE: &str =
    r#"{"id":"x","output_file_id":"file-7","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o"}}"#;

#[tokio::test]
async fn one_project_never_sees_anothers_objects() {
    let world = World::new().await;
    let (mine, theirs) = (world.key(1), world.key(2));
    world.answers(|seen| match seen.target.split('?').next().unwrap_or_default() {
        "/v1/files" if seen.method == "GET" => {
            json(200, r#"{"object":"list","data":[{"id":"file-1"},{"id":"file-2"}],"first_id":"file-1","last_id":"file-2","has_more":false}"#)
        }
        "/v1/files" => json(200, r#"{"id":"file-1","object":"file"}"#),
        "/v1/batches/batch_1" => json(200, r#"{"id":"batch_1","output_file_id":"file-9","error_file_id":null}"#),
        "/v1/batches" => json(200, r#"{"id":"batch_1"}"#),
        "/v1/responses" => json(200, r#"{"id":"resp_1","usage":{"input_tokens":1,"output_tokens":1}}"#),
        "/v1/files/file-1/content" => json(200, FILE),
        _ => json(200, "{}"),
    });
    assert_eq!(upload(&world, &mine).await.status, 200);
    assert_eq!(world.post("/v1/batches", &mine, r#"{"input_file_id":"file-1"}"#).await.status, 200);
    assert_eq!(world.post("/v1/responses", &mine, r#"{"model":"gpt-4o"}"#).await.status, 200);
    assert_eq!(world.get("/v1/batches/batch_1", &mine).await.status, 200);
    assert_eq!(world.get("/v1/files/file-1/content", &mine).await.status, 200);
    let asked = world.seen().len();
    for target in [
        "/v1/files/file-1",
        "/v1/files/file-1/content",
        "/v1/files/file-9/content",
        "/v1/batches/batch_1",
        "/v1/responses/resp_1",
        "/v1/responses/resp_1/input_items",
        "/v1/files/file%2D1",
        "/v1/files/file-none",
    ] {
        let got = world.get(target, &theirs).await;
        assert_eq!((got.status, world.seen().len()), (404, asked), "{target} without asking upstream");
    }
    for (target, body) in [
        ("/v1/batches", r#"{"input_file_id":"file-1"}"#),
        ("/v1/responses", r#"{"model":"gpt-4o","previous_response_id":"resp_1"}"#),
        (
            "/v1/responses",
            r#"{"model":"gpt-4o","input":[{"content":[{"type":"input_file","file\u005fid":"file-1"}]}]}"#,
        ),
        ("/v1/chat/completions", r#"{"model":"gpt-4o","messages":[{"content":[{"file":{"file_id":"file-1"}}]}]}"#),
    ] {
        assert_eq!(world.post(target, &theirs, body).await.status, 404, "{target} {body}");
    }
    let bearer = format!("Bearer {theirs}");
    for content in ["application/JSON", "text/plain", "application/json;charset=utf-8"] {
        let headers = [("authorization", bearer.as_str()), ("content-type", content)];
        let got = world.send("POST", "/v1/batches", &headers, br#"{"input_file_id":"file-1"}"#).await;
        assert!(matches!(got.status, 400 | 404), "{content}");
    }
    assert_eq!(world.seen().len(), asked);
    assert_eq!(world.get("/v1/files/file-9/content", &mine).await.status, 200, "a batch's results are its owner's");
    assert_eq!(world.get("/v1/files/file-7", &mine).await.status, 404, "a file's content claims nothing");
    let list = world.get("/v1/files?limit=2", &mine).await.json();
    assert_eq!(list["data"], serde_json::json!([{"id": "file-1"}]));
    assert_eq!((list["first_id"].as_str(), list["last_id"].as_str()), (Some("file-1"), Some("file-1")));
    assert_eq!(world.get("/v1/files", &theirs).await.json()["data"], serde_json::json!([]));
}

#[tokio::test]
async fn a_list_that_cannot_be_cut_down_is_not_shown() {
    let world = World::new().await;
    let key = world.key(1);
    for (content, body) in
        [("text/plain", r#"{"data":[{"id":"file-1"}]"#), ("application/json", "[1]"), ("text/html", "<x>")]
    {
        world.answers(move |_| Response::builder().header("content-type", content).body(full(body)).unwrap());
        assert_eq!(world.get("/v1/files", &key).await.status, 502, "{body}");
    }
    world.answers(|_| {
        Response::builder().header("content-type", "text/plain").body(full(r#"{"data":[{"id":"file-1"}]}"#)).unwrap()
    });
    assert_eq!(world.get("/v1/files", &key).await.json()["data"], serde_json::json!([]));
}

#[tokio::test]
async fn a_streamed_response_belongs_to_its_maker() {
    let world = World::new().await;
    let (mine, theirs) = (world.key(1), world.key(2));
    world.answers(|seen| {
        if seen.method == "GET" {
            return json(200, r#"{"id":"resp_9"}"#);
        }
        let events = "event: response.created\ndata: {\"response\":{\"id\":\"resp_9\"}}\n\n";
        Response::builder().header("content-type", "text/event-stream").body(full(events)).unwrap()
    });
    assert_eq!(world.post("/v1/responses", &mine, r#"{"model":"gpt-4o","stream":true}"#).await.status, 200);
    assert_eq!(world.get("/v1/responses/resp_9", &theirs).await.status, 404);
    assert_eq!(world.get("/v1/responses/resp_9", &mine).await.status, 200);
}

/// Every place of a body where the API names an upstream object: the route and the body around the id.
const REFERENCES: [(&str, &str); 24] = [
    ("/v1/responses", r#"{"model":"gpt-4o","previous_response_id":"ID"}"#),
    ("/v1/responses", r#"{"model":"gpt-4o","conversation":"ID"}"#),
    ("/v1/responses", r#"{"model":"gpt-4o","conversation":{"id":"ID"}}"#),
    ("/v1/responses", r#"{"model":"gpt-4o","prompt":{"id":"ID"}}"#),
    ("/v1/responses", r#"{"model":"gpt-4o","input":[{"type":"item_reference","id":"ID"}]}"#),
    ("/v1/responses", r#"{"model":"gpt-4o","input":[{"id":"ID"}]}"#),
    ("/v1/responses", r#"{"model":"gpt-4o","input":[{"type":"image_generation_call","id":"ID"}]}"#),
    ("/v1/responses", r#"{"model":"gpt-4o","input":[{"type":"reasoning","id":"ID","summary":[]}]}"#),
    (
        "/v1/responses",
        r#"{"model":"gpt-4o","input":[{"role":"user","content":[{"type":"input_file","file_id":"ID"}]}]}"#,
    ),
    (
        "/v1/responses",
        r#"{"model":"gpt-4o","input":[{"role":"user","content":[{"type":"input_image","file_id":"ID"}]}]}"#,
    ),
    (
        "/v1/responses",
        r#"{"model":"gpt-4o","input":[{"type":"function_call_output","call_id":"c","output":[{"type":"input_file","file_id":"ID"}]}]}"#,
    ),
    ("/v1/responses", r#"{"model":"gpt-4o","input":[{"type":"code_interpreter_call","id":"x","container_id":"ID"}]}"#),
    ("/v1/responses", r#"{"model":"gpt-4o","tools":[{"type":"code_interpreter","container":"ID"}]}"#),
    (
        "/v1/responses",
        r#"{"model":"gpt-4o","tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["ID"]}}]}"#,
    ),
    (
        "/v1/responses",
        r#"{"model":"gpt-4o","tools":[{"type":"shell","environment":{"type":"container_reference","container_id":"ID"}}]}"#,
    ),
    ("/v1/responses", r#"{"model":"gpt-4o","tools":[{"type":"file_search","vector_store_ids":["ID"]}]}"#),
    ("/v1/responses", r#"{"model":"gpt-4o","request_id":"ID"}"#),
    ("/v1/responses/input_tokens", r#"{"model":"gpt-4o","previous_response_id":"ID"}"#),
    ("/v1/chat/completions", r#"{"model":"gpt-4o","messages":[{"role":"assistant","audio":{"id":"ID"}}]}"#),
    (
        "/v1/chat/completions",
        r#"{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"ID"}}]}]}"#,
    ),
    ("/v1/chat/completions", r#"{"model":"gpt-4o","messages":[],"audio":{"voice":{"id":"ID"}}}"#),
    ("/v1/images/edits", r#"{"model":"gpt-4o","images":[{"file_id":"ID"}]}"#),
    ("/v1/audio/speech", r#"{"model":"tts-1","input":"x","voice":{"id":"ID"}}"#),
    ("/v1/batches", r#"{"input_file_id":"ID","endpoint":"/v1/chat/completions"}"#),
];

#[tokio::test]
async fn a_body_never_names_anothers_object() {
    // Each reference of the API with an object of another organization, and with the caller's own.
    let world = World::new().await;
    let (mine, theirs) = (world.key(1), world.key(2));
    world.answers(|seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("POST", "/v1/files") => json(200, r#"{"id":"file-1","object":"file"}"#),
        ("GET", "/v1/files/file-1/content") => Response::builder()
            .body(full(r#"{"custom_id":"1","method":"POST","url":"/v1/embeddings","body":{"model":"gpt-4o"}}"#))
            .unwrap(),
        _ => json(200, "{}"),
    });
    assert_eq!(upload(&world, &mine).await.status, 200);
    for (target, body) in REFERENCES {
        let body = body.replace("ID", "file-1");
        let asked = world.seen().len();
        let got = world.post(target, &theirs, &body).await;
        assert_eq!(got.status, 404, "{target} {body}: {}", got.text());
        assert!(got.error().1.contains("No such object: file-1"), "{target} {body}: {}", got.text());
        assert_eq!(world.seen().len(), asked, "{target} {body}");
        let got = world.post(target, &mine, &body).await;
        assert_eq!(got.status, 200, "{target} {body}: {}", got.text());
    }
}

const MADE: &str = r#"{"id":"resp_1","model":"gpt-4o","conversation":{"id":"conv_1"},"output":[
    {"type":"reasoning","id":"rs_1"},{"type":"message","id":"msg_1","role":"assistant","content":[]},
    {"type":"code_interpreter_call","id":"ci_1","container_id":"cntr_1"},{"type":"image_generation_call","id":"ig_1"}],
    "usage":{"input_tokens":1,"output_tokens":1}}"#;

/// Whether a client may name what [`MADE`] made.
async fn may_name(world: &World, key: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for body in [
        r#"{"model":"gpt-4o","previous_response_id":"resp_1"}"#,
        r#"{"model":"gpt-4o","conversation":"conv_1"}"#,
        r#"{"model":"gpt-4o","input":[{"type":"item_reference","id":"msg_1"},{"id":"rs_1"}]}"#,
        r#"{"model":"gpt-4o","input":[{"type":"image_generation_call","id":"ig_1"}]}"#,
        r#"{"model":"gpt-4o","input":[{"type":"reasoning","id":"rs_1","summary":[]}]}"#,
        r#"{"model":"gpt-4o","tools":[{"type":"code_interpreter","container":"cntr_1"}]}"#,
    ] {
        statuses.push(world.post("/v1/responses/input_tokens", key, body).await.status);
    }
    statuses
}

#[tokio::test]
async fn what_a_response_made_is_its_makers_to_name() {
    // In a complete answer, in a stream, and in a response that was fetched after it had ended.
    let event = |name: &str, data: &str| format!("event: {name}\ndata: {}\n\n", data.replace('\n', ""));
    let streamed = event(
        "response.created",
        r#"{"type":"response.created","response":{"id":"resp_1","conversation":{"id":"conv_1"},"output":[]}}"#,
    ) + &event(
        "response.output_item.added",
        r#"{"type":"response.output_item.added","item":{"type":"reasoning","id":"rs_1"}}"#,
    ) + &event(
        "response.output_item.added",
        r#"{"type":"response.output_item.added","item":{"type":"message","id":"msg_1"}}"#,
    ) + &event(
        "response.output_item.done",
        r#"{"type":"response.output_item.done","item":{"type":"code_interpreter_call","id":"ci_1","container_id":"cntr_1"}}"#,
    ) + &event(
        "response.output_item.added",
        r#"{"type":"response.output_item.added","item":{"type":"image_generation_call","id":"ig_1"}}"#,
    ) + &event(
        "response.completed",
        r#"{"type":"response.completed","response":{"id":"resp_1","usage":{"input_tokens":1,"output_tokens":1}}}"#,
    );
    for way in ["whole", "stream", "fetched"] {
        let world = World::new().await;
        let (mine, theirs) = (world.key(1), world.key(2));
        let events = streamed.clone();
        world.answers(move |seen| match (seen.method.as_str(), seen.target.as_str(), way) {
            ("POST", "/v1/responses", "stream") => {
                Response::builder().header("content-type", "text/event-stream").body(full(events.clone())).unwrap()
            }
            ("POST", "/v1/responses", "fetched") => {
                json(200, r#"{"id":"resp_1","status":"queued","background":true,"output":[]}"#)
            }
            ("POST", "/v1/responses", _) | ("GET", _, _) => json(200, MADE),
            _ => json(200, r#"{"object":"response.input_tokens","input_tokens":1}"#),
        });
        assert_eq!(may_name(&world, &mine).await, [404, 404, 404, 404, 200, 404], "{way}: not yet made");
        let body = if way == "stream" { r#"{"model":"gpt-4o","stream":true}"# } else { r#"{"model":"gpt-4o"}"# };
        let got = world.post("/v1/responses", &mine, body).await;
        assert_eq!(got.status, 200, "{way}");
        if way == "stream" {
            assert_eq!(got.text(), streamed, "byte for byte");
        }
        if way == "fetched" {
            assert_eq!(world.get("/v1/responses/resp_1", &mine).await.status, 200);
        }
        assert_eq!(may_name(&world, &mine).await, [200; 6], "{way}");
        assert_eq!(may_name(&world, &theirs).await, [404; 6], "{way}");
    }
}

#[tokio::test]
async fn the_sound_of_a_chat_is_its_makers_to_name() {
    const ASKED: &str =
        r#"{"model":"gpt-4o","messages":[],"modalities":["text","audio"],"audio":{"voice":"alloy","format":"wav"}}"#;
    let again = r#"{"model":"gpt-4o","messages":[{"role":"assistant","audio":{"id":"audio_1"}}]}"#;
    for streamed in [false, true] {
        let world = World::new().await;
        let (mine, theirs) = (world.key(1), world.key(2));
        world.answers(move |_| {
            if streamed {
                let events = "data: {\"choices\":[{\"delta\":{\"audio\":{\"id\":\"audio_1\",\"transcript\":\"hi\"}}}]}\n\ndata: [DONE]\n\n";
                return Response::builder().header("content-type", "text/event-stream").body(full(events)).unwrap();
            }
            json(200, r#"{"id":"c","choices":[{"message":{"audio":{"id":"audio_1","data":"x"}}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#)
        });
        assert_eq!(world.post("/v1/chat/completions", &mine, again).await.status, 404);
        let asked = if streamed { ASKED.replacen('{', r#"{"stream":true,"#, 1) } else { ASKED.to_owned() };
        assert_eq!(world.post("/v1/chat/completions", &mine, &asked).await.status, 200);
        assert_eq!(world.post("/v1/chat/completions", &mine, again).await.status, 200, "streamed {streamed}");
        assert_eq!(world.post("/v1/chat/completions", &theirs, again).await.status, 404, "streamed {streamed}");
    }
}
