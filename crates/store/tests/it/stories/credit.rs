//! Credit: accounts, lots, the ledger, and usage as it is counted for it.

use keystead_core::budget::{Charge, Payers, Window};
use keystead_core::id::OrganizationId;
use keystead_core::ledger::{Account, BillingMode, Entry, LowMark, Recharge, Suspension, TransactionKind};
use keystead_core::money::{Amount, Micros};
use keystead_core::purchase::recharge::Pause;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use keystead_store::tables::credit_budgets::{self, CreditBudget};
use keystead_store::tables::credit_lots::{self, CreditLot};
use keystead_store::tables::ledger::{self, LedgerTransaction};
use keystead_store::tables::{
    budget_alerts, budgets, changes, credit_accounts, credit_usage, organizations, recharge_pauses, usage,
};
use keystead_store::{Error, Page};

use super::usage::event;
use crate::world::*;

fn entry(account: &str, micros: i64) -> Entry {
    Entry { account: account.parse().unwrap(), micros: Micros(micros) }
}

fn transaction(name: &str, seconds: i64, entries: &[Entry]) -> LedgerTransaction {
    LedgerTransaction {
        id: id(&format!("ltxn_{name}")),
        organization: id("org-one"),
        kind: TransactionKind::Grant,
        created_at: later(seconds),
        reference: None,
        payment: None,
        lot: None,
        month: None,
        made_by: "ops@example.com".into(),
        reason: "it's 'new'\\ 𝄞".to_owned(),
        entries: entries.to_vec(),
    }
}

