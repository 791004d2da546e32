//! Spend limits: counters and leases follow the usage, once; alerts are reached once a month.

use keystead_core::budget::{
    BudgetScope, BudgetSubject, BudgetZone, Charge, Decision, LEASE_SECONDS, LeaseAsk, Payers, PendingHold,
    StoredFigures, Window, decide,
};
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::key::KeyKind;
use keystead_core::money::Amount;
use keystead_core::pending::{Pending, PendingKind};
use keystead_core::role::OrganizationRole;
use keystead_core::usage::{StatedImages, UsageEvent};
use keystead_store::Error;
use keystead_store::tables::budgets::{self, NewBudget};
use keystead_store::tables::spend_alerts::{self, SpendAlert};
use keystead_store::tables::{
    account_deletions, api_keys, memberships, organization_deletions, organizations, pending_usage, projects,
    spend_counters, spend_leases, usage, users,
};

use super::usage::event;
use crate::world::*;

fn organization_budget() -> BudgetSubject {
    "org-one".parse().unwrap()
}

/// Sets the spend limit of a subject of the first organization.
pub(crate) async fn set_limit(db: &Database, subject: &BudgetSubject, figure: i64) -> i64 {
    let (scope, most) = (BudgetScope::spend_limit(subject.clone()), cents(figure));
    let organization = id("org-one");
    let new = || {
        let id = id(&format!("budget_{}", subject.as_str().replace('/', "_")));
        NewBudget { id, organization: &organization, scope: &scope, zone: BudgetZone::UTC, most }
    };
    change!(db, |tx| budgets::set(tx, new(), NOW)).unwrap().budget.version
}

fn cents(figure: i64) -> Amount {
    Amount::of_cents(figure)
}

/// An event of the organization and project of `event`, paid from the lease for the organization.
fn paid(figure: i64, leased: bool) -> UsageEvent {
    let charge = Charge { admitted_at: NOW, payers: Payers::of_spend_limits(leased, false) };
    UsageEvent {
        organization: id("org-one"),
        project: id("proj_x1"),
        cost: cents(figure),
        charge: Some(charge),
        ..event(0, "m")
    }
}

fn ask(holder: &str, committed: i64, least: i64) -> LeaseAsk {
    LeaseAsk {
        scope: BudgetScope::spend_limit(organization_budget()),
        window: Window::month(NOW),
        holder: holder.into(),
        number: 0,
        committed: cents(committed),
        keep: Amount::ZERO,
        least: cents(least),
        want: cents(least),
        ends_at: later(LEASE_SECONDS),
        ended_by: NOW,
    }
}

async fn renew(db: &Database, ask: LeaseAsk) -> (StoredFigures, Decision, bool) {
    change!(db, |tx| async {
        let stored = spend_leases::stored(tx, &ask, NOW).await?.unwrap();
        let (decision, answer) = decide(&ask, &stored, NOW);
        spend_leases::save(tx, &ask, &decision, NOW).await?;
        Ok((stored, decision, answer.met))
    })
    .unwrap()
}

