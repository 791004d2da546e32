//! Purchases of credit: however answers are lost and deliveries repeated, credit is posted once, and only for money that
//! the service has.

mod automatic;

use std::sync::atomic::Ordering;

use keystead_app::credit::{BuyCredit, PurchaseView, RechargePause, RefundPurchase};
use keystead_app::{Error, Page};
use keystead_core::ledger::Recharge;
use keystead_core::money::{Amount, Micros};
use keystead_core::purchase::{PaymentStatus, PurchaseState, ReversalKind, ReversalState};
use rand::Rng;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::till::{Answer, Shop};
use crate::vendors::{code, limit};

pub(crate) fn order(cents: i64) -> BuyCredit {
    BuyCredit { cents, checkout: false, key: None }
}

pub(crate) fn refund(cents: Option<i64>) -> RefundPurchase {
    RefundPurchase { cents, reason: "asked".to_owned(), spent_too: false, key: None }
}

fn recharge(below: i64, cents: i64, ceiling: i64) -> Option<Recharge> {
    let micros = |cents: i64| Micros(cents * 10_000);
    Some(Recharge { below: micros(below), amount: micros(cents), ceiling: micros(ceiling) })
}

impl Shop {
    pub(crate) async fn buy(&self, order: BuyCredit) -> Result<PurchaseView, Error> {
        self.test.app.buy_credit(&self.tenant.actor, self.tenant.organization(), order).await
    }

    pub(crate) async fn bought(&self, id: &PurchaseView) -> PurchaseView {
        self.test.app.purchase(&self.tenant.actor, self.tenant.organization(), id.id.as_str()).await.unwrap()
    }

    pub(crate) async fn refund(&self, of: &PurchaseView, order: RefundPurchase) -> Result<PurchaseView, Error> {
        let organization = self.tenant.organization();
        self.test.app.refund_purchase(&Self::operator(), organization, of.id.as_str(), order).await
    }

    async fn set_recharge(&self, recharge: Option<Recharge>) {
        self.test.app.set_recharge(&self.tenant.actor, self.tenant.organization(), recharge).await.unwrap();
    }

    async fn paused(&self) -> Option<RechargePause> {
        self.test.app.credit(&self.tenant.actor, self.tenant.organization()).await.unwrap().paused
    }

    async fn all(&self) -> Vec<PurchaseView> {
        let page = Page { after: None, limit: 100, ascending: true };
        self.test.app.purchases(&self.tenant.actor, self.tenant.organization(), &page).await.unwrap().data
    }
}

// S3-12: credit is bought with the card on file; repeated deliveries and polls post nothing more.
#[tokio::test]
async fn credit_is_posted_once() {
    let shop = Shop::new().await;
    let paid = shop.buy(order(2_000)).await.unwrap();
    assert_eq!((paid.state, paid.cents), (PurchaseState::Paid, 2_000));
    assert!(paid.receipt_url.is_some() && paid.url.is_none());
    assert_eq!(shop.balance().await, Amount::of_cents(2_000));
    for n in 0..3 {
        let reference = format!("pi_{}", paid.id);
        shop.test.deliver("bank", &format!("evt_{n}"), "payment_intent.succeeded", &reference).await;
        shop.test.wait(70);
        shop.test.work().await;
    }
    assert_eq!(shop.balance().await, Amount::of_cents(2_000));
    assert_eq!(shop.till.charges.load(Ordering::SeqCst), 1);
    let mails = shop.test.subjects().into_iter().filter(|subject| subject.contains("bought credit")).count();
    assert_eq!(mails, 1, "the owner is told once");
}

