//! What only the clock does: waivers and exemptions end, cards expire, verifications are renewed, stale attempts end.

use keystead_app::verification::RequirementState;
use keystead_app::{Actor, Error, Settings};
use keystead_core::gate::Requirement;
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::Status;
use keystead_core::verification::payment::{PaymentEvent, PaymentState, card_ends};
use keystead_providers::identity::State;

use crate::vendors::{DAY, Home, House, code, number};

async fn standing(house: &House, home: &Home, requirement: Requirement) -> RequirementState {
    let view = house.app.verification_of(home.organization()).await.unwrap();
    view.requirements.into_iter().find(|(known, _)| *known == requirement).unwrap().1
}

// S1-31, S1-34: an operator waives the requirement for an organization without a phone, for some time.
#[tokio::test]
async fn waivers_end_on_their_date() {
    let house = House::new(Settings::default()).await;
    let (home, operator) = (house.home("ann").await, Actor::operator("anna"));
    let until = Some(Timestamp(house.now() + DAY));
    for requirement in [Requirement::Phone, Requirement::PaymentMethod, Requirement::Organization] {
        house.app.waive_requirement(&operator, home.organization(), requirement, until, "case 7").await.unwrap();
        assert_eq!(standing(&house, &home, requirement).await, RequirementState::Waived, "{requirement:?}");
    }
    house.work().await;
    house.wait(DAY - 1);
    house.work().await;
    assert_eq!(standing(&house, &home, Requirement::Phone).await, RequirementState::Waived);
    house.wait(1);
    house.work().await;
    for requirement in Requirement::ALL {
        assert_eq!(standing(&house, &home, requirement).await, RequirementState::Unverified, "{requirement:?}");
    }
    let subjects = house.subjects().join(" ");
    assert!(subjects.contains("No phone is required") && subjects.contains("A phone is required again"), "{subjects}");
    let blank = house.app.waive_requirement(&operator, home.organization(), Requirement::Phone, None, " ").await;
    assert!(matches!(blank, Err(Error::Invalid { param: Some("reason"), .. })));
}

// Owners are informed of an expiring card a month before, and it counts for fourteen days after.
#[tokio::test]
async fn cards_run_out_with_grace() {
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    house.pay(&home, 1).await;
    let ends = card_ends(2027, 1).unwrap().0;
    house.wait(ends - 30 * DAY - 1 - house.now());
    house.work().await;
    let state = async || house.app.payment_methods(&home.actor, home.organization()).await.unwrap().state;
    assert_eq!(state().await, PaymentState::Active);
    house.wait(1);
    house.work().await;
    house.work().await;
    assert_eq!(state().await, PaymentState::Attention);
    assert_eq!(house.subjects().iter().filter(|subject| subject.contains("runs out")).count(), 1, "told once");
    house.wait(44 * DAY - 1);
    house.work().await;
    assert_eq!(standing(&house, &home, Requirement::PaymentMethod).await, RequirementState::Verified);
    house.wait(1);
    house.work().await;
    assert_eq!(standing(&house, &home, Requirement::PaymentMethod).await, RequirementState::Unverified);
    house.pay(&home, 2).await;
    assert_eq!(standing(&house, &home, Requirement::PaymentMethod).await, RequirementState::Verified);
}

// S1-12: of two cards one is the default; removing it makes the other one the default; the operator's invoice counts
// without any.
#[tokio::test]
async fn one_payment_method_replaces_another() {
    let house = House::new(Settings::default()).await;
    let (home, operator) = (house.home("ann").await, Actor::operator("anna"));
    let (actor, organization) = (&home.actor, home.organization());
    house.pay(&home, 1).await;
    house.wait(1);
    house.pay(&home, 2).await;
    let methods = async || house.app.payment_methods(actor, organization).await.unwrap().methods;
    let first = methods().await.iter().find(|method| !method.is_default).unwrap().id.clone();
    house.app.prefer_payment_method(actor, organization, &first).await.unwrap();
    let counting: Vec<String> = methods().await.into_iter().filter(|m| m.is_default).map(|m| m.id).collect();
    assert_eq!(counting, std::slice::from_ref(&first));
    house.app.operate_on_payment(&operator, organization, PaymentEvent::Disputed, "chargeback").await.unwrap();
    assert_eq!(house.app.payment_methods(actor, organization).await.unwrap().state, PaymentState::Attention);
    house.app.remove_payment_method(actor, organization, &first).await.unwrap();
    assert!(methods().await[0].is_default);
    let last = methods().await[0].id.clone();
    house.app.remove_payment_method(actor, organization, &last).await.unwrap();
    assert_eq!(standing(&house, &home, Requirement::PaymentMethod).await, RequirementState::Unverified);
    let nothing = house.app.operate_on_payment(&operator, organization, PaymentEvent::Disputed, "chargeback").await;
    assert_eq!(code(nothing), "payment_not_possible");
}

