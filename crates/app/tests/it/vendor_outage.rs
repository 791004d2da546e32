//! Every vendor is down for an hour: nothing is lost, nothing counts as an attempt, and what waited continues by
//! itself.

use keystead_app::verification::organization::OrganizationView;
use keystead_app::{Error, Settings};
use keystead_core::verification::organization::{ATTEMPTS, Status};
use keystead_core::verification::payment::SetupStatus;
use keystead_core::verification::phone::{CHECKS_PER_CODE, PhoneState};
use keystead_providers::identity::State;

use crate::vendors::{ServicesApp, Tenant, number, origin};

const HOUR: i64 = 3_600;

fn away<T: std::fmt::Debug>(answer: Result<T, Error>) {
    assert!(matches!(answer, Err(Error::ProviderUnavailable { .. })), "{answer:?}");
}

async fn organization_view(test: &ServicesApp, tenant: &Tenant) -> OrganizationView {
    test.app.organization_verification(&tenant.actor, tenant.organization()).await.unwrap()
}

#[tokio::test]
async fn texts_that_cannot_be_sent_cost_nothing() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let (target, ip) = (number(100, 1), "10.0.0.1");
    test.carrier.line.cut(true);
    away(test.submit(&tenant, &target, ip).await);
    let current = test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap().current.unwrap();
    assert_eq!((current.state, current.checks_left), (PhoneState::ProviderDown, CHECKS_PER_CODE));
    test.wait(HOUR);
    test.carrier.line.cut(false);
    test.prove(&tenant, &target, ip).await;
    assert!(test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap().number.is_some());

    // Down between the code and its second sending: the first code does not count against the person.
    let tenant = test.tenant("ben").await;
    let (target, ip) = (number(200, 1), "10.1.0.1");
    let sent = test.submit(&tenant, &target, ip).await.unwrap();
    test.wait(30);
    test.carrier.line.cut(true);
    let again = async || test.app.resend_phone_code(&tenant.actor, tenant.organization(), &sent.id, origin(ip)).await;
    away(again().await);
    test.carrier.line.cut(false);
    again().await.unwrap();
    let code = test.carrier.code(&target);
    assert_eq!(test.check(&tenant, &sent.id, &code, ip).await.unwrap().state, PhoneState::Verified);
}

// S1-23, S1-24: a text that cannot be delivered is reported at once, with another way, and does not count.
#[tokio::test]
async fn an_undelivered_code_is_told() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let (target, ip) = (number(100, 1), "10.0.0.1");
    test.carrier.refused.lock().unwrap().push(target.clone());
    let refused = test.submit(&tenant, &target, ip).await;
    assert_eq!(crate::vendors::code(refused), "phone_not_delivered");
    let current = test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap().current.unwrap();
    assert_eq!((current.state, current.checks_left), (PhoneState::CodeSent, CHECKS_PER_CODE));
    let log = test.app.audit_log(&tenant.actor, tenant.organization(), crate::first_page()).await.unwrap();
    assert!(log.data.iter().any(|event| event.action == "phone.delivery_failed"));
    test.prove(&tenant, &number(200, 1), ip).await;
}

#[tokio::test]
async fn a_bank_that_is_away_blocks_nobody() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    test.bank.line.cut(true);
    for _ in 0..6 {
        away(test.app.start_payment_method(&tenant.actor, tenant.organization()).await);
        test.wait(600);
        test.work().await;
    }
    test.bank.line.cut(false);
    test.pay(&tenant, 1).await;

    // Down while the person enters the card: the page at the bank accepted it, and the poll finds that later.
    let tenant = test.tenant("ben").await;
    let setup = test.app.start_payment_method(&tenant.actor, tenant.organization()).await.unwrap();
    test.bank.line.cut(true);
    let reference = format!("cs_{}", setup.id);
    let done = keystead_providers::payment::SetupState::Succeeded(crate::vendors::card(2));
    test.bank.setups.lock().unwrap().insert(reference.clone(), done);
    test.deliver("bank", "evt_1", "checkout.session.completed", &reference).await;
    for _ in 0..12 {
        test.wait(300);
        test.work().await;
    }
    let view = test.app.payment_methods(&tenant.actor, tenant.organization()).await.unwrap();
    assert!(view.methods.is_empty() && view.setup.unwrap().status == SetupStatus::Pending);
    test.bank.line.cut(false);
    test.wait(HOUR);
    test.work().await;
    assert_eq!(test.app.payment_methods(&tenant.actor, tenant.organization()).await.unwrap().methods.len(), 1);
}

#[tokio::test]
async fn an_examiner_that_is_away_costs_no_attempt_and_no_time() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    test.pay(&tenant, 1).await;
    test.examiner.line.cut(true);
    away(test.begin(&tenant).await);
    for _ in 0..60 {
        test.wait(60);
        test.work().await;
    }
    assert_eq!(organization_view(&test, &tenant).await.status, Status::InProgress, "queued");
    test.examiner.line.cut(false);
    test.wait(60);
    test.work().await;
    let id = test.begin(&tenant).await.unwrap();
    let begun = organization_view(&test, &tenant).await.attempt.unwrap();
    assert_eq!((begun.id.as_str(), begun.state.as_str()), (id.as_str(), "link_issued"), "the one that waited");

    // Down for an hour in the middle: that hour is added to the deadline, and the last report is applied afterwards.
    test.wait(60);
    test.work().await;
    let before = organization_view(&test, &tenant).await.attempt.unwrap().expires_at;
    test.examiner.line.cut(true);
    test.examiner.say(&format!("inq_{id}"), State::Approved, Some("ID 1"), test.now());
    test.deliver("examiner", "evt_1", "inquiry.approved", &format!("inq_{id}")).await;
    for _ in 0..60 {
        test.wait(60);
        test.work().await;
    }
    let view = organization_view(&test, &tenant).await;
    assert_eq!(view.status, Status::InProgress);
    let given = view.attempt.unwrap().expires_at.since(before);
    assert!((HOUR - 1_800..=HOUR + 120).contains(&given), "{given}");
    test.examiner.line.cut(false);
    test.wait(HOUR);
    test.work().await;
    let view = organization_view(&test, &tenant).await;
    assert_eq!((view.status, view.open, view.attempts_left), (Status::Verified, true, ATTEMPTS));
}

// S3-30: an erasure that is not done in time is requested again daily, and the operator is alerted after three days.
#[tokio::test]
async fn a_copy_that_is_not_erased_is_seen() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    test.pay(&tenant, 1).await;
    let reference = format!("inq_{}", test.begin(&tenant).await.unwrap());
    test.examiner.say(&reference, State::Approved, Some("ID 1"), test.now());
    test.deliver("examiner", "evt_1", "inquiry.approved", &reference).await;
    test.work().await;
    let attention = async || {
        let overview = test.app.operator_overview(&keystead_app::Actor::operator("anna")).await.unwrap();
        overview.organizations[0].attention.clone()
    };
    test.examiner.line.cut(true);
    for (days, late) in [(7, false), (3, false), (1, true)] {
        test.wait(days * 24 * HOUR);
        test.work().await;
        assert_eq!(attention().await.contains(&"erasure_late"), late, "{days}");
    }
    test.examiner.line.cut(false);
    test.wait(24 * HOUR);
    test.work().await;
    assert!(!attention().await.contains(&"erasure_late"), "erased at last");
}