// The process is killed between the charge and the posting: the job finds the payment.
#[tokio::test]
async fn a_lost_answer_is_found() {
    for (wait, asked) in [(61, "again with the same key"), (2_000, "for the payment")] {
        let shop = Shop::new().await;
        shop.till.loses.store(true, Ordering::SeqCst);
        let bought = shop.buy(order(1_000)).await.unwrap();
        assert_eq!(bought.state, PurchaseState::Created);
        assert_eq!(shop.balance().await, Amount::ZERO);
        shop.till.loses.store(false, Ordering::SeqCst);
        shop.test.wait(wait);
        shop.test.work().await;
        assert_eq!(shop.bought(&bought).await.state, PurchaseState::Paid, "asked {asked}");
        assert_eq!(shop.balance().await, Amount::of_cents(1_000));
        assert_eq!(shop.till.charges.load(Ordering::SeqCst), 1);
    }
}

// The card is charged, and the store fails: after an error the caller would buy again, so they get the purchase.
#[tokio::test]
async fn a_fault_after_the_charge_is_no_error() {
    let shop = Shop::new().await;
    let store = shop.test.store.clone();
    shop.test.store.before("apply_payment", async move {
        store.fail_at(Some(1));
    });
    let bought = shop.buy(order(1_000)).await.unwrap();
    assert_eq!((bought.state, bought.cents), (PurchaseState::Created, 1_000));
    shop.test.store.fail_at(None);
    shop.test.wait(61);
    shop.test.work().await;
    assert_eq!(shop.bought(&bought).await.state, PurchaseState::Paid);
    assert_eq!(shop.balance().await, Amount::of_cents(1_000));
    assert_eq!(shop.till.charges.load(Ordering::SeqCst), 1);
}

// A payment that never reached the service ends without a charge, and no card is charged hours later.
#[tokio::test]
async fn purchases_end_at_use() {
    let shop = Shop::new().await;
    shop.till.line.cut(true);
    let bought = shop.buy(order(1_000)).await.unwrap();
    shop.test.wait(4_000);
    shop.test.work().await;
    assert_eq!(shop.bought(&bought).await.state, PurchaseState::Created, "not known yet");
    shop.till.line.cut(false);
    for _ in 0..8 {
        shop.test.wait(3_600);
        shop.test.work().await;
    }
    let ended = shop.bought(&bought).await;
    assert_eq!((ended.state, ended.reason.as_deref()), (PurchaseState::Expired, Some("provider_unavailable")));
    assert_eq!(shop.till.charges.load(Ordering::SeqCst), 0);

    // A page or a confirmation that is not used in time is ended at the service.
    shop.till.answers(Answer::Asks);
    let asks = shop.buy(order(1_000)).await.unwrap();
    let open = shop.buy(BuyCredit { checkout: true, ..order(1_000) }).await.unwrap();
    assert!(asks.url.is_some() && open.url.is_some());
    for _ in 0..8 {
        shop.test.wait(3_600);
        shop.test.work().await;
    }
    for bought in [asks, open] {
        assert_eq!(shop.bought(&bought).await.state, PurchaseState::Expired);
        let payments = shop.till.payments.lock().unwrap();
        assert_eq!(payments[bought.id.as_str()].status, PaymentStatus::Expired);
    }
    assert_eq!(shop.balance().await, Amount::ZERO);
}

// The service does not answer, and billing is suspended before it does: the card is not charged any more. A payment of
// which only the answer was lost is credited.
#[tokio::test]
async fn no_card_is_charged_after_a_suspension() {
    for (reached, charges, state) in [(false, 0, PurchaseState::Expired), (true, 1, PurchaseState::Paid)] {
        let shop = Shop::new().await;
        shop.till.line.cut(!reached);
        shop.till.loses.store(reached, Ordering::SeqCst);
        let bought = shop.buy(order(1_000)).await.unwrap();
        assert_eq!(bought.state, PurchaseState::Created);
        let organization = shop.tenant.organization();
        shop.test.app.suspend_billing(&Shop::operator(), organization, "looks stolen").await.unwrap();
        shop.till.line.cut(false);
        shop.till.loses.store(false, Ordering::SeqCst);
        shop.test.wait(61);
        shop.test.work().await;
        assert_eq!(shop.till.charges.load(Ordering::SeqCst), charges);
        assert_eq!(shop.bought(&bought).await.state, state);
    }
}

