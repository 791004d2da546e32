//! A database of its own for each story, on each engine there is.

use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::time::Timestamp;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::organizations::{self, Organization};
use keystead_store::tables::project_members::{self, ProjectMember};
use keystead_store::tables::projects::{self, Project};
use keystead_store::tables::users::{self, User};
use keystead_store::{Error, Store, Tx};
use sqlx::Connection;

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000);

/// The address of the PostgreSQL server, if one was given.
#[expect(clippy::disallowed_methods, reason = "the one thing a test needs to be told from outside")]
pub(crate) fn server() -> Option<String> {
    let server = std::env::var("TEST_POSTGRES_URL").ok();
    if server.is_none() {
        eprintln!("TEST_POSTGRES_URL is not set: SQLite only (`cargo xtask test` runs both)");
    }
    server
}

/// A fresh, migrated database on each engine. `name` must differ between tests, which run beside each other.
pub(crate) async fn stores(name: &str) -> Vec<Store> {
    let mut addresses = vec!["sqlite::memory:".to_owned()];
    if let Some(server) = server() {
        let database = format!("store_{name}_{}", std::process::id());
        let mut connection = sqlx::PgConnection::connect(&server).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {database}"));
        sqlx::query(create).execute(&mut connection).await.unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        addresses.push(format!("{base}/{database}"));
    }
    let mut stores = Vec::new();
    for address in addresses {
        let store = Store::open(&address).await.unwrap();
        assert_eq!(store.migrate().await.unwrap().len(), 2, "a fresh database takes every migration");
        assert!(store.migrate().await.unwrap().is_empty(), "and none twice");
        stores.push(store);
    }
    stores
}

pub(crate) fn organization() -> OrganizationId {
    "org-one".parse().unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    format!("user-{name}").parse().unwrap()
}

pub(crate) fn project() -> ProjectId {
    "proj_app".parse().unwrap()
}

pub(crate) async fn add_user(tx: &mut Tx, name: &str, role: OrganizationRole) -> Result<(), Error> {
    let person = User {
        id: user(name),
        email: format!("{name}@Example.com"),
        name: name.to_owned(),
        created_at: NOW,
        default_organization: Some(organization()),
        deactivated_at: None,
    };
    users::insert(tx, &person).await?;
    let membership = Membership { organization: organization(), user: user(name), role, created_at: NOW };
    memberships::insert(tx, &membership).await
}

/// An organization with its Default project, a project `app`, an owner and a reader who is a member of `app`.
pub(crate) async fn small_world(store: &Store) {
    let made: Result<(), Error> = store
        .write("small_world", async |tx: &mut Tx| {
            let one = Organization {
                id: organization(),
                name: "One".to_owned(),
                created_at: NOW,
                deactivated_at: None,
                entitlement_version: 0,
            };
            organizations::insert(tx, &one).await?;
            add_user(tx, "owner", OrganizationRole::Owner).await?;
            add_user(tx, "reader", OrganizationRole::Reader).await?;
            for (id, is_default) in [("proj_default", true), ("proj_app", false)] {
                let project = Project {
                    id: id.parse().unwrap(),
                    organization: organization(),
                    name: id.to_owned(),
                    created_at: NOW,
                    archived_at: None,
                    is_default,
                };
                projects::insert(tx, &project).await?;
            }
            let member =
                ProjectMember { project: project(), user: user("reader"), role: ProjectRole::Member, created_at: NOW };
            project_members::insert(tx, &member).await
        })
        .await;
    made.unwrap();
}
