//! Budgets of every subject, measure and period: what counts, from when on, and what a node that is gone still holds.

use keystead_core::budget::{
    Budget, BudgetFigures, BudgetScope, BudgetSubject, Charge, LEASE_SECONDS, LeaseAsk, Payers, PendingHold, decide,
};
use keystead_core::id::BudgetId;
use keystead_core::key::KeyKind;
use keystead_core::money::Amount;
use keystead_core::pending::{Pending, PendingKind};
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, StatedImages, UsageEvent, UsageKind};
use keystead_store::Page;
use keystead_store::tables::budgets::{self, BudgetRow, NewBudget};
use keystead_store::tables::{
    api_keys, budget_figures, directory, pending_usage, removed_rows, spend_counters, spend_leases, usage,
};

use super::usage::event;
use crate::world::*;

fn scope(subject: &str, terms: &str) -> BudgetScope {
    BudgetScope { subject: subject.parse().unwrap(), terms: terms.parse().unwrap() }
}

/// Sets a budget of so many cents, tokens or requests.
async fn set_in(db: &Database, zone: &str, subject: &str, terms: &str, figure: i64, at: Timestamp) -> Budget {
    let scope = scope(subject, terms);
    let organization = id("org-one");
    let name = format!("budget_{}-{}", subject.replace('/', "_"), terms.replace('/', "-"));
    let new = || NewBudget {
        id: id::<BudgetId>(&name),
        organization: &organization,
        scope: &scope,
        zone: zone.parse().unwrap(),
        most: scope.terms.measure.amount(figure),
    };
    change!(db, |tx| budgets::set(tx, new(), at)).unwrap().budget
}

async fn set(db: &Database, subject: &str, terms: &str, figure: i64, at: Timestamp) -> Budget {
    set_in(db, "UTC", subject, terms, figure, at).await
}

async fn used(db: &Database, budget: &Budget, at: Timestamp) -> Amount {
    let window = budget.window(at);
    look!(db, |tx| spend_counters::used(tx, &budget.scope, window)).unwrap()
}

/// An event of a cent, ten tokens and one request that was admitted at a moment.
fn cent(seconds: i64) -> UsageEvent {
    UsageEvent {
        used: Quantities { requests: 1, input_tokens: 4, output_tokens: 6, ..Quantities::default() },
        cost: Amount::of_cents(1),
        ..event(seconds, "m")
    }
}

/// The organization, the project, the person and the key of an event, in each measure.
pub(crate) async fn every_budget_counts(db: Database) {
    seed(&db).await;
    change!(db, |tx| usage::record(tx, "1-a", 0, &[cent(0), cent(1)])).unwrap();
    let mut all = Vec::new();
    for (subject, terms) in [
        ("org-one", "money/month"),
        ("org-one", "requests/hour"),
        ("proj_x1", "tokens/week"),
        ("org-one/user-ann", "money/total"),
        ("key_a", "tokens/day"),
        ("key_a", "requests/month"),
    ] {
        all.push(set(&db, subject, terms, 100, later(2)).await);
    }
    let figure = |budget: &Budget, requests: i64| {
        let one = if budget.scope.terms.measure == keystead_core::budget::Measure::Tokens { 10 } else { 1 };
        budget.scope.terms.measure.amount(requests * one)
    };
    for budget in &all {
        assert_eq!(used(&db, budget, later(2)).await, figure(budget, 2), "{budget:?}: what was used before");
    }
    // A service account is no person, another key has no budget, and calls of tools are a part of their request.
    let bot = UsageEvent { owner: "svc_acct_x".into(), key: key_id("b"), ..cent(3) };
    let tool = UsageEvent { kind: UsageKind::WebSearchCalls, cost: Amount::ZERO, ..cent(4) };
    let tool = UsageEvent { used: Quantities { requests: 1, tool_calls: 1, ..Quantities::default() }, ..tool };
    for _ in 0..2 {
        change!(db, |tx| usage::record(tx, "1-a", 2, &[cent(3), bot.clone(), tool.clone()])).unwrap();
    }
    for budget in &all {
        let of_all = matches!(budget.scope.subject, BudgetSubject::Organization(_) | BudgetSubject::Project(_));
        let requests = if of_all { 4 } else { 3 };
        assert_eq!(used(&db, budget, later(4)).await, figure(budget, requests), "{budget:?}: each once");
    }
    // A change keeps what is counted, and so does the next period.
    let changed = set(&db, "key_a", "tokens/day", 7, later(5)).await;
    assert!(changed.version > all[4].version && changed.most != all[4].most);
    assert_eq!(used(&db, &changed, later(5)).await, figure(&changed, 3));
    assert_eq!(used(&db, &changed, later(2 * 86_400)).await, Amount::ZERO);
    // Removed and set again, it begins with the sums of usage.
    assert_eq!(change!(db, |tx| budgets::delete(tx, &changed.scope, later(6))), Ok(true));
    assert_eq!(used(&db, &changed, later(6)).await, Amount::ZERO);
    change!(db, |tx| usage::record(tx, "1-a", 5, &[cent(7)])).unwrap();
    let again = set(&db, "key_a", "tokens/day", 9, later(8)).await;
    assert_eq!(used(&db, &again, later(8)).await, figure(&again, 4));
    // Figures as pages and the API show them.
    let figures = look!(db, |tx| budget_figures::find(tx, std::slice::from_ref(&again), later(8))).unwrap();
    let seen = BudgetFigures { limit: Some(again.most), spent: figure(&again, 4), set_aside: Amount::ZERO };
    assert_eq!(figures, [seen]);
    assert_eq!(look!(db, |tx| budgets::count(tx, &id("org-one"), later(8))), Ok(6));
    let of_ann = look!(db, |tx| budgets::list_of_person(tx, &id("user-ann"))).unwrap();
    assert_eq!(of_ann.iter().map(|row| row.budget.id.as_str()).collect::<Vec<_>>(), [all[3].id.as_str()]);
    assert!(look!(db, |tx| budgets::list_of_person(tx, &id("user-an"))).unwrap().is_empty());
    // What a budget that is not there would begin with, and what one has counted.
    let utc = &keystead_core::budget::BudgetZone::UTC;
    for (subject, terms, cents) in
        [("key_a", "money/day", 4), ("org-one", "money/month", 5), ("proj_x1", "money/day", 5)]
    {
        let (one, scope) = (id("org-one"), scope(subject, terms));
        let so_far = look!(db, |tx| budgets::used_so_far(tx, &one, &scope, utc, later(8)));
        assert_eq!(so_far, Ok(Amount::of_cents(cents)), "{subject} {terms}");
    }
}

