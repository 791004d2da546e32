//! Signing up and in, sessions, and a forgotten password (S1-10, S3-04).

use keystead_app::accounts::Profile;
use keystead_app::{Actor, Page};
use keystead_core::gate::Requirement;
use keystead_core::notification::Notification;
use keystead_core::time::Timestamp;

use crate::test_app::*;

/// S1-10, ASVS 6.3.8: the answer and the work are the same for every address; only the mail says more.
#[tokio::test]
async fn strangers_learn_nothing_about_addresses() {
    let test = TestApp::new().await;
    test.confirmed_user("ann@example.com").await;
    for (email, subject) in
        [("ann@example.com", "You already have an account"), ("new@example.com", "Confirm your email address")]
    {
        let before = test.app.waiting_jobs().await.unwrap().0;
        test.app.sign_up(email, &secret(OTHER), &laptop()).await.unwrap();
        assert_eq!(test.app.waiting_jobs().await.unwrap().0, before + 1, "{email}: the same work");
        let mails = test.mails().await;
        assert_eq!(mails.len(), 1, "{email}: one mail");
        assert_eq!((mails[0].0.as_str(), mails[0].1.as_str()), (email, subject));
    }
    assert!(test.sign_in("ann@example.com", GOOD).await.is_ok(), "nothing was changed");
    for (email, mails) in [("Ann@Example.com ", 1), ("nobody@example.com", 0)] {
        test.mails().await;
        test.app.request_reset(email, &laptop()).await.unwrap();
        assert_eq!(test.app.waiting_jobs().await.unwrap().0, 1, "{email}: the same work");
        assert_eq!(test.mails().await.len(), mails, "{email}");
    }
    let wrong = test.sign_in("ann@example.com", OTHER).await.unwrap_err();
    assert_eq!(test.app.waiting_jobs().await.unwrap().0, 1);
    let unknown = test.sign_in("nobody@example.com", OTHER).await.unwrap_err();
    assert_eq!(test.app.waiting_jobs().await.unwrap().0, 2, "the same work");
    assert_eq!(wrong, unknown, "and the same words");
    assert_eq!(code(test.sign_in("not an address", OTHER).await), "wrong_credentials");
    for _ in 0..5 {
        let _ = test.sign_in("new@example.com", "wrong wrong wrong").await;
    }
    assert_eq!(code(test.sign_in("new@example.com", OTHER).await), "sign_in", "unknown and unconfirmed wait alike");
}

/// S1-10: a link works once, for a day, for its purpose; looking does not use it up.
#[tokio::test]
async fn an_address_is_confirmed_by_its_mailbox() {
    let test = TestApp::new().await;
    test.app.sign_up("Ann@Example.com", &secret(GOOD), &laptop()).await.unwrap();
    let token = test.token().await;
    assert_eq!(code(test.sign_in("ann@example.com", OTHER).await), "wrong_credentials");
    assert_eq!(code(test.sign_in("ann@example.com", GOOD).await), "email_unconfirmed");
    let again = test.token().await;
    assert_eq!(
        code(test.app.reset_password(&token, &secret(OTHER), &laptop()).await),
        "link_expired",
        "another purpose"
    );
    assert!(test.app.confirmation_works(&token).await.unwrap());
    assert!(!test.app.confirmation_works(&secret("nonsense")).await.unwrap());
    let user = test.app.confirm_email(&token, &laptop()).await.unwrap().user;
    assert_eq!(code(test.app.confirm_email(&token, &laptop()).await), "link_expired");
    assert_eq!(code(test.app.confirm_email(&again, &laptop()).await), "link_expired", "the others are spent with it");
    assert_eq!(test.sign_in("ann@example.com", GOOD).await.unwrap().user, user);

    test.app.sign_up("ben@example.com", &secret(GOOD), &laptop()).await.unwrap();
    let mails = test.mails().await;
    let token = token_in(&mails.last().unwrap().2);
    test.advance(DAY);
    assert!(!test.app.confirmation_works(&token).await.unwrap());
    assert_eq!(code(test.app.confirm_email(&token, &laptop()).await), "link_expired");
}