// Verifications that must be renewed get their date a month before, and close only after it and a grace period.
#[tokio::test]
async fn verifications_are_renewed_where_the_operator_wants_that() {
    let settings =
        Settings { reverify_after_days: Some(365), reverify_new_owner_days: Some(20), ..Settings::default() };
    let house = House::new(settings).await;
    let home = house.home("ann").await;
    house.pay(&home, 1).await;
    let approve = async |document: &str| {
        let id = house.begin(&home).await.unwrap();
        house.examiner.say(&format!("inq_{id}"), State::Approved, Some(document), house.now());
        house.wait(6);
        house.app.check_organization_verification(&home.actor, home.organization(), &id).await.unwrap();
    };
    approve("ID 1").await;
    let view = async || house.app.organization_verification(&home.actor, home.organization()).await.unwrap();
    let since = view().await.since;
    house.wait(334 * DAY);
    house.work().await;
    assert_eq!(view().await.until, None);
    house.wait(DAY);
    house.work().await;
    let due = since.plus(379 * DAY);
    assert_eq!((view().await.status, view().await.until), (Status::Verified, Some(due)));
    for _ in 0..46 {
        house.wait(DAY);
        house.work().await;
    }
    assert_eq!((view().await.status, view().await.open), (Status::Unverified, false));
    let reminders = house.subjects().iter().filter(|subject| subject.contains("must be renewed")).count();
    assert_eq!(reminders, 3, "when it is known, a week and a day before: {:?}", house.subjects());

    // A change of owners does the same, from that moment on.
    house.pay(&home, 3).await;
    approve("ID 2").await;
    let other = house.home("ben").await;
    let (organization, ben) = (home.organization().clone(), other.actor.user().unwrap().clone());
    let row = keystead_store::tables::memberships::Membership {
        organization: organization.clone(),
        user: ben.clone(),
        role: OrganizationRole::Reader,
        created_at: Timestamp(house.now()),
    };
    let join = house.store.write("join", async move |tx: &mut keystead_store::Tx| {
        keystead_store::tables::memberships::insert(tx, &row).await
    });
    join.await.unwrap();
    house.app.change_member_role(&home.actor, &organization, &ben, OrganizationRole::Owner).await.unwrap();
    assert_eq!(view().await.until, Some(Timestamp(house.now() + 20 * DAY)));
}

// An unfinished attempt ends by itself, and only a person who has just signed in replaces a proven number.
#[tokio::test]
async fn numbers_are_changed_with_care() {
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    house.submit(&home, &number(100, 1), "10.0.0.1").await.unwrap();
    house.wait(601);
    house.work().await;
    assert_eq!(house.app.phone_view(&home.actor, home.organization()).await.unwrap().current, None);
    house.prove(&home, &number(100, 1), "10.0.0.1").await;
    let stale = house.submit_as(&home, &number(200, 1), "10.0.0.1", false).await;
    assert_eq!(code(stale), "sign_in_before_replacing");
    house.submit(&home, &number(200, 1), "10.0.0.1").await.unwrap();
    let masked = house.app.phone_view(&home.actor, home.organization()).await.unwrap().number.unwrap().0;
    house.wait(601);
    house.work().await;
    let view = house.app.phone_view(&home.actor, home.organization()).await.unwrap();
    assert_eq!(view.number.unwrap().0, masked, "the old one stays until the new one is proven");
    assert_eq!(standing(&house, &home, Requirement::Phone).await, RequirementState::Verified);
}
