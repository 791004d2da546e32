//! Twilio is down and a second service for codes is set up, over real HTTP.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::product::Product;
use crate::verification::{Owner, PHONE, code_of};

/// Starts a plain gateway for text messages, and returns what it received.
fn gateway() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/messages", listener.local_addr().unwrap());
    let texts: Arc<Mutex<Vec<Value>>> = Arc::default();
    let book = Arc::clone(&texts);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut got = Vec::new();
            let mut piece = [0; 4096];
            let body = loop {
                let read = stream.read(&mut piece).unwrap();
                got.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&got).into_owned();
                let body = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
                if body.is_some() || read == 0 {
                    break body;
                }
            };
            book.lock().unwrap().extend(body);
            let _ = stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
        }
    });
    (url, texts)
}

#[test]
fn the_second_service_sends_the_code() {
    let (url, texts) = gateway();
    let product = Product::start(&[
        ("KEYSTEAD_SMS_FALLBACK__PROVIDER", "http"),
        ("KEYSTEAD_SMS_FALLBACK__BASE_URL", &url),
        ("KEYSTEAD_OPERATOR__EMAILS", "eve@example.com"),
    ]);
    let owner = Owner::new(&product, "eve@example.com");
    let down = |down: bool| product.sandbox("POST", "/sandbox/twilio", Some(&json!({ "down": down })));
    assert_eq!(down(true).status, 204);
    let (status, sent) = owner.post("/v1/keystead/phone_verifications", json!({ "phone_number": PHONE }));
    assert_eq!((status, &sent["status"], &sent["checks_left"]), (200, &json!("code_sent"), &json!(5)), "{sent}");
    let text = texts.lock().unwrap()[0]["text"].as_str().unwrap().to_owned();
    let code = text.rsplit('#').next().unwrap().to_owned();
    let log = owner.get("/v1/organization/audit_logs?limit=20");
    let said =
        log["data"].as_array().unwrap().iter().find(|event| event["keystead_type"] == "phone.provider_down").unwrap();
    let data = &said["phone.provider_down"]["data"];
    assert_eq!(data, &json!({ "services": ["sms"], "sent_by": "sms_fallback" }), "{said}");
    // Twilio recovers, and the code is checked by the service that made it.
    assert_eq!(down(false).status, 204);
    let check = format!("/v1/keystead/phone_verifications/{}/check", sent["id"].as_str().unwrap());
    let (status, wrong) = owner.post(&check, json!({ "code": if code == "000000" { "000001" } else { "000000" } }));
    assert_eq!((status, code_of(&wrong)), (400, "phone_code_wrong"), "{wrong}");
    let (status, checked) = owner.post(&check, json!({ "code": code }));
    assert_eq!((status, &checked["status"]), (200, &json!("verified")), "{checked}");
    assert!(!product.log().contains("512345678") && !product.log().contains(&code));
}