pub(crate) async fn limits_and_leases(db: Database) {
    seed(&db).await;
    let subject = organization_budget();
    let scope = BudgetScope::spend_limit(subject.clone());
    assert_eq!(look!(db, |tx| budgets::find(tx, &scope)), Ok(None));
    assert_eq!(change!(db, |tx| budgets::delete(tx, &scope, NOW)), Ok(false));
    let first = set_limit(&db, &subject, 50).await;
    let version = set_limit(&db, &subject, 100).await;
    assert!(version > first, "each change has a version of its own");
    let found = look!(db, |tx| budgets::find(tx, &scope)).unwrap().unwrap().budget;
    assert_eq!((found.most, found.version), (cents(100), version));

    // Two nodes lease; what is counted moves from the lease to the counter, once.
    assert!(renew(&db, ask("a", 0, 60)).await.2);
    assert!(!renew(&db, ask("b", 0, 60)).await.2, "forty are left");
    assert!(renew(&db, ask("b", 0, 40)).await.2);
    let events = [paid(25, true), paid(5, true)];
    for _ in 0..2 {
        change!(db, |tx| usage::record(tx, "00000001-a", 0, &events)).unwrap();
    }
    assert_eq!(look!(db, |tx| spend_counters::spent(tx, &subject, NOW)), Ok(cents(30)));
    assert_eq!(look!(db, |tx| spend_counters::spent(tx, &"proj_x1".parse().unwrap(), NOW)), Ok(cents(30)));
    let next_month = Window::month(NOW).end;
    assert_eq!(look!(db, |tx| spend_counters::spent(tx, &subject, next_month)), Ok(Amount::ZERO));
    let (stored, ..) = renew(&db, ask("b", 0, 0)).await;
    assert_eq!((stored.spent, stored.others, stored.consumed), (cents(30), cents(30), Amount::ZERO));
    // What was not paid from a lease is spent, and no lease covers it.
    change!(db, |tx| usage::record(tx, "00000001-c", 0, &[paid(3, false)])).unwrap();
    let (stored, decision, _) = renew(&db, ask("a", 30, 0)).await;
    assert_eq!((stored.spent, stored.consumed, decision.granted), (cents(33), cents(30), cents(30)));

    // A response outlives its request: ten of the lease stay set aside for it, until its cost is counted by any node.
    assert!(renew(&db, ask("a", 30, 10)).await.2);
    let charge = Charge { admitted_at: NOW, payers: Payers::of_spend_limits(true, false) };
    let pending = Pending {
        id: "resp_hold".to_owned(),
        kind: PendingKind::Response,
        upstream: "one".to_owned(),
        organization: id("org-one"),
        project: id("proj_x1"),
        key: key_id("a"),
        owner: "user-ann".to_owned(),
        model: "m".to_owned(),
        tool: None,
        images: StatedImages::default(),
        read: 7,
        stream: false,
        summary: false,
        request: "req_1".to_owned(),
        begun_at: NOW,
        hold: Some(PendingHold { holder: "a".to_owned(), amount: cents(10), tokens: 0, requests: 1, charge }),
    };
    for _ in 0..2 {
        change!(db, |tx| pending_usage::insert(tx, &pending, NOW)).unwrap();
    }
    let (stored, ..) = renew(&db, ask("b", 0, 0)).await;
    assert_eq!((stored.pending, stored.others), (cents(10), Amount::ZERO), "moved once");
    let once = UsageEvent { once: Some("resp_hold".to_owned()), charge: pending.charge(), ..paid(4, false) };
    change!(db, |tx| usage::record(tx, "00000001-b", 0, std::slice::from_ref(&once))).unwrap();
    let (stored, ..) = renew(&db, ask("b", 0, 0)).await;
    assert_eq!((stored.pending, stored.spent), (Amount::ZERO, cents(37)));
    // It was counted: a note that comes late holds nothing.
    change!(db, |tx| pending_usage::insert(tx, &pending, NOW)).unwrap();
    let (stored, ..) = renew(&db, ask("b", 0, 0)).await;
    assert_eq!(stored.pending, Amount::ZERO);

    // A response that was counted before it could be noted: the lease has paid for it, once, and nothing stays set aside.
    assert!(renew(&db, ask("a", 40, 10)).await.2);
    let late = Pending { id: "resp_late".to_owned(), ..pending.clone() };
    let once = UsageEvent { once: Some("resp_late".to_owned()), charge: late.charge(), ..paid(1, false) };
    change!(db, |tx| usage::record(tx, "00000001-b", 1, std::slice::from_ref(&once))).unwrap();
    for _ in 0..2 {
        change!(db, |tx| pending_usage::insert(tx, &late, NOW)).unwrap();
    }
    let (stored, ..) = renew(&db, ask("a", 50, 0)).await;
    assert_eq!((stored.spent, stored.pending, stored.consumed), (cents(38), Amount::ZERO, cents(50)));

    // A node that was killed holds its lease until its spool is counted.
    assert!(renew(&db, ask("dead", 0, 60)).await.2);
    assert!(!renew(&db, ask("b", 0, 10)).await.2);
    change!(db, |tx| spend_leases::release(tx, "dead")).unwrap();
    assert!(renew(&db, ask("b", 0, 10)).await.2);
    assert_eq!(spend_leases::holder_of("00000000000000000007-0123abc"), "0123abc");
    assert_eq!(change!(db, |tx| budgets::delete(tx, &scope, NOW)), Ok(true));
    change!(db, |tx| spend_counters::delete_old(tx, NOW.plus(86_400))).unwrap();
    assert_eq!(look!(db, |tx| spend_counters::spent(tx, &subject, NOW)), Ok(Amount::ZERO));
}

