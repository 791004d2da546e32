//! Purchases of which money goes back: refunds and disputes, as operators decide and as the service reports them.

use std::sync::atomic::Ordering;

use keystead_app::Settings;
use keystead_app::credit::{BuyCredit, PurchaseView, RefundPurchase};
use keystead_core::money::Amount;
use keystead_core::purchase::{PaymentStatus, PurchaseState, ReversalKind, ReversalState};
use keystead_providers::payment::Payment;
use keystead_store::Tx;
use keystead_store::tables::organization_deletions;

use crate::purchases::{order, refund};
use crate::till::{Answer, Shop};
use crate::vendors::code;

#[tokio::test]
async fn operators_pay_back_what_is_left() {
    let shop = Shop::new().await;
    let bought = shop.buy(order(1_000)).await.unwrap();
    for cents in [0, -1, 1_001, i64::MAX] {
        assert_eq!(code(shop.refund(&bought, refund(Some(cents))).await), "refund_out_of_range", "{cents}");
    }
    let part = shop.refund(&bought, RefundPurchase { key: Some("k".to_owned()), ..refund(Some(300)) }).await.unwrap();
    assert_eq!(part.refunded, 300);
    shop.refund(&bought, RefundPurchase { key: Some("k".to_owned()), ..refund(Some(300)) }).await.unwrap();
    assert_eq!(shop.balance().await, Amount::of_cents(700), "the same key pays back once");
    assert_eq!(shop.refund(&bought, refund(None)).await.unwrap().refunded, 1_000);
    assert_eq!(code(shop.refund(&bought, refund(None)).await), "purchase_refunded");
    shop.test.wait(120);
    shop.test.work().await;
    assert_eq!(shop.balance().await, Amount::ZERO);

    // A refund that the service refuses gives the credit back; one without an answer is requested again.
    let second = shop.buy(order(1_000)).await.unwrap();
    shop.till.keeps.store(true, Ordering::SeqCst);
    assert_eq!(shop.refund(&second, refund(None)).await.unwrap().refunded, 0);
    assert_eq!(shop.balance().await, Amount::of_cents(1_000));
    shop.till.keeps.store(false, Ordering::SeqCst);
    shop.till.line.cut(true);
    assert_eq!(shop.refund(&second, refund(Some(400))).await.unwrap().refunded, 400);
    assert_eq!(shop.balance().await, Amount::of_cents(600), "it cannot be spent meanwhile");
    shop.till.line.cut(false);
    shop.test.wait(120);
    shop.test.work().await;
    let payments = shop.till.payments.lock().unwrap();
    let refunds: i64 = payments[second.id.as_str()].reversals.iter().map(|one| one.cents).sum();
    assert_eq!(refunds, 400);
}

// The answer to a refund was lost, and a day later its key is forgotten: it is found at the service, not made again.
#[tokio::test]
async fn a_refund_is_not_made_twice_after_a_day() {
    let shop = Shop::new().await;
    let bought = shop.buy(order(1_000)).await.unwrap();
    shop.till.loses.store(true, Ordering::SeqCst);
    shop.refund(&bought, refund(Some(400))).await.unwrap();
    shop.till.loses.store(false, Ordering::SeqCst);
    shop.till.forgets.store(true, Ordering::SeqCst);
    shop.test.wait(90_000);
    shop.test.work().await;
    assert_eq!(shop.bought(&bought).await.refunded, 400);
    assert_eq!(shop.balance().await, Amount::of_cents(600));
    assert_eq!(shop.till.payments.lock().unwrap()[bought.id.as_str()].reversals.len(), 1);
}

#[tokio::test]
async fn a_dispute_suspends_and_its_end_resumes() {
    let shop = Shop::new().await;
    let bought = shop.buy(order(1_000)).await.unwrap();
    let dispute = |state| shop.till.reverses(bought.id.as_str(), "dp_1", ReversalKind::Dispute, 1_000, state);
    for (event, name, state, balance, suspended) in [
        ("evt_1", "charge.dispute.created", ReversalState::Open, 0, true),
        ("evt_2", "charge.dispute.created", ReversalState::Open, 0, true),
        ("evt_3", "charge.dispute.closed", ReversalState::Undone, 1_000, false),
        ("evt_4", "charge.dispute.closed", ReversalState::Undone, 1_000, false),
    ] {
        dispute(state);
        shop.test.deliver("bank", event, name, "dp_1").await;
        shop.test.work().await;
        assert_eq!((shop.balance().await, shop.suspended().await), (Amount::of_cents(balance), suspended), "{event}");
        let refused = shop.buy(order(500)).await.is_err();
        assert_eq!(refused, suspended);
        if !suspended {
            break;
        }
    }
}

