//! The deletion of an account and the counting of usage change the same rows, in different order.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use keystead_core::budget::{BudgetScope, BudgetSubject, BudgetZone, Threshold};
use keystead_core::id::UserId;
use keystead_core::key::KeyKind;
use keystead_store::tables::budget_alerts::{self, BudgetAlert};
use keystead_store::tables::budgets::{self, NewBudget};
use keystead_store::tables::spend_alerts::{self, SpendAlert};
use keystead_store::tables::{account_deletions, api_keys, changes, usage, users};
use keystead_store::{Error, Tx};
use tokio::sync::Barrier;

use crate::stories;
use crate::world::*;

/// The deletion waits for a transaction that counts usage of an organization in which the person has something, before
/// it changes a row: neither of the two has to run again.
pub(crate) async fn a_deletion_waits_for_counting(db: Database) {
    let (one, ..) = seed(&db).await;
    for name in ["dan", "eve", "fay", "gus"] {
        change!(db, |tx| users::insert(tx, &user(name))).unwrap();
    }
    // Ann is a member. Of those who are not, Dan has a key, Eve has a budget, and Fay and Gus get mails of alerts.
    for (name, owner) in [("a", "ann"), ("d", "dan")] {
        let row = key(KeyKind::Project, name, Some(("one", Some("x1"))), person(owner));
        change!(db, |tx| api_keys::insert(tx, &row)).unwrap();
    }
    let subject = BudgetSubject::person(&one, &id("user-eve"));
    let scope = BudgetScope { subject, terms: "requests/day".parse().unwrap() };
    let new = || NewBudget {
        id: id("budget_1"),
        organization: &one,
        scope: &scope,
        zone: BudgetZone::UTC,
        most: scope.terms.measure.amount(9),
    };
    let budget = change!(db, |tx| budgets::set(tx, new(), NOW)).unwrap().budget;
    let of_budget = BudgetAlert {
        id: id("budgetalert_1"),
        organization: one.clone(),
        budget: budget.id,
        threshold: Threshold::Share(50),
        recipients: vec!["fay@example.com".to_owned()],
        owners: false,
        webhooks: None,
        created_at: NOW,
        last_reached: None,
    };
    change!(db, |tx| budget_alerts::insert(tx, &of_budget, None)).unwrap();
    let of_month = SpendAlert {
        id: id("alert_1"),
        organization: one.clone(),
        subject: BudgetSubject::Organization(one.clone()),
        cents: 100,
        recipients: vec!["gus@example.com".to_owned()],
        subject_prefix: None,
        created_at: NOW,
    };
    change!(db, |tx| spend_alerts::insert(tx, &of_month, None)).unwrap();
    for name in ["ann", "dan", "eve", "fay", "gus"] {
        delete_while_counting(&db, name).await;
    }
}

/// Deletes an account while usage of Ann's key is counted.
async fn delete_while_counting(db: &Database, name: &str) {
    let user: UserId = id(&format!("user-{name}"));
    let (organization, used, segment) = (id("org-one"), key_id("a"), format!("1-{name}"));
    let events = [stories::usage::event(0, "m")];
    let (barrier, counted) = (Barrier::new(2), AtomicBool::new(false));
    let (counts, deletions) = (AtomicU32::new(0), AtomicU32::new(0));
    let count = async |tx: &mut Tx| -> Result<(), Error> {
        usage::record(tx, &segment, 0, &events).await?;
        if counts.fetch_add(1, Ordering::Relaxed) == 0 {
            barrier.wait().await;
        }
        // Longer than a deletion that does not wait.
        for _ in 0..50 {
            changes::latest(tx).await?;
        }
        api_keys::touch(tx, &[(used.clone(), later(1))]).await?;
        counted.store(true, Ordering::Relaxed);
        Ok(())
    };
    let delete = async |tx: &mut Tx| -> Result<bool, Error> {
        if deletions.fetch_add(1, Ordering::Relaxed) == 0 {
            barrier.wait().await;
        }
        account_deletions::lock(tx, &user).await?;
        let waited = counted.load(Ordering::Relaxed);
        for key in api_keys::list_of_member(tx, &organization, &user).await? {
            api_keys::revoke(tx, &key.id, user.as_str(), "account_deleted", NOW).await?;
        }
        account_deletions::erase(tx, &user, NOW).await?;
        Ok(waited)
    };
    let (counting, deleting) = tokio::join!(db.store.write("count", count), db.store.write("delete", delete));
    assert_eq!((counting, deleting), (Ok(()), Ok(true)), "{name}");
    let runs = [&counts, &deletions].map(|runs| runs.load(Ordering::Relaxed));
    assert_eq!(runs, [1, 1], "{name}");
}
