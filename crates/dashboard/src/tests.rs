//! The start page in three languages, with the headers every page carries.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;

async fn get_page(path: &str, accept: &str) -> (http::response::Parts, String) {
    let state = DashboardState {
        public_url: "http://127.0.0.1:8080".into(),
        sandbox_url: Some("http://127.0.0.1:8081".into()),
    };
    let request = Request::get(path).header("accept-language", accept).body(Body::empty()).unwrap();
    let (parts, body) = router(state).oneshot(request).await.unwrap().into_parts();
    (parts, String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap())
}

#[tokio::test]
async fn three_languages() {
    for (path, accept, language, title) in [
        ("/", "en-GB", "en", "Keystead is running"),
        ("/", "pl,en;q=0.5", "pl", "Keystead działa"),
        ("/?language=ja", "pl", "ja", "Keysteadは動作中です"),
    ] {
        let (parts, body) = get_page(path, accept).await;
        assert_eq!(parts.status, 200);
        assert_eq!(parts.headers["content-language"], language);
        assert!(body.contains(&format!("<html lang=\"{language}\">")) && body.contains(title), "{body}");
        assert!(body.contains("http://127.0.0.1:8080/v1/chat/completions"));
        assert!(body.len() < 100_000);
    }
}

#[tokio::test]
async fn pages_run_nothing_and_sit_in_no_frame() {
    // ASVS 3.4.3, 3.4.6: nothing inline, nobody frames it.
    let (parts, body) = get_page("/", "en").await;
    let policy = parts.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(parts.headers["x-content-type-options"], "nosniff");
    assert_eq!(parts.headers["cache-control"], "no-store");
    assert!(!body.contains("<script") && !body.contains("style="));
}
