//! An installation without services: rules about them wait for the operator, and no mail is promised.

use keystead_app::accounts::Context;
use keystead_app::keys::NewKey;
use keystead_app::{Actor, App, Error, Services, Settings};
use keystead_core::gate::{Requirement, UnmeetableState};
use keystead_core::installation::{Capability, CapabilityState};
use keystead_core::secret::Secret;
use keystead_providers::Fault;
use keystead_store::Tx;
use keystead_store::tables::installation_facts;
use keystead_testkit::{Databases, World};

use crate::vendors::ServicesApp;

const NOON: i64 = 1_767_268_800;

/// Over a database of an installation where nothing was ever set up.
async fn bare() -> (World, App) {
    let world = World::over(Databases::Memory.fresh().await.store, NOON);
    let settings = Settings { operator_emails: vec!["op@example.com".to_owned()], ..Settings::default() };
    let app = world.app(Services::default(), settings);
    (world, app)
}

#[tokio::test]
async fn a_phone_that_was_never_checked_here_is_required_only_by_decision() {
    let (world, app) = bare().await;
    let (operator, made) = (Actor::operator("op@example.com"), app.bootstrap("ann@x.de", "One", false).await.unwrap());
    let person = Actor::Person(made.user_id.clone());
    let create = async || {
        let asked = NewKey { name: Some("laptop".to_owned()), ..NewKey::default() };
        app.create_project_key(&person, &made.organization_id, &made.project_id, &asked).await.map(|_| ())
    };
    let state = async |requirement| {
        let view = app.installation(&operator).await.unwrap();
        view.rules.iter().find(|rule| rule.requirement == requirement).map(|rule| rule.state)
    };
    assert_eq!(create().await, Ok(()));
    assert_eq!(state(Requirement::Phone).await, Some(UnmeetableState::Waits));
    assert!(app.phone_view(&person, &made.organization_id).await.unwrap().waits);

    let reasonless = app.decide_without_service(&operator, Requirement::Phone, true, " ").await;
    assert!(matches!(reasonless, Err(Error::Invalid { .. })), "{reasonless:?}");
    let stranger = app.decide_without_service(&person, Requirement::Phone, true, "mine").await;
    assert!(matches!(stranger, Err(Error::Forbidden { .. })), "{stranger:?}");
    app.decide_without_service(&operator, Requirement::Phone, true, "closed beta").await.unwrap();
    assert!(matches!(create().await, Err(Error::RequirementMissing { .. })));
    assert_eq!(state(Requirement::Phone).await, Some(UnmeetableState::RefusesByDecision));
    let saved = app.policy(&operator).await.unwrap();
    assert_eq!(saved.versions[0].reason, "closed beta");
    // Other rules are saved without losing the decision.
    app.save_policy(&operator, saved.policy.rules, saved.version, "same").await.unwrap();
    assert!(matches!(create().await, Err(Error::RequirementMissing { .. })));
    app.decide_without_service(&operator, Requirement::Phone, false, "open again").await.unwrap();
    assert_eq!(create().await, Ok(()));

    // A node with the service starts: from then on the rule is enforced, also after the service is gone.
    let note = async |tx: &mut Tx| {
        installation_facts::note_set_up(tx, Requirement::Phone, keystead_core::Timestamp(NOON)).await
    };
    world.store.write("note", note).await.unwrap();
    assert!(matches!(create().await, Err(Error::RequirementMissing { .. })));
    assert_eq!(state(Requirement::Phone).await, Some(UnmeetableState::Removed));
}

#[tokio::test]
async fn without_mail_nothing_promises_one() {
    let (_, app) = bare().await;
    let context = Context::default();
    let refused = app.sign_up("ann@example.com", &Secret::new("violet submarine 7".to_owned()), &context).await;
    assert_eq!(refused, Err(Error::Unsupported("mails")));
    assert_eq!(app.request_reset("ann@example.com", &context).await, Err(Error::Unsupported("mails")));
    let operator = Actor::operator("op@example.com");
    let sent = app.test_mail(&operator, "op@example.com", String::new(), String::new()).await;
    assert_eq!(sent.map(|_| ()), Err(Error::Unsupported("mails")));
    let view = app.installation(&operator).await.unwrap();
    assert_eq!(view.state(Capability::Mail), CapabilityState::NotSetUp);
    assert_eq!(view.state(Capability::Backups), CapabilityState::NotSetUp);
}