/// What a node keeps while it waits for an answer is its own until its lease ends; and an ask that is read late, after a
/// newer one, changes nothing.
pub(crate) async fn what_is_kept_is_held_and_a_late_ask_is_refused(db: Database) {
    seed(&db).await;
    set_limit(&db, &organization_budget(), 100).await;
    let renewed = async |ask: LeaseAsk| {
        change!(db, |tx| async {
            let stored = spend_leases::stored(tx, &ask, NOW).await?.unwrap();
            let (decision, answer) = decide(&ask, &stored, NOW);
            spend_leases::save(tx, &ask, &decision, NOW).await?;
            Ok((answer.granted, answer.met))
        })
    };
    let keeping = |number: i64, keep: i64| LeaseAsk { number, keep: cents(keep), ..ask("a", 10, 0) };
    let first = LeaseAsk { number: 1, ..ask("a", 0, 40) };
    assert_eq!(renewed(first).await, Ok((cents(40), true)));
    assert_eq!(renewed(keeping(3, 20)).await, Ok((cents(30), true)));
    assert_eq!(renewed(keeping(2, 0)).await, Err(Error::Conflict("a newer ask for the lease")));
    assert_eq!(renewed(ask("b", 0, 71)).await, Ok((Amount::ZERO, false)), "thirty are held");
    assert_eq!(renewed(ask("b", 0, 70)).await, Ok((cents(70), true)));
    // Nodes that were killed hold only what they had committed.
    let late = |least: i64| LeaseAsk { ended_by: later(LEASE_SECONDS), ..ask("c", 0, least) };
    assert_eq!(renewed(late(21)).await, Ok((Amount::ZERO, false)));
    assert_eq!(renewed(late(20)).await, Ok((cents(20), true)));
}

/// What is deleted leaves no leases, and a node that still runs writes none again.
pub(crate) async fn what_is_deleted_holds_nothing(db: Database) {
    let (one, _, x1, ann, _, _) = seed(&db).await;
    let row = key(KeyKind::Project, "a", Some(("one", Some("x1"))), person("ann"));
    change!(db, |tx| api_keys::insert(tx, &row)).unwrap();
    let subjects = [
        BudgetSubject::Key(row.id.clone()),
        BudgetSubject::Project(x1.clone()),
        BudgetSubject::person(&one, &ann),
        organization_budget(),
    ];
    let ask_of =
        |subject: &BudgetSubject| LeaseAsk { scope: BudgetScope::spend_limit(subject.clone()), ..ask("dead", 1, 0) };
    for subject in &subjects {
        renew(&db, ask_of(subject)).await;
    }
    // The first `deleted` subjects have no lease any more, the others have theirs. Returns the number of leases that are kept.
    let kept = async |deleted: usize| {
        for (place, subject) in subjects.iter().enumerate() {
            let ask = ask_of(subject);
            let stored = change!(db, |tx| spend_leases::stored(tx, &ask, NOW)).unwrap();
            assert_eq!(stored.is_none(), place < deleted, "{subject}");
        }
        look!(db, |tx| spend_leases::list_ended(tx, later(LEASE_SECONDS))).unwrap().len()
    };
    assert_eq!(kept(0).await, 4);
    change!(db, |tx| api_keys::revoke(tx, &row.id, "user-ann", "spare", NOW)).unwrap();
    assert_eq!(kept(1).await, 3);
    change!(db, |tx| projects::archive(tx, &one, &x1, NOW)).unwrap();
    assert_eq!(kept(2).await, 2);
    change!(db, |tx| async {
        account_deletions::lock(tx, &ann).await?;
        account_deletions::erase(tx, &ann, NOW).await
    })
    .unwrap();
    assert_eq!(kept(3).await, 1);
    change!(db, |tx| async {
        organization_deletions::lock(tx, &one).await?;
        organization_deletions::erase(tx, &one, NOW).await
    })
    .unwrap();
    assert_eq!(kept(4).await, 0);
}

