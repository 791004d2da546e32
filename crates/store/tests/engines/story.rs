//! From a first member to a revoked key, on both engines: what the directory answers after each step.

use keystead_core::Secret;
use keystead_core::caller::{Caller, Owner};
use keystead_core::gate::{Policy, Requirement};
use keystead_core::id::KeyId;
use keystead_core::key::{KeyDigest, KeyKind};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::scope::Restriction;
use keystead_core::time::Timestamp;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::audit::{self, AuditKey, NewAuditEvent};
use keystead_store::tables::changes::{self, ChangeSubject};
use keystead_store::tables::service_accounts::{self, ServiceAccount};
use keystead_store::tables::{
    directory, jobs, memberships, organizations, policy, project_members, projects, upstream_objects, users,
};
use keystead_store::{Error, Page, Store, Tx};

use crate::database::{NOW, organization, project, small_world, stores, user};

fn key(id: &str, kind: KeyKind, owner: Owner, byte: u8) -> KeyRow {
    let bound = kind != KeyKind::User;
    KeyRow {
        id: id.parse().unwrap(),
        kind,
        digest: KeyDigest::from_bytes([byte; 32]),
        redacted: "sk-...abcd".to_owned(),
        name: Some("it's \"quoted\"".to_owned()),
        organization: bound.then(organization),
        project: (bound && kind != KeyKind::Admin).then(project),
        owner,
        restriction: Restriction::default(),
        created_at: NOW.plus(i64::from(byte)),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revoked_by: None,
        revoked_reason: None,
    }
}

async fn write<T>(store: &Store, work: impl AsyncFn(&mut Tx) -> Result<T, Error>) -> T {
    store.write("test", work).await.unwrap()
}

async fn caller(store: &Store, byte: u8) -> Option<Caller> {
    let digest = KeyDigest::from_bytes([byte; 32]);
    store.read("test", async |tx: &mut Tx| directory::find_caller(tx, &digest).await).await.unwrap()
}

#[tokio::test]
async fn a_key_lives_and_ends() {
    // S2-02 S2-03 S2-06 S2-13: kinds of key and what each reaches.
    for store in stores("keys").await {
        small_world(&store).await;
        let bot: keystead_core::ServiceAccountId = "svc_acct_bot".parse().unwrap();
        write(&store, async |tx: &mut Tx| {
            let account = ServiceAccount {
                id: bot.clone(),
                project: project(),
                name: "bot".to_owned(),
                role: ProjectRole::Member,
                created_at: NOW,
                deleted_at: None,
            };
            service_accounts::insert(tx, &account).await?;
            api_keys::insert(tx, &key("key_project", KeyKind::Project, Owner::User(user("reader")), 1)).await?;
            api_keys::insert(tx, &key("key_bot", KeyKind::ServiceAccount, Owner::ServiceAccount(bot.clone()), 2))
                .await?;
            api_keys::insert(tx, &key("key_user", KeyKind::User, Owner::User(user("reader")), 3)).await?;
            api_keys::insert(tx, &key("key_admin", KeyKind::Admin, Owner::User(user("owner")), 4)).await
        })
        .await;
        assert!(caller(&store, 9).await.is_none(), "unknown");
        let bound = caller(&store, 1).await.unwrap();
        assert_eq!(bound.organizations[0].projects[0].role, Some(ProjectRole::Member));
        assert_eq!(caller(&store, 2).await.unwrap().organizations[0].role, None);
        let legacy = caller(&store, 3).await.unwrap();
        assert_eq!(legacy.organizations[0].projects.len(), 2, "his own project and the Default one");
        assert!(caller(&store, 4).await.unwrap().organizations[0].projects.is_empty());

        // A digest and an id stand once.
        let twice: Result<(), Error> = store
            .write("test", async |tx: &mut Tx| {
                api_keys::insert(tx, &key("key_again", KeyKind::User, Owner::User(user("reader")), 1)).await
            })
            .await;
        assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");

        // The owner loses the project, then comes back.
        write(&store, async |tx: &mut Tx| project_members::delete(tx, &project(), &user("reader"), NOW).await).await;
        let lost = caller(&store, 1).await.unwrap();
        assert_eq!((lost.organizations[0].role, lost.organizations[0].projects[0].role), (None, None));

        // What an organization has proven reaches its keys, with a growing version.
        let before = caller(&store, 2).await.unwrap().organizations[0].entitlements.clone();
        write(&store, async |tx: &mut Tx| {
            organizations::set_requirement(tx, &organization(), Requirement::Phone, "waived", Some("test"), NOW).await
        })
        .await;
        let after = caller(&store, 2).await.unwrap().organizations[0].entitlements.clone();
        assert!(after.meets(Requirement::Phone) && after.version > before.version);

        // Archiving, deactivating, revoking.
        let archived =
            write(&store, async |tx: &mut Tx| projects::archive(tx, &organization(), &project(), NOW).await).await;
        assert!(archived.is_some() && caller(&store, 2).await.unwrap().organizations[0].projects[0].archived);
        let default = "proj_default".parse().unwrap();
        let refused =
            write(&store, async |tx: &mut Tx| projects::archive(tx, &organization(), &default, NOW).await).await;
        assert!(refused.is_none(), "the Default project stays");
        write(&store, async |tx: &mut Tx| users::set_deactivated(tx, &user("reader"), Some(NOW), NOW).await).await;
        assert!(!caller(&store, 3).await.unwrap().owner_active);
        let id: KeyId = "key_bot".parse().unwrap();
        for first in [true, false] {
            let ended =
                write(&store, async |tx: &mut Tx| api_keys::revoke(tx, &id, "user-owner", "leaked", NOW).await).await;
            assert_eq!(ended, first);
        }
        assert!(caller(&store, 2).await.is_none());
        let kept = write(&store, async |tx: &mut Tx| api_keys::find(tx, &id).await).await.unwrap();
        assert_eq!((kept.revoked_by.as_deref(), kept.revoked_reason.as_deref()), (Some("user-owner"), Some("leaked")));
    }
}

