//! Signing in with an identity of an issuer: "Continue with Google" (S3-04, S3-05).

use keystead_app::Error;
use keystead_app::accounts::{Context, SignedIn};
use keystead_providers::sign_in::Identity;

use crate::test_app::*;

fn identity(subject: &str, email: &str, email_verified: bool) -> Option<Identity> {
    Some(Identity {
        issuer: "https://issuer.test".to_owned(),
        subject: subject.to_owned(),
        email: email.to_owned(),
        email_verified,
        name: Some("Ann Smith".to_owned()),
    })
}

async fn arrive(test: &TestApp, who: Option<Identity>) -> Result<SignedIn, Error> {
    test.issuer.answer(who);
    let departed = test.app.begin_oidc("/home").await.unwrap();
    test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.map(|(opened, _)| opened.unwrap())
}

/// S3-04: a new person gets an account; the same identity finds it again, even under another address.
#[tokio::test]
async fn an_identity_makes_and_finds_an_account() {
    let test = TestApp::new().await;
    let first = arrive(&test, identity("s-1", "Ann@Example.com", true)).await.unwrap();
    let view = test.app.session(&first.session).await.unwrap().unwrap();
    assert_eq!((view.email.as_str(), view.name.as_str()), ("ann@example.com", "Ann Smith"));
    assert!(!test.app.security(&first.user).await.unwrap().has_password);
    let again = arrive(&test, identity("s-1", "moved@example.com", false)).await.unwrap();
    assert_eq!(again.user, first.user);
    assert_eq!(test.mails().await, [], "its own first sessions are no news");
    assert_eq!(code(test.sign_in("ann@example.com", GOOD).await), "wrong_credentials", "there is no password");
    assert_eq!(code(test.app.reauthenticate(&again.session, &secret(""), "").await), "sign_in_again");
    assert_eq!(code(test.app.change_password(&again.session, &secret(""), &secret(GOOD)).await), "no_password");
    test.close_account(&first.user).await;
    assert_eq!(code(arrive(&test, identity("s-1", "ann@example.com", true)).await), "wrong_credentials");
    assert_eq!(code(arrive(&test, identity("s-2", "ann@example.com", true)).await), "wrong_credentials");
}

/// ASVS 6.8.1: an address alone never connects to an account that has a way to sign in; its person must connect it.
#[tokio::test]
async fn an_address_alone_joins_nothing() {
    let test = TestApp::new().await;
    test.confirmed_user("ann@example.com").await;
    assert_eq!(code(arrive(&test, identity("s-1", "ann@example.com", false)).await), "email_not_vouched_for");
    assert_eq!(code(arrive(&test, identity("s-1", "not an address", true)).await), "email_has_invisible_characters");
    for (subject, email) in [("s-1", "ann@example.com"), ("s-2", "Ann@Example.com")] {
        assert_eq!(code(arrive(&test, identity(subject, email, true)).await), "sign_in_to_connect");
    }
    assert_eq!(test.mails().await, []);
    assert!(test.sign_in("ann@example.com", GOOD).await.is_ok(), "the password still works");
    arrive(&test, identity("s-3", "kim@example.com", true)).await.unwrap();
    let second = arrive(&test, identity("s-4", "kim@example.com", true)).await;
    assert_eq!(code(second), "sign_in_to_connect", "another identity with the same address");

    // A password that was typed before the mailbox was opened does not remain a way in.
    test.app.sign_up("ben@example.com", &secret(GOOD), &Context::default()).await.unwrap();
    let link = token_in(&test.mails().await[0].2);
    arrive(&test, identity("s-9", "ben@example.com", true)).await.unwrap();
    assert_eq!(code(test.app.confirm_email(&link, &laptop()).await), "link_expired");
    assert_eq!(code(test.sign_in("ben@example.com", GOOD).await), "wrong_credentials");
}

/// ASVS 7.6.2: only the browser that left may return, once, within ten minutes, with the issuer's token.
#[tokio::test]
async fn who_comes_back_is_who_left() {
    let test = TestApp::new().await;
    test.issuer.answer(identity("s-1", "ann@example.com", true));
    let back = async |cookie: &str, state: &str| test.app.finish_oidc(&secret(cookie), state, "c0de", &laptop()).await;
    let departed = test.app.begin_oidc("/keys?x=1").await.unwrap();
    assert_eq!(departed.url, "https://issuer.test/?to=https://keystead.test/sign-in/return");
    assert_eq!(code(back("another browser", "state-1").await), "link_expired");
    let (opened, next) = back(departed.cookie.expose(), "state-1").await.unwrap();
    let opened = opened.unwrap();
    assert_eq!(next, "/keys?x=1");
    assert_ne!(opened.session.expose(), departed.cookie.expose());
    assert_eq!(code(back(departed.cookie.expose(), "state-1").await), "link_expired", "once");
    for state in ["", "state-2"] {
        let departed = test.app.begin_oidc("/").await.unwrap();
        assert_eq!(code(back(departed.cookie.expose(), state).await), "link_expired", "{state:?}");
    }
    let departed = test.app.begin_oidc("/").await.unwrap();
    test.advance(600);
    assert_eq!(code(back(departed.cookie.expose(), "state-1").await), "link_expired", "too late");
    let asleep = arrive(&test, None).await;
    assert!(matches!(asleep, Err(Error::ProviderUnavailable { .. })), "{asleep:?}");
}

/// ASVS 6.5.6, 6.8.1: a signed-in person connects an identity after reauthentication, and disconnects it, unless the
/// account would have no other way to sign in.
#[tokio::test]
async fn an_identity_is_connected_and_parted_from() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    test.issuer.answer(identity("s-ann", "ann@elsewhere.example", true));
    let departed = test.app.connect_identity(&here.session, "/settings").await.unwrap();
    let (opened, next) = test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.unwrap();
    assert!(
        opened.is_none() && next == "/settings" && test.session_is_open(&here.session).await,
        "the session continues"
    );
    assert_eq!(test.subjects().await, ["New sign-in method"]);
    assert_eq!(arrive(&test, identity("s-ann", "ann@elsewhere.example", true)).await.unwrap().user, ann);
    let (_, ben) = test.signed_in_user("ben@example.com").await;
    let departed = test.app.connect_identity(&ben.session, "/").await.unwrap();
    let taken = test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await;
    assert_eq!(code(taken.map(|_| ())), "identity_taken", "one identity, one account");

    assert_eq!(code(test.app.unlink_identity(&here.session, "https://other.test").await), "not_found");
    test.advance(600);
    assert_eq!(code(test.app.connect_identity(&here.session, "/").await), "reauthentication_needed");
    assert_eq!(code(test.app.unlink_identity(&here.session, "https://issuer.test").await), "reauthentication_needed");
    let here = test.app.reauthenticate(&here.session, &secret(GOOD), "").await.unwrap();
    test.mails().await;
    let here = test.app.unlink_identity(&here.session, "https://issuer.test").await.unwrap();
    assert!(test.session_is_open(&here.session).await);
    assert_eq!(test.app.security(&ann).await.unwrap().identities, []);
    assert_eq!(test.subjects().await, ["Sign-in method removed"]);
    let kim = arrive(&test, identity("s-kim", "kim@example.com", true)).await.unwrap();
    assert_eq!(code(test.app.unlink_identity(&kim.session, "https://issuer.test").await), "only_way_in");
}