/// The deletion of a person or an organization deletes nothing that is counted or held for others with similar ids.
pub(crate) async fn what_is_like_the_deleted_stays(db: Database) {
    seed(&db).await;
    let (gone, like) = (id::<OrganizationId>("org-o_e"), id::<UserId>("user-a_n"));
    change!(db, |tx| async {
        organizations::insert(tx, &organization("o_e")).await?;
        for name in ["a_n", "axn"] {
            users::insert(tx, &user(name)).await?;
            memberships::insert(tx, &membership("one", name, OrganizationRole::Reader)).await?;
        }
        for name in ["axn", "ben", "cid"] {
            memberships::insert(tx, &membership("o_e", name, OrganizationRole::Reader)).await?;
        }
        Ok(())
    })
    .unwrap();
    // The last two have no budget any more, and one of them is no member either.
    let people = [("one", "a_n"), ("one", "axn"), ("o_e", "axn"), ("o_e", "ben"), ("o_e", "cid")];
    let (mut scopes, month) = (Vec::new(), Window::month(NOW));
    for (place, (of, name)) in people.into_iter().enumerate() {
        let (organization, user) = (id::<OrganizationId>(&format!("org-{of}")), id::<UserId>(&format!("user-{name}")));
        let scope = BudgetScope::spend_limit(BudgetSubject::person(&organization, &user));
        if place < 3 {
            let new = || {
                let id = id(&format!("budget_{place}"));
                NewBudget { id, organization: &organization, scope: &scope, zone: BudgetZone::UTC, most: cents(50) }
            };
            change!(db, |tx| budgets::set(tx, new(), NOW)).unwrap();
            let used = UsageEvent { organization: organization.clone(), owner: user.text(), ..paid(3, false) };
            change!(db, |tx| usage::record(tx, &format!("{place}-a"), 0, std::slice::from_ref(&used))).unwrap();
        }
        renew(&db, LeaseAsk { scope: scope.clone(), ..ask("dead", 1, 0) }).await;
        scopes.push(scope);
    }
    let kept = async || {
        let leases = look!(db, |tx| spend_leases::list_ended(tx, later(LEASE_SECONDS))).unwrap();
        let mut kept = Vec::new();
        for scope in &scopes {
            let spent = look!(db, |tx| spend_counters::used(tx, scope, month)).unwrap();
            kept.push((leases.iter().any(|lease| lease.scope == *scope), spent == cents(3)));
        }
        kept
    };
    let (all, bare, none) = ((true, true), (true, false), (false, false));
    assert_eq!(kept().await, [all, all, all, bare, bare]);
    change!(db, |tx| account_deletions::erase(tx, &like, NOW)).unwrap();
    assert_eq!(kept().await, [none, all, all, bare, bare]);
    change!(db, |tx| async {
        organization_deletions::lock(tx, &gone).await?;
        memberships::delete(tx, &gone, &id("user-cid"), NOW).await?;
        organization_deletions::erase(tx, &gone, NOW).await
    })
    .unwrap();
    assert_eq!(kept().await, [none, all, none, none, none]);
}

/// After a request did not find enough, nodes keep nothing ahead, so that what is left comes together at the one that
/// needs it; until this ends by the clock.
pub(crate) async fn what_is_scarce_is_not_leased_ahead_until_its_end(db: Database) {
    seed(&db).await;
    let subject: BudgetSubject = "proj_d1".parse().unwrap();
    set_limit(&db, &subject, 80).await;
    let renew = async |holder: &str, (committed, least, want): (i64, i64, i64), seconds: i64| {
        let ask = LeaseAsk {
            scope: BudgetScope::spend_limit(subject.clone()),
            want: cents(want),
            ..ask(holder, committed, least)
        };
        change!(db, |tx| async {
            let stored = spend_leases::stored(tx, &ask, later(seconds)).await?.unwrap();
            let (decision, answer) = decide(&ask, &stored, later(seconds));
            spend_leases::save(tx, &ask, &decision, later(seconds)).await?;
            Ok(answer)
        })
        .unwrap()
    };
    assert_eq!(renew("a", (0, 1, 64), 0).await.granted, cents(10), "an eighth");
    let answer = renew("b", (0, 75, 75), 0).await;
    assert_eq!((answer.met, answer.wait), (false, true), "it fits once the other node returns what it leased ahead");
    assert_eq!(renew("a", (1, 0, 64), 9).await.granted, cents(1), "nothing ahead");
    assert!(renew("b", (0, 75, 75), 9).await.met);
    assert_eq!(renew("b", (0, 0, 0), 9).await.granted, Amount::ZERO);
    assert!(renew("a", (1, 0, 8), 10).await.granted > cents(1), "the end counts");
}

