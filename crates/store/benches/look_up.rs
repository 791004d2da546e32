//! How long one key's look-up takes with a thousand and with a million keys in the store: `cargo xtask bench --keys`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement: it prints, holds a real clock, and stops where it cannot go on"
)]

use std::time::Instant;

use keystead_core::caller::Owner;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::key::{KeyDigest, KeyKind};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::scope::Restriction;
use keystead_core::time::Timestamp;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::directory;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::organizations::{self, Organization};
use keystead_store::tables::project_members::{self, ProjectMember};
use keystead_store::tables::projects::{self, Project};
use keystead_store::tables::users::{self, User};
use keystead_store::{Error, Store, Tx};

const NOW: Timestamp = Timestamp(1_800_000_000);
/// Keys of one organization.
const SHARED: usize = 100;
const LOOK_UPS: usize = 20_000;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}", folder.path().join("keys.db").display());
    let server = keystead_store::testing::PostgresServer::start().await.ok();
    let postgres = server.as_ref().map(|server| server.bare_database().unwrap());
    println!("engine       keys   filled in   look-up p50   p99");
    for (engine, url) in [("SQLite", Some(file)), ("PostgreSQL", postgres)] {
        let Some(url) = url else {
            println!("{engine}: not installed, not measured");
            continue;
        };
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let mut there = 0;
        for size in [1_000, 1_000_000] {
            let began = Instant::now();
            fill(&store, there, size).await;
            there = size;
            let filled = began.elapsed().as_secs_f64();
            let (middle, slow) = look_up(&store, size).await;
            println!("{engine:<10} {size:>9}   {filled:>7.1} s   {middle:>8.0} µs   {slow:>4.0} µs");
        }
    }
}

async fn fill(store: &Store, from: usize, to: usize) {
    let mut organization = from / SHARED;
    while organization < to / SHARED {
        let until = (organization + 50).min(to / SHARED);
        let range = organization..until;
        let write = store.write("fill", async move |tx: &mut Tx| {
            for number in range.clone() {
                people(tx, number).await?;
                for key in 0..SHARED {
                    api_keys::insert(tx, &row(number, number * SHARED + key)).await?;
                }
            }
            Ok::<_, Error>(())
        });
        write.await.unwrap();
        organization = until;
    }
}

async fn people(tx: &mut Tx, number: usize) -> Result<(), Error> {
    let (user, organization, project) = names(number);
    users::insert(
        tx,
        &User {
            id: user.clone(),
            email: format!("{number}@example.com"),
            name: "Somebody".to_owned(),
            created_at: NOW,
            deactivated_at: None,
            default_organization: None,
        },
    )
    .await?;
    organizations::insert(
        tx,
        &Organization {
            id: organization.clone(),
            name: "An organization".to_owned(),
            created_at: NOW,
            deactivated_at: None,
            entitlement_version: 0,
        },
    )
    .await?;
    memberships::insert(
        tx,
        &Membership {
            organization: organization.clone(),
            user: user.clone(),
            role: OrganizationRole::Owner,
            created_at: NOW,
        },
    )
    .await?;
    projects::insert(
        tx,
        &Project {
            id: project.clone(),
            organization,
            name: "Default project".to_owned(),
            is_default: true,
            created_at: NOW,
            archived_at: None,
        },
    )
    .await?;
    project_members::insert(tx, &ProjectMember { project, user, role: ProjectRole::Owner, created_at: NOW }).await
}

fn names(number: usize) -> (UserId, OrganizationId, ProjectId) {
    (
        format!("user-{number}").parse().unwrap(),
        format!("org-{number}").parse().unwrap(),
        format!("proj_{number}").parse().unwrap(),
    )
}

/// Digests are uniform; a multiplication by an odd number is enough to make them so here.
fn digest(key: usize) -> KeyDigest {
    let mut bytes = [7; 32];
    let spread = u64::try_from(key).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bytes[..8].copy_from_slice(&spread.to_be_bytes());
    KeyDigest::from_bytes(bytes)
}

fn row(organization: usize, key: usize) -> KeyRow {
    let (user, organization, project) = names(organization);
    KeyRow {
        id: format!("key_{key}").parse().unwrap(),
        kind: KeyKind::Project,
        digest: digest(key),
        redacted: "sk-proj-abc***xyz".to_owned(),
        name: Some("A key".to_owned()),
        organization: Some(organization),
        project: Some(project),
        owner: Owner::User(user),
        restriction: Restriction::default(),
        created_at: NOW,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revoked_by: None,
        revoked_reason: None,
    }
}

/// The middle and the slowest hundredth, in microseconds, over keys spread across the table.
async fn look_up(store: &Store, size: usize) -> (f64, f64) {
    let mut took = Vec::with_capacity(LOOK_UPS);
    for turn in 0..LOOK_UPS {
        let wanted = digest(turn.wrapping_mul(7_919) % size);
        let began = Instant::now();
        let read = store.read("look_up", async move |tx: &mut Tx| directory::find_caller(tx, &wanted).await);
        let found: Result<_, Error> = read.await;
        took.push(began.elapsed().as_secs_f64() * 1e6);
        assert!(found.unwrap().is_some(), "every key is there");
    }
    took.sort_by(f64::total_cmp);
    (took[LOOK_UPS / 2], took[LOOK_UPS * 99 / 100])
}