// A dispute that was lost before an operator resumed billing does not keep it suspended when a later one is won.
#[tokio::test]
async fn a_won_dispute_resumes_after_an_earlier_lost_one() {
    let shop = Shop::new().await;
    let (first, second) = (shop.buy(order(1_000)).await.unwrap(), shop.buy(order(1_000)).await.unwrap());
    let report = async |bought: &PurchaseView, dispute: &str, state: ReversalState| {
        shop.test.wait(1);
        shop.till.reverses(bought.id.as_str(), dispute, ReversalKind::Dispute, 1_000, state);
        let event = format!("evt_{dispute}_{}", state.as_str());
        shop.test.deliver("bank", &event, "charge.dispute.updated", dispute).await;
        shop.test.work().await;
        shop.suspended().await
    };
    assert!(report(&first, "dp_1", ReversalState::Open).await);
    assert!(report(&first, "dp_1", ReversalState::Final).await);
    let organization = shop.tenant.organization();
    shop.test.app.resume_billing(&Shop::operator(), organization, "settled").await.unwrap();
    assert!(report(&second, "dp_2", ReversalState::Open).await);
    assert!(!report(&second, "dp_2", ReversalState::Undone).await);
    assert_eq!(shop.balance().await, Amount::of_cents(1_000));

    // Without an operator, what was lost keeps it suspended.
    let third = shop.buy(order(1_000)).await.unwrap();
    assert!(report(&second, "dp_3", ReversalState::Open).await);
    assert!(report(&third, "dp_4", ReversalState::Open).await);
    assert!(report(&second, "dp_3", ReversalState::Final).await);
    assert!(report(&third, "dp_4", ReversalState::Undone).await);
}

/// Reports a refund or a dispute of 20 USD that were bought, and returns the balance and whether billing is suspended.
async fn report(
    shop: &Shop,
    bought: &PurchaseView,
    (reference, kind, cents): (&str, ReversalKind, i64),
    state: ReversalState,
) -> (Amount, bool) {
    shop.test.wait(1);
    shop.till.reverses(bought.id.as_str(), reference, kind, cents, state);
    let event = format!("evt_{}", shop.test.app.now().0);
    shop.test.deliver("bank", &event, "charge.refunded", bought.id.as_str()).await;
    shop.test.work().await;
    (shop.balance().await, shop.suspended().await)
}

// Refunds run while the bank takes all of the payment back, and fail one after the other.
#[tokio::test]
async fn a_dispute_takes_what_failed_refunds_give_back() {
    use ReversalState::{Final, Open, Undone};
    let (small, large) = (("re_1", ReversalKind::Refund, 500), ("re_2", ReversalKind::Refund, 800));
    let dispute = ("dp_1", ReversalKind::Dispute, 2_000);
    for (end, cents) in [(Final, 0), (Undone, 2_000)] {
        let shop = Shop::new().await;
        let bought = shop.buy(order(2_000)).await.unwrap();
        assert_eq!(report(&shop, &bought, small, Open).await, (Amount::of_cents(1_500), false));
        assert_eq!(report(&shop, &bought, large, Open).await, (Amount::of_cents(700), false));
        assert_eq!(report(&shop, &bought, dispute, Open).await, (Amount::ZERO, true));
        assert_eq!(report(&shop, &bought, small, Undone).await, (Amount::ZERO, true));
        assert_eq!(report(&shop, &bought, large, Undone).await, (Amount::ZERO, true));
        let view = shop.bought(&bought).await;
        assert_eq!((view.refunded, view.disputed), (0, 2_000));
        assert_eq!(report(&shop, &bought, dispute, end).await, (Amount::of_cents(cents), end == Final));
        // To read it once more changes nothing.
        assert_eq!(report(&shop, &bought, large, Undone).await, (Amount::of_cents(cents), end == Final));
    }
}

// All of it was paid back before, as far as the service knew: a dispute takes nothing until that refund fails.
#[tokio::test]
async fn a_dispute_of_a_refunded_purchase_takes_what_the_refund_gives_back() {
    let shop = Shop::new().await;
    let bought = shop.buy(order(2_000)).await.unwrap();
    let (refund, dispute) = (("re_1", ReversalKind::Refund, 2_000), ("dp_1", ReversalKind::Dispute, 2_000));
    report(&shop, &bought, refund, ReversalState::Final).await;
    assert_eq!(report(&shop, &bought, dispute, ReversalState::Open).await, (Amount::ZERO, false));
    assert_eq!(report(&shop, &bought, refund, ReversalState::Undone).await, (Amount::ZERO, true));
    assert_eq!(report(&shop, &bought, dispute, ReversalState::Undone).await, (Amount::of_cents(2_000), false));
}

