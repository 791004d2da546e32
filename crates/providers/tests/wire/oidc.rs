use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use keystead_core::time::Timestamp;
use keystead_providers::sign_in::{AuthorizationRequest, Identity, Oidc, OidcOptions, SignIn};
use keystead_providers::{Health, ProviderError};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::keys::{Key, message};
use crate::vendor::{Answer, RecordedRequest, Vendor, answer_of, json_answer};
use crate::{NOW, secret};

pub(crate) const BACK: &str = "https://keys.example.com/sign-in/back";
const SECRET: &str = "s3cret of the client";

/// An issuer with its own key, and our client for it.
pub(crate) struct World {
    pub(crate) issuer: Vendor,
    pub(crate) key: Key,
    pub(crate) client: Oidc,
    clock: Arc<AtomicI64>,
}

impl World {
    pub(crate) async fn new(key: Key) -> Self {
        let issuer = Vendor::new([]).await;
        let options = OidcOptions {
            label: "Google".into(),
            issuer: issuer.url.clone(),
            client_id: "keystead".into(),
            client_secret: secret(SECRET),
        };
        let clock = Arc::new(AtomicI64::new(NOW));
        let time = Arc::clone(&clock);
        let rng = Box::new(ChaCha20Rng::seed_from_u64(7));
        let client = Oidc::new(options, Arc::new(move || Timestamp(time.load(Ordering::Relaxed))), rng).unwrap();
        Self { issuer, key, client, clock }
    }

    pub(crate) fn description(&self) -> Value {
        let url = &self.issuer.url;
        json!({ "issuer": url, "authorization_endpoint": format!("{url}/authorize?tenant=1"),
            "token_endpoint": format!("{url}/token"), "userinfo_endpoint": format!("{url}/me"),
            "jwks_uri": format!("{url}/keys"), "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported":
                ["RS256", "EdDSA", "HS256", "none"] })
    }

    pub(crate) fn keys(&self, keys: &[&Key]) -> Answer {
        json_answer(200, json!({ "keys": keys.iter().map(|key| key.public()).collect::<Vec<_>>() }))
    }

    /// The issuer answers with its metadata.
    pub(crate) fn describe(&self) {
        self.issuer.queue([json_answer(200, self.description()), self.keys(&[&self.key])]);
    }

    pub(crate) async fn begin_sign_in(&self) -> AuthorizationRequest {
        self.describe();
        self.client.begin_sign_in(BACK).await.unwrap()
    }

    pub(crate) fn claims(&self, left: &AuthorizationRequest) -> Value {
        json!({ "iss": self.issuer.url, "sub": "1085", "aud": "keystead", "iat": NOW - 1, "exp": NOW + 300,
            "nonce": left.nonce.expose(), "email": "anna@example.com", "email_verified": true, "name": "Anna" })
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "alg": self.key.algorithm(), "kid": "k1", "typ": "JWT" })
    }

    /// The person returns, and the issuer has this token for us.
    pub(crate) async fn finish_sign_in(
        &self,
        left: &AuthorizationRequest,
        token: &str,
    ) -> Result<Identity, ProviderError> {
        self.issuer.queue([tokens(token)]);
        self.client.finish_sign_in("c0de", BACK, &left.nonce, &left.verifier).await
    }
}

pub(crate) fn tokens(token: &str) -> Answer {
    json_answer(200, json!({ "access_token": "acc3ss", "token_type": "Bearer", "expires_in": 300, "id_token": token }))
}

fn query(url: &str) -> Vec<(String, String)> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

// S3-04, S3-05
#[tokio::test]
async fn the_redirect_to_the_issuer() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    assert_eq!((world.client.label(), world.client.health()), ("Google", Health::Unknown));
    let left = world.begin_sign_in().await;
    assert_eq!(world.client.health(), Health::Up);
    assert!(left.url.starts_with(&format!("{}/authorize?", world.issuer.url)));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(left.verifier.expose()));
    let fields = query(&left.url);
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "keystead"),
        ("redirect_uri", BACK),
        ("scope", "openid email profile"),
        ("state", left.state.expose()),
        ("nonce", left.nonce.expose()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("prompt", "select_account"),
    ] {
        let found: Vec<_> = fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect();
        assert_eq!(found, [value], "{name}");
    }
    let lines: Vec<_> = world.issuer.requests().iter().map(RecordedRequest::line).collect();
    assert_eq!(lines, ["GET /.well-known/openid-configuration", "GET /keys"]);

    // Every redirect has its own values; the metadata is loaded once an hour.
    let other = world.client.begin_sign_in(BACK).await.unwrap();
    let all = [&left.state, &left.nonce, &left.verifier, &other.state, &other.nonce, &other.verifier];
    let distinct: std::collections::HashSet<_> = all.iter().map(|value| value.expose()).collect();
    assert_eq!(distinct.len(), 6);
    assert!(all.iter().all(|value| value.expose().len() == 43), "256 bits each");
    assert_eq!(world.issuer.requests().len(), 2);
    world.clock.fetch_add(3_600, Ordering::Relaxed);
    world.begin_sign_in().await;
    assert_eq!(world.issuer.requests().len(), 4);
}

