//! The origin of requests in the running product: forged and trusted addresses, IP allowlists, countries.

use serde_json::{Value, json};

use crate::product::{Answer, Product};
use crate::upstream;

const LISTS: &str = "/v1/keystead/organization/ip_allowlists";

/// Sends one request with additional header lines.
pub(crate) fn send(product: &Product, (method, path): (&str, &str), key: &str, lines: &[&str], body: &Value) -> Answer {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    product.raw(
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\n{lines}{kind}Content-Length: {}\r\n\r\n{body}",
            product.listen,
            body.len()
        )
        .as_bytes(),
    )
}

/// Returns the addresses of the organization's newest audit entries, newest first.
fn audited(product: &Product, key: &str, count: usize) -> Vec<String> {
    let log = product.call("GET", "/v1/organization/audit_logs", key, None).json();
    let rows = log["data"].as_array().unwrap().iter().take(count);
    rows.map(|row| row["actor"]["api_key"]["ip_address"].as_str().unwrap().to_owned()).collect()
}

fn project(name: &str) -> Value {
    json!({ "name": name })
}

const PROJECTS: (&str, &str) = ("POST", "/v1/organization/projects");
pub(crate) const CLOSE: &str = "Connection: close";

#[test]
fn a_strangers_headers_change_no_address() {
    let product = Product::start(&[("KEYSTEAD_SERVER__TRUSTED_PROXIES", "192.0.2.0/24")]);
    let made = product.bootstrap();
    let admin = made["admin_key"].as_str().unwrap();
    for lines in [
        &[CLOSE, "X-Forwarded-For: 198.51.100.1"][..],
        &[CLOSE, "X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 192.0.2.1"],
        &[CLOSE, "X_Forwarded_For: 198.51.100.1"],
        &["Connection: close, X-Forwarded-For", "X-Forwarded-For: 198.51.100.1"],
        &[CLOSE, "Forwarded: for=198.51.100.1", "X-Real-IP: 198.51.100.1", "CF-Connecting-IP: 198.51.100.1"],
    ] {
        let done = send(&product, PROJECTS, admin, lines, &project("x"));
        assert_eq!(done.status, 200, "{lines:?}: {done:?}");
    }
    assert_eq!(audited(&product, admin, 5), ["127.0.0.1"; 5]);
}

