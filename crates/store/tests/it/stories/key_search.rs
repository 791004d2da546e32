//! Searches, filters and counts of keys, compared with a plain model after random changes.

use keystead_core::id::UserId;
use keystead_core::key::KeyKind;
use keystead_core::key_search::{EXPIRING_WITHIN, KeyFilter, KeySearch, UNUSED_FOR};
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
use keystead_store::tables::api_keys::{self, KeyCounts, KeyEdit, KeyRow, KeysWanted};
use keystead_store::tables::refusals::{self, RefusedCall};
use keystead_store::tables::usage;

use crate::world::*;

/// A generator with a fixed seed, so that a failure is repeated.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Whether the model shows this key under this filter.
fn shows(row: &KeyRow, filter: KeyFilter, now: Timestamp) -> bool {
    let revoked = row.revoked_at.is_some();
    let expired = row.expires_at.is_some_and(|end| end <= now);
    let active = !revoked && !expired;
    match filter {
        KeyFilter::Active => active,
        KeyFilter::Expiring => active && row.expires_at.is_some_and(|end| end.since(now) <= EXPIRING_WITHIN),
        KeyFilter::Unused => active && now.since(row.last_used_at.unwrap_or(row.created_at)) >= UNUSED_FOR,
        KeyFilter::Expired => !revoked && expired,
        KeyFilter::Revoked => revoked,
        KeyFilter::Unrevoked => !revoked,
        KeyFilter::All => true,
    }
}

fn matches(row: &KeyRow, search: &KeySearch) -> bool {
    search.matches(row.name.as_deref().unwrap_or_default(), &row.redacted)
}

const NAMES: [&str; 6] = ["shop", "Shop 2", "100%_!", "Łódź", "till abcd", "b"];
const TYPED: [&str; 9] = ["", "SHOP", "%", "_", "!", "łódź", "abcd", "…wxyz", "none"];
const DAY: i64 = 86_400;

pub(crate) async fn searches_follow_a_model(db: Database) {
    let (_, _, x1, _, _, _) = seed(&db).await;
    let place = Some(("one", Some("x1")));
    let (mut draw, mut now, mut model) = (Draw(7), NOW, Vec::<KeyRow>::new());
    for step in 0..60 {
        now = now.plus([1, DAY, 40 * DAY][draw.below(3)]);
        let pick = if model.is_empty() { 0 } else { draw.below(model.len()) };
        match draw.below(6) {
            1 if !model.is_empty() => {
                let name = NAMES[draw.below(6)].to_owned();
                let edit = KeyEdit { name: Some(name.clone()), ..KeyEdit::default() };
                if change!(db, |tx| api_keys::update(tx, &model[pick].id, &edit)).unwrap() {
                    model[pick].name = Some(name);
                }
            }
            2 if !model.is_empty() => {
                if change!(db, |tx| api_keys::revoke(tx, &model[pick].id, "user-ann", "x", now)).unwrap() {
                    model[pick].revoked_at = Some(now);
                }
            }
            3 if !model.is_empty() => {
                let end = now.plus([0, 1, EXPIRING_WITHIN, EXPIRING_WITHIN + 1][draw.below(4)]);
                let edit = KeyEdit { expires_at: Some(end), ..KeyEdit::default() };
                if change!(db, |tx| api_keys::update(tx, &model[pick].id, &edit)).unwrap() {
                    model[pick].expires_at = Some(end);
                }
            }
            4 if !model.is_empty() => {
                change!(db, |tx| api_keys::touch(tx, &[(model[pick].id.clone(), now)])).unwrap();
                model[pick].last_used_at = Some(now);
            }
            _ => {
                let owner = if draw.below(2) == 0 { person("ann") } else { person("ben") };
                let mut row = key(KeyKind::Project, &format!("n{step}"), place, owner);
                row.name = Some(NAMES[draw.below(6)].to_owned()).filter(|_| draw.below(5) > 0);
                row.redacted = format!("sk-proj-abc...{}", ["wxyz", "abcd", "ABCD"][draw.below(3)]);
                row.created_at = now;
                change!(db, |tx| api_keys::insert(tx, &row)).unwrap();
                model.push(row);
            }
        }
        let search = KeySearch::of(TYPED[draw.below(9)]);
        let ann: UserId = id("user-ann");
        let owner = Some(&ann).filter(|_| draw.below(3) == 0);
        let filter = KeyFilter::ALL[draw.below(7)];
        let wanted = KeysWanted { project: &x1, owner, search: &search, filter, now };
        let own = |row: &&KeyRow| owner.is_none() || row.owner == person("ann");
        let found = look!(db, |tx| api_keys::search(tx, &wanted, &first(100))).unwrap();
        let mut found: Vec<_> = found.data.into_iter().map(|found| found.key.id).collect();
        let expected = model.iter().filter(own).filter(|row| matches(row, &search) && shows(row, filter, now));
        let mut expected: Vec<_> = expected.map(|row| row.id.clone()).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "step {step}: {search:?} {filter:?}");
        let counted = |filter| {
            let rows = model.iter().filter(own).filter(|row| matches(row, &search) && shows(row, filter, now));
            i64::try_from(rows.count()).unwrap()
        };
        let expected = KeyCounts {
            active: counted(KeyFilter::Active),
            expiring: counted(KeyFilter::Expiring),
            unused: counted(KeyFilter::Unused),
            expired: counted(KeyFilter::Expired),
            revoked: counted(KeyFilter::Revoked),
            revoked_in_all: i64::try_from(model.iter().filter(own).filter(|row| row.revoked_at.is_some()).count())
                .unwrap(),
        };
        assert_eq!(look!(db, |tx| api_keys::count(tx, &wanted)), Ok(expected), "step {step}: {search:?}");
    }
}

