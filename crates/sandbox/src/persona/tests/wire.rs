//! The API as the vendor documents it.

use axum::http::Request;
use serde_json::{Value, json};

use super::{World, path_of, wanted};

#[tokio::test]
async fn an_inquiry_begins_and_is_found_again() {
    let world = World::new();
    let made = world.call("POST", "/inquiries", wanted("org_1:idv_1")).await;
    assert_eq!(made.status, 201);
    let data = &made.json()["data"];
    assert!(data["id"].as_str().unwrap().starts_with("inq_"));
    let attributes = &data["attributes"];
    assert_eq!((&attributes["status"], &attributes["reference-id"]), (&json!("created"), &json!("org_1:idv_1")));
    assert_eq!(attributes["created-at"], "2023-11-14T22:13:20.000Z");
    assert_eq!(attributes["expires-at"], "2023-11-15T22:13:20.000Z");
    assert_eq!((&attributes["redacted-at"], &attributes["fields"]["birthdate"]["value"]), (&Value::Null, &Value::Null));

    let second = world.begin("org_1:idv_1").await.0;
    world.begin("org_2:idv_9").await;
    let listed = world.call("GET", "/inquiries?filter%5Breference-id%5D=org_1%3Aidv_1", Value::Null).await.json();
    let ids: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [&json!(second), &data["id"]], "newest first, of this reference only");

    let read = world.read(&second).await;
    assert_eq!(read["included"][0]["attributes"]["reference-id"], "org_1:idv_1");
    assert_eq!(world.call("GET", "/inquiries/inq_none", Value::Null).await.status, 404);
}

#[tokio::test]
async fn credentials_are_checked_and_answers_carry_headers() {
    let world = World::new();
    let bare = Request::get("/persona/api/v1/inquiries").header("persona-version", "2025-12-08");
    let unknown = world.send(bare, String::new()).await;
    assert_eq!((unknown.status, unknown.header("request-id")), (401, ""));
    let unpinned = Request::get("/persona/api/v1/inquiries").header("authorization", "Bearer persona_sandbox");
    assert_eq!(world.send(unpinned, String::new()).await.status, 400);

    let first = world.call("GET", "/inquiries", Value::Null).await;
    let second = world.call("GET", "/inquiries/inq_none", Value::Null).await;
    assert!(first.header("request-id").starts_with("req_"));
    assert_ne!(first.header("request-id"), second.header("request-id"));
    assert_eq!(second.header("persona-environment-id"), "env_sandbox");
    assert_eq!(second.json(), json!({ "errors": [{ "title": "Record not found" }] }));
}

