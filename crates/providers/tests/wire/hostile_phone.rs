//! Random and truncated answers of services that send codes: no client panics, every failure has a type, and its text
//! contains nothing personal.

use std::fmt::Debug;

use keystead_core::verification::number::LineKind;
use keystead_providers::phone::sms_http::HttpSms;
use keystead_providers::phone::twilio::Twilio;
use keystead_providers::phone::{Check, LineLookup, PhoneVerifier, SmsSender};
use keystead_providers::{Health, ProviderError};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::hostile::{some, value, within};
use crate::twilio::client;
use crate::vendor::{Vendor, answer_of, json_answer};

const NUMBER: &str = "+48512345678";

/// Checks that an error is short, in our words, and contains neither the number nor the service's text.
fn told<T: Debug>(outcome: &Result<T, ProviderError>, answer: &dyn Debug) {
    let Err(failure) = outcome else { return };
    let text = format!("{failure} {failure:?}");
    assert!(text.len() <= 200 && text.is_ascii() && !text.contains("512345678"), "{text}: {answer:?}");
    assert!(!text.contains("script"), "nothing that was said is repeated: {text}");
}

/// Checks that a kept reference is a short word.
fn tame(reference: &str) -> bool {
    (1..=64).contains(&reference.len()) && reference.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Calls every function of Twilio's client with the same answer; counts the answers that were accepted.
async fn everything_of_twilio(vendor: &Vendor, twilio: &Twilio, status: u16, kind: &str, body: &[u8]) -> usize {
    let again = || {
        vendor.clear_answers();
        vendor.queue([answer_of(status, kind, body.to_vec())]);
    };
    again();
    let started = twilio.start(NUMBER, "pl").await;
    told(&started, &String::from_utf8_lossy(body));
    assert!(started.as_ref().is_err() || (200..300).contains(&status), "{status} sends nothing");
    assert!(started.as_ref().is_ok_and(|begun| tame(&begun.reference)) || started.is_err());
    again();
    let checked = twilio.check("VE1", "012345").await;
    told(&checked, &String::from_utf8_lossy(body));
    // Only the service's own word proves a number.
    if checked == Ok(Check::Ok) {
        let said: Value = serde_json::from_slice(body).unwrap();
        assert!((200..300).contains(&status) && said["status"] == "approved", "{status} {said}");
    }
    again();
    let line = twilio.lookup(NUMBER).await;
    told(&line, &String::from_utf8_lossy(body));
    assert!(line.is_err() || (200..300).contains(&status));
    again();
    let sim = twilio.sim_card(NUMBER).await;
    told(&sim, &String::from_utf8_lossy(body));
    assert!(sim.is_err() || (200..300).contains(&status));
    again();
    let ended = twilio.cancel("VE1").await;
    told(&ended, &String::from_utf8_lossy(body));
    assert_ne!(twilio.health(), Health::Unknown);
    usize::from(started.is_ok())
        + usize::from(checked.is_ok())
        + usize::from(line.is_ok_and(|line| line != LineKind::Unknown))
}

const STATUSES: [u16; 6] = [200, 201, 400, 404, 429, 500];

// S1-16, S1-19: an answer of a wrong type, too large or invented proves no number, does not count as an attempt and
// contains nothing personal.
#[tokio::test]
async fn twilio_of_any_content() {
    let verification = json!({ "sid": "VE1", "status": "approved", "valid": true });
    let line = json!({ "line_type_intelligence": { "type": "mobile", "error_code": null } });
    let sim = json!({ "sim_swap": { "last_sim_swap": { "swapped_period": "PT1H", "swapped_in_period": true } } });
    let refusal = json!({ "code": 60_200, "message": "about +48512345678" });
    let vendor = Vendor::new([]).await;
    let twilio = client(&vendor);
    let mut read = 0;
    for (nth, made) in some(90, value()).into_iter().enumerate() {
        let status = STATUSES[nth % STATUSES.len()];
        let bodies = [
            made.clone(),
            within(&verification, &["sid"], made.clone()),
            within(&verification, &["status"], made.clone()),
            within(&line, &["line_type_intelligence"], made.clone()),
            within(&sim, &["sim_swap", "last_sim_swap"], made.clone()),
            within(&sim, &["sim_swap", "last_sim_swap", "swapped_period"], made.clone()),
            within(&line, &["line_type_intelligence", "type"], made.clone()),
            within(&line, &["line_type_intelligence", "error_code"], made.clone()),
            within(&refusal, &["code"], made),
        ];
        for body in bodies {
            let status = if nth % 2 == 0 { 200 } else { status };
            read +=
                everything_of_twilio(&vendor, &twilio, status, "application/json", body.to_string().as_bytes()).await;
        }
    }
    assert!(read > 100, "the made-up ones reach what is read: {read}");
}

#[tokio::test]
async fn twilio_cut_giant_deep_and_no_text() {
    let vendor = Vendor::new([]).await;
    let twilio = client(&vendor);
    let whole =
        json!({ "sid": "VE1", "status": "approved", "line_type_intelligence": { "type": "mobile" } }).to_string();
    let mut bodies: Vec<Vec<u8>> = (0..whole.len()).map(|end| whole.as_bytes()[..end].to_vec()).collect();
    bodies.extend(some(60, prop::collection::vec(any::<u8>(), 0..300)));
    // Valid except for one letter that is not text, for nesting deeper than any parser allows, and for a word of a
    // megabyte.
    let mut latin = whole.clone().into_bytes();
    latin[9] = 0xff;
    bodies.push(latin);
    for (open, close) in [("[", "]"), ("{\"sid\":", "}"), ("{\"line_type_intelligence\":", "}")] {
        bodies.push(format!("{}1{}", open.repeat(20_000), close.repeat(20_000)).into_bytes());
    }
    bodies.push(
        json!({ "sid": "V".repeat(1_000_000), "line_type_intelligence": "x".repeat(9) }).to_string().into_bytes(),
    );
    bodies.push(format!("{{\"sid\":\"VE1\",\"status\":\"approved\",\"x\":\"{}\"}}", "x".repeat(1 << 20)).into_bytes());
    for body in bodies {
        let read = everything_of_twilio(&vendor, &twilio, 200, "application/json", &body).await;
        assert_eq!(read, 0, "{}", String::from_utf8_lossy(&body[..body.len().min(200)]));
    }
    assert_eq!(
        everything_of_twilio(&vendor, &twilio, 200, "text/html", whole.as_bytes()).await,
        3,
        "the whole one is read"
    );
}

// Twilio's error numbers are kept; a telephone number in that place is not.
#[tokio::test]
async fn a_number_instead_of_a_code_is_not_repeated() {
    let vendor = Vendor::new([]).await;
    let twilio = client(&vendor);
    for code in [json!(48_512_345_678_i64), json!("48512345678"), json!(-1), json!(i64::MIN), json!(1e300), json!([1])]
    {
        for status in STATUSES {
            let body = json!({ "code": code, "line_type_intelligence": { "type": "mobile", "error_code": code } });
            everything_of_twilio(&vendor, &twilio, status, "application/json", body.to_string().as_bytes()).await;
        }
        vendor.clear_answers();
        vendor.queue([json_answer(200, json!({ "line_type_intelligence": { "type": "mobile", "error_code": code } }))]);
        assert!(matches!(twilio.lookup(NUMBER).await, Err(ProviderError::Unavailable(_))), "{code}");
    }
}

// S1-16: a gateway that accepted the text is believed, with any other content; every other answer is a typed failure.
#[tokio::test]
async fn text_gateways_of_any_content() {
    let vendor = Vendor::new([]).await;
    let gateway = HttpSms::new(vendor.url.clone(), None).unwrap();
    let mut bodies: Vec<Vec<u8>> = some(120, value()).iter().map(|made| made.to_string().into_bytes()).collect();
    bodies.extend(some(120, ".{0,300}").into_iter().map(|id| json!({ "id": id }).to_string().into_bytes()));
    bodies.extend(some(60, prop::collection::vec(any::<u8>(), 0..300)));
    bodies.push(format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000)).into_bytes());
    bodies.push(json!({ "id": "m".repeat(100_000) }).to_string().into_bytes());
    let mut numbered = 0;
    for body in bodies {
        for status in [200, 202, 400, 422, 429, 503] {
            vendor.clear_answers();
            vendor.queue([answer_of(status, "application/json", body.clone())]);
            let sent = gateway.send(NUMBER, "your code is 012345").await;
            told(&sent, &String::from_utf8_lossy(&body));
            assert!(!format!("{sent:?}").contains("012345") || status < 300);
            match &sent {
                Ok(id) => {
                    assert!(status < 300 && id.len() <= 255);
                    numbered += usize::from(!id.is_empty());
                }
                Err(ProviderError::Refused(_)) => assert!(status == 400 || status == 422),
                Err(ProviderError::Unavailable(_)) => assert!(status == 429 || status == 503),
                Err(ProviderError::Gone(_)) => panic!("a gateway knows of nothing that could be gone"),
            }
        }
    }
    assert!(numbered > 10, "the made-up ones reach what is read: {numbered}");
}
