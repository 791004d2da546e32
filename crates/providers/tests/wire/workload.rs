//! The keys of issuers that customers name: only what is safe is called, and only what is checked is believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use keystead_core::time::Timestamp;
use keystead_core::workload_identity::{Algorithm, SubjectToken};
use keystead_providers::ProviderError;
use keystead_providers::workload::{HttpIssuers, KeySet, KeySetFault, TokenIssuers};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::NOW;
use crate::keys::Key;
use crate::vendor::{Answer, Vendor, answer_of, json_answer};

struct World {
    issuer: Vendor,
    client: HttpIssuers,
    clock: Arc<AtomicI64>,
}

impl World {
    async fn new() -> Self {
        let issuer = Vendor::new([]).await;
        let clock = Arc::new(AtomicI64::new(NOW));
        let time = Arc::clone(&clock);
        let clock_of = Arc::new(move || Timestamp(time.load(Ordering::Relaxed)));
        // The vendor takes the place of the sandbox, the only issuer without TLS.
        let client = HttpIssuers::new(Some(issuer.url.clone()), clock_of).unwrap();
        Self { issuer, client, clock }
    }

    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    fn description(&self) -> Answer {
        let url = &self.issuer.url;
        json_answer(200, json!({ "issuer": url, "jwks_uri": format!("{url}/keys?policy=1") }))
    }

    fn publish(&self, keys: &[&Key]) {
        let keys = keys.iter().map(|key| key.public()).collect::<Vec<_>>();
        self.issuer.queue([self.description(), json_answer(200, json!({ "keys": keys }))]);
    }

    async fn keys(&self, id: &str) -> Result<Arc<KeySet>, ProviderError> {
        self.client.keys(&self.issuer.url, None, id).await
    }

    fn calls(&self) -> usize {
        self.issuer.requests().len()
    }
}

#[tokio::test]
async fn keys_are_kept_for_an_hour_and_fetched_for_an_unknown_key() {
    let world = World::new().await;
    let (old, new) = (Key::rsa("k1", 2048), Key::rsa("k2", 2048));
    world.publish(&[&old]);
    assert!(world.keys("k1").await.unwrap().has("k1"));
    let lines: Vec<_> = world.issuer.requests().iter().map(|request| request.line()).collect();
    assert_eq!(lines, ["GET /.well-known/openid-configuration", "GET /keys?policy=1"]);
    assert!(world.keys("k1").await.is_ok());
    assert!(!world.keys("k2").await.unwrap().has("k2"), "asked a moment ago");
    assert_eq!(world.calls(), 2);
    world.pass(60);
    world.publish(&[&new]);
    let keys = world.keys("k2").await.unwrap();
    assert!(keys.has("k2") && !keys.has("k1"), "a key that was withdrawn is not used");
    for _ in 0..50 {
        assert!(!world.keys("made up").await.unwrap().has("made up"));
    }
    assert_eq!(world.calls(), 4, "strangers cause one fetch in a minute");
    world.pass(3_600);
    world.publish(&[&new]);
    world.keys("k2").await.unwrap();
    assert_eq!(world.calls(), 6);
    // While the issuer is down, its keys are used to the end of their hour, and not longer.
    world.pass(60);
    world.issuer.queue([answer_of(503, "text/plain", "")]);
    assert!(world.keys("k3").await.unwrap().has("k2"));
    world.pass(3_600);
    world.issuer.queue([Answer::Nothing]);
    assert!(matches!(world.keys("k2").await, Err(ProviderError::Unavailable(_))));
    assert!(matches!(world.keys("k2").await, Err(ProviderError::Unavailable(_))));
    assert_eq!(world.calls(), 8, "not asked again within ten seconds");
    world.pass(10);
    world.publish(&[&new]);
    assert!(world.keys("k2").await.is_ok());
}

/// A client that hangs up stops no fetch, and nothing is noted about an issuer that was not asked.
#[tokio::test]
async fn a_fetch_is_finished_when_its_client_disconnects() {
    let world = World::new().await;
    world.publish(&[&Key::rsa("k1", 2048)]);
    {
        let mut left = Box::pin(world.keys("k1"));
        assert!(futures_util::poll!(&mut left).is_pending());
    }
    assert!(world.keys("k1").await.unwrap().has("k1"), "another client is not refused");
    assert_eq!(world.calls(), 2, "and waits for the same fetch");
}

/// A token with an unknown key causes a fetch, for which tokens with known keys do not wait.
#[tokio::test]
async fn known_keys_do_not_wait_for_a_fetch() {
    let world = World::new().await;
    world.publish(&[&Key::rsa("k1", 2048)]);
    world.keys("k1").await.unwrap();
    world.pass(60);
    world.publish(&[&Key::rsa("k1", 2048), &Key::ed25519("k2", 7)]);
    let mut unknown = Box::pin(world.keys("k2"));
    assert!(futures_util::poll!(&mut unknown).is_pending());
    let known = futures_util::poll!(Box::pin(world.keys("k1")));
    assert!(matches!(known, std::task::Poll::Ready(Ok(_))), "{known:?}");
    assert!(unknown.await.is_ok());
}

