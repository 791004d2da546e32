//! The hosted flow, for people and for scripts.

use serde_json::{Value, json};

use super::World;

/// Opens a link; returns the session's path.
async fn open(world: &World, link: &str) -> String {
    let opened = world.get(link).await;
    assert_eq!(opened.status, 303, "{}", opened.text);
    opened.header("location").to_owned()
}

#[tokio::test]
async fn a_link_opens_only_once() {
    let world = World::new();
    let (_, link) = world.begin("org_1:idv_1").await;
    let head = axum::http::Request::head(&link);
    assert_eq!(world.send(head, String::new()).await.status, 200, "a HEAD request does not use the link");
    let session = open(&world, &link).await;
    assert!(world.get(&session).await.text.contains("Country that issued"));
    let policy = world.get(&session).await.header("referrer-policy").to_owned();
    assert_eq!(policy, "same-origin", "without it the page's own forms come from an origin \"null\"");
    let again = world.get(&link).await;
    assert_eq!(again.status, 200);
    assert!(again.text.contains("Session expired"), "{}", again.text);
    assert!(again.text.contains("href=\"http://127.0.0.1:8080/back?a=1\""), "a way back: {}", again.text);
    assert!(world.get(&session).await.text.contains("Country that issued"), "the first visitor can continue");
    assert_eq!(world.get("/persona/verify/us1-none").await.status, 404);
}

#[tokio::test]
async fn a_link_expires() {
    let world = World::new();
    let (id, _) = world.begin("org_1:idv_1").await;
    let body = json!({ "meta": { "expires-in-seconds": 60 } });
    let path = format!("/inquiries/{id}/generate-one-time-link");
    let link = super::path_of(&world.call("POST", &path, body).await.json());
    world.pass(60);
    assert!(world.get(&link).await.text.contains("Session expired"));
}

#[tokio::test]
async fn pages_speak_three_languages() {
    let world = World::new();
    for (language, title) in [("en", "ID check"), ("pl", "Weryfikacja tożsamości"), ("ja", "本人確認")] {
        let (_, link) = world.begin("org_1:idv_1").await;
        let session = open(&world, &format!("{link}?language={language}")).await;
        let page = world.get(&session).await.text;
        assert!(page.contains(title) && page.contains(&format!("lang=\"{language}\"")), "{page}");
    }
    let (_, link) = world.begin("org_1:idv_1").await;
    let code = link.rsplit('/').next().unwrap();
    let by_query = world.get(&format!("/persona/verify?code={code}&language=pl-PL")).await;
    assert_eq!(by_query.header("location"), format!("{link}?language=pl"), "the vendor's shape of links works too");
}

#[tokio::test]
async fn country_document_face_and_back() {
    let world = World::new();
    let (id, link) = world.begin("org_1:idv_1").await;
    let session = open(&world, &link).await;
    assert_eq!(world.status(&id).await, "created", "opening is not starting");
    assert_eq!(world.form(&session, "country=JP").await.status, 303);
    assert_eq!(world.status(&id).await, "pending");
    assert!(world.get(&session).await.text.contains("Residence permit"));
    world.form(&session, "document=residence_permit&document_number=").await;
    let attributes = &world.read(&id).await["data"]["attributes"];
    assert_eq!(attributes["next-step-name"], "verification_selfie");
    assert!(world.get(&session).await.text.contains("Selfie"));

    let ended = world.form(&session, "reason=document_unreadable&outcome=approve").await;
    let back = format!("http://127.0.0.1:8080/back?a=1&inquiry-id={id}&reference-id=org_1%3Aidv_1&status=approved");
    assert_eq!((ended.status, ended.header("location")), (303, back.as_str()));
    let fields = &world.read(&id).await["data"]["attributes"]["fields"];
    assert_eq!(fields["identification-class"]["value"], "rp");
    assert_eq!(fields["selected-country-code"]["value"], "JP");
    assert!(world.get(&session).await.text.contains("Submitted"));
}

