//! What usage takes in each mode of billing.

use std::sync::atomic::Ordering;

use keystead_core::budget::{Charge, Payers};
use keystead_core::ledger::{BillingMode, Recharge};
use keystead_core::money::{Amount, Micros};
use keystead_core::time::Timestamp;

use super::{Account, CENT, cents, operator};
use crate::till::Shop;

#[tokio::test]
async fn what_ends_after_a_change_of_mode_is_one_figure_at_once() {
    let mut account = Account::new(BillingMode::None).await;
    account.grant(100, None).await.unwrap();
    let charge = Charge { admitted_at: Timestamp(account.test.now()), payers: Payers::NONE };
    account.test.wait(5);
    let prepaid = Some(BillingMode::Prepaid);
    account.test.app.set_billing_mode(&operator(), &account.organization, prepaid, "a contract").await.unwrap();
    // Admitted before the change, without credit.
    account.uses_of(cents(30), Some(charge)).await;
    assert_eq!((account.balance().await, account.left().await), (cents(70), Some(cents(70))));
    account.proven().await;
    account.test.app.post_ledgers().await.unwrap();
    assert_eq!((account.balance().await, account.left().await), (cents(70), Some(cents(70))));
    account.proven().await;
}

#[tokio::test]
async fn modes_decide_what_usage_takes() {
    let mut account = Account::new(BillingMode::None).await;
    account.uses(Amount::of_picos(5_600_000)).await;
    account.grant(100, None).await.unwrap();
    account.test.app.post_ledgers().await.unwrap();
    assert_eq!((account.balance().await, account.left().await), (cents(100), None), "nothing is charged");
    let set = async |account: &Account, mode| {
        account.test.app.set_billing_mode(&operator(), &account.organization, mode, "a contract").await.unwrap()
    };
    let view = set(&account, Some(BillingMode::Prepaid)).await;
    assert_eq!((view.mode, view.balance, view.unposted), (BillingMode::Prepaid, cents(100), Amount::ZERO));
    assert_eq!(account.left().await, Some(cents(100)), "what was used before is not charged, to the pico");
    account.uses(cents(150)).await;
    assert_eq!((account.balance().await, account.left().await), (cents(-50), Some(cents(-50))));
    set(&account, Some(BillingMode::Postpaid)).await;
    assert_eq!((account.balance().await, account.left().await), (cents(-50), None), "postpaid is not refused");
    account.uses(cents(50)).await;
    account.buys("pi_1", 200).await.unwrap();
    assert_eq!(account.balance().await, cents(100), "a payment settles what is owed");
    set(&account, None).await;
    account.uses(cents(70)).await;
    account.test.app.post_ledgers().await.unwrap();
    assert_eq!(account.balance().await, cents(100));
    account.proven().await;
}

// Organizations that pay in advance are listed first, and one may pay later by the time its turn comes.
#[tokio::test]
async fn nothing_is_bought_automatically_after_a_change_of_mode() {
    let shop = Shop::new().await;
    let (app, organization) = (&shop.test.app, shop.tenant.organization());
    let micros = |cents: i64| Micros(cents * CENT);
    let recharge = Recharge { below: micros(1_000), amount: micros(2_000), ceiling: micros(10_000) };
    app.set_recharge(&shop.tenant.actor, organization, Some(recharge)).await.unwrap();
    let (other, payer) = (app.clone(), organization.clone());
    shop.test.store.before("recharge_one", async move {
        let afterwards = Some(BillingMode::Postpaid);
        other.set_billing_mode(&operator(), &payer, afterwards, "a contract").await.unwrap();
    });
    app.run_recharges().await.unwrap();
    assert_eq!((shop.test.store.unplayed(), shop.till.charges.load(Ordering::SeqCst)), (0, 0));
}
