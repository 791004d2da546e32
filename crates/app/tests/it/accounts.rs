//! Signing up and in, sessions, and a forgotten password (S1-10, S3-04).

use keystead_core::time::Timestamp;

use crate::town::*;

/// S1-10, ASVS 6.3.8: the answer and the work are the same for every address; only the mail says more.
#[tokio::test]
async fn strangers_learn_nothing_about_addresses() {
    let town = Town::new().await;
    town.citizen("ann@example.com").await;
    for (email, subject) in
        [("ann@example.com", "You already have an account"), ("new@example.com", "Confirm your e-mail address")]
    {
        let before = town.app.waiting_jobs().await.unwrap().0;
        town.app.sign_up(email, &secret(OTHER), &laptop()).await.unwrap();
        assert_eq!(town.app.waiting_jobs().await.unwrap().0, before + 1, "{email}: the same work");
        let mails = town.mails().await;
        assert_eq!(mails.len(), 1, "{email}: one mail");
        assert_eq!((mails[0].0.as_str(), mails[0].1.as_str()), (email, subject));
    }
    assert!(town.sign_in("ann@example.com", GOOD).await.is_ok(), "nothing was changed");
    for (email, mails) in [("Ann@Example.com ", 1), ("nobody@example.com", 0)] {
        town.mails().await;
        town.app.request_reset(email, &laptop()).await.unwrap();
        assert_eq!(town.app.waiting_jobs().await.unwrap().0, 1, "{email}: the same work");
        assert_eq!(town.mails().await.len(), mails, "{email}");
    }
    let wrong = town.sign_in("ann@example.com", OTHER).await.unwrap_err();
    assert_eq!(town.app.waiting_jobs().await.unwrap().0, 1);
    let unknown = town.sign_in("nobody@example.com", OTHER).await.unwrap_err();
    assert_eq!(town.app.waiting_jobs().await.unwrap().0, 2, "the same work");
    assert_eq!(wrong, unknown, "and the same words");
    assert_eq!(code(town.sign_in("not an address", OTHER).await), "wrong_credentials");
    for _ in 0..5 {
        let _ = town.sign_in("new@example.com", "wrong wrong wrong").await;
    }
    assert_eq!(code(town.sign_in("new@example.com", OTHER).await), "sign_in", "unknown and unconfirmed wait alike");
}

/// S1-10: a link works once, for a day, for its purpose; looking does not use it up.
#[tokio::test]
async fn an_address_is_confirmed_by_its_mailbox() {
    let town = Town::new().await;
    town.app.sign_up("Ann@Example.com", &secret(GOOD), &laptop()).await.unwrap();
    let token = town.token().await;
    assert_eq!(code(town.sign_in("ann@example.com", OTHER).await), "wrong_credentials");
    assert_eq!(code(town.sign_in("ann@example.com", GOOD).await), "email_unconfirmed");
    let again = town.token().await;
    assert_eq!(
        code(town.app.reset_password(&token, &secret(OTHER), &laptop()).await),
        "link_expired",
        "another purpose"
    );
    assert!(town.app.confirmation_works(&token).await.unwrap());
    assert!(!town.app.confirmation_works(&secret("nonsense")).await.unwrap());
    let user = town.app.confirm_email(&token, &laptop()).await.unwrap().user;
    assert_eq!(code(town.app.confirm_email(&token, &laptop()).await), "link_expired");
    assert_eq!(code(town.app.confirm_email(&again, &laptop()).await), "link_expired", "the others are spent with it");
    assert_eq!(town.sign_in("ann@example.com", GOOD).await.unwrap().user, user);

    town.app.sign_up("ben@example.com", &secret(GOOD), &laptop()).await.unwrap();
    let mails = town.mails().await;
    let token = token_in(&mails.last().unwrap().2);
    town.pass(DAY);
    assert!(!town.app.confirmation_works(&token).await.unwrap());
    assert_eq!(code(town.app.confirm_email(&token, &laptop()).await), "link_expired");
}

