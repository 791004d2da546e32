//! New databases on either engine, and the people and things of the stories.

use keystead_core::caller::Owner;
use keystead_core::id::{KeyId, OrganizationId, ProjectId, ServiceAccountId, UserId};
use keystead_core::key::{KeyDigest, KeyKind};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::scope::Restriction;
use keystead_core::time::Timestamp;
use keystead_store::tables::api_keys::KeyRow;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::organizations::{self, Organization};
use keystead_store::tables::project_members::{self, ProjectMember};
use keystead_store::tables::projects::{self, Project};
use keystead_store::tables::service_accounts::{self, ServiceAccount};
use keystead_store::tables::users::{self, User};
use keystead_store::{Error, Page, Tx};
pub(crate) use keystead_testkit::{Database, Databases};

/// Runs a transaction that changes something.
macro_rules! change {
    ($db:expr, |$tx:ident| $work:expr) => {
        $db.store
            .write("test", async |$tx: &mut keystead_store::Tx| -> Result<_, keystead_store::Error> { $work.await })
            .await
    };
}

/// Runs a transaction that only reads.
macro_rules! look {
    ($db:expr, |$tx:ident| $work:expr) => {
        $db.store
            .read("test", async |$tx: &mut keystead_store::Tx| -> Result<_, keystead_store::Error> { $work.await })
            .await
    };
}

pub(crate) use {change, look};

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000);

pub(crate) fn later(seconds: i64) -> Timestamp {
    NOW.plus(seconds)
}

pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is no such id"))
}

pub(crate) fn key_id(name: &str) -> KeyId {
    id(&format!("key_{name}"))
}

pub(crate) fn first(limit: u32) -> Page {
    Page { after: None, limit, ascending: true }
}

pub(crate) fn after(cursor: &str, limit: u32) -> Page {
    Page { after: Some(cursor.to_owned()), limit, ascending: true }
}

pub(crate) fn user(name: &str) -> User {
    User {
        id: id(&format!("user-{name}")),
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        created_at: NOW,
        default_organization: None,
        deactivated_at: None,
    }
}

pub(crate) fn organization(name: &str) -> Organization {
    Organization {
        id: id(&format!("org-{name}")),
        name: name.to_owned(),
        created_at: NOW,
        deactivated_at: None,
        entitlement_version: 0,
        tags: Vec::new(),
    }
}

pub(crate) fn membership(organization: &str, user: &str, role: OrganizationRole) -> Membership {
    let (organization, user) = (id(&format!("org-{organization}")), id(&format!("user-{user}")));
    Membership { organization, user, role, created_at: NOW }
}

pub(crate) fn project(organization: &str, name: &str, is_default: bool) -> Project {
    Project {
        id: id(&format!("proj_{name}")),
        organization: id(&format!("org-{organization}")),
        name: name.to_owned(),
        created_at: NOW,
        archived_at: None,
        is_default,
    }
}

pub(crate) fn project_member(project: &str, user: &str, role: ProjectRole) -> ProjectMember {
    ProjectMember { project: id(&format!("proj_{project}")), user: id(&format!("user-{user}")), role, created_at: NOW }
}

pub(crate) fn service_account(project: &str, name: &str) -> ServiceAccount {
    ServiceAccount {
        id: id(&format!("svc_acct_{name}")),
        project: id(&format!("proj_{project}")),
        name: name.to_owned(),
        role: ProjectRole::Member,
        created_at: NOW,
        deleted_at: None,
    }
}

pub(crate) fn digest(name: &str) -> KeyDigest {
    let mut bytes = [0; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    KeyDigest::from_bytes(bytes)
}

/// Builds a key `key_<name>` with the digest of its name.
pub(crate) fn key(kind: KeyKind, name: &str, place: Option<(&str, Option<&str>)>, owner: Owner) -> KeyRow {
    KeyRow {
        id: key_id(name),
        kind,
        digest: digest(name),
        redacted: "sk-…abcd".to_owned(),
        name: Some(name.to_owned()),
        organization: place.map(|(organization, _)| id(&format!("org-{organization}"))),
        project: place.and_then(|(_, project)| project).map(|name| id(&format!("proj_{name}"))),
        owner,
        restriction: Restriction::default(),
        created_at: NOW,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revoked_by: None,
        revoked_reason: None,
        rotated_to: None,
        federation_rule: None,
    }
}

pub(crate) fn person(name: &str) -> Owner {
    Owner::User(id(&format!("user-{name}")))
}

pub(crate) fn bot(name: &str) -> Owner {
    Owner::ServiceAccount(id(&format!("svc_acct_{name}")))
}

/// Organization `one`, its projects `d1` (Default) and `x1`, its owner `ann`, its reader `ben`, its `bot`.
pub(crate) type Ids = (OrganizationId, ProjectId, ProjectId, UserId, UserId, ServiceAccountId);

/// Makes [`Ids`], with `ben` and `bot` at work in `x1`; also organization `two` of `cid`, in which `ann` reads.
pub(crate) async fn seed(db: &Database) -> Ids {
    let insert = async |tx: &mut Tx| -> Result<(), Error> {
        for name in ["ann", "ben", "cid"] {
            users::insert(tx, &user(name)).await?;
        }
        for name in ["one", "two"] {
            organizations::insert(tx, &organization(name)).await?;
        }
        memberships::insert(tx, &membership("one", "ann", OrganizationRole::Owner)).await?;
        memberships::insert(tx, &membership("one", "ben", OrganizationRole::Reader)).await?;
        memberships::insert(tx, &membership("two", "cid", OrganizationRole::Owner)).await?;
        memberships::insert(tx, &membership("two", "ann", OrganizationRole::Reader)).await?;
        for (organization, name, is_default) in
            [("one", "d1", true), ("one", "x1", false), ("two", "d2", true), ("two", "x2", false)]
        {
            projects::insert(tx, &project(organization, name, is_default)).await?;
        }
        project_members::insert(tx, &project_member("x1", "ben", ProjectRole::Member)).await?;
        service_accounts::insert(tx, &service_account("x1", "bot")).await
    };
    db.store.write("seed", insert).await.unwrap();
    (id("org-one"), id("proj_d1"), id("proj_x1"), id("user-ann"), id("user-ben"), id("svc_acct_bot"))
}
