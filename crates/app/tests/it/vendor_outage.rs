//! Every vendor is down for an hour: nothing is lost, nothing counts as an attempt, and what waited continues by
//! itself.

use keystead_app::verification::organization::OrganizationView;
use keystead_app::{Error, Settings};
use keystead_core::verification::organization::{ATTEMPTS, Status};
use keystead_core::verification::phone::{CHECKS_PER_CODE, PhoneState};
use keystead_providers::identity::State;

use crate::vendors::{Home, House, number, origin};

const HOUR: i64 = 3_600;

fn away<T: std::fmt::Debug>(answer: Result<T, Error>) {
    assert!(matches!(answer, Err(Error::ProviderUnavailable { .. })), "{answer:?}");
}

async fn standing(house: &House, home: &Home) -> OrganizationView {
    house.app.organization_verification(&home.actor, home.organization()).await.unwrap()
}

#[tokio::test]
async fn texts_that_cannot_be_sent_cost_nothing() {
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    let (target, ip) = (number(100, 1), "10.0.0.1");
    house.carrier.line.cut(true);
    away(house.submit(&home, &target, ip).await);
    let current = house.app.phone_view(&home.actor, home.organization()).await.unwrap().current.unwrap();
    assert_eq!((current.state, current.checks_left), (PhoneState::ProviderDown, CHECKS_PER_CODE));
    house.wait(HOUR);
    house.carrier.line.cut(false);
    house.prove(&home, &target, ip).await;
    assert!(house.app.phone_view(&home.actor, home.organization()).await.unwrap().number.is_some());

    // Down between the code and its second sending: the first code does not count against the person.
    let home = house.home("ben").await;
    let (target, ip) = (number(200, 1), "10.1.0.1");
    let sent = house.submit(&home, &target, ip).await.unwrap();
    house.wait(30);
    house.carrier.line.cut(true);
    let again = async || house.app.resend_phone_code(&home.actor, home.organization(), &sent.id, origin(ip)).await;
    away(again().await);
    house.carrier.line.cut(false);
    again().await.unwrap();
    let code = house.carrier.code(&target);
    assert_eq!(house.check(&home, &sent.id, &code, ip).await.unwrap().state, PhoneState::Verified);
}

// S1-23, S1-24: a text that cannot be delivered is reported at once, with another way, and does not count.
#[tokio::test]
async fn an_undelivered_code_is_told() {
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    let (target, ip) = (number(100, 1), "10.0.0.1");
    house.carrier.refused.lock().unwrap().push(target.clone());
    let refused = house.submit(&home, &target, ip).await;
    assert_eq!(crate::vendors::code(refused), "phone_not_delivered");
    let current = house.app.phone_view(&home.actor, home.organization()).await.unwrap().current.unwrap();
    assert_eq!((current.state, current.checks_left), (PhoneState::CodeSent, CHECKS_PER_CODE));
    let log = house.app.audit_log(&home.actor, home.organization(), crate::first_page()).await.unwrap();
    assert!(log.data.iter().any(|event| event.action == "phone.delivery_failed"));
    house.prove(&home, &number(200, 1), ip).await;
}

#[tokio::test]
async fn a_bank_that_is_away_blocks_nobody() {
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    house.bank.line.cut(true);
    for _ in 0..6 {
        away(house.app.start_payment_method(&home.actor, home.organization()).await);
        house.wait(600);
        house.work().await;
    }
    house.bank.line.cut(false);
    house.pay(&home, 1).await;

    // Down while the person enters the card: the page at the bank accepted it, and the poll finds that later.
    let home = house.home("ben").await;
    let setup = house.app.start_payment_method(&home.actor, home.organization()).await.unwrap();
    house.bank.line.cut(true);
    let reference = format!("cs_{}", setup.id);
    let done = keystead_providers::payment::SetupState::Succeeded(crate::vendors::card(2));
    house.bank.setups.lock().unwrap().insert(reference.clone(), done);
    house.deliver("bank", "evt_1", "checkout.session.completed", &reference).await;
    for _ in 0..12 {
        house.wait(300);
        house.work().await;
    }
    let view = house.app.payment_methods(&home.actor, home.organization()).await.unwrap();
    assert!(view.methods.is_empty() && view.setup.unwrap().status == "pending");
    house.bank.line.cut(false);
    house.wait(HOUR);
    house.work().await;
    assert_eq!(house.app.payment_methods(&home.actor, home.organization()).await.unwrap().methods.len(), 1);
}

#[tokio::test]
async fn an_examiner_that_is_away_costs_no_attempt_and_no_time() {
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    house.pay(&home, 1).await;
    house.examiner.line.cut(true);
    away(house.begin(&home).await);
    for _ in 0..60 {
        house.wait(60);
        house.work().await;
    }
    assert_eq!(standing(&house, &home).await.status, Status::InProgress, "queued");
    house.examiner.line.cut(false);
    house.wait(60);
    house.work().await;
    let id = house.begin(&home).await.unwrap();
    let begun = standing(&house, &home).await.attempt.unwrap();
    assert_eq!((begun.id.as_str(), begun.state.as_str()), (id.as_str(), "link_issued"), "the one that waited");

    // Down for an hour in the middle: that hour is added to the deadline, and the last report is applied afterwards.
    house.wait(60);
    house.work().await;
    let before = standing(&house, &home).await.attempt.unwrap().expires_at;
    house.examiner.line.cut(true);
    house.examiner.say(&format!("inq_{id}"), State::Approved, Some("ID 1"), house.now());
    house.deliver("examiner", "evt_1", "inquiry.approved", &format!("inq_{id}")).await;
    for _ in 0..60 {
        house.wait(60);
        house.work().await;
    }
    let view = standing(&house, &home).await;
    assert_eq!(view.status, Status::InProgress);
    let given = view.attempt.unwrap().expires_at.since(before);
    assert!((HOUR - 1_800..=HOUR + 120).contains(&given), "{given}");
    house.examiner.line.cut(false);
    house.wait(HOUR);
    house.work().await;
    let view = standing(&house, &home).await;
    assert_eq!((view.status, view.open, view.attempts_left), (Status::Verified, true, ATTEMPTS));
}

// S3-30: an erasure that is not done in time is requested again daily, and the operator is alerted after three days.
#[tokio::test]
async fn a_copy_that_is_not_erased_is_seen() {
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    house.pay(&home, 1).await;
    let reference = format!("inq_{}", house.begin(&home).await.unwrap());
    house.examiner.say(&reference, State::Approved, Some("ID 1"), house.now());
    house.deliver("examiner", "evt_1", "inquiry.approved", &reference).await;
    house.work().await;
    let attention = async || {
        let overview = house.app.operator_overview(&keystead_app::Actor::operator("anna")).await.unwrap();
        overview.organizations[0].attention.clone()
    };
    house.examiner.line.cut(true);
    for (days, late) in [(7, false), (3, false), (1, true)] {
        house.wait(days * 24 * HOUR);
        house.work().await;
        assert_eq!(attention().await.contains(&"erasure_late"), late, "{days}");
    }
    house.examiner.line.cut(false);
    house.wait(24 * HOUR);
    house.work().await;
    assert!(!attention().await.contains(&"erasure_late"), "erased at last");
}
