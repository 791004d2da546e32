//! Events about credit and billing: each is sent once for each time that it happens.

use keystead_app::webhooks::NewWebhook;
use keystead_app::{Actor, Error};
use keystead_core::id::OrganizationId;
use keystead_core::ledger::{BillingMode, MOST};
use keystead_core::money::Micros;
use keystead_core::time::Timestamp;
use serde_json::{Value, json};

use crate::credit::{Account, CENT, cents, operator};
use crate::vendors::{DAY, ServicesApp};

/// Makes a webhook that is subscribed to all events about credit.
pub(crate) async fn subscribe(test: &ServicesApp, owner: &Actor, organization: &OrganizationId) {
    let types = ["credit.low", "credit.exhausted", "credit.recharge_paused", "billing.suspended", "billing.resumed"];
    let asked = NewWebhook {
        url: "https://hooks.example.com/in".to_owned(),
        description: None,
        event_types: types.map(str::to_owned).to_vec(),
        enabled: true,
    };
    test.app.create_webhook(owner, organization, &asked).await.unwrap();
}

/// The events that two nodes sent since the last call.
pub(crate) async fn events(test: &ServicesApp) -> Vec<Value> {
    for _ in 0..2 {
        let (one, other) = tokio::join!(test.app.announce_budgets(), test.app.announce_budgets());
        one.and(other).unwrap();
    }
    while test.app.send_due_webhooks().await.unwrap() > 0 {}
    test.receiver().received().iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect()
}

/// An event of this moment.
pub(crate) fn event(test: &ServicesApp, of_type: &str, data: Value) -> Value {
    json!({ "type": of_type, "timestamp": Timestamp(test.now()).to_string(), "data": data })
}

impl Account {
    async fn subscribed() -> Self {
        let account = Self::new(BillingMode::Prepaid).await;
        subscribe(&account.test, &Actor::Person(account.owner.clone()), &account.organization).await;
        account
    }

    fn exhausted(&self, balance: i64) -> Value {
        let organization = self.organization.as_str();
        let data = json!({ "organization_id": organization, "balance": balance, "unit": "cents", "currency": "USD" });
        event(&self.test, "credit.exhausted", data)
    }

    async fn marks(&self, below: Option<i64>) -> Result<(), Error> {
        let (owner, below) = (Actor::Person(self.owner.clone()), below.map(Micros));
        self.test.app.set_low_mark(&owner, &self.organization, below).await
    }

    /// The events of what two nodes posted.
    async fn posted(&self) -> Vec<Value> {
        let (one, other) = tokio::join!(self.test.app.post_ledgers(), self.test.app.post_ledgers());
        one.and(other).unwrap();
        events(&self.test).await
    }

    fn low(&self, balance: i64, mark: i64) -> Value {
        let organization = self.organization.as_str();
        let data = json!({
            "organization_id": organization, "balance": balance, "mark": mark, "unit": "cents", "currency": "USD",
        });
        event(&self.test, "credit.low", data)
    }
}

#[tokio::test]
async fn the_end_of_credit_is_an_event_each_time() {
    let mut account = Account::subscribed().await;
    assert!(events(&account.test).await.is_empty(), "there was none to end");
    account.grant(100, None).await.unwrap();
    account.uses(cents(99)).await;
    assert!(events(&account.test).await.is_empty());
    account.uses(cents(3)).await;
    assert_eq!(events(&account.test).await, [account.exhausted(-2)]);
    account.test.work().await;
    let told = account.test.subjects().into_iter().filter(|subject| subject.contains("No credit is left"));
    assert_eq!(told.count(), 1, "the owner gets a mail");
    account.uses(cents(1)).await;
    account.test.app.post_ledgers().await.unwrap();
    // This pays a part of what is owed, so that there is no credit meanwhile.
    account.grant(2, None).await.unwrap();
    account.uses(cents(1)).await;
    account.test.app.post_ledgers().await.unwrap();
    assert!(events(&account.test).await.is_empty(), "it ended before");
    account.grant(52, None).await.unwrap();
    account.adjust(-50 * CENT, None).await.unwrap();
    assert_eq!(events(&account.test).await, [account.exhausted(0)], "a correction took it");
    account.grant(10, Some(DAY)).await.unwrap();
    account.test.wait(DAY);
    account.test.app.post_ledgers().await.unwrap();
    account.test.app.post_ledgers().await.unwrap();
    assert_eq!(events(&account.test).await, [account.exhausted(0)], "it expired");
    account.grant(10, None).await.unwrap();
    account.uses(cents(10)).await;
    account.grant(10, None).await.unwrap();
    assert_eq!(events(&account.test).await, [account.exhausted(0)], "also when more was bought before a node looked");
    account.uses(cents(10)).await;
    assert_eq!(events(&account.test).await, [account.exhausted(0)]);
    account.proven().await;
}

