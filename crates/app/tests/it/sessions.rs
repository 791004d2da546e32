//! Sessions: how they begin, end and are distinguished; limits on attempts to sign in.

use keystead_app::App;
use keystead_app::accounts::Context;
use keystead_core::secret::Secret;

use crate::test_app::*;

/// ASVS 7.2.4: a planted session is not accepted, and reauthenticating changes the secret.
#[tokio::test]
async fn a_planted_cookie_is_not_accepted() {
    let test = TestApp::new().await;
    let planted = secret(&"0".repeat(64));
    let (user, one) = test.signed_in_user("ann@example.com").await;
    let two = test.sign_in("ann@example.com", GOOD).await.unwrap();
    assert!(!test.session_is_open(&planted).await);
    assert_ne!(one.session.expose(), two.session.expose());
    assert_eq!(one.session.expose().len(), 64, "256 bits");
    assert!(!format!("{one:?}").contains(one.session.expose()));
    let old = test.app.session(&one.session).await.unwrap().unwrap();
    assert_ne!(&old.csrf, one.session.expose());
    let again = test.app.reauthenticate(&one.session, &secret(GOOD), "").await.unwrap();
    assert!(!test.session_is_open(&one.session).await, "the old secret is dead");
    let fresh = test.app.session(&again.session).await.unwrap().unwrap();
    assert!(fresh.csrf != old.csrf && fresh.id != old.id && fresh.user == user);
    assert_eq!(again.expires_at, one.expires_at, "and lives no longer for it");
    assert!(test.session_is_open(&two.session).await, "other browsers stay");
}

/// ASVS 7.3: seven days unused, thirty days in all; "last seen" is exact to the minute and costs a write a minute.
#[tokio::test]
async fn sessions_end_by_the_clock() {
    let test = TestApp::new().await;
    let (user, opened) = test.signed_in_user("ann@example.com").await;
    let seen = async || test.app.devices(&user, "").await.unwrap()[0].seen_at.0;
    test.advance(59);
    assert!(test.session_is_open(&opened.session).await);
    assert_eq!(seen().await, NOON);
    test.advance(1);
    assert!(test.session_is_open(&opened.session).await);
    assert_eq!(seen().await, NOON + 60);
    for _ in 0..4 {
        test.advance(7 * DAY - 60);
        assert!(test.session_is_open(&opened.session).await, "used in time");
    }
    test.advance(2 * DAY);
    assert!(test.session_is_open(&opened.session).await);
    test.advance(opened.expires_at.0 - test.now());
    assert!(!test.session_is_open(&opened.session).await, "thirty days in all");
    let idle = test.sign_in("ann@example.com", GOOD).await.unwrap();
    test.advance(7 * DAY);
    assert!(!test.session_is_open(&idle.session).await, "seven days unused");
    assert_eq!(test.app.devices(&user, "").await.unwrap(), [], "and not listed any more");
}

/// Sessions are listed and ended one by one or together, only by their own person; twenty at most.
#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    let (ben, _) = test.signed_in_user("ben@example.com").await;
    test.advance(60);
    let phone = Context { user_agent: "Mozilla/5.0 (iPhone) Safari/604.1".to_owned(), ..from("198.51.100.20") };
    let there = test.app.sign_in("ann@example.com", &secret(GOOD), &phone).await.unwrap();
    let id = test.app.session(&here.session).await.unwrap().unwrap().id;
    let listed = test.app.devices(&ann, id.as_str()).await.unwrap();
    let shown: Vec<_> = listed.iter().map(|row| (row.device.as_str(), row.network.as_str(), row.current)).collect();
    assert!(shown.contains(&("Safari, iPhone", "198.51.100.0/24", false)), "{shown:?}");
    assert!(shown.contains(&("Firefox, Linux", "192.0.2.0/24", true)), "{shown:?}");
    let other = listed.iter().find(|row| !row.current).unwrap().id.as_str();
    assert!(!test.app.end_session(&ben, other).await.unwrap(), "another person's");
    assert!(test.session_is_open(&there.session).await);
    assert!(test.app.end_session(&ann, other).await.unwrap());
    assert!(!test.app.end_session(&ann, other).await.unwrap());
    assert!(!test.session_is_open(&there.session).await);
    for _ in 0..20 {
        test.advance(1);
        test.sign_in("ann@example.com", GOOD).await.unwrap();
    }
    assert!(!test.session_is_open(&here.session).await, "one more ended the one unused for longest");
    let last = test.sign_in("ann@example.com", GOOD).await.unwrap();
    assert_eq!(test.app.devices(&ann, "").await.unwrap().len(), 20);
    assert_eq!(test.app.end_other_sessions(&ann, &last.session).await.unwrap(), 19);
    assert!(test.session_is_open(&last.session).await);
    test.app.sign_out(&last.session).await.unwrap();
    test.app.sign_out(&last.session).await.unwrap();
    assert!(!test.session_is_open(&last.session).await);
}