#[tokio::test]
async fn a_successful_return_from_the_issuer() {
    for key in [Key::ed25519("k1", 1), Key::rsa("k1", 2048)] {
        let world = World::new(key).await;
        let left = world.begin_sign_in().await;
        let token = world.key.token(&world.header(), &world.claims(&left));
        let identity = Identity {
            issuer: world.issuer.url.clone(),
            subject: "1085".into(),
            email: "anna@example.com".into(),
            email_verified: true,
            name: Some("Anna".into()),
        };
        assert_eq!(world.finish_sign_in(&left, &token).await, Ok(identity));
        let request = world.issuer.requests()[2].clone();
        assert_eq!(request.line(), "POST /token");
        assert!(request.header("authorization").starts_with("Basic "), "{:?}", request.headers);
        let form = request.form();
        for (name, value) in [
            ("grant_type", "authorization_code"),
            ("code", "c0de"),
            ("redirect_uri", BACK),
            ("code_verifier", left.verifier.expose()),
        ] {
            assert!(form.contains(&(name.to_owned(), value.to_owned())), "{name}: {form:?}");
        }
        assert!(!request.body.contains("s3cret"), "the secret goes in the header only");
    }
}

#[tokio::test]
async fn an_unverified_address() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let left = world.begin_sign_in().await;
    for said in [json!(false), Value::Null] {
        let claims = with(world.claims(&left), "email_verified", said);
        let identity = world.finish_sign_in(&left, &world.key.token(&world.header(), &claims)).await.unwrap();
        assert!(!identity.email_verified);
    }
}

#[tokio::test]
async fn invalid_claims() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let left = world.begin_sign_in().await;
    let claims = world.claims(&left);
    for (name, value) in [
        ("iss", json!("https://accounts.example.com")),
        ("aud", json!("somebody-else")),
        ("aud", json!([])),
        ("aud", json!(["keystead", "somebody-else"])),
        ("exp", json!(NOW)),
        ("exp", json!(NOW - 86_400)),
        ("exp", Value::Null),
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("sub", Value::Null),
    ] {
        let token = world.key.token(&world.header(), &with(claims.clone(), name, value.clone()));
        let arrived = world.finish_sign_in(&left, &token).await;
        assert!(arrived.is_err(), "{name} {value}: {arrived:?}");
        assert!(!format!("{arrived:?}").contains("anna"), "nothing personal in an error");
    }
    let good = world.key.token(&world.header(), &claims);
    assert!(world.finish_sign_in(&left, &good).await.is_ok(), "and the same without the change does hold");
}

/// ASVS 9.1.1: unsigned, another algorithm, another key, a key in the token, trailing bytes.
#[tokio::test]
async fn invalid_signatures() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let left = world.begin_sign_in().await;
    let claims = world.claims(&left);
    let stranger = Key::ed25519("k1", 2);
    let good = world.key.token(&world.header(), &claims);
    let shared = |key: &[u8]| {
        let message = message(&json!({ "alg": "HS256", "kid": "k1" }), &claims);
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    };
    let public = serde_json::to_string(&world.key.public()).unwrap();
    let embedded = json!({ "alg": "EdDSA", "kid": "k1", "jwk": stranger.public() });
    let (head, signature) = good.rsplit_once('.').unwrap();
    let longer = message(&world.header(), &with(claims.clone(), "email", json!("eve@example.com")));
    for (what, token) in [
        ("unsigned", format!("{}.", message(&json!({ "alg": "none" }), &claims))),
        ("without a signature", format!("{head}.")),
        ("another key", stranger.token(&world.header(), &claims)),
        ("a key in the token", stranger.token(&embedded, &claims)),
        ("our own secret", shared(SECRET.as_bytes())),
        ("the public key as a secret", shared(public.as_bytes())),
        ("other claims", format!("{longer}.{signature}")),
        ("trailing bytes", format!("{good}AA")),
        ("a fourth part", format!("{good}.AA")),
        ("not a token", "x".to_owned()),
    ] {
        // A signature with an unknown key makes the client load newer keys once.
        world.issuer.queue([tokens(&token), json_answer(200, world.description()), world.keys(&[&world.key])]);
        let arrived = world.client.finish_sign_in("c0de", BACK, &left.nonce, &left.verifier).await;
        assert!(arrived.is_err(), "{what}: {arrived:?}");
        world.issuer.clear_answers();
    }
    assert!(world.finish_sign_in(&left, &good).await.is_ok(), "and the one it should be does hold");
}

#[tokio::test]
async fn short_keys_are_refused() {
    let world = World::new(Key::rsa("k1", 1024)).await;
    let left = world.begin_sign_in().await;
    let token = world.key.token(&world.header(), &world.claims(&left));
    world.issuer.queue([tokens(&token), json_answer(200, world.description()), world.keys(&[&world.key])]);
    let arrived = world.client.finish_sign_in("c0de", BACK, &left.nonce, &left.verifier).await;
    assert_eq!(arrived, Err(ProviderError::Refused("issuer: a token whose signature does not hold".into())));
}