#[tokio::test]
async fn pages_walk_every_row_once() {
    for store in stores("pages").await {
        small_world(&store).await;
        write(&store, async |tx: &mut Tx| {
            for n in 1..=25u8 {
                let mut row = key(&format!("key_{n}"), KeyKind::Project, Owner::User(user("reader")), n);
                row.created_at = NOW.plus(i64::from(n / 3));
                api_keys::insert(tx, &row).await?;
            }
            Ok(())
        })
        .await;
        for ascending in [true, false] {
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let page = Page { after: after.clone(), limit: 4, ascending };
                let read = store
                    .read("test", async |tx: &mut Tx| api_keys::list_project_with_owner(tx, &project(), &page).await);
                let listing = read.await.unwrap();
                assert!(listing.data.iter().all(|found| found.owner_active && found.owner_role == "member"));
                seen.extend(listing.data.iter().map(|found| found.key.id.to_string()));
                after = seen.last().cloned();
                if !listing.has_more {
                    break;
                }
            }
            assert_eq!(seen.len(), 25);
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 25);
        }
        let page = Page { after: Some("key_none".to_owned()), limit: 4, ascending: true };
        let read =
            store.read("test", async |tx: &mut Tx| api_keys::list_project_with_owner(tx, &project(), &page).await);
        assert_eq!(read.await.err(), Some(Error::Missing));
        let nul = store.read("test", async |tx: &mut Tx| users::find_by_email(tx, "a\0b").await).await;
        assert!(matches!(nul, Err(Error::Invalid(_))));
    }
}

#[tokio::test]
async fn the_last_owner_stays_even_when_two_leave_at_once() {
    // ASVS 2.3.4, AD-4: decided in the statement.
    for store in stores("owners").await {
        small_world(&store).await;
        write(&store, async |tx: &mut Tx| {
            memberships::update_role(tx, &organization(), &user("reader"), OrganizationRole::Owner, NOW).await
        })
        .await;
        let leave = |name: &'static str| {
            let store = store.clone();
            async move {
                let write = store.write("leave", async |tx: &mut Tx| {
                    memberships::delete(tx, &organization(), &user(name), NOW).await
                });
                write.await
            }
        };
        let (one, two): (Result<bool, Error>, Result<bool, Error>) = tokio::join!(leave("owner"), leave("reader"));
        assert_eq!(i32::from(one.unwrap()) + i32::from(two.unwrap()), 1);
    }
}

