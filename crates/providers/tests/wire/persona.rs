use std::sync::Arc;

use keystead_core::time::Timestamp;
use keystead_providers::identity::persona::Persona;
use keystead_providers::identity::{Attempt, IdentityProvider, PersonaOptions, State};
use keystead_providers::{Health, ProviderError};
use serde_json::{Value, json};

use crate::vendor::{Answer, RecordedRequest, Vendor, answer_of, json_answer};
use crate::{NOW, secret};

const ATTEMPT: Attempt<'static> =
    Attempt { id: "idv_1", organization: "org_1", locale: "pl", return_url: "https://keys.example.com/back?a=1&b=2" };

fn of(vendor: &Vendor, completed_approves: bool) -> Persona {
    Persona::new(options(vendor, completed_approves), Arc::new(|| Timestamp(NOW))).unwrap()
}

fn options(vendor: &Vendor, completed_approves: bool) -> PersonaOptions {
    PersonaOptions {
        base_url: format!("{}/api/v1", vendor.url),
        api_key: secret("persona_1"),
        template: "itmpl_1".into(),
        webhook_secrets: vec![secret("wbhsec_1")],
        environment: None,
        completed_approves,
    }
}

pub(crate) fn client(vendor: &Vendor) -> Persona {
    of(vendor, false)
}

fn inquiry(status: &str) -> Value {
    json!({ "type": "inquiry", "id": "inq_1", "attributes": { "status": status, "reference-id": "org_1:idv_1",
        "updated-at": "2026-11-20T14:02:11.250Z", "redacted-at": null, "tags": [], "fields": {} } })
}

fn linked(data: Value) -> Answer {
    json_answer(201, json!({ "data": data, "meta": { "one-time-link": "https://withpersona.com/verify?code=us1-x" } }))
}

fn checked(request: &RecordedRequest) {
    assert_eq!(request.header("authorization"), "Bearer persona_1");
    assert_eq!(request.header("persona-version"), "2025-12-08");
    assert_eq!(request.header("key-inflection"), "kebab");
}

// S0-19
#[tokio::test]
async fn an_inquiry_begins_with_its_first_link() {
    let vendor = Vendor::new([linked(inquiry("created"))]).await;
    let persona = client(&vendor);
    let started = persona.start(ATTEMPT).await.unwrap();
    assert_eq!(started.reference, "inq_1");
    assert_eq!(started.link.url, "https://withpersona.com/verify?code=us1-x&language=pl");
    assert_eq!(started.link.expires_at, Timestamp(NOW + 86_400));
    assert_eq!(persona.health(), Health::Up);

    let request = vendor.only_request();
    checked(&request);
    assert_eq!(request.line(), "POST /api/v1/inquiries");
    assert_eq!(request.header("idempotency-key"), "idv_1");
    assert_eq!(request.header("content-type"), "application/json");
    let expected = json!({
        "data": { "attributes": { "inquiry-template-id": "itmpl_1",
            "redirect-uri": "https://keys.example.com/back?a=1&b=2" } },
        "meta": { "auto-create-account": true, "auto-create-account-reference-id": "org_1:idv_1",
            "auto-create-one-time-link": true, "expiration-after-create-interval-seconds": 86_400,
            "one-time-link-expiration-seconds": 900 },
    });
    assert_eq!(request.json(), expected);
}

