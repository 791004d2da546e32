//! The audit chain.

use keystead_core::Secret;
use keystead_store::tables::audit::{self, AuditKey, NewAuditEvent};
use keystead_store::{Error, Page};
use serde_json::json;

use crate::world::*;

pub(crate) fn audit_key(byte: u8) -> AuditKey {
    AuditKey(Secret::new([byte; 32]))
}

pub(crate) fn event(organization: &str, name: &str) -> NewAuditEvent {
    NewAuditEvent {
        id: id(&format!("audit_log-{name}")),
        organization: id(&format!("org-{organization}")),
        at: NOW,
        actor_kind: "session".to_owned(),
        actor_id: "user-ann".to_owned(),
        action: "api_key.created".to_owned(),
        target_id: "key_a".to_owned(),
        details: json!({ "name": "it's \u{0} \"quoted\"", "n": 1.5 }),
        address: (name != "a").then(|| "2001:db8::7".to_owned()),
    }
}

pub(crate) async fn chain(db: TestDb) {
    let (right, wrong) = (audit_key(1), audit_key(2));
    for name in ["a", "b", "c", "d"] {
        let made = change!(db, |tx| audit::append(tx, &right, event("one", name))).unwrap();
        assert_eq!(made, event("one", name));
    }
    change!(db, |tx| audit::append(tx, &right, event("two", "z"))).unwrap();
    for organization in ["one", "two", "none"] {
        let organization = id(&format!("org-{organization}"));
        assert_eq!(look!(db, |tx| audit::verify(tx, &right, &organization)), Ok(None));
    }
    assert_eq!(look!(db, |tx| audit::verify(tx, &wrong, &id("org-one"))), Ok(Some(id("audit_log-a"))));
    let ids = |page: keystead_store::Listing<audit::AuditEvent>| {
        (page.data.iter().map(|event| event.id.as_str()[10..].to_owned()).collect::<String>(), page.has_more)
    };
    let newest = Page { after: None, limit: 3, ascending: false };
    let page = look!(db, |tx| audit::list(tx, &id("org-one"), &newest)).unwrap();
    assert_eq!(page.data[0], event("one", "d"));
    assert_eq!(ids(page), ("dcb".to_owned(), true));
    let older = Page { after: Some("audit_log-c".to_owned()), ..newest };
    assert_eq!(ids(look!(db, |tx| audit::list(tx, &id("org-one"), &older)).unwrap()), ("ba".to_owned(), false));
    assert_eq!(ids(look!(db, |tx| audit::list(tx, &id("org-one"), &first(9))).unwrap()), ("abcd".to_owned(), false));
    let foreign = look!(db, |tx| audit::list(tx, &id("org-one"), &after("audit_log-z", 9)));
    assert_eq!(foreign, Err(Error::Missing));
}

/// Whoever can write the database cannot rewrite the past unseen.
pub(crate) async fn tampering(db: TestDb) {
    let key = audit_key(1);
    for name in ["a", "b", "c", "d", "e"] {
        change!(db, |tx| audit::append(tx, &key, event("one", name))).unwrap();
    }
    let broken = async || look!(db, |tx| audit::verify(tx, &key, &id("org-one"))).unwrap().map(|id| id.to_string());
    assert_eq!(broken().await, None);
    for (edit, undo) in [
        (
            "UPDATE audit_events SET actor_id = 'user-ben' WHERE id = 'audit_log-c'",
            "UPDATE audit_events SET actor_id = 'user-ann' WHERE id = 'audit_log-c'",
        ),
        (
            "UPDATE audit_events SET details = 'not even JSON', target_id = 'key_b' WHERE id = 'audit_log-c'",
            "UPDATE audit_events SET target_id = 'key_a', details = (SELECT details FROM audit_events \
             WHERE id = 'audit_log-a') WHERE id = 'audit_log-c'",
        ),
        (
            "UPDATE audit_events SET actor_kind = 'sessionuser', actor_id = '-ann' WHERE id = 'audit_log-c'",
            "UPDATE audit_events SET actor_kind = 'session', actor_id = 'user-ann' WHERE id = 'audit_log-c'",
        ),
        (
            "UPDATE audit_events SET address = NULL WHERE id = 'audit_log-c'",
            "UPDATE audit_events SET address = '2001:db8::7' WHERE id = 'audit_log-c'",
        ),
        (
            "UPDATE audit_events SET mac = previous_mac WHERE id = 'audit_log-c'",
            "UPDATE audit_events SET mac = (SELECT previous_mac FROM audit_events WHERE id = 'audit_log-d') \
             WHERE id = 'audit_log-c'",
        ),
    ] {
        db.tamper(edit).await;
        assert_eq!(broken().await.as_deref(), Some("audit_log-c"), "{edit}");
        db.tamper(undo).await;
        assert_eq!(broken().await, None, "{undo}");
    }
    db.tamper("DELETE FROM audit_events WHERE id = 'audit_log-b'").await;
    assert_eq!(broken().await.as_deref(), Some("audit_log-c"), "its predecessor is gone");
}