/// Lists, look-ups by id, and what another organization sees.
pub(crate) async fn listed(db: Database) {
    seed(&db).await;
    let day = set(&db, "key_a", "money/day", 5, NOW).await;
    let hour = set(&db, "key_a", "tokens/hour", 5, later(1)).await;
    let (one, two) = (id("org-one"), id("org-two"));
    let page = look!(db, |tx| budgets::list(tx, &one, &first(1))).unwrap();
    assert_eq!((page.data.len(), page.has_more), (1, true));
    let row = BudgetRow { organization: id("org-one"), budget: day.clone(), created_at: NOW };
    assert_eq!(page.data, std::slice::from_ref(&row));
    assert_eq!(look!(db, |tx| budgets::find_by_id(tx, &one, &day.id)), Ok(Some(row)));
    assert_eq!(look!(db, |tx| budgets::find_by_id(tx, &two, &day.id)), Ok(None));
    assert!(look!(db, |tx| budgets::list(tx, &two, &first(9))).unwrap().data.is_empty());
    let subjects: Vec<BudgetSubject> = vec!["key_a".parse().unwrap(), "org-one".parse().unwrap()];
    let found = look!(db, |tx| budgets::list_of(tx, &subjects)).unwrap();
    let order: Vec<_> = found.iter().map(|row| &row.budget.id).collect();
    assert_eq!(order, [&hour.id, &day.id], "the shortest period first");
    assert_eq!(look!(db, |tx| budgets::list_of(tx, &[])), Ok(vec![]));
    // A cursor whose budget was removed still works.
    change!(db, |tx| budgets::delete(tx, &day.scope, later(2))).unwrap();
    let after = Page { after: Some(day.id.to_string()), ..first(9) };
    let page = look!(db, |tx| budgets::list(tx, &one, &after)).unwrap();
    assert_eq!(page.data.iter().map(|row| &row.budget.id).collect::<Vec<_>>(), [&hour.id]);
    change!(db, |tx| removed_rows::delete_old(tx, later(10))).unwrap();
}

/// A key that replaces another one has as little left.
pub(crate) async fn rotated_keys_carry_them_over(db: Database) {
    seed(&db).await;
    change!(db, |tx| usage::record(tx, "1-a", 0, &[cent(0), cent(1)])).unwrap();
    let old = set_in(&db, "Asia/Tokyo", "key_a", "requests/day", 9, later(2)).await;
    let draw = || id::<BudgetId>("budget_new");
    change!(db, |tx| budgets::carry_over(tx, &key_id("a"), &key_id("heir"), later(3), draw)).unwrap();
    let found = look!(db, |tx| budgets::list_of(tx, &["key_heir".parse().unwrap()])).unwrap();
    let new = &found[0].budget;
    assert_eq!((found.len(), &new.zone, new.most), (1, &old.zone, old.most));
    assert_eq!(used(&db, new, later(3)).await, old.scope.terms.measure.amount(2));
}