// The bank took the payment back before Keystead knew, so the service refuses the operator's refund.
#[tokio::test]
async fn a_refund_that_is_refused_for_a_dispute_leaves_its_credit_to_it() {
    let shop = Shop::new().await;
    let bought = shop.buy(order(2_000)).await.unwrap();
    shop.till.reverses(bought.id.as_str(), "dp_1", ReversalKind::Dispute, 2_000, ReversalState::Open);
    shop.till.keeps.store(true, Ordering::SeqCst);
    let view = shop.refund(&bought, refund(Some(500))).await.unwrap();
    assert_eq!((view.refunded, view.disputed), (0, 2_000));
    assert_eq!((shop.balance().await, shop.suspended().await), (Amount::ZERO, true));
}

// Credit that comes back expires like credit that is bought on that day.
#[tokio::test]
async fn credit_that_comes_back_expires() {
    for kind in ReversalKind::ALL {
        let shop = Shop::with(Settings { purchased_credit_days: Some(30), ..Settings::default() }).await;
        let bought = shop.buy(order(2_000)).await.unwrap();
        let of_it = ("back_1", kind, 2_000);
        assert_eq!(report(&shop, &bought, of_it, ReversalState::Open).await.0, Amount::ZERO);
        shop.test.wait(20 * 86_400);
        assert_eq!(report(&shop, &bought, of_it, ReversalState::Undone).await, (Amount::of_cents(2_000), false));
        let credit = shop.test.app.credit(&shop.tenant.actor, shop.tenant.organization()).await.unwrap();
        let expires_at = shop.test.app.now().plus(30 * 86_400);
        assert_eq!(credit.next_expiry().map(|(at, _)| at), Some(expires_at), "{kind:?}");
        shop.test.wait(30 * 86_400 + 1);
        shop.test.app.post_ledgers().await.unwrap();
        assert_eq!(shop.balance().await, Amount::ZERO, "{kind:?}");
    }
}

// What has expired is lost already, so that it is not taken from the balance a second time when its money goes back; and
// it stays expired when the money comes back.
#[tokio::test]
async fn expired_credit_that_is_paid_back_is_not_owed() {
    for kind in ReversalKind::ALL {
        let shop = Shop::with(Settings { purchased_credit_days: Some(30), ..Settings::default() }).await;
        let bought = shop.buy(order(2_000)).await.unwrap();
        shop.test.wait(31 * 86_400);
        shop.test.app.post_ledgers().await.unwrap();
        assert_eq!(shop.balance().await, Amount::ZERO);
        let (open, disputed) = (("back_1", kind, 2_000), kind == ReversalKind::Dispute);
        assert_eq!(report(&shop, &bought, open, ReversalState::Open).await, (Amount::ZERO, disputed), "{kind:?}");
        assert_eq!(report(&shop, &bought, open, ReversalState::Open).await, (Amount::ZERO, disputed), "{kind:?}");
        assert_eq!(report(&shop, &bought, open, ReversalState::Undone).await, (Amount::ZERO, false), "{kind:?}");
        let proof = shop.test.app.check_money(&Shop::operator()).await.unwrap();
        assert_eq!(proof.difference, None, "{kind:?}");
    }
}

// The customer was deleted at the service and the organization has another one: a dispute of the paid purchase counts.
#[tokio::test]
async fn a_purchase_of_an_earlier_customer_is_disputed() {
    let shop = Shop::new().await;
    let bought = shop.buy(order(1_000)).await.unwrap();
    shop.till.change(bought.id.as_str(), |payment| payment.customer = Some("cus_earlier".to_owned()));
    shop.till.reverses(bought.id.as_str(), "dp_1", ReversalKind::Dispute, 1_000, ReversalState::Open);
    shop.test.deliver("bank", "evt_1", "charge.dispute.created", "dp_1").await;
    shop.test.work().await;
    assert_eq!((shop.balance().await, shop.suspended().await), (Amount::ZERO, true));
}

// The bank takes a payment back after the organization was deleted: the operator sees it in the ledger, which stays.
#[tokio::test]
async fn a_dispute_of_a_deleted_organization_is_in_its_ledger() {
    let shop = Shop::new().await;
    let bought = shop.buy(order(1_000)).await.unwrap();
    let (app, organization) = (&shop.test.app, shop.tenant.organization());
    let erased = shop.test.store.write("erase", async |tx: &mut Tx| {
        organization_deletions::lock(tx, organization).await?;
        organization_deletions::delete_members(tx, organization, app.now()).await?;
        organization_deletions::erase(tx, organization, app.now()).await
    });
    erased.await.unwrap();
    shop.till.reverses(bought.id.as_str(), "dp_1", ReversalKind::Dispute, 1_000, ReversalState::Open);
    for event in ["evt_1", "evt_2"] {
        shop.test.deliver("bank", event, "charge.dispute.created", "dp_1").await;
        shop.test.work().await;
        let credit = app.credit_for_operator(&Shop::operator(), organization).await.unwrap().credit;
        assert_eq!((credit.balance, credit.suspended.is_some()), (Amount::ZERO, true), "{event}");
    }
}