#[tokio::test]
async fn new_keys_of_the_issuer_are_found() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let left = world.begin_sign_in().await;
    let newer = Key::ed25519("k2", 2);
    let token = newer.token(&json!({ "alg": "EdDSA", "kid": "k2" }), &world.claims(&left));
    world.issuer.queue([tokens(&token), json_answer(200, world.description()), world.keys(&[&world.key, &newer])]);
    let arrived = world.client.finish_sign_in("c0de", BACK, &left.nonce, &left.verifier).await;
    assert_eq!(arrived.unwrap().subject, "1085");
    assert_eq!(world.issuer.requests().len(), 5);
}

#[tokio::test]
async fn an_address_from_userinfo() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let left = world.begin_sign_in().await;
    let thin = with(with(world.claims(&left), "email", Value::Null), "name", Value::Null);
    let token = world.key.token(&world.header(), &thin);
    let me = json!({ "sub": "1085", "email": "anna@example.com", "email_verified": true, "name": "Anna" });
    world.issuer.queue([tokens(&token), json_answer(200, me.clone())]);
    let identity = world.client.finish_sign_in("c0de", BACK, &left.nonce, &left.verifier).await.unwrap();
    assert_eq!((identity.email.as_str(), identity.email_verified), ("anna@example.com", true));
    assert_eq!(identity.name.as_deref(), Some("Anna"));
    let requests = world.issuer.requests();
    assert_eq!(requests[3].line(), "GET /me");
    assert_eq!(requests[3].header("authorization"), "Bearer acc3ss");

    for other in [with(me.clone(), "sub", json!("9999")), with(me, "email", Value::Null), json!([])] {
        world.issuer.queue([tokens(&token), json_answer(200, other.clone())]);
        let arrived = world.client.finish_sign_in("c0de", BACK, &left.nonce, &left.verifier).await;
        assert!(matches!(arrived, Err(ProviderError::Refused(_))), "{other}: {arrived:?}");
    }
}

#[tokio::test]
async fn errors_of_the_token_endpoint() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let left = world.begin_sign_in().await;
    let error = |word: &str| json_answer(400, json!({ "error": word, "error_description": "about anna@example.com" }));
    for (answer, refused) in [
        (error("invalid_grant"), true),
        (json_answer(200, json!({ "access_token": "a", "token_type": "Bearer" })), true),
        (error("invalid_client"), false),
        (error("novel"), false),
        (answer_of(502, "text/html", "<h1>?</h1>"), false),
        (json_answer(429, json!({})), false),
        (answer_of(200, "application/json", "{"), false),
        (Answer::Nothing, false),
    ] {
        world.issuer.queue([answer.clone()]);
        let failure = world.client.finish_sign_in("c0de", BACK, &left.nonce, &left.verifier).await.unwrap_err();
        assert_eq!(matches!(failure, ProviderError::Refused(_)), refused, "{answer:?}: {failure}");
        assert_eq!(world.client.health(), if refused { Health::Up } else { Health::Down });
        assert!(!failure.to_string().contains("anna"), "nothing personal in an error");
    }
}

#[tokio::test]
async fn an_unreachable_issuer() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let other = with(world.description(), "issuer", json!("https://accounts.example.com"));
    for answer in [
        json_answer(503, json!({})),
        json_answer(404, json!({})),
        json_answer(200, other),
        json_answer(200, json!({})),
        answer_of(200, "text/html", "<h1>?</h1>"),
        Answer::Nothing,
    ] {
        world.issuer.queue([answer.clone()]);
        let left = world.client.begin_sign_in(BACK).await;
        assert!(matches!(left, Err(ProviderError::Unavailable(_))), "{answer:?}: {left:?}");
    }
    world.begin_sign_in().await;
    assert_eq!(world.client.health(), Health::Up, "nothing wrong was remembered");
    assert!(!format!("{:?}", world.client).contains("s3cret"));
}

#[tokio::test]
async fn a_secret_in_the_body_where_the_issuer_wants_it_there() {
    let world = World::new(Key::ed25519("k1", 1)).await;
    let ways = json!(["client_secret_post", "private_key_jwt"]);
    let description = with(world.description(), "token_endpoint_auth_methods_supported", ways);
    world.issuer.queue([json_answer(200, description), world.keys(&[&world.key])]);
    let left = world.client.begin_sign_in(BACK).await.unwrap();
    let token = world.key.token(&world.header(), &world.claims(&left));
    assert!(world.finish_sign_in(&left, &token).await.is_ok());
    let request = world.issuer.requests()[2].clone();
    assert_eq!(request.header("authorization"), "");
    assert!(request.form().contains(&("client_secret".to_owned(), SECRET.to_owned())));
}
