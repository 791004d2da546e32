//! Conditions without meaning, and tokens in logs.

use serde_json::{Value, json};

use super::*;

/// Conditions that every token of the issuer meets let everyone in.
#[test]
fn conditions_that_say_nothing_about_the_workload() {
    let tells = |matchers: Value, derived: &[(&str, &str)]| {
        tells_workloads_apart(&Matchers::read(&matchers).unwrap(), &transformations(derived))
    };
    let issuer = "https://issuer.example.com";
    for vacuous in [
        json!({ "iss": issuer }),
        json!({ "aud": "keystead" }),
        json!({ "iss": issuer, "aud": "keystead", "exp": 1_900_000_000 }),
        json!({ "email_verified": true, "typ": "Bearer", "token_use": "access" }),
    ] {
        assert!(!tells(vacuous.clone(), &[]), "{vacuous}");
    }
    for telling in [json!({ "sub": "a" }), json!({ "iss": issuer, "repository": "a/b" }), json!({ "a.iss": "b" })] {
        assert!(tells(telling.clone(), &[]), "{telling}");
    }
    for (expression, expected) in [
        ("'constant'", false),
        ("assertion.iss", false),
        ("assertion.iss + '/' + assertion.aud", false),
        ("assertion['aud']", false),
        ("'repo:' + assertion.repository", true),
        ("assertion.iss + assertion.sub", true),
    ] {
        assert_eq!(tells(json!({ "x": "constant" }), &[("x", expression)]), expected, "{expression}");
    }
    assert!(!tells(json!({ "sub": "a" }), &[("sub", "'a'")]), "the claim is hidden by a text");
    assert!(tells(json!({ "iss": "a" }), &[("iss", "assertion.sub")]), "and the other way round");
}

/// A token is a secret until it ends, so nothing that is logged contains one.
#[test]
fn a_token_is_not_shown() {
    let text = token(r#"{"alg":"ES256","kid":"k1"}"#, r#"{"sub":"a"}"#);
    let shown = format!("{:?}", SubjectToken::parse(&text).unwrap());
    assert_eq!(shown, "SubjectToken { algorithm: Es256, .. }");
}