// A payment that is not what was ordered ends the purchase with a reason: it is not polled any more, and no credit is
// posted until the service reports what was ordered.
#[tokio::test]
async fn a_payment_that_does_not_match_ends_the_purchase() {
    let changes: [fn(&mut Payment); 3] = [
        |payment| payment.customer = Some("cus_other".to_owned()),
        |payment| payment.cents += 1,
        |payment| payment.currency = "eur".to_owned(),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let shop = Shop::new().await;
        let open = shop.buy(BuyCredit { checkout: true, ..order(1_000) }).await.unwrap();
        let ordered = shop.till.payments.lock().unwrap()[open.id.as_str()].clone();
        shop.till.pays(open.id.as_str());
        shop.till.change(open.id.as_str(), change);
        shop.test.deliver("bank", "evt_1", "checkout.session.completed", &format!("cs_{}", open.id)).await;
        shop.test.work().await;
        let ended = shop.bought(&open).await;
        let seen = (ended.state, ended.reason.as_deref(), ended.url);
        assert_eq!(seen, (PurchaseState::Failed, Some("payment_mismatch"), None), "{n}");
        assert_eq!(shop.balance().await, Amount::ZERO, "{n}");

        // Nothing polls it any more; money that was ordered is still credited.
        shop.till.change(open.id.as_str(), |payment| {
            payment.customer = ordered.customer;
            payment.cents = ordered.cents;
            payment.currency = ordered.currency;
        });
        shop.test.wait(10_000);
        shop.test.work().await;
        assert_eq!(shop.bought(&open).await.state, PurchaseState::Failed, "{n}");
        shop.test.deliver("bank", "evt_2", "checkout.session.completed", &format!("cs_{}", open.id)).await;
        shop.test.work().await;
        assert_eq!(shop.bought(&open).await.state, PurchaseState::Paid, "{n}");
        assert_eq!(shop.balance().await, Amount::of_cents(1_000), "{n}");
    }
}

// A page that is open for another amount is closed, so that it cannot be paid.
#[tokio::test]
async fn a_page_that_does_not_match_is_closed() {
    let shop = Shop::new().await;
    let open = shop.buy(BuyCredit { checkout: true, ..order(1_000) }).await.unwrap();
    shop.till.change(open.id.as_str(), |payment| payment.cents = 1);
    shop.test.wait(61);
    shop.test.work().await;
    assert_eq!(shop.bought(&open).await.reason.as_deref(), Some("payment_mismatch"));
    assert_eq!(shop.till.payments.lock().unwrap()[open.id.as_str()].status, PaymentStatus::Expired);
}

// So is a payment that waits for the bank and of which the answer was lost.
#[tokio::test]
async fn a_lost_payment_that_does_not_match_is_ended() {
    let shop = Shop::new().await;
    shop.till.answers(Answer::Asks);
    shop.till.loses.store(true, Ordering::SeqCst);
    let open = shop.buy(order(1_000)).await.unwrap();
    shop.till.loses.store(false, Ordering::SeqCst);
    shop.till.change(open.id.as_str(), |payment| payment.cents += 1);
    shop.test.wait(61);
    shop.test.work().await;
    assert_eq!(shop.bought(&open).await.reason.as_deref(), Some("payment_mismatch"));
    assert_eq!(shop.till.payments.lock().unwrap()[open.id.as_str()].status, PaymentStatus::Expired);
}

// A payment that is to be ended while the service does not answer is ended when it does. The same job ends what is open
// of a deleted organization.
#[tokio::test]
async fn a_payment_is_ended_when_the_service_answers_again() {
    let shop = Shop::new().await;
    shop.till.answers(Answer::Declines("insufficient_funds"));
    let failed = shop.buy(order(1_000)).await.unwrap();
    let status = || shop.till.payments.lock().unwrap()[failed.id.as_str()].status;
    shop.till.line.cut(true);
    shop.test.work().await;
    assert_eq!(status(), PaymentStatus::Failed);
    shop.till.line.cut(false);
    shop.test.wait(3_600);
    shop.test.work().await;
    assert_eq!(status(), PaymentStatus::Expired);
}