/// ASVS 6.3.1: the wait grows, it applies to the right password, too, and it applies to the network, not to the person.
#[tokio::test]
async fn wrong_passwords_wait() {
    let test = TestApp::new().await;
    test.confirmed_user("ann@example.com").await;
    let fail = async || code(test.sign_in("ann@example.com", OTHER).await);
    for _ in 0..5 {
        assert_eq!(fail().await, "wrong_credentials");
    }
    assert_eq!(code(test.sign_in("ann@example.com", GOOD).await), "sign_in", "not even the right one");
    test.advance(60);
    for _ in 0..5 {
        assert_eq!(fail().await, "wrong_credentials");
    }
    test.advance(60);
    assert_eq!(fail().await, "sign_in", "ten in a quarter of an hour");
    let elsewhere = test.app.sign_in("ann@example.com", &secret(GOOD), &from("198.51.100.20")).await;
    assert!(elsewhere.is_ok(), "strangers cannot lock people out");
    test.advance(840);
    assert!(test.sign_in("ann@example.com", GOOD).await.is_ok());
    for _ in 0..5 {
        assert_eq!(fail().await, "wrong_credentials", "a success wipes the slate");
    }
}

/// ASVS 6.3.1: one password for many accounts, many networks against one account.
#[tokio::test]
async fn password_spraying_is_stopped_and_affects_no_other_client() {
    let test = TestApp::new().await;
    let (_, opened) = test.signed_in_user("ann@example.com").await;
    for number in 0..50 {
        let email = format!("p{number}@example.com");
        let tried = test.app.sign_in(&email, &secret(OTHER), &from("203.0.113.5")).await;
        assert_eq!(code(tried), "wrong_credentials");
    }
    let tried = test.app.sign_in("q@example.com", &secret(OTHER), &from("203.0.113.5")).await;
    assert_eq!(code(tried), "sign_in", "one place, many accounts");
    for number in 0..30 {
        let place = from(&format!("198.51.{number}.5"));
        assert_eq!(code(test.app.sign_in("ann@example.com", &secret(OTHER), &place).await), "wrong_credentials");
    }
    let tried = test.app.sign_in("ann@example.com", &secret(GOOD), &from("198.51.99.5")).await;
    assert_eq!(code(tried), "sign_in", "one account, many places");
    assert!(test.session_is_open(&opened.session).await);
    assert!(test.sign_in("ann@example.com", GOOD).await.is_ok(), "where she was signed in before, she gets in");
}

/// Concurrent attempts are counted before they are judged: no more than five are made.
#[tokio::test]
async fn concurrent_attempts_are_all_counted() {
    let test = TestApp::new().await;
    test.confirmed_user("ann@example.com").await;
    let tries = (0..12).map(|_| {
        let app = test.app.clone();
        tokio::spawn(async move { app.sign_in("ann@example.com", &secret(OTHER), &laptop()).await })
    });
    let mut judged = 0;
    for one in tries.collect::<Vec<_>>() {
        if code(one.await.unwrap()) == "wrong_credentials" {
            judged += 1;
        }
    }
    assert_eq!(judged, 5);
}