/// A stranger who types a password for another person's address gains nothing, before or after the owner does.
#[tokio::test]
async fn a_prepared_account_belongs_to_the_mailbox_owner() {
    let test = TestApp::new().await;
    let sign_up = async |password: &str| {
        test.app.sign_up("ann@example.com", &secret(password), &laptop()).await.unwrap();
        test.token().await
    };
    let prepared = sign_up(OTHER).await;
    let own = sign_up(GOOD).await;
    test.app.confirm_email(&own, &laptop()).await.unwrap();
    assert_eq!(code(test.app.confirm_email(&prepared, &laptop()).await), "link_expired");
    for password in [OTHER, GOOD] {
        assert_eq!(
            code(test.sign_in("ann@example.com", password).await),
            "wrong_credentials",
            "a closed account's does not count"
        );
    }
    let mails = test.mails().await;
    assert_eq!(mails[0].1, "Choose your password");
    test.app.reset_password(&token_in(&mails[0].2), &secret(GOOD), &laptop()).await.unwrap();
    assert!(test.sign_in("ann@example.com", GOOD).await.is_ok());

    // A link carries the password with which it was made, even if another was typed since.
    test.app.sign_up("ben@example.com", &secret(GOOD), &laptop()).await.unwrap();
    let late = test.mails().await;
    test.advance(DAY - 60);
    test.app.sign_up("ben@example.com", &secret(OTHER), &laptop()).await.unwrap();
    test.advance(120);
    let newest = test.mails().await;
    assert_eq!(code(test.app.confirm_email(&token_in(&late.last().unwrap().2), &laptop()).await), "link_expired");
    test.app.confirm_email(&token_in(&newest[0].2), &laptop()).await.unwrap();
    assert!(test.sign_in("ben@example.com", OTHER).await.is_ok(), "the dead link contests nothing");
}

/// This installation cannot flood a mailbox, and no password is hashed for requests beyond the limit.
#[tokio::test]
async fn mails_are_limited() {
    let test = TestApp::new().await;
    for _ in 0..5 {
        test.app.sign_up("ann@example.com", &secret(GOOD), &laptop()).await.unwrap();
    }
    assert_eq!(code(test.app.sign_up("ann@example.com", &secret(GOOD), &laptop()).await), "account_mails");
    assert_eq!(code(test.app.request_reset("ann@example.com", &from("198.51.100.1")).await), "account_mails");
    test.app.request_reset("ben@example.com", &laptop()).await.unwrap();
    test.advance(3_600);
    test.app.sign_up("ann@example.com", &secret(GOOD), &laptop()).await.unwrap();
    for number in 0..30 {
        let _ = test.app.request_reset(&format!("p{number}@example.com"), &from("203.0.113.9")).await;
    }
    assert_eq!(code(test.app.request_reset("q@example.com", &from("203.0.113.9")).await), "account_mails");
}

#[tokio::test]
async fn passwords_are_judged_before_anything_happens() {
    let test = TestApp::new().await;
    for (password, name) in [
        ("short", "password_too_short"),
        ("Password2026!!", "password_too_common"),
        ("Keystead 2026", "password_too_common"),
        ("ann@example.com", "password_is_address"),
    ] {
        assert_eq!(code(test.app.sign_up("ann@example.com", &secret(password), &laptop()).await), name, "{password}");
    }
    assert_eq!(
        code(test.app.sign_up("not an address", &secret(GOOD), &laptop()).await),
        "email_has_invisible_characters"
    );
    assert_eq!(test.app.waiting_jobs().await.unwrap().0, 0);
}

/// S1-10: a reset link works once, for an hour; every session ends; a refused password does not use it up.
#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let test = TestApp::new().await;
    let (user, opened) = test.signed_in_user("ann@example.com").await;
    let (organization, _) = test.organization(&user).await;
    let ask = async || {
        test.app.request_reset("ann@example.com", &laptop()).await.unwrap();
        test.token().await
    };
    let first = ask().await;
    test.advance(3_600);
    assert!(!test.app.reset_works(&first).await.unwrap());
    assert_eq!(code(test.app.reset_password(&first, &secret(OTHER), &laptop()).await), "link_expired");
    let (second, third) = (ask().await, ask().await);
    assert_eq!(
        code(test.app.reset_password(&second, &secret("ann@example.com"), &laptop()).await),
        "password_is_address"
    );
    assert!(test.app.reset_works(&second).await.unwrap());
    assert_eq!(test.app.reset_password(&second, &secret(OTHER), &laptop()).await.unwrap().user, user);
    for dead in [second, third] {
        assert_eq!(code(test.app.reset_password(&dead, &secret(GOOD), &laptop()).await), "link_expired");
    }
    assert!(!test.session_is_open(&opened.session).await, "every session ends");
    assert_eq!(test.subjects().await, ["Your password was changed"]);
    assert_eq!(code(test.sign_in("ann@example.com", GOOD).await), "wrong_credentials");
    assert!(test.sign_in("ann@example.com", OTHER).await.is_ok());
    assert!(test.log(&organization).await.contains(&"user.updated".to_owned()));

    // Signed up and never confirmed: the reset proves the mailbox, and older links stop working.
    test.app.sign_up("ben@example.com", &secret(GOOD), &laptop()).await.unwrap();
    let confirm = token_in(&test.mails().await.last().unwrap().2);
    test.app.request_reset("ben@example.com", &laptop()).await.unwrap();
    test.app.reset_password(&test.token().await, &secret(OTHER), &laptop()).await.unwrap();
    assert_eq!(code(test.app.confirm_email(&confirm, &laptop()).await), "link_expired");
    assert!(test.sign_in("ben@example.com", OTHER).await.is_ok());
}

