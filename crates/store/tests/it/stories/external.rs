//! External keys and external storage of organizations.

use keystead_core::external::{Checked, Cloud, Fault, Health, KeyPurpose, Location};
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::time::Timestamp;
use keystead_store::tables::external_keys::{self, ExternalKey};
use keystead_store::tables::external_storage::{self, ExternalStorage};
use keystead_store::tables::organization_deletions;

use crate::world::*;

fn fields(given: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    given.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

fn external_key(organization: &OrganizationId, name: &str, purpose: KeyPurpose, created_at: Timestamp) -> ExternalKey {
    let given = fields(&[("key_ocid", "ocid1.key.a"), ("region", "eu-frankfurt-1"), ("vault_ocid", "ocid1.vault.a")]);
    ExternalKey {
        id: id(&format!("extkey_{name}")),
        organization: organization.clone(),
        name: name.to_owned(),
        purpose,
        location: Location::of_key(Cloud::Oci, &given).unwrap(),
        health: Health::Pending,
        fault: None,
        checked_at: None,
        created_at,
    }
}

fn bucket(organization: &OrganizationId, project: &ProjectId, name: &str, created_at: Timestamp) -> ExternalStorage {
    let given = fields(&[("bucket", "acme"), ("role_arn", "arn:aws:iam::123456789012:role/keystead")]);
    ExternalStorage {
        id: id(&format!("extstore_{name}")),
        organization: organization.clone(),
        project: project.clone(),
        location: Location::of_storage(Cloud::Aws, &given).unwrap().with_external_id(organization.as_str()),
        region: None,
        health: Health::Pending,
        fault: None,
        checked_at: None,
        created_at,
    }
}

pub(crate) async fn keys_are_listed(db: Database) {
    let (one, ..) = seed(&db).await;
    let two: OrganizationId = id("org-two");
    let early = external_key(&one, "early", KeyPurpose::Ekm, NOW);
    let late = external_key(&one, "late", KeyPurpose::PspDecryption, later(1));
    let foreign = external_key(&two, "foreign", KeyPurpose::Ekm, NOW);
    for row in [&early, &late, &foreign] {
        change!(db, |tx| external_keys::insert(tx, row)).unwrap();
    }
    assert_eq!(look!(db, |tx| external_keys::find(tx, &one, &early.id)).unwrap(), Some(early.clone()));
    assert_eq!(look!(db, |tx| external_keys::find(tx, &one, &foreign.id)).unwrap(), None, "of another organization");
    assert_eq!(look!(db, |tx| external_keys::count(tx, &one)).unwrap(), 2);
    let page = look!(db, |tx| external_keys::list(tx, &one, None, &first(1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![early.clone()], true));
    let decrypting = Some(KeyPurpose::PspDecryption);
    let page = look!(db, |tx| external_keys::list(tx, &one, decrypting, &first(9))).unwrap();
    assert_eq!(page.data, std::slice::from_ref(&late));

    let failed = Checked::failed(Fault::Busy);
    let saved = change!(db, |tx| external_keys::save_check(tx, &one, &early.id, &failed, later(5))).unwrap().unwrap();
    assert_eq!((saved.health, saved.fault, saved.checked_at), (Health::Degraded, Some(Fault::Busy), Some(later(5))));
    let works = Checked { fault: None, region: None };
    let kept = change!(db, |tx| external_keys::save_check(tx, &one, &early.id, &works, later(4))).unwrap();
    assert_eq!(kept, Some(saved), "an older outcome changes nothing");
    let saved = change!(db, |tx| external_keys::save_check(tx, &one, &early.id, &works, later(6))).unwrap().unwrap();
    assert_eq!((saved.health, saved.fault, saved.checked_at), (Health::Validated, None, Some(later(6))));
    assert_eq!(change!(db, |tx| external_keys::save_check(tx, &two, &early.id, &failed, later(7))).unwrap(), None);
    assert_eq!(look!(db, |tx| external_keys::find(tx, &one, &early.id)).unwrap(), Some(saved));

    let of_two = ExternalKey { organization: two.clone(), ..early.clone() };
    assert!(!change!(db, |tx| external_keys::delete(tx, &of_two, later(8))).unwrap());
    assert!(change!(db, |tx| external_keys::delete(tx, &early, later(8))).unwrap());
    assert!(!change!(db, |tx| external_keys::delete(tx, &early, later(8))).unwrap());
    let next = look!(db, |tx| external_keys::list(tx, &one, None, &after(early.id.as_str(), 9))).unwrap();
    assert_eq!(next.data, std::slice::from_ref(&late), "a deleted row is still a cursor");
    change!(db, |tx| organization_deletions::erase(tx, &one, later(9))).unwrap();
    assert_eq!(look!(db, |tx| external_keys::count(tx, &one)).unwrap(), 0, "erased with the organization");
    assert_eq!(look!(db, |tx| external_keys::count(tx, &two)).unwrap(), 1);
}

pub(crate) async fn storage_is_listed(db: Database) {
    let (one, _, x1, ..) = seed(&db).await;
    let two: OrganizationId = id("org-two");
    let (early, late) = (bucket(&one, &x1, "early", NOW), bucket(&one, &x1, "late", later(1)));
    for row in [&early, &late] {
        change!(db, |tx| external_storage::insert(tx, row)).unwrap();
    }
    assert_eq!(look!(db, |tx| external_storage::find(tx, &one, &early.id)).unwrap(), Some(early.clone()));
    assert_eq!(look!(db, |tx| external_storage::find(tx, &two, &early.id)).unwrap(), None);
    assert_eq!(look!(db, |tx| external_storage::count(tx, &one)).unwrap(), 2);
    assert_eq!(look!(db, |tx| external_storage::count(tx, &two)).unwrap(), 0);
    let page = look!(db, |tx| external_storage::list(tx, &one, None, &first(1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![early.clone()], true));
    let page = look!(db, |tx| external_storage::list(tx, &one, Some(&x1), &first(9))).unwrap();
    assert_eq!(page.data, [early.clone(), late.clone()]);
    let other: ProjectId = id("proj_none");
    let page = look!(db, |tx| external_storage::list(tx, &one, Some(&other), &first(9))).unwrap();
    assert_eq!(page.data, []);

    let works = Checked { fault: None, region: Some("eu-west-1".to_owned()) };
    let saved = change!(db, |tx| external_storage::save_check(tx, &one, &early.id, &works, later(5))).unwrap().unwrap();
    assert_eq!(
        (saved.health, saved.region.as_deref(), saved.checked_at),
        (Health::Validated, Some("eu-west-1"), Some(later(5)))
    );
    let failed = Checked::failed(Fault::NoAnswer);
    let saved =
        change!(db, |tx| external_storage::save_check(tx, &one, &early.id, &failed, later(6))).unwrap().unwrap();
    assert_eq!(
        (saved.health, saved.fault, saved.region.as_deref()),
        (Health::Unhealthy, Some(Fault::NoAnswer), Some("eu-west-1"))
    );
    let kept = change!(db, |tx| external_storage::save_check(tx, &one, &early.id, &works, later(5))).unwrap();
    assert_eq!(kept, Some(saved), "an older outcome changes nothing");
    assert_eq!(change!(db, |tx| external_storage::save_check(tx, &two, &early.id, &works, later(7))).unwrap(), None);

    assert!(change!(db, |tx| external_storage::delete(tx, &early, later(8))).unwrap());
    assert!(!change!(db, |tx| external_storage::delete(tx, &early, later(8))).unwrap());
    let next = look!(db, |tx| external_storage::list(tx, &one, None, &after(early.id.as_str(), 9))).unwrap();
    assert_eq!(next.data, std::slice::from_ref(&late), "a deleted row is still a cursor");
    change!(db, |tx| organization_deletions::erase(tx, &one, later(9))).unwrap();
    assert_eq!(look!(db, |tx| external_storage::count(tx, &one)).unwrap(), 0, "erased with the organization");
}