/// ASVS 6.3.5: a sign-in from an unknown browser or network is reported by mail, once; the first session of an account
/// is not.
#[tokio::test]
async fn a_new_browser_is_reported_by_mail() {
    let test = TestApp::new().await;
    test.confirmed_user("ann@example.com").await;
    test.sign_in("ann@example.com", GOOD).await.unwrap();
    test.sign_in("ann@example.com", GOOD).await.unwrap();
    assert_eq!(test.mails().await, []);
    test.app.sign_in("ann@example.com", &secret(GOOD), &from("198.51.100.20")).await.unwrap();
    let mails = test.mails().await;
    assert_eq!((mails.len(), mails[0].1.as_str()), (1, "New sign-in to your account"));
    assert!(mails[0].2.contains("Firefox, Linux, 198.51.100.0/24"), "{}", mails[0].2);
    test.app.sign_in("ann@example.com", &secret(GOOD), &from("198.51.100.20")).await.unwrap();
    assert_eq!(test.mails().await, [], "once");
}

/// ASVS 7.5.1, 7.4.3, 6.2.2: dangerous acts need a fresh reauthentication; a changed password ends everything else.
#[tokio::test]
async fn a_password_is_changed_with_the_old_one() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    let there = test.sign_in("ann@example.com", GOOD).await.unwrap();
    let (organization, _) = test.organization(&ann).await;
    test.app.request_reset("ann@example.com", &laptop()).await.unwrap();
    let link = test.token().await;
    test.advance(599);
    assert!(test.app.fresh_session(&here.session).await.is_ok());
    test.advance(1);
    assert_eq!(code(test.app.fresh_session(&here.session).await), "reauthentication_needed");
    assert_eq!(code(test.app.reauthenticate(&here.session, &secret(OTHER), "").await), "wrong_password");
    let here = test.app.reauthenticate(&here.session, &secret(GOOD), "").await.unwrap();
    assert!(test.app.fresh_session(&here.session).await.is_ok());

    let change = async |old: &str, new: &str| test.app.change_password(&here.session, &secret(old), &secret(new)).await;
    assert_eq!(code(change(OTHER, "a garden of forks").await), "wrong_password");
    assert_eq!(code(change(GOOD, "password123").await), "password_too_common");
    let changed = change(GOOD, OTHER).await.unwrap();
    assert!(!test.session_is_open(&here.session).await && !test.session_is_open(&there.session).await);
    assert!(test.session_is_open(&changed.session).await);
    assert!(!test.app.reset_works(&link).await.unwrap(), "older links are dead");
    assert_eq!(test.subjects().await, ["Your password was changed"]);
    assert_eq!(code(test.sign_in("ann@example.com", GOOD).await), "wrong_credentials");
    for _ in 0..4 {
        let _ = test.app.reauthenticate(&changed.session, &secret(GOOD), "").await;
    }
    assert_eq!(
        code(test.app.reauthenticate(&changed.session, &secret(OTHER), "").await),
        "sign_in",
        "counted as at the door"
    );
    test.mails().await;
    let log = test.log(&organization).await;
    for action in ["user.updated", "login.failed"] {
        assert!(log.iter().any(|known| known == action), "{action}: {log:?}");
    }
}

/// Every sign-in, failed sign-in and sign-out is in the audit log of the person's organizations, without their address.
#[tokio::test]
async fn sign_ins_and_sign_outs_are_in_the_audit_log() {
    let test = TestApp::new().await;
    let (ann, _) = test.signed_in_user("ann@example.com").await;
    let (organization, _) = test.organization(&ann).await;
    let before = test.log(&organization).await.len();
    let opened = test.sign_in("ann@example.com", GOOD).await.unwrap();
    test.sign_in("ann@example.com", OTHER).await.unwrap_err();
    test.mails().await;
    test.app.sign_out(&opened.session).await.unwrap();
    let log = test.log(&organization).await;
    assert_eq!(log[before..], ["login.succeeded", "login.failed", "logout.succeeded"]);
    // The session has ended; the id of another person's session is not recorded.
    let (ben, other) = test.signed_in_user("ben@example.com").await;
    let theirs = test.app.session(&other.session).await.unwrap().unwrap().id;
    assert!(!test.app.end_session(&ann, theirs.as_str()).await.unwrap());
    assert!(test.app.end_session(&ben, theirs.as_str()).await.unwrap());
    assert_eq!(test.log(&organization).await[before + 3..], ["logout.failed"]);
    let page = keystead_app::Page { after: None, limit: 100, ascending: true };
    let log = test.app.audit_log(&keystead_app::Actor::operator("test"), &organization, page).await.unwrap();
    assert!(!format!("{log:?}").contains("ann@") && !format!("{log:?}").contains(theirs.as_str()));
    let chain = test.app.check_audit_chain(&keystead_app::Actor::operator("test"), &organization).await.unwrap();
    assert_eq!(chain.broken, None);
}

