//! What only the clock does: waivers and exemptions end, cards expire, verifications are renewed, stale attempts end.

use keystead_app::verification::RequirementState;
use keystead_app::{Actor, Error, Settings};
use keystead_core::gate::Requirement;
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::Status;
use keystead_core::verification::payment::{PaymentEvent, PaymentState, card_ends};
use keystead_providers::identity::State;

use crate::vendors::{DAY, ServicesApp, Tenant, code, number};

async fn requirement_state(test: &ServicesApp, tenant: &Tenant, requirement: Requirement) -> RequirementState {
    let view = test.app.verification_of(tenant.organization()).await.unwrap();
    view.requirements.into_iter().find(|(known, _)| *known == requirement).unwrap().1
}

// S1-31, S1-34: an operator waives the requirement for an organization without a phone, for some time.
#[tokio::test]
async fn waivers_end_on_their_date() {
    let test = ServicesApp::new(Settings::default()).await;
    let (tenant, operator) = (test.tenant("ann").await, Actor::operator("anna"));
    let until = Some(Timestamp(test.now() + DAY));
    for requirement in [Requirement::Phone, Requirement::PaymentMethod, Requirement::Organization] {
        test.app.waive_requirement(&operator, tenant.organization(), requirement, until, "case 7").await.unwrap();
        assert_eq!(requirement_state(&test, &tenant, requirement).await, RequirementState::Waived, "{requirement:?}");
    }
    test.work().await;
    test.wait(DAY - 1);
    test.work().await;
    assert_eq!(requirement_state(&test, &tenant, Requirement::Phone).await, RequirementState::Waived);
    test.wait(1);
    test.work().await;
    for requirement in Requirement::ALL {
        assert_eq!(
            requirement_state(&test, &tenant, requirement).await,
            RequirementState::Unverified,
            "{requirement:?}"
        );
    }
    let subjects = test.subjects().join(" ");
    assert!(
        subjects.contains("verification is no longer required") && subjects.contains("verification is required again"),
        "{subjects}"
    );
    let blank = test.app.waive_requirement(&operator, tenant.organization(), Requirement::Phone, None, " ").await;
    assert!(matches!(blank, Err(Error::Invalid { param: Some("reason"), .. })));
}

// Owners are informed of an expiring card a month before, and it counts for fourteen days after.
#[tokio::test]
async fn cards_run_out_with_grace() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    test.pay(&tenant, 1).await;
    let ends = card_ends(2027, 1).unwrap().0;
    test.wait(ends - 30 * DAY - 1 - test.now());
    test.work().await;
    let state = async || test.app.payment_methods(&tenant.actor, tenant.organization()).await.unwrap().state;
    assert_eq!(state().await, PaymentState::Active);
    test.wait(1);
    test.work().await;
    test.work().await;
    assert_eq!(state().await, PaymentState::Attention);
    assert_eq!(test.subjects().iter().filter(|subject| subject.contains("expires soon")).count(), 1, "told once");
    test.wait(44 * DAY - 1);
    test.work().await;
    assert_eq!(requirement_state(&test, &tenant, Requirement::PaymentMethod).await, RequirementState::Verified);
    test.wait(1);
    test.work().await;
    assert_eq!(requirement_state(&test, &tenant, Requirement::PaymentMethod).await, RequirementState::Unverified);
    test.pay(&tenant, 2).await;
    assert_eq!(requirement_state(&test, &tenant, Requirement::PaymentMethod).await, RequirementState::Verified);
}