/// A stranger who types a password for another person's address gains nothing, before or after the owner does.
#[tokio::test]
async fn a_prepared_account_belongs_to_the_mailbox_owner() {
    let town = Town::new().await;
    let sign_up = async |password: &str| {
        town.app.sign_up("ann@example.com", &secret(password), &laptop()).await.unwrap();
        town.token().await
    };
    let prepared = sign_up(OTHER).await;
    let own = sign_up(GOOD).await;
    town.app.confirm_email(&own, &laptop()).await.unwrap();
    assert_eq!(code(town.app.confirm_email(&prepared, &laptop()).await), "link_expired");
    for password in [OTHER, GOOD] {
        assert_eq!(code(town.sign_in("ann@example.com", password).await), "wrong_credentials", "nobody's counts");
    }
    let mails = town.mails().await;
    assert_eq!(mails[0].1, "Choose your password");
    town.app.reset_password(&token_in(&mails[0].2), &secret(GOOD), &laptop()).await.unwrap();
    assert!(town.sign_in("ann@example.com", GOOD).await.is_ok());

    // A link carries the password with which it was made, even if another was typed since.
    town.app.sign_up("ben@example.com", &secret(GOOD), &laptop()).await.unwrap();
    let late = town.mails().await;
    town.pass(DAY - 60);
    town.app.sign_up("ben@example.com", &secret(OTHER), &laptop()).await.unwrap();
    town.pass(120);
    let newest = town.mails().await;
    assert_eq!(code(town.app.confirm_email(&token_in(&late.last().unwrap().2), &laptop()).await), "link_expired");
    town.app.confirm_email(&token_in(&newest[0].2), &laptop()).await.unwrap();
    assert!(town.sign_in("ben@example.com", OTHER).await.is_ok(), "the dead link contests nothing");
}

/// This installation cannot flood a mailbox, and no password is hashed for requests beyond the limit.
#[tokio::test]
async fn mails_are_limited() {
    let town = Town::new().await;
    for _ in 0..5 {
        town.app.sign_up("ann@example.com", &secret(GOOD), &laptop()).await.unwrap();
    }
    assert_eq!(code(town.app.sign_up("ann@example.com", &secret(GOOD), &laptop()).await), "account_mails");
    assert_eq!(code(town.app.request_reset("ann@example.com", &from("198.51.100.1")).await), "account_mails");
    town.app.request_reset("ben@example.com", &laptop()).await.unwrap();
    town.pass(3_600);
    town.app.sign_up("ann@example.com", &secret(GOOD), &laptop()).await.unwrap();
    for number in 0..30 {
        let _ = town.app.request_reset(&format!("p{number}@example.com"), &from("203.0.113.9")).await;
    }
    assert_eq!(code(town.app.request_reset("q@example.com", &from("203.0.113.9")).await), "account_mails");
}

#[tokio::test]
async fn passwords_are_judged_before_anything_happens() {
    let town = Town::new().await;
    for (password, name) in [
        ("short", "password_too_short"),
        ("Password2026!!", "password_too_common"),
        ("Keystead 2026", "password_too_common"),
        ("ann@example.com", "password_is_address"),
    ] {
        assert_eq!(code(town.app.sign_up("ann@example.com", &secret(password), &laptop()).await), name, "{password}");
    }
    assert_eq!(
        code(town.app.sign_up("not an address", &secret(GOOD), &laptop()).await),
        "email_has_invisible_characters"
    );
    assert_eq!(town.app.waiting_jobs().await.unwrap().0, 0);
}

/// S1-10: a reset link works once, for an hour; every session ends; a refused password does not use it up.
#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let town = Town::new().await;
    let (user, opened) = town.visitor("ann@example.com").await;
    let (organization, _) = town.organization(&user).await;
    let ask = async || {
        town.app.request_reset("ann@example.com", &laptop()).await.unwrap();
        town.token().await
    };
    let first = ask().await;
    town.pass(3_600);
    assert!(!town.app.reset_works(&first).await.unwrap());
    assert_eq!(code(town.app.reset_password(&first, &secret(OTHER), &laptop()).await), "link_expired");
    let (second, third) = (ask().await, ask().await);
    assert_eq!(
        code(town.app.reset_password(&second, &secret("ann@example.com"), &laptop()).await),
        "password_is_address"
    );
    assert!(town.app.reset_works(&second).await.unwrap());
    assert_eq!(town.app.reset_password(&second, &secret(OTHER), &laptop()).await.unwrap().user, user);
    for dead in [second, third] {
        assert_eq!(code(town.app.reset_password(&dead, &secret(GOOD), &laptop()).await), "link_expired");
    }
    assert!(!town.alive(&opened.session).await, "every session ends");
    assert_eq!(town.subjects().await, ["Your password was changed"]);
    assert_eq!(code(town.sign_in("ann@example.com", GOOD).await), "wrong_credentials");
    assert!(town.sign_in("ann@example.com", OTHER).await.is_ok());
    assert!(town.log(&organization).await.contains(&"user.updated".to_owned()));

    // Signed up and never confirmed: the reset proves the mailbox, and older links stop working.
    town.app.sign_up("ben@example.com", &secret(GOOD), &laptop()).await.unwrap();
    let confirm = token_in(&town.mails().await.last().unwrap().2);
    town.app.request_reset("ben@example.com", &laptop()).await.unwrap();
    town.app.reset_password(&town.token().await, &secret(OTHER), &laptop()).await.unwrap();
    assert_eq!(code(town.app.confirm_email(&confirm, &laptop()).await), "link_expired");
    assert!(town.sign_in("ben@example.com", OTHER).await.is_ok());
}