#[tokio::test]
async fn leaving_running_out_and_failing() {
    let world = World::new();
    let (id, link) = world.begin("org_1:idv_1").await;
    let session = open(&world, &link).await;
    assert_eq!(world.form(&session, "outcome=start").await.status, 303);
    assert_eq!(world.status(&id).await, "pending");
    assert!(world.get(&session).await.text.contains("Session expired"), "after leaving, a new link is needed");

    let (_, link) = world.begin("org_1:idv_2").await;
    let session = open(&world, &link).await;
    assert_eq!(world.form(&session, "outcome=expire").await.header("location"), session, "the page stays and says so");
    assert!(world.get(&session).await.text.contains("Session expired"));

    let (id, link) = world.begin("org_1:idv_3").await;
    let failed = world.form(&format!("{link}/simulate"), "outcome=fail&reason=glare_or_blur").await;
    assert!(failed.header("location").ends_with("status=failed"));
    assert_eq!(world.status(&id).await, "failed");
}

// S0-02
#[tokio::test]
async fn scripts_decide_by_the_link_whether_it_was_opened_or_not() {
    let world = World::new();
    let (id, link) = world.begin("org_1:idv_1").await;
    let outcome = json!({ "outcome": "decline", "reason": "document_expired", "country": "JP",
        "document": "identity_card", "document_number": "ABC123456" });
    // In the form in which the product passes it on: with a query, so that "/simulate" becomes a part of the query.
    let declined = world.script(&format!("{link}?language=ja/simulate"), outcome).await;
    assert_eq!(declined.status, 200, "{}", declined.text);
    let events = json!(["inquiry.started", "inquiry.completed", "inquiry.declined"]);
    assert_eq!((&declined.json()["status"], &declined.json()["events"]), (&json!("declined"), &events));
    let read = world.read(&id).await;
    let fields = &read["data"]["attributes"]["fields"];
    assert_eq!(fields["identification-number"]["value"], "ABC123456");
    assert_eq!(fields["identification-class"]["value"], "id");
    let document = &read["included"][1]["attributes"];
    assert_eq!(document["status"], "failed");
    assert!(
        document["checks"]
            .as_array()
            .unwrap()
            .iter()
            .any(|check| check["name"] == "id_expired_detection" && check["status"] == "failed")
    );

    world.get(&link).await;
    let simulate = format!("{link}/simulate");
    let approved = world.script(&simulate, json!({ "outcome": "approve" })).await.json();
    assert_eq!((&approved["status"], &approved["events"]), (&json!("approved"), &json!(["inquiry.approved"])));
    let read = world.read(&id).await;
    assert_eq!(read["included"][1]["attributes"]["status"], "passed");
    assert_eq!(read["data"]["attributes"]["fields"]["identification-number"]["value"], "ABC123456", "as it was read");
    assert_eq!(world.script(&simulate, json!({ "outcome": "review" })).await.status, 422, "too late for that");
    for odd in [json!({ "outcome": "pass" }), json!({ "outcome": "approve", "country": "Poland" })] {
        assert_eq!(world.script(&simulate, odd).await.status, 422);
    }
    assert_eq!(world.script(&simulate, json!([])).await.status, 400);
}

#[tokio::test]
async fn other_outcomes_and_the_inquirys_own_id() {
    let world = World::new();
    for (outcome, status) in
        [("start", "pending"), ("complete", "completed"), ("review", "needs_review"), ("expire", "expired")]
    {
        let (id, _) = world.begin("org_1:idv_1").await;
        let done = world.script(&format!("/persona/verify/{id}/simulate"), json!({ "outcome": outcome })).await;
        assert_eq!((done.status, world.status(&id).await.as_str()), (200, status));
    }
}

// S0-05
#[tokio::test]
async fn every_inquiry_has_its_own_document_by_default() {
    let world = World::new();
    let mut numbers: Vec<Value> = Vec::new();
    for reference in ["org_1:idv_1", "org_2:idv_2"] {
        let (id, link) = world.begin(reference).await;
        world.script(&format!("{link}/simulate"), json!({ "outcome": "approve" })).await;
        let fields = world.read(&id).await["data"]["attributes"]["fields"].clone();
        assert_eq!(fields["birthdate"], json!({ "type": "date", "value": "1990-01-01" }));
        numbers.push(fields["identification-number"]["value"].clone());
    }
    assert!(numbers[0].is_string());
    assert_ne!(numbers[0], numbers[1]);
}
