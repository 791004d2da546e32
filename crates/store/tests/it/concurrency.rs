//! Concurrent work: tasks on one store, and stores on one database like those of several nodes.

use std::sync::atomic::{AtomicU32, Ordering};

use keystead_core::budget::{BudgetScope, BudgetZone};
use keystead_core::id::UserId;
use keystead_core::money::Amount;
use keystead_core::role::OrganizationRole;
use keystead_core::usage::UsageEvent;
use keystead_store::tables::budgets::{self, NewBudget};
use keystead_store::tables::changes::ChangeSubject;
use keystead_store::tables::limit_hits::{self, Hit};
use keystead_store::tables::{
    accounts, api_keys, audit, changes, jobs, memberships, organizations, spend_counters, usage, users,
};
use keystead_store::{Announcement, Error, Store, Tx, changed_by};
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::LocalSet;

use crate::stories;
use crate::world::*;

pub(crate) async fn all(databases: &Databases) {
    revisions_have_no_gaps(databases.fresh().await).await;
    a_commit_wakes_the_others(databases.fresh().await).await;
    one_owner_stays(databases.fresh().await).await;
    one_event_counts_once(databases.fresh().await).await;
    one_object_counts_once(databases.fresh().await).await;
    one_job_has_one_worker(databases.fresh().await).await;
    a_limit_holds_for_tries_at_once(databases.fresh().await).await;
    one_step_of_a_code_is_used_once(databases.fresh().await).await;
}

/// Other nodes learn of commits only, also after their connection was lost. SQLite has no other nodes.
async fn a_commit_wakes_the_others(db: Database) {
    let append = async |tx: &mut Tx| changes::append(tx, &ChangeSubject::Models, NOW).await;
    let ((), nothing) = changed_by(async { db.store.ping().await.unwrap() }).await;
    assert_eq!(nothing, None);
    let (second, newest) = changed_by(async {
        db.store.write("one", append).await.unwrap();
        let second = db.store.write("two", append).await.unwrap();
        db.store.ping().await.unwrap();
        second
    })
    .await;
    assert_eq!(newest, Some(second));
    let undone = async |tx: &mut Tx| append(tx).await.and(Err::<(), _>(Error::Missing));
    let (undone_is, nothing) = changed_by(db.store.write("undone", undone)).await;
    assert_eq!((undone_is, nothing), (Err(Error::Missing), None), "it was not committed");

    let other = Store::open(&db.url).await.unwrap();
    let Some(mut heard) = other.listen().await.unwrap() else {
        assert!(db.url.starts_with("sqlite"), "PostgreSQL tells");
        return;
    };
    db.store.write("undone", undone).await.unwrap_err();
    change!(db, |tx| changes::heartbeat(tx, "a", 1, NOW)).unwrap();
    assert_eq!(heard.next().await, Ok(Announcement::Confirmation), "and not what was undone");
    db.store.write("one", append).await.unwrap();
    assert_eq!(heard.next().await, Ok(Announcement::Change));
    db.tamper(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()",
    )
    .await;
    assert_eq!(heard.next().await, Ok(Announcement::Missed));
    db.store.write("one", append).await.unwrap();
    assert_eq!(heard.next().await, Ok(Announcement::Change));
}

/// Twenty transactions check a limit and then count against it: five of them fit.
async fn a_limit_holds_for_tries_at_once(db: Database) {
    let local = LocalSet::new();
    for number in 0..20 {
        let store = db.store.clone();
        local.spawn_local(async move {
            let take = async |tx: &mut Tx| -> Result<(), Error> {
                limit_hits::lock(tx, "tries", "ann").await?;
                if limit_hits::count(tx, "tries", "ann", later(-60)).await?.hits >= 5 {
                    return Ok(());
                }
                let hit = Hit {
                    id: format!("hit-{number}"),
                    name: "tries".to_owned(),
                    subject: "ann".to_owned(),
                    value: String::new(),
                    at: NOW,
                };
                limit_hits::insert(tx, &hit).await
            };
            store.write("take", take).await.unwrap();
        });
    }
    local.await;
    assert_eq!(look!(db, |tx| limit_hits::count(tx, "tries", "ann", later(-60))).unwrap().hits, 5);
}

/// Ten requests with the same code at once: one is accepted. No change of an account is lost.
async fn one_step_of_a_code_is_used_once(db: Database) {
    let (_, _, _, ann, ..) = seed(&db).await;
    change!(db, |tx| accounts::save(tx, &stories::accounts::account(&ann))).unwrap();
    let local = LocalSet::new();
    let used = std::rc::Rc::new(AtomicU32::new(0));
    for number in 0..10 {
        let (store, ann, used) = (db.store.clone(), ann.clone(), std::rc::Rc::clone(&used));
        local.spawn_local(async move {
            let spend = async |tx: &mut Tx| accounts::use_totp_step(tx, &ann, 9).await;
            let spent: Result<bool, Error> = store.write("spend", spend).await;
            used.fetch_add(u32::from(spent.unwrap()), Ordering::Relaxed);
            let extend = async |tx: &mut Tx| -> Result<(), Error> {
                let mut row = accounts::lock(tx, &ann).await?.unwrap();
                row.time_zone.push_str(&number.to_string());
                accounts::save(tx, &row).await
            };
            store.write("extend", extend).await.unwrap();
        });
    }
    local.await;
    assert_eq!(used.load(Ordering::Relaxed), 1);
    let row = look!(db, |tx| accounts::find(tx, &ann)).unwrap().unwrap();
    assert_eq!((row.time_zone.len(), row.totp_last_step), (10, 9), "no change was lost");
}

