//! The second factor: codes of an authenticator app, recovery codes, and that every way of signing in needs it.

use keystead_app::Actor;
use keystead_app::accounts::{Enrolment, OidcRedirect, SignedIn};
use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_providers::sign_in::Identity;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Account};
use totp_rs::{Builder, Totp};

use crate::test_app::*;

/// A person's authenticator app.
pub(crate) struct Phone(Totp);

impl Phone {
    pub(crate) fn new(enrolment: &Enrolment) -> Self {
        let secret = totp_rs::Secret::try_from_base32(enrolment.secret.expose()).unwrap();
        Self(Builder::new().with_secret(secret).build().unwrap())
    }

    pub(crate) fn code(&self, at: i64) -> String {
        self.0.generate(u64::try_from(at).unwrap()).to_string()
    }
}

pub(crate) struct Guarded {
    pub(crate) user: UserId,
    pub(crate) session: Secret<String>,
    pub(crate) phone: Phone,
    recovery: Vec<Secret<String>>,
}

/// A person with the second factor on; the time step of its first code has passed.
pub(crate) async fn guarded(test: &TestApp, email: &str) -> Guarded {
    let (user, opened) = test.signed_in_user(email).await;
    let phone = Phone::new(&test.app.enrol_second_factor(&opened.session).await.unwrap());
    let (recovery, signed_in) = test.app.confirm_second_factor(&opened.session, &phone.code(test.now())).await.unwrap();
    test.advance(30);
    test.mails().await;
    Guarded { user, session: signed_in.session, phone, recovery }
}

async fn waiting(test: &TestApp, email: &str) -> Secret<String> {
    let SignedIn { session, waits_for_code, expires_at, .. } = test.sign_in(email, GOOD).await.unwrap();
    assert!(waits_for_code);
    assert_eq!(expires_at.0, test.now() + 600);
    session
}

async fn account(test: &TestApp, user: &UserId) -> Account {
    let user = user.clone();
    let read = test.store.read("test", async move |tx: &mut Tx| accounts::find(tx, &user).await);
    let account: Result<_, keystead_store::Error> = read.await;
    account.unwrap().unwrap()
}

