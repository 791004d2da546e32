//! Conditions without meaning, and tokens in logs.

use serde_json::{Value, json};

use super::*;

/// Conditions that every token of the issuer meets let everyone in.
#[test]
fn conditions_that_say_nothing_about_the_workload() {
    let tells = |matchers: Value, derived: &[(&str, &str)]| {
        tells_workloads_apart(&Matchers::read(&matchers).unwrap(), &transformations(derived), "https://a.example.com")
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

/// Everyone gets tokens of these issuers, with branches and environments of any name.
#[test]
fn conditions_for_issuers_that_everyone_uses() {
    let tells = |issuer: &str, matchers: Value| {
        let derived = transformations(&[("x", "assertion.ref + assertion.repository"), ("y", "assertion.ref")]);
        tells_workloads_apart(&Matchers::read(&matchers).unwrap(), &derived, issuer)
    };
    let github = "https://token.actions.githubusercontent.com";
    for wide in [
        json!({ "ref": "refs/heads/main", "environment": "production" }),
        json!({ "job_workflow_ref": "acme/app/.github/workflows/a.yml@refs/heads/main" }),
        json!({ "y": "refs/heads/main" }),
    ] {
        assert!(!tells(github, wide.clone()), "{wide}");
        assert!(!tells("https://token.actions.githubusercontent.com/", wide.clone()), "{wide}");
        assert!(tells("https://github.example.com", wide.clone()), "an issuer of one company: {wide}");
    }
    for narrow in [
        json!({ "repository": "acme/app" }),
        json!({ "ref": "main", "repository_owner_id": "1" }),
        json!({ "x": "mainacme" }),
    ] {
        assert!(tells(github, narrow.clone()), "{narrow}");
    }
    assert!(tells("https://gitlab.com", json!({ "project_path": "acme/app" })));
    assert!(!tells("https://gitlab.com", json!({ "ref": "main" })));
    let google = "https://accounts.google.com";
    assert!(tells(google, json!({ "google.compute_engine.project_id": "acme" })));
    assert!(tells(google, json!({ "email": "bot@acme.iam.gserviceaccount.com", "email_verified": true })));
    assert!(!tells(google, json!({ "email_verified": true })));
}

/// A token is a secret until it ends, so nothing that is logged contains one.
#[test]
fn a_token_is_not_shown() {
    let text = token(r#"{"alg":"ES256","kid":"k1"}"#, r#"{"sub":"a"}"#);
    let shown = format!("{:?}", SubjectToken::parse(&text).unwrap());
    assert!(shown.starts_with("SubjectToken"), "{shown}");
    assert!(!text.split('.').any(|part| shown.contains(part)) && !shown.contains("k1"), "{shown}");
}