#[tokio::test]
async fn revisions_have_no_gaps_under_concurrency() {
    for store in stores("revisions").await {
        let writers: Vec<_> = (0..20)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    let write =
                        store.write("test", async |tx: &mut Tx| changes::append(tx, &ChangeSubject::Policy, NOW).await);
                    write.await.map_err(|error: Error| error.to_string())
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap().unwrap();
        }
        let all = store.read("test", async |tx: &mut Tx| changes::since(tx, 0, 1_000).await).await.unwrap();
        let revisions: Vec<i64> = all.iter().map(|change| change.revision).collect();
        let latest: i64 = store.read("test", async |tx: &mut Tx| changes::latest(tx).await).await.unwrap();
        assert_eq!(revisions, (1..=latest).collect::<Vec<_>>());
        assert!(latest >= 20);
        write(&store, async |tx: &mut Tx| changes::heartbeat(tx, "node", 7, NOW).await).await;
        let nodes = store.read("test", async |tx: &mut Tx| changes::nodes(tx, NOW).await).await.unwrap();
        assert_eq!(nodes, [("node".to_owned(), 7)]);
    }
}

#[tokio::test]
async fn an_edited_audit_row_is_found() {
    // Security decision 6, ASVS 16.4.2.
    for store in stores("audit").await {
        let key = AuditKey(Secret::new([3; 32]));
        for n in 0..5 {
            write(&store, async |tx: &mut Tx| {
                let event = NewAuditEvent {
                    id: format!("audit_log-{n}").parse().unwrap(),
                    organization: organization(),
                    at: NOW.plus(n),
                    actor_kind: "operator".to_owned(),
                    actor_id: "root".to_owned(),
                    action: "project.created".to_owned(),
                    target_id: "proj_app".to_owned(),
                    details: serde_json::json!({ "n": n }),
                };
                audit::append(tx, &key, event).await
            })
            .await;
        }
        let verify = async |key: &AuditKey| {
            let broken = store.read("test", async |tx: &mut Tx| audit::verify(tx, key, &organization()).await);
            broken.await.unwrap().map(|id| id.to_string())
        };
        assert_eq!(verify(&key).await, None);
        assert_eq!(verify(&AuditKey(Secret::new([4; 32]))).await.as_deref(), Some("audit_log-0"));
        let page = Page { after: None, limit: 2, ascending: false };
        let newest =
            store.read("test", async |tx: &mut Tx| audit::list(tx, &organization(), &page).await).await.unwrap();
        assert_eq!((newest.data[0].id.as_str(), newest.has_more), ("audit_log-4", true));
    }
}

#[tokio::test]
async fn policies_jobs_and_objects() {
    for store in stores("rest").await {
        let found = store.read("test", async |tx: &mut Tx| policy::find(tx).await).await.unwrap();
        assert_eq!(found, (1, Policy::default_rules()));
        let mut changed = Policy::default_rules();
        changed.rules.clear();
        assert_eq!(write(&store, async |tx: &mut Tx| policy::save(tx, &changed, NOW).await).await, 2);
        assert_eq!(store.read("test", async |tx: &mut Tx| policy::find(tx).await).await.unwrap(), (2, changed));

        let id = "job_a".parse().unwrap();
        write(&store, async |tx: &mut Tx| jobs::insert(tx, &id, "mail", &serde_json::json!({ "to": "x" }), NOW).await)
            .await;
        let claim = async |at: Timestamp| write(&store, async |tx: &mut Tx| jobs::claim(tx, at, 60, 10).await).await;
        assert!(claim(NOW.plus(-1)).await.is_empty(), "not due");
        assert_eq!(claim(NOW).await.len(), 1);
        assert!(claim(NOW.plus(59)).await.is_empty(), "another worker has it");
        let again = claim(NOW.plus(60)).await;
        assert_eq!((again.len(), again[0].attempts), (1, 1), "its lease ended");
        write(&store, async |tx: &mut Tx| jobs::fail(tx, &id, NOW.plus(100)).await).await;
        assert_eq!(claim(NOW.plus(100)).await.len(), 1);
        write(&store, async |tx: &mut Tx| jobs::finish(tx, &id, NOW).await).await;
        assert!(claim(NOW.plus(1_000)).await.is_empty());

        let payer = |project: &str| keystead_core::access::Payer {
            organization: organization(),
            project: project.parse().unwrap(),
        };
        for project in ["proj_app", "proj_default"] {
            let owner = payer(project);
            write(&store, async |tx: &mut Tx| upstream_objects::insert(tx, "file-1", &owner).await).await;
        }
        let owner = store.read("test", async |tx: &mut Tx| upstream_objects::find(tx, "file-1").await).await.unwrap();
        assert_eq!(owner, Some(payer("proj_app")), "the first owner stays");
    }
}
