//! What was proven may be removed between the proof and the act: each test does exactly that in between.

use std::future::Future;

use keystead_app::accounts::Context;
use keystead_app::{Actor, App, Error, Settings};
use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::payment::SetupStatus;
use keystead_providers::payment::SetupState;
use keystead_providers::sign_in::Identity;
use keystead_store::tables::{payments, sessions, users};
use keystead_store::{Store, Tx};

use crate::passkeys::{Authenticator, added};
use crate::second_factor::{Phone, guarded};
use crate::test_app::*;
use crate::vendors::{ServicesApp, card};

const ANN: &str = "ann@example.com";

fn identity() -> Identity {
    Identity {
        issuer: "https://issuer.test".to_owned(),
        subject: "s-1".to_owned(),
        email: ANN.to_owned(),
        email_verified: true,
        name: None,
    }
}

/// Ends every other session of a person, as an operator, another session or the person may do.
async fn end_all(store: Store, user: UserId, at: i64) {
    let end = async move |tx: &mut Tx| sessions::revoke_others(tx, &user, &[], Timestamp(at)).await;
    let ended: Result<u64, keystead_store::Error> = store.write("end_all", end).await;
    ended.unwrap();
}

/// Counts a person's open sessions.
async fn open(test: &TestApp, user: &UserId) -> usize {
    test.app.devices(user, "").await.unwrap().len()
}

/// Hashing a password takes seconds when many wait; a reset that is done by then leaves no session of the old one.
#[tokio::test]
async fn a_reset_while_the_old_password_is_checked() {
    let test = TestApp::new().await;
    let ann = test.confirmed_user(ANN).await;
    test.app.request_reset(ANN, &laptop()).await.unwrap();
    let (app, link) = (test.app.clone(), test.token().await);
    test.store.before("sign_in_ok", async move {
        app.reset_password(&link, &secret(OTHER), &laptop()).await.unwrap();
    });
    assert_eq!(code(test.sign_in(ANN, GOOD).await), "wrong_credentials");
    assert_eq!((test.store.unplayed(), open(&test, &ann).await), (0, 1), "only the one who reset it");
    assert!(test.sign_in(ANN, OTHER).await.is_ok());
}

#[tokio::test]
async fn a_change_of_the_password_while_the_old_one_is_checked() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user(ANN).await;
    let app = test.app.clone();
    test.store.before("sign_in_ok", async move {
        app.change_password(&here.session, &secret(GOOD), &secret(OTHER)).await.unwrap();
    });
    assert_eq!(code(test.sign_in(ANN, GOOD).await), "wrong_credentials");
    assert_eq!((test.store.unplayed(), open(&test, &ann).await), (0, 1));
}

#[tokio::test]
async fn an_account_closed_while_the_password_is_checked() {
    let test = TestApp::new().await;
    let ann = test.confirmed_user(ANN).await;
    let (store, user, at) = (test.store.clone(), ann.clone(), Timestamp(test.now()));
    test.store.before("sign_in_ok", async move {
        let close = async move |tx: &mut Tx| users::set_deactivated(tx, &user, Some(at), at).await;
        let closed: Result<(), keystead_store::Error> = store.write("close", close).await;
        closed.unwrap();
    });
    assert_eq!(code(test.sign_in(ANN, GOOD).await), "wrong_credentials");
    assert_eq!(open(&test, &ann).await, 0);
}

#[tokio::test]
async fn a_second_step_set_up_while_the_password_is_checked() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user(ANN).await;
    let phone = Phone::new(&test.app.enrol_second_factor(&here.session).await.unwrap());
    let (app, first) = (test.app.clone(), phone.code(test.now()));
    test.store.before("sign_in_ok", async move {
        app.confirm_second_factor(&here.session, &first).await.unwrap();
    });
    let opened = test.sign_in(ANN, GOOD).await.unwrap();
    assert!(opened.waits_for_code && !test.session_is_open(&opened.session).await);
    assert_eq!(open(&test, &ann).await, 1);
}

