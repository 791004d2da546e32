//! Identity tokens with headers that try to choose their own key.

use keystead_providers::sign_in::SignIn;
use serde_json::json;

use crate::keys::Key;
use crate::oidc::{BACK, World, tokens};
use crate::vendor::{RecordedRequest, Vendor, json_answer};

/// ASVS 9.1.1: a header that names another key source, by `kid`, `jku` or `x5u`, is not followed.
#[tokio::test]
async fn token_headers_that_name_a_key_url() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let left = world.begin_sign_in().await;
    let claims = world.claims(&left);
    let stranger = Key::ed25519("k1", 2);
    let elsewhere = Vendor::new([]).await;
    let url = format!("{}/keys", elsewhere.url);
    let lead = |kid: &str| json!({ "alg": "EdDSA", "kid": kid, "jku": url, "x5u": url });
    for (what, token) in [
        ("addresses of keys", stranger.token(&lead("k1"), &claims)),
        ("addresses of keys, and an unknown name", stranger.token(&lead("k9"), &claims)),
        ("an address for a name", stranger.token(&json!({ "alg": "EdDSA", "kid": url }), &claims)),
        ("a path for a name", stranger.token(&json!({ "alg": "EdDSA", "kid": "../../keys" }), &claims)),
        ("a path to the real key", world.key.token(&json!({ "alg": "EdDSA", "kid": "../keys/k1" }), &claims)),
        ("a file for a name", stranger.token(&json!({ "alg": "EdDSA", "kid": "/dev/null" }), &claims)),
        ("a query for a name", stranger.token(&json!({ "alg": "EdDSA", "kid": "x' OR '1'='1" }), &claims)),
    ] {
        world.issuer.queue([tokens(&token), json_answer(200, world.description()), world.keys(&[&world.key])]);
        let before = world.issuer.requests().len();
        let arrived = world.client.finish_sign_in("c0de", BACK, &left.nonce, &left.verifier).await;
        assert!(arrived.is_err(), "{what}: {arrived:?}");
        let lines: Vec<_> = world.issuer.requests().iter().skip(before).map(RecordedRequest::line).collect();
        let own = ["POST /token", "GET /.well-known/openid-configuration", "GET /keys"];
        assert!(own.starts_with(&lines.iter().map(String::as_str).collect::<Vec<_>>()), "{what}: {lines:?}");
        assert!(elsewhere.requests().is_empty(), "{what}");
        world.issuer.clear_answers();
    }
    // The issuer's own token with such a header: the key is still the one the issuer publishes.
    assert!(world.finish_sign_in(&left, &world.key.token(&lead("k1"), &claims)).await.is_ok());
    assert!(elsewhere.requests().is_empty());
}

/// ASVS 9.1.1: readers disagree about a header with a repeated field, so it is refused, even with the issuer's own
/// signature.
#[tokio::test]
async fn headers_with_a_member_twice() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let left = world.begin_sign_in().await;
    let claims = world.claims(&left);
    for header in [
        r#"{"alg":"EdDSA","kid":"k1","alg":"none"}"#,
        r#"{"alg":"none","kid":"k1","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","kid":"k1","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","kid":"k2","kid":"k1"}"#,
    ] {
        let signed = world.key.token_with(header, &claims);
        let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
        for token in [signed, unsigned] {
            world.issuer.queue([tokens(&token), json_answer(200, world.description()), world.keys(&[&world.key])]);
            let arrived = world.client.finish_sign_in("c0de", BACK, &left.nonce, &left.verifier).await;
            assert!(arrived.is_err(), "{header}: {arrived:?}");
            world.issuer.clear_answers();
        }
    }
    let once = world.key.token_with(r#"{"alg":"EdDSA","kid":"k1"}"#, &claims);
    assert!(world.finish_sign_in(&left, &once).await.is_ok(), "and the same member once does hold");
}
