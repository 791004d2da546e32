//! Alerts about budgets: each is reached once in a period, on several nodes and with batches that arrive twice.

use std::collections::{BTreeMap, BTreeSet};

use keystead_core::budget::{Budget, BudgetScope, Threshold, Window};
use keystead_core::id::{BudgetId, OrganizationId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent};
use keystead_store::tables::budget_alerts::{self, BudgetAlert};
use keystead_store::tables::budgets::{self, NewBudget};
use keystead_store::tables::spend_alerts::{self, SpendAlert};
use keystead_store::tables::usage;

use super::usage::event;
use crate::world::*;

async fn set(db: &Database, subject: &str, terms: &str, figure: i64) -> Budget {
    let scope = BudgetScope { subject: subject.parse().unwrap(), terms: terms.parse().unwrap() };
    let organization: OrganizationId = id("org-one");
    let name = format!("budget_{}-{}", subject.replace('/', "_"), terms.replace('/', "-"));
    let new = || NewBudget {
        id: id::<BudgetId>(&name),
        organization: &organization,
        scope: &scope,
        zone: "UTC".parse().unwrap(),
        most: scope.terms.measure.amount(figure),
    };
    change!(db, |tx| budgets::set(tx, new(), NOW)).unwrap().budget
}

fn alert(budget: &Budget, name: &str, threshold: Threshold) -> BudgetAlert {
    BudgetAlert {
        id: id(&format!("budgetalert_{name}")),
        organization: id("org-one"),
        budget: budget.id.clone(),
        threshold,
        recipients: vec!["ann@example.com".to_owned(), "joann@example.com".to_owned()],
        owners: true,
        webhooks: Some(vec![id("webhook_a")]),
        created_at: NOW,
        last_reached: None,
    }
}

/// Requests at a moment, each for a cent.
fn requests(seconds: i64, count: i64) -> UsageEvent {
    let used = Quantities { requests: count, ..Quantities::default() };
    UsageEvent { used, cost: Amount::of_cents(count), ..event(seconds, "m") }
}

async fn record(db: &Database, segment: &str, position: i64, events: &[UsageEvent]) {
    change!(db, |tx| usage::record(tx, segment, position, events)).unwrap();
}

/// What is reached and not handled: the alert, or the budget of which all is used; the period and the use.
async fn claimed(db: &Database, at: Timestamp) -> Vec<(String, i64, Amount)> {
    let due = look!(db, |tx| budget_alerts::has_reached(tx)).unwrap();
    let found = change!(db, |tx| budget_alerts::claim_reached(tx, at, 99)).unwrap();
    assert_eq!(due, !found.is_empty());
    let name = |alert: Option<BudgetAlert>, budget: &BudgetId| {
        alert.map_or_else(|| budget.to_string(), |one| one.id.to_string())
    };
    let mut all: Vec<_> = found.into_iter().map(|one| (name(one.alert, &one.budget), one.window.0, one.used)).collect();
    all.sort();
    all
}

