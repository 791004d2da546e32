use keystead_core::time::Timestamp;
use keystead_core::verification::number::LineKind;
use keystead_core::verification::signals::SimCard;
use keystead_providers::phone::twilio::{Twilio, TwilioOptions};
use keystead_providers::phone::{Check, LineLookup, PhoneVerifier, Started};
use keystead_providers::{Health, ProviderError};
use serde_json::json;

use crate::secret;
use crate::vendor::{Answer, Vendor, answer_of, json_answer};

pub(crate) fn client(vendor: &Vendor) -> Twilio {
    Twilio::new(TwilioOptions {
        verify_base_url: format!("{}/verify/", vendor.url),
        lookup_base_url: format!("{}/lookup", vendor.url),
        account_sid: "AC1".into(),
        auth_token: secret("t0ken"),
        service_sid: "VA1".into(),
    })
    .unwrap()
}

fn error(status: u16, code: i64) -> Answer {
    json_answer(status, json!({ "code": code, "message": "about +48512345678", "status": status }))
}

/// base64 of `AC1:t0ken`.
const BASIC: &str = "Basic QUMxOnQwa2Vu";

// S1-16
#[tokio::test]
async fn a_code_is_sent() {
    let vendor = Vendor::new([json_answer(201, json!({ "sid": "VE1", "status": "pending" }))]).await;
    let twilio = client(&vendor);
    let started = Started { reference: "VE1".into(), resend_same_code: true };
    assert_eq!(twilio.start("+48512345678", "pl").await, Ok(started));
    let request = vendor.only_request();
    assert_eq!(request.line(), "POST /verify/v2/Services/VA1/Verifications");
    assert_eq!(request.header("authorization"), BASIC);
    assert_eq!(request.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(request.body, "To=%2B48512345678&Channel=sms&Locale=pl");
    assert_eq!(twilio.health(), Health::Up);
}

#[tokio::test]
async fn refusals_and_outages_of_sending() {
    let refused = [(400, 60200), (429, 60203), (400, 60205), (403, 60238), (403, 60410), (403, 60605), (400, 99999)];
    let outage = [(429, 60207), (429, 60212), (429, 20429), (401, 20003), (403, 20008), (404, 20404), (503, 20503)];
    let all = refused.map(|one| (one, true)).into_iter().chain(outage.map(|one| (one, false)));
    for ((status, code), refused) in all {
        let vendor = Vendor::new([error(status, code)]).await;
        let twilio = client(&vendor);
        let failure = twilio.start("+48512345678", "en").await.unwrap_err();
        let right = if refused {
            matches!(failure, ProviderError::Refused(_))
        } else {
            matches!(failure, ProviderError::Unavailable(_)) && twilio.health() == Health::Down
        };
        assert!(right, "{status} {code}: {failure}");
        assert!(!failure.to_string().contains("512345678"), "nothing personal in an error");
    }
}

#[tokio::test]
async fn a_code_is_checked() {
    let status =
        |status: &str| json_answer(200, json!({ "sid": "VE1", "status": status, "valid": status == "approved" }));
    for (answer, expected) in [
        (status("approved"), Check::Ok),
        (status("pending"), Check::Wrong),
        (status("expired"), Check::Expired),
        (status("canceled"), Check::Expired),
        (status("max_attempts_reached"), Check::TooMany),
        (error(429, 60202), Check::TooMany),
        (error(404, 20404), Check::Unknown),
        (answer_of(404, "text/html", "<h1>gone</h1>"), Check::Unknown),
        (error(400, 60200), Check::Wrong),
    ] {
        let vendor = Vendor::new([answer]).await;
        assert_eq!(client(&vendor).check("VE1", "012345").await, Ok(expected));
        let request = vendor.only_request();
        assert_eq!(request.line(), "POST /verify/v2/Services/VA1/VerificationCheck");
        assert_eq!(request.header("authorization"), BASIC);
        assert_eq!(request.body, "VerificationSid=VE1&Code=012345");
    }
}

#[tokio::test]
async fn a_broken_answer_does_not_count_as_an_attempt() {
    for broken in [
        json_answer(200, json!({ "status": "novel" })),
        json_answer(200, json!([])),
        answer_of(200, "text/html", "<h1>captive portal</h1>"),
        answer_of(200, "application/json", ""),
        error(429, 20429),
        error(500, 20500),
        error(401, 20003),
        Answer::Nothing,
    ] {
        let vendor = Vendor::new([broken.clone()]).await;
        let twilio = client(&vendor);
        assert!(matches!(twilio.check("VE1", "012345").await, Err(ProviderError::Unavailable(_))), "{broken:?}");
        assert_eq!(twilio.health(), Health::Down);
    }
}

#[tokio::test]
async fn an_ended_verification_can_be_ended_again() {
    let vendor =
        Vendor::new([json_answer(200, json!({ "status": "canceled" })), error(404, 20404), error(503, 0)]).await;
    let twilio = client(&vendor);
    assert_eq!(twilio.cancel("VE1").await, Ok(()));
    assert_eq!(twilio.cancel("VE1").await, Ok(()));
    assert!(matches!(twilio.cancel("VE1/../../x").await, Err(ProviderError::Unavailable(_))));
    let requests = vendor.requests();
    assert_eq!(requests[0].line(), "POST /verify/v2/Services/VA1/Verifications/VE1");
    assert_eq!(requests[0].body, "Status=canceled");
    assert_eq!(requests[2].path, "/verify/v2/Services/VA1/Verifications/VE1%2F..%2F..%2Fx");
}

// S1-32, S1-33
#[tokio::test]
async fn carriers_report_the_line_type() {
    let words = [
        ("mobile", LineKind::Mobile),
        ("landline", LineKind::Landline),
        ("fixedVoip", LineKind::FixedVoip),
        ("nonFixedVoip", LineKind::NonFixedVoip),
        ("personal", LineKind::Personal),
        ("tollFree", LineKind::TollFree),
        ("premium", LineKind::Premium),
        ("sharedCost", LineKind::SharedCost),
        ("uan", LineKind::Uan),
        ("voicemail", LineKind::Voicemail),
        ("pager", LineKind::Pager),
        ("unknown", LineKind::Unknown),
        ("novel", LineKind::Unknown),
    ];
    for (word, line) in words {
        let vendor =
            Vendor::new([json_answer(200, json!({ "line_type_intelligence": { "type": word, "error_code": null } }))])
                .await;
        assert_eq!(client(&vendor).lookup("+14159929960").await, Ok(line), "{word}");
        let request = vendor.only_request();
        assert_eq!(request.line(), "GET /lookup/v2/PhoneNumbers/+14159929960?Fields=line_type_intelligence");
        assert_eq!(request.header("authorization"), BASIC);
    }
    let vendor = Vendor::new([json_answer(200, json!({ "line_type_intelligence": null }))]).await;
    assert_eq!(client(&vendor).lookup("+14159929960").await, Ok(LineKind::Unknown));
}

#[tokio::test]
async fn a_failed_lookup_differs_from_an_unknown_answer() {
    let unasked = json!({ "line_type_intelligence": { "type": null, "error_code": 60601 } });
    for answer in
        [json_answer(200, unasked), answer_of(200, "text/html", "<h1>?</h1>"), error(429, 20429), error(500, 0)]
    {
        let vendor = Vendor::new([answer]).await;
        assert!(matches!(client(&vendor).lookup("+14165550100").await, Err(ProviderError::Unavailable(_))));
    }
    let vendor = Vendor::new([error(404, 20404)]).await;
    assert!(matches!(client(&vendor).lookup("+14165550100").await, Err(ProviderError::Gone(_))));
}

// A date if the carrier has one, otherwise whether it was changed within a period.
#[tokio::test]
async fn carriers_report_sim_changes() {
    let last = |last: serde_json::Value| {
        json_answer(200, json!({ "sim_swap": { "last_sim_swap": last, "error_code": null } }))
    };
    let (date, day) = ("2026-11-20T14:02:11Z", 86_400);
    for (answer, card) in [
        (
            last(json!({ "last_sim_swap_date": date, "swapped_in_period": true })),
            SimCard::Since(Timestamp(1_795_183_331)),
        ),
        (
            last(json!({ "last_sim_swap_date": null, "swapped_period": "PT48H", "swapped_in_period": true })),
            SimCard::Within(2 * day),
        ),
        (
            last(json!({ "last_sim_swap_date": null, "swapped_period": "PT48H", "swapped_in_period": false })),
            SimCard::Unknown,
        ),
        (
            last(json!({ "last_sim_swap_date": "soon", "swapped_period": "-PT48H", "swapped_in_period": true })),
            SimCard::Unknown,
        ),
        (last(json!({ "swapped_period": 48, "swapped_in_period": "true" })), SimCard::Unknown),
        (last(json!(null)), SimCard::Unknown),
        (json_answer(200, json!({ "sim_swap": null })), SimCard::Unknown),
    ] {
        let vendor = Vendor::new([answer]).await;
        assert_eq!(client(&vendor).sim_card("+48512345678").await, Ok(card));
        assert_eq!(vendor.only_request().line(), "GET /lookup/v2/PhoneNumbers/+48512345678?Fields=sim_swap");
    }
    let incomplete = json_answer(200, json!({ "sim_swap": { "last_sim_swap": null, "error_code": 60_620 } }));
    for answer in [incomplete, error(429, 20429), answer_of(200, "text/html", "<h1>?</h1>")] {
        let vendor = Vendor::new([answer]).await;
        assert!(matches!(client(&vendor).sim_card("+48512345678").await, Err(ProviderError::Unavailable(_))));
    }
}