#[tokio::test]
async fn little_credit_is_an_event_each_time() {
    let mut account = Account::subscribed().await;
    account.grant(100, None).await.unwrap();
    account.marks(Some(50 * CENT)).await.unwrap();
    account.uses(cents(50)).await;
    assert!(account.posted().await.is_empty(), "the balance is at the mark");
    account.uses(cents(1)).await;
    assert_eq!(account.posted().await, [account.low(49, 50)]);
    account.test.work().await;
    let told = account.test.subjects().into_iter().filter(|subject| subject.contains("Less than 0.50"));
    assert_eq!(told.count(), 1, "the owner gets a mail");
    account.uses(cents(1)).await;
    account.grant(1, None).await.unwrap();
    assert!(account.posted().await.is_empty(), "it was low before");
    account.grant(1, None).await.unwrap();
    account.adjust(-CENT, None).await.unwrap();
    assert_eq!(account.posted().await, [account.low(49, 50)], "it was at the mark, and a correction took it");
    account.grant(1, None).await.unwrap();
    account.uses(cents(10)).await;
    account.grant(110, Some(DAY)).await.unwrap();
    assert_eq!(account.posted().await, [account.low(40, 50)], "also when more was bought before usage was posted");
    account.test.wait(DAY);
    assert_eq!(account.posted().await, [account.low(40, 50)], "it expired");
    account.proven().await;
}

#[tokio::test]
async fn a_mark_is_set_by_owners() {
    let mut account = Account::subscribed().await;
    account.grant(100, None).await.unwrap();
    for wrong in [0, -1, MOST.0 + 1, i64::MAX] {
        assert!(matches!(account.marks(Some(wrong)).await, Err(Error::Invalid { .. })), "{wrong}");
    }
    let clock = Actor::service("clock");
    assert!(account.test.app.set_low_mark(&clock, &account.organization, Some(Micros(CENT))).await.is_err());
    account.marks(Some(500 * CENT)).await.unwrap();
    account.uses(cents(1)).await;
    assert!(account.posted().await.is_empty(), "it was above the balance when it was set");
    // What was used before counts for the mark that was set then.
    account.marks(Some(99 * CENT)).await.unwrap();
    account.uses(cents(1)).await;
    account.marks(Some(50 * CENT)).await.unwrap();
    assert_eq!(account.posted().await, [account.low(98, 99)]);
    account.marks(None).await.unwrap();
    account.uses(cents(90)).await;
    assert!(account.posted().await.is_empty(), "there is no mark");
    account.proven().await;
}

#[tokio::test]
async fn only_prepaid_credit_is_low() {
    let mut account = Account::new(BillingMode::Postpaid).await;
    subscribe(&account.test, &Actor::Person(account.owner.clone()), &account.organization).await;
    account.grant(100, None).await.unwrap();
    account.marks(Some(50 * CENT)).await.unwrap();
    account.uses(cents(60)).await;
    assert!(account.posted().await.is_empty(), "what exceeds credit is owed");
    let prepaid = Some(BillingMode::Prepaid);
    account.test.app.set_billing_mode(&operator(), &account.organization, prepaid, "a contract").await.unwrap();
    assert_eq!(account.posted().await, [account.low(40, 50)]);
}

#[tokio::test]
async fn suspensions_of_billing_are_events() {
    let account = Account::subscribed().await;
    let (app, organization) = (&account.test.app, &account.organization);
    let suspended = |why: &str, reason: &str| {
        let data = json!({ "organization_id": organization.as_str(), "for": why, "reason": reason });
        event(&account.test, "billing.suspended", data)
    };
    let resumed = event(&account.test, "billing.resumed", json!({ "organization_id": organization.as_str() }));
    for _ in 0..2 {
        app.suspend_billing(&operator(), organization, "unpaid").await.unwrap();
    }
    assert_eq!(events(&account.test).await, [suspended("operator", "unpaid")]);
    for _ in 0..2 {
        app.resume_billing(&operator(), organization, "paid").await.unwrap();
    }
    assert_eq!(events(&account.test).await, std::slice::from_ref(&resumed));
    account.buys("pi_1", 1_000).await.unwrap();
    for _ in 0..2 {
        account.takes_back("pi_1", "dp_1", 800, true).await.unwrap();
    }
    assert_eq!(events(&account.test).await, [suspended("chargeback", "")]);
    for _ in 0..2 {
        account.returns("dp_1").await.unwrap();
    }
    assert_eq!(events(&account.test).await, [resumed]);
}
