//! Keys: found by digest, restricted, used, revoked, listed with their owners.

use std::net::IpAddr;

use keystead_core::id::{KeyId, UserId};
use keystead_core::key::KeyKind;
use keystead_core::role::ProjectRole;
use keystead_core::scope::Restriction;
use keystead_store::Error;
use keystead_store::tables::api_keys::KeyEdit;
use keystead_store::tables::{api_keys, key_addresses, memberships, project_members, service_accounts, users};

use crate::world::*;

pub(crate) async fn life_of_a_key(db: Database) {
    let (_, _, x1, _, _, account) = seed(&db).await;
    let mine = key(KeyKind::Project, "mine", Some(("one", Some("x1"))), person("ben"));
    change!(db, |tx| api_keys::insert(tx, &mine)).unwrap();
    for n in 0..3 {
        let row = key(KeyKind::ServiceAccount, &format!("bot{n}"), Some(("one", Some("x1"))), bot("bot"));
        change!(db, |tx| api_keys::insert(tx, &row)).unwrap();
    }
    let mut twin = key(KeyKind::User, "twin", None, person("ann"));
    twin.digest = mine.digest;
    assert_eq!(change!(db, |tx| api_keys::insert(tx, &twin)), Err(Error::Conflict("api_keys")));
    assert_eq!(look!(db, |tx| api_keys::find(tx, &mine.id)), Ok(Some(mine.clone())));
    let legacy = key(KeyKind::User, "legacy", None, person("ben"));
    change!(db, |tx| api_keys::insert(tx, &legacy)).unwrap();
    let own = |user: &'static str| id::<UserId>(&format!("user-{user}"));
    assert_eq!(
        look!(db, |tx| api_keys::list_of_user(tx, &own("ben"))),
        Ok(vec![legacy.clone()]),
        "not those of projects"
    );
    assert_eq!(look!(db, |tx| api_keys::list_of_user(tx, &own("ann"))), Ok(vec![]));
    change!(db, |tx| api_keys::revoke(tx, &legacy.id, "user-ben", "old", NOW)).unwrap();
    assert_eq!(look!(db, |tx| api_keys::list_of_user(tx, &own("ben"))), Ok(vec![]));
    assert_eq!(look!(db, |tx| api_keys::find_by_digest(tx, &mine.digest)), Ok(Some(mine.clone())));
    // Equal first bytes are not a match.
    assert_eq!(look!(db, |tx| api_keys::find_by_digest(tx, &digest("min"))), Ok(None));

    let narrow = Restriction(vec!["api.model.request".to_owned(), "it's".to_owned()]);
    let narrowed = KeyEdit { restriction: Some(narrow.clone()), ..KeyEdit::default() };
    let shortened = KeyEdit { expires_at: Some(later(99)), ..KeyEdit::default() };
    let named = KeyEdit { name: Some("ours".to_owned()), ..KeyEdit::default() };
    for edit in [&narrowed, &shortened, &named] {
        assert_eq!(change!(db, |tx| api_keys::update(tx, &mine.id, edit)), Ok(true));
    }
    assert_eq!(change!(db, |tx| api_keys::update(tx, &key_id("none"), &named)), Ok(false));
    let (early, late) = (later(5), later(7));
    change!(db, |tx| api_keys::touch(tx, &[])).unwrap();
    let used = [(mine.id.clone(), early), (mine.id.clone(), late), (mine.id.clone(), early), (key_id("none"), late)];
    change!(db, |tx| api_keys::touch(tx, &used)).unwrap();
    change!(db, |tx| api_keys::touch(tx, &[(mine.id.clone(), early), (key_id("bot0"), early)])).unwrap();
    let found = look!(db, |tx| api_keys::find(tx, &mine.id)).unwrap().unwrap();
    assert_eq!((found.restriction, found.expires_at, found.last_used_at), (narrow, Some(later(99)), Some(late)));
    assert_eq!(found.name.as_deref(), Some("ours"));
    let found = look!(db, |tx| api_keys::find(tx, &key_id("bot0"))).unwrap().unwrap();
    assert_eq!(found.last_used_at, Some(early));
    addresses(&db, &mine.id).await;

    // S1-36: a key is replaced once; the old key works until its end.
    let heir = key_id("bot1");
    assert_eq!(change!(db, |tx| api_keys::rotate(tx, &mine.id, &heir, later(50), later(7))), Ok(true));
    assert_eq!(change!(db, |tx| api_keys::rotate(tx, &mine.id, &key_id("bot2"), later(60), later(7))), Ok(false));
    let found = look!(db, |tx| api_keys::find_by_digest(tx, &mine.digest)).unwrap().unwrap();
    assert_eq!((found.rotated_to, found.expires_at), (Some(heir), Some(later(50))));

    assert_eq!(change!(db, |tx| api_keys::revoke(tx, &mine.id, "user-ann", "leaked", later(8))), Ok(true));
    assert_eq!(change!(db, |tx| api_keys::revoke(tx, &mine.id, "user-ben", "again", later(9))), Ok(false));
    assert_eq!(look!(db, |tx| api_keys::last_revoked(tx, &id("org-one"))), Ok(Some(later(8))));
    assert_eq!(look!(db, |tx| api_keys::last_revoked(tx, &id("org-two"))), Ok(None));
    assert_eq!(look!(db, |tx| api_keys::find_by_digest(tx, &mine.digest)), Ok(None), "no longer opens");
    let kept = look!(db, |tx| api_keys::find(tx, &mine.id)).unwrap().unwrap();
    let why = (kept.revoked_at, kept.revoked_by.as_deref(), kept.revoked_reason.as_deref());
    assert_eq!(why, (Some(later(8)), Some("user-ann"), Some("leaked")));
    assert_eq!(change!(db, |tx| api_keys::update(tx, &mine.id, &shortened)), Ok(false));
    assert_eq!(change!(db, |tx| api_keys::insert(tx, &twin)), Err(Error::Conflict("api_keys")), "digests never return");

    change!(db, |tx| api_keys::revoke(tx, &key_id("bot1"), "user-ann", "spare", NOW)).unwrap();
    let keys = look!(db, |tx| api_keys::count_of_service_accounts(tx, &x1, NOW)).unwrap();
    let [keys] = &keys[..] else { panic!("{keys:?}") };
    assert_eq!((&keys.account, keys.live, keys.last_used_at), (&account, 2, Some(early)));
    let ended = change!(db, |tx| api_keys::revoke_of_service_account(tx, &account, "user-ann", "gone", NOW));
    assert_eq!(ended.map(|ended| ended.len()), Ok(2), "one had ended before");
}