#[tokio::test]
async fn the_bank_asks_and_the_owner_confirms() {
    let shop = Shop::new().await;
    shop.till.answers(Answer::Asks);
    let asks = shop.buy(order(1_000)).await.unwrap();
    assert_eq!((asks.state, asks.url.as_deref()), (PurchaseState::RequiresAction, Some("https://bank.test/confirm")));
    assert_eq!(shop.balance().await, Amount::ZERO);
    shop.till.pays(asks.id.as_str());
    shop.test.wait(6);
    let organization = shop.tenant.organization();
    let back = shop.test.app.check_purchase(&shop.tenant.actor, organization, asks.id.as_str()).await.unwrap();
    assert_eq!((back.state, back.url), (PurchaseState::Paid, None));
    assert_eq!(shop.balance().await, Amount::of_cents(1_000));
}

#[tokio::test]
async fn a_page_that_is_paid_posts_its_credit() {
    let shop = Shop::new().await;
    let open = shop.buy(BuyCredit { checkout: true, ..order(3_000) }).await.unwrap();
    assert_eq!(open.state, PurchaseState::Created);
    shop.till.pays(open.id.as_str());
    let session = format!("cs_{}", open.id);
    shop.test.deliver("bank", "evt_1", "checkout.session.completed", &session).await;
    shop.test.work().await;
    assert_eq!(shop.bought(&open).await.state, PurchaseState::Paid);
    // A delivery that is late changes nothing.
    shop.test.deliver("bank", "evt_2", "checkout.session.expired", &session).await;
    shop.test.work().await;
    assert_eq!(shop.balance().await, Amount::of_cents(3_000));
}

#[tokio::test]
async fn refusals_count_against_card_testing() {
    let shop = Shop::new().await;
    shop.till.answers(Answer::Declines("insufficient_funds"));
    for _ in 0..5 {
        let failed = shop.buy(order(1_000)).await.unwrap();
        assert_eq!((failed.state, failed.reason.as_deref()), (PurchaseState::Failed, Some("insufficient_funds")));
    }
    assert_eq!(limit(shop.buy(order(1_000)).await), "failed_purchases");
    shop.test.work().await;
    assert_eq!(shop.balance().await, Amount::ZERO);
    shop.test.wait(86_401);
    shop.till.answers(Answer::Pays);
    assert_eq!(shop.buy(order(1_000)).await.unwrap().state, PurchaseState::Paid);
}

#[tokio::test]
async fn an_amount_must_be_within_the_bounds() {
    let shop = Shop::new().await;
    for (cents, expected) in [
        (i64::MIN, "purchase_too_small"),
        (-1, "purchase_too_small"),
        (0, "purchase_too_small"),
        (499, "purchase_too_small"),
        (10_001, "purchase_too_large"),
        (i64::MAX, "purchase_too_large"),
    ] {
        assert_eq!(code(shop.buy(order(cents)).await), expected, "{cents}");
    }
    shop.buy(order(9_000)).await.unwrap();
    assert_eq!(code(shop.buy(order(1_001)).await), "purchase_limit_of_day");
    shop.buy(order(1_000)).await.unwrap();
    assert_eq!(shop.all().await.len(), 2, "what is refused leaves no purchase");
    // After a week the bounds are those of every organization.
    shop.test.wait(7 * 86_400);
    shop.buy(order(100_000)).await.unwrap();
}