pub(crate) async fn accounts_and_lots(db: Database) {
    seed(&db).await;
    let one = id("org-one");
    assert_eq!(look!(db, |tx| credit_accounts::find(tx, &one)), Ok(None));
    let due = look!(db, |tx| credit_accounts::list_to_apply(tx, BillingMode::Prepaid, 10)).unwrap();
    assert!(due.contains(&one), "an organization without an account follows the configuration");
    assert_eq!(look!(db, |tx| credit_accounts::list_to_apply(tx, BillingMode::None, 10)), Ok(vec![]));
    for _ in 0..2 {
        let account = change!(db, |tx| credit_accounts::lock(tx, &one, NOW)).unwrap();
        assert_eq!((account.chosen, account.applied, account.waived), (None, BillingMode::None, Amount::ZERO));
    }
    let listed = async |with_account: bool, limit: u32, after: Option<&str>| {
        let page = Page { after: after.map(str::to_owned), limit, ascending: true };
        let found = look!(db, |tx| credit_accounts::list_organizations(tx, with_account, &page));
        found.map(|found| (found.data.into_iter().map(|(id, _)| id).collect::<Vec<OrganizationId>>(), found.has_more))
    };
    let two: OrganizationId = id("org-two");
    assert_eq!(listed(true, 5, None).await, Ok((vec![one.clone()], false)));
    assert_eq!(listed(false, 1, None).await, Ok((vec![one.clone()], true)));
    assert_eq!(listed(false, 1, Some("org-one")).await, Ok((vec![two.clone()], false)));
    assert_eq!(listed(true, 5, Some("org-two")).await, Ok((vec![], false)), "it has no account, and is a place");
    assert_eq!(listed(true, 5, Some("org-none")).await, Err(Error::Missing));
    let waived = Amount::of_picos(7);
    let modes = (Some(BillingMode::Postpaid), BillingMode::Prepaid);
    change!(db, |tx| credit_accounts::set_mode(tx, &one, modes, waived, NOW)).unwrap();
    assert_eq!(look!(db, |tx| credit_accounts::list_to_apply(tx, BillingMode::None, 10)), Ok(vec![one.clone()]));
    let recharge = Recharge { below: Micros(1), amount: Micros(2), ceiling: Micros(3) };
    change!(db, |tx| credit_accounts::set_recharge(tx, &one, Some(recharge), NOW)).unwrap();
    let low = look!(db, |tx| credit_accounts::list_to_recharge(tx, BillingMode::Prepaid, NOW));
    assert_eq!(low, Ok(vec![]), "it was chosen to pay later");
    let before = look!(db, |tx| changes::latest(tx)).unwrap();
    let why = (Suspension::Operator, "unpaid");
    change!(db, |tx| credit_accounts::set_suspended(tx, &one, Some(why), later(5))).unwrap();
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(before + 1), "gateways read the organization again");
    let account = look!(db, |tx| credit_accounts::find(tx, &one)).unwrap().unwrap();
    assert_eq!((account.chosen, account.applied), modes);
    assert_eq!((account.waived, account.recharge), (waived, Some(recharge)));
    assert_eq!(account.suspended, Some((later(5), Suspension::Operator, "unpaid".to_owned())));
    change!(db, |tx| credit_accounts::set_suspended(tx, &one, None, later(6))).unwrap();
    change!(db, |tx| credit_accounts::set_recharge(tx, &one, None, NOW)).unwrap();
    let account = look!(db, |tx| credit_accounts::find(tx, &one)).unwrap().unwrap();
    assert_eq!((account.suspended, account.recharge, account.low_mark), (None, None, None));
    for passed in [false, true] {
        let mark = Some(LowMark { below: Micros(5), passed });
        change!(db, |tx| credit_accounts::set_low_mark(tx, &one, mark, NOW)).unwrap();
        assert_eq!(look!(db, |tx| credit_accounts::find(tx, &one)).unwrap().unwrap().low_mark, mark);
    }
    change!(db, |tx| credit_accounts::set_low_mark(tx, &one, None, NOW)).unwrap();
    assert_eq!(look!(db, |tx| credit_accounts::find(tx, &one)).unwrap().unwrap().low_mark, None);

    let lot = |name: &str, expires: Option<i64>| CreditLot {
        id: id(&format!("credit_{name}")),
        organization: id("org-one"),
        kind: TransactionKind::Grant,
        micros: Micros(5),
        priority: 3,
        expires_at: expires.map(later),
        created_at: NOW,
        closed_at: None,
    };
    for lot in [lot("a", Some(10)), lot("b", None), lot("c", Some(20))] {
        change!(db, |tx| credit_lots::insert(tx, &lot)).unwrap();
    }
    let listed = look!(db, |tx| credit_lots::list(tx, &one)).unwrap();
    assert_eq!(listed, [lot("a", Some(10)), lot("b", None), lot("c", Some(20))]);
    assert_eq!(look!(db, |tx| credit_lots::list_due(tx, later(9), 10)), Ok(vec![]));
    assert_eq!(look!(db, |tx| credit_lots::list_due(tx, later(10), 10)), Ok(vec![one.clone()]));
    change!(db, |tx| credit_lots::close(tx, &id("credit_a"), later(11))).unwrap();
    change!(db, |tx| credit_lots::close(tx, &id("credit_a"), later(99))).unwrap();
    assert_eq!(look!(db, |tx| credit_lots::list_due(tx, later(11), 10)), Ok(vec![]));
    let closed = look!(db, |tx| credit_lots::list(tx, &one)).unwrap();
    assert_eq!(closed[0].closed_at, Some(later(11)));
    assert_eq!(look!(db, |tx| credit_lots::list(tx, &id("org-two"))), Ok(vec![]));

    // The budget by which requests are refused.
    assert_eq!(look!(db, |tx| credit_budgets::find(tx, &one)).unwrap().left(), None);
    change!(db, |tx| async {
        assert_eq!(credit_budgets::lock(tx, &one).await?.most, None);
        budgets::set_credit(tx, &one, Amount::of_cents(30), NOW).await
    })
    .unwrap();
    let used = [UsageEvent { cost: Amount::of_cents(10), ..event(5, "m") }];
    change!(db, |tx| usage::record(tx, "1-a", 0, &used)).unwrap();
    let budget = look!(db, |tx| credit_budgets::find(tx, &one)).unwrap();
    assert_eq!((budget.spent, budget.left()), (Amount::of_cents(10), Some(Amount::of_cents(20))));
}

