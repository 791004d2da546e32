//! Refusals by the gates on the wire: models, streams and reasoning summaries, in JSON and in forms; and the list of
//! models agrees with them.

mod projects;

use std::sync::Arc;

use keystead_core::gate::{AppliesTo, FirstUse, Mode, Policy, Requirement, Rule};
use keystead_core::time::Timestamp;

use crate::world::answer::Answer;
use crate::world::{World, json};

const CHAT: &str = "/v1/chat/completions";
const EDITS: &str = "/v1/images/edits";

pub(crate) fn govern(world: &World, policy: Policy) {
    let mut catalogue = keystead_gateway::Catalogue::clone(&world.catalogue.load());
    catalogue.policy = policy;
    world.catalogue.store(Arc::new(catalogue));
}

pub(crate) fn rule(id: &str, action: &str, models: &[&str]) -> Rule {
    Rule {
        id: id.to_owned(),
        action: action.to_owned(),
        models: models.iter().map(|model| (*model).to_owned()).collect(),
        require: vec![Requirement::Organization],
        any_of: Vec::new(),
        effective_from: Timestamp(0),
        grandfather_created_before: None,
        grandfather_used_before: None,
        above: None,
        applies_to: AppliesTo::default(),
        mode: Mode::Enforce,
    }
}

fn part(name: &str, value: &str) -> String {
    format!("--bound\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

async fn form(world: &World, key: &str, target: &str, parts: &[(&str, &str)]) -> Answer {
    let body: String = parts.iter().map(|(name, value)| part(name, value)).collect();
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "multipart/form-data; boundary=bound")];
    world.send("POST", target, &headers, (body + "--bound--\r\n").as_bytes()).await
}

fn verify(world: &World, key: &str) {
    world.change(key, |caller| caller.organizations[0].entitlements.met.push(Requirement::Organization));
}

