//! Automatic purchases: one at a time, up to the ceiling of a month, and paused after a refusal.

use keystead_core::budget::Window;
use keystead_core::money::Amount;
use keystead_core::purchase::PurchaseWay;
use keystead_core::purchase::recharge::Pause;
use serde_json::json;

use super::{order, recharge, refund};
use crate::credit_events::{event, events, subscribe};
use crate::till::{Answer, Shop};
use crate::vendors::code;

#[tokio::test]
async fn automatic_purchases_run_one_at_a_time_and_stop_at_the_ceiling() {
    let shop = Shop::new().await;
    shop.set_recharge(recharge(1_000, 2_000, 4_500)).await;
    let app = &shop.test.app;
    // Eight nodes look at the same time.
    let runs = (0..8).map(|_| app.run_recharges());
    for run in futures_util::future::join_all(runs).await {
        run.unwrap();
    }
    assert_eq!(shop.balance().await, Amount::of_cents(2_000), "never two at a time");
    for _ in 0..4 {
        for bought in shop.all().await.into_iter().filter(|bought| bought.way == PurchaseWay::Recharge) {
            // The credit goes, so that the balance is below the threshold again.
            let _ = shop.refund(&bought, refund(None)).await;
        }
        app.run_recharges().await.unwrap();
    }
    let paid = shop.all().await.len();
    assert_eq!(paid, 2, "the third would pass the ceiling");
    shop.test.work().await;
    let told = shop.test.subjects().into_iter().filter(|subject| subject.contains("monthly ceiling")).count();
    assert_eq!(told, 1, "the owner is told once");
    let paused = shop.paused().await.unwrap();
    assert_eq!((paused.why, paused.until), (Pause::Ceiling, Some(Window::month(app.now()).end)));
    // In the next month, credit is bought again.
    shop.test.wait(32 * 86_400);
    assert_eq!(shop.paused().await, None);
    app.run_recharges().await.unwrap();
    assert_eq!(shop.all().await.len(), 3);
}

#[tokio::test]
async fn what_no_purchase_may_have_is_not_bought_automatically() {
    let shop = Shop::new().await;
    let (app, organization) = (&shop.test.app, shop.tenant.organization());
    for (cents, expected) in [(1, "purchase_too_small"), (499, "purchase_too_small"), (100_001, "purchase_too_large")] {
        let wanted = recharge(1_000, cents, 1_000_000);
        assert_eq!(code(app.set_recharge(&shop.tenant.actor, organization, wanted).await), expected, "{cents}");
    }
    shop.set_recharge(recharge(1_000, 500, 1_000_000)).await;
    shop.set_recharge(recharge(1_000, 100_000, 1_000_000)).await;
}

// Whoever signs up with a stolen card sets the ceiling themselves, so a new organization has one of the operator's.
#[tokio::test]
async fn a_new_organization_is_not_recharged_beyond_the_operators_bound() {
    let shop = Shop::new().await;
    let app = &shop.test.app;
    shop.set_recharge(recharge(1_000, 10_000, 100_000_000)).await;
    let spend = async || {
        for bought in shop.all().await.into_iter().filter(|bought| bought.way == PurchaseWay::Recharge) {
            // The credit goes, so that the balance is below the threshold again.
            let _ = shop.refund(&bought, refund(None)).await;
        }
    };
    // The first week has a bound of its own.
    shop.buy(order(500)).await.unwrap();
    shop.test.wait(8 * 86_400);
    for _ in 0..8 {
        spend().await;
        app.run_recharges().await.unwrap();
        shop.test.wait(60);
    }
    assert_eq!(shop.all().await.len(), 1 + 5, "five of 100 USD in a month");
    assert_eq!(shop.paused().await.map(|paused| paused.why), Some(Pause::Bounds));
    // To save the settings again ends the pause, and not the bound.
    shop.set_recharge(recharge(1_000, 10_000, 200_000_000)).await;
    app.run_recharges().await.unwrap();
    assert_eq!(shop.all().await.len(), 1 + 5);
    // Sixty days after the first payment only the owners' ceiling counts.
    shop.test.wait(60 * 86_400);
    for _ in 0..7 {
        spend().await;
        app.run_recharges().await.unwrap();
        shop.test.wait(60);
    }
    assert_eq!(shop.all().await.len(), 1 + 5 + 7);
    // What the bank takes back was no payment.
    let first = shop.all().await.into_iter().find(|bought| bought.way != PurchaseWay::Recharge).unwrap();
    shop.refund(&first, refund(None)).await.unwrap();
    for _ in 0..7 {
        spend().await;
        app.run_recharges().await.unwrap();
        shop.test.wait(60);
    }
    assert_eq!(shop.all().await.len(), 1 + 5 + 7, "no payment is left, so the organization is new");
}