pub(crate) async fn alerts_of_budgets(db: Database) {
    seed(&db).await;
    let (one, two): (OrganizationId, OrganizationId) = (id("org-one"), id("org-two"));
    let budget = set(&db, "org-one", "requests/day", 100).await;
    let share = alert(&budget, "share", Threshold::Share(80));
    let amount = BudgetAlert {
        created_at: later(1),
        webhooks: None,
        ..alert(&budget, "sum", Threshold::Amount(budget.scope.terms.measure.amount(50)))
    };
    for row in [&share, &amount] {
        change!(db, |tx| budget_alerts::insert(tx, row, None)).unwrap();
    }
    assert_eq!(look!(db, |tx| budget_alerts::find(tx, &one, &share.id)).unwrap(), Some(share.clone()));
    assert_eq!(look!(db, |tx| budget_alerts::find(tx, &two, &share.id)).unwrap(), None, "of another organization");
    assert_eq!(look!(db, |tx| budget_alerts::count(tx, &budget.id)).unwrap(), 2);
    let page = look!(db, |tx| budget_alerts::list(tx, &one, &first(1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![share.clone()], true));
    let all = look!(db, |tx| budget_alerts::list_of_budget(tx, &budget.id)).unwrap();
    assert_eq!(all, [share.clone(), amount.clone()]);

    let day = budget.window(NOW).start.0;
    record(&db, "1-a", 0, &[requests(0, 49)]).await;
    assert!(claimed(&db, NOW).await.is_empty());
    record(&db, "1-a", 1, &[requests(1, 1)]).await;
    let used = |figure| budget.scope.terms.measure.amount(figure);
    assert_eq!(claimed(&db, NOW).await, [("budgetalert_sum".to_owned(), day, used(50))]);
    record(&db, "1-a", 2, &[requests(2, 60)]).await;
    let all = [(budget.id.to_string(), day, used(110)), ("budgetalert_share".to_owned(), day, used(110))];
    assert_eq!(claimed(&db, NOW).await, all, "the share, and all of it");
    let seen = look!(db, |tx| budget_alerts::find(tx, &one, &share.id)).unwrap().unwrap();
    assert_eq!(seen.last_reached, Some((later(2), used(110))));
    record(&db, "1-a", 3, &[requests(3, 100)]).await;
    assert!(claimed(&db, NOW).await.is_empty(), "once in a period");

    // A raised budget opens shares again, and no amount.
    set(&db, "org-one", "requests/day", 300).await;
    record(&db, "1-a", 4, &[requests(4, 29)]).await;
    assert!(claimed(&db, NOW).await.is_empty());
    record(&db, "1-a", 5, &[requests(5, 1)]).await;
    assert_eq!(claimed(&db, NOW).await, [("budgetalert_share".to_owned(), day, used(240))]);
    set(&db, "org-one", "requests/day", 10).await;
    record(&db, "1-a", 6, &[requests(6, 1)]).await;
    assert!(claimed(&db, NOW).await.is_empty(), "a lowered one does not");

    // Another threshold can be reached in the same period, one that is passed cannot.
    let other = BudgetAlert {
        threshold: Threshold::Amount(used(242)),
        recipients: Vec::new(),
        owners: false,
        ..amount.clone()
    };
    assert!(change!(db, |tx| budget_alerts::update(tx, &other, None)).unwrap());
    record(&db, "1-a", 7, &[requests(7, 1)]).await;
    assert_eq!(claimed(&db, NOW).await, [("budgetalert_sum".to_owned(), day, used(242))]);
    let passed = BudgetAlert { threshold: Threshold::Share(50), ..other.clone() };
    let known = Some((budget.window(NOW).start, used(10)));
    assert!(change!(db, |tx| budget_alerts::update(tx, &passed, known)).unwrap());
    record(&db, "1-a", 8, &[requests(8, 1)]).await;
    assert!(claimed(&db, NOW).await.is_empty());
    let same = BudgetAlert { owners: true, ..passed.clone() };
    assert!(change!(db, |tx| budget_alerts::update(tx, &same, None)).unwrap());
    record(&db, "1-a", 9, &[requests(9, 1)]).await;
    assert!(claimed(&db, NOW).await.is_empty(), "the same threshold stays reached");
    let foreign = BudgetAlert { organization: two, ..same.clone() };
    assert!(!change!(db, |tx| budget_alerts::update(tx, &foreign, None)).unwrap());
    assert!(!change!(db, |tx| budget_alerts::delete(tx, &foreign, NOW)).unwrap());
    assert!(change!(db, |tx| budget_alerts::delete(tx, &same, later(9))).unwrap());
    let rest = look!(db, |tx| budget_alerts::list(tx, &one, &after(same.id.as_str(), 9))).unwrap();
    assert!(rest.data.is_empty(), "a deleted row is still a cursor");

    // Addresses of deleted accounts leave all alerts, and no address that only contains them.
    let spend = SpendAlert {
        id: id("alert_x"),
        organization: one.clone(),
        subject: one.as_str().parse().unwrap(),
        cents: 5,
        recipients: vec!["ann@example.com".to_owned()],
        subject_prefix: None,
        created_at: NOW,
    };
    let kept = SpendAlert { id: id("alert_y"), recipients: share.recipients.clone(), ..spend.clone() };
    for row in [&spend, &kept] {
        change!(db, |tx| spend_alerts::insert(tx, row, None)).unwrap();
    }
    assert_eq!(change!(db, |tx| budget_alerts::forget_recipient(tx, "ann@example.com")).unwrap(), 1);
    let rest = vec!["joann@example.com".to_owned()];
    assert_eq!(look!(db, |tx| budget_alerts::find(tx, &one, &share.id)).unwrap().unwrap().recipients, rest);
    let empty = change!(db, |tx| spend_alerts::forget_recipient(tx, "ann@example.com")).unwrap();
    assert_eq!(empty, [SpendAlert { recipients: Vec::new(), ..spend }]);
    let seen = look!(db, |tx| spend_alerts::find(tx, &kept.subject, &kept.id)).unwrap().unwrap();
    assert_eq!(seen.recipients, rest);

    // The events of the spend of a month have a claim of their own.
    assert!(!look!(db, |tx| spend_alerts::has_unannounced(tx)).unwrap());
    record(&db, "1-a", 10, &[requests(40 * 86_400, 9)]).await;
    assert!(look!(db, |tx| spend_alerts::has_unannounced(tx)).unwrap());
    let announced = change!(db, |tx| spend_alerts::claim_unannounced(tx, NOW, 9)).unwrap();
    assert_eq!(announced.len(), 2);
    assert!(!look!(db, |tx| spend_alerts::has_unannounced(tx)).unwrap());
    assert!(look!(db, |tx| spend_alerts::has_reached(tx)).unwrap(), "its mails still wait");

    // A budget takes its alerts with it.
    assert!(change!(db, |tx| budgets::delete(tx, &budget.scope, NOW)).unwrap());
    assert_eq!(look!(db, |tx| budget_alerts::count(tx, &budget.id)).unwrap(), 0);
}

/// The alerts of an address are those that list it now, in all organizations; no others are changed.
pub(crate) async fn addresses_are_forgotten(db: Database) {
    seed(&db).await;
    let texts = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<String>>();
    let budget = set(&db, "key_a", "requests/day", 100).await;
    let of_budget = |name: &str, recipients: &[&str]| BudgetAlert {
        recipients: texts(recipients),
        ..alert(&budget, name, Threshold::Share(50))
    };
    let of_spend = |name: &str, organization: &str, recipients: &[&str]| SpendAlert {
        id: id(&format!("alert_{name}")),
        organization: id(organization),
        subject: organization.parse().unwrap(),
        cents: 5,
        recipients: texts(recipients),
        subject_prefix: None,
        created_at: NOW,
    };
    let (gone, like, quoted) = ("a_n@example.com", "axn@example.com", "it's \"quoted\"@example.com");
    for row in [of_budget("a", &[gone, like, gone]), of_budget("b", &[like]), of_budget("c", &[gone])] {
        change!(db, |tx| budget_alerts::insert(tx, &row, None)).unwrap();
    }
    for row in [
        of_spend("b", "org-two", &[gone]),
        of_spend("a", "org-one", &[gone]),
        of_spend("c", "org-one", &[like]),
        of_spend("d", "org-one", &[gone]),
    ] {
        change!(db, |tx| spend_alerts::insert(tx, &row, None)).unwrap();
    }
    for row in [of_budget("b", &[quoted, gone]), of_budget("c", &[like])] {
        assert!(change!(db, |tx| budget_alerts::update(tx, &row, None)).unwrap());
    }
    for row in [of_spend("c", "org-one", &[gone, like]), of_spend("d", "org-one", &[like])] {
        change!(db, |tx| spend_alerts::update(tx, &row, None)).unwrap();
    }
    assert_eq!(change!(db, |tx| budget_alerts::forget_recipient(tx, gone)).unwrap(), 2);
    let empty = change!(db, |tx| spend_alerts::forget_recipient(tx, gone)).unwrap();
    assert_eq!(empty, [of_spend("a", "org-one", &[]), of_spend("b", "org-two", &[])]);
    let kept = look!(db, |tx| budget_alerts::list_of_budget(tx, &budget.id)).unwrap();
    assert_eq!(kept, [of_budget("a", &[like]), of_budget("b", &[quoted]), of_budget("c", &[like])]);
    for name in ["c", "d"] {
        let wanted = of_spend(name, "org-one", &[like]);
        assert_eq!(look!(db, |tx| spend_alerts::find(tx, &wanted.subject, &wanted.id)), Ok(Some(wanted.clone())));
    }
    assert_eq!(change!(db, |tx| budget_alerts::forget_recipient(tx, gone)).unwrap(), 0);
    assert!(change!(db, |tx| spend_alerts::forget_recipient(tx, gone)).unwrap().is_empty());

    // Their addresses are deleted with the alerts.
    for row in &empty {
        change!(db, |tx| spend_alerts::delete(tx, row, NOW)).unwrap();
    }
    for name in ["c", "d"] {
        change!(db, |tx| spend_alerts::delete(tx, &of_spend(name, "org-one", &[]), NOW)).unwrap();
    }
    assert!(change!(db, |tx| budgets::delete(tx, &budget.scope, NOW)).unwrap());
    let rows = db.store.dump().await.unwrap();
    for table in ["budget_alert_recipients", "spend_alert_recipients"] {
        assert_eq!(rows[table], [""; 0], "{table}");
    }
}

/// Spend limits are counted also without a budget, and their alerts are reached like those of other budgets.
pub(crate) async fn alerts_of_spend_limits(db: Database) {
    seed(&db).await;
    let month = Window::month(NOW).start.0;
    let limits = [set(&db, "org-one", "money/month", 100).await, set(&db, "proj_x1", "money/month", 200).await];
    for (budget, name) in limits.iter().zip(["a", "b"]) {
        change!(db, |tx| budget_alerts::insert(tx, &alert(budget, name, Threshold::Share(50)), None)).unwrap();
    }
    record(&db, "1-a", 0, &[requests(0, 49)]).await;
    assert!(claimed(&db, NOW).await.is_empty());
    record(&db, "1-a", 1, &[requests(1, 1)]).await;
    assert_eq!(claimed(&db, NOW).await, [("budgetalert_a".to_owned(), month, Amount::of_cents(50))]);
    record(&db, "1-a", 2, &[requests(2, 50)]).await;
    let both = [
        (limits[0].id.to_string(), month, Amount::of_cents(100)),
        ("budgetalert_b".to_owned(), month, Amount::of_cents(100)),
    ];
    assert_eq!(claimed(&db, NOW).await, both, "all of the one, and half of the other");
}

/// A small generator, so that both engines play the same.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % most
    }
}

