//! The whole surface: headers, methods and paths of every route, and which parts of a request reach the log.

use serde_json::Value;

use crate::product::{Answer, Product};
use crate::upstream;

/// Sends one request with these header lines, on a separate connection.
fn send(product: &Product, method: &str, path: &str, lines: &str) -> Answer {
    let raw = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{lines}Connection: close\r\n\r\n", product.listen);
    product.raw(raw.as_bytes())
}

fn bearer(key: &str) -> String {
    format!("Authorization: Bearer {key}\r\n")
}

fn admin(product: &Product) -> String {
    product.bootstrap()["admin_key"].as_str().unwrap().to_owned()
}

/// Lists every path of every plane, with parameters filled in.
fn paths() -> Vec<String> {
    let data = keystead_core::route::ROUTES.iter().map(|route| route.path);
    let administration = keystead_api::ROUTES.iter().map(|route| route.path);
    let pages = keystead_dashboard::ROUTES.iter().map(|route| route.path);
    let others = [
        "/healthz",
        "/readyz",
        "/webhooks/stripe",
        "/oauth/token",
        "/static/keystead.css",
        "/nothing",
        "/v1",
        "/v1/nothing",
    ];
    let filled = |path: &str| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let mut all: Vec<String> = data.chain(administration).chain(pages).chain(others).map(filled).collect();
    all.sort();
    all.dedup();
    all
}