pub(crate) async fn lists_with_owners(db: Database) {
    let (one, default, x1, ann, ben, account) = seed(&db).await;
    let place = Some(("one", Some("x1")));
    let rows = [
        key(KeyKind::Project, "a", place, person("ann")),
        key(KeyKind::Project, "b", place, person("ben")),
        key(KeyKind::ServiceAccount, "c", place, bot("bot")),
        key(KeyKind::Project, "d", Some(("one", Some("d1"))), person("ben")),
        key(KeyKind::Admin, "e", Some(("one", None)), person("ann")),
        key(KeyKind::Admin, "f", Some(("one", None)), person("ben")),
        key(KeyKind::User, "g", None, person("ann")),
        key(KeyKind::Project, "h", Some(("two", Some("x2"))), person("cid")),
    ];
    for row in &rows {
        change!(db, |tx| api_keys::insert(tx, row)).unwrap();
    }
    let page = look!(db, |tx| api_keys::list_project_with_owner(tx, &x1, &first(9))).unwrap();
    let shown: Vec<_> = page
        .data
        .iter()
        .map(|k| (k.owner_name.as_str(), k.owner_email.as_deref(), k.owner_role.as_str(), k.owner_active))
        .collect();
    let (a, b) = ("ann@example.com", "ben@example.com");
    assert_eq!(
        shown,
        [("ann", Some(a), "owner", true), ("ben", Some(b), "member", true), ("bot", None, "member", true)]
    );
    assert_eq!(page.data[1].key, rows[1]);
    let count = async |owner: Option<&UserId>, expiring, unused| {
        let times = (NOW, expiring, unused);
        let counts = look!(db, |tx| api_keys::count_project(tx, &x1, owner, times)).unwrap();
        (counts.active, counts.expiring, counts.unused)
    };
    assert_eq!(count(None, later(60), NOW).await, (3, 0, 0), "none expires, all are new");
    assert_eq!(count(Some(&ann), later(60), later(1)).await, (1, 0, 1));
    assert_eq!(page.data[2].owner_created_at, NOW);
    let plain = look!(db, |tx| api_keys::list_project(tx, &x1, &first(9))).unwrap();
    assert_eq!(plain.data, rows[..3]);
    let admin = look!(db, |tx| api_keys::list_admin(tx, &one, &first(1))).unwrap();
    assert_eq!((admin.data.as_slice(), admin.has_more), (&rows[4..5], true));
    let admin = look!(db, |tx| api_keys::list_admin_with_owner(tx, &one, &after("key_e", 9))).unwrap();
    assert_eq!((admin.data[0].key.id.as_str(), admin.data[0].owner_role.as_str()), ("key_f", "reader"));
    assert!(look!(db, |tx| api_keys::find_admin_with_owner(tx, &one, &key_id("e"))).unwrap().is_some());
    assert_eq!(look!(db, |tx| api_keys::find_admin_with_owner(tx, &one, &key_id("a"))), Ok(None), "no admin key");
    assert_eq!(look!(db, |tx| api_keys::find_project_with_owner(tx, &default, &key_id("a"))), Ok(None));
    for unknown in ["key_h", "key_none", "key_d"] {
        let refused = look!(db, |tx| api_keys::list_project(tx, &x1, &after(unknown, 3)));
        assert_eq!(refused, Err(Error::Missing), "{unknown}");
    }

    // What owners lose shows in the list; a revoked key is hidden but still works as a cursor.
    change!(db, |tx| project_members::delete(tx, &x1, &ben, NOW)).unwrap();
    change!(db, |tx| service_accounts::update(tx, &x1, &account, "bot", ProjectRole::None)).unwrap();
    change!(db, |tx| users::set_deactivated(tx, &ann, Some(NOW), NOW)).unwrap();
    let page = look!(db, |tx| api_keys::list_project_with_owner(tx, &x1, &first(9))).unwrap();
    assert!(page.data.iter().all(|k| !k.owner_active), "{page:?}");
    assert_eq!(page.data[1].owner_role, "reader");
    let found = look!(db, |tx| api_keys::find_project_with_owner(tx, &default, &key_id("d"))).unwrap().unwrap();
    assert!(found.owner_active, "every member reaches the Default project");
    change!(db, |tx| memberships::delete(tx, &one, &ben, NOW)).unwrap();
    let found = look!(db, |tx| api_keys::find_project_with_owner(tx, &default, &key_id("d"))).unwrap().unwrap();
    assert_eq!((found.owner_role.as_str(), found.owner_active), ("none", false));
    let bound = async |user: &UserId, organization: &str| -> usize {
        look!(db, |tx| api_keys::list_of_member(tx, &id(organization), user)).unwrap().len()
    };
    let before = bound(&ann, "org-one").await;
    assert!(before > 0 && bound(&ann, "org-none").await == 0);
    change!(db, |tx| api_keys::revoke(tx, &key_id("a"), "user-ann", "spare", NOW)).unwrap();
    let page = look!(db, |tx| api_keys::list_project(tx, &x1, &after("key_a", 1))).unwrap();
    assert_eq!((page.data[0].id.as_str(), page.has_more), ("key_b", true));
    assert_eq!(bound(&ann, "org-one").await, before - 1, "a revoked one is none");
}

