//! Figures of spend for pages: what is leased and not counted is set aside, and each alert says what became of it in the
//! month.

use keystead_core::budget::{BudgetFigures, BudgetScope, BudgetSubject, Charge, Decision, LeaseAsk, Payers, Window};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use keystead_store::tables::spend_alerts::{self, SpendAlert};
use keystead_store::tables::spend_figures::{self, AlertOfMonth};
use keystead_store::tables::{spend_leases, usage};

use super::usage::event;
use crate::world::*;

fn cents(figure: i64) -> Amount {
    Amount::of_cents(figure)
}

fn paid(figure: i64) -> UsageEvent {
    let charge = Charge { admitted_at: NOW, payers: Payers::of_spend_limits(true, false) };
    UsageEvent {
        organization: id("org-one"),
        project: id("proj_x1"),
        cost: cents(figure),
        charge: Some(charge),
        ..event(0, "m")
    }
}

async fn lease(db: &Database, subject: &BudgetSubject, holder: &str, granted: i64) {
    let ask = LeaseAsk {
        scope: BudgetScope::spend_limit(subject.clone()),
        window: Window::month(NOW),
        holder: holder.into(),
        number: 0,
        committed: Amount::ZERO,
        keep: Amount::ZERO,
        least: cents(granted),
        want: cents(granted),
        ends_at: later(600),
        ended_by: NOW,
    };
    let granted = cents(granted);
    let decision = Decision { granted, committed: granted, scarce: (Timestamp(0), Timestamp(0)) };
    change!(db, |tx| async {
        spend_leases::stored(tx, &ask, NOW).await?;
        spend_leases::save(tx, &ask, &decision, NOW).await
    })
    .unwrap();
}

pub(crate) async fn figures(db: Database) {
    seed(&db).await;
    let organization: BudgetSubject = "org-one".parse().unwrap();
    let project: BudgetSubject = "proj_x1".parse().unwrap();
    let both = [project.clone(), organization.clone(), project.clone()];
    assert_eq!(look!(db, |tx| spend_figures::find(tx, &[], NOW)), Ok(vec![]));
    assert_eq!(look!(db, |tx| spend_figures::find(tx, &both, NOW)), Ok(vec![BudgetFigures::default(); 3]));

    super::spend::set_limit(&db, &organization, 100).await;
    lease(&db, &organization, "a", 40).await;
    lease(&db, &organization, "b", 5).await;
    change!(db, |tx| usage::record(tx, "00000001-a", 0, &[paid(30)])).unwrap();
    let own = BudgetFigures { limit: None, spent: cents(30), set_aside: Amount::ZERO };
    let whole = BudgetFigures { limit: Some(cents(100)), spent: cents(30), set_aside: cents(15) };
    assert_eq!(look!(db, |tx| spend_figures::find(tx, &both, NOW)), Ok(vec![own, whole, own]));
    // More was counted than was leased: nothing of that lease is set aside.
    change!(db, |tx| usage::record(tx, "00000001-b", 0, &[paid(7)])).unwrap();
    let whole = BudgetFigures { spent: cents(37), set_aside: cents(10), ..whole };
    assert_eq!(look!(db, |tx| spend_figures::find(tx, &both[1..2], NOW)), Ok(vec![whole]));
    // The next month begins with the limit alone.
    let next = Window::month(NOW).end;
    let fresh = BudgetFigures { limit: Some(cents(100)), ..BudgetFigures::default() };
    assert_eq!(look!(db, |tx| spend_figures::find(tx, &both[1..2], next)), Ok(vec![fresh]));
}

pub(crate) async fn alerts_of_month(db: Database) {
    seed(&db).await;
    let subject: BudgetSubject = "org-one".parse().unwrap();
    let month = Window::month(NOW).start;
    for (name, figure, passed) in [("a", 10, None), ("b", 90, None), ("c", 1, Some(month))] {
        let alert = SpendAlert {
            id: id(&format!("alert_{name}")),
            organization: id("org-one"),
            subject: subject.clone(),
            cents: figure,
            recipients: vec!["ann@example.com".to_owned()],
            subject_prefix: None,
            created_at: NOW,
        };
        change!(db, |tx| spend_alerts::insert(tx, &alert, passed)).unwrap();
    }
    let passed = AlertOfMonth { id: id("alert_c"), reached: None, mailed_at: None };
    assert_eq!(look!(db, |tx| spend_figures::alerts_of_month(tx, &subject, NOW)), Ok(vec![passed.clone()]));
    change!(db, |tx| usage::record(tx, "1-a", 0, &[paid(12)])).unwrap();
    let reached =
        |mailed_at| AlertOfMonth { id: id("alert_a"), reached: Some((event(0, "m").at, cents(12))), mailed_at };
    let seen = look!(db, |tx| spend_figures::alerts_of_month(tx, &subject, NOW));
    assert_eq!(seen, Ok(vec![reached(None), passed.clone()]));
    change!(db, |tx| spend_alerts::claim_reached(tx, later(5), 10)).unwrap();
    let seen = look!(db, |tx| spend_figures::alerts_of_month(tx, &subject, NOW));
    assert_eq!(seen, Ok(vec![reached(Some(later(5))), passed]));
    let other: BudgetSubject = "proj_x1".parse().unwrap();
    assert_eq!(look!(db, |tx| spend_figures::alerts_of_month(tx, &other, NOW)), Ok(vec![]));
    assert_eq!(look!(db, |tx| spend_figures::alerts_of_month(tx, &subject, Window::month(NOW).end)), Ok(vec![]));
}