/// A caller carries what applies to it, in the order in which it refuses.
pub(crate) async fn callers_carry_them(db: Database) {
    seed(&db).await;
    for (subject, terms) in [
        ("org-one", "money/month"),
        ("org-one", "requests/hour"),
        ("proj_x1", "money/day"),
        ("proj_d1", "money/day"),
        ("org-one/user-ann", "tokens/day"),
        ("org-one/user-ben", "tokens/day"),
        ("key_a", "tokens/hour"),
        ("key_b", "tokens/hour"),
    ] {
        set(&db, subject, terms, 5, NOW).await;
    }
    change!(db, |tx| budgets::set_credit(tx, &id("org-one"), Amount::of_cents(9), NOW)).unwrap();
    let key = key(KeyKind::Project, "a", Some(("one", Some("x1"))), person("ann"));
    let digest = key.digest;
    change!(db, |tx| api_keys::insert(tx, &key)).unwrap();
    let caller = look!(db, |tx| directory::find_caller(tx, &digest)).unwrap().unwrap();
    let reached = &caller.organizations[0];
    let names = |budgets: &[Budget]| -> Vec<String> {
        budgets.iter().map(|budget| format!("{} {}", budget.scope.subject, budget.scope.terms)).collect()
    };
    assert_eq!(names(&reached.budgets), ["org-one credit", "org-one requests/hour", "org-one money/month"]);
    assert_eq!(names(&reached.projects[0].budgets), ["proj_x1 money/day"]);
    assert_eq!(names(&reached.caller_budgets), ["org-one/user-ann tokens/day", "key_a tokens/hour"]);
    // The budget of a key that has ended stays and leaves its place to another one.
    let count = async || look!(db, |tx| budgets::count(tx, &id("org-one"), later(9))).unwrap();
    assert_eq!(count().await, 9);
    assert_eq!(change!(db, |tx| api_keys::revoke(tx, &key.id, "user:user-ann", "deleted", later(8))), Ok(true));
    assert_eq!(count().await, 8);
}

/// Prepaid credit pays for what is counted since it was set, also for what was admitted before.
pub(crate) async fn credit(db: Database) {
    seed(&db).await;
    change!(db, |tx| usage::record(tx, "1-a", 0, &[cent(0)])).unwrap();
    let organization = id("org-one");
    let credit = change!(db, |tx| budgets::set_credit(tx, &organization, Amount::of_cents(50), later(10))).unwrap();
    assert_eq!(used(&db, &credit, later(10)).await, Amount::ZERO);
    let before = Charge { admitted_at: later(9), payers: Payers::NONE };
    let events = [UsageEvent { charge: Some(before), ..cent(11) }, cent(12)];
    change!(db, |tx| usage::record(tx, "1-a", 1, &events)).unwrap();
    assert_eq!(used(&db, &credit, later(12)).await, Amount::of_cents(2));
    let more = change!(db, |tx| budgets::set_credit(tx, &organization, Amount::of_cents(80), later(13))).unwrap();
    assert_eq!((more.id.clone(), used(&db, &more, later(13)).await), (credit.id.clone(), Amount::of_cents(2)));
    assert!(more.version > credit.version);
    // It does not end, and old periods are deleted without it.
    change!(db, |tx| spend_counters::delete_old(tx, later(1_000_000))).unwrap();
    assert_eq!(used(&db, &more, later(1_000_001)).await, Amount::of_cents(2));
    assert_eq!(change!(db, |tx| budgets::remove_credit(tx, &organization, later(14))), Ok(true));
    assert_eq!(change!(db, |tx| budgets::remove_credit(tx, &organization, later(14))), Ok(false));
    let again = change!(db, |tx| budgets::set_credit(tx, &organization, Amount::of_cents(5), later(15))).unwrap();
    assert_eq!(used(&db, &again, later(15)).await, Amount::ZERO, "it begins again");
}

/// Days of another time zone, over the change of its clocks.
pub(crate) async fn days_of_a_time_zone(db: Database) {
    seed(&db).await;
    let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_second());
    let seconds = |moment: Timestamp| moment.since(NOW);
    // The day has 25 hours in Warsaw: from 22:00 to 23:00 of the next day in UTC.
    let (start, end) = (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"));
    let moments = [start.plus(-60), start, start.plus(12 * 3_600), end.plus(-60)];
    let events: Vec<UsageEvent> = moments.map(|moment| cent(seconds(moment))).into();
    change!(db, |tx| usage::record(tx, "1-a", 0, &events)).unwrap();
    let budget = set_in(&db, "Europe/Warsaw", "key_a", "requests/day", 9, end.plus(-30)).await;
    assert_eq!(budget.window(start), budget.window(end.plus(-1)));
    assert_eq!(used(&db, &budget, start).await, budget.scope.terms.measure.amount(3), "made in the middle of a day");
    let next = [cent(seconds(end.plus(-1))), cent(seconds(end))];
    change!(db, |tx| usage::record(tx, "1-a", 4, &next)).unwrap();
    assert_eq!(used(&db, &budget, start).await, budget.scope.terms.measure.amount(4));
    assert_eq!(used(&db, &budget, end).await, budget.scope.terms.measure.amount(1));
    // A change keeps the time zone.
    let same = set_in(&db, "Asia/Tokyo", "key_a", "requests/day", 10, end).await;
    assert_eq!(same.zone, budget.zone);
}

