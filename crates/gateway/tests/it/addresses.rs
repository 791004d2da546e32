//! URLs have one reading: the route's own path is sent upstream, for every spelling by the client.

use http::Response;

use crate::ownership::upload;
use crate::world::{World, full, json};

/// Spellings that some server reads as `/v1/files/file-1` or as another route.
const SPELLINGS: [&str; 61] = [
    "v1/files/file-1",
    "//v1/files/file-1",
    "/v1//files/file-1",
    "/v1/files//file-1",
    "/v1/files/file-1//",
    "/v1/files/./file-1",
    "/v1/./files/file-1",
    "/./v1/files/file-1",
    "/v1/files/../files/file-1",
    "/v1/x/../files/file-1",
    "/../v1/files/file-1",
    "/v1/files/file-2/../file-1",
    "/v1/files/..;/file-1",
    "/v1/files;x/file-1",
    "/v1/files/file-1;x",
    "/v1;x/files/file-1",
    "/v1/files/;/file-1",
    "/v1/files/%2e/file-1",
    "/v1/files/%2e%2e/files/file-1",
    "/v1/%2e%2e/v1/files/file-1",
    "/v1/files/file-2%2f%2e%2e%2ffile-1",
    "/v1/files%2ffile-1",
    "/v1%2ffiles%2ffile-1",
    "%2fv1/files/file-1",
    "/%2fv1/files/file-1",
    "/%76%31/files/file-1",
    "/v1/%66iles/file-1",
    "/v1/files/%66ile-1",
    "/v1/files/file%2D1",
    "/v1/files/file%2d1",
    "/v1/files/file-%31",
    "/v1/files/file%252D1",
    "/v1/files/file-1%00",
    "/v1/files/file-1%20",
    "/v1/files/file-1%09",
    "/v1/files/file-1%0d%0a",
    "/v1/files/file-1%2f",
    "/v1/files/file-1%3fx",
    "/v1/files/file-1%23x",
    "/v1/files/file-1.",
    "/v1/files/file-1..",
    "/v1/files/file-1/.",
    "/v1/files/file-1/..",
    "/v1/files\\file-1",
    "/v1\\files\\file-1",
    "\\v1\\files\\file-1",
    "/v1/files/..\\file-1",
    "/v1/files/%5cfile-1",
    "/v1/files/%5c..%5cfile-1",
    "/V1/files/file-1",
    "/v1/Files/file-1",
    "/v1/FILES/file-1",
    "/v1/files/FILE-1",
    "/v1/files/%c0%afile-1",
    "/v1/files/%c0%ae%c0%ae/file-1",
    "/v1/files/%uff0e/file-1",
    "/v1/files/file\u{2010}1",
    "/v1/files/\u{ff46}ile-1",
    "http://other/v1//files/file-1",
    "http://other/v1/files/../files/file-1",
    "*",
];