/// Every way of signing in can run on any worker thread: the pages' router requires that.
#[test]
fn futures_of_sign_in_are_send() {
    fn sendable<F: Future + Send + 'static>(_: impl FnOnce(App, Secret<String>) -> F) {}
    sendable(|app, one| async move { app.sign_up("", &one, &laptop()).await.map(|()| app) });
    sendable(|app, one| async move { app.confirm_email(&one, &laptop()).await.map(|_| app) });
    sendable(|app, one| async move { app.sign_in("", &one, &laptop()).await.map(|_| app) });
    sendable(|app, one| async move { app.session(&one).await.map(|_| app) });
    sendable(|app, one| async move { app.waits_for_code(&one).await.map(|_| app) });
    sendable(|app, one| async move { app.prove_second_factor(&one, "", &laptop()).await.map(|_| app) });
    sendable(|app, one| async move { app.enrol_second_factor(&one).await.map(|_| app) });
    sendable(|app, one| async move { app.confirm_second_factor(&one, "").await.map(|_| app) });
    sendable(|app, one| async move { app.request_address(&one, "", &laptop()).await.map(|()| app) });
    sendable(|app, one| async move { app.confirm_address(&one, Some(&one)).await.map(|()| app) });
    sendable(|app, one| async move { app.begin_passkey(&one).await.map(|_| app) });
    sendable(|app, one| async move { app.add_passkey(&one, &one, "", "").await.map(|_| app) });
    sendable(|app, one| async move { app.remove_passkey(&one, "").await.map(|_| app) });
    sendable(|app, one| async move { app.begin_passkey_sign_in().map(|_| (app, one)) });
    sendable(|app, one| async move { app.sign_in_with_passkey(&one, "", &laptop()).await.map(|_| app) });
    sendable(|app, one| async move { app.reauthenticate_with_passkey(&one, &one, "").await.map(|_| app) });
    sendable(|app, one| async move { app.disable_second_factor(&one).await.map(|_| app) });
    sendable(|app, one| async move { app.renew_recovery_codes(&one).await.map(|_| app) });
    sendable(|app, one| async move { app.reauthenticate(&one, &one, "").await.map(|_| app) });
    sendable(|app, one| async move { app.change_password(&one, &one, &one).await.map(|_| app) });
    sendable(|app, one| async move { app.fresh_session(&one).await.map(|_| app) });
    sendable(|app, one| async move { app.sign_out(&one).await.map(|()| app) });
    sendable(|app, one| async move { app.reset_password(&one, &one, &laptop()).await.map(|_| app) });
    sendable(|app, one| async move { app.request_reset("", &laptop()).await.map(|()| (app, one)) });
    sendable(|app, one| async move { app.finish_oidc(&one, "", "", &laptop()).await.map(|_| app) });
    sendable(|app, one| async move { app.sign_up_with_invite(&one, &one, &laptop()).await.map(|_| app) });
    sendable(|app, one| async move { app.find_invite(&one).await.map(|_| app) });
    sendable(|app, one| async move { app.connect_identity(&one, "").await.map(|_| app) });
    sendable(|app, one| async move { app.unlink_identity(&one, "").await.map(|_| app) });
    sendable(|app, one| async move { app.begin_oidc("").await.map(|_| (app, one)) });
}