pub(crate) async fn alerts(db: Database) {
    seed(&db).await;
    let subject = organization_budget();
    let alert = |name: &str, figure: i64| SpendAlert {
        id: id(&format!("alert_{name}")),
        organization: id("org-one"),
        subject: organization_budget(),
        cents: figure,
        recipients: vec!["it's@example.com".to_owned()],
        subject_prefix: None,
        created_at: NOW,
    };
    for (name, figure, passed) in [("a", 10, None), ("b", 30, None), ("c", 1, Some(Window::month(NOW).start))] {
        change!(db, |tx| spend_alerts::insert(tx, &alert(name, figure), passed)).unwrap();
    }
    assert_eq!(look!(db, |tx| spend_alerts::count(tx, &subject)), Ok(3));
    assert_eq!(look!(db, |tx| spend_alerts::find(tx, &subject, &id("alert_b"))), Ok(Some(alert("b", 30))));
    assert_eq!(look!(db, |tx| spend_alerts::find(tx, &"proj_x1".parse().unwrap(), &id("alert_b"))), Ok(None));
    let page = look!(db, |tx| spend_alerts::list(tx, &subject, &after("alert_a", 1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![alert("b", 30)], true));
    let reached = async || {
        let waiting = look!(db, |tx| spend_alerts::has_reached(tx)).unwrap();
        let reached = change!(db, |tx| spend_alerts::claim_reached(tx, NOW, 10)).unwrap();
        assert_eq!(waiting, !reached.is_empty());
        reached
            .into_iter()
            .map(|reached| (reached.alert.id.to_string(), reached.spent, reached.window))
            .collect::<Vec<_>>()
    };
    let month = Window::month(NOW).start;
    change!(db, |tx| usage::record(tx, "1-a", 0, &[paid(9, false)])).unwrap();
    assert!(reached().await.is_empty());
    change!(db, |tx| usage::record(tx, "1-a", 1, &[paid(3, false)])).unwrap();
    assert_eq!(reached().await, [("alert_a".to_owned(), cents(12), month)]);
    // Once a month; a batch that is delivered twice changes nothing.
    for _ in 0..2 {
        change!(db, |tx| usage::record(tx, "1-a", 2, &[paid(3, false)])).unwrap();
    }
    assert!(reached().await.is_empty());
    // With another threshold it can be reached again.
    change!(db, |tx| spend_alerts::update(tx, &alert("a", 17), None)).unwrap();
    change!(db, |tx| usage::record(tx, "1-a", 3, &[paid(2, false)])).unwrap();
    assert_eq!(reached().await, [("alert_a".to_owned(), cents(17), month)]);
    // In the next month, all of them.
    let later = Window::month(NOW).end;
    let next = UsageEvent { at: later, charge: None, ..paid(40, false) };
    change!(db, |tx| usage::record(tx, "1-a", 4, std::slice::from_ref(&next))).unwrap();
    let mut names: Vec<_> = reached().await.into_iter().map(|(name, ..)| name).collect();
    names.sort();
    assert_eq!(names, ["alert_a", "alert_b", "alert_c"]);
    change!(db, |tx| spend_alerts::delete(tx, &alert("a", 17), NOW)).unwrap();
    assert_eq!(change!(db, |tx| spend_alerts::delete(tx, &alert("a", 17), NOW)), Err(Error::Missing));
    assert_eq!(change!(db, |tx| spend_alerts::update(tx, &alert("a", 17), None)), Err(Error::Missing));
    let page = look!(db, |tx| spend_alerts::list(tx, &subject, &after("alert_a", 9))).unwrap();
    assert_eq!(page.data.len(), 2, "a removed row still works as a cursor");
}