#[tokio::test]
async fn every_other_spelling_of_a_path_is_refused_and_the_upstream_hears_nothing() {
    // Nothing is decoded before the check, so every spelling is the canonical route or no route.
    let world = World::new().await;
    let key = world.key(1);
    world.answers(|_| json(200, r#"{"id":"file-1","object":"file"}"#));
    assert_eq!(upload(&world, &key).await.status, 200);
    assert_eq!(world.get("/v1/files/file-1", &key).await.status, 200);
    // A fragment is not a part of a request's target: it is removed, and the canonical path is sent upstream.
    assert_eq!(world.get("/v1/files/file-1#x", &key).await.status, 200);
    assert_eq!(world.seen().pop().unwrap().target, "/v1/files/file-1");
    let asked = world.seen().len();
    for spelling in SPELLINGS {
        for method in ["GET", "DELETE", "HEAD"] {
            let head = format!(
                "{method} {spelling} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n"
            );
            let got = world.raw(head.as_bytes()).await;
            let status = got.as_ref().map(|got| got.status);
            assert!(matches!(status, None | Some(400 | 404 | 405)), "{method} {spelling}: {status:?}");
            assert_eq!(world.seen().len(), asked, "{method} {spelling}");
        }
    }
}

#[tokio::test]
async fn the_routes_own_path_goes_upstream() {
    // What a client may spell in several ways arrives in one spelling.
    let world = World::new().await;
    let key = world.key(1);
    world.answers(|seen| match seen.target.split('?').next().unwrap_or_default() {
        "/v1/files" if seen.method == "POST" => json(200, r#"{"id":"file-1","object":"file"}"#),
        "/v1/files" => json(200, r#"{"object":"list","data":[]}"#),
        "/v1/files/file-1/content" => Response::builder().body(full("content")).unwrap(),
        _ => json(200, "{}"),
    });
    let chat = r#"{"model":"gpt-4o","messages":[]}"#;
    assert_eq!(world.post("/v1/chat/completions/", &key, chat).await.status, 200);
    assert_eq!(world.seen().pop().unwrap().target, "/v1/chat/completions");
    let absolute = format!(
        "POST http://other.test/v1/chat/completions/?api-version=preview HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{chat}",
        chat.len()
    );
    assert_eq!(world.raw(absolute.as_bytes()).await.unwrap().status, 200);
    assert_eq!(world.seen().pop().unwrap().target, "/v1/chat/completions");
    assert_eq!(upload(&world, &key).await.status, 200);
    assert_eq!(world.get("/v1/files/file-1/content/", &key).await.text(), "content");
    assert_eq!(world.seen().pop().unwrap().target, "/v1/files/file-1/content");
    assert_eq!(world.get("/v1/files/?%6cimit=2", &key).await.status, 200);
    assert_eq!(world.seen().pop().unwrap().target, "/v1/files?limit=2");
    let asked = world.seen().len();
    for target in ["/v1/chat/completions?model=o3", "/v1/responses?stream=true", "/v1/files?model=o3"] {
        let got =
            if target.contains("files") { world.get(target, &key).await } else { world.post(target, &key, chat).await };
        assert_eq!((got.status, got.error().2.as_deref()), (400, Some("unknown_parameter")), "{target}");
    }
    assert_eq!(world.seen().len(), asked);
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let world = World::new().await;
    let key = world.key(1);
    let bearer = format!("Bearer {key}");
    world.answers(|_| json(200, r#"{"object":"list","data":[]}"#));
    for target in ["/v1/models", "/v1/models/gpt-4o", "/v1/files"] {
        let get = world.get(target, &key).await;
        let head = world.send("HEAD", target, &[("authorization", &bearer)], b"").await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{target}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{target}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{target}");
    }
    assert!(world.seen().iter().all(|seen| seen.method == "GET"));
    let refused = world.send("HEAD", "/v1/chat/completions", &[("authorization", &bearer)], b"").await;
    assert_eq!((refused.status, refused.header("allow")), (405, Some("POST")));
    let refused = world.send("PUT", "/v1/models", &[("authorization", &bearer)], b"").await;
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn a_model_may_have_slashes_in_its_name() {
    let world = World::new().await;
    let key = world.key(1);
    let mut catalogue = (**world.catalogue.load()).clone();
    catalogue.models.insert("meta/llama-3".to_owned(), crate::world::model("meta/llama-3"));
    world.catalogue.store(std::sync::Arc::new(catalogue));
    for target in ["/v1/models/meta/llama-3", "/v1/models/meta%2Fllama-3", "/v1/models/meta%2fllama-3/"] {
        let got = world.get(target, &key).await;
        assert_eq!((got.status, got.json()["id"].as_str()), (200, Some("meta/llama-3")), "{target}");
    }
    for target in ["/v1/models/meta/none", "/v1/models/meta/../gpt-4o", "/v1/models/meta//llama-3"] {
        assert_eq!(world.get(target, &key).await.status, 404, "{target}");
    }
}

#[tokio::test]
async fn an_idempotency_key_never_meets_another_organizations() {
    let world = World::new().await;
    let (mine, theirs) = (world.key(1), world.key(2));
    let sent = async |key: &str| {
        let bearer = format!("Bearer {key}");
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", "retry-1")];
        assert_eq!(world.send("POST", "/v1/chat/completions", &headers, br#"{"model":"gpt-4o"}"#).await.status, 200);
        world.seen().pop().unwrap().headers["idempotency-key"].clone()
    };
    let first = sent(&mine).await;
    assert_eq!(sent(&mine).await, first);
    assert_ne!(sent(&theirs).await, first);
    assert_ne!(first, "retry-1");
}

#[tokio::test]
async fn a_base_address_with_two_versions_is_explained() {
    let world = World::new().await;
    let key = world.key(1);
    let (status, message, code) = world.post("/v1/v1/chat/completions", &key, "{}").await.error();
    assert_eq!((status, code.as_deref()), (404, Some("unknown_url")));
    assert!(message.contains("repeats"), "{message}");
}

#[test]
fn a_base_address_without_a_version_is_explained() {
    for (method, path, known) in [
        (http::Method::POST, "/chat/completions", true),
        (http::Method::GET, "/models", true),
        (http::Method::GET, "/models/meta/llama-3", true),
        (http::Method::GET, "/chat/completions", true),
        (http::Method::GET, "/", false),
        (http::Method::GET, "/home", false),
        (http::Method::GET, "/api-keys", false),
        (http::Method::GET, "/settings/organization/projects", false),
    ] {
        let answer = keystead_gateway::without_version(&method, path);
        assert_eq!(answer.as_ref().map(|answer| answer.status().as_u16()), known.then_some(404), "{method} {path}");
    }
}