#[tokio::test]
async fn calls_are_counted_by_the_minute() {
    let world = World::new();
    world.set(json!({ "per_minute": 2 })).await;
    let left = |answer: &super::Answer| (answer.status, answer.header("ratelimit-remaining").to_owned());
    for expected in [(200, "1".to_owned()), (200, "0".to_owned()), (429, "0".to_owned())] {
        let answer = world.call("GET", "/inquiries", Value::Null).await;
        assert_eq!(left(&answer), expected);
        assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-reset")), ("2", "40"));
    }
    world.pass(40);
    assert_eq!(world.call("GET", "/inquiries", Value::Null).await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_made() {
    let world = World::new();
    let with = |pointer: &str, value: Value| {
        let mut body = wanted("org_1:idv_1");
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (body, status) in [
        (json!({ "data": { "attributes": {} } }), 422),
        (json!({ "data": { "attributes": { "inquiry-template-id": "itmpl_1", "template-id": "tmpl_1" } } }), 422),
        (with("/data/attributes/redirect-uri", json!("javascript:alert(1)")), 422),
        (with("/meta/expiration-after-create-interval-seconds", json!(0)), 422),
        (json!({ "data": { "attributes": { "inquiry_template_id": "itmpl_1" } } }), 400),
        (with("/meta", json!({ "auto-create-inquiry-sessions": true })), 400),
    ] {
        assert_eq!(world.call("POST", "/inquiries", body.clone()).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn the_same_question_has_the_same_answer_for_a_day() {
    let world = World::new();
    let key = [("idempotency-key", "idv_1")];
    let first = world.call_with("POST", "/inquiries", &key, &wanted("org_1:idv_1")).await;
    let again = world.call_with("POST", "/inquiries", &key, &wanted("org_1:idv_1")).await;
    assert_eq!((again.status, again.json()), (201, first.json()));
    let other = world.call_with("POST", "/inquiries", &key, &wanted("org_1:idv_2")).await;
    assert_eq!(other.status, 409, "another question under the same key");
    let path = format!("/inquiries/{}/approve", first.json()["data"]["id"].as_str().unwrap());
    assert_eq!(world.call_with("POST", &path, &key, &Value::Null).await.status, 409, "nor is another call");
    world.pass(86_400);
    let pruned = world.call_with("POST", "/inquiries", &key, &wanted("org_1:idv_1")).await.json();
    assert_ne!(pruned["data"]["id"], first.json()["data"]["id"]);
}

#[tokio::test]
async fn an_accident_is_repeated_under_its_key_and_its_request_took_effect() {
    let world = World::new();
    world.set(json!({ "accidents": 1 })).await;
    let key = [("idempotency-key", "idv_1")];
    for _ in 0..2 {
        assert_eq!(world.call_with("POST", "/inquiries", &key, &wanted("org_1:idv_1")).await.status, 500);
    }
    let listed = world.call("GET", "/inquiries?filter[reference-id]=org_1:idv_1", Value::Null).await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);

    world.set(json!({ "down": true })).await;
    assert_eq!(world.call_with("POST", "/inquiries", &[("idempotency-key", "idv_2")], &wanted("x")).await.status, 503);
    world.set(json!({})).await;
    assert_eq!(world.call_with("POST", "/inquiries", &[("idempotency-key", "idv_2")], &wanted("x")).await.status, 201);
    assert_eq!(
        world.script("/sandbox/persona", json!({ "dwon": true })).await.status,
        422,
        "a misspelt name is refused"
    );
}

#[tokio::test]
async fn expiry_and_revival() {
    let world = World::new();
    let (id, _) = world.begin("org_1:idv_1").await;
    world.pass(86_399);
    assert_eq!(world.status(&id).await, "created");
    world.pass(1);
    assert_eq!(world.status(&id).await, "expired");
    let link = world.call("POST", &format!("/inquiries/{id}/generate-one-time-link"), json!({ "meta": {} })).await;
    assert_eq!((link.status, world.status(&id).await.as_str()), (200, "pending"), "a fresh link revives");
    assert_eq!(world.call("POST", &format!("/inquiries/{id}/expire"), Value::Null).await.status, 200);
    let resumed = world.call("POST", &format!("/inquiries/{id}/resume"), Value::Null).await.json();
    assert_eq!(resumed["data"]["attributes"]["status"], "pending");
    assert!(resumed["meta"]["session-token"].is_string());
    let odd = json!({ "meta": { "expires-in-seconds": 0 } });
    assert_eq!(world.call("POST", &format!("/inquiries/{id}/generate-one-time-link"), odd).await.status, 422);
}

#[tokio::test]
async fn reviewers_decide_and_decisions_hold() {
    let world = World::new();
    let (id, _) = world.begin("org_1:idv_1").await;
    let act = async |verb: &str| world.call("POST", &format!("/inquiries/{id}/{verb}"), Value::Null).await.status;
    assert_eq!((act("mark-for-review").await, world.status(&id).await.as_str()), (200, "needs_review"));
    assert_eq!((act("decline").await, world.status(&id).await.as_str()), (200, "declined"));
    for verb in ["mark-for-review", "expire", "resume", "generate-one-time-link"] {
        assert_eq!(act(verb).await, 422, "{verb}");
    }
    assert_eq!((act("approve").await, world.status(&id).await.as_str()), (200, "approved"), "on second thoughts");
    assert_eq!(act("applaud").await, 404);
}

#[tokio::test]
async fn simulated_actions_run_in_order() {
    let world = World::new();
    let (id, _) = world.begin("org_1:idv_1").await;
    let path = format!("/inquiries/{id}/perform-simulate-actions");
    let body = |names: &[&str]| {
        let actions: Vec<Value> = names.iter().map(|name| json!({ "type": name })).collect();
        json!({ "meta": { "simulate-actions": actions } })
    };
    assert_eq!(world.call("POST", &path, body(&["start_inquiry", "dance"])).await.status, 400);
    assert_eq!(world.status(&id).await, "created", "nothing was done");
    let done = world.call("POST", &path, body(&["start_inquiry", "complete_inquiry", "approve_inquiry"])).await;
    assert_eq!((done.status, &done.json()["data"]["attributes"]["status"]), (200, &json!("approved")));
    assert_eq!(world.call("POST", &path, body(&["complete_inquiry"])).await.status, 422);
}

// S3-33
#[tokio::test]
async fn erasure_is_requested_first_and_done_later() {
    let world = World::new();
    let (id, link) = world.begin("org_1:idv_1").await;
    world.script(&format!("{link}/simulate"), json!({ "outcome": "approve", "document_number": "ABC123456" })).await;
    assert!(world.read(&id).await.to_string().contains("ABC123456"));
    let requested = world.call("DELETE", &format!("/inquiries/{id}"), Value::Null).await;
    assert_eq!((requested.status, &requested.json()["data"]["attributes"]["redacted-at"]), (200, &Value::Null));
    let read = world.read(&id).await;
    assert_eq!(read["data"]["attributes"]["redacted-at"], "2023-11-14T22:13:20.000Z");
    assert!(!read.to_string().contains("ABC123456"), "in the fields nor in the verifications");
    for verb in ["approve", "resume", "generate-one-time-link"] {
        assert_eq!(world.call("POST", &format!("/inquiries/{id}/{verb}"), Value::Null).await.status, 422, "{verb}");
    }
    assert_eq!(world.call("DELETE", &format!("/inquiries/{id}"), Value::Null).await.status, 200, "again does no harm");
}

#[tokio::test]
async fn a_fresh_link_is_another_link() {
    let world = World::new();
    let (id, first) = world.begin("org_1:idv_1").await;
    let body = json!({ "meta": { "expires-in-seconds": 60 } });
    let second = world.call("POST", &format!("/inquiries/{id}/generate-one-time-link"), body).await.json();
    assert_ne!(path_of(&second), first);
    assert_eq!(world.status(&id).await, "created", "asking for a link starts nothing");
}

#[tokio::test]
async fn ids_are_new_after_a_restart() {
    let (first, later) = (World::new(), World::new());
    later.pass(1);
    assert_ne!(
        first.begin("org_1:idv_1").await,
        later.begin("org_1:idv_1").await,
        "the product remembers the old ones"
    );
}