/// Of more issuers than are kept, those that are not used are forgotten.
#[tokio::test]
async fn idle_issuers_are_forgotten_first() {
    let world = World::new().await;
    world.publish(&[&Key::rsa("k1", 2048)]);
    for n in 0..1_500 {
        world.keys("k1").await.unwrap();
        // No address that is called.
        let other = world.client.keys(&format!("http://issuer{n}.example.com"), None, "k").await;
        assert!(matches!(other, Err(ProviderError::Refused(_))), "{other:?}");
        world.pass(1);
    }
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn requests_at_once_cause_one_fetch() {
    let world = World::new().await;
    world.publish(&[&Key::rsa("k1", 2048)]);
    let all = futures_util::future::join_all((0..20).map(|_| world.keys("k1"))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn descriptions_that_are_not_believed() {
    let key = json!({ "keys": [Key::rsa("k1", 2048).public()] });
    let large = json!({ "keys": [], "x": "x".repeat(300 * 1024) });
    for answers in [
        vec![json_answer(200, json!({ "issuer": "https://other.example.com", "jwks_uri": "{url}/keys" }))],
        vec![json_answer(200, json!({ "issuer": "{url}/", "jwks_uri": "{url}/keys" }))],
        vec![json_answer(200, json!({ "issuer": "{url}" }))],
        vec![json_answer(200, json!([]))],
        vec![answer_of(200, "text/html", "<html>")],
        vec![json_answer(404, json!({}))],
        vec![json_answer(302, json!({}))],
        vec![json_answer(200, json!({ "issuer": "{url}", "jwks_uri": "http://169.254.169.254/latest" }))],
        vec![json_answer(200, json!({ "issuer": "{url}", "jwks_uri": "https://127.0.0.1/keys" }))],
        vec![json_answer(200, json!({ "issuer": "{url}", "jwks_uri": "http://localhost:1/keys" }))],
        vec![json_answer(200, json!({ "issuer": "{url}", "jwks_uri": "{url}@evil.example.com/keys" }))],
        vec![json_answer(200, json!({ "issuer": "{url}", "jwks_uri": "file:///etc/passwd" }))],
        vec![
            json_answer(200, json!({ "issuer": "{url}", "jwks_uri": "{url}/keys" })),
            json_answer(200, json!({ "keys": [] })),
        ],
        vec![json_answer(200, json!({ "issuer": "{url}", "jwks_uri": "{url}/keys" })), json_answer(200, large.clone())],
        vec![json_answer(200, json!({ "issuer": "{url}", "jwks_uri": "{url}/keys" })), json_answer(201, key.clone())],
    ] {
        let world = World::new().await;
        let count = answers.len();
        world.issuer.queue(answers.into_iter().map(|answer| match answer {
            Answer::Whole { status, headers, body } => {
                let body = String::from_utf8(body).unwrap().replace("{url}", &world.issuer.url).into_bytes();
                Answer::Whole { status, headers, body }
            }
            Answer::Nothing => Answer::Nothing,
        }));
        let found = world.keys("k1").await;
        assert!(matches!(found, Err(ProviderError::Refused(_))), "{found:?}");
        assert_eq!(world.calls(), count, "{found:?}");
    }
}

/// Names that lead to this machine or its network are resolved and then not called.
#[tokio::test]
async fn private_addresses_are_not_called() {
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for address in [
        format!("https://localhost.localdomain:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("https://[::1]:{port}"),
        format!("http://127.0.0.1:{port}"),
    ] {
        assert!(world.client.keys(&address, None, "k").await.is_err(), "{address}");
        assert!(world.client.keys("https://a.example.com", Some(&address), "k").await.is_err(), "{address}");
    }
    let nothing = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(nothing.is_err(), "nobody connected");
    assert_eq!(world.calls(), 0);
}

fn verified(keys: &Value, token: &str) -> bool {
    let keys = KeySet::fetched(keys).unwrap();
    let Ok(token) = SubjectToken::parse(token) else { return false };
    keys.verify(&token.key_id, token.algorithm, token.message.as_bytes(), &token.signature)
}

#[test]
fn signatures_hold_or_do_not() {
    let (key, other) = (Key::rsa("k1", 2048), Key::ed25519("k1", 7));
    let keys = json!({ "keys": [key.public()] });
    let claims = json!({ "sub": "a" });
    let header = json!({ "alg": "RS256", "kid": "k1" });
    let token = key.token(&header, &claims);
    assert!(verified(&keys, &token));
    let changed = |alg: &str, kid: &str| key.token(&json!({ "alg": alg, "kid": kid }), &claims);
    assert!(!verified(&keys, &changed("RS256", "k2")), "another key");
    assert!(!verified(&keys, &changed("RS384", "k1")), "another algorithm");
    assert!(!verified(&keys, &changed("PS256", "k1")));
    assert!(!verified(&keys, &changed("ES256", "k1")), "another kind of key");
    assert!(!verified(&keys, &changed("none", "k1")));
    assert!(!verified(&keys, &other.token(&json!({ "alg": "EdDSA", "kid": "k1" }), &claims)));
    // The claims of another token under this signature.
    let (message, signature) = token.rsplit_once('.').unwrap();
    let forged = URL_SAFE_NO_PAD.encode(json!({ "sub": "b" }).to_string());
    assert!(!verified(&keys, &format!("{}.{forged}.{signature}", message.split_once('.').unwrap().0)));
    assert!(!verified(&keys, &format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 256]))));
    // The public key as a shared secret.
    let modulus = serde_json::to_value(key.public()).unwrap()["n"].as_str().unwrap().to_owned();
    for secret in
        [modulus.clone().into_bytes(), URL_SAFE_NO_PAD.decode(&modulus).unwrap(), keys.to_string().into_bytes()]
    {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "kid": "k1" }).to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        mac.update(message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        assert!(!verified(&keys, &token));
    }
}