/// Writers of different kinds, some of which fail, and a follower that must see every revision in order.
async fn revisions_have_no_gaps(db: Database) {
    const WRITERS: u32 = 6;
    const EACH: u32 = 20;
    let (one, ..) = seed(&db).await;
    let start = look!(db, |tx| changes::latest(tx)).unwrap();
    let last = start + i64::from(WRITERS * EACH);
    let key = stories::audit::audit_key(1);
    let local = LocalSet::new();
    for writer in 0..WRITERS {
        let (url, one, key) = (db.url.clone(), one.clone(), key.clone());
        // A separate store for each, like separate nodes.
        local.spawn_local(async move {
            let store = Store::open(&url).await.unwrap();
            for n in 0..EACH {
                let work = async |tx: &mut Tx| -> Result<(), Error> {
                    if writer % 2 == 0 {
                        users::update_default_organization(tx, &id("user-ann"), &one, NOW).await?;
                    } else {
                        organizations::set_deactivated(tx, &one, None, NOW).await?;
                    }
                    let event = stories::audit::event("one", &format!("{writer}x{n}"));
                    audit::append(tx, &key, event).await.map(|_| ())
                };
                store.write("works", work).await.unwrap();
                let fails = async |tx: &mut Tx| -> Result<(), Error> {
                    changes::append(tx, &ChangeSubject::Policy, NOW).await?;
                    Err(Error::Missing)
                };
                assert_eq!(store.write("fails", fails).await, Err(Error::Missing));
            }
        });
    }
    let follower = async {
        let mut applied = start;
        while applied < last {
            for change in look!(db, |tx| changes::since(tx, applied, 7)).unwrap() {
                assert_eq!(change.revision, applied + 1, "a revision was skipped");
                applied = change.revision;
            }
            tokio::task::yield_now().await;
        }
    };
    local.run_until(follower).await;
    local.await;
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(last), "failed ones used none up");
    assert_eq!(look!(db, |tx| audit::verify(tx, &key, &one)).unwrap().broken, None, "the chain is whole");
}

async fn one_owner_stays(db: Database) {
    let (one, _, _, ann, ben, _) = seed(&db).await;
    for round in 0..10 {
        for name in ["ann", "ben"] {
            let back = membership("one", name, OrganizationRole::Owner);
            if look!(db, |tx| memberships::find(tx, &one, &back.user)).unwrap().is_none() {
                change!(db, |tx| memberships::insert(tx, &back)).unwrap();
            }
            change!(db, |tx| memberships::update_role(tx, &one, &back.user, OrganizationRole::Owner, NOW)).unwrap();
        }
        let other = Store::open(&db.url).await.unwrap();
        let leave = async |store: &Store, user: &UserId| {
            let work = async |tx: &mut Tx| -> Result<bool, Error> {
                if round % 2 == 0 {
                    memberships::delete(tx, &one, user, NOW).await
                } else {
                    memberships::update_role(tx, &one, user, OrganizationRole::Reader, NOW).await
                }
            };
            store.write("leave", work).await.unwrap()
        };
        let (a, b) = tokio::join!(leave(&db.store, &ann), leave(&other, &ben));
        assert!(a ^ b, "round {round}: {a} {b}");
        let left = look!(db, |tx| memberships::list(tx, &one, &first(9))).unwrap();
        assert_eq!(left.data.iter().filter(|m| m.role == OrganizationRole::Owner).count(), 1);
    }
}

async fn one_event_counts_once(db: Database) {
    let events: Vec<_> = (0..200).map(|n| stories::usage::event(n, &format!("m{}", n % 7))).collect();
    let other = Store::open(&db.url).await.unwrap();
    // Two processes that both use the spool, each sending parts of it again.
    let record = async |store: &Store, first: usize, events: &[_]| {
        let first = i64::try_from(first).unwrap();
        let write = store
            .write("record", async |tx: &mut Tx| -> Result<_, Error> { usage::record(tx, "1-a", first, events).await });
        write.await.unwrap()
    };
    let (a, b) = tokio::join!(record(&db.store, 0, &events[..150]), record(&other, 0, &events[..150]));
    let (c, d) = tokio::join!(record(&db.store, 100, &events[100..]), record(&other, 50, &events[50..]));
    assert_eq!(a + b + c + d, 200);
    let rows = look!(db, |tx| usage::query(tx, &stories::usage::ask(86_400, &[]))).unwrap();
    assert_eq!((rows.len(), rows[0].used.requests, rows[0].cost.parts()), (1, 200, (1_400, 0)));
}

