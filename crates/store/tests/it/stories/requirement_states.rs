//! The status of organizations, their first and recent uses, approvals, and the age of personal data.

use keystead_core::gate::{FirstUse, Requirement};
use keystead_core::id::OrganizationId;
use keystead_store::tables::accounts::{self, Account};
use keystead_store::tables::requirement_states::RequirementStateRow;
use keystead_store::tables::{
    activity, changes, first_uses, memberships, operator_approvals, organizations, policy, requirement_states,
    retention,
};

use super::accounts::account;
use crate::world::*;

pub(crate) async fn requirement_states(db: Database) {
    let (one, ..) = seed(&db).await;
    let phone = Requirement::Phone;
    assert_eq!(look!(db, |tx| requirement_states::find(tx, &one, phone)).unwrap(), None);
    let mut row = RequirementStateRow {
        organization: one.clone(),
        requirement: phone,
        state: "{}".to_owned(),
        due_at: Some(later(10)),
        version: 0,
    };
    change!(db, |tx| requirement_states::save(tx, &row)).unwrap();
    assert!(change!(db, |tx| requirement_states::save(tx, &row)).is_err(), "another writer was first");
    row.version = 1;
    assert_eq!(look!(db, |tx| requirement_states::find(tx, &one, phone)).unwrap(), Some(row.clone()));
    assert_eq!(look!(db, |tx| requirement_states::find(tx, &one, Requirement::PaymentMethod)).unwrap(), None);
    assert_eq!(look!(db, |tx| requirement_states::list_due(tx, later(9))).unwrap(), []);
    assert_eq!(look!(db, |tx| requirement_states::list_due(tx, later(10))).unwrap(), [row.clone()]);
    row.due_at = None;
    change!(db, |tx| requirement_states::save(tx, &row)).unwrap();
    assert_eq!(look!(db, |tx| requirement_states::list_due(tx, later(99))).unwrap(), []);

    for (person, at) in [("anna", 0), ("ben", 5), ("anna", 9)] {
        change!(db, |tx| operator_approvals::save(tx, "revoke", person, later(at))).unwrap();
    }
    assert_eq!(look!(db, |tx| operator_approvals::list(tx, "revoke", later(5))).unwrap(), ["anna"]);
    assert_eq!(look!(db, |tx| operator_approvals::list(tx, "other", NOW)).unwrap(), Vec::<String>::new());
    change!(db, |tx| operator_approvals::save(tx, "reset:a_", "cid", later(7))).unwrap();
    let begun = look!(db, |tx| operator_approvals::list_beginning(tx, "re", later(5))).unwrap();
    let begun: Vec<_> = begun.iter().map(|one| (one.subject.as_str(), one.person.as_str(), one.at)).collect();
    assert_eq!(begun, [("reset:a_", "cid", later(7)), ("revoke", "anna", later(9))]);
    assert_eq!(
        look!(db, |tx| operator_approvals::list_beginning(tx, "reset:ab", NOW)).unwrap(),
        [],
        "no letter is a wildcard"
    );
    assert_eq!(change!(db, |tx| operator_approvals::delete(tx, "reset:a_")), Ok(1));
    assert_eq!(change!(db, |tx| operator_approvals::delete_old(tx, later(6))), Ok(1));

    assert_eq!(look!(db, |tx| organizations::second_factor_since(tx, &one)), Ok(None));
    // A change of an organization's tags is announced to gateways.
    let version =
        async |db: &Database| look!(db, |tx| organizations::find(tx, &one)).unwrap().unwrap().entitlement_version;
    let before = version(&db).await;
    let tags = ["partner".to_owned(), "test_1".to_owned()];
    change!(db, |tx| organizations::set_tags(tx, &one, &tags, later(2))).unwrap();
    assert_eq!(look!(db, |tx| organizations::find(tx, &one)).unwrap().unwrap().tags, tags);
    assert_eq!(version(&db).await, before + 1);
    change!(db, |tx| organizations::set_tags(tx, &one, &[], later(2))).unwrap();
    assert!(look!(db, |tx| organizations::find(tx, &one)).unwrap().unwrap().tags.is_empty());
    change!(db, |tx| organizations::set_second_factor_since(tx, &one, Some(later(3)))).unwrap();
    assert_eq!(look!(db, |tx| organizations::second_factor_since(tx, &one)), Ok(Some(later(3))));
    change!(db, |tx| organizations::set_second_factor_since(tx, &one, None)).unwrap();
    assert_eq!(look!(db, |tx| organizations::second_factor_since(tx, &one)), Ok(None));
    let lacking = async || {
        let found = look!(db, |tx| memberships::list_without_second_factor(tx, &one)).unwrap();
        found.into_iter().map(|row| row.user.to_string()).collect::<Vec<_>>()
    };
    let before = lacking().await;
    assert!(before.contains(&"user-ann".to_owned()) && before.contains(&"user-ben".to_owned()), "{before:?}");
    let account = Account { totp_confirmed_at: Some(NOW), ..account(&id("user-ann")) };
    change!(db, |tx| accounts::save(tx, &account)).unwrap();
    assert!(!lacking().await.contains(&"user-ann".to_owned()));
    assert!(lacking().await.contains(&"user-ben".to_owned()));
}