/// An odd number of so many bits.
fn number(bits: usize) -> String {
    let mut bytes = vec![255; bits.div_ceil(8)];
    bytes[0] >>= bytes.len() * 8 - bits;
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn keys_that_are_not_used() {
    let good = serde_json::to_value(Key::rsa("k1", 2048).public()).unwrap();
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        key
    };
    let set = |keys: Vec<Value>| json!({ "keys": keys }).as_object().unwrap().clone();
    assert_eq!(KeySet::uploaded(&set(vec![good.clone()])).unwrap().ids().collect::<Vec<_>>(), ["k1"]);
    for unusable in [
        with("kid", Value::Null),
        with("kid", json!("")),
        with("kid", json!(1)),
        with("use", json!("enc")),
        with("use", json!(["sig"])),
        with("alg", json!("HS256")),
        with("alg", json!("RSA-OAEP")),
        with("kty", json!("oct")),
        with("kty", json!("EC")),
        with("n", json!("AQAB")),
        with("n", json!(number(2_047))),
        with("n", json!(number(4_097))),
        with("n", json!(number(8_192))),
        // 1024 bits, written as long as 2048.
        with("n", json!(URL_SAFE_NO_PAD.encode([[0; 128], [255; 128]].concat()))),
        with("n", json!(URL_SAFE_NO_PAD.encode([[255; 128], [254; 128]].concat()))),
        with("n", json!(number(2_048) + "=")),
        serde_json::to_value(Key::rsa("k1", 1024).public()).unwrap(),
        with("e", json!("AQABAQABAQAB")),
        with("e", json!("AQ")),
        with("e", json!("BA")),
        json!({ "kty": "EC", "kid": "k", "crv": "secp256k1", "x": "AA", "y": "AA" }),
        json!("key"),
    ] {
        assert_eq!(KeySet::uploaded(&set(vec![unusable.clone()])).unwrap_err(), KeySetFault::Unusable, "{unusable}");
        assert!(KeySet::fetched(&json!({ "keys": [unusable] })).is_err());
    }
    for secret in ["d", "p", "k"] {
        assert_eq!(KeySet::uploaded(&set(vec![with(secret, json!("AA"))])).unwrap_err(), KeySetFault::Private);
    }
    for usable in [with("n", json!(number(2_048))), with("n", json!(number(4_096))), with("e", json!("Aw"))] {
        assert!(KeySet::uploaded(&set(vec![usable.clone()])).is_ok(), "{usable}");
    }
    // Keys of one id would each be tried on a signature.
    assert_eq!(KeySet::uploaded(&set(vec![good.clone(); 2])).unwrap_err(), KeySetFault::Repeated);
    let many = KeySet::fetched(&json!({ "keys": vec![good.clone(); 100] })).unwrap();
    assert_eq!(many.ids().count(), 1);
    assert_eq!(KeySet::uploaded(&set(vec![])).unwrap_err(), KeySetFault::Number);
    assert_eq!(KeySet::uploaded(&set(vec![good.clone(); 21])).unwrap_err(), KeySetFault::Number);
    assert_eq!(KeySet::uploaded(&json!({ "keys": {} }).as_object().unwrap().clone()).unwrap_err(), KeySetFault::Form);
    // A key for one algorithm makes no other signature valid.
    let only = KeySet::fetched(&json!({ "keys": [with("alg", json!("PS256")), with("use", json!("enc"))] })).unwrap();
    let token = Key::rsa("k1", 2048).token(&json!({ "alg": "RS256", "kid": "k1" }), &json!({}));
    let token = SubjectToken::parse(&token).unwrap();
    assert!(!only.verify("k1", Algorithm::Rs256, token.message.as_bytes(), &token.signature));
}