/// The latest ten addresses stay, with the first and last use from each, and none longer than asked.
async fn addresses(db: &Database, key: &KeyId) {
    let from = |last: u8| IpAddr::from([192, 0, 2, last]);
    let six: IpAddr = "2001:db8::".parse().unwrap();
    let listed = async || look!(db, |tx| key_addresses::list(tx, key)).unwrap();
    let times = |address: &key_addresses::KeyAddress| (address.first_used_at, address.last_used_at);
    change!(db, |tx| key_addresses::save(tx, &[])).unwrap();
    let used = [(key.clone(), six, later(5)), (key.clone(), six, later(3)), (key_id("none"), six, later(5))];
    change!(db, |tx| key_addresses::save(tx, &used)).unwrap();
    change!(db, |tx| key_addresses::save(tx, &[(key.clone(), six, later(4)), (key_id("bot0"), six, later(9))]))
        .unwrap();
    let found = listed().await;
    assert_eq!((found.len(), found[0].address.as_str(), times(&found[0])), (1, "2001:db8::/64", (later(3), later(5))));
    let many: Vec<_> = (1..=11_u8).map(|last| (key.clone(), from(last), later(10 + i64::from(last)))).collect();
    change!(db, |tx| key_addresses::save(tx, &many)).unwrap();
    let found: Vec<String> = listed().await.into_iter().map(|found| found.address).collect();
    let expected: Vec<String> = (2..=11_u8).rev().map(|last| from(last).to_string()).collect();
    assert_eq!(found, expected);
    change!(db, |tx| key_addresses::delete_old(tx, later(20))).unwrap();
    assert_eq!(listed().await.len(), 2);
    assert_eq!(look!(db, |tx| key_addresses::list(tx, &key_id("bot0"))), Ok(vec![]), "those were older");
}
