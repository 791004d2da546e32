//! Outages that every client handles, tested with one of them: `HttpSms` has the simplest protocol.

use keystead_providers::phone::SmsSender;
use keystead_providers::phone::sms_http::HttpSms;
use keystead_providers::{Health, ProviderError};
use serde_json::json;
use tokio::net::TcpListener;

use crate::secret;
use crate::vendor::{Answer, Vendor, answer_of, json_answer};

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Vendor::new([json_answer(201, json!({ "id": "stolen" }))]).await;
    for status in [301, 302, 307, 308] {
        let headers = vec![("location", format!("{}/sms/messages", elsewhere.url))];
        let vendor = Vendor::new([Answer::Whole { status, headers, body: Vec::new() }]).await;
        let client = HttpSms::new(vendor.url.clone(), Some(secret("t0ken"))).unwrap();
        assert!(matches!(client.send("+48512345678", "x").await, Err(ProviderError::Unavailable(_))), "{status}");
    }
    assert!(elsewhere.requests().is_empty(), "neither the token nor the number went there");
}

#[tokio::test]
async fn answers_are_bounded() {
    let body = |size: usize| format!("{{\"id\":\"{}\"}}", "x".repeat(size - 9));
    let vendor = Vendor::new([
        answer_of(201, "application/json", body(1 << 20)),
        answer_of(201, "application/json", body((1 << 20) + 1)),
    ])
    .await;
    let client = HttpSms::new(vendor.url.clone(), None).unwrap();
    assert!(client.send("+48512345678", "x").await.is_ok());
    assert_eq!(client.send("+48512345678", "x").await, Err(ProviderError::Unavailable("an answer over 1 MiB".into())));
}

#[tokio::test]
async fn silence_is_an_outage_and_its_error_has_no_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/to/+48512345678", listener.local_addr().unwrap());
    drop(listener);
    let client = HttpSms::new(closed, Some(secret("t0ken"))).unwrap();
    let failure = client.send("+48512345678", "x").await.unwrap_err();
    assert_eq!(failure, ProviderError::Unavailable("no connection".into()), "no address, which may hold a number");
    assert_eq!(client.health(), Health::Down);
    assert!(!format!("{client:?}").contains("t0ken"));
}

#[tokio::test]
async fn a_service_that_comes_back_is_up_again() {
    let vendor = Vendor::new([Answer::Nothing, json_answer(201, json!({ "id": "m" }))]).await;
    let client = HttpSms::new(vendor.url.clone(), None).unwrap();
    assert!(client.send("+48512345678", "x").await.is_err());
    assert_eq!(client.health(), Health::Down);
    assert!(client.send("+48512345678", "x").await.is_ok());
    assert_eq!(client.health(), Health::Up);
    assert!(vendor.requests()[0].header("user-agent").starts_with("keystead/"));
}