/// While a code is awaited, the proof before it may be removed: the password, the identity, the account's second
/// factor.
#[tokio::test]
async fn what_was_proven_before_the_code_is_compared_again() {
    let test = TestApp::new().await;
    let ann = guarded(&test, ANN).await;
    test.issuer.answer(Some(identity()));
    let departed = test.app.connect_identity(&ann.session, "/").await.unwrap();
    test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.unwrap();
    let elsewhere = async || {
        let departed = test.app.begin_oidc("/").await.unwrap();
        let (opened, _) = test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.unwrap();
        let opened = opened.unwrap();
        assert!(opened.waits_for_code);
        opened.session
    };
    let code_of = |test: &TestApp| ann.phone.code(test.now());
    let by_identity = elsewhere().await;
    let session = test.app.unlink_identity(&ann.session, "https://issuer.test").await.unwrap().session;
    let proven = test.app.prove_second_factor(&by_identity, &code_of(&test), &laptop()).await;
    assert_eq!(code(proven), "link_expired", "the identity opens it no longer");

    let by_password = test.sign_in(ANN, GOOD).await.unwrap().session;
    let (app, other) = (test.app.clone(), session.clone());
    test.store.before("prove_second_factor", async move {
        app.change_password(&other, &secret(GOOD), &secret(OTHER)).await.unwrap();
    });
    test.advance(30);
    let proven = test.app.prove_second_factor(&by_password, &code_of(&test), &laptop()).await;
    assert_eq!((code(proven), test.store.unplayed()), ("link_expired", 0));
    assert_eq!(open(&test, &ann.user).await, 1);
}

/// The link of a second sign-up is not mailed with a password that was replaced while it was checked.
#[tokio::test]
async fn another_sign_up_while_an_unconfirmed_password_is_checked() {
    let test = TestApp::new().await;
    test.app.sign_up(ANN, &secret(GOOD), &Context::default()).await.unwrap();
    assert_eq!(test.mails().await.len(), 1);
    let app = test.app.clone();
    test.store.before("resend_confirmation", async move {
        app.sign_up(ANN, &secret(OTHER), &Context::default()).await.unwrap();
        app.run_due_jobs().await.unwrap();
    });
    assert_eq!(code(test.sign_in(ANN, GOOD).await), "wrong_credentials");
    assert_eq!((test.store.unplayed(), test.mails().await.len()), (0, 1), "the second sign-up's own");
}

#[tokio::test]
async fn a_passkey_taken_away_while_it_signs() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user(ANN).await;
    let mut key = Authenticator::new(7);
    let here = added(&test, &here.session, &mut key).await;
    let id = test.app.security(&ann).await.unwrap().passkeys[0].id.clone();
    let question = test.app.begin_passkey_sign_in().unwrap();
    let answer = key.sign(&question);
    let app = test.app.clone();
    test.store.before("sign_in_with_passkey", async move {
        app.remove_passkey(&here.session, &id).await.unwrap();
    });
    let opened = test.app.sign_in_with_passkey(&question.state, &answer, &laptop()).await;
    assert_eq!((code(opened), test.store.unplayed(), open(&test, &ann).await), ("passkey_wrong", 0, 1));
}

#[tokio::test]
async fn a_passkey_taken_away_while_it_proves_a_person_again() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user(ANN).await;
    let mut key = Authenticator::new(7);
    let here = added(&test, &here.session, &mut key).await;
    let question = test.app.begin_passkey_sign_in().unwrap();
    let answer = key.sign(&question);
    let (store, id) = (test.store.clone(), test.app.security(&ann).await.unwrap().passkeys[0].id.clone());
    let user = ann.clone();
    test.store.before("reauthenticate_with_passkey", async move {
        let remove = async move |tx: &mut Tx| keystead_store::tables::passkeys::delete(tx, &user, &id).await;
        let removed: Result<bool, keystead_store::Error> = store.write("remove", remove).await;
        assert!(removed.unwrap());
    });
    let again = test.app.reauthenticate_with_passkey(&here.session, &question.state, &answer).await;
    assert_eq!(code(again), "passkey_wrong");
}

#[tokio::test]
async fn an_identity_unlinked_while_its_person_is_elsewhere() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user(ANN).await;
    test.issuer.answer(Some(identity()));
    let departed = test.app.connect_identity(&here.session, "/").await.unwrap();
    test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.unwrap();
    let (app, departed) = (test.app.clone(), test.app.begin_oidc("/").await.unwrap());
    test.store.before("finish_oidc", async move {
        app.unlink_identity(&here.session, "https://issuer.test").await.unwrap();
    });
    let opened = test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await;
    assert_eq!((code(opened), test.store.unplayed(), open(&test, &ann).await), ("sign_in_to_connect", 0, 1));
}