/// The end of credit is noted once until there is credit again, by what takes the rest: the ledger or usage.
pub(crate) async fn credit_ends(db: Database) {
    seed(&db).await;
    let (one, cents) = (id("org-one"), Amount::of_cents);
    let ended = async |seconds: i64| {
        let ended = change!(db, |tx| budget_alerts::claim_reached(tx, later(seconds), 9)).unwrap();
        ended.into_iter().map(|end| (end.most, end.used, end.at)).collect::<Vec<_>>()
    };
    let mut position = 0;
    let mut record = async |seconds: i64, figure: i64| {
        let used = [UsageEvent { cost: cents(figure), ..event(seconds, "m") }];
        change!(db, |tx| usage::record(tx, "1-a", position, &used)).unwrap();
        position += 1;
    };
    change!(db, |tx| budgets::set_credit(tx, &one, cents(30), NOW)).unwrap();
    record(1, 10).await;
    assert!(ended(1).await.is_empty());
    change!(db, |tx| budgets::set_credit(tx, &one, cents(10), later(2))).unwrap();
    let set = CreditBudget { most: Some(cents(10)), spent: cents(10) };
    change!(db, |tx| credit_budgets::note_exhausted(tx, &one, set, later(2))).unwrap();
    assert!(look!(db, |tx| budget_alerts::has_reached(tx)).unwrap());
    assert_eq!(ended(2).await, [(cents(10), cents(10), later(2))]);
    change!(db, |tx| credit_budgets::note_exhausted(tx, &one, set, later(3))).unwrap();
    record(3, 1).await;
    // More than before, and still less than what is used.
    change!(db, |tx| budgets::set_credit(tx, &one, cents(11), later(4))).unwrap();
    record(4, 1).await;
    assert!(ended(4).await.is_empty(), "it ended before");
    change!(db, |tx| budgets::set_credit(tx, &one, cents(14), later(5))).unwrap();
    change!(db, |tx| credit_budgets::reopen(tx, &one)).unwrap();
    record(5, 1).await;
    assert!(ended(5).await.is_empty());
    record(6, 3).await;
    record(7, 1).await;
    change!(db, |tx| credit_budgets::reopen(tx, &one)).unwrap();
    assert_eq!(ended(8).await, [(cents(14), cents(16), later(6))], "it is announced though there is credit again");
    assert!(ended(9).await.is_empty());
}

/// Of many organizations, only those are read for which credit may have to be bought.
pub(crate) async fn only_low_credit_is_recharged(db: Database) {
    seed(&db).await;
    let recharge = Recharge { below: Micros(100), amount: Micros(200), ceiling: Micros(300) };
    let of = |place: i64| id::<OrganizationId>(&format!("org-n{place:02}"));
    // Each has ten micros more than the one before it, and every fifth buys nothing by itself.
    for place in 0..40_i64 {
        let (name, one) = (format!("n{place:02}"), of(place));
        let set = (place % 5 != 4).then_some(recharge);
        change!(db, |tx| async {
            organizations::insert(tx, &organization(&name)).await?;
            credit_accounts::lock(tx, &one, NOW).await?;
            credit_accounts::set_recharge(tx, &one, set, NOW).await?;
            budgets::set_credit(tx, &one, Micros(place * 10).into(), NOW).await
        })
        .unwrap();
    }
    let month = Window::month(NOW).start;
    let low = async |configured: BillingMode| {
        look!(db, |tx| credit_accounts::list_to_recharge(tx, configured, month)).unwrap()
    };
    let expected = |places: &[i64]| places.iter().map(|place| of(*place)).collect::<Vec<_>>();
    assert_eq!(low(BillingMode::Prepaid).await, expected(&[0, 1, 2, 3, 5, 6, 7, 8, 10]));
    assert!(low(BillingMode::Postpaid).await.is_empty());

    let why = (Suspension::Operator, "unpaid");
    change!(db, |tx| credit_accounts::set_suspended(tx, &of(0), Some(why), NOW)).unwrap();
    let later_mode = (Some(BillingMode::Postpaid), BillingMode::Postpaid);
    change!(db, |tx| credit_accounts::set_mode(tx, &of(1), later_mode, Amount::ZERO, NOW)).unwrap();
    let before = month.plus(-1);
    for (place, pause, at) in [
        (2, Pause::Declined, before),
        (3, Pause::Ceiling, NOW),
        (5, Pause::Ceiling, before),
        (6, Pause::Bounds, before),
    ] {
        change!(db, |tx| recharge_pauses::insert(tx, &of(place), pause, at)).unwrap();
    }
    assert_eq!(low(BillingMode::Prepaid).await, expected(&[5, 6, 7, 8, 10]), "a ceiling ends with its month");
    // The statement names the pauses that end with their month.
    for pause in Pause::ALL {
        change!(db, |tx| recharge_pauses::insert(tx, &of(7), pause, before)).unwrap();
        assert_eq!(low(BillingMode::Prepaid).await.contains(&of(7)), pause.ends_with_month(), "{pause:?}");
        change!(db, |tx| recharge_pauses::delete(tx, &of(7))).unwrap();
    }

    // What is used counts, and without a budget of credit the ledger must be read.
    let (one, two) = (id::<OrganizationId>("org-one"), id::<OrganizationId>("org-two"));
    for organization in [&one, &two] {
        change!(db, |tx| async {
            credit_accounts::lock(tx, organization, NOW).await?;
            credit_accounts::set_recharge(tx, organization, Some(recharge), NOW).await
        })
        .unwrap();
    }
    change!(db, |tx| budgets::set_credit(tx, &one, Micros(200).into(), NOW)).unwrap();
    assert_eq!(low(BillingMode::Prepaid).await.last(), Some(&two));
    assert_eq!(low(BillingMode::Prepaid).await.len(), 6);
    let used = [UsageEvent { cost: Micros(150).into(), ..event(5, "m") }];
    change!(db, |tx| usage::record(tx, "1-a", 0, &used)).unwrap();
    assert!(low(BillingMode::Prepaid).await.contains(&one));
}

