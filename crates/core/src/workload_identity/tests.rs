//! The rules of workload identity, with the attacks they are for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::claims::ClaimsFault;
use super::expression::TransformationFault;
use super::issuer::{AddressFault, check_address, usual_discovery_url};
use super::jwt::{LONGEST_TOKEN, TokenFault};
use super::matchers::MatchersFault;
use super::*;

mod properties;
mod telling;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn part(value: &str) -> String {
    URL_SAFE_NO_PAD.encode(value)
}

fn token(header: &str, claims: &str) -> String {
    format!("{}.{}.{}", part(header), part(claims), part("signature"))
}

#[test]
fn a_token_is_taken_apart() {
    let text = token(r#"{"alg":"RS256","kid":"k1","typ":"JWT"}"#, r#"{"sub":"a"}"#);
    let read = SubjectToken::parse(&text).unwrap();
    assert_eq!(
        (read.algorithm, read.key_id.as_str(), &read.claims),
        (Algorithm::Rs256, "k1", &map(json!({ "sub": "a" })))
    );
    assert_eq!((read.message, read.signature.as_slice()), (text.rsplit_once('.').unwrap().0, b"signature".as_slice()));
}

#[test]
fn attacks_on_the_form_of_a_token() {
    let good = r#"{"alg":"ES256","kid":"k"}"#;
    for (header, fault) in [
        (r#"{"alg":"none","kid":"k"}"#, TokenFault::Algorithm),
        (r#"{"alg":"None","kid":"k"}"#, TokenFault::Algorithm),
        (r#"{"alg":"","kid":"k"}"#, TokenFault::Algorithm),
        (r#"{"alg":"HS256","kid":"k"}"#, TokenFault::Algorithm),
        (r#"{"alg":"HS512","kid":"k"}"#, TokenFault::Algorithm),
        (r#"{"alg":"es256","kid":"k"}"#, TokenFault::Algorithm),
        (r#"{"alg":["ES256"],"kid":"k"}"#, TokenFault::Algorithm),
        (r#"{"kid":"k"}"#, TokenFault::Algorithm),
        (r#"{"alg":"ES256"}"#, TokenFault::KeyId),
        (r#"{"alg":"ES256","kid":""}"#, TokenFault::KeyId),
        (r#"{"alg":"ES256","kid":7}"#, TokenFault::KeyId),
        (r#"{"alg":"ES256","kid":"k","crit":["exp"]}"#, TokenFault::Header),
        (r#"{"alg":"ES256","kid":"k","zip":"DEF"}"#, TokenFault::Header),
        (r#"{"alg":"ES256","kid":"k","typ":"logout+jwt"}"#, TokenFault::Header),
        (r#"{"alg":"ES256","kid":"k","typ":"dpop+jwt"}"#, TokenFault::Header),
        (r#"{"alg":"ES256","alg":"RS256","kid":"k"}"#, TokenFault::Form),
        (r#"["ES256"]"#, TokenFault::Form),
        ("", TokenFault::Form),
    ] {
        assert_eq!(SubjectToken::parse(&token(header, "{}")), Err(fault), "{header}");
    }
    for claims in [r#"{"sub":"a","sub":"b"}"#, r#"{"a":{"sub":"a","sub":"b"}}"#, "[]", "null", "{", "\u{feff}{}"] {
        assert_eq!(SubjectToken::parse(&token(good, claims)), Err(TokenFault::Form), "{claims}");
    }
    let (header, claims) = (part(good), part("{}"));
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.a.b"),
        format!("{header}.{claims}.a=="),
        format!("{header}.{claims}.a+b/"),
        format!(" {header}.{claims}.YQ"),
        format!("{header}.{claims}.YQ\n"),
        format!("{header}..YQ"),
    ] {
        assert_eq!(SubjectToken::parse(&text), Err(TokenFault::Form), "{text:?}");
    }
    let long = token(good, &format!(r#"{{"a":"{}"}}"#, "x".repeat(LONGEST_TOKEN)));
    assert_eq!(SubjectToken::parse(&long), Err(TokenFault::TooLong));
}

/// A key's id is only a name: what looks like a path or a statement stays a text.
#[test]
fn the_id_of_a_key_is_only_a_name() {
    for id in ["../../dev/null", "x' OR 1=1", "http://127.0.0.1/k"] {
        let text = token(&json!({ "alg": "ES256", "kid": id, "jku": "http://x", "jwk": {} }).to_string(), "{}");
        assert_eq!(SubjectToken::parse(&text).unwrap().key_id, id);
    }
}

fn claims(changed: &[(&str, Value)]) -> Map<String, Value> {
    let mut claims = map(json!({
        "iss": "https://issuer.example.com", "aud": "keystead", "sub": "repo:a/b", "iat": NOW.0 - 10, "exp": NOW.0 + 300,
    }));
    for (name, value) in changed {
        match value {
            Value::Null => claims.remove(*name),
            value => claims.insert((*name).to_owned(), value.clone()),
        };
    }
    claims
}

fn check(changed: &[(&str, Value)]) -> Result<Claims, ClaimsFault> {
    let expected = Expected { issuer: "https://issuer.example.com", audience: "keystead", now: NOW };
    Claims::check(&claims(changed), expected)
}

#[test]
fn claims_that_are_accepted() {
    let usual = check(&[]).unwrap();
    assert_eq!((usual.subject.as_str(), usual.expires_at), ("repo:a/b", NOW.plus(300)));
    for changed in [
        ("aud", json!(["keystead"])),
        ("nbf", json!(NOW.0)),
        ("nbf", json!(NOW.0 + 60)),
        ("iat", json!(NOW.0 + 60)),
        ("exp", json!(NOW.0 + 1)),
        ("exp", json!(NOW.0 as f64 + 300.9)),
    ] {
        assert!(check(std::slice::from_ref(&changed)).is_ok(), "{changed:?}");
    }
    assert_eq!(check(&[("exp", json!(NOW.0 as f64 + 300.9))]).unwrap().expires_at, NOW.plus(300));
}

#[test]
fn attacks_on_the_claims() {
    for (name, value, fault) in [
        ("iss", json!("https://issuer.example.com/"), ClaimsFault::Issuer),
        ("iss", json!("https://ISSUER.example.com"), ClaimsFault::Issuer),
        ("iss", json!(["https://issuer.example.com"]), ClaimsFault::Issuer),
        ("iss", Value::Null, ClaimsFault::Issuer),
        ("aud", json!("other"), ClaimsFault::Audience),
        ("aud", json!(["keystead", "other"]), ClaimsFault::Audience),
        ("aud", json!(["other"]), ClaimsFault::Audience),
        ("aud", json!([]), ClaimsFault::Audience),
        ("aud", json!({ "keystead": true }), ClaimsFault::Audience),
        ("aud", Value::Null, ClaimsFault::Audience),
        ("sub", Value::Null, ClaimsFault::Subject),
        ("sub", json!(""), ClaimsFault::Subject),
        ("sub", json!(7), ClaimsFault::Subject),
        ("exp", Value::Null, ClaimsFault::Times),
        ("exp", json!("1900000000"), ClaimsFault::Times),
        ("exp", json!(-1), ClaimsFault::Times),
        ("exp", json!(1e300), ClaimsFault::Times),
        ("iat", Value::Null, ClaimsFault::Times),
        ("nbf", json!("now"), ClaimsFault::Times),
        ("exp", json!(NOW.0), ClaimsFault::Expired),
        ("exp", json!(NOW.0 - 1), ClaimsFault::Expired),
        ("nbf", json!(NOW.0 + 61), ClaimsFault::Early),
        ("iat", json!(NOW.0 + 61), ClaimsFault::Early),
        ("exp", json!(NOW.0 + 7 * 86_400), ClaimsFault::Life),
    ] {
        assert_eq!(check(&[(name, value.clone())]), Err(fault), "{name} {value}");
    }
}

#[test]
fn a_key_ends_with_its_token_and_after_an_hour() {
    assert_eq!(key_end(NOW, NOW.plus(300)), NOW.plus(300));
    assert_eq!(key_end(NOW, NOW.plus(86_400)), NOW.plus(3_600));
}

fn transformations(all: &[(&str, &str)]) -> Transformations {
    let one = |(attribute, expression): &(&str, &str)| json!({ "attribute": attribute, "expression": expression });
    Transformations::read(&Value::Array(all.iter().map(one).collect())).unwrap()
}

fn matches(matchers: Value, claims: Value, derived: &[(&str, &str)]) -> bool {
    let claims = map(claims);
    Matchers::read(&matchers).unwrap().match_all(&Attributes::new(&claims, &transformations(derived)))
}

#[test]
fn every_attribute_must_match_exactly() {
    let github = json!({ "sub": "repo:acme/app:ref:refs/heads/main", "repository": "acme/app", "run_attempt": 1, "fork": false });
    assert!(matches(json!({ "repository": "acme/app", "run_attempt": 1, "fork": false }), github.clone(), &[]));
    assert!(matches(json!({ "run_attempt": 1.0 }), github.clone(), &[]));
    for wrong in [
        json!({ "repository": "acme/app2" }),
        json!({ "repository": "acme" }),
        json!({ "repository": "acme/*" }),
        json!({ "repository": "Acme/app" }),
        json!({ "repository": "acme/app", "ref": "main" }),
        json!({ "run_attempt": "1" }),
        json!({ "run_attempt": true }),
        json!({ "run_attempt": 2 }),
        json!({ "fork": "false" }),
        json!({ "fork": 0 }),
        json!({ "absent": "x" }),
    ] {
        assert!(!matches(wrong.clone(), github.clone(), &[]), "{wrong}");
    }
    let big = json!({ "n": 9_007_199_254_740_993_i64 });
    assert!(matches(json!({ "n": 9_007_199_254_740_993_i64 }), big.clone(), &[]));
    assert!(!matches(json!({ "n": 9_007_199_254_740_992_i64 }), big, &[]));
}

#[test]
fn claims_in_claims_are_reached_by_their_path() {
    let kubernetes = json!({ "kubernetes.io": { "namespace": "prod", "serviceaccount": { "name": "api" } }, "a": { "b.c": 1, "b": { "c": 2 } } });
    assert!(matches(
        json!({ "kubernetes.io.namespace": "prod", "kubernetes.io.serviceaccount.name": "api" }),
        kubernetes.clone(),
        &[]
    ));
    assert!(matches(json!({ "a.b.c": 1 }), kubernetes.clone(), &[]), "the longest name counts");
    for absent in
        ["kubernetes.io", "kubernetes.io.serviceaccount", "kubernetes", "a..b", ".a", "a.", "kubernetes.io.namespace.x"]
    {
        let mut wanted = Map::new();
        wanted.insert(absent.to_owned(), json!("prod"));
        assert!(!matches(Value::Object(wanted), kubernetes.clone(), &[]), "{absent}");
    }
}

#[test]
fn attributes_are_derived() {
    let claims =
        json!({ "sub": "s", "repository": "acme/app", "n": 5, "kubernetes.io": { "namespace": "prod" }, "o": {} });
    for (expression, value) in [
        ("assertion.repository", json!("acme/app")),
        ("'repo:' + assertion.repository + \":x\"", json!("repo:acme/app:x")),
        ("assertion[\"kubernetes.io\"].namespace", json!("prod")),
        ("assertion['kubernetes.io']['namespace']", json!("prod")),
        ("  assertion.n ", json!(5)),
        ("\"fixed\"", json!("fixed")),
    ] {
        assert!(matches(json!({ "x": value }), claims.clone(), &[("x", expression)]), "{expression}");
    }
    for expression in
        ["assertion.n + 'x'", "assertion.o", "assertion.absent", "assertion.sub.x", "'a' + assertion.absent"]
    {
        assert!(!matches(json!({ "x": "" }), claims.clone(), &[("x", expression)]), "{expression}");
    }
    assert!(!matches(json!({ "sub": "s" }), claims.clone(), &[("sub", "assertion.absent")]), "a claim is hidden");
    assert!(matches(json!({ "sub": "acme/app" }), claims, &[("sub", "assertion.repository")]));
}

#[test]
fn other_expressions_are_refused() {
    for expression in [
        "",
        " ",
        "+",
        "assertion",
        "assertion.",
        "assertion.a +",
        "assertion.a assertion.b",
        "assertion.sub.startsWith('a')",
        "assertion.a == 'b'",
        "claims.sub",
        "assertionx.sub",
        "assertion[0]",
        "assertion['a",
        "'a",
        "'a\\'b'",
        "assertion.1a",
        "assertion.a ? 'b' : 'c'",
        "assertion.a && assertion.b",
        "size(assertion.a)",
        "assertion.a-b",
        "\u{a0}'a'x",
    ] {
        let all = json!([{ "attribute": "x", "expression": expression }]);
        assert_eq!(Transformations::read(&all), Err(TransformationFault::Expression("x".to_owned())), "{expression}");
    }
    for wrong in [
        json!({}),
        json!([1]),
        json!([{ "attribute": "x" }]),
        json!([{ "attribute": "x", "expression": "'a'", "y": 1 }]),
    ] {
        assert_eq!(Transformations::read(&wrong), Err(TransformationFault::Form), "{wrong}");
    }
    let one = json!({ "attribute": "x", "expression": "'a'" });
    assert_eq!(Transformations::read(&json!([one, one])), Err(TransformationFault::Attribute("x".to_owned())));
    assert_eq!(Transformations::read(&Value::Array(vec![one; 21])), Err(TransformationFault::TooMany));
    let written = serde_json::to_value(transformations(&[("x", "assertion.sub")])).unwrap();
    assert_eq!(written, json!([{ "attribute": "x", "expression": "assertion.sub" }]));
}

#[test]
fn matchers_are_checked() {
    let many: Map<String, Value> = (0..21).map(|n| (format!("a{n}"), json!(n))).collect();
    for (wrong, fault) in [
        (json!([]), MatchersFault::Form),
        (json!("x"), MatchersFault::Form),
        (json!({}), MatchersFault::None),
        (Value::Object(many), MatchersFault::TooMany),
        (json!({ "": "x" }), MatchersFault::Name),
        (json!({ "a b": "x" }), MatchersFault::Name),
        (json!({ "a": null }), MatchersFault::Value),
        (json!({ "a": ["x"] }), MatchersFault::Value),
        (json!({ "a": { "b": 1 } }), MatchersFault::Value),
        (json!({ "a": "x".repeat(2_001) }), MatchersFault::Value),
    ] {
        assert_eq!(Matchers::read(&wrong), Err(fault), "{wrong}");
    }
    let read: Matchers = serde_json::from_value(json!({ "b": true, "a": 1 })).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), json!({ "a": 1, "b": true }));
    assert!(serde_json::from_value::<Matchers>(json!({})).is_err(), "the store holds no rule that lets everyone in");
}

#[test]
fn addresses_of_issuers() {
    let sandbox = Some("http://127.0.0.1:8081");
    for good in [
        "https://token.actions.githubusercontent.com",
        "https://accounts.google.com",
        "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c",
        "https://issuer.example.com:443/realms/a/",
        "http://127.0.0.1:8081/oidc",
    ] {
        assert_eq!(check_address(good, sandbox), Ok(()), "{good}");
    }
    for (bad, fault) in [
        ("", AddressFault::Unreadable),
        ("https://a.example.com/ x", AddressFault::Unreadable),
        ("https://\u{430}.example.com", AddressFault::Unreadable),
        ("http://issuer.example.com", AddressFault::Insecure),
        ("ftp://issuer.example.com", AddressFault::Insecure),
        ("HTTPS://issuer.example.com", AddressFault::Insecure),
        ("http://127.0.0.1:8082/oidc", AddressFault::Insecure),
        ("http://127.0.0.1:80811/oidc", AddressFault::Insecure),
        ("https://user@issuer.example.com", AddressFault::Extra),
        ("https://issuer.example.com?x", AddressFault::Extra),
        ("https://issuer.example.com#x", AddressFault::Extra),
        ("https://issuer.example.com\\@evil.example.com", AddressFault::Extra),
        ("http://127.0.0.1:8081@evil.example.com/", AddressFault::Extra),
        ("https://localhost", AddressFault::Host),
        ("https://metadata", AddressFault::Host),
        ("https://127.0.0.1", AddressFault::Host),
        ("https://127.1", AddressFault::Host),
        ("https://0x7f.0.0.0x1", AddressFault::Host),
        ("https://[::1]", AddressFault::Host),
        ("https://2130706433", AddressFault::Host),
        ("https://", AddressFault::Host),
        ("https:///x", AddressFault::Host),
        ("https://a..example.com", AddressFault::Host),
        ("https://example.com.", AddressFault::Host),
        ("https://example.com:0", AddressFault::Host),
        ("https://example.com:22", AddressFault::Host),
        ("https://example.com:8443", AddressFault::Host),
        ("https://example.com:0443", AddressFault::Host),
        ("https://example.com:x", AddressFault::Host),
        ("https://example.com:1:2", AddressFault::Host),
    ] {
        assert_eq!(check_address(bad, sandbox), Err(fault), "{bad}");
    }
    assert_eq!(check_address("http://127.0.0.1:8081/oidc", None), Err(AddressFault::Insecure));
    assert_eq!(usual_discovery_url("https://a.example.com/"), "https://a.example.com/.well-known/openid-configuration");
}

#[test]
fn verification_is_written_as_on_the_wire() {
    for wire in [
        json!({ "type": "discovery", "discovery_url": null }),
        json!({ "type": "discovery", "discovery_url": "https://a.example.com/x" }),
        json!({ "type": "uploaded_jwks", "jwks": { "keys": [] } }),
    ] {
        let read: Verification = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), wire);
    }
}