#[tokio::test]
async fn a_closed_account_cannot_be_opened() {
    let town = Town::new().await;
    let (user, opened) = town.visitor("ann@example.com").await;
    town.app.request_reset("ann@example.com", &laptop()).await.unwrap();
    let token = town.token().await;
    town.close_account(&user).await;
    assert!(!town.alive(&opened.session).await);
    assert_eq!(code(town.sign_in("ann@example.com", GOOD).await), "wrong_credentials");
    assert_eq!(code(town.app.reset_password(&token, &secret(OTHER), &laptop()).await), "link_expired");
    town.app.request_reset("ann@example.com", &laptop()).await.unwrap();
    assert_eq!(town.mails().await, []);
}

/// Preferences are saved, and saving them changes nothing else.
#[tokio::test]
async fn preferences_are_saved() {
    let town = Town::new().await;
    let (user, opened) = town.visitor("ann@example.com").await;
    assert_eq!(code(town.app.save_preferences(&user, Some("tlh"), None, None).await), "language");
    assert_eq!(code(town.app.save_preferences(&user, None, Some("pink"), None).await), "theme");
    town.app.save_preferences(&user, Some("pl"), Some("dark"), Some("Europe/Warsaw")).await.unwrap();
    town.app.save_preferences(&user, None, None, None).await.unwrap();
    let view = town.app.session(&opened.session).await.unwrap().unwrap();
    assert_eq!((view.language.as_str(), view.theme.as_str(), view.time_zone.as_str()), ("pl", "dark", "Europe/Warsaw"));
    let security = town.app.security(&user).await.unwrap();
    assert!(security.has_password && security.second_factor_since.is_none());
    assert_eq!(security.password_changed_at, Some(Timestamp(NOON)));
    assert!(town.sign_in("ann@example.com", GOOD).await.is_ok());
}

/// ASVS 6.3.7, 6.3.8, 7.5.1: another address needs a fresh reauthentication and its own mailbox; the old one gets a
/// mail; the answer is the same for an address of another account, which gets a mail, too.
#[tokio::test]
async fn an_address_is_changed_by_its_new_mailbox() {
    let town = Town::new().await;
    let (ann, here) = town.visitor("ann@example.com").await;
    town.citizen("ben@example.com").await;
    let ask = async |email: &str| town.app.request_address(&here.session, email, &laptop()).await;
    assert_eq!(code(ask("no address").await), "email_has_invisible_characters");
    for (email, subject) in
        [("ben@example.com", "This address has an account"), ("New@example.com", "Confirm your new e-mail address")]
    {
        ask(email).await.unwrap();
        assert_eq!(town.app.waiting_jobs().await.unwrap().0, 1, "{email}: the same work");
        let mails = town.mails().await;
        assert_eq!((mails.len(), mails[0].0.as_str()), (1, email.to_lowercase().as_str()));
        assert_eq!(mails[0].1, subject);
    }
    ask("other@example.com").await.unwrap();
    let older = town.token().await;
    ask("new@example.com").await.unwrap();
    let link = town.token().await;
    assert_eq!(town.app.look_at_address(&older).await.unwrap(), None, "the newest wish counts");
    let asked = town.app.look_at_address(&link).await.unwrap().unwrap();
    assert_eq!((asked.name.as_str(), asked.present.as_str()), ("ann", "a***@example.com"));
    assert_eq!(asked.address, "new@example.com");
    assert_eq!(town.app.session(&here.session).await.unwrap().unwrap().email, "ann@example.com", "nothing yet");
    assert_eq!(code(town.app.confirm_email(&link, &laptop()).await), "link_expired", "another purpose");
    town.app.request_reset("ann@example.com", &laptop()).await.unwrap();
    let reset = town.token().await;
    town.app.confirm_address(&link, None).await.unwrap();
    assert_eq!(code(town.app.confirm_address(&link, None).await), "link_expired", "once");
    assert!(!town.app.reset_works(&reset).await.unwrap(), "what went to the old mailbox is dead");
    let mails = town.mails().await;
    assert_eq!((mails[0].0.as_str(), mails[0].1.as_str()), ("ann@example.com", "Your e-mail address was changed"));
    assert!(!mails[0].2.contains("new@"), "the old mailbox does not learn the new one");
    assert_eq!(code(town.sign_in("ann@example.com", GOOD).await), "wrong_credentials");
    assert_eq!(town.sign_in("new@example.com", GOOD).await.unwrap().user, ann);
    town.mails().await;

    ask("late@example.com").await.unwrap();
    let link = town.token().await;
    town.citizen("late@example.com").await;
    assert_eq!(code(town.app.confirm_address(&link, None).await), "link_expired", "somebody was faster");
    town.pass(600);
    assert_eq!(code(ask("x@example.com").await), "reauthentication_needed");
}
