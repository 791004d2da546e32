//! The audit chain.

use keystead_core::Secret;
use keystead_core::id::OrganizationId;
use keystead_core::key::KeyKind;
use keystead_core::time::Timestamp;
use keystead_store::tables::api_keys;
use keystead_store::tables::audit::{self, AuditKey, Filter, NewAuditEvent, Walk};
use keystead_store::{Error, Page};
use serde_json::json;

use crate::world::{key as world_key, *};

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
        project: None,
        details: json!({ "name": "it's \u{0} \"quoted\"", "n": 1.5 }),
        address: (name != "a").then(|| "2001:db8::7".to_owned()),
    }
}

pub(crate) async fn chain(db: Database) {
    let (right, wrong) = (audit_key(1), audit_key(2));
    for name in ["a", "b", "c", "d"] {
        let made = change!(db, |tx| audit::append(tx, &right, event("one", name))).unwrap();
        assert_eq!(made, event("one", name));
    }
    change!(db, |tx| audit::append(tx, &right, event("two", "z"))).unwrap();
    for organization in ["one", "two", "none"] {
        let organization: OrganizationId = id(&format!("org-{organization}"));
        let walk = look!(db, |tx| audit::verify(tx, &right, &organization)).unwrap();
        let rows = match organization.as_str() {
            "org-one" => 4,
            "org-two" => 1,
            _ => 0,
        };
        assert_eq!(
            (walk.rows, walk.broken, walk.head.map(|head| head.sequence)),
            (rows, None, (rows > 0).then_some(rows))
        );
    }
    let walk = look!(db, |tx| audit::verify(tx, &wrong, &id("org-one"))).unwrap();
    assert_eq!(walk, Walk { rows: 0, head: None, broken: Some(id("audit_log-a")) });
    let heads = look!(db, |tx| audit::heads(tx)).unwrap();
    let ends: Vec<_> = heads.iter().map(|head| (head.organization.as_str(), head.sequence, head.id.as_str())).collect();
    assert_eq!(ends, [("org-one", 4, "audit_log-d"), ("org-two", 1, "audit_log-z")]);
    let found = look!(db, |tx| audit::find_mac(tx, &id("org-one"), 4)).unwrap();
    assert_eq!(found, Some((id("audit_log-d"), heads[0].mac.clone())));
    assert_eq!(look!(db, |tx| audit::find_mac(tx, &id("org-one"), 5)), Ok(None));
    let ids = |page: keystead_store::Listing<audit::AuditEvent>| {
        (page.data.iter().map(|event| event.id.as_str()[10..].to_owned()).collect::<String>(), page.has_more)
    };
    let newest = Page { after: None, limit: 3, ascending: false };
    let page = look!(db, |tx| audit::list(tx, &id("org-one"), &Filter::default(), &newest)).unwrap();
    assert_eq!(page.data[0], event("one", "d"));
    assert_eq!(ids(page), ("dcb".to_owned(), true));
    let older = Page { after: Some("audit_log-c".to_owned()), ..newest };
    assert_eq!(
        ids(look!(db, |tx| audit::list(tx, &id("org-one"), &Filter::default(), &older)).unwrap()),
        ("ba".to_owned(), false)
    );
    assert_eq!(
        ids(look!(db, |tx| audit::list(tx, &id("org-one"), &Filter::default(), &first(9))).unwrap()),
        ("abcd".to_owned(), false)
    );
    let foreign = look!(db, |tx| audit::list(tx, &id("org-one"), &Filter::default(), &after("audit_log-z", 9)));
    assert_eq!(foreign, Err(Error::Missing));
}