/// Three nodes count the same subject, batches arrive twice and late, and hours pass: what is claimed is what a plain sum
/// over all events says, each alert once for each hour, and never for an hour before one that was reached already.
pub(crate) async fn alerts_follow_a_model(db: Database) {
    seed(&db).await;
    let budget = set(&db, "key_a", "requests/hour", 60).await;
    let shares = [1, 50, 80, 100];
    for share in shares {
        let row = alert(&budget, &format!("s{share}"), Threshold::Share(share));
        change!(db, |tx| budget_alerts::insert(tx, &row, None)).unwrap();
    }
    let mut draw = Draw(7);
    let (mut now, mut positions) = (0_i64, [0_i64; 3]);
    let mut used: BTreeMap<i64, i64> = BTreeMap::new();
    let mut reached: BTreeMap<String, i64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut claims = 0;
    for _ in 0..300 {
        now += draw.below(400);
        let node = usize::try_from(draw.below(3)).unwrap();
        // Some events are of the hour before.
        let events: Vec<_> = (0..=draw.below(3))
            .map(|_| requests(now - if draw.below(6) == 0 { 3_600 } else { 0 }, 1 + draw.below(9)))
            .collect();
        let segment = format!("1-n{node}");
        for _ in 0..=draw.below(2) {
            record(&db, &segment, positions[node], &events).await;
        }
        positions[node] += i64::try_from(events.len()).unwrap();
        let mut touched = BTreeSet::new();
        for one in &events {
            let hour = budget.window(one.at).start.0;
            *used.entry(hour).or_default() += one.used.requests;
            touched.insert(hour);
        }
        let mut expected = Vec::new();
        for share in shares {
            let name = format!("budgetalert_s{share}");
            let known = reached.get(&name).copied().unwrap_or(-1);
            let latest = touched.iter().rev().find(|hour| **hour > known && used[hour] * 100 >= share * 60);
            if let Some(hour) = latest {
                reached.insert(name.clone(), *hour);
                expected.push((name, *hour));
            }
        }
        let name = budget.id.to_string();
        let known = reached.get(&name).copied().unwrap_or(-1);
        if let Some(hour) = touched.iter().rev().find(|hour| **hour > known && used[hour] >= 60) {
            reached.insert(name.clone(), *hour);
            expected.push((name, *hour));
        }
        expected.sort();
        let found: Vec<_> = claimed(&db, later(now)).await.into_iter().map(|(name, hour, _)| (name, hour)).collect();
        assert_eq!(found, expected);
        for one in found {
            claims += 1;
            assert!(seen.insert(one), "twice for one hour");
        }
    }
    assert!(claims > 50, "{claims}");
}
