//! Client certificates in the running product: who may report one, and that a change holds on the next request.

use serde_json::{Value, json};

use crate::network::{CLOSE, send};
use crate::product::{Answer, Product};
use crate::upstream;

const ALL: &str = "/v1/organization/certificates";
const AUTHORITY: &str = include_str!("../../../../tests/certificates/authority.pem");
const OTHER: &str = include_str!("../../../../tests/certificates/other-authority.pem");
const CLIENT: &str = include_str!("../../../../tests/certificates/client.pem");
const OTHER_CLIENT: &str = include_str!("../../../../tests/certificates/other-client.pem");

/// The header that nginx writes with `$ssl_client_escaped_cert`.
pub(crate) fn header(pem: &str) -> String {
    let escape = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    format!("X-Client-Cert: {}", pem.bytes().map(escape).collect::<String>())
}

/// The product behind proxies, an admin key, a project, and the key of its service account.
fn started(proxies: &str) -> (Product, String, String, String) {
    let base_url = upstream::start();
    let product = Product::start(&[
        ("KEYSTEAD_SERVER__TRUSTED_PROXIES", proxies),
        ("KEYSTEAD_NETWORK__CLIENT_CERTIFICATE_HEADER", "X-Client-Cert"),
        ("KEYSTEAD_UPSTREAM__0__NAME", "test"),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", &base_url),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
    ]);
    let made = product.bootstrap();
    let (admin, project) = (made["admin_key"].as_str().unwrap(), made["project_id"].as_str().unwrap());
    let accounts = format!("/v1/organization/projects/{project}/service_accounts");
    let account = product.call("POST", &accounts, admin, Some(&json!({ "name": "bot" }))).json();
    let key = account["api_key"]["value"].as_str().unwrap().to_owned();
    let (admin, project) = (admin.to_owned(), project.to_owned());
    (product, admin, project, key)
}

fn post(product: &Product, admin: &str, path: &str, body: &Value) -> Value {
    let answer = product.call("POST", path, admin, Some(body));
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

fn chat(product: &Product, key: &str, lines: &[&str]) -> Answer {
    let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hello" }] });
    send(product, ("POST", "/v1/chat/completions"), key, lines, &body)
}

#[test]
fn a_trusted_proxy_reports_the_certificate() {
    let (product, admin, project, key) = started("127.0.0.1");
    let code = |lines: &[&str]| {
        let answer = chat(&product, &key, lines);
        (answer.status, answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let served = (200, String::new());
    let refused = |code: &str| (401, code.to_owned());
    let (client, other) = (header(CLIENT), header(OTHER_CLIENT));
    assert_eq!(code(&[CLOSE]), served);
    let ours = post(&product, &admin, ALL, &json!({ "certificate": AUTHORITY, "name": "ours" }))["id"].clone();
    let theirs = post(&product, &admin, ALL, &json!({ "certificate": OTHER }))["id"].clone();
    assert_eq!(code(&[CLOSE]), served, "an uploaded certificate is not active");

    let of_project = format!("/v1/organization/projects/{project}/certificates");
    post(&product, &admin, &format!("{of_project}/activate"), &json!({ "certificate_ids": [ours] }));
    assert_eq!(code(&[CLOSE]), refused("certificate_required"));
    assert_eq!(code(&[CLOSE, "X-Client-Cert: "]), refused("certificate_required"));
    assert_eq!(code(&[CLOSE, "X_Client_Cert: x", "Client-Cert: x"]), refused("certificate_required"));
    assert_eq!(
        code(&[CLOSE, &client, &client]),
        refused("certificate_required"),
        "of two it is unknown who wrote which"
    );
    assert_eq!(code(&[CLOSE, "X-Client-Cert: nonsense"]), refused("certificate_not_accepted"));
    assert_eq!(code(&[CLOSE, &other]), refused("certificate_not_accepted"));
    assert_eq!(code(&[CLOSE, &client]), served);
    assert_eq!(code(&[CLOSE, &client]), served, "as it is remembered");
    for path in ["/v1/models", "/v1/me"] {
        assert_eq!(send(&product, ("GET", path), &key, &[CLOSE], &Value::Null).status, 401, "{path}");
        assert_eq!(send(&product, ("GET", path), &key, &[CLOSE, &client], &Value::Null).status, 200, "{path}");
    }
    // The administration and the pages stay open, so that an owner can always deactivate it.
    assert_eq!(send(&product, ("GET", ALL), &admin, &[CLOSE], &Value::Null).status, 200);
    assert_eq!(send(&product, ("GET", "/sign-in"), "", &[CLOSE], &Value::Null).status, 200);

    // Each change holds on the next request.
    post(&product, &admin, &format!("{ALL}/activate"), &json!({ "certificate_ids": [theirs] }));
    assert_eq!(code(&[CLOSE, &other]), served, "the organization's are accepted in addition");
    assert_eq!(code(&[CLOSE, &client]), served);
    post(&product, &admin, &format!("{of_project}/deactivate"), &json!({ "certificate_ids": [ours] }));
    assert_eq!(code(&[CLOSE, &client]), refused("certificate_not_accepted"));
    assert_eq!(code(&[CLOSE, &other]), served);
    post(&product, &admin, &format!("{ALL}/deactivate"), &json!({ "certificate_ids": [theirs] }));
    assert_eq!(code(&[CLOSE]), served);

    let doctor = product.run(&["doctor", "--json"]);
    let check = doctor["checks"].as_array().unwrap().iter().find(|check| check["check"] == "certificates");
    assert!(check.unwrap()["detail"].as_str().unwrap().contains("x-client-cert"), "{doctor}");
}

#[test]
fn a_strangers_certificate_is_not_believed() {
    let (product, admin, project, key) = started("192.0.2.0/24");
    let ours = post(&product, &admin, ALL, &json!({ "certificate": AUTHORITY }))["id"].clone();
    let path = format!("/v1/organization/projects/{project}/certificates/activate");
    post(&product, &admin, &path, &json!({ "certificate_ids": [ours] }));
    let client = header(CLIENT);
    for lines in [&[CLOSE][..], &[CLOSE, &client], &[CLOSE, "X-Forwarded-For: 192.0.2.1", &client]] {
        let answer = chat(&product, &key, lines);
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (401, &json!("certificate_required")),
            "{lines:?}"
        );
    }
}