/// A person with write access to the database cannot change the past unnoticed.
pub(crate) async fn tampering(db: Database) {
    let key = audit_key(1);
    for name in ["a", "b", "c", "d", "e"] {
        change!(db, |tx| audit::append(tx, &key, event("one", name))).unwrap();
    }
    let broken =
        async || look!(db, |tx| audit::verify(tx, &key, &id("org-one"))).unwrap().broken.map(|id| id.to_string());
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

/// Rows that changed places, and rows cut off at the end, which only a head kept outside shows.
pub(crate) async fn moved_and_cut(db: Database) {
    let key = audit_key(1);
    for name in ["a", "b", "c", "d"] {
        change!(db, |tx| audit::append(tx, &key, event("one", name))).unwrap();
    }
    let walk = async || look!(db, |tx| audit::verify(tx, &key, &id("org-one"))).unwrap();
    db.tamper("UPDATE audit_events SET sequence = 9 WHERE id = 'audit_log-b'").await;
    db.tamper("UPDATE audit_events SET sequence = 2 WHERE id = 'audit_log-c'").await;
    db.tamper("UPDATE audit_events SET sequence = 3 WHERE id = 'audit_log-b'").await;
    let moved = walk().await;
    assert_eq!((moved.rows, moved.broken), (1, Some(id("audit_log-c"))));
    db.tamper("UPDATE audit_events SET sequence = -7 WHERE id = 'audit_log-c'").await;
    assert_eq!(walk().await.broken, Some(id("audit_log-c")), "before the first row");
    db.tamper("UPDATE audit_events SET sequence = 2 WHERE id = 'audit_log-b'").await;
    db.tamper("UPDATE audit_events SET sequence = 3 WHERE id = 'audit_log-c'").await;
    assert_eq!(walk().await.broken, None);
    db.tamper("UPDATE audit_events SET project = 'proj_x' WHERE id = 'audit_log-b'").await;
    assert_eq!(walk().await.broken, Some(id("audit_log-b")), "a project that was not chained");
    db.tamper("UPDATE audit_events SET project = NULL WHERE id = 'audit_log-b'").await;
    let head = look!(db, |tx| audit::heads(tx)).unwrap().remove(0);
    db.tamper("DELETE FROM audit_events WHERE id = 'audit_log-d'").await;
    let cut = walk().await;
    assert_eq!((cut.rows, cut.broken), (3, None), "not to be seen from inside");
    assert_eq!(look!(db, |tx| audit::find_mac(tx, &head.organization, head.sequence)), Ok(None));
    change!(db, |tx| audit::append(tx, &key, event("one", "e"))).unwrap();
    let (id, mac) = look!(db, |tx| audit::find_mac(tx, &head.organization, head.sequence)).unwrap().unwrap();
    assert!(id != head.id && mac != head.mac, "another row in its place");
    let spoiled = "UPDATE audit_events SET details = 'not even JSON' WHERE id = 'audit_log-e'";
    db.tamper(spoiled).await;
    let seen = look!(db, |tx| audit::list(tx, &head.organization, &Filter::default(), &first(9))).unwrap();
    assert_eq!(seen.data[3].details, json!("not even JSON"), "a spoiled row does not hide the others");
}

/// S1-30: the questions of auditors.
pub(crate) async fn questions(db: Database) {
    let key = audit_key(1);
    seed(&db).await;
    let of = Some(("one", Some("x1")));
    change!(db, |tx| api_keys::insert(tx, &world_key(KeyKind::Project, "a", of, person("ann")))).unwrap();
    change!(db, |tx| api_keys::insert(tx, &world_key(KeyKind::ServiceAccount, "bot", of, bot("bot")))).unwrap();
    let rows = [
        ("a", "session", "user-ann", "user.added", "user-ann", None, 0),
        ("b", "session", "user-ann", "api_key.created", "key_a", Some("proj_x1"), 10),
        ("c", "api_key", "key_a", "project.created", "proj_x1", Some("proj_x1"), 20),
        ("d", "operator", "root", "phone.waived", "org-one", None, 30),
        ("e", "api_key", "key_bot", "project.updated", "proj_x1", None, 30),
    ];
    for (name, kind, actor, action, target, project, after) in rows {
        let row = NewAuditEvent {
            at: NOW.plus(after),
            actor_kind: kind.to_owned(),
            actor_id: actor.to_owned(),
            action: action.to_owned(),
            target_id: target.to_owned(),
            project: project.map(id),
            ..event("one", name)
        };
        assert_eq!(change!(db, |tx| audit::append(tx, &key, row.clone())).unwrap(), row);
    }
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let all = Filter::default();
    let none = Timestamp(NOW.0 + 31);
    for (filter, wanted) in [
        (all.clone(), "abcde"),
        (Filter { from: Some(NOW.plus(10)), ..all.clone() }, "bcde"),
        (Filter { until: Some(NOW.plus(30)), ..all.clone() }, "abc"),
        (Filter { from: Some(none), ..all.clone() }, ""),
        (Filter { actions: texts(&["user.added", "phone.waived", "x"]), ..all.clone() }, "ad"),
        (Filter { targets: texts(&["key_a"]), ..all.clone() }, "b"),
        // This includes a row from before rows had a project.
        (Filter { projects: texts(&["proj_x1"]), ..all.clone() }, "bce"),
        (Filter { actors: texts(&["root"]), ..all.clone() }, "d"),
        // Ann herself and through her key; the service account through its key.
        (Filter { actors: texts(&["user-ann"]), ..all.clone() }, "abc"),
        (Filter { actors: texts(&["svc_acct_bot"]), ..all.clone() }, "e"),
        (Filter { actors: texts(&["key_a", "key_bot"]), people: texts(&["user-ann"]), ..all.clone() }, "c"),
        (Filter { actors: texts(&["' OR 1 = 1 --"]), ..all.clone() }, ""),
    ] {
        let page = look!(db, |tx| audit::list(tx, &id("org-one"), &filter, &first(9))).unwrap();
        let found: String = page.data.iter().map(|event| event.id.as_str()[10..].to_owned()).collect();
        assert_eq!(found, wanted, "{filter:?}");
        assert!(look!(db, |tx| audit::list(tx, &id("org-two"), &filter, &first(9))).unwrap().data.is_empty());
    }
    // A page continues after a row that does not match the filter, in both directions.
    let waived = Filter { actions: texts(&["phone.waived", "user.added"]), ..all };
    for (ascending, wanted) in [(true, "audit_log-d"), (false, "audit_log-a")] {
        let page = Page { after: Some("audit_log-c".to_owned()), limit: 1, ascending };
        let page = look!(db, |tx| audit::list(tx, &id("org-one"), &waived, &page)).unwrap();
        assert_eq!((page.data[0].id.as_str(), page.has_more), (wanted, false));
    }
    let actions = look!(db, |tx| audit::actions(tx, &id("org-one"))).unwrap();
    assert_eq!(actions, ["api_key.created", "phone.waived", "project.created", "project.updated", "user.added"]);
    let actors = look!(db, |tx| audit::actors(tx, &id("org-one"))).unwrap();
    let actors: Vec<_> = actors.iter().map(|(kind, id)| (kind.as_str(), id.as_str())).collect();
    assert_eq!(actors, [("api_key", "key_a"), ("api_key", "key_bot"), ("operator", "root"), ("session", "user-ann")]);
    for (target, wanted) in [
        ("key_a", Some("proj_x1")),
        ("svc_acct_bot", Some("proj_x1")),
        ("proj_x1", Some("proj_x1")),
        ("user-ann", None),
    ] {
        let found = look!(db, |tx| audit::project_of(tx, &id("org-one"), target)).unwrap();
        assert_eq!(found, wanted.map(id), "{target}");
        assert_eq!(look!(db, |tx| audit::project_of(tx, &id("org-two"), target)), Ok(None));
    }
    let everybody = texts(&["user-ann", "user-ben", "user-cid"]);
    let people = look!(db, |tx| audit::people(tx, &id("org-one"), &everybody)).unwrap();
    let mut known: Vec<_> = people.iter().map(|one| one.id.as_str()).collect();
    known.sort_unstable();
    assert_eq!(known, ["user-ann", "user-ben"], "a person who never belonged there is not named");
    let by_address = look!(db, |tx| audit::people_by_email(tx, &id("org-one"), &[people[0].email.to_uppercase()]));
    assert_eq!(by_address.unwrap()[0], people[0]);
    let keys = look!(db, |tx| audit::key_names(tx, &id("org-one"), &texts(&["key_a", "key_bot", "key_no"]))).unwrap();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().any(|key| key.service_account.as_deref() == Some("svc_acct_bot")));
    // Legacy user keys act in the organizations of their owners.
    for owner in ["ben", "cid"] {
        change!(db, |tx| api_keys::insert(tx, &world_key(KeyKind::User, owner, None, person(owner)))).unwrap();
    }
    for (organization, wanted) in [("org-one", "key_ben"), ("org-two", "key_cid")] {
        let keys = look!(db, |tx| audit::key_names(tx, &id(organization), &texts(&["key_ben", "key_cid"]))).unwrap();
        assert_eq!(keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), [wanted]);
    }
    let names = look!(db, |tx| audit::project_names(tx, &id("org-one"), &texts(&["proj_x1"]))).unwrap();
    assert_eq!(names[0].0, "proj_x1");
    assert!(look!(db, |tx| audit::project_names(tx, &id("org-two"), &texts(&["proj_x1"]))).unwrap().is_empty());
    let bots = look!(db, |tx| audit::service_account_names(tx, &id("org-one"), &texts(&["svc_acct_bot"]))).unwrap();
    assert_eq!(bots[0].0, "svc_acct_bot");
    assert!(look!(db, |tx| audit::people(tx, &id("org-one"), &[])).unwrap().is_empty());
}
