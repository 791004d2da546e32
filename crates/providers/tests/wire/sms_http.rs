use keystead_providers::phone::SmsSender;
use keystead_providers::phone::sms_http::HttpSms;
use keystead_providers::{Health, ProviderError};
use serde_json::json;

use crate::secret;
use crate::vendor::{Answer, Vendor, answer_of, json_answer};

#[tokio::test]
async fn a_text_is_sent_as_json() {
    let vendor = Vendor::new([json_answer(201, json!({ "id": "msg_1" })), answer_of(202, "text/plain", "taken")]).await;
    let client = HttpSms::new(format!("{}/sms/messages", vendor.url), Some(secret("t0ken"))).unwrap();
    assert_eq!(client.health(), Health::Unknown);
    assert_eq!(client.send("+48512345678", "Twój kod: 012345").await, Ok("msg_1".to_owned()));
    assert_eq!(client.health(), Health::Up);

    let request = vendor.only_request();
    assert_eq!(request.line(), "POST /sms/messages");
    assert_eq!(request.header("authorization"), "Bearer t0ken");
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.json(), json!({ "to": "+48512345678", "text": "Twój kod: 012345" }));

    assert_eq!(client.send("+48512345678", "x").await, Ok(String::new()), "taken, though without a number");
    let open = HttpSms::new(vendor.url.clone(), None).unwrap();
    let _ = open.send("+48512345678", "x").await;
    assert_eq!(vendor.requests()[2].header("authorization"), "");
}

#[tokio::test]
async fn refusals_and_outages_are_distinguished() {
    for (status, refused) in
        [(400, true), (422, true), (401, false), (403, false), (404, false), (429, false), (503, false)]
    {
        let vendor = Vendor::new([json_answer(status, json!({ "error": "no text to +48512345678" }))]).await;
        let client = HttpSms::new(vendor.url.clone(), None).unwrap();
        let failure = client.send("+48512345678", "x").await.unwrap_err();
        assert_eq!(matches!(failure, ProviderError::Refused(_)), refused, "{status}");
        assert_eq!(client.health(), if refused { Health::Up } else { Health::Down }, "{status}");
        assert!(!failure.to_string().contains("512345678"), "nothing personal in an error");
    }
    let vendor = Vendor::new([Answer::Nothing]).await;
    let client = HttpSms::new(vendor.url.clone(), None).unwrap();
    assert!(matches!(client.send("+48512345678", "x").await, Err(ProviderError::Unavailable(_))));
    assert!(matches!(HttpSms::new("not an address".into(), None), Err(ProviderError::Refused(_))));
}