// S3-16: generating and editing images needs the same, and a refused request is not sent upstream.
#[tokio::test]
async fn images_are_made_and_edited_by_the_verified() {
    let world = World::new().await;
    world.answers(|_| json(200, r#"{"created":1,"data":[]}"#));
    let key = world.key(1);
    let edit = [("image", "PNG"), ("prompt", "x"), ("model", "gpt-image-1")];
    let make = r#"{"model":"gpt-image-1","prompt":"x"}"#;
    for refused in [world.post("/v1/images/generations", &key, make).await, form(&world, &key, EDITS, &edit).await] {
        let (status, message, code) = refused.error();
        assert_eq!((status, code.as_deref()), (403, Some("organization_verification_required")), "{message}");
        assert!(message.contains("organization org-1 and project proj_1"), "{message}");
        assert!(refused.header("x-keystead-verification").unwrap().ends_with("rule=verified-for-images"));
    }
    assert!(world.seen().is_empty() && world.events().await.is_empty(), "refused calls cost nothing");
    verify(&world, &key);
    assert_eq!(world.post("/v1/images/generations", &key, make).await.status, 200);
    assert_eq!(form(&world, &key, EDITS, &edit).await.status, 200);
}

// S3-15: off by default; when an operator switches them on, with the client's own words.
#[tokio::test]
async fn streams_and_summaries_are_gated_where_the_operator_wants() {
    let world = World::new().await;
    let key = world.key(1);
    let stream = r#"{"model":"gpt-4o","stream":true}"#;
    let summaries = [
        r#"{"model":"gpt-4o","reasoning":{"summary":"auto"}}"#,
        r#"{"model":"gpt-4o","reasoning":{"effort":"low","generate_summary":"detailed"}}"#,
    ];
    assert_eq!(world.post(CHAT, &key, stream).await.status, 200, "off by default");
    assert_eq!(world.post("/v1/responses", &key, summaries[0]).await.status, 200, "off by default");
    let mut policy = Policy::default_rules();
    policy.rules.push(rule("streams", "feature.stream", &["gpt-*"]));
    policy.rules.push(rule("summaries", "feature.reasoning_summary", &[]));
    govern(&world, policy);
    let asked = world.seen().len();
    let refused = world.post(CHAT, &key, stream).await;
    let body = refused.json();
    assert_eq!((refused.status, &body["error"]["param"]), (400, &"stream".into()), "{body}");
    assert_eq!(body["error"]["code"], "unsupported_value");
    for summary in summaries {
        let refused = world.post("/v1/responses", &key, summary).await;
        let body = refused.json();
        assert_eq!((refused.status, &body["error"]["param"]), (400, &"reasoning.summary".into()), "{body}");
    }
    for fine in [
        r#"{"model":"gpt-4o"}"#,
        r#"{"model":"gpt-4o","stream":false}"#,
        r#"{"model":"gpt-4o","reasoning":{"summary":null}}"#,
    ] {
        assert_eq!(world.post("/v1/responses", &key, fine).await.status, 200, "{fine}");
    }
    assert_eq!(world.seen().len(), asked + 3);
    verify(&world, &key);
    assert_eq!(world.post(CHAT, &key, stream).await.status, 200, "without a new key, and at once");
}

// A rule that is tried out refuses nothing: in shadow mode it is only counted, in warn mode the answer names it.
#[tokio::test]
async fn rules_that_are_tried_out_refuse_nobody() {
    let world = World::new().await;
    let key = world.key(1);
    for (mode, warning) in [(Mode::Off, None), (Mode::Shadow, None), (Mode::Warn, Some("soon required: organization"))]
    {
        let tried = Rule { mode, ..rule("tried", "model.use", &["gpt-4o"]) };
        govern(&world, Policy { rules: vec![tried], ..Policy::default() });
        let answer = world.post(CHAT, &key, r#"{"model":"gpt-4o"}"#).await;
        assert_eq!((answer.status, answer.header("x-keystead-warning")), (200, warning), "{mode:?}");
    }
}

// A form may request a stream before or after it names the model, at any position.
#[tokio::test]
async fn forms_that_stream_are_gated_too() {
    let world = World::new().await;
    world.answers(|_| json(200, r#"{"created":1,"data":[]}"#));
    let key = world.key(1);
    let mut policy = Policy::default();
    policy.rules.push(rule("streams", "feature.stream", &["gpt-image-*"]));
    govern(&world, policy);
    let picture = "P".repeat(400_000);
    let model = ("model", "gpt-image-1");
    for parts in [
        vec![("stream", "true"), model, ("image", "P")],
        vec![model, ("stream", "true"), ("image", "P")],
        vec![model, ("image", picture.as_str()), ("stream", "True")],
        vec![model, ("image", picture.as_str()), ("stream", "1")],
    ] {
        let refused = form(&world, &key, EDITS, &parts).await;
        let body = refused.json();
        assert_eq!((refused.status, &body["error"]["param"]), (400, &"stream".into()), "{body}");
    }
    let twice = [model, ("stream", "false"), ("stream", "true")];
    assert_eq!(form(&world, &key, EDITS, &twice).await.status, 400);
    let whole = |seen: &crate::world::Seen| seen.body.is_some();
    assert_eq!(world.seen().iter().filter(|seen| whole(seen)).count(), 0, "none arrived whole");
    for parts in [vec![model, ("image", "P")], vec![model, ("image", picture.as_str()), ("stream", "false")]] {
        assert_eq!(form(&world, &key, EDITS, &parts).await.status, 200);
    }
    verify(&world, &key);
    assert_eq!(form(&world, &key, EDITS, &[model, ("image", "P"), ("stream", "true")]).await.status, 200);
}

// S2-14: for any rules, what the list calls available succeeds and what it calls gated is refused.
#[tokio::test]
async fn the_list_of_models_agrees_with_the_gate() {
    let world = World::new().await;
    world.answers(|_| json(200, r#"{"id":"x","usage":{"prompt_tokens":5,"completion_tokens":7}}"#));
    let mut either = rule("either", "model.use", &["gpt-4o"]);
    either.require.clear();
    either.any_of = vec![vec![Requirement::PaymentMethod, Requirement::Organization], vec![Requirement::Phone]];
    let spared = Rule { grandfather_used_before: Some(Timestamp(500)), ..rule("spares", "model.use", &["o3"]) };
    let applies_to = AppliesTo { org_tags_not: vec!["partner".to_owned()], ..AppliesTo::default() };
    let strangers = Rule { applies_to, ..rule("strangers", "model.use", &[]) };
    let policies = [
        Policy::default(),
        Policy::default_rules(),
        Policy { rules: vec![rule("all", "model.use", &[])], ..Policy::default() },
        Policy { rules: vec![either, spared, rule("streams", "feature.stream", &[])], ..Policy::default() },
        Policy { rules: vec![strangers], ..Policy::default() },
        Policy { rules: vec![Rule { mode: Mode::Warn, ..rule("warns", "model.use", &[]) }], ..Policy::default() },
    ];
    for policy in policies {
        govern(&world, policy);
        for n in 1..4 {
            let key = world.key(n);
            world.change(&key, |caller| {
                let entitlements = &mut caller.organizations[0].entitlements;
                entitlements.met = if n == 1 { Vec::new() } else { vec![Requirement::Phone] };
                if n == 3 {
                    entitlements.tags = vec!["partner".to_owned()];
                    entitlements.first_used = vec![FirstUse { model: "o3".to_owned(), at: Timestamp(1) }];
                }
            });
            world.directory.apply(&[keystead_gateway::ChangedSubject::Everything], 1);
            let list = world.get("/v1/models", &key).await.json();
            for model in list["data"].as_array().unwrap() {
                let id = model["id"].as_str().unwrap();
                let one = world.get(&format!("/v1/models/{id}"), &key).await.json();
                assert_eq!(&one, model);
                let available = model["keystead"]["available"] != false;
                let streams = available && model["keystead"]["features"]["stream"]["available"] != false;
                let call = world.post(CHAT, &key, &format!(r#"{{"model":"{id}"}}"#)).await;
                assert_eq!(call.status == 200, available, "{model}");
                let call = world.post(CHAT, &key, &format!(r#"{{"model":"{id}","stream":true}}"#)).await;
                assert_eq!(call.status == 200, streams, "{model}");
            }
        }
    }
}

#[tokio::test]
async fn the_models_of_tools_are_gated_too() {
    // A second model of a request passes the same gate as the first.
    let world = World::new().await;
    let key = world.key(1);
    for (body, status, says) in [
        (r#"{"model":"gpt-4o","tools":[{"type":"image_generation"}]}"#, 403, "gpt-image-1"),
        (r#"{"model":"gpt-4o","tools":[{"type":"image_generation","model":"gpt-image-1"}]}"#, 403, "must be verified"),
        (r#"{"model":"gpt-4o","tools":[{"type":"image_generation","model":"gpt-image-9"}]}"#, 404, "gpt-image-9"),
        (
            r#"{"model":"gpt-4o","tools":[{"type":"image_generation","model":"gpt-4o","svg":{"model":"o3"}}]}"#,
            404,
            "o3",
        ),
        (
            r#"{"model":"gpt-4o","input":[{"type":"additional_tools","tools":[{"type":"image_generation"}]}]}"#,
            403,
            "must be verified",
        ),
        (r#"{"model":"gpt-4o","moderation":{"model":"o3"}}"#, 404, "must be verified"),
        (r#"{"model":"gpt-4o","models":["gpt-4o","o3"]}"#, 404, "must be verified"),
        (r#"{"model":"gpt-4o","fallbacks":["o3"]}"#, 404, "must be verified"),
    ] {
        let got = world.post("/v1/responses", &key, body).await;
        assert_eq!(got.status, status, "{body}: {}", got.text());
        assert!(got.error().1.contains(says), "{body}: {}", got.text());
    }
    assert!(world.seen().is_empty());
    world.change(&key, |caller| {
        caller.organizations[0].entitlements.met.push(keystead_core::gate::Requirement::Organization);
    });
    world.directory.apply(&[keystead_gateway::ChangedSubject::Everything], 2);
    let sent = async |body: &str| {
        assert_eq!(world.post("/v1/responses", &key, body).await.status, 200, "{body}");
        String::from_utf8(world.seen().pop().unwrap().body.unwrap().to_vec()).unwrap()
    };
    assert_eq!(
        sent(r#"{"model":"gpt-4o","tools":[{"type":"image_generation"}]}"#).await,
        r#"{"model":"gpt-4o","tools":[{"model":"gpt-image-1","type":"image_generation"}]}"#,
        "the model that was judged is the one that the upstream uses"
    );
    let named = r#"{"model":"gpt-4o","tools":[{"type":"image_generation","model":"gpt-image-1"}]}"#;
    assert_eq!(sent(named).await, named);
    let mut catalogue = (**world.catalogue.load()).clone();
    catalogue.models.get_mut("gpt-image-1").unwrap().upstream = "two".to_owned();
    world.catalogue.store(std::sync::Arc::new(catalogue));
    let got = world.post("/v1/responses", &key, named).await;
    assert_eq!((got.status, got.json()["error"]["param"].as_str()), (400, Some("tools")), "{}", got.text());
    let got = world.post("/v1/responses", &key, r#"{"model":"gpt-4o","tools":[{"type":"image_generation"}]}"#).await;
    assert_eq!(got.error().2.as_deref(), Some("model_not_found"), "{}", got.text());
}

#[tokio::test]
async fn a_stored_response_is_streamed_by_those_who_may_stream_its_model() {
    // A background response passes the gate of streams when it is fetched as one.
    let world = World::new().await;
    let key = world.key(1);
    world.answers(|seen| {
        let id =
            if seen.body.is_some_and(|body| body.starts_with(br#"{"model":"tts-1""#)) { "resp_2" } else { "resp_1" };
        json(200, &format!(r#"{{"id":"{id}","background":true,"status":"queued","output":[]}}"#))
    });
    for model in ["gpt-4o", "tts-1"] {
        let body = format!(r#"{{"model":"{model}","background":true}}"#);
        assert_eq!(world.post("/v1/responses", &key, &body).await.status, 200);
    }
    let mut policy = Policy::default_rules();
    policy.rules.push(rule("streams", "feature.stream", &["gpt-4o"]));
    govern(&world, policy);
    let got = world.get("/v1/responses/resp_1?stream=true", &key).await;
    assert_eq!((got.status, got.json()["error"]["param"].as_str()), (400, Some("stream")), "{}", got.text());
    for target in ["/v1/responses/resp_1", "/v1/responses/resp_1?stream=false", "/v1/responses/resp_2?stream=true"] {
        assert_eq!(world.get(target, &key).await.status, 200, "{target}");
    }
    world.change(&key, |caller| caller.organizations[0].entitlements.met.push(Requirement::Organization));
    world.directory.apply(&[keystead_gateway::ChangedSubject::Everything], 2);
    assert_eq!(world.get("/v1/responses/resp_1?stream=true", &key).await.status, 200);
}