#[tokio::test]
async fn an_inquiry_begun_despite_an_error_is_found() {
    // The inquiry was made after all.
    let vendor = Vendor::new([
        json_answer(500, json!({})),
        json_answer(200, json!({ "data": [inquiry("created")] })),
        linked(inquiry("created")),
    ])
    .await;
    let started = client(&vendor).start(ATTEMPT).await.unwrap();
    assert_eq!(started.reference, "inq_1");
    assert_eq!(started.link.url, "https://withpersona.com/verify?code=us1-x&language=pl");
    let lines: Vec<_> = vendor.requests().iter().map(RecordedRequest::line).collect();
    let expected = [
        "POST /api/v1/inquiries",
        "GET /api/v1/inquiries?filter%5Breference-id%5D=org_1%3Aidv_1",
        "POST /api/v1/inquiries/inq_1/generate-one-time-link",
    ];
    assert_eq!(lines, expected);

    // The inquiry was not made: the same key would give the same failure.
    let vendor =
        Vendor::new([json_answer(502, json!({})), json_answer(200, json!({ "data": [] })), linked(inquiry("created"))])
            .await;
    assert_eq!(client(&vendor).start(ATTEMPT).await.unwrap().reference, "inq_1");
    let keys: Vec<_> = vendor.requests().iter().map(|request| request.header("idempotency-key").to_owned()).collect();
    assert_eq!(keys, ["idv_1".to_owned(), String::new(), format!("idv_1-{NOW}")]);

    // No answer: the client does not retry, and the next attempt has the same key.
    let vendor = Vendor::new([Answer::Nothing]).await;
    let persona = client(&vendor);
    assert!(matches!(persona.start(ATTEMPT).await, Err(ProviderError::Unavailable(_))));
    assert_eq!((vendor.requests().len(), persona.health()), (1, Health::Down));
}

#[tokio::test]
async fn a_fresh_link() {
    let vendor = Vendor::new([linked(inquiry("pending")), json_answer(200, json!({ "meta": {} }))]).await;
    let persona = client(&vendor);
    let link = persona.reissue_link("inq_1").await.unwrap();
    assert_eq!(link.url, "https://withpersona.com/verify?code=us1-x");
    assert_eq!(link.expires_at, Timestamp(NOW + 86_400));
    let request = vendor.only_request();
    checked(&request);
    assert_eq!(request.line(), "POST /api/v1/inquiries/inq_1/generate-one-time-link");
    assert_eq!(request.json(), json!({ "meta": { "expires-in-seconds": 86_400 } }));
    assert!(
        matches!(persona.reissue_link("inq_1").await, Err(ProviderError::Unavailable(_))),
        "an answer without a link"
    );
}

#[tokio::test]
async fn the_states_of_an_inquiry() {
    for (status, state, step) in [
        ("created", State::Waiting, 0),
        ("pending", State::InProgress, 1),
        ("completed", State::Submitted, 3),
        ("needs_review", State::InReview, 3),
        ("approved", State::Approved, 3),
        ("failed", State::Rejected { retryable: true }, 1),
        ("declined", State::Rejected { retryable: true }, 3),
        ("expired", State::Expired, 1),
        ("novel", State::Unknown, 0),
    ] {
        let vendor = Vendor::new([json_answer(200, json!({ "data": inquiry(status) }))]).await;
        let snapshot = client(&vendor).fetch("inq_1").await.unwrap();
        assert_eq!((snapshot.state, snapshot.step), (state, step), "{status}");
        assert_eq!(snapshot.our_reference, "org_1:idv_1");
        assert_eq!(snapshot.as_of, Timestamp(1_795_183_331));
        let request = vendor.only_request();
        checked(&request);
        assert_eq!(request.line(), "GET /api/v1/inquiries/inq_1?include=account%2Cverifications");
    }
    let vendor = Vendor::new([json_answer(200, json!({ "data": inquiry("completed") }))]).await;
    assert_eq!(
        of(&vendor, true).fetch("inq_1").await.unwrap().state,
        State::Approved,
        "where the operator wants it so"
    );
}