/// ASVS 7.5.1, 7.4.3, 6.3.7: switched on with the first code after reauthentication; other sessions end, this one gets
/// a new secret, the person gets a mail.
#[tokio::test]
async fn it_is_switched_on_and_off() {
    let test = TestApp::new().await;
    let (user, here) = test.signed_in_user("ann@example.com").await;
    let there = test.sign_in("ann@example.com", GOOD).await.unwrap();
    let (organization, _) = test.organization(&user).await;
    let enrolment = test.app.enrol_second_factor(&here.session).await.unwrap();
    let url = enrolment.url.expose();
    assert!(url.starts_with("otpauth://totp/Keystead:ann%40example.com?secret="), "{url}");
    assert!(!format!("{enrolment:?}").contains(enrolment.secret.expose()));
    let sealed = account(&test, &user).await.totp_sealed.unwrap();
    let plain = totp_rs::Secret::try_from_base32(enrolment.secret.expose()).unwrap();
    assert_eq!(plain.as_bytes().len(), 20);
    assert!(!sealed.windows(8).any(|part| plain.as_bytes().starts_with(part)), "sealed at rest");
    let opened = test.sign_in("ann@example.com", GOOD).await.unwrap();
    assert!(!opened.waits_for_code, "begun is not on");

    let phone = Phone::new(&test.app.enrol_second_factor(&here.session).await.unwrap());
    let begun = test.app.begun_second_factor(&here.session).await.unwrap().unwrap();
    assert_eq!(Phone::new(&begun).code(NOON), phone.code(NOON), "shown again on the same page");
    let old = Phone::new(&enrolment);
    assert_eq!(code(test.app.confirm_second_factor(&here.session, &old.code(NOON)).await), "second_factor_wrong");
    let (recovery, changed) = test.app.confirm_second_factor(&here.session, &phone.code(NOON)).await.unwrap();
    assert_eq!(recovery.len(), 10);
    assert!(
        !test.session_is_open(&here.session).await
            && !test.session_is_open(&there.session).await
            && !test.session_is_open(&opened.session).await
    );
    assert!(test.session_is_open(&changed.session).await);
    assert_eq!(test.subjects().await, ["Two-step verification is on"]);
    let security = test.app.security(&user).await.unwrap();
    assert_eq!((security.second_factor_since.map(|at| at.0), security.recovery_codes), (Some(NOON), 10));
    assert!(test.app.begun_second_factor(&changed.session).await.unwrap().is_none(), "and never once it is on");
    assert_eq!(code(test.app.enrol_second_factor(&changed.session).await), "conflict");
    assert_eq!(code(test.app.confirm_second_factor(&changed.session, "123456").await), "invalid");

    test.advance(600);
    let now = test.now();
    assert_eq!(code(test.app.disable_second_factor(&changed.session).await), "reauthentication_needed");
    assert_eq!(code(test.app.renew_recovery_codes(&changed.session).await), "reauthentication_needed");
    let again = test.app.reauthenticate(&changed.session, &secret(GOOD), "000000").await;
    assert_eq!(code(again), "second_factor_wrong", "the password alone is not enough");
    let fresh = test.app.reauthenticate(&changed.session, &secret(GOOD), &phone.code(now)).await.unwrap();
    let reused = test.app.reauthenticate(&fresh.session, &secret(GOOD), &phone.code(now)).await;
    assert_eq!(code(reused), "second_factor_wrong", "used a moment ago");
    let fresh = test.app.reauthenticate(&fresh.session, &secret(GOOD), recovery[0].expose()).await.unwrap();
    let off = test.app.disable_second_factor(&fresh.session).await.unwrap();
    assert!(test.session_is_open(&off.session).await && !test.session_is_open(&fresh.session).await);
    assert_eq!(test.subjects().await, ["Two-step verification is off"]);
    let kept = account(&test, &user).await;
    assert_eq!((kept.totp_sealed, kept.totp_confirmed_at), (None, None));
    assert!(!test.sign_in("ann@example.com", GOOD).await.unwrap().waits_for_code);
    assert_eq!(code(test.app.disable_second_factor(&off.session).await), "invalid", "not on");
    assert!(test.log(&organization).await.iter().filter(|action| *action == "user.updated").count() >= 2);
}

/// A sign-in that waits for a code is not a session, for every use case, and ends after ten minutes.
#[tokio::test]
async fn waiting_opens_nothing() {
    let test = TestApp::new().await;
    let ann = guarded(&test, "ann@example.com").await;
    let wait = waiting(&test, "ann@example.com").await;
    assert!(!test.session_is_open(&wait).await);
    assert!(test.app.waits_for_code(&wait).await.unwrap());
    assert!(!test.app.waits_for_code(&ann.session).await.unwrap(), "a session is no wait");
    assert_eq!(code(test.app.fresh_session(&wait).await), "not_found");
    assert_eq!(code(test.app.enrol_second_factor(&wait).await), "not_found");
    assert_eq!(code(test.app.reset_password(&wait, &secret(OTHER), &laptop()).await), "link_expired");
    test.app.sign_out(&wait).await.unwrap();
    let opened = test.app.prove_second_factor(&wait, &ann.phone.code(test.now()), &laptop()).await.unwrap();
    assert_ne!(opened.session.expose(), wait.expose(), "a new secret after every step");
    assert!(test.session_is_open(&opened.session).await && !test.session_is_open(&wait).await);
    test.advance(30);
    let twice = test.app.prove_second_factor(&wait, &ann.phone.code(test.now()), &laptop()).await;
    assert_eq!(code(twice), "link_expired", "a wait ends once");
    let late = waiting(&test, "ann@example.com").await;
    test.advance(600);
    let proven = test.app.prove_second_factor(&late, &ann.phone.code(test.now()), &laptop()).await;
    assert_eq!(code(proven), "link_expired");
}

