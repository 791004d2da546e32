//! Events about credit and billing: each is sent once for each time that it happens.

use keystead_app::Actor;
use keystead_app::webhooks::NewWebhook;
use keystead_core::id::OrganizationId;
use keystead_core::ledger::BillingMode;
use keystead_core::time::Timestamp;
use serde_json::{Value, json};

use crate::credit::{Account, CENT, cents, operator};
use crate::vendors::{DAY, ServicesApp};

/// Makes a webhook that is subscribed to all events about credit.
pub(crate) async fn subscribe(test: &ServicesApp, owner: &Actor, organization: &OrganizationId) {
    let types = ["credit.exhausted", "credit.recharge_paused", "billing.suspended", "billing.resumed"];
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