/// A node that was killed holds what it had committed, and after the end of its lease no more than that.
pub(crate) async fn a_lease_ends(db: Database) {
    seed(&db).await;
    let budget = set(&db, "key_a", "requests/day", 40, NOW).await;
    let requests = |figure: i64| budget.scope.terms.measure.amount(figure);
    let renew_by =
        async |holder: &str, (committed, least, want): (i64, i64, i64), at: Timestamp, ended_by: Timestamp| {
            let ask = LeaseAsk {
                scope: budget.scope.clone(),
                window: budget.window(at),
                holder: holder.into(),
                number: 0,
                committed: requests(committed),
                keep: Amount::ZERO,
                least: requests(least),
                want: requests(want),
                ends_at: at.plus(LEASE_SECONDS),
                ended_by,
            };
            change!(db, |tx| async {
                let stored = spend_leases::stored(tx, &ask, at).await?.unwrap();
                let (decision, answer) = decide(&ask, &stored, at);
                spend_leases::save(tx, &ask, &decision, at).await?;
                Ok(answer)
            })
            .unwrap()
        };
    let renew = async |holder: &str, figures: (i64, i64, i64), at: Timestamp| renew_by(holder, figures, at, at).await;
    // One is needed and five are granted; two of them are committed when the node was last heard of.
    assert_eq!(renew("dead", (0, 1, 64), NOW).await.granted, requests(5));
    renew("dead", (2, 0, 3), later(1)).await;
    let charge =
        Charge { admitted_at: NOW, payers: Payers::NONE.with(budget.scope.subject.kind(), budget.scope.terms) };
    let paid = UsageEvent { charge: Some(charge), ..cent(1) };
    change!(db, |tx| usage::record(tx, "1-dead", 0, std::slice::from_ref(&paid))).unwrap();
    // While the lease lasts, all of it is held: one is counted, four are held, and 35 are left.
    assert!(!renew("b", (0, 36, 36), later(20)).await.met);
    assert!(renew("b", (0, 35, 35), later(20)).await.met);
    renew("b", (0, 0, 0), later(20)).await;
    assert_eq!(look!(db, |tx| spend_leases::list_ended(tx, later(LEASE_SECONDS))), Ok(vec![]));
    // Afterwards only what was committed is held and not counted: one.
    let late = later(LEASE_SECONDS + 1);
    assert!(!renew_by("b", (0, 36, 36), late, later(20)).await.met, "the store was away, and nobody could renew");
    assert!(!renew("b", (0, 39, 39), late).await.met);
    assert!(renew("b", (0, 38, 38), late).await.met);
    renew("b", (0, 0, 0), late).await;
    let ended = look!(db, |tx| spend_leases::list_ended(tx, late)).unwrap();
    assert_eq!((ended.len(), &*ended[0].holder, ended[0].held), (1, "dead", requests(1)));
    assert_eq!((&ended[0].scope, ended[0].renewed_at), (&budget.scope, later(1)));
    let figures = look!(db, |tx| budget_figures::find(tx, std::slice::from_ref(&budget), late)).unwrap();
    assert_eq!((figures[0].spent, figures[0].set_aside), (requests(1), requests(1)));
    // The operator releases it; what is counted after all is added.
    assert_eq!(change!(db, |tx| spend_leases::release_ended(tx, "b", late)), Ok(0));
    assert_eq!(change!(db, |tx| spend_leases::release_ended(tx, "dead", late)), Ok(1));
    assert!(renew("b", (0, 39, 39), late).await.met);
    change!(db, |tx| usage::record(tx, "1-dead", 1, std::slice::from_ref(&paid))).unwrap();
    assert_eq!(used(&db, &budget, late).await, requests(2));

    // What outlives its request is held in every measure, in the period of its admission.
    let hold = PendingHold { holder: "b".to_owned(), amount: Amount::of_cents(3), tokens: 50, requests: 7, charge };
    let pending = Pending {
        id: "resp_1".to_owned(),
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
        hold: Some(hold),
    };
    renew("b", (0, 0, 0), late).await;
    change!(db, |tx| pending_usage::insert(tx, &pending, NOW)).unwrap();
    let figures = look!(db, |tx| budget_figures::find(tx, std::slice::from_ref(&budget), late)).unwrap();
    assert_eq!(figures[0].set_aside, requests(7));
}
