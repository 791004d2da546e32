//! Cases decided by the operator's API: the rules of the console apply.

use std::sync::Arc;

use http::Method;
use keystead_app::request::Origin;
use keystead_app::review::{Holder, Reviewer, Slot, Taken};
use keystead_app::verification::organization::Consent;
use keystead_app::{Actor, Services};
use keystead_core::secret::Secret;
use keystead_testkit::pictures;
use serde_json::{Value, json};

use crate::operator::{HERE, operator};
use crate::world::{Answer, World, admin};

/// An installation with the built-in reviewer.
async fn reviewing(folder: &std::path::Path) -> World {
    World::with(|parts| {
        let reviewer = parts.reviewer(folder);
        Services { identity: Some(Arc::<Reviewer>::clone(&reviewer)), review: Some(reviewer), ..Services::default() }
    })
    .await
}

/// Submits a passport for an organization; returns the key of its owner and the case.
async fn handed_in(world: &World, name: &str, seed: u32) -> (String, String) {
    let owner = world.bootstrap(name, true).await;
    let consent = Consent { given: true, language: "en".to_owned(), origin: Origin { ip: None } };
    let actor = Actor::Person(owner.user_id.clone());
    let begun = world.app.start_organization_verification(&actor, &owner.organization_id, consent).await.unwrap();
    let url = begun.1.unwrap().url;
    let token = Secret::new(url.split("/verify/").nth(1).unwrap().split('/').next().unwrap().to_owned());
    let device = world.app.begin_capture(&token, "PL").await.unwrap();
    let holder = Holder { token, device: Some(device) };
    world.app.choose_capture_document(&holder, "passport").await.unwrap();
    let take = |slot, seed| {
        world.app.take_capture_picture(&holder, slot, pictures::jpeg(1200, 600, seed).unwrap(), Taken::default())
    };
    assert!(take(Slot::Front, seed).await.unwrap().taken);
    assert!(take(Slot::Selfie, seed + 1).await.unwrap().taken);
    for (at, prompt) in (2..).zip(world.app.ask_capture_prompts(&holder).await.unwrap()) {
        take(prompt.slot, seed + at).await.unwrap();
    }
    world.app.submit_capture(&holder).await.unwrap();
    let open = world.app.open_cases(&Actor::operator("ops@example.com".to_owned())).await.unwrap();
    (admin(&owner).to_owned(), open.last().unwrap().id.clone())
}

/// Lets an operator open every picture of a case in the console.
async fn look(world: &World, email: &str, case: &str) {
    let actor = Actor::operator(email.to_owned());
    for picture in world.app.review_case(&actor, case).await.unwrap().pictures {
        world.app.review_picture(&actor, case, picture.number, "review").await.unwrap();
    }
}

async fn decide(world: &World, key: &str, case: &str, body: Value) -> Answer {
    world.post(&format!("{HERE}/cases/{case}/decide"), key, body).await
}

async fn status(world: &World, key: &str) -> String {
    world.get("/v1/keystead/organization_verifications", key).await.text("status")
}

// S0-02 S0-26: by API like in the console, with views, reasons and two people.
#[tokio::test]
async fn reviews_are_decided_as_in_the_console() {
    let folder = tempfile::tempdir().unwrap();
    let world = reviewing(folder.path()).await;
    let ops = operator(&world, "ops").await;
    let eve = operator(&world, "eve").await;
    let (ops, eve) = (admin(&ops), admin(&eve));

    let (ann, case) = handed_in(&world, "ann", 10).await;
    let approve = json!({ "decision": "approve", "reason": "the faces match" });
    let unseen = decide(&world, ops, &case, approve.clone()).await;
    assert_eq!((unseen.status, unseen.code()), (400, "review_unseen"), "{}", unseen.body);
    for picture in [1, 2] {
        let path = format!("{HERE}/cases/{case}/pictures/{picture}");
        assert_eq!(world.call(Method::GET, &path, ops, "").await.status, 404, "no key opens a picture");
    }
    look(&world, "ops@example.com", &case).await;
    let without = decide(&world, ops, &case, json!({ "decision": "approve" })).await;
    assert_eq!((without.status, &without.body["error"]["param"]), (400, &json!("reason")));
    let done = decide(&world, ops, &case, approve.clone()).await;
    assert_eq!((done.status, &done.body["decided"]), (200, &json!(true)), "{}", done.body);
    assert_eq!(status(&world, &ann).await, "verified");
    assert_eq!(decide(&world, ops, &case, approve.clone()).await.status, 409, "once");
    let seen = world.get("/v1/keystead/privacy", &ann).await;
    assert_eq!(seen.body["views"].as_array().map(Vec::len), Some(5), "owners read who looked: {}", seen.body);

    // Declined for a reason of the list; the appeal needs two people.
    let (ben, case) = handed_in(&world, "ben", 20).await;
    for reasons in [json!([]), json!(["abandoned"]), json!(["ugly"])] {
        let body = json!({ "decision": "reject", "reason": "no", "reasons": reasons });
        let refused = decide(&world, ops, &case, body).await;
        assert_eq!((refused.status, refused.code()), (400, "review_reason_needed"), "{}", refused.body);
    }
    let body = json!({ "decision": "reject", "reason": "another face", "reasons": ["face_mismatch"] });
    assert_eq!(decide(&world, ops, &case, body.clone()).await.body["decided"], true);
    assert_eq!(status(&world, &ben).await, "rejected");
    let appeal = json!({ "statement": "The photo is ten years old." });
    assert_eq!(world.post("/v1/keystead/organization_verifications/appeal", &ben, appeal).await.status, 200);
    let cases = world.get(&format!("{HERE}/cases"), ops).await;
    let case = cases.body["data"][0]["id"].as_str().unwrap().to_owned();
    for (wrong, param) in [
        (json!({ "decision": "recapture", "reason": "x" }), "decision"),
        (body, "reasons"),
        (json!({ "decision": "approve", "reason": "x", "destroy": true }), "destroy"),
    ] {
        let refused = decide(&world, ops, &case, wrong).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!(param)), "{}", refused.body);
    }
    let first = decide(&world, ops, &case, approve.clone()).await;
    assert_eq!((first.status, &first.body["decided"]), (200, &json!(false)), "{}", first.body);
    assert_eq!(decide(&world, ops, &case, approve.clone()).await.status, 403, "one person is not two");
    let second = decide(&world, eve, &case, approve).await;
    assert_eq!((second.status, &second.body["decided"]), (200, &json!(true)), "{}", second.body);
    assert_eq!(status(&world, &ben).await, "verified");

    // A request for new pictures does not count as an attempt, and what may not be kept is erased at once.
    let (cat, case) = handed_in(&world, "cat", 30).await;
    let again = json!({ "decision": "recapture", "reason": "too dark", "destroy": true });
    assert_eq!(decide(&world, ops, &case, again).await.body["decided"], true);
    let view = world.get("/v1/keystead/organization_verifications", &cat).await;
    assert_eq!((view.text("status").as_str(), &view.body["attempts_left"]), ("expired", &json!(3)), "{}", view.body);
    let left = world.app.review_case(&Actor::operator("ops@example.com".to_owned()), &case).await.unwrap();
    assert!(left.pictures.iter().all(|picture| picture.erased), "destroyed with the decision");
}