#[test]
fn a_trusted_proxy_reports_the_client() {
    let product = Product::start(&[("KEYSTEAD_SERVER__TRUSTED_PROXIES", "127.0.0.1, 192.0.2.0/24")]);
    let made = product.bootstrap();
    let admin = made["admin_key"].as_str().unwrap();
    let mut expected = Vec::new();
    for (lines, address) in [
        (&[CLOSE, "X-Forwarded-For: 198.51.100.1"][..], "198.51.100.1"),
        (&[CLOSE, "X-Forwarded-For: 1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        (&[CLOSE, "X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 198.51.100.1, 192.0.2.7"], "198.51.100.1"),
        (&[CLOSE, "X-Forwarded-For: ::ffff:198.51.100.1"], "198.51.100.1"),
        (&[CLOSE, "X-Forwarded-For: 2001:db8::7"], "2001:db8::7"),
        (&[CLOSE, "X-Forwarded-For: 198.51.100.1, nonsense"], "127.0.0.1"),
        (&[CLOSE, "X_Forwarded_For: 198.51.100.1", "X-Real-IP: 198.51.100.1"], "127.0.0.1"),
        (&[CLOSE], "127.0.0.1"),
    ] {
        let done = send(&product, PROJECTS, admin, lines, &project("x"));
        assert_eq!(done.status, 200, "{lines:?}: {done:?}");
        expected.insert(0, address);
    }
    assert_eq!(audited(&product, admin, expected.len()), expected);
    let doctor = product.run(&["doctor", "--json"]);
    let proxies = doctor["checks"].as_array().unwrap().iter().find(|check| check["check"] == "proxies");
    assert!(proxies.unwrap()["detail"].as_str().unwrap().starts_with("127.0.0.1, 192.0.2.0/24 trusted"), "{doctor}");
}

#[test]
fn a_list_applies_from_the_next_request() {
    let base_url = upstream::start();
    let product = Product::start(&[
        ("KEYSTEAD_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
        ("KEYSTEAD_UPSTREAM__0__NAME", "test"),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", &base_url),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
    ]);
    let made = product.bootstrap();
    let (admin, project) = (made["admin_key"].as_str().unwrap(), made["project_id"].as_str().unwrap());
    let accounts = format!("/v1/organization/projects/{project}/service_accounts");
    let account = product.call("POST", &accounts, admin, Some(&json!({ "name": "bot" }))).json();
    let key = account["api_key"]["value"].as_str().unwrap();
    let (office, street) = ([CLOSE, "X-Forwarded-For: 203.0.113.9"], [CLOSE, "X-Forwarded-For: 198.51.100.1"]);
    let chat = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hello" }] });
    let call = |from: &[&str]| send(&product, ("POST", "/v1/chat/completions"), key, from, &chat);
    let manage = |from: &[&str], verb: &str, id: &str| {
        send(&product, ("POST", &format!("{LISTS}/{id}/{verb}")), admin, from, &json!({}))
    };
    let make = |body: Value| {
        let made = send(&product, ("POST", LISTS), admin, &office, &body);
        assert_eq!(made.status, 200, "{made:?}");
        made.json()["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(call(&street).status, 200);

    let list = make(json!({ "name": "office", "allowed_ips": ["203.0.113.0/24"] }));
    assert_eq!(call(&street).status, 200, "it is not in force yet");
    let caught = manage(&street, "activate", &list);
    assert_eq!((caught.status, &caught.json()["error"]["code"]), (400, &json!("ip_allowlist_locks_out")));
    assert_eq!(manage(&office, "activate", &list).status, 200);
    let refused = call(&street);
    assert_eq!(refused.status, 401, "{refused:?}");
    assert_eq!(
        refused.body,
        r#"{"error":{"code":"ip_not_authorized","message":"Your IP is not authorized to make this request","param":null,"type":"invalid_request_error"}}"#
    );
    assert_eq!(call(&office).status, 200);
    assert_eq!(send(&product, ("GET", "/v1/models"), key, &street, &Value::Null).status, 401);
    assert_eq!(manage(&street, "deactivate", &list).status, 401, "the administration is API, too");
    // Pages are not affected: an owner can always correct it.
    assert_eq!(send(&product, ("GET", "/sign-in"), "", &street, &Value::Null).status, 200);

    // The project's own list applies in addition: both must admit the address.
    let own = make(json!({ "name": "robots", "allowed_ips": ["198.51.100.1", "203.0.113.50"], "project_id": project }));
    let forced =
        send(&product, ("POST", &format!("{LISTS}/{own}/activate")), admin, &office, &json!({ "force": true }));
    assert_eq!(forced.status, 200, "{forced:?}");
    assert_eq!(call(&office).status, 401);
    assert_eq!(call(&street).status, 401);
    assert_eq!(call(&[CLOSE, "X-Forwarded-For: 203.0.113.50"]).status, 200);

    // After a list is deactivated, the address is served again at once.
    assert_eq!(manage(&office, "deactivate", &own).status, 200);
    assert_eq!(call(&office).status, 200);
    assert_eq!(manage(&office, "deactivate", &list).status, 200);
    assert_eq!(call(&street).status, 200);
}

// Checked before the key.
#[test]
fn countries_that_are_not_served() {
    let product = Product::start(&[
        ("KEYSTEAD_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
        ("KEYSTEAD_NETWORK__COUNTRY_HEADER", "CF-IPCountry"),
        ("KEYSTEAD_NETWORK__REFUSED_COUNTRIES", "AQ"),
    ]);
    let from =
        |country: &str| [CLOSE.to_owned(), "X-Forwarded-For: 203.0.113.9".into(), format!("CF-IPCountry: {country}")];
    let call = |method: &str, path: &str, country: &str| {
        let lines = from(country);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        send(&product, (method, path), "", &lines, &Value::Null)
    };
    for (method, path) in [("POST", "/v1/chat/completions"), ("GET", "/v1/me"), ("GET", "/v1/organization/users")] {
        let refused = call(method, path, "AQ");
        assert_eq!(refused.status, 403, "{path}");
        assert_eq!(
            refused.body,
            r#"{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","param":null,"type":"request_forbidden"}}"#
        );
        assert_eq!(call(method, path, "PL").status, 401, "only the key is missing");
        assert_eq!(call(method, path, "XX").status, 401, "an unknown country is none of those refused");
    }
    assert_eq!(call("GET", "/sign-in", "AQ").status, 200, "pages are open to everybody");
    let doctor = product.run(&["doctor", "--json"]);
    let countries = doctor["checks"].as_array().unwrap().iter().find(|check| check["check"] == "countries");
    assert_eq!(countries.unwrap()["detail"], "not AQ, known by the proxies' cf-ipcountry", "{doctor}");
}