// ASVS 3.2.1, 3.4.4.
#[test]
fn no_answer_runs_as_script_or_in_a_frame() {
    let product = Product::start(&[]);
    let key = bearer(&admin(&product));
    for path in paths() {
        for (method, lines) in [("GET", ""), ("GET", &*key), ("POST", &*key)] {
            let answer = send(&product, method, &path, lines);
            let at = format!("{method} {path}: {answer:?}");
            assert!(answer.status >= 200, "{at}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{at}");
            let policy = answer.header("content-security-policy").unwrap_or_default();
            assert!(policy.contains("default-src 'none'"), "{at}");
            if path.starts_with("/v1") || answer.header("content-disposition").is_some() {
                assert!(policy.starts_with("sandbox"), "{at}");
            }
        }
    }
    let foreign = product.raw(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(foreign.header("x-content-type-options"), Some("nosniff"));
    // Pictures show on their page, and open from it.
    let picture = |dest: &str, site: &str| {
        let lines = format!("Sec-Fetch-Dest: {dest}\r\nSec-Fetch-Site: {site}\r\n");
        send(&product, "GET", "/operator/reviews/x/pictures/1", &lines).status
    };
    for (dest, site) in
        [("iframe", "same-origin"), ("script", "same-origin"), ("image", "cross-site"), ("document", "none")]
    {
        assert_eq!(picture(dest, site), 403, "{dest} {site}");
    }
    for dest in ["image", "document"] {
        assert_ne!(picture(dest, "same-origin"), 403, "{dest}");
    }
}

/// ASVS 3.4.1, 14.3.2: caches keep no answer with personal data, on any plane, and over https browsers are told to keep
/// using it.
#[test]
fn no_answer_is_cached_and_https_stays_https() {
    let kept = |answer: &Answer| answer.header("cache-control").map(str::to_owned);
    let hsts = Some("max-age=31536000; includeSubDomains");
    let base_url = upstream::start();
    for (public_url, said) in [("http://127.0.0.1:8080", None), ("https://keys.example.com", hsts)] {
        let product = Product::start(&[
            ("KEYSTEAD_SERVER__PUBLIC_URL", public_url),
            ("KEYSTEAD_UPSTREAM__0__NAME", "test"),
            ("KEYSTEAD_UPSTREAM__0__BASE_URL", &base_url),
            ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
        ]);
        let made = product.bootstrap();
        let key = bearer(made["admin_key"].as_str().unwrap());
        for path in ["/v1/models", "/v1/organization/projects", "/v1/api-keys", "/v1/me", "/v1/nothing", "/healthz"] {
            for lines in ["", &*key] {
                let answer = send(&product, "GET", path, lines);
                let at = format!("{public_url}{path}: {answer:?}");
                assert_eq!(kept(&answer).as_deref(), Some("no-store"), "{at}");
                assert_eq!(answer.header("strict-transport-security"), said, "{at}");
            }
        }
        let account = format!("/v1/organization/projects/{}/service_accounts", made["project_id"].as_str().unwrap());
        let admin = made["admin_key"].as_str().unwrap();
        let made = product.call("POST", &account, admin, Some(&serde_json::json!({ "name": "bot" })));
        assert_eq!(kept(&made).as_deref(), Some("no-store"), "a new key: {made:?}");
        let key = made.json()["api_key"]["value"].as_str().unwrap().to_owned();
        let body = serde_json::json!({ "model": "gpt-4o", "messages": [] });
        let answer = product.call("POST", "/v1/chat/completions", &key, Some(&body));
        assert_eq!((answer.status, kept(&answer).as_deref()), (200, Some("no-store")), "{answer:?}");
        assert_eq!(answer.header("strict-transport-security"), said, "{answer:?}");
    }
}

// ASVS 4.1.4, 13.4.4.
#[test]
fn methods_that_nothing_uses_are_refused_everywhere() {
    let product = Product::start(&[]);
    let key = bearer(&admin(&product));
    for path in paths() {
        for method in ["TRACE", "PUT", "PATCH", "PROPFIND", "OPTIONS", "TRACK"] {
            let answer = send(&product, method, &path, &format!("{key}X-Echo: canary\r\n"));
            assert!(matches!(answer.status, 404 | 405), "{method} {path}: {answer:?}");
            assert!(!answer.body.contains("canary"), "{method} {path} echoes: {answer:?}");
            assert!(answer.status == 404 || answer.header("allow").is_some(), "{method} {path}: {answer:?}");
        }
    }
}

// ASVS 13.4.1.
#[test]
fn nothing_is_served_from_the_disk() {
    let product = Product::start(&[]);
    for path in [
        "/.git/HEAD",
        "/.git/config",
        "/.env",
        "/keystead.toml",
        "/keystead-data/",
        "/keystead-data/secrets.toml",
        "/data/secrets.toml",
        "/secrets.toml",
        "/keystead.db",
        "/static/",
        "/static/../secrets.toml",
        "/static/%2e%2e/secrets.toml",
        "/static/help/..%2f..%2fsecrets.toml",
        "//data/secrets.toml",
        "/Cargo.toml",
        "/metrics",
        "/debug/pprof",
        "/server-status",
        "/index.html",
    ] {
        let answer = send(&product, "GET", path, "");
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
}

// ASVS 4.1.2.
#[test]
fn the_api_is_refused_over_http_where_it_is_served_over_https() {
    let https = ("KEYSTEAD_SERVER__PUBLIC_URL", "https://keys.example.com");
    let product = Product::start(&[https]);
    let key = bearer(&admin(&product));
    let (over_http, over_https) = ("X-Forwarded-Proto: http\r\n", "X-Forwarded-Proto: https\r\n");
    for (method, path) in [("GET", "/v1/models"), ("GET", "/v1/organization/projects"), ("POST", "/v1/nothing")] {
        let answer = send(&product, method, path, &format!("{key}{over_http}"));
        assert_eq!((answer.status, answer.header("location")), (403, None), "{path}: {answer:?}");
        assert_eq!(answer.json()["error"]["code"], "https_required", "{path}");
        assert!(answer.header("x-request-id").is_some(), "{path}");
    }
    // The token of a workload is a credential, too.
    let exchange = |product: &Product, lines: &str| send(product, "POST", "/oauth/token", lines);
    let refused = exchange(&product, over_http);
    assert_eq!((refused.status, refused.header("location")), (403, None), "{refused:?}");
    assert_eq!(refused.json()["error"], "https_required", "{refused:?}");
    assert!(refused.header("x-request-id").is_some() && refused.header("cache-control") == Some("no-store"));
    assert_eq!(exchange(&product, over_https).json()["error"], "invalid_request", "read, and without parameters");
    let projects = "/v1/organization/projects";
    assert_eq!(send(&product, "GET", projects, &format!("{key}{over_https}")).status, 200);
    assert_eq!(send(&product, "GET", projects, &key).status, 200, "from this machine");
    assert_eq!(send(&product, "GET", "/healthz", over_http).status, 200);
    product.until("the key is flagged", || {
        let log = send(&product, "GET", "/v1/organization/audit_logs", &key).json();
        log["data"].as_array().unwrap().iter().any(|event| event["keystead_type"] == "api_key.sent_in_clear")
    });
    let allowed = Product::start(&[https, ("KEYSTEAD_SERVER__ALLOW_PLAIN_HTTP", "true")]);
    let key = bearer(&admin(&allowed));
    assert_eq!(send(&allowed, "GET", projects, &format!("{key}{over_http}")).status, 200);
    assert_eq!(exchange(&allowed, over_http).json()["error"], "invalid_request");
}

// ASVS 16.4.1.
#[test]
fn text_of_a_request_is_escaped_in_the_log() {
    let product = Product::start(&[]);
    let key = admin(&product);
    let hostile = "x\u{1b}[2J\u{202e}\u{2028}\u{200b}y";
    for (method, path, lines) in [
        ("GET", "/v1/models", format!("Authorization: Bearer sk-proj-{hostile}\r\nUser-Agent: {hostile}\r\n")),
        ("GET", "/v1/models/a%1b%5b2J%e2%80%ae", bearer(&key)),
        ("GET", "/webhooks/x%0d%0aINFO%20forged", bearer(&key)),
        ("GET", "/sign-in", format!("User-Agent: {hostile}\r\nReferer: {hostile}\r\nAccept-Language: {hostile}\r\n")),
        ("GET", "/v1/organization/projects?after=%0a%1b%5b31m", bearer(&key)),
    ] {
        send(&product, method, path, &lines);
    }
    let escaped = r#"{"model":"a\r\nINFO forged \u001b[31m\u202e\u2028","messages":[]}"#;
    let lines = format!("{}Content-Type: application/json\r\nContent-Length: {}\r\n", bearer(&key), escaped.len());
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {}\r\n{lines}Connection: close\r\n\r\n{escaped}",
        product.listen
    );
    product.raw(request.as_bytes());
    let acts = |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}');
    let log = product.log();
    assert!(log.lines().count() > 10);
    for line in log.lines() {
        assert!(!line.contains(acts), "{line:?}");
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line:?}");
    }
}
