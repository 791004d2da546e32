//! One-time links and waits: each works a second before its end and not at its end, whether or not a cleanup runs.

use keystead_app::Actor;
use keystead_app::accounts::Context;
use keystead_core::role::OrganizationRole;
use keystead_core::secret::Secret;
use keystead_providers::sign_in::Identity;

use crate::passkeys::{Authenticator, added};
use crate::second_factor::guarded;
use crate::test_app::*;

const ANN: &str = "ann@example.com";

/// Plays one kind of token twice: used a second before its end, and at its end.
macro_rules! ends {
    ($test:ident, $life:expr, $make:expr, $use:expr) => {{
        $test.mails().await;
        let before = $make.await;
        $test.advance($life - 1);
        assert!($use(before).await, "{}: a second before its end", stringify!($use));
        $test.mails().await;
        let at = $make.await;
        $test.advance($life);
        assert!(!$use(at).await, "{}: at its end", stringify!($use));
    }};
}

#[tokio::test]
async fn every_kind_of_token_ends_at_use() {
    let test = TestApp::new().await;
    let app = &test.app;
    test.confirmed_user(ANN).await;
    let reset = async || {
        app.request_reset(ANN, &laptop()).await.unwrap();
        test.token().await
    };
    let choose = async |link: Secret<String>| app.reset_password(&link, &secret(GOOD), &laptop()).await.is_ok();
    ends!(test, 3_600, reset(), choose);
    let confirm = async || {
        let email = format!("p{}@example.com", test.now());
        app.sign_up(&email, &secret(GOOD), &Context::default()).await.unwrap();
        test.token().await
    };
    let confirmed = async |link: Secret<String>| app.confirm_email(&link, &laptop()).await.is_ok();
    ends!(test, DAY, confirm(), confirmed);
    let address = async || {
        let session = test.sign_in(ANN, GOOD).await.unwrap().session;
        test.mails().await;
        app.request_address(&session, "new@example.com", &laptop()).await.unwrap();
        test.token().await
    };
    let moved = async |link: Secret<String>| {
        let looked = app.find_email_change(&link).await.unwrap().is_some();
        let done = app.confirm_address(&link, None).await.is_ok();
        assert_eq!(looked, done);
        if done {
            // Removed again, for the next round.
            let session = test.sign_in("new@example.com", GOOD).await.unwrap().session;
            test.mails().await;
            app.request_address(&session, ANN, &laptop()).await.unwrap();
            app.confirm_address(&test.token().await, None).await.unwrap();
        }
        test.mails().await;
        done
    };
    ends!(test, DAY, address(), moved);
    let left = async || {
        test.issuer.answer(Some(Identity {
            issuer: "https://issuer.test".to_owned(),
            subject: format!("s-{}", test.now()),
            email: format!("q{}@example.com", test.now()),
            email_verified: true,
            name: None,
        }));
        app.begin_oidc("/").await.unwrap().cookie
    };
    let back = async |cookie: Secret<String>| app.finish_oidc(&cookie, "state-1", "c0de", &laptop()).await.is_ok();
    ends!(test, 600, left(), back);
}

#[tokio::test]
async fn waits_and_questions_end_at_use() {
    let test = TestApp::new().await;
    let app = &test.app;
    let ann = guarded(&test, ANN).await;
    let wait = async || test.sign_in(ANN, GOOD).await.unwrap().session;
    let prove = async |waiting: Secret<String>| {
        test.mails().await;
        app.prove_second_factor(&waiting, &ann.phone.code(test.now()), &laptop()).await.is_ok()
    };
    ends!(test, 600, wait(), prove);

    let (_, here) = test.signed_in_user("ben@example.com").await;
    let mut key = Authenticator::new(7);
    added(&test, &here.session, &mut key).await;
    for (pass, works) in [(299, true), (300, false)] {
        let question = app.begin_passkey_sign_in().unwrap();
        let answer = key.sign(&question);
        test.advance(pass);
        assert_eq!(app.sign_in_with_passkey(&question.state, &answer, &laptop()).await.is_ok(), works, "{pass}");
    }

    // Invitations: a week, for new people and for people with an account.
    let (owner, _) = test.signed_in_user("cid@example.com").await;
    let (organization, _) = test.organization(&owner).await;
    let cid = Actor::Person(owner);
    for (pass, works) in [(7 * DAY - 1, true), (7 * DAY, false)] {
        let email = format!("new{pass}@example.com");
        app.invite_member(&cid, &organization, &email, OrganizationRole::Reader, "en").await.unwrap();
        let link = test.token().await;
        test.advance(pass);
        assert_eq!(app.find_invite(&link).await.unwrap().is_some(), works);
        assert_eq!(app.sign_up_with_invite(&link, &secret(GOOD), &laptop()).await.is_ok(), works, "{pass}");
        test.mails().await;
    }
}
