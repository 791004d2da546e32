//! One-time links and waits: each works a second before its end and not at its end, whether or not a cleanup runs.

use keystead_app::Actor;
use keystead_app::accounts::Context;
use keystead_core::role::OrganizationRole;
use keystead_core::secret::Secret;
use keystead_providers::sign_in::Identity;

use crate::passkeys::{Authenticator, added};
use crate::second_factor::guarded;
use crate::town::*;

const ANN: &str = "ann@example.com";

/// Plays one kind of token twice: used a second before its end, and at its end.
macro_rules! ends {
    ($town:ident, $life:expr, $make:expr, $use:expr) => {{
        $town.mails().await;
        let before = $make.await;
        $town.pass($life - 1);
        assert!($use(before).await, "{}: a second before its end", stringify!($use));
        $town.mails().await;
        let at = $make.await;
        $town.pass($life);
        assert!(!$use(at).await, "{}: at its end", stringify!($use));
    }};
}

#[tokio::test]
async fn every_kind_of_token_ends_at_use() {
    let town = Town::new().await;
    let app = &town.app;
    town.citizen(ANN).await;
    let reset = async || {
        app.request_reset(ANN, &laptop()).await.unwrap();
        town.token().await
    };
    let choose = async |link: Secret<String>| app.reset_password(&link, &secret(GOOD), &laptop()).await.is_ok();
    ends!(town, 3_600, reset(), choose);
    let confirm = async || {
        let email = format!("p{}@example.com", town.now());
        app.sign_up(&email, &secret(GOOD), &Context::default()).await.unwrap();
        town.token().await
    };
    let confirmed = async |link: Secret<String>| app.confirm_email(&link, &laptop()).await.is_ok();
    ends!(town, DAY, confirm(), confirmed);
    let address = async || {
        let session = town.sign_in(ANN, GOOD).await.unwrap().session;
        town.mails().await;
        app.request_address(&session, "new@example.com", &laptop()).await.unwrap();
        town.token().await
    };
    let moved = async |link: Secret<String>| {
        let looked = app.look_at_address(&link).await.unwrap().is_some();
        let done = app.confirm_address(&link, None).await.is_ok();
        assert_eq!(looked, done);
        if done {
            // Removed again, for the next round.
            let session = town.sign_in("new@example.com", GOOD).await.unwrap().session;
            town.mails().await;
            app.request_address(&session, ANN, &laptop()).await.unwrap();
            app.confirm_address(&town.token().await, None).await.unwrap();
        }
        town.mails().await;
        done
    };
    ends!(town, DAY, address(), moved);
    let left = async || {
        town.issuer.answer(Some(Identity {
            issuer: "https://issuer.test".to_owned(),
            subject: format!("s-{}", town.now()),
            email: format!("q{}@example.com", town.now()),
            email_verified: true,
            name: None,
        }));
        app.begin_oidc("/").await.unwrap().cookie
    };
    let back = async |cookie: Secret<String>| app.finish_oidc(&cookie, "state-1", "c0de", &laptop()).await.is_ok();
    ends!(town, 600, left(), back);
}

#[tokio::test]
async fn waits_and_questions_end_at_use() {
    let town = Town::new().await;
    let app = &town.app;
    let ann = guarded(&town, ANN).await;
    let wait = async || town.sign_in(ANN, GOOD).await.unwrap().session;
    let prove = async |waiting: Secret<String>| {
        town.mails().await;
        app.prove_second_factor(&waiting, &ann.phone.code(town.now()), &laptop()).await.is_ok()
    };
    ends!(town, 600, wait(), prove);

    let (_, here) = town.visitor("ben@example.com").await;
    let mut key = Authenticator::new(7);
    added(&town, &here.session, &mut key).await;
    for (pass, works) in [(299, true), (300, false)] {
        let question = app.ask_passkey().unwrap();
        let answer = key.sign(&question);
        town.pass(pass);
        assert_eq!(app.sign_in_with_passkey(&question.state, &answer, &laptop()).await.is_ok(), works, "{pass}");
    }

    // Invitations: a week, for new people and for people with an account.
    let (owner, _) = town.visitor("cid@example.com").await;
    let (organization, _) = town.organization(&owner).await;
    let cid = Actor::Person(owner);
    for (pass, works) in [(7 * DAY - 1, true), (7 * DAY, false)] {
        let email = format!("new{pass}@example.com");
        app.invite_member(&cid, &organization, &email, OrganizationRole::Reader, "en").await.unwrap();
        let link = town.token().await;
        town.pass(pass);
        assert_eq!(app.look_at_invite(&link).await.unwrap().is_some(), works);
        assert_eq!(app.sign_up_with_invite(&link, &secret(GOOD), &laptop()).await.is_ok(), works, "{pass}");
        town.mails().await;
    }
}
