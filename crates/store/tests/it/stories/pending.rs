//! Objects that outlive their request: requested at growing intervals, counted once, by any node.

use keystead_core::pending::{Pending, PendingKind};
use keystead_core::usage::{StatedImages, UsageEvent};
use keystead_store::tables::{pending_usage, usage};

use super::usage::{ask, event};
use crate::world::*;

fn pending(name: &str) -> Pending {
    Pending {
        id: name.to_owned(),
        kind: PendingKind::Response,
        upstream: "it's".to_owned(),
        organization: id("org-one"),
        project: id("proj_x1"),
        key: key_id("a"),
        owner: "user-ann".to_owned(),
        model: "m".to_owned(),
        tool: None,
        images: StatedImages::default(),
        read: 7,
        stream: false,
        summary: true,
        request: "req_1".to_owned(),
        begun_at: NOW,
        hold: None,
    }
}

pub(crate) async fn asked_for_and_counted_once(db: Database) {
    for (name, at) in [("resp_a", 30), ("resp_b", 40), ("resp_a", 0)] {
        change!(db, |tx| pending_usage::insert(tx, &pending(name), later(at))).unwrap();
    }
    assert_eq!(look!(db, |tx| pending_usage::find(tx, "resp_a")), Ok(Some(pending("resp_a"))));
    assert_eq!(look!(db, |tx| pending_usage::find(tx, "resp_c")), Ok(None));
    let due = async |at: i64, limit: u32| {
        let due = change!(db, |tx| pending_usage::claim(tx, later(at), limit)).unwrap();
        let mut due: Vec<String> = due.into_iter().map(|pending| pending.id).collect();
        due.sort();
        due
    };
    assert!(due(29, 9).await.is_empty());
    assert_eq!(due(40, 1).await, ["resp_a"], "the first one of many");
    assert_eq!(due(40, 9).await, ["resp_b"], "and not again before its time");
    assert!(due(99, 9).await.is_empty());
    assert_eq!(due(100, 9).await, ["resp_a", "resp_b"]);
    assert!(due(219, 9).await.is_empty());
    assert_eq!(due(220, 9).await, ["resp_a", "resp_b"]);
    for round in 1..30 {
        due(220 + round * 900, 9).await;
    }
    assert_eq!(due(220 + 30 * 900, 9).await, ["resp_a", "resp_b"], "a quarter of an hour at most");

    let once = |name: &str| UsageEvent { once: Some(name.to_owned()), ..event(0, "m") };
    let both = [once("resp_a/x"), event(0, "m"), once("resp_a"), once("resp_a")];
    assert_eq!(change!(db, |tx| usage::record(tx, "1-x", 0, &both)), Ok(3));
    assert_eq!(look!(db, |tx| pending_usage::find(tx, "resp_a")), Ok(None), "it is counted");
    // Another node reports the same object.
    assert_eq!(change!(db, |tx| usage::record(tx, "2-x", 0, &both)), Ok(1));
    let rows = look!(db, |tx| usage::query(tx, &ask(60, &[]))).unwrap();
    assert_eq!(rows[0].used.requests, 4);
    change!(db, |tx| pending_usage::delete(tx, "resp_b")).unwrap();
    assert!(due(1_000_000, 9).await.is_empty());
    for (id, counted) in [("resp_a", true), ("resp_a/x", true), ("resp_b", false)] {
        assert_eq!(look!(db, |tx| pending_usage::is_counted(tx, id)), Ok(counted), "{id}");
    }
    change!(db, |tx| pending_usage::forget(tx, later(1))).unwrap();
    assert_eq!(look!(db, |tx| pending_usage::is_counted(tx, "resp_a")), Ok(false));
    assert_eq!(change!(db, |tx| usage::record(tx, "3-x", 0, &[once("resp_a")])), Ok(1));
}

/// A batch takes the same statements for hundreds of events with an id of their own as for two, and each id counts
/// once.
pub(crate) async fn many_of_one_batch(db: Database) {
    let once = |number: i64| UsageEvent { once: Some(format!("resp_{number}")), ..event(0, "m") };
    for name in ["resp_0", "resp_7", "resp_900"] {
        change!(db, |tx| pending_usage::insert(tx, &pending(name), later(0))).unwrap();
    }
    let few: Vec<_> = (0..2).map(once).collect();
    // One of the others appears twice, and one was counted before.
    let many: Vec<_> = (2..302).rev().chain([7, 0]).map(once).collect();
    db.store.fail_at(None);
    assert_eq!(change!(db, |tx| usage::record(tx, "1-x", 0, &few)), Ok(2));
    let statements = db.store.fail_at(None);
    assert_eq!(change!(db, |tx| usage::record(tx, "1-x", 2, &many)), Ok(300));
    assert_eq!(db.store.fail_at(None), statements);
    let rows = look!(db, |tx| usage::query(tx, &ask(60, &[]))).unwrap();
    assert_eq!((rows.len(), rows[0].used.requests), (1, 302));
    for (name, waits) in [("resp_0", false), ("resp_7", false), ("resp_900", true)] {
        assert_eq!(look!(db, |tx| pending_usage::find(tx, name)).unwrap().is_some(), waits, "{name}");
    }
    // No engine stores NUL, and such an id must not block the events after it.
    let hostile = [UsageEvent { once: Some("resp_\0z".to_owned()), ..event(0, "m") }];
    assert_eq!(change!(db, |tx| usage::record(tx, "2-x", 0, &hostile)), Ok(1));
    assert_eq!(change!(db, |tx| usage::record(tx, "3-x", 0, &hostile)), Ok(0));
}