/// A wrong code after the right password is in the log of the person's organizations.
#[tokio::test]
async fn a_wrong_code_is_a_failed_sign_in() {
    let test = TestApp::new().await;
    let ann = guarded(&test, "ann@example.com").await;
    let user = test.app.session(&ann.session).await.unwrap().unwrap().user;
    let (organization, _) = test.organization(&user).await;
    let wait = waiting(&test, "ann@example.com").await;
    let before = test.log(&organization).await.len();
    assert_eq!(code(test.app.prove_second_factor(&wait, "no code", &laptop()).await), "second_factor_wrong");
    let page = keystead_app::Page { after: None, limit: 1, ascending: false };
    let log = test.app.audit_log(&keystead_app::Actor::operator("test"), &organization, page).await.unwrap();
    let event = &log.data[0];
    assert_eq!((event.action.as_str(), &event.details["error_code"]), ("login.failed", &"second_factor_wrong".into()));
    assert!(!event.details.to_string().contains("no code"));
    assert_eq!(test.log(&organization).await.len(), before + 1);
}

/// ASVS 6.5.1, 6.5.5: one step of drift in either direction; a code works once, and every earlier one no longer.
#[tokio::test]
async fn a_code_works_once_and_in_its_time() {
    let test = TestApp::new().await;
    let ann = guarded(&test, "ann@example.com").await;
    test.advance(3_600);
    for (drift, right) in [(-60, false), (60, false), (-30, true), (0, true), (30, true), (30, false), (0, false)] {
        let wait = waiting(&test, "ann@example.com").await;
        let proven = test.app.prove_second_factor(&wait, &ann.phone.code(test.now() + drift), &laptop()).await;
        assert_eq!(proven.is_ok(), right, "{drift}");
    }
    test.advance(30);
    let wait = waiting(&test, "ann@example.com").await;
    let used = test.app.prove_second_factor(&wait, &ann.phone.code(test.now()), &laptop()).await;
    assert_eq!(code(used), "second_factor_wrong", "its code was taken early; it does not work again in its own time");
    let spaced = ann.phone.code(test.now() + 30);
    let spaced = format!(" {} {} ", &spaced[..3], &spaced[3..]);
    assert!(test.app.prove_second_factor(&wait, &spaced, &laptop()).await.is_ok(), "as apps show it");
}

/// Two requests at once with the same code: one is accepted.
#[tokio::test]
async fn a_code_cannot_be_used_twice_at_once() {
    let test = TestApp::new().await;
    let ann = guarded(&test, "ann@example.com").await;
    let now_code = ann.phone.code(test.now());
    let (one, two) = (waiting(&test, "ann@example.com").await, waiting(&test, "ann@example.com").await);
    let prove = |wait: Secret<String>| {
        let (app, now_code) = (test.app.clone(), now_code.clone());
        tokio::spawn(async move { app.prove_second_factor(&wait, &now_code, &laptop()).await.is_ok() })
    };
    let (one, two) = (prove(one), prove(two));
    assert!(one.await.unwrap() ^ two.await.unwrap());
}