pub(crate) async fn pages_and_pieces(db: Database) {
    let (one, default, x1, _, _, _) = seed(&db).await;
    let place = Some(("one", Some("x1")));
    for name in ["a", "b", "c"] {
        change!(db, |tx| api_keys::insert(tx, &key(KeyKind::Project, name, place, person("ann")))).unwrap();
    }
    let search = KeySearch::of("abcd");
    let wanted = KeysWanted { project: &x1, owner: None, search: &search, filter: KeyFilter::Active, now: NOW };
    let page = look!(db, |tx| api_keys::search(tx, &wanted, &first(2))).unwrap();
    assert_eq!((page.data.len(), page.has_more), (2, true));
    // A key that was revoked since the page before still works as a cursor.
    change!(db, |tx| api_keys::revoke(tx, &key_id("b"), "user-ann", "x", NOW)).unwrap();
    let page = look!(db, |tx| api_keys::search(tx, &wanted, &after("key_b", 2))).unwrap();
    assert_eq!((page.data[0].key.id.as_str(), page.has_more), ("key_c", false));
    let found = look!(db, |tx| api_keys::find_of_project(tx, &x1, &key_id("b"))).unwrap().unwrap();
    assert_eq!((found.key.revoked_at, found.owner_name.as_str()), (Some(NOW), "ann"));
    assert_eq!(look!(db, |tx| api_keys::find_of_project(tx, &default, &key_id("b"))), Ok(None));
    let ever = look!(db, |tx| api_keys::find_ever_by_digest(tx, &digest("b"))).unwrap().unwrap();
    assert_eq!(ever.id, key_id("b"));
    assert_eq!(look!(db, |tx| api_keys::find_ever_by_digest(tx, &digest("z"))), Ok(None));

    let refused = |call: &str, key: &str, at: Timestamp| RefusedCall {
        id: call.to_owned(),
        organization: one.clone(),
        project: Some(x1.clone()),
        api_key: Some(key_id(key)),
        action: "model.use:o3".to_owned(),
        rule: "o3".to_owned(),
        missing: "organization".to_owned(),
        at,
    };
    for call in [refused("req_1", "a", later(1)), refused("req_2", "a", later(2)), refused("req_3", "b", later(3))] {
        change!(db, |tx| refusals::insert(tx, &call)).unwrap();
    }
    let calls = look!(db, |tx| refusals::list_of_key(tx, &one, &key_id("a"), NOW)).unwrap();
    assert_eq!(calls, [refused("req_2", "a", later(2)), refused("req_1", "a", later(1))]);

    let used = |key: &str, at: Timestamp| UsageEvent {
        at,
        kind: UsageKind::Completions,
        organization: one.clone(),
        project: x1.clone(),
        key: key_id(key),
        owner: "user-ann".into(),
        model: "gpt-4o".into(),
        used: Quantities { requests: 2, ..Quantities::default() },
        cost: keystead_core::money::Amount::ZERO,
        status: 200,
        estimated: false,
        request: "req_4".into(),
        stream: false,
        summary: false,
        once: None,
        attributes: keystead_core::usage::Attributes::default(),
        charge: None,
    };
    let events = [used("a", NOW), used("a", later(120)), used("a", later(121)), used("b", later(60))];
    change!(db, |tx| usage::record(tx, "segment", 0, &events)).unwrap();
    let recent = look!(db, |tx| usage::recent_of_key(tx, &one, &key_id("a"), NOW)).unwrap();
    let minutes: Vec<_> = recent.iter().map(|minute| (minute.at, minute.requests, minute.model.as_str())).collect();
    assert_eq!(minutes, [(later(120), 4, "gpt-4o"), (NOW, 2, "gpt-4o")]);
}