#[tokio::test]
async fn an_idempotency_key_buys_once() {
    let shop = Shop::new().await;
    let keyed = || BuyCredit { key: Some("order-1".to_owned()), ..order(1_000) };
    let first = shop.buy(keyed()).await.unwrap();
    assert_eq!(shop.buy(keyed()).await.unwrap().id, first.id);
    for wrong in ["", "two words", "za\u{17c}", "x".repeat(256).as_str()] {
        let refused = shop.buy(BuyCredit { key: Some(wrong.to_owned()), ..order(1_000) }).await;
        assert!(matches!(refused, Err(Error::Invalid { param: Some("idempotency_key"), .. })), "{wrong}: {refused:?}");
    }
    let other = BuyCredit { cents: 2_000, ..keyed() };
    assert!(matches!(shop.buy(other).await, Err(Error::Conflict { .. })));
    assert_eq!(shop.balance().await, Amount::of_cents(1_000));
}

// Whatever the service does and in whatever order its deliveries arrive, the balance ends at what the service has kept.
#[tokio::test]
async fn the_balance_ends_at_what_the_service_has_kept() {
    for seed in 0..12 {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let shop = Shop::new().await;
        let mut bought = Vec::new();
        for n in 0..30 {
            shop.till.loses.store(rng.random_bool(0.2), Ordering::SeqCst);
            shop.till.line.cut(rng.random_bool(0.1));
            match rng.random_range(0..6) {
                0 if bought.len() < 3 => {
                    let checkout = rng.random_bool(0.5);
                    shop.till.answers(if rng.random_bool(0.5) { Answer::Pays } else { Answer::Asks });
                    if let Ok(view) = shop.buy(BuyCredit { checkout, ..order(1_000) }).await {
                        bought.push(view);
                    }
                }
                1 | 2 if !bought.is_empty() => {
                    let id = bought[rng.random_range(0..bought.len())].id.to_string();
                    let unpaid = |status| {
                        !matches!(status, PaymentStatus::Paid | PaymentStatus::Expired | PaymentStatus::Failed)
                    };
                    let pays = shop.till.payments.lock().unwrap().get(&id).is_some_and(|one| unpaid(one.status));
                    if pays {
                        shop.till.pays(&id);
                    }
                }
                3 if !bought.is_empty() => {
                    let id = bought[rng.random_range(0..bought.len())].id.to_string();
                    let paid = shop
                        .till
                        .payments
                        .lock()
                        .unwrap()
                        .get(&id)
                        .is_some_and(|one| one.status == PaymentStatus::Paid);
                    if paid {
                        let states = [ReversalState::Open, ReversalState::Final];
                        let state = states[rng.random_range(0..2)];
                        shop.till.reverses(&id, &format!("re_x{id}"), ReversalKind::Refund, 400, state);
                    }
                }
                _ if !bought.is_empty() => {
                    let id = bought[rng.random_range(0..bought.len())].id.to_string();
                    let names = ["payment_intent.succeeded", "charge.refunded", "checkout.session.completed"];
                    for copy in 0..rng.random_range(1..3) {
                        let event = format!("evt_{n}_{copy}");
                        shop.test.deliver("bank", &event, names[rng.random_range(0..3)], &id).await;
                    }
                    shop.test.work().await;
                }
                _ => shop.test.wait(30),
            }
        }
        shop.till.loses.store(false, Ordering::SeqCst);
        shop.till.line.cut(false);
        for (n, view) in bought.iter().enumerate() {
            shop.test.deliver("bank", &format!("last_{n}"), "charge.refunded", view.id.as_str()).await;
        }
        for _ in 0..10 {
            shop.test.wait(3_600);
            shop.test.work().await;
        }
        let payments = shop.till.payments.lock().unwrap().clone();
        let paid = |one: &&keystead_providers::payment::Payment| one.status == PaymentStatus::Paid;
        let kept: i64 = payments
            .values()
            .filter(paid)
            .map(|one| one.cents - one.reversals.iter().map(|back| back.cents).sum::<i64>())
            .sum();
        assert_eq!(shop.balance().await, Amount::of_cents(kept), "seed {seed}: {payments:?}");
    }
}