/// A thief with a stolen session starts to connect their identity; the owner resets the password; the thief returns.
#[tokio::test]
async fn what_a_session_began_ends_with_it() {
    let test = TestApp::new().await;
    let (ann, stolen) = test.signed_in_user(ANN).await;
    test.issuer.answer(Some(identity()));
    let departed = test.app.connect_identity(&stolen.session, "/").await.unwrap();
    test.app.request_address(&stolen.session, "thief@example.com", &laptop()).await.unwrap();
    let address = test.token().await;
    let mut key = Authenticator::new(9);
    let question = test.app.begin_passkey(&stolen.session).await.unwrap();
    let made = key.create(&question);
    // Requested, and not yet run when the owner acts.
    test.app.request_reset(ANN, &laptop()).await.unwrap();
    let reset = test.token().await;
    test.app.request_address(&stolen.session, "other@example.com", &laptop()).await.unwrap();
    let own = test.app.reset_password(&reset, &secret(OTHER), &laptop()).await.unwrap();
    let told: Vec<_> = test.mails().await.into_iter().map(|(to, ..)| to).collect();
    assert!(!told.contains(&"other@example.com".to_owned()), "the waiting link is not mailed any more: {told:?}");
    let joined = test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await;
    assert_eq!(code(joined.map(|_| ())), "link_expired");
    assert_eq!(code(test.app.confirm_address(&address, None).await), "link_expired");
    assert_eq!(code(test.app.add_passkey(&own.session, &question.state, "X", &made).await), "link_expired");
    let security = test.app.security(&ann).await.unwrap();
    assert_eq!((security.identities.len(), security.passkeys.len(), open(&test, &ann).await), (0, 0, 1));
}

/// Two operators reset a second factor together; one of them alone cannot, by proposing again while the other approves.
#[tokio::test]
async fn a_proposal_made_anew_while_it_is_agreed_to() {
    let test = TestApp::new().await;
    let ann = guarded(&test, ANN).await;
    let (one, two) = (Actor::operator("one@example.com"), Actor::operator("two@example.com"));
    test.app.propose_factor_reset(&one, ANN, "called her desk").await.unwrap();
    let (app, second, user) = (test.app.clone(), two.clone(), ann.user.clone());
    test.store.before("agree_to_factor_reset", async move {
        app.discard_factor_reset(&second, &user).await.unwrap();
        app.propose_factor_reset(&second, ANN, "called her desk").await.unwrap();
    });
    assert_eq!(code(test.app.agree_to_factor_reset(&two, &ann.user).await), "not_found");
    assert_eq!(test.store.unplayed(), 0);
    assert!(test.app.security(&ann.user).await.unwrap().second_factor_since.is_some());
}

/// A page for a card that ended while the service was asked for it does not become live again.
#[tokio::test]
async fn a_set_up_that_ends_while_the_service_is_asked() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let (store, organization) = (test.store.clone(), tenant.organization().clone());
    let at = Timestamp(test.now());
    test.store.before("payment_begun", async move {
        let end = async move |tx: &mut Tx| {
            let mut setup = payments::find_newest(tx, &organization).await?.unwrap();
            (setup.state, setup.finished_at) = (SetupStatus::Expired, Some(at));
            payments::update(tx, &setup).await
        };
        let ended: Result<(), keystead_store::Error> = store.write("end", end).await;
        ended.unwrap();
    });
    let begun = test.app.start_payment_method(&tenant.actor, tenant.organization()).await.unwrap();
    assert_eq!((begun.status.as_str(), test.store.unplayed()), ("expired", 0));
    let view = test.app.payment_methods(&tenant.actor, tenant.organization()).await.unwrap();
    assert_eq!(view.setup.unwrap().status, SetupStatus::Expired);
}