#[tokio::test]
async fn a_closed_account_cannot_be_opened() {
    let test = TestApp::new().await;
    let (user, opened) = test.signed_in_user("ann@example.com").await;
    test.app.request_reset("ann@example.com", &laptop()).await.unwrap();
    let token = test.token().await;
    test.close_account(&user).await;
    assert!(!test.session_is_open(&opened.session).await);
    assert_eq!(code(test.sign_in("ann@example.com", GOOD).await), "wrong_credentials");
    assert_eq!(code(test.app.reset_password(&token, &secret(OTHER), &laptop()).await), "link_expired");
    test.app.request_reset("ann@example.com", &laptop()).await.unwrap();
    assert_eq!(test.mails().await, []);
}

/// Preferences are saved, and saving them changes nothing else.
#[tokio::test]
async fn preferences_are_saved() {
    let test = TestApp::new().await;
    let (user, opened) = test.signed_in_user("ann@example.com").await;
    assert_eq!(code(test.app.save_preferences(&user, Some("tlh"), None, None).await), "language");
    assert_eq!(code(test.app.save_preferences(&user, None, Some("pink"), None).await), "theme");
    test.app.save_preferences(&user, Some("pl"), Some("dark"), Some("Europe/Warsaw")).await.unwrap();
    test.app.save_preferences(&user, None, None, None).await.unwrap();
    let view = test.app.session(&opened.session).await.unwrap().unwrap();
    assert_eq!((view.language.as_str(), view.theme.as_str(), view.time_zone.as_str()), ("pl", "dark", "Europe/Warsaw"));
    let security = test.app.security(&user).await.unwrap();
    assert!(security.has_password && security.second_factor_since.is_none());
    assert_eq!(security.password_changed_at, Some(Timestamp(NOON)));
    assert!(test.sign_in("ann@example.com", GOOD).await.is_ok());
}

/// The name of a profile follows the rules for names, and a change of it is recorded without the name.
#[tokio::test]
async fn a_profile_has_a_name_of_its_own() {
    let test = TestApp::new().await;
    let (user, opened) = test.signed_in_user("ann@example.com").await;
    let (organization, _) = test.organization(&user).await;
    let profile = |name: &str| Profile {
        name: name.to_owned(),
        language: "pl".to_owned(),
        theme: String::new(),
        time_zone: "Europe/Warsaw".to_owned(),
    };
    for (name, fault) in [
        (" \u{200b}", "name_empty"),
        ("An\u{202e}n", "name_has_invisible_characters"),
        (&*"x".repeat(65), "person_name_too_long"),
    ] {
        assert_eq!(code(test.app.save_profile(&user, &profile(name)).await), fault, "{name:?}");
    }
    for _ in 0..2 {
        test.app.save_profile(&user, &profile("  Zoe\u{301} Ka  ")).await.unwrap();
    }
    let view = test.app.session(&opened.session).await.unwrap().unwrap();
    assert_eq!((view.name.as_str(), view.language.as_str()), ("Zoé Ka", "pl"));
    let page = Page { after: None, limit: 100, ascending: true };
    let log = test.app.audit_log(&Actor::operator("test"), &organization, page).await.unwrap();
    let changes: Vec<_> = log.data.iter().filter(|event| event.action == "user.updated").collect();
    assert_eq!(changes.len(), 1, "saving the same name again changes nothing");
    assert!(!format!("{changes:?}").contains("Zo"), "{changes:?}");
    test.close_account(&user).await;
    assert_eq!(code(test.app.save_profile(&user, &profile("Late")).await), "not_found");
}