#[tokio::test]
async fn the_first_link_of_an_owner_works_once_and_without_mail() {
    let (_, app) = bare().await;
    let made = app.bootstrap("op@example.com", "One", true).await.unwrap();
    let link = made.sign_in_link.unwrap();
    let token = Secret::new(link.expose().split_once("token=").unwrap().1.to_owned());
    let password = Secret::new("violet submarine 7".to_owned());
    let opened = app.reset_password(&token, &password, &Context::default()).await.unwrap();
    assert!(!opened.waits_for_code);
    assert!(app.reset_password(&token, &password, &Context::default()).await.is_err());
    assert!(app.sign_in("op@example.com", &password, &Context::default()).await.is_ok());
    assert!(app.bootstrap("op@example.com", "Two", true).await.unwrap().sign_in_link.is_none());
}

#[tokio::test]
async fn a_test_mail_goes_to_operators_only() {
    let (world, _) = bare().await;
    let settings = Settings { operator_emails: vec!["op@example.com".to_owned()], ..Settings::default() };
    let app = world.app(world.services(), settings);
    let operator = Actor::operator("op@example.com");
    let other = app.test_mail(&operator, "ann@example.com", "s".to_owned(), "t".to_owned()).await;
    assert!(matches!(other, Err(Error::NotFound { .. })));
    let sent = app.test_mail(&operator, "op@example.com", "s".to_owned(), "t".to_owned()).await.unwrap();
    assert_eq!(sent.failure, None);
    assert_eq!(world.mailbox.take().len(), 1);
}

fn operated() -> Settings {
    Settings { operator_emails: vec!["op@example.com".to_owned()], ..Settings::default() }
}

#[tokio::test]
async fn tests_of_services_do_the_real_thing_for_operators_only() {
    let test = ServicesApp::new(operated()).await;
    let (app, operator) = (&test.app, Actor::operator("op@example.com"));
    let person = test.tenant("ann").await.actor;
    let number = "+48 512 345 678";
    for refused in [
        app.test_text_message(&person, number, "en", "hello").await.map(drop),
        app.test_identity(&person, "en").await.map(drop),
        app.test_payment(&person).await.map(drop),
        app.test_model_servers(&person).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    }
    let wrong = app.test_text_message(&operator, "512", "en", "hello").await;
    assert!(matches!(wrong, Err(Error::Invalid { .. })), "{wrong:?}");

    let sent = app.test_text_message(&operator, number, "en", "hello").await.unwrap();
    assert_eq!(sent.iter().map(|one| (&one.service, &one.failure)).collect::<Vec<_>>(), [(&None, &None)]);
    assert_eq!(test.carrier.texts.lock().unwrap().clone(), [("+48512345678".to_owned(), "hello".to_owned())]);
    assert_eq!(app.test_identity(&operator, "pl").await.unwrap().failure, None);
    let checks = test.examiner.checks.lock().unwrap().len();
    assert_eq!(checks, 1, "a check was begun");

    assert_eq!(app.test_payment(&operator).await.unwrap().failure, None);

    test.carrier.line.cut(true);
    test.examiner.line.cut(true);
    let failed = app.test_text_message(&operator, number, "en", "hello").await.unwrap();
    let failure = failed[0].failure.clone().unwrap();
    assert_eq!((failure.fault, failure.reason.as_str()), (Fault::NoAnswer, "away"));
    assert!(app.test_identity(&operator, "en").await.unwrap().failure.is_some());

    // Each test may cost money, so there are bounds for each operator.
    let mut limited = Ok(());
    for _ in 0..30 {
        limited = limited.and(app.test_model_servers(&operator).await.map(drop));
    }
    assert!(matches!(limited, Err(Error::Limited { .. })), "{limited:?}");
    assert_eq!(app.test_model_servers(&Actor::operator("two@example.com")).await, Ok(vec![]));
}

#[tokio::test]
async fn the_setup_page_comes_first_until_an_operator_has_seen_it() {
    let (_, app) = bare().await;
    assert_eq!(app.setup_comes_first().await, Ok(true));
    let person = Actor::Person(app.bootstrap("ann@x.de", "One", false).await.unwrap().user_id);
    assert!(matches!(app.note_setup_seen(&person).await, Err(Error::Forbidden { .. })));
    app.note_setup_seen(&Actor::operator("op@example.com")).await.unwrap();
    assert_eq!(app.setup_comes_first().await, Ok(false));
    let complete = ServicesApp::new(operated()).await;
    let configured = complete.app.installation_report().await.unwrap();
    assert_eq!(complete.app.setup_comes_first().await, Ok(configured.needs_operator()));
}
