//! The issuer through the sandbox's own router.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};

use crate::testing::{Answer, NOW, World};

const BACK: &str = "http://127.0.0.1:8080/sign-in/back?from=1";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

impl Answer {
    fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }

    /// Returns the query with which the browser returns.
    fn back(&self) -> HashMap<String, String> {
        assert_eq!(self.status, 303, "{}", self.text);
        let query = self.location().strip_prefix(&format!("{BACK}&")).unwrap();
        serde_urlencoded::from_str(query).unwrap()
    }
}

impl World {
    /// Gets a new code for a person.
    async fn code(&self, person: &str) -> String {
        self.form(&authorize(&[]), person).await.back()["code"].clone()
    }

    async fn token(&self, code: &str, changed: &[(&str, &str)]) -> Answer {
        let credential = STANDARD.encode("keystead:sandbox");
        let request = Request::post("/oidc/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", format!("Basic {credential}"));
        let usual =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
        self.send(request, replaced(&usual, changed)).await
    }

    /// Returns the claims of a token, after checking its signature with the published key.
    async fn claims(&self, token: &str) -> Value {
        let key = &self.get("/oidc/jwks").await.json()["keys"][0];
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let plain = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        assert_eq!(plain(header), json!({ "alg": "ES256", "typ": "JWT", "kid": key["kid"] }));
        let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        VerifyingKey::from_sec1_bytes(&point).unwrap().verify(message.as_bytes(), &signature).unwrap();
        plain(claims)
    }
}

/// Builds a form from pairs, with some values replaced.
fn replaced(usual: &[(&str, &str)], changed: &[(&str, &str)]) -> String {
    let mut pairs: HashMap<&str, &str> = usual.iter().copied().collect();
    pairs.extend(changed.iter().copied());
    pairs.retain(|_, value| !value.is_empty());
    serde_urlencoded::to_string(pairs).unwrap()
}