/// Emails that a person switched off are not sent to them; emails about security are sent always.
#[tokio::test]
async fn switched_off_emails_are_not_sent() {
    let test = TestApp::new().await;
    let (user, opened) = test.signed_in_user("ann@example.com").await;
    let (one, two) = (test.organization(&user).await.0, test.organization(&user).await.0);
    let operator = Actor::operator("test");
    let waive = async |organization, requirement| {
        test.app.waive_requirement(&operator, organization, requirement, None, "case 7").await.unwrap();
        test.subjects().await
    };
    assert_eq!(waive(&one, Requirement::PaymentMethod).await, ["A payment method is no longer required"]);
    let offered = [Notification::Verification, Notification::Payment, Notification::Keys];
    test.app.save_notifications(&user, &offered, &[Notification::Verification]).await.unwrap();
    assert!(waive(&two, Requirement::PaymentMethod).await.is_empty());
    assert_eq!(waive(&one, Requirement::Phone).await.len(), 1, "another kind is still wanted");
    let kept = test.app.notifications(&user).await.unwrap();
    let expected = [
        (Notification::Verification, true),
        (Notification::Payment, false),
        (Notification::Keys, false),
        (Notification::Review, true),
    ];
    assert_eq!(kept, expected, "a kind that was not offered keeps its setting");
    test.app.save_notifications(&user, &Notification::ALL, &[]).await.unwrap();
    test.app.change_password(&opened.session, &secret(GOOD), &secret(OTHER)).await.unwrap();
    assert_eq!(test.subjects().await.len(), 1, "security emails have no switch");
}

/// ASVS 6.3.7, 6.3.8, 7.5.1: another address needs a fresh reauthentication and its own mailbox; the old one gets a
/// mail; the answer is the same for an address of another account, which gets a mail, too.
#[tokio::test]
async fn an_address_is_changed_by_its_new_mailbox() {
    let test = TestApp::new().await;
    let (ann, here) = test.signed_in_user("ann@example.com").await;
    test.confirmed_user("ben@example.com").await;
    let ask = async |email: &str| test.app.request_address(&here.session, email, &laptop()).await;
    assert_eq!(code(ask("no address").await), "email_has_invisible_characters");
    for (email, subject) in [
        ("ben@example.com", "This email address already has an account"),
        ("New@example.com", "Confirm your new email address"),
    ] {
        ask(email).await.unwrap();
        assert_eq!(test.app.waiting_jobs().await.unwrap().0, 1, "{email}: the same work");
        let mails = test.mails().await;
        assert_eq!((mails.len(), mails[0].0.as_str()), (1, email.to_lowercase().as_str()));
        assert_eq!(mails[0].1, subject);
    }
    ask("other@example.com").await.unwrap();
    let older = test.token().await;
    ask("new@example.com").await.unwrap();
    let link = test.token().await;
    assert_eq!(test.app.find_email_change(&older).await.unwrap(), None, "the newest wish counts");
    let asked = test.app.find_email_change(&link).await.unwrap().unwrap();
    assert_eq!((asked.name.as_str(), asked.present.as_str()), ("ann", "a***@example.com"));
    assert_eq!(asked.address, "new@example.com");
    assert_eq!(test.app.session(&here.session).await.unwrap().unwrap().email, "ann@example.com", "nothing yet");
    assert_eq!(code(test.app.confirm_email(&link, &laptop()).await), "link_expired", "another purpose");
    test.app.request_reset("ann@example.com", &laptop()).await.unwrap();
    let reset = test.token().await;
    test.app.confirm_address(&link, None).await.unwrap();
    assert_eq!(code(test.app.confirm_address(&link, None).await), "link_expired", "once");
    assert!(!test.app.reset_works(&reset).await.unwrap(), "what went to the old mailbox is dead");
    let mails = test.mails().await;
    assert_eq!((mails[0].0.as_str(), mails[0].1.as_str()), ("ann@example.com", "Your email address was changed"));
    assert!(!mails[0].2.contains("new@"), "the old mailbox does not learn the new one");
    assert_eq!(code(test.sign_in("ann@example.com", GOOD).await), "wrong_credentials");
    assert_eq!(test.sign_in("new@example.com", GOOD).await.unwrap().user, ann);
    test.mails().await;

    ask("late@example.com").await.unwrap();
    let link = test.token().await;
    test.confirmed_user("late@example.com").await;
    assert_eq!(code(test.app.confirm_address(&link, None).await), "link_expired", "another request was faster");
    test.advance(600);
    assert_eq!(code(ask("x@example.com").await), "reauthentication_needed");
}