/// ASVS 6.5.2, 6.4.4: ten codes of 120 bits, each for its person, once; new ones replace the old ones.
#[tokio::test]
async fn recovery_codes_work_once() {
    let test = TestApp::new().await;
    let ann = guarded(&test, "ann@example.com").await;
    let ben = guarded(&test, "ben@example.com").await;
    let text = ann.recovery[0].expose();
    assert_eq!(text.len(), 27, "{text}");
    assert!(text.split('-').all(|group| group.len() == 6 && !group.contains(['l', 'i', 'o', '1'])), "{text}");
    let wait = waiting(&test, "ann@example.com").await;
    let foreign = test.app.prove_second_factor(&wait, ben.recovery[0].expose(), &laptop()).await;
    assert_eq!(code(foreign), "second_factor_wrong");
    let shouted = text.to_uppercase().replace('-', " ").replace('0', "O");
    assert!(test.app.prove_second_factor(&wait, &shouted, &laptop()).await.is_ok());
    let wait = waiting(&test, "ann@example.com").await;
    assert_eq!(code(test.app.prove_second_factor(&wait, text, &laptop()).await), "second_factor_wrong");
    assert_eq!(test.app.security(&ann.user).await.unwrap().recovery_codes, 9);
    let fresh = test.app.renew_recovery_codes(&ann.session).await.unwrap();
    assert_eq!(test.subjects().await, ["New recovery codes"]);
    let old = test.app.prove_second_factor(&wait, ann.recovery[1].expose(), &laptop()).await;
    assert_eq!(code(old), "second_factor_wrong");
    assert!(test.app.prove_second_factor(&wait, fresh[0].expose(), &laptop()).await.is_ok());
}

/// ASVS 6.6.3: five wrong codes, then a wait that also applies to the right one, in every browser.
#[tokio::test]
async fn guessing_codes_waits() {
    let test = TestApp::new().await;
    let ann = guarded(&test, "ann@example.com").await;
    let wait = waiting(&test, "ann@example.com").await;
    for number in 0..5 {
        let guess = if number == 0 { "no code" } else { "000000" };
        assert_eq!(code(test.app.prove_second_factor(&wait, guess, &laptop()).await), "second_factor_wrong");
    }
    let now_code = ann.phone.code(test.now());
    assert_eq!(code(test.app.prove_second_factor(&wait, &now_code, &laptop()).await), "second_factor");
    let other = waiting(&test, "ann@example.com").await;
    assert_eq!(code(test.app.prove_second_factor(&other, &now_code, &from("198.51.100.4")).await), "second_factor");
    test.advance(300);
    assert!(test.app.prove_second_factor(&other, &ann.phone.code(test.now()), &laptop()).await.is_ok());
}

/// ASVS 6.3.4, 6.4.3: a reset and an identity at an issuer require the code like a password does.
#[tokio::test]
async fn no_way_in_goes_around_it() {
    let test = TestApp::new().await;
    let ann = guarded(&test, "ann@example.com").await;
    let before = waiting(&test, "ann@example.com").await;
    test.app.request_reset("ann@example.com", &laptop()).await.unwrap();
    let opened = test.app.reset_password(&test.token().await, &secret(OTHER), &laptop()).await.unwrap();
    assert_eq!(opened.user, ann.user);
    assert!(opened.waits_for_code && !test.session_is_open(&opened.session).await);
    let stale = test.app.prove_second_factor(&before, &ann.phone.code(test.now()), &laptop()).await;
    assert_eq!(code(stale), "link_expired", "the old password's wait is over");
    test.issuer.answer(Some(Identity {
        issuer: "https://issuer.test".to_owned(),
        subject: "s-1".to_owned(),
        email: "ann@example.com".to_owned(),
        email_verified: true,
        name: None,
    }));
    let arrive = async |departed: OidcRedirect| {
        test.app.finish_oidc(&departed.cookie, "state-1", "c0de", &laptop()).await.unwrap().0
    };
    let proven = test.app.prove_second_factor(&opened.session, ann.recovery[0].expose(), &laptop()).await.unwrap();
    assert!(arrive(test.app.connect_identity(&proven.session, "/home").await.unwrap()).await.is_none());
    let arrived = arrive(test.app.begin_oidc("/home").await.unwrap()).await.unwrap();
    assert!(arrived.waits_for_code && !test.session_is_open(&arrived.session).await);
}

