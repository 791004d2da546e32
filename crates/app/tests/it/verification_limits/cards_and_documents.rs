//! Limits on cards and identity documents.

use keystead_app::{Actor, Settings};
use keystead_core::time::Timestamp;
use keystead_providers::identity::State;
use keystead_providers::payment::SetupState;

use super::{retry_at, tenants};
use crate::vendors::{DAY, ServicesApp, Tenant, limit};

// S1-12: a list of stolen cards cannot be tested here.
#[tokio::test]
async fn cards_are_not_tested() {
    for (same_card, tries) in [(false, 3), (true, 5)] {
        let test = ServicesApp::new(Settings::default()).await;
        let tenant = test.tenant("eve").await;
        let (actor, organization) = (&tenant.actor, tenant.organization());
        let setup = test.app.start_payment_method(actor, organization).await.unwrap();
        for n in 0..tries {
            let card = if same_card { "card".to_owned() } else { format!("card{n}") };
            let failed = SetupState::Failed { reason: format!("declined_{n}"), card: Some(card) };
            test.bank.setups.lock().unwrap().insert(format!("cs_{}", setup.id), failed);
            test.wait(6);
            let said = test.app.check_payment_setup(actor, organization, setup.id.as_str()).await.unwrap();
            let over = n + 1 == tries;
            assert_eq!(said.status.as_str(), if over { "failed" } else { "pending" }, "{n}");
        }
        let blocked = test.app.start_payment_method(actor, organization).await;
        assert_eq!(retry_at(blocked), Timestamp(test.now() + DAY));
        test.work().await;
        assert_eq!(
            test.bank.setups.lock().unwrap()[&format!("cs_{}", setup.id)],
            SetupState::Expired,
            "and the page at the bank is closed"
        );
        let operator = Actor::operator("anna");
        let overview = test.app.operator_overview(&operator).await.unwrap();
        assert_eq!(overview.organizations[0].attention, ["payment_blocked"]);
        test.wait(DAY - 1);
        assert_eq!(limit(test.app.start_payment_method(actor, organization).await), "payment_setups");
        test.wait(1);
        test.work().await;
        test.app.start_payment_method(actor, organization).await.unwrap();
    }
}

// S3-33: a document verifies one organization in ninety days, or three of the same owner.
#[tokio::test]
async fn one_document_does_not_go_around() {
    let test = ServicesApp::new(Settings::default()).await;
    let people = tenants(&test, 2).await;
    for (n, tenant) in (0u32..).zip(&people) {
        test.pay(tenant, n).await;
    }
    let approve = async |tenant: &Tenant, n: i64| {
        let id = test.begin(tenant).await.unwrap();
        test.examiner.say(&format!("inq_{id}"), State::Approved, Some("ID 123"), test.now() + n);
        test.wait(6);
        test.app.check_organization_verification(&tenant.actor, tenant.organization(), &id).await.unwrap();
        test.app.organization_verification(&tenant.actor, tenant.organization()).await.unwrap()
    };
    let first = approve(&people[0], 0).await;
    assert_eq!((first.status.as_str(), first.open), ("verified", true));
    let verified_at = test.now();
    let second = approve(&people[1], 0).await;
    assert_eq!((second.status.as_str(), second.open), ("in_review", false));
    assert_eq!(second.document_free_at, Some(Timestamp(verified_at + 90 * DAY)), "the exact date is told");
    assert_eq!(test.app.open_cases(&Actor::operator("anna")).await.unwrap()[0].kind.as_str(), "duplicate");
}