/// Two nodes count the same objects at the same time, in opposite order: one of the two counts them.
async fn one_object_counts_once(db: Database) {
    let once = |number: i64| UsageEvent { once: Some(format!("resp_{number}")), ..stories::usage::event(0, "m") };
    let events: Vec<_> = (0..100).map(once).collect();
    let reversed: Vec<_> = (0..100).rev().map(once).collect();
    let other = Store::open(&db.url).await.unwrap();
    let record = async |store: &Store, segment: &str, events: &[UsageEvent]| {
        let write = store
            .write("record", async |tx: &mut Tx| -> Result<_, Error> { usage::record(tx, segment, 0, events).await });
        write.await.unwrap()
    };
    let (a, b) = tokio::join!(record(&db.store, "1-a", &events[..]), record(&other, "1-b", &reversed[..]));
    assert_eq!((a.min(b), a.max(b)), (0, 100));
    let rows = look!(db, |tx| usage::query(tx, &stories::usage::ask(86_400, &[]))).unwrap();
    assert_eq!((rows.len(), rows[0].used.requests), (1, 100));
}

async fn one_job_has_one_worker(db: Database) {
    for n in 0..40 {
        change!(db, |tx| jobs::insert(tx, &id(&format!("job_{n}")), "mail", &json!(n), NOW)).unwrap();
    }
    let work = async || {
        let mut done = Vec::new();
        for _ in 0..10 {
            let claimed = change!(db, |tx| jobs::claim(tx, NOW, 60, 5)).unwrap();
            done.extend(claimed.into_iter().map(|job| job.id.to_string()));
        }
        done
    };
    let (a, b, c) = tokio::join!(work(), work(), work());
    let mut all = [a, b, c].concat();
    assert_eq!(all.len(), 40);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 40, "no job went to two");
}

/// Two transactions lock the same two rows in opposite order: the engine aborts one, the store runs it again.
pub(crate) async fn a_deadlock_is_tried_again(db: Database) {
    use keystead_core::key::KeyKind;
    seed(&db).await;
    for name in ["a", "b"] {
        change!(db, |tx| api_keys::insert(tx, &key(KeyKind::User, name, None, person("ann")))).unwrap();
    }
    let (barrier, runs) = (Barrier::new(2), AtomicU32::new(0));
    let use_both = async |one: &'static str, two: &'static str| {
        let met = AtomicU32::new(0);
        let work = async |tx: &mut Tx| -> Result<(), Error> {
            runs.fetch_add(1, Ordering::Relaxed);
            api_keys::touch(tx, &[(key_id(one), later(1))]).await?;
            // Only the first attempts conflict.
            if met.fetch_add(1, Ordering::Relaxed) == 0 {
                barrier.wait().await;
            }
            api_keys::touch(tx, &[(key_id(two), later(2))]).await
        };
        db.store.write("both", work).await
    };
    let (a, b) = tokio::join!(use_both("a", "b"), use_both("b", "a"));
    assert_eq!((a, b), (Ok(()), Ok(())));
    // The aborted one may conflict again while the other one wakes up.
    assert!(runs.load(Ordering::Relaxed) >= 3);
    for name in ["a", "b"] {
        let found = look!(db, |tx| api_keys::find(tx, &key_id(name))).unwrap().unwrap();
        assert_eq!(found.last_used_at, Some(later(2)));
    }
}

/// A budget is deleted while a transaction counts usage of an earlier period for it: nothing of it stays.
pub(crate) async fn a_deleted_budget_leaves_no_counters(db: Database) {
    seed(&db).await;
    let (organization, now) = (id("org-one"), NOW);
    let scope = BudgetScope { subject: "key_a".parse().unwrap(), terms: "requests/day".parse().unwrap() };
    let new = || NewBudget {
        id: id("budget_1"),
        organization: &organization,
        scope: &scope,
        zone: BudgetZone::UTC,
        most: scope.terms.measure.amount(9),
    };
    let budget = change!(db, |tx| budgets::set(tx, new(), now)).unwrap().budget;
    let events = [stories::usage::event(-2 * 86_400, "m")];
    let barrier = Barrier::new(2);
    let count = async |tx: &mut Tx| -> Result<(), Error> {
        usage::record(tx, "1-a", 0, &events).await?;
        barrier.wait().await;
        // Longer than a deletion that does not wait.
        for _ in 0..50 {
            changes::latest(tx).await?;
        }
        Ok(())
    };
    let delete = async |tx: &mut Tx| -> Result<bool, Error> {
        barrier.wait().await;
        budgets::delete(tx, &scope, now).await
    };
    let (counted, deleted) = tokio::join!(db.store.write("count", count), db.store.write("delete", delete));
    assert_eq!((counted, deleted), (Ok(()), Ok(true)));
    let window = budget.window(events[0].at);
    assert_ne!(window, budget.window(now));
    assert_eq!(look!(db, |tx| spend_counters::used(tx, &scope, window)), Ok(Amount::ZERO));
}