// S0-05
#[tokio::test]
async fn what_was_read_off_the_document() {
    let mut data = inquiry("declined");
    data["attributes"]["reference-id"] = Value::Null;
    data["attributes"]["next-step-name"] = json!("verification_selfie");
    data["attributes"]["redacted-at"] = json!("2026-11-21T00:00:00.000Z");
    data["attributes"]["fields"] = json!({
        "identification-class": { "type": "string", "value": "pp" },
        "selected-country-code": { "type": "string", "value": "pl" },
        "identification-number": { "type": "string", "value": "ZS0000177" },
    });
    let check = json!({ "name": "id_expired_detection", "status": "failed", "requirement": "required", "reasons": [] });
    let included = json!([
        { "type": "account", "id": "act_1", "attributes": { "reference-id": "org_1:idv_1" } },
        { "type": "verification/government-id", "id": "ver_1", "attributes": { "status": "failed", "checks": [check] } },
    ]);
    let vendor = Vendor::new([json_answer(200, json!({ "data": data, "included": included }))]).await;
    let snapshot = client(&vendor).fetch("inq_1").await.unwrap();
    assert_eq!(snapshot.reasons, ["document_expired"]);
    assert_eq!(snapshot.document_type.as_deref(), Some("passport"));
    assert_eq!(snapshot.issuing_country.as_deref(), Some("PL"));
    assert_eq!(snapshot.our_reference, "org_1:idv_1", "from the account, when the inquiry itself does not say");
    assert_eq!(snapshot.document_number.as_ref().unwrap().expose(), "ZS0000177");
    assert!(snapshot.redacted);
    assert!(!format!("{snapshot:?}").contains("ZS0000177"), "never printed");
}

// S0-10 to S0-14
#[tokio::test]
async fn kinds_of_documents() {
    for (class, kind) in [
        ("dl", Some("drivers_license")),
        ("pp", Some("passport")),
        ("rp", Some("residence_permit")),
        ("pr", Some("residence_permit")),
        ("mnc", Some("my_number_card")),
        ("visa", Some("visa")),
        ("id", Some("identity_card")),
        ("novel", None),
    ] {
        let mut data = inquiry("completed");
        data["attributes"]["fields"] = json!({ "identification-class": { "type": "string", "value": class } });
        let vendor = Vendor::new([json_answer(200, json!({ "data": data }))]).await;
        assert_eq!(client(&vendor).fetch("inq_1").await.unwrap().document_type.as_deref(), kind, "{class}");
    }
}

#[tokio::test]
async fn found_again_by_our_reference() {
    let mut stranger = inquiry("approved");
    stranger["attributes"]["reference-id"] = json!("org_2:idv_9");
    let vendor = Vendor::new([
        json_answer(200, json!({ "data": [stranger, inquiry("pending")] })),
        json_answer(200, json!({ "data": [] })),
        json_answer(200, json!({})),
    ])
    .await;
    let persona = client(&vendor);
    let found = persona.find("org_1:idv_1").await.unwrap().unwrap();
    assert_eq!((found.reference.as_str(), found.state), ("inq_1", State::InProgress));
    assert!(persona.find("org_1:idv_1").await.unwrap().is_none());
    assert!(
        matches!(persona.find("org_1:idv_1").await, Err(ProviderError::Unavailable(_))),
        "no list is not an empty list"
    );
}

// S3-33
#[tokio::test]
async fn calling_off_and_erasing() {
    let vendor = Vendor::new([
        json_answer(200, json!({})),
        json_answer(200, json!({})),
        json_answer(422, json!({})),
        json_answer(404, json!({})),
    ])
    .await;
    let persona = client(&vendor);
    assert_eq!(persona.cancel("inq_1").await, Ok(()));
    assert_eq!(persona.redact("inq_1").await, Ok(()));
    let requests = vendor.requests();
    assert_eq!(requests[0].line(), "POST /api/v1/inquiries/inq_1/expire");
    assert_eq!(requests[0].json(), json!({ "meta": {} }));
    assert_eq!(requests[1].line(), "DELETE /api/v1/inquiries/inq_1");
    checked(&requests[1]);
    assert!(matches!(persona.cancel("inq_1").await, Err(ProviderError::Refused(_))));
    assert!(matches!(persona.redact("inq_1").await, Err(ProviderError::Gone(_))));
}