fn authorize(changed: &[(&str, &str)]) -> String {
    let usual = [
        ("client_id", "keystead"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid email profile"),
        ("state", "s&1"),
        ("nonce", "n-1"),
        ("prompt", "select_account"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    format!("/oidc/authorize?{}", replaced(&usual, changed))
}

#[tokio::test]
async fn the_issuer_describes_itself() {
    let world = World::new();
    let metadata = world.get("/oidc/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["issuer"], "http://127.0.0.1:8081/oidc");
    assert_eq!(metadata["token_endpoint"], "http://127.0.0.1:8081/oidc/token");
    assert_eq!(metadata["id_token_signing_alg_values_supported"], json!(["ES256"]));
    let keys = world.get("/oidc/jwks").await.json();
    assert_eq!(keys["keys"][0]["kty"], "EC");
    assert!(keys["keys"][0].get("d").is_none(), "the public half only");
}

// S3-04, S3-05
#[tokio::test]
async fn a_person_signs_in() {
    let world = World::new();
    let page = world.get(&authorize(&[("login_hint", "\"><b>@example.com")])).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Choose an account") && page.text.contains("山田 花子"), "{}", page.text);
    assert!(!page.text.contains("<b>@"), "a hint is text");

    let back =
        world.form(&authorize(&[]), "email=jan.zolc%40example.com&name=Jan+%C5%BB%C3%B3%C5%82%C4%87").await.back();
    assert_eq!(back["state"], "s&1");
    let answer = world.token(&back["code"], &[]).await;
    assert_eq!((answer.status, &answer.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
    let answer = answer.json();
    let claims = world.claims(answer["id_token"].as_str().unwrap()).await;
    let subject = claims["sub"].as_str().unwrap();
    let access = answer["access_token"].as_str().unwrap();
    let at_hash = URL_SAFE_NO_PAD.encode(&<sha2::Sha256 as sha2::Digest>::digest(access)[..16]);
    let expected = json!({ "iss": "http://127.0.0.1:8081/oidc", "aud": "keystead", "sub": subject, "nonce": "n-1",
        "iat": NOW, "exp": NOW + 3_600, "at_hash": at_hash, "email": "jan.zolc@example.com", "email_verified": true,
        "name": "Jan Żółć" });
    assert_eq!(claims, expected);

    let bearer = |token: &str| Request::get("/oidc/userinfo").header("authorization", format!("Bearer {token}"));
    let userinfo = world.send(bearer(access), Body::empty()).await.json();
    assert_eq!((&userinfo["sub"], &userinfo["email"]), (&claims["sub"], &claims["email"]));
    assert_eq!(world.send(bearer("nobody"), Body::empty()).await.status, 401);
    world.pass(3_600);
    assert_eq!(world.send(bearer(access), Body::empty()).await.status, 401, "tokens end");
}

#[tokio::test]
async fn scripts_sign_in_by_the_address_they_were_given() {
    let world = World::new();
    let person = json!({ "email": "eve@example.com", "name": "Eve", "email_verified": false });
    let mut subjects = Vec::new();
    for path in [format!("{}/simulate", authorize(&[])), authorize(&[]).replace("authorize?", "authorize/simulate?")] {
        let answer = world.script(&path, person.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let redirect = answer.json()["redirect"].as_str().unwrap().to_owned();
        let query = redirect.strip_prefix(&format!("{BACK}&")).unwrap();
        let back: HashMap<String, String> = serde_urlencoded::from_str(query).unwrap();
        let answer = world.token(&back["code"], &[]).await.json();
        let claims = world.claims(answer["id_token"].as_str().unwrap()).await;
        assert_eq!(claims["email_verified"], false);
        subjects.push(claims["sub"].clone());
    }
    assert_eq!(subjects[0], subjects[1], "the same person every time");
    assert_eq!(world.script(&authorize(&[]), json!({ "email": "nobody" })).await.status, 422);
}

#[tokio::test]
async fn addresses_are_unverified_on_request() {
    let world = World::new();
    let verified = async |person: &str| {
        let answer = world.token(&world.code(person).await, &[]).await.json();
        world.claims(answer["id_token"].as_str().unwrap()).await["email_verified"].clone()
    };
    assert_eq!(verified("email=ann%40example.com").await, true);
    assert_eq!(verified("email=ann%40example.com&unverified=on").await, false);
    assert_eq!(world.script("/sandbox/oidc", json!({ "unverified": true })).await.status, 204);
    assert_eq!(verified("email=ann%40example.com").await, false);
}

#[tokio::test]
async fn people_change_their_mind_or_slip() {
    let world = World::new();
    let back = world.form(&authorize(&[]), "deny=on").await.back();
    assert_eq!((back["error"].as_str(), back.contains_key("code")), ("access_denied", false));
    let slip = world.form(&authorize(&[]), "email=ann+at+example.com").await;
    assert_eq!(slip.status, 200);
    assert!(slip.text.contains("This is no e-mail address."));
}

#[tokio::test]
async fn a_code_works_once_and_a_second_use_revokes_its_tokens() {
    let world = World::new();
    let code = world.code("email=ann%40example.com").await;
    let first = world.token(&code, &[]).await.json();
    let again = world.token(&code, &[]).await;
    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_grant")));
    let bearer = format!("Bearer {}", first["access_token"].as_str().unwrap());
    let userinfo = world.send(Request::get("/oidc/userinfo").header("authorization", bearer), Body::empty()).await;
    assert_eq!(userinfo.status, 401);
}

#[tokio::test]
async fn codes_are_bound_to_their_request() {
    let world = World::new();
    let short = "dBjftJeZ4CVP";
    let other = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX";
    for changed in [
        [("code_verifier", other)],
        [("code_verifier", short)],
        [("code_verifier", "")],
        [("redirect_uri", "http://127.0.0.1:8080/elsewhere")],
        [("code", "code_none")],
    ] {
        let code = world.code("email=ann%40example.com").await;
        let answer = world.token(&code, &changed).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")), "{changed:?}");
        if changed[0].0 != "code" {
            assert_eq!(world.token(&code, &[]).await.status, 400, "one try only: {changed:?}");
        }
    }
    let code = world.code("email=ann%40example.com").await;
    world.pass(60);
    assert_eq!(world.token(&code, &[]).await.json()["error"], "invalid_grant", "too old");
}

#[tokio::test]
async fn the_client_proves_itself_either_way() {
    let world = World::new();
    let form = |code: &str, secret: &str| {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
            ("client_id", "keystead"),
        ];
        replaced(&usual, &[("client_secret", secret)])
    };
    let code = world.code("email=ann%40example.com").await;
    for secret in ["", "wrong"] {
        let refused = world.form("/oidc/token", &form(&code, secret)).await;
        assert_eq!((refused.status, &refused.json()["error"]), (401, &json!("invalid_client")));
    }
    let credential = STANDARD.encode("keystead:wrong");
    let request = Request::post("/oidc/token").header("authorization", format!("Basic {credential}"));
    assert_eq!(world.send(request, form(&code, "")).await.status, 401);
    assert_eq!(world.form("/oidc/token", &form(&code, "sandbox")).await.status, 200, "strangers spent nothing");
    let other = world.token("x", &[("grant_type", "refresh_token")]).await;
    assert_eq!(other.json()["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn requests_that_are_not_followed() {
    let world = World::new();
    for changed in [("client_id", "somebody"), ("redirect_uri", "javascript:alert(1)"), ("redirect_uri", "")] {
        assert_eq!(world.get(&authorize(&[changed])).await.status, 400, "never sent back: {changed:?}");
    }
    for (changed, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "email"), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("prompt", "none"), "login_required"),
    ] {
        let back = world.get(&authorize(&[changed])).await.back();
        assert_eq!((back["error"].as_str(), back["state"].as_str()), (error, "s&1"));
        let picked = world.form(&authorize(&[changed]), "email=ann%40example.com").await.back();
        assert_eq!(picked["error"], error, "nor by a form");
    }
}

#[tokio::test]
async fn an_issuer_that_is_down() {
    let world = World::new();
    world.script("/sandbox/oidc", json!({ "down": true })).await;
    for path in ["/oidc/.well-known/openid-configuration", "/oidc/jwks", "/oidc/userinfo", &authorize(&[])] {
        assert_eq!(world.get(path).await.status, 503, "{path}");
    }
    assert_eq!(world.token("x", &[]).await.status, 503);
}

#[tokio::test]
async fn workloads_get_a_token_with_their_claims() {
    let world = World::new();
    let asked = json!({ "aud": "keystead", "sub": "repo:acme/app:ref:refs/heads/main", "repository": "acme/app" });
    let answer = world.script("/oidc/workload_token", asked).await.json();
    let claims = world.claims(answer["token"].as_str().unwrap()).await;
    let issuer = world.get("/oidc/.well-known/openid-configuration").await.json()["issuer"].clone();
    assert_eq!((&claims["iss"], &claims["repository"]), (&issuer, &json!("acme/app")));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(NOW), &json!(NOW + 300)));
    let other = json!({ "iss": "https://other.example.com", "exp": 7, "iat": null });
    let answer = world.script("/oidc/workload_token", other).await.json();
    let claims = world.claims(answer["token"].as_str().unwrap()).await;
    assert_eq!(
        (&claims["iss"], &claims["exp"], claims.get("iat")),
        (&json!("https://other.example.com"), &json!(7), None)
    );
}
