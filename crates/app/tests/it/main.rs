//! Use cases over a store in memory, with a clock and a generator controlled by the test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]

mod account_deletion;
mod account_export;
mod accounts;
mod anomalies;
mod audit_readers;
mod budget_alerts;
mod bursts;
mod case_mails;
mod certificates;
mod code_binding;
mod concurrency;
mod credit;
mod credit_events;
mod deadlines;
mod fault_injection;
mod installation;
mod invitations;
mod lock_order;
mod oidc_sign_in;
mod operator_keys;
mod operator_signals;
mod organization_deletion;
mod organization_export;
mod organizations;
mod other_environment;
mod outgoing_webhooks;
mod passkeys;
mod policies;
mod prices;
mod purchases;
mod purchases_back;
mod races;
mod removed_members;
mod review;
mod review_faults;
mod role_model;
mod role_rules;
mod scheduled_changes;
mod second_code_service;
mod second_factor;
mod session_model;
mod sessions;
mod spend_alerts;
mod submission_model;
mod test_app;
mod tiers;
mod till;
mod tokens;
mod transaction_faults;
mod two_devices;
mod vendor_faults;
mod vendor_outage;
mod vendors;
mod verification_limits;
mod webhooks;

use keystead_app::keys::NewKey;
use keystead_app::verification::RequirementState;
use keystead_app::{Actor, App, Error, Page, Services, Settings};
use keystead_core::gate::Requirement;
use keystead_testkit::World;

async fn app() -> App {
    World::new(1_767_225_600).await.app(Services::default(), Settings::default())
}

fn first_page() -> Page {
    Page { after: None, limit: 20, ascending: true }
}

#[tokio::test]
async fn bootstrap_again_keeps_the_person() {
    let app = app().await;
    let first = app.bootstrap("Ann@Example.com", "One", true).await.unwrap();
    let second = app.bootstrap("ann@example.com ", "Two", false).await.unwrap();
    assert_eq!(first.user_id, second.user_id);
    assert_ne!(first.organization_id, second.organization_id);
    assert!(first.admin_key.expose().starts_with("sk-admin-"));
    let states = |made: Vec<(Requirement, RequirementState)>| made.into_iter().map(|(_, how)| how).collect::<Vec<_>>();
    let one = app.verification_of(&first.organization_id).await.unwrap();
    assert_eq!(
        states(one.requirements),
        [RequirementState::Waived, RequirementState::Waived, RequirementState::Unverified]
    );
    let two = app.verification_of(&second.organization_id).await.unwrap();
    assert_eq!(states(two.requirements), [RequirementState::Unverified; 3]);
    for email in ["", "ann", "@x", "a@", "a b@c", "a\u{0}b@c"] {
        let refused = app.bootstrap(email, "Three", true).await;
        assert!(matches!(refused, Err(Error::Invalid { param: Some("email"), .. })), "{email:?}");
    }
}

/// S1-01 S1-04 S1-26: the dashboard uses the same gate as the API, for legacy user keys, too.
#[tokio::test]
async fn the_dashboard_meets_the_same_gate() {
    let app = app().await;
    let made = app.bootstrap("ann@example.com", "One", false).await.unwrap();
    let person = Actor::Person(made.user_id.clone());
    let asked = NewKey { name: Some("laptop".to_owned()), ..NewKey::default() };
    let project = app.create_project_key(&person, &made.organization_id, &made.project_id, &asked).await;
    let user = app.create_user_key(&person, &made.organization_id, &asked).await;
    for refused in [project, user] {
        let Err(Error::RequirementMissing { missing, organization, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!((missing, organization), (vec![Requirement::Phone], made.organization_id.clone()));
    }
    let operator = Actor::operator("root");
    app.waive_requirement(&operator, &made.organization_id, Requirement::Phone, None, "trusted").await.unwrap();
    let key = app.create_project_key(&person, &made.organization_id, &made.project_id, &asked).await.unwrap();
    assert!(key.secret.expose().starts_with("sk-proj-"));
    assert!(!format!("{key:?}").contains(key.secret.expose()));
    let log = app.audit_log(&operator, &made.organization_id, first_page()).await.unwrap();
    assert_eq!(log.data.iter().filter(|event| event.action == "api_key.created").count(), 2);
}

#[tokio::test]
async fn only_operators_waive_and_only_owners_act() {
    let app = app().await;
    let one = app.bootstrap("ann@example.com", "One", true).await.unwrap();
    let two = app.bootstrap("bob@example.com", "Two", true).await.unwrap();
    let bob = Actor::Person(two.user_id.clone());
    let waived = app.waive_requirement(&bob, &two.organization_id, Requirement::Organization, None, "please").await;
    assert!(matches!(waived, Err(Error::Forbidden { .. })));
    let foreign = app.projects(&bob, &one.organization_id, false, first_page()).await;
    assert!(matches!(foreign, Err(Error::NotFound { .. })));
    let foreign = app.project(&bob, &two.organization_id, &one.project_id).await;
    assert!(matches!(foreign, Err(Error::NotFound { .. })));
    let asked = NewKey::default();
    let foreign = app.create_project_key(&bob, &two.organization_id, &one.project_id, &asked).await;
    assert!(matches!(foreign, Err(Error::NotFound { .. })));
}
