//! What a suspension of billing refuses, and when.

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_core::access::{ModelUse, Payer, judge_model};
use keystead_core::caller::Caller;
use keystead_core::gate::Policy;
use keystead_core::key::ApiKey;
use keystead_core::ledger::BillingMode;
use keystead_core::refusal::Refusal;
use keystead_core::route::ROUTES;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::directory;

use super::{Account, operator};

#[tokio::test]
async fn a_suspended_organization_is_refused_after_its_verification_is_checked() {
    let account = Account::new(BillingMode::Prepaid).await;
    let suspended = async |account: &Account| {
        let caller = account.caller().await;
        let payer = Payer { organization: account.organization.clone(), project: account.project.clone() };
        let route = ROUTES.iter().find(|route| route.path == "/v1/chat/completions").unwrap();
        judge_model(&Policy::default(), &caller, &payer, route, ModelUse::of("m"), Timestamp(account.test.now()))
    };
    assert!(suspended(&account).await.is_ok());
    account.test.app.suspend_billing(&operator(), &account.organization, "unpaid").await.unwrap();
    let refused = suspended(&account).await.unwrap_err();
    assert_eq!(refused, Refusal::BillingNotActive(account.organization.clone()));
    let answer = refused.response("https://x");
    assert_eq!((answer.status, answer.kind, answer.code), (429, "billing_not_active", Some("billing_not_active")));
    // A chargeback that is returned does not end what an operator began.
    account.buys("pi_1", 10).await.unwrap();
    account.takes_back("pi_1", "dp_1", 10, true).await.unwrap();
    account.returns("dp_1").await.unwrap();
    assert!(suspended(&account).await.is_err());
    account.test.app.resume_billing(&operator(), &account.organization, "paid").await.unwrap();
    assert!(suspended(&account).await.is_ok());
}

// The owners are told once, with the reason that the page shows; why it was resumed is for the audit log.
#[tokio::test]
async fn owners_are_told_when_an_operator_suspends_and_resumes() {
    let account = Account::new(BillingMode::Prepaid).await;
    let (app, organization) = (&account.test.app, &account.organization);
    let told = async |part: &str| {
        account.test.work().await;
        let about: Vec<_> = account.test.mails().into_iter().filter(|mail| mail.subject.contains(part)).collect();
        assert_eq!(about.len(), 1, "{part}");
        assert_eq!(about[0].to, "ann@example.com");
        about[0].text.clone()
    };
    for _ in 0..2 {
        app.suspend_billing(&operator(), organization, "unpaid since May").await.unwrap();
    }
    let text = told("billing of your organization is suspended").await;
    assert!(text.contains("Organization: Acme\nReason: unpaid since May\n"), "{text}");
    assert!(text.contains("/settings/organization/billing"), "{text}");
    for _ in 0..2 {
        app.resume_billing(&operator(), organization, "paid after a call").await.unwrap();
    }
    let text = told("billing of your organization is resumed").await;
    assert!(!text.contains("Reason") && !text.contains("a call") && !text.contains("Amount"), "{text}");
}

// An operator's suspension takes the place of the one that a chargeback began, and only they know why.
#[tokio::test]
async fn an_operator_can_suspend_what_a_chargeback_suspended() {
    let account = Account::new(BillingMode::Prepaid).await;
    account.buys("pi_1", 10).await.unwrap();
    account.takes_back("pi_1", "dp_1", 10, true).await.unwrap();
    account.test.app.suspend_billing(&operator(), &account.organization, "unpaid").await.unwrap();
    account.test.work().await;
    let told = account.test.subjects().into_iter().filter(|subject| subject.contains("is suspended"));
    assert_eq!(told.count(), 1);
}

impl Account {
    /// The caller of a key of the project, as gateways read it.
    async fn caller(&self) -> Caller {
        let person = Actor::Person(self.owner.clone());
        let asked = NewKey { name: Some("k".to_owned()), ..NewKey::default() };
        let made = self.test.app.create_project_key(&person, &self.organization, &self.project, &asked).await.unwrap();
        let parsed = ApiKey::parse(made.secret.expose(), &keystead_testkit::tags()).unwrap();
        let digest = parsed.digest(&keystead_testkit::pepper());
        let read = async move |tx: &mut Tx| directory::find_caller(tx, &digest).await;
        let found: Result<_, keystead_store::Error> = self.test.store.read("caller", read).await;
        found.unwrap().unwrap()
    }
}
