//! The built-in reviewer as it is configured and served; the browser journey covers all of it.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::product::Product;

const ZONE: &str = "P%3CUTOERIKSSON%3C%3CANNA%3CMARIA%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%3C%0A\
                    L898902C36UTO7408122F1204159ZE184226B%3C%3C%3C%3C%3C10";

/// Sends one request of a browser; returns the whole answer as text.
fn browse(product: &Product, method: &str, path: &str, cookie: &str, form: &str) -> String {
    let host = &product.listen;
    let raw = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    );
    let mut stream = product.connect();
    stream.write_all(raw.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

// S3-31: the link works, the camera is allowed only on its page, and nothing about the person is logged.
#[test]
fn a_capture_is_served_and_stays_out_of_the_log() {
    let product =
        Product::start(&[("KEYSTEAD_IDENTITY__PROVIDER", "review"), ("KEYSTEAD_OPERATOR__EMAILS", "ops@example.com")]);
    let made = product.bootstrap();
    let admin = made["admin_key"].as_str().unwrap();
    let begun =
        product.call("POST", "/v1/keystead/organization_verifications", admin, Some(&json!({ "consent": true })));
    let begun = begun.json();
    let url = begun["url"].as_str().unwrap();
    let path = url.strip_prefix(&format!("http://{}", product.listen)).unwrap();
    let token = path.strip_prefix("/verify/").and_then(|rest| rest.strip_suffix("/capture")).unwrap();
    let page = browse(&product, "GET", path, "", "");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("camera=(self)"), "{page}");
    assert!(page.contains(begun["match_number"].as_str().unwrap()));
    assert!(browse(&product, "GET", "/sign-in", "", "").contains("camera=()"));

    let begin = browse(&product, "POST", path, "", "country=PL");
    let cookie = begin.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap().split(';').next().unwrap();
    assert!(begin.starts_with("HTTP/1.1 303") && begin.contains("HttpOnly; SameSite=Lax"), "{begin}");
    assert!(browse(&product, "GET", path, "", "").contains("HTTP/1.1 200"), "another device sees a dead link");
    assert!(!browse(&product, "GET", path, "", "").contains("<form"));
    let chosen = browse(&product, "POST", &format!("{path}/document"), cookie, "document=passport");
    assert!(chosen.starts_with("HTTP/1.1 303"), "{chosen}");
    let typed = browse(&product, "POST", &format!("{path}/zone"), cookie, &format!("zone={ZONE}"));
    assert!(typed.starts_with("HTTP/1.1 303"), "{typed}");
    let verification = product.call("GET", "/v1/keystead/organization_verifications", admin, None).json();
    assert_eq!(
        (&verification["status"], &verification["attempt"]["provider"]),
        (&json!("in_progress"), &json!("review"))
    );

    let folder = product.folder().join("data/evidence");
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700, "for this user only");
    let doctor = product.run(&["doctor", "--json"]);
    let checks = doctor["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["check"] == "reviewer" && check["ok"] == true), "{doctor}");
    let secret = cookie.split('=').nth(1).unwrap();
    let log = product.log();
    for secret in [token, secret, "ERIKSSON", "L898902C3"] {
        let line = log.lines().find(|line| line.contains(secret)).unwrap_or_default();
        assert!(line.is_empty(), "it is in the log: {line}");
    }
}