// S3-30: two operators hold a case's pictures by API, and its owner can read about it.
#[tokio::test]
async fn pictures_are_held_by_two() {
    let folder = tempfile::tempdir().unwrap();
    let world = reviewing(folder.path()).await;
    let ops = operator(&world, "ops").await;
    let eve = operator(&world, "eve").await;
    let (ann, case) = handed_in(&world, "ann", 10).await;
    let path = format!("{HERE}/cases/{case}/hold");
    let until = world.app.now().plus(30 * 86_400);
    let body = json!({ "until": until, "reason": "a claim is defended" });
    let without = world.post(&path, admin(&ops), json!({ "reason": "x" })).await;
    assert_eq!((without.status, &without.body["error"]["param"]), (400, &json!("until")));
    let far = json!({ "until": until.plus(90 * 86_400), "reason": "x" });
    let beyond = world.post(&path, admin(&ops), far).await;
    assert_eq!((beyond.status, beyond.code()), (400, "hold_not_possible"), "{}", beyond.body);
    let first = world.post(&path, admin(&ops), body.clone()).await;
    assert_eq!((first.status, &first.body["held"]), (200, &json!(false)), "{}", first.body);
    assert_eq!(world.post(&path, admin(&ops), body.clone()).await.status, 403, "one person is not two");
    let second = world.post(&path, admin(&eve), body).await;
    assert_eq!((second.status, &second.body["held"]), (200, &json!(true)), "{}", second.body);
    let view = world.get("/v1/keystead/organization_verifications", &ann).await;
    assert_eq!(view.body["pictures_held_until"], json!(until), "{}", view.body);
    let record = world.get("/v1/keystead/privacy", &ann).await;
    assert_eq!(record.body["holds"][0]["reason"], "a claim is defended", "{}", record.body);
    let ended = world.post(&format!("{path}/end"), admin(&ops), json!({ "reason": "settled" })).await;
    assert_eq!((ended.status, &ended.body["ended"]), (200, &json!(true)), "{}", ended.body);
    let view = world.get("/v1/keystead/organization_verifications", &ann).await;
    assert_eq!(view.body["pictures_held_until"], Value::Null);
}

// ASVS 2.4.1: links of one organization end in the API's own shape, with the time; a neighbour makes theirs.
#[tokio::test]
async fn a_burst_of_links_at_the_api() {
    let folder = tempfile::tempdir().unwrap();
    let world = reviewing(folder.path()).await;
    let mut all = Vec::new();
    for name in ["ann", "ben"] {
        let owner = world.bootstrap(name, true).await;
        let key = admin(&owner).to_owned();
        let begun = world.post("/v1/keystead/organization_verifications", &key, json!({ "consent": true })).await;
        all.push((format!("/v1/keystead/organization_verifications/{}/links", begun.text("id")), key));
    }
    let link = async |at: usize, channel: &str| world.post(&all[at].0, &all[at].1, json!({ "channel": channel })).await;
    for (channel, most, code) in [("qr", 12, "verification_handoffs"), ("here", 5, "verification_links")] {
        for n in 0..most {
            assert_eq!(link(0, channel).await.status, 200, "{channel} {n}");
        }
        let refused = link(0, channel).await;
        assert_eq!((refused.status, refused.code()), (429, code));
        assert_eq!(refused.body["error"]["type"], "rate_limit_error");
        assert_eq!(refused.headers["retry-after"], "3600");
        assert_eq!(link(1, channel).await.status, 200, "{channel} of a neighbour");
    }
    world.wait(3_600);
    assert_eq!(link(0, "qr").await.status, 200);
}