/// ASVS 6.4.4: an operator removes the factor of an app that was lost with its recovery codes; no mail and no member
/// can.
#[tokio::test]
async fn the_operator_takes_a_lost_one_out() {
    let test = TestApp::new().await;
    let ann = guarded(&test, "ann@example.com").await;
    let (organization, _) = test.organization(&ann.user).await;
    let reset = async |actor: Actor, email: &str| test.app.reset_second_factor(&actor, email).await;
    assert_eq!(code(reset(Actor::Person(ann.user.clone()), "ann@example.com").await), "forbidden");
    assert_eq!(code(reset(Actor::operator("cli"), "nobody@example.com").await), "not_found");
    let wait = waiting(&test, "ann@example.com").await;
    assert_eq!(reset(Actor::operator("cli"), "Ann@example.com").await.unwrap(), ann.user);
    assert!(!test.session_is_open(&ann.session).await && !test.app.waits_for_code(&wait).await.unwrap());
    assert_eq!(test.subjects().await, ["Two-step verification is off"]);
    assert_eq!(test.log(&organization).await.last().map(String::as_str), Some("user.updated"));
    assert!(!test.sign_in("ann@example.com", GOOD).await.unwrap().waits_for_code);
    assert_eq!(code(reset(Actor::operator("cli"), "ann@example.com").await), "invalid", "not on");
}

/// ASVS 6.4.4: in the console two operators reset a second factor together, and neither of them their own.
#[tokio::test]
async fn two_operators_reset_a_second_factor() {
    let test = TestApp::new().await;
    let guarded = guarded(&test, "ann@example.com").await;
    let ann = guarded.user;
    let (organization, _) = test.organization(&ann).await;
    test.confirmed_user("bob@example.com").await;
    let (one, two) = (Actor::operator("one@example.com"), Actor::operator("two@example.com"));
    let propose =
        async |actor: &Actor, email: &str, reason: &str| test.app.propose_factor_reset(actor, email, reason).await;
    let lost = "called her desk";
    assert_eq!(code(propose(&one, "bob@example.com", lost).await), "invalid", "it is not on");
    let member = Actor::Person(ann.clone());
    assert_eq!(code(propose(&member, "ann@example.com", lost).await), "forbidden");
    assert_eq!(code(propose(&one, "ann@example.com", " ").await), "reason");
    assert_eq!(code(propose(&one, "nobody@example.com", lost).await), "invalid");
    assert_eq!(code(propose(&Actor::operator("Ann@example.com"), "ann@example.com", lost).await), "forbidden");
    propose(&one, "ann@example.com", lost).await.unwrap();
    assert_eq!(code(propose(&two, "ann@example.com", lost).await), "conflict");
    assert_eq!(code(test.app.agree_to_factor_reset(&one, &ann).await), "forbidden", "one person is not two");
    let herself = Actor::operator("ann@example.com");
    assert_eq!(code(test.app.agree_to_factor_reset(&herself, &ann).await), "forbidden");
    assert!(test.app.security(&ann).await.unwrap().second_factor_since.is_some(), "nothing has changed yet");
    let waiting = test.app.factor_resets(&two).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].by.as_str()), (1, "one@example.com"));

    // Withdrawn, or a day old, a proposal does nothing.
    test.app.discard_factor_reset(&two, &ann).await.unwrap();
    assert_eq!(code(test.app.agree_to_factor_reset(&two, &ann).await), "not_found");
    propose(&one, "ann@example.com", lost).await.unwrap();
    test.advance(DAY);
    assert_eq!(code(test.app.agree_to_factor_reset(&two, &ann).await), "not_found");
    propose(&one, "ann@example.com", lost).await.unwrap();
    test.mails().await;
    test.app.agree_to_factor_reset(&two, &ann).await.unwrap();
    assert!(test.app.security(&ann).await.unwrap().second_factor_since.is_none());
    assert!(!test.session_is_open(&guarded.session).await, "every session ends");
    assert_eq!(test.subjects().await, ["Two-step verification is off"], "the mailbox is told");
    assert_eq!(test.log(&organization).await.iter().filter(|action| *action == "user.updated").count(), 4);
    assert_eq!(code(test.app.agree_to_factor_reset(&two, &ann).await), "not_found", "one approval, one reset");
}
