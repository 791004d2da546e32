//! Rows of every kind, and of older and newer versions.

use serde_json::json;

use super::*;

fn read(name: &str, payload: Value) -> Result<Job, Error> {
    let Value::Object(payload) = payload else { panic!("no object") };
    Job::from_row(name, payload)
}

#[test]
fn rows_of_every_kind_are_read_and_written_unchanged() {
    let delivery = json!({ "provider": "p", "event": "evt", "name": "n", "reference": "r", "received_at": 7 });
    for (name, payload) in [
        (
            "account.mail",
            json!({ "to": "a@b.c", "kind": "choose_password", "language": "pl", "detail": "d", "who": "" }),
        ),
        ("account.sign_up", json!({ "email": "a@b.c", "password": "hash", "language": "en" })),
        ("account.reset", json!({ "email": "a@b.c", "language": "en" })),
        ("account.address", json!({ "email": "a@b.c", "language": "en", "link": "l", "who": "w" })),
        ("account.failed", json!({ "email": "a@b.c" })),
        ("account.delete", json!({ "user": "user-1", "requested_at": 7 })),
        ("account.remind_deletion", json!({ "user": "user-1", "requested_at": 7 })),
        ("deletion.organization", json!({ "organization": "org-1", "requested_at": 7 })),
        ("deletion.remind_owners", json!({ "organization": "org-1", "requested_at": 7 })),
        ("payment.look", delivery.clone()),
        ("payment.poll", json!({ "setup": "pms_1", "organization": "org-1", "try": 3 })),
        ("payment.cancel", json!({ "reference": "r" })),
        ("payment.detach", json!({ "method": "m" })),
        ("identity.look", delivery),
        ("identity.poll", json!({ "attempt": "orgv_1", "try": 2, "silent_since": 5 })),
        ("identity.cancel", json!({ "reference": "r" })),
        ("identity.redact", json!({ "attempt": "orgv_1" })),
        ("identity.tell_owners", json!({ "organization": "org-1", "event": "e", "until": 9 })),
        ("identity.tell_reviewers", json!({ "case": "case_1", "until": 9 })),
        ("identity.tell_owners", json!({ "organization": "org-1", "event": "e", "until": 9, "to": "user-1" })),
        ("operator.cases", json!({})),
        ("operator.case_mail", json!({ "to": "a@b.c", "cases": ["case_1", "case_2"] })),
        ("identity.mail_link", json!({ "to": "a@b.c", "url": "u", "language": "ja", "match": "42" })),
        (
            "spend.alert_mail",
            json!({ "to": "a@b.c", "organization": "org-1", "project": "proj_1", "cents": 7, "spent": 70_000, "window": 0 }),
        ),
        (
            "key.signal_mail",
            json!({ "to": "user-1", "organization": "org-1", "key": "key_1", "signal": "new_model", "value": "m", "at": 7, "period": "", "figure": 0, "usual": 0 }),
        ),
        ("phone.cancel", json!({ "reference": "r", "service": "first" })),
    ] {
        let job = read(name, payload.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(job.to_row().unwrap(), (name.to_owned(), payload));
    }
}

#[test]
fn rows_of_older_and_newer_versions() {
    assert!(matches!(read("phone.cancel", json!({ "reference": "r" })), Ok(Job::CancelPhone(_))));
    assert!(matches!(read("payment.cancel", json!({ "reference": "r", "provider": "p" })), Ok(Job::CancelSetup(_))));
    assert!(matches!(read("identity.poll", json!({ "attempt": "orgv_1" })), Ok(Job::PollAttempt(_))));
    assert!(matches!(
        read("identity.tell_owners", json!({ "organization": "org-1", "event": "e" })),
        Ok(Job::MailOwners(MailOwners { until: None, .. }))
    ));
    assert!(matches!(read("payment.refund", json!({ "anything": 1 })), Ok(Job::Unknown)));
    assert!(read("account.mail", json!({ "to": "a@b.c" })).is_err());
}