// S1-12: of two cards one is the default; removing it makes the other one the default; the operator's invoice counts
// without any.
#[tokio::test]
async fn one_payment_method_replaces_another() {
    let test = ServicesApp::new(Settings::default()).await;
    let (tenant, operator) = (test.tenant("ann").await, Actor::operator("anna"));
    let (actor, organization) = (&tenant.actor, tenant.organization());
    test.pay(&tenant, 1).await;
    test.wait(1);
    test.pay(&tenant, 2).await;
    let methods = async || test.app.payment_methods(actor, organization).await.unwrap().methods;
    let first = methods().await.iter().find(|method| !method.is_default).unwrap().id.clone();
    test.app.prefer_payment_method(actor, organization, first.as_str()).await.unwrap();
    let counting: Vec<_> = methods().await.into_iter().filter(|m| m.is_default).map(|m| m.id).collect();
    assert_eq!(counting, std::slice::from_ref(&first));
    test.app.operate_on_payment(&operator, organization, PaymentEvent::Disputed, "chargeback").await.unwrap();
    assert_eq!(test.app.payment_methods(actor, organization).await.unwrap().state, PaymentState::Attention);
    test.app.remove_payment_method(actor, organization, first.as_str()).await.unwrap();
    assert!(methods().await[0].is_default);
    let last = methods().await[0].id.clone();
    test.app.remove_payment_method(actor, organization, last.as_str()).await.unwrap();
    assert_eq!(requirement_state(&test, &tenant, Requirement::PaymentMethod).await, RequirementState::Unverified);
    let nothing = test.app.operate_on_payment(&operator, organization, PaymentEvent::Disputed, "chargeback").await;
    assert_eq!(code(nothing), "payment_not_possible");
}

// Verifications that must be renewed get their date a month before, and close only after it and a grace period.
#[tokio::test]
async fn verifications_are_renewed_where_the_operator_wants_that() {
    let settings =
        Settings { reverify_after_days: Some(365), reverify_new_owner_days: Some(20), ..Settings::default() };
    let test = ServicesApp::new(settings).await;
    let tenant = test.tenant("ann").await;
    test.pay(&tenant, 1).await;
    let approve = async |document: &str| {
        let id = test.begin(&tenant).await.unwrap();
        test.examiner.say(&format!("inq_{id}"), State::Approved, Some(document), test.now());
        test.wait(6);
        test.app.check_organization_verification(&tenant.actor, tenant.organization(), &id).await.unwrap();
    };
    approve("ID 1").await;
    let view = async || test.app.organization_verification(&tenant.actor, tenant.organization()).await.unwrap();
    let since = view().await.since;
    test.wait(334 * DAY);
    test.work().await;
    assert_eq!(view().await.until, None);
    test.wait(DAY);
    test.work().await;
    let due = since.plus(379 * DAY);
    assert_eq!((view().await.status, view().await.until), (Status::Verified, Some(due)));
    for _ in 0..46 {
        test.wait(DAY);
        test.work().await;
    }
    assert_eq!((view().await.status, view().await.open), (Status::Unverified, false));
    let reminders = test.subjects().iter().filter(|subject| subject.contains("Renew your verification")).count();
    assert_eq!(reminders, 3, "when it is known, a week and a day before: {:?}", test.subjects());

    // A change of owners does the same, from that moment on.
    test.pay(&tenant, 3).await;
    approve("ID 2").await;
    let other = test.tenant("ben").await;
    let (organization, ben) = (tenant.organization().clone(), other.actor.user().unwrap().clone());
    let row = keystead_store::tables::memberships::Membership {
        organization: organization.clone(),
        user: ben.clone(),
        role: OrganizationRole::Reader,
        created_at: Timestamp(test.now()),
    };
    let join = test.store.write("join", async move |tx: &mut keystead_store::Tx| {
        keystead_store::tables::memberships::insert(tx, &row).await
    });
    join.await.unwrap();
    test.app.change_member_role(&tenant.actor, &organization, &ben, OrganizationRole::Owner).await.unwrap();
    assert_eq!(view().await.until, Some(Timestamp(test.now() + 20 * DAY)));
}

// An unfinished attempt ends by itself, and only a person who has just signed in replaces a proven number.
#[tokio::test]
async fn numbers_are_changed_with_care() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    test.submit(&tenant, &number(100, 1), "10.0.0.1").await.unwrap();
    test.wait(601);
    test.work().await;
    assert_eq!(test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap().current, None);
    test.prove(&tenant, &number(100, 1), "10.0.0.1").await;
    let stale = test.submit_as(&tenant, &number(200, 1), "10.0.0.1", false).await;
    assert_eq!(code(stale), "sign_in_before_replacing");
    test.submit(&tenant, &number(200, 1), "10.0.0.1").await.unwrap();
    let masked = test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap().number.unwrap().0;
    test.wait(601);
    test.work().await;
    let view = test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap();
    assert_eq!(view.number.unwrap().0, masked, "the old one stays until the new one is proven");
    assert_eq!(requirement_state(&test, &tenant, Requirement::Phone).await, RequirementState::Verified);
}
