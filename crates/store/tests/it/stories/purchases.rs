//! Purchases of credit and the money of them that goes back.

use keystead_core::purchase::recharge::Pause;
use keystead_core::purchase::{PurchaseState, PurchaseWay, ReversalKind, ReversalState};
use keystead_store::Error;
use keystead_store::tables::credit_purchases::{self, Purchase};
use keystead_store::tables::credit_reversals::{self, ReversalRow};
use keystead_store::tables::recharge_pauses;

use crate::world::*;

fn purchase(name: &str, way: PurchaseWay) -> Purchase {
    Purchase {
        id: id(&format!("pur_{name}")),
        organization: id("org-one"),
        user: (way != PurchaseWay::Recharge).then(|| id("user-ann")),
        way,
        provider: "stripe".to_owned(),
        cents: 1_000,
        state: PurchaseState::Created,
        reason: None,
        method: Some("pm_1".to_owned()),
        customer: None,
        session: None,
        payment: None,
        charge: None,
        receipt_url: None,
        url: None,
        request_key: None,
        created_at: NOW,
        expires_at: later(3_600),
        checked_at: None,
        paid_at: None,
        finished_at: None,
        version: 1,
    }
}

pub(crate) async fn purchases(db: Database) {
    seed(&db).await;
    let (one, two) = (id("org-one"), id("org-two"));
    assert_eq!(look!(db, |tx| credit_purchases::find(tx, &one, &id("pur_a"))), Ok(None));
    assert_eq!(look!(db, |tx| credit_purchases::sum_since(tx, &one, None, NOW)), Ok(0));
    assert_eq!(look!(db, |tx| credit_purchases::first_paid_at(tx, &one)), Ok(None));

    let first = Purchase { request_key: Some("k".to_owned()), ..purchase("a", PurchaseWay::Card) };
    change!(db, |tx| credit_purchases::insert(tx, &first)).unwrap();
    let again = Purchase { request_key: Some("k".to_owned()), ..purchase("b", PurchaseWay::Card) };
    let refused = change!(db, |tx| credit_purchases::insert(tx, &again));
    assert_eq!(refused, Err(Error::Conflict("purchase")), "a repeated idempotency key");
    assert_eq!(look!(db, |tx| credit_purchases::find_by_request(tx, &one, "k")), Ok(Some(first.clone())));
    assert_eq!(look!(db, |tx| credit_purchases::find_by_request(tx, &two, "k")), Ok(None));
    assert_eq!(look!(db, |tx| credit_purchases::find(tx, &two, &first.id)), Ok(None), "another organization");

    // Of two changes to one version, one is saved.
    let paid = Purchase {
        state: PurchaseState::Paid,
        customer: Some("cus_1".to_owned()),
        session: Some("cs_1".to_owned()),
        payment: Some("pi_1".to_owned()),
        charge: Some("ch_1".to_owned()),
        receipt_url: Some("https://pay.example/r".to_owned()),
        url: Some("https://pay.example/p".to_owned()),
        checked_at: Some(later(1)),
        paid_at: Some(later(2)),
        finished_at: Some(later(2)),
        ..first.clone()
    };
    assert_eq!(change!(db, |tx| credit_purchases::update(tx, &paid)), Ok(true));
    assert_eq!(change!(db, |tx| credit_purchases::update(tx, &first)), Ok(false), "it was read before the other");
    let saved = Purchase { version: 2, ..paid };
    for reference in ["pur_a", "cs_1", "pi_1", "ch_1"] {
        let found = look!(db, |tx| credit_purchases::find_by_reference(tx, "stripe", reference));
        assert_eq!(found, Ok(Some(saved.clone())), "{reference}");
    }
    assert_eq!(look!(db, |tx| credit_purchases::find_by_reference(tx, "other", "pi_1")), Ok(None));
    assert_eq!(look!(db, |tx| credit_purchases::first_paid_at(tx, &one)), Ok(Some(later(2))));

    // Never two automatic purchases at a time.
    let running = Purchase { created_at: later(10), ..purchase("c", PurchaseWay::Recharge) };
    change!(db, |tx| credit_purchases::insert(tx, &running)).unwrap();
    let second = purchase("d", PurchaseWay::Recharge);
    assert_eq!(change!(db, |tx| credit_purchases::insert(tx, &second)), Err(Error::Conflict("purchase")));
    assert_eq!(look!(db, |tx| credit_purchases::find_running_recharge(tx, &one)), Ok(Some(running.clone())));
    assert_eq!(look!(db, |tx| credit_purchases::find_running_recharge(tx, &two)), Ok(None));
    assert_eq!(look!(db, |tx| credit_purchases::list_unfinished(tx, later(11), 9)), Ok(vec![running.clone()]));
    assert_eq!(look!(db, |tx| credit_purchases::list_unfinished(tx, later(10), 9)), Ok(vec![]));
    assert_eq!(look!(db, |tx| credit_purchases::list_open(tx, &one)), Ok(vec![running.clone()]));
    assert_eq!(look!(db, |tx| credit_purchases::list_open(tx, &two)), Ok(vec![]));
    let recharge = Some(PurchaseWay::Recharge);
    assert_eq!(look!(db, |tx| credit_purchases::sum_since(tx, &one, None, NOW)), Ok(2_000));
    assert_eq!(look!(db, |tx| credit_purchases::sum_since(tx, &one, recharge, NOW)), Ok(1_000));
    assert_eq!(look!(db, |tx| credit_purchases::sum_since(tx, &one, None, later(10))), Ok(1_000));
    let failed = Purchase { state: PurchaseState::Failed, finished_at: Some(later(11)), ..running };
    assert_eq!(change!(db, |tx| credit_purchases::update(tx, &failed)), Ok(true));
    change!(db, |tx| credit_purchases::insert(tx, &second)).unwrap();
    assert_eq!(
        look!(db, |tx| credit_purchases::sum_since(tx, &one, recharge, NOW)),
        Ok(1_000),
        "a failure is no spend"
    );

    let page = look!(db, |tx| credit_purchases::list(tx, &one, &after("pur_a", 1))).unwrap();
    assert_eq!((page.data, page.has_more), (vec![second], true));

    let reversal = ReversalRow {
        id: id("rev_a"),
        purchase: saved.id.clone(),
        organization: one.clone(),
        kind: ReversalKind::Refund,
        reference: None,
        cents: 300,
        state: ReversalState::Open,
        reason: "it's a gift".to_owned(),
        actor: Some("user-ann".into()),
        created_at: NOW,
        changed_at: NOW,
    };
    change!(db, |tx| credit_reversals::insert(tx, &reversal)).unwrap();
    let done = ReversalRow {
        reference: Some("re_1".to_owned()),
        state: ReversalState::Final,
        changed_at: later(5),
        ..reversal.clone()
    };
    change!(db, |tx| credit_reversals::update(tx, &done)).unwrap();
    let dispute = ReversalRow {
        id: id("rev_b"),
        kind: ReversalKind::Dispute,
        reference: Some("dp_1".to_owned()),
        actor: None,
        created_at: later(1),
        ..reversal
    };
    change!(db, |tx| credit_reversals::insert(tx, &dispute)).unwrap();
    let twice = ReversalRow { id: id("rev_c"), ..dispute.clone() };
    assert_eq!(change!(db, |tx| credit_reversals::insert(tx, &twice)), Err(Error::Conflict("reversal")));
    assert_eq!(look!(db, |tx| credit_reversals::list(tx, &saved.id)), Ok(vec![done.clone(), dispute.clone()]));
    assert_eq!(
        look!(db, |tx| credit_reversals::list_of_organization(tx, &one)),
        Ok(vec![dispute.clone(), done.clone()])
    );
    assert_eq!(look!(db, |tx| credit_reversals::list_of_organization(tx, &two)), Ok(vec![]));

    // A payment counts as the first one while something of it is neither paid back nor disputed.
    assert_eq!(look!(db, |tx| credit_purchases::first_paid_at(tx, &one)), Ok(Some(later(2))));
    let rest = ReversalRow { id: id("rev_d"), reference: Some("dp_2".to_owned()), cents: 400, ..dispute };
    change!(db, |tx| credit_reversals::insert(tx, &rest)).unwrap();
    assert_eq!(look!(db, |tx| credit_purchases::first_paid_at(tx, &one)), Ok(None));
    let won = ReversalRow { state: ReversalState::Undone, changed_at: later(6), ..rest };
    change!(db, |tx| credit_reversals::update(tx, &won)).unwrap();
    assert_eq!(look!(db, |tx| credit_purchases::first_paid_at(tx, &one)), Ok(Some(later(2))));

    assert_eq!(look!(db, |tx| recharge_pauses::find(tx, &one)), Ok(None));
    assert_eq!(change!(db, |tx| recharge_pauses::insert(tx, &one, Pause::Ceiling, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| recharge_pauses::insert(tx, &one, Pause::Ceiling, later(1))), Ok(false), "known");
    assert_eq!(look!(db, |tx| recharge_pauses::find(tx, &one)), Ok(Some((Pause::Ceiling, NOW))));
    assert_eq!(look!(db, |tx| recharge_pauses::find(tx, &two)), Ok(None));
    assert_eq!(change!(db, |tx| recharge_pauses::delete(tx, &one)), Ok(true));
    assert_eq!(change!(db, |tx| recharge_pauses::delete(tx, &one)), Ok(false));
}