/// A delivery of the service that is applied while a person asks for the state is what they see, although their own
/// transaction fails.
#[tokio::test]
async fn a_delivery_while_a_set_up_is_refreshed() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let setup = test.app.start_payment_method(&tenant.actor, tenant.organization()).await.unwrap();
    test.bank.setups.lock().unwrap().insert(format!("cs_{}", setup.id), SetupState::Succeeded(card(1)));
    let (app, store, actor) = (test.app.clone(), test.store.clone(), tenant.actor.clone());
    let (organization, id) = (tenant.organization().clone(), setup.id.clone());
    test.store.before("payment_state", async move {
        let first = app.check_payment_setup(&actor, &organization, id.as_str()).await.unwrap();
        assert_eq!(first.status, SetupStatus::Succeeded);
        store.fail_at(Some(1));
    });
    let second = test.app.check_payment_setup(&tenant.actor, tenant.organization(), setup.id.as_str()).await;
    test.store.fail_at(None);
    assert_eq!((second.unwrap().status, test.store.unplayed()), (SetupStatus::Succeeded, 0));
}

/// Every act that needs a fresh session checks it again in its transaction: if the session ended in between, nothing
/// happens.
#[tokio::test]
async fn a_session_ended_during_each_dangerous_act() {
    let test = TestApp::new().await;
    let ann = guarded(&test, ANN).await;
    let mut key = Authenticator::new(7);
    let mut session = added(&test, &ann.session, &mut key).await.session;
    let passkey = test.app.security(&ann.user).await.unwrap().passkeys[0].id.clone();
    let acts: &[(&'static str, Act)] = &[
        ("begin_passkey", |app, one, _, _| Box::pin(async move { app.begin_passkey(&one).await.map(|_| ()) })),
        ("remove_passkey", |app, one, passkey, _| {
            Box::pin(async move { app.remove_passkey(&one, &passkey).await.map(|_| ()) })
        }),
        ("disable_second_factor", |app, one, _, _| {
            Box::pin(async move { app.disable_second_factor(&one).await.map(|_| ()) })
        }),
        ("renew_recovery_codes", |app, one, _, _| {
            Box::pin(async move { app.renew_recovery_codes(&one).await.map(|_| ()) })
        }),
        ("request_address", |app, one, _, _| {
            Box::pin(async move { app.request_address(&one, "new@example.com", &laptop()).await })
        }),
        ("unlink_identity", |app, one, _, _| {
            Box::pin(async move { app.unlink_identity(&one, "https://issuer.test").await.map(|_| ()) })
        }),
        ("change_password", |app, one, _, _| {
            Box::pin(async move { app.change_password(&one, &secret(GOOD), &secret(OTHER)).await.map(|_| ()) })
        }),
        ("reauthenticate", |app, one, _, code| {
            Box::pin(async move { app.reauthenticate(&one, &secret(GOOD), &code).await.map(|_| ()) })
        }),
        ("enrol_second_factor", |app, one, _, _| {
            Box::pin(async move { app.enrol_second_factor(&one).await.map(|_| ()) })
        }),
        ("confirm_second_factor", |app, one, _, code| {
            Box::pin(async move { app.confirm_second_factor(&one, &code).await.map(|_| ()) })
        }),
    ];
    for (name, act) in acts {
        let before = guards(&test).await;
        test.store.before(name, end_all(test.store.clone(), ann.user.clone(), test.now()));
        let code_now = ann.phone.code(test.now());
        let done = act(test.app.clone(), session.clone(), passkey.clone(), code_now).await;
        assert_eq!((code(done), test.store.unplayed()), ("not_found", 0), "{name}");
        assert_eq!(guards(&test).await, before, "{name} changed nothing");
        assert_eq!(open(&test, &ann.user).await, 0, "{name} opened nothing");
        test.advance(30);
        let question = test.app.begin_passkey_sign_in().unwrap();
        let answer = key.sign(&question);
        session = test.app.sign_in_with_passkey(&question.state, &answer, &laptop()).await.unwrap().session;
        test.mails().await;
    }
}

type Act = fn(App, Secret<String>, String, String) -> std::pin::Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// Returns everything that protects accounts, except how often a passkey signed and which code was used last.
async fn guards(test: &TestApp) -> Vec<String> {
    let dump = test.store.dump().await.unwrap();
    let tables = ["accounts", "identities", "recovery_codes", "users", "jobs"];
    let rows = tables.iter().flat_map(|table| dump[*table].clone());
    let bare = |row: String| row.split(' ').filter(|part| !part.starts_with("totp_last_step=")).collect::<String>();
    rows.map(bare).chain([dump["passkeys"].len().to_string()]).collect()
}