#[tokio::test]
async fn what_errors_mean() {
    for (status, word) in [
        (400, "refused"),
        (409, "refused"),
        (422, "refused"),
        (404, "gone"),
        (410, "gone"),
        (401, "unavailable"),
        (403, "unavailable"),
        (429, "unavailable"),
        (500, "unavailable"),
    ] {
        let vendor = Vendor::new([json_answer(status, json!({ "errors": [{ "title": "Anna Nowak" }] }))]).await;
        let persona = client(&vendor);
        let failure = persona.fetch("inq_1").await.unwrap_err().to_string();
        assert_eq!(failure, format!("{word}: Persona {status}"));
        assert_eq!(persona.health() == Health::Down, word == "unavailable");
    }
    let odd = json!({ "data": { "id": "inq_1", "attributes": { "status": 7 } } });
    for broken in
        [answer_of(200, "text/html", "<h1>?</h1>"), json_answer(200, json!({ "data": [] })), json_answer(200, odd)]
    {
        let vendor = Vendor::new([broken]).await;
        assert!(matches!(client(&vendor).fetch("inq_1").await, Err(ProviderError::Unavailable(_))));
    }
}

/// An answer with the header that names its environment.
fn from(environment: Option<&str>, answer: Answer) -> Answer {
    let Answer::Whole { status, mut headers, body } = answer else { return answer };
    headers.extend(environment.map(|id| ("persona-environment-id", id.to_owned())));
    Answer::Whole { status, headers, body }
}

#[tokio::test]
async fn answers_of_another_environment_are_not_believed() {
    let approved = || json_answer(200, json!({ "data": inquiry("approved") }));
    let gone = || json_answer(404, json!({ "errors": [] }));
    for (configured, said, answer, believed) in [
        (None, None, approved(), true),
        (None, Some("env_sandbox"), approved(), true),
        (Some("env_live"), Some("env_live"), approved(), true),
        (Some("env_live"), Some("env_sandbox"), approved(), false),
        (Some("env_live"), Some("ENV_LIVE"), approved(), false),
        (Some("env_live"), None, approved(), false),
    ] {
        let vendor = Vendor::new([from(said, answer)]).await;
        let options = PersonaOptions { environment: configured.map(str::to_owned), ..options(&vendor, false) };
        let persona = Persona::new(options, Arc::new(|| Timestamp(NOW))).unwrap();
        let fetched = persona.fetch("inq_1").await;
        match believed {
            true => assert_eq!(fetched.unwrap().state, State::Approved, "{configured:?} {said:?}"),
            false => {
                let told = fetched.unwrap_err();
                assert!(matches!(&told, ProviderError::Unavailable(why) if why.contains("environment")), "{told:?}");
                assert_eq!(persona.health(), Health::Down, "{configured:?} {said:?}");
            }
        }
    }
    // What another environment does not know is not gone; a refusal without the header is believed.
    for (said, is_gone) in [(Some("env_sandbox"), false), (Some("env_live"), true), (None, true)] {
        let vendor = Vendor::new([from(said, gone())]).await;
        let options = PersonaOptions { environment: Some("env_live".to_owned()), ..options(&vendor, false) };
        let persona = Persona::new(options, Arc::new(|| Timestamp(NOW))).unwrap();
        let told = persona.fetch("inq_1").await.unwrap_err();
        assert_eq!(matches!(told, ProviderError::Gone(_)), is_gone, "{said:?} {told:?}");
    }
    // Links and looks are not believed either.
    let vendor = Vendor::new([
        from(Some("env_sandbox"), linked(inquiry("created"))),
        from(Some("env_sandbox"), json_answer(200, json!({ "data": [inquiry("approved")] }))),
    ])
    .await;
    let options = PersonaOptions { environment: Some("env_live".to_owned()), ..options(&vendor, false) };
    let persona = Persona::new(options, Arc::new(|| Timestamp(NOW))).unwrap();
    assert!(persona.start(ATTEMPT).await.is_err() && persona.find("org_1:idv_1").await.is_err());
}