// A fault for one organization does not keep the others waiting.
#[tokio::test]
async fn automatic_purchases_continue_after_a_fault() {
    let shop = Shop::new().await;
    let (app, bob) = (&shop.test.app, shop.test.tenant("bob").await);
    shop.set_recharge(recharge(1_000, 2_000, 10_000)).await;
    app.set_recharge(&bob.actor, bob.organization(), recharge(1_000, 2_000, 10_000)).await.unwrap();
    let store = shop.test.store.clone();
    shop.test.store.before("recharge_one", async move {
        store.fail_at(Some(1));
    });
    assert!(app.run_recharges().await.is_err());
    shop.test.store.fail_at(None);
    let bought = !shop.all().await.is_empty();
    // There is no card on file.
    let paused = app.credit(&bob.actor, bob.organization()).await.unwrap().paused.is_some();
    assert!(bought != paused, "the first one failed, and the second one had its turn");
}

#[tokio::test]
async fn automatic_purchases_pause_after_a_refusal() {
    let shop = Shop::new().await;
    shop.till.answers(Answer::Asks);
    shop.set_recharge(recharge(1_000, 2_000, 10_000)).await;
    let app = &shop.test.app;
    for _ in 0..3 {
        app.run_recharges().await.unwrap();
    }
    let all = shop.all().await;
    assert_eq!(all.len(), 1, "it is not tried again");
    assert_eq!(all[0].reason.as_deref(), Some("authentication_required"));
    shop.test.work().await;
    assert!(shop.test.subjects().iter().any(|subject| subject.contains("recharge is paused")));
    let paused = shop.paused().await.unwrap();
    assert_eq!((paused.why, paused.until), (Pause::Declined, None), "an owner has to act");
    // The owner buys: the card works again.
    shop.till.answers(Answer::Pays);
    shop.buy(order(500)).await.unwrap();
    assert_eq!(shop.paused().await, None);
    app.run_recharges().await.unwrap();
    assert_eq!(shop.balance().await, Amount::of_cents(2_500));
}

// To save the settings again ends the pause, and not the limit on refusals of the bank.
#[tokio::test]
async fn refusals_of_automatic_purchases_count_against_card_testing() {
    let shop = Shop::new().await;
    let app = &shop.test.app;
    shop.till.answers(Answer::Declines("insufficient_funds"));
    for _ in 0..8 {
        shop.set_recharge(recharge(1_000, 2_000, 10_000)).await;
        app.run_recharges().await.unwrap();
    }
    assert_eq!(shop.all().await.len(), 5, "five refusals in a day");
    assert_eq!(shop.paused().await.map(|paused| paused.why), Some(Pause::Declined));
    shop.test.wait(86_401);
    shop.till.answers(Answer::Pays);
    shop.set_recharge(recharge(1_000, 2_000, 10_000)).await;
    app.run_recharges().await.unwrap();
    assert_eq!(shop.balance().await, Amount::of_cents(2_000));
}

#[tokio::test]
async fn a_pause_of_automatic_purchases_is_an_event_once() {
    let shop = Shop::new().await;
    subscribe(&shop.test, &shop.tenant.actor, shop.tenant.organization()).await;
    shop.till.answers(Answer::Asks);
    shop.set_recharge(recharge(1_000, 2_000, 10_000)).await;
    for _ in 0..3 {
        shop.test.app.run_recharges().await.unwrap();
    }
    let data = json!({ "organization_id": shop.tenant.organization().as_str(), "reason": "declined" });
    assert_eq!(events(&shop.test).await, [event(&shop.test, "credit.recharge_paused", data)]);
    assert!(events(&shop.test).await.is_empty());
}
