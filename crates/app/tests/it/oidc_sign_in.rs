//! Signing in with an identity of an issuer: "Continue with Google" (S3-04, S3-05).

use keystead_app::Error;
use keystead_app::accounts::{Context, SignedIn};
use keystead_providers::sign_in::Identity;

use crate::town::*;

fn identity(subject: &str, email: &str, email_verified: bool) -> Option<Identity> {
    Some(Identity {
        issuer: "https://issuer.test".to_owned(),
        subject: subject.to_owned(),
        email: email.to_owned(),
        email_verified,
        name: Some("Ann Smith".to_owned()),
    })
}

async fn arrive(town: &Town, who: Option<Identity>) -> Result<SignedIn, Error> {
    town.issuer.answer(who);
    let departed = town.app.begin_oidc("/home").await.unwrap();
    town.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.map(|(opened, _)| opened.unwrap())
}

/// S3-04: a new person gets an account; the same identity finds it again, even under another address.
#[tokio::test]
async fn an_identity_makes_and_finds_an_account() {
    let town = Town::new().await;
    let first = arrive(&town, identity("s-1", "Ann@Example.com", true)).await.unwrap();
    let view = town.app.session(&first.session).await.unwrap().unwrap();
    assert_eq!((view.email.as_str(), view.name.as_str()), ("ann@example.com", "Ann Smith"));
    assert!(!town.app.security(&first.user).await.unwrap().has_password);
    let again = arrive(&town, identity("s-1", "moved@example.com", false)).await.unwrap();
    assert_eq!(again.user, first.user);
    assert_eq!(town.mails().await, [], "its own first sessions are no news");
    assert_eq!(code(town.sign_in("ann@example.com", GOOD).await), "wrong_credentials", "there is no password");
    assert_eq!(code(town.app.reauthenticate(&again.session, &secret(""), "").await), "sign_in_again");
    assert_eq!(code(town.app.change_password(&again.session, &secret(""), &secret(GOOD)).await), "no_password");
    town.close_account(&first.user).await;
    assert_eq!(code(arrive(&town, identity("s-1", "ann@example.com", true)).await), "wrong_credentials");
    assert_eq!(code(arrive(&town, identity("s-2", "ann@example.com", true)).await), "wrong_credentials");
}

/// ASVS 6.8.1: an address alone never connects to an account that has a way to sign in; its person must connect it.
#[tokio::test]
async fn an_address_alone_joins_nothing() {
    let town = Town::new().await;
    town.citizen("ann@example.com").await;
    assert_eq!(code(arrive(&town, identity("s-1", "ann@example.com", false)).await), "email_not_vouched_for");
    assert_eq!(code(arrive(&town, identity("s-1", "not an address", true)).await), "email_has_invisible_characters");
    for (subject, email) in [("s-1", "ann@example.com"), ("s-2", "Ann@Example.com")] {
        assert_eq!(code(arrive(&town, identity(subject, email, true)).await), "sign_in_to_connect");
    }
    assert_eq!(town.mails().await, []);
    assert!(town.sign_in("ann@example.com", GOOD).await.is_ok(), "the password goes on working");
    arrive(&town, identity("s-3", "kim@example.com", true)).await.unwrap();
    let second = arrive(&town, identity("s-4", "kim@example.com", true)).await;
    assert_eq!(code(second), "sign_in_to_connect", "another identity with the same address");

    // A password that was typed before the mailbox was opened does not remain a way in.
    town.app.sign_up("ben@example.com", &secret(GOOD), &Context::default()).await.unwrap();
    let link = token_in(&town.mails().await[0].2);
    arrive(&town, identity("s-9", "ben@example.com", true)).await.unwrap();
    assert_eq!(code(town.app.confirm_email(&link, &laptop()).await), "link_expired");
    assert_eq!(code(town.sign_in("ben@example.com", GOOD).await), "wrong_credentials");
}

/// ASVS 7.6.2: only the browser that left may return, once, within ten minutes, with the issuer's token.
#[tokio::test]
async fn who_comes_back_is_who_left() {
    let town = Town::new().await;
    town.issuer.answer(identity("s-1", "ann@example.com", true));
    let back = async |cookie: &str, state: &str| town.app.finish_oidc(&secret(cookie), state, "c0de", &laptop()).await;
    let departed = town.app.begin_oidc("/keys?x=1").await.unwrap();
    assert_eq!(departed.url, "https://issuer.test/?to=https://keystead.test/sign-in/return");
    assert_eq!(code(back("another browser", "state-1").await), "link_expired");
    let (opened, next) = back(departed.cookie.expose(), "state-1").await.unwrap();
    let opened = opened.unwrap();
    assert_eq!(next, "/keys?x=1");
    assert_ne!(opened.session.expose(), departed.cookie.expose());
    assert_eq!(code(back(departed.cookie.expose(), "state-1").await), "link_expired", "once");
    for state in ["", "state-2"] {
        let departed = town.app.begin_oidc("/").await.unwrap();
        assert_eq!(code(back(departed.cookie.expose(), state).await), "link_expired", "{state:?}");
    }
    let departed = town.app.begin_oidc("/").await.unwrap();
    town.pass(600);
    assert_eq!(code(back(departed.cookie.expose(), "state-1").await), "link_expired", "too late");
    let asleep = arrive(&town, None).await;
    assert!(matches!(asleep, Err(Error::ProviderUnavailable { .. })), "{asleep:?}");
}

/// ASVS 6.5.6, 6.8.1: a signed-in person connects an identity after reauthentication, and disconnects it, unless the
/// account would have no other way to sign in.
#[tokio::test]
async fn an_identity_is_connected_and_parted_from() {
    let town = Town::new().await;
    let (ann, here) = town.visitor("ann@example.com").await;
    town.issuer.answer(identity("s-ann", "ann@elsewhere.example", true));
    let departed = town.app.connect_identity(&here.session, "/settings").await.unwrap();
    let (opened, next) = town.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.unwrap();
    assert!(opened.is_none() && next == "/settings" && town.alive(&here.session).await, "the session goes on");
    assert_eq!(town.subjects().await, ["A new way to sign in"]);
    assert_eq!(arrive(&town, identity("s-ann", "ann@elsewhere.example", true)).await.unwrap().user, ann);
    let (_, ben) = town.visitor("ben@example.com").await;
    let departed = town.app.connect_identity(&ben.session, "/").await.unwrap();
    let taken = town.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await;
    assert_eq!(code(taken.map(|_| ())), "identity_taken", "one identity, one account");

    assert_eq!(code(town.app.unlink_identity(&here.session, "https://other.test").await), "not_found");
    town.pass(600);
    assert_eq!(code(town.app.connect_identity(&here.session, "/").await), "reauthentication_needed");
    assert_eq!(code(town.app.unlink_identity(&here.session, "https://issuer.test").await), "reauthentication_needed");
    let here = town.app.reauthenticate(&here.session, &secret(GOOD), "").await.unwrap();
    town.mails().await;
    let here = town.app.unlink_identity(&here.session, "https://issuer.test").await.unwrap();
    assert!(town.alive(&here.session).await);
    assert_eq!(town.app.security(&ann).await.unwrap().identities, []);
    assert_eq!(town.subjects().await, ["A way to sign in was removed"]);
    let kim = arrive(&town, identity("s-kim", "kim@example.com", true)).await.unwrap();
    assert_eq!(code(town.app.unlink_identity(&kim.session, "https://issuer.test").await), "only_way_in");
}
