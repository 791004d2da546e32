//! Organizations that will be deleted, and what is left of them.

use keystead_core::id::UserId;
use keystead_core::key::KeyKind;
use keystead_core::role::OrganizationRole;
use keystead_store::tables::changes::ChangeSubject;
use keystead_store::tables::invites::Invite;
use keystead_store::tables::organization_deletions::{Contents, OrganizationDeletion, Part};
use keystead_store::tables::phones::PhoneNumber;
use keystead_store::tables::{
    address_fingerprints, api_keys, changes, invites, key_addresses, memberships, organization_data,
    organization_deletions, organizations, phones, users,
};

use crate::world::*;

pub(crate) async fn organizations_end(db: Database) {
    let (one, _, _, ann, ben, account) = seed(&db).await;
    let row = |user: &UserId, at: i64| OrganizationDeletion {
        organization: one.clone(),
        requested_by: user.clone(),
        requested_at: later(at),
        due_at: later(at + 100),
    };
    assert_eq!(change!(db, |tx| organization_deletions::insert(tx, &row(&ann, 1))), Ok(true));
    assert_eq!(change!(db, |tx| organization_deletions::insert(tx, &row(&ben, 2))), Ok(false));
    assert_eq!(look!(db, |tx| organization_deletions::find(tx, &one)), Ok(Some(row(&ann, 1))));
    assert_eq!(look!(db, |tx| organization_deletions::find(tx, &id("org-none"))), Ok(None));
    assert_eq!(look!(db, |tx| organization_deletions::list_of_user(tx, &ben)), Ok(vec![row(&ann, 1)]));
    assert_eq!(look!(db, |tx| organization_deletions::list_of_user(tx, &id("user-none"))), Ok(vec![]));
    assert_eq!(look!(db, |tx| memberships::list_owners(tx, &one)), Ok(vec![ann.clone()]));
    let promoted = change!(db, |tx| memberships::update_role(tx, &one, &ben, OrganizationRole::Owner, NOW));
    assert_eq!(promoted, Ok(true));
    assert_eq!(look!(db, |tx| memberships::list_owners(tx, &one)).unwrap().len(), 2);

    let bound = key(KeyKind::ServiceAccount, "bound", Some(("one", Some("x1"))), bot("bot"));
    let legacy = key(KeyKind::User, "legacy", None, person("ann"));
    for row in [&bound, &legacy] {
        change!(db, |tx| api_keys::insert(tx, row)).unwrap();
    }
    let invite = Invite {
        id: id("invite-a"),
        organization: one.clone(),
        email: "dora@example.com".to_owned(),
        role: OrganizationRole::Reader,
        digest: vec![7],
        invited_by: Some(ann.clone()),
        created_at: NOW,
        expires_at: later(10),
        accepted_at: None,
        revoked_at: None,
        projects: Vec::new(),
    };
    change!(db, |tx| invites::insert(tx, &invite)).unwrap();
    let number = PhoneNumber {
        organization: one.clone(),
        user: Some(ann.clone()),
        number_fingerprint: vec![1, 2],
        number_sealed: vec![3],
        number_masked: "+48 … 12".to_owned(),
        country: "PL".to_owned(),
        line_type: keystead_core::verification::number::LineKind::Mobile,
        verified_at: NOW,
    };
    change!(db, |tx| phones::save_number(tx, &number)).unwrap();
    change!(db, |tx| users::update_default_organization(tx, &ann, &one, NOW)).unwrap();
    change!(db, |tx| address_fingerprints::save(tx, &one, &[9], NOW)).unwrap();

    let copy = look!(db, |tx| organization_data::find(tx, &one)).unwrap();
    assert_eq!(copy.len(), organization_data::PARTS.len());
    assert_eq!(copy["memberships"].as_array().map(Vec::len), Some(2));
    assert_eq!(copy["invites"][0]["projects"], serde_json::json!([]));
    assert_eq!(copy["api_keys"][0]["owner_service_account"], account.as_str());
    assert!(copy["projects"][0]["is_default"].is_boolean());
    assert!(copy.values().all(|rows| rows.as_array().is_some_and(|rows| rows.len() < organization_data::MOST_ROWS)));

    let contents = look!(db, |tx| organization_deletions::contents(tx, &one, NOW)).unwrap();
    assert_eq!((contents.keys, contents.members, contents.invites), (1, 2, 1));
    let other = look!(db, |tx| organization_deletions::contents(tx, &id("org-none"), NOW));
    assert_eq!(other, Ok(Contents::default()));

    let parts = look!(db, |tx| organization_deletions::parts(tx, &one)).unwrap();
    let of = |kind: Part| parts.iter().filter(|(part, _)| *part == kind).map(|(_, id)| id.as_str()).collect::<Vec<_>>();
    assert_eq!(of(Part::ServiceAccount), [account.as_str()]);
    assert!(of(Part::Project).contains(&"proj_x1") && parts.is_sorted(), "{parts:?}");
    assert_eq!(look!(db, |tx| organization_deletions::parts(tx, &id("org-none"))), Ok(vec![]));

    let seen = look!(db, |tx| changes::latest(tx)).unwrap();
    let ended = change!(db, |tx| api_keys::revoke_of_organization(tx, &one, "service:clock", "x", later(5)));
    assert_eq!(ended, Ok(vec![bound.id.clone()]), "keys of people belong to no organization");
    assert_eq!(
        change!(db, |tx| organization_deletions::delete_members(tx, &one, later(5))),
        Ok(vec![ann.clone(), ben])
    );
    assert_eq!(change!(db, |tx| organization_deletions::take_requested(tx, &one, later(2))), Ok(false));
    assert_eq!(change!(db, |tx| organization_deletions::take_requested(tx, &one, later(1))), Ok(true));
    assert_eq!(change!(db, |tx| organization_deletions::take_requested(tx, &one, later(1))), Ok(false));
    assert_eq!(change!(db, |tx| organization_deletions::insert(tx, &row(&ann, 1))), Ok(true));
    assert_eq!(change!(db, |tx| organization_deletions::take(tx, &one)), Ok(Some(row(&ann, 1))));
    assert_eq!(change!(db, |tx| organization_deletions::take(tx, &one)), Ok(None));
    change!(db, |tx| organization_deletions::erase(tx, &one, later(5))).unwrap();
    let said = look!(db, |tx| changes::since(tx, seen, 100)).unwrap();
    assert_eq!(said.iter().filter(|change| change.subject == ChangeSubject::Organization(one.clone())).count(), 2);
    assert!(said.iter().any(|change| change.subject == ChangeSubject::User(ann.clone())));

    let left = look!(db, |tx| organization_deletions::contents(tx, &one, NOW)).unwrap();
    assert_eq!((left.keys, left.members, left.service_accounts), (0, 0, 0));
    let erased = look!(db, |tx| organizations::find(tx, &one)).unwrap().unwrap();
    assert_eq!((erased.name.as_str(), erased.deactivated_at), (one.as_str(), Some(later(5))));
    assert_eq!(look!(db, |tx| invites::list_open(tx, &one)), Ok(vec![]));
    assert_eq!(look!(db, |tx| users::find(tx, &ann)).unwrap().unwrap().default_organization, None);
    assert_eq!(look!(db, |tx| api_keys::find(tx, &legacy.id)).unwrap().unwrap().revoked_at, None);
    assert_eq!(look!(db, |tx| api_keys::find(tx, &bound.id)).unwrap().unwrap().name, None);
    let late = [(bound.id.clone(), std::net::IpAddr::from([192, 0, 2, 1]), later(6))];
    change!(db, |tx| key_addresses::save(tx, &late)).unwrap();
    assert_eq!(look!(db, |tx| key_addresses::list(tx, &bound.id)), Ok(vec![]), "a use that a node writes late");
    let sharing = look!(db, |tx| address_fingerprints::count_sharing(tx, &one, NOW));
    assert_eq!(sharing, Ok(1), "the address counts for a time");
    // The fingerprint of the number counts for a time; the number itself is gone.
    let kept = look!(db, |tx| phones::list_by_fingerprint(tx, &[1, 2])).unwrap();
    assert_eq!((kept[0].0.number_sealed.len(), kept[0].0.user.as_ref(), kept[0].1), (0, None, Some(later(5))));
    assert_eq!(change!(db, |tx| phones::delete_numbers_of_deleted(tx, later(5))), Ok(0));
    assert_eq!(change!(db, |tx| phones::delete_numbers_of_deleted(tx, later(6))), Ok(1));
}