pub(crate) async fn uses(db: Database) {
    let (one, ..) = seed(&db).await;
    let before = look!(db, |tx| changes::latest(tx)).unwrap();
    let first = |model: &str, at: i64| FirstUse { model: model.to_owned(), at: later(at) };
    let save = async |uses: &[FirstUse]| change!(db, |tx| first_uses::save(tx, &one, uses, NOW)).unwrap();
    assert!(save(&[first("o3", 5), first("gpt-4o", 7)]).await);
    assert!(!save(&[first("o3", 6)]).await, "later uses are no first ones");
    assert_eq!(
        look!(db, |tx| changes::latest(tx)),
        Ok(before),
        "no rule exempts earlier users, so no node is notified"
    );
    let (version, mut exempting) = look!(db, |tx| policy::find(tx)).unwrap();
    exempting.rules[0].grandfather_used_before = Some(later(3));
    change!(db, |tx| policy::save(tx, &exempting, version, "ops", "", NOW)).unwrap();
    assert!(save(&[first("o1", 3)]).await && !save(&[first("gpt-4o", 8)]).await);
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(before + 1), "neither was early enough");
    assert!(save(&[first("gpt-4o", 1)]).await, "a use that arrived late");
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(before + 2), "it exempts the organization");
    let known = look!(db, |tx| first_uses::list(tx, &one)).unwrap();
    assert_eq!(known, [first("gpt-4o", 1), first("o1", 3), first("o3", 5)]);
    assert_eq!(look!(db, |tx| first_uses::list(tx, &id::<OrganizationId>("org-two"))).unwrap(), []);

    assert_eq!(look!(db, |tx| activity::list_models(tx, NOW)).unwrap(), []);
    assert_eq!(look!(db, |tx| activity::list_keys(tx, later(999))).unwrap(), []);
    assert_eq!(look!(db, |tx| activity::list_verifications(tx, NOW)).unwrap(), []);
    let founded = look!(db, |tx| activity::list_founded(tx, NOW)).unwrap();
    assert!(founded.iter().any(|(organization, _, at)| (organization, at.0) == (&one, NOW.0)), "{founded:?}");
    assert_eq!(founded.iter().filter(|(organization, ..)| *organization == one).count(), 1, "one founder each");
    assert_eq!(look!(db, |tx| activity::list_founded(tx, later(999))).unwrap(), []);
    let kept = look!(db, |tx| retention::list(tx)).unwrap();
    let accounts = kept.iter().find(|kept| kept.what == "accounts").unwrap();
    assert!(accounts.rows >= 2 && accounts.oldest.is_some(), "{kept:?}");
    assert!(kept.iter().any(|kept| kept.what == "pictures" && kept.rows == 0 && kept.oldest.is_none()));
}
