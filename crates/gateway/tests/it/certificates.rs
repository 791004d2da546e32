//! Projects that accept clients with a certificate only. In the running product a trusted proxy reports the certificate;
//! here it is put where the listener puts it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use keystead_core::client_certificate::{Certificate, ReportedCertificate, TrustedCertificates};
use keystead_core::gate::{Policy, Requirement};
use keystead_core::network::Client;
use keystead_gateway::{ChangedSubject, GatewayBody};

use crate::cut::{CHUNK, Drip, STREAM};
use crate::gates::{govern, rule};
use crate::world::World;

const AUTHORITY: &str = include_str!("../../../../tests/certificates/authority.pem");
const OTHER: &str = include_str!("../../../../tests/certificates/other-authority.pem");
const CLIENT: &str = include_str!("../../../../tests/certificates/client.pem");
const SHORT: &str = include_str!("../../../../tests/certificates/short-client.pem");
const OTHER_CLIENT: &str = include_str!("../../../../tests/certificates/other-client.pem");
const CHAT: &str = r#"{"model":"gpt-4o","messages":[]}"#;

/// Makes these certificates the active ones of every project, as a change in the directory.
fn activate(world: &World, pems: &[&str]) {
    let all = pems.iter().map(|pem| Arc::new(Certificate::read(pem).unwrap())).collect();
    let set = TrustedCertificates::new(all).map(Arc::new);
    for caller in world.store.callers.lock().unwrap().values_mut() {
        caller.organizations[0].projects[0].certificates = set.clone();
        caller.revision += 1;
        let changed = ChangedSubject::Project(caller.organizations[0].projects[0].id.clone());
        world.directory.apply(&[changed], caller.revision);
    }
}

async fn send(world: &World, key: &str, pem: Option<&str>, body: &'static str) -> Response<GatewayBody> {
    let request = Request::post("/v1/chat/completions").header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {key}")).header("x-client-cert", "from the client");
    let mut request = request.body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap();
    let escaped = pem.map(|pem| pem.replace('\n', "%0A").replace(' ', "%20"));
    if let Some(reported) = escaped.and_then(|value| ReportedCertificate::of(value.as_bytes())) {
        request.extensions_mut().insert(reported);
    }
    world.gateway.handle(request, Client::at([192, 0, 2, 1].into())).await.response
}

/// The status and the body of a chat.
async fn chat(world: &World, key: &str, pem: Option<&str>) -> (u16, String) {
    let answer = send(world, key, pem, CHAT).await;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn a_change_holds_on_the_next_request() {
    let world = World::new().await;
    let key = world.key(1);
    assert_eq!(chat(&world, &key, None).await.0, 200);
    assert_eq!(chat(&world, &key, Some(OTHER_CLIENT)).await.0, 200, "where none is active, none is judged");

    activate(&world, &[AUTHORITY]);
    let (status, body) = chat(&world, &key, None).await;
    assert_eq!(
        (status, body.as_str()),
        (
            401,
            r#"{"error":{"code":"certificate_required","message":"This project accepts requests with a client certificate only, and this request came without one.","param":null,"type":"invalid_request_error"}}"#
        )
    );
    for (pem, why) in [
        (OTHER_CLIENT, "no active certificate"),
        (AUTHORITY, "no active certificate"),
        (SHORT, "has expired"),
        ("nonsense", "cannot be read"),
    ] {
        let (status, body) = chat(&world, &key, Some(pem)).await;
        assert!(status == 401 && body.contains("\"code\":\"certificate_not_accepted\""), "{body}");
        assert!(body.contains(why) && !body.contains("MII"), "{body}");
    }
    for _ in 0..2 {
        assert_eq!(chat(&world, &key, Some(CLIENT)).await.0, 200);
    }

    // An accepted certificate is remembered, but not beyond a change.
    activate(&world, &[OTHER]);
    assert_eq!(chat(&world, &key, Some(CLIENT)).await.0, 401);
    assert_eq!(chat(&world, &key, Some(OTHER_CLIENT)).await.0, 200);
    activate(&world, &[OTHER, AUTHORITY]);
    assert_eq!(chat(&world, &key, Some(CLIENT)).await.0, 200);
    activate(&world, &[]);
    assert_eq!(chat(&world, &key, None).await.0, 200);

    // Nothing of a certificate, and no header of this name, reaches the model server.
    for seen in world.seen.lock().unwrap().iter() {
        assert!(seen.headers.keys().all(|name| !name.as_str().contains("cert")), "{:?}", seen.headers);
    }
}

#[tokio::test]
async fn an_accepted_certificate_ends_by_the_clock() {
    let world = World::new().await;
    let key = world.key(1);
    let short = Certificate::read(SHORT).unwrap();
    activate(&world, &[AUTHORITY]);
    world.clock.store(short.expires_at.0, Ordering::SeqCst);
    assert_eq!(chat(&world, &key, Some(SHORT)).await.0, 200);
    world.clock.store(short.expires_at.0 + 1, Ordering::SeqCst);
    let (status, body) = chat(&world, &key, Some(SHORT)).await;
    assert!(status == 401 && body.contains("has expired"), "{body}");
    world.clock.store(short.valid_at.0 - 1, Ordering::SeqCst);
    let (status, body) = chat(&world, &key, Some(SHORT)).await;
    assert!(status == 401 && body.contains("not valid yet"), "{body}");
}

/// A caller that is read again because a rule refused the one in memory needs its certificate as well.
#[tokio::test]
async fn a_caller_that_is_read_again_needs_its_certificate() {
    let world = World::new().await;
    let key = world.key(1);
    govern(&world, Policy { rules: vec![rule("all", "model.use", &["gpt-4o"])], ..Policy::default() });
    assert_ne!(chat(&world, &key, None).await.0, 200, "the organization is not verified");
    // The store knows more than memory.
    let set = TrustedCertificates::new(vec![Arc::new(Certificate::read(AUTHORITY).unwrap())]).map(Arc::new);
    world.change(&key, |caller| {
        caller.organizations[0].entitlements.met.push(Requirement::Organization);
        caller.organizations[0].projects[0].certificates = set;
    });
    let (status, body) = chat(&world, &key, None).await;
    assert!(status == 401 && body.contains("\"code\":\"certificate_required\""), "{body}");
    assert_eq!(chat(&world, &key, Some(CLIENT)).await.0, 200);
}

#[tokio::test]
async fn every_route_asks() {
    let world = World::new().await;
    let key = world.key(1);
    activate(&world, &[AUTHORITY]);
    for (method, path) in
        [("GET", "/v1/models"), ("GET", "/v1/models/gpt-4o"), ("GET", "/v1/files"), ("POST", "/v1/embeddings")]
    {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        let request = request.body(Full::new(Bytes::new())).unwrap();
        let answer = world.gateway.handle(request, Client::at([192, 0, 2, 1].into())).await.response;
        assert_eq!(answer.status(), 401, "{method} {path}");
    }
    assert!(world.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_running_answer_is_cut() {
    let world = crate::cut::world().await;
    let key = world.key(1);
    activate(&world, &[AUTHORITY]);
    let drip = Drip::new(&world, "text/event-stream");
    drip.chunks.send(CHUNK).unwrap();
    let answer = send(&world, &key, Some(CLIENT), STREAM).await;
    assert_eq!(answer.status(), 200);
    let mut body = answer.into_body();
    body.frame().await.unwrap().unwrap();
    activate(&world, &[OTHER]);
    let rest = body.collect().await.unwrap().to_bytes();
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("event: error") && rest.contains("\"code\":\"certificate_not_accepted\""), "{rest}");
    drip.gone.await.unwrap();
}