pub(crate) async fn transactions_sum_to_zero(db: Database) {
    seed(&db).await;
    let one = id("org-one");
    let grant = [entry("credit:credit_a", 100), entry("granted", -100)];
    for wrong in [&grant[..1], &[entry("usage", 1), entry("unbilled", -2)][..], &[][..]] {
        let refused = change!(db, |tx| ledger::insert(tx, &transaction("wrong", 0, wrong)));
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    assert_eq!(look!(db, |tx| ledger::list(tx, &one, &first(10))).unwrap().data, []);
    let a = LedgerTransaction {
        reference: Some("purchase/auto/pi_1".to_owned()),
        payment: Some("pi_1".to_owned()),
        kind: TransactionKind::Purchase,
        lot: Some(id("credit_a")),
        ..transaction("a", 0, &[entry("credit:credit_a", 100), entry("payments", -100)])
    };
    let b = LedgerTransaction {
        kind: TransactionKind::Usage,
        month: Some(Window::month(NOW).start),
        ..transaction("b", 10, &[entry("credit:credit_a", -30), entry("receivable", -10), entry("usage", 40)])
    };
    assert_eq!(change!(db, |tx| ledger::insert(tx, &a)), Ok(true));
    assert_eq!(change!(db, |tx| ledger::insert(tx, &b)), Ok(true));
    // The same reference is posted once, also under another id.
    let again = LedgerTransaction { id: id("ltxn_again"), ..a.clone() };
    assert_eq!(change!(db, |tx| ledger::insert(tx, &again)), Ok(false));
    let sorted = |mut row: LedgerTransaction| {
        row.entries.sort_by(|x, y| x.account.cmp(&y.account));
        row
    };
    let (a, b) = (sorted(a), sorted(b));
    assert_eq!(look!(db, |tx| ledger::find_by_reference(tx, "purchase/auto/pi_1")), Ok(Some(a.clone())));
    assert_eq!(look!(db, |tx| ledger::find_by_reference(tx, "purchase/auto/pi_2")), Ok(None));
    assert_eq!(look!(db, |tx| ledger::list_of_payment(tx, "pi_1")), Ok(vec![a.clone()]));
    assert_eq!(look!(db, |tx| ledger::list_of_payment(tx, "pi_2")), Ok(vec![]));
    let page = look!(db, |tx| ledger::list(tx, &one, &first(1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![a], true));
    let next = look!(db, |tx| ledger::list(tx, &one, &after("ltxn_a", 5))).unwrap();
    assert_eq!((next.data, next.has_more), (vec![b], false));
    assert_eq!(look!(db, |tx| ledger::list(tx, &id("org-two"), &first(5))).unwrap().data, []);
    assert_eq!(look!(db, |tx| ledger::list(tx, &id("org-two"), &after("ltxn_a", 5))).err(), Some(Error::Missing));
    let sums = look!(db, |tx| ledger::sums(tx, &one)).unwrap();
    assert_eq!(sums.get(&Account::Credit(id("credit_a"))), Some(&Micros(70)));
    assert_eq!(sums.values().map(|sum| sum.0).sum::<i64>(), 0);
    let posted = look!(db, |tx| ledger::list_posted(tx));
    assert_eq!(posted, Ok(vec![(one.clone(), Window::month(NOW).start, Micros(40))]));
    assert_eq!(look!(db, |tx| ledger::find_unbalanced(tx)), Ok(None));
    // A change outside Keystead is found. Memory cannot be changed from outside.
    if db.url != "sqlite::memory:" {
        db.tamper("UPDATE ledger_entries SET micros = 41 WHERE transaction_id = 'ltxn_b' AND account = 'usage'").await;
        let found = look!(db, |tx| ledger::find_unbalanced(tx));
        assert_eq!(found, Ok(Some((id("ltxn_b"), one, Micros(1)))));
    }
}

pub(crate) async fn usage_is_counted_by_month(db: Database) {
    seed(&db).await;
    let one = id("org-one");
    let month = Window::month(NOW);
    let picos = |picos| Amount::of_picos(picos);
    let paid = |at: Timestamp, admitted_at: Timestamp, cost| UsageEvent {
        at,
        cost,
        charge: Some(Charge { admitted_at, payers: Payers::NONE }),
        ..event(0, "m")
    };
    let next = month.end.plus(3);
    let events =
        [paid(NOW, NOW, picos(1_500_001)), paid(next, NOW, picos(2_000_000)), paid(next, next, picos(500_000))];
    for _ in 0..2 {
        change!(db, |tx| usage::record(tx, "1-a", 0, &events)).unwrap();
    }
    let rows = change!(db, |tx| credit_usage::lock(tx, &one)).unwrap();
    assert_eq!(look!(db, |tx| credit_usage::list(tx, &one)), Ok(rows.clone()));
    assert_eq!(look!(db, |tx| credit_usage::list_all(tx)), Ok(rows.clone()));
    let figures: Vec<_> = rows.iter().map(|row| (row.month, row.counted, row.admitted, row.posted)).collect();
    let expected = [
        (month.start, picos(1_500_001), picos(3_500_001), Micros(0)),
        (month.end, picos(2_500_000), picos(500_000), Micros(0)),
    ];
    assert_eq!(figures, expected);
    let days = look!(db, |tx| credit_usage::list_of_days(tx)).unwrap();
    let counted = [(one.clone(), month.start, picos(1_500_001)), (one.clone(), month.end, picos(2_500_000))];
    assert_eq!(days, counted);
    let counters = look!(db, |tx| credit_usage::list_counters(tx)).unwrap();
    let admitted = [(one.clone(), month.start, picos(3_500_001)), (one.clone(), month.end, picos(500_000))];
    assert_eq!(counters, admitted);
    assert_eq!(look!(db, |tx| credit_usage::list_unposted(tx, 10)), Ok(vec![one.clone()]));
    change!(db, |tx| credit_usage::set_posted(tx, &one, month.start, Micros(1))).unwrap();
    change!(db, |tx| credit_usage::set_posted(tx, &one, month.end, Micros(2))).unwrap();
    assert_eq!(look!(db, |tx| credit_usage::list_unposted(tx, 10)), Ok(vec![]), "less than a micro waits");
    let day = Timestamp(NOW.0 - NOW.0.rem_euclid(86_400));
    let found = look!(db, |tx| usage::list_of_organizations(tx, "m", (day, day.plus(86_400)))).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].0, found[0].1.cost, found[0].1.used.requests), (&one, picos(1_500_001), 1));
    assert_eq!(look!(db, |tx| usage::list_of_organizations(tx, "other", (day, day.plus(86_400)))), Ok(vec![]));
}
