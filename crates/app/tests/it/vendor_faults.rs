//! What outside services prove is all or nothing (ASVS 2.3.3): after a fault at any statement, before or after a
//! service was asked, the same call again completes everything, once.

use keystead_app::accounts::SignedIn;
use keystead_app::request::Origin;
use keystead_app::verification::organization::{Channel, Consent};
use keystead_app::{Error, Settings};
use keystead_core::secret::Secret;
use keystead_core::verification::organization::Status;
use keystead_core::verification::phone::PhoneState;
use keystead_providers::identity::State;
use keystead_providers::payment::{MethodEvent, SetupState};
use keystead_providers::sign_in::Identity;

use crate::fault_injection::{Replay, nothing};
use crate::test_app::{GOOD, TestApp, laptop, secret};
use crate::vendors::{ServicesApp, Tenant, card, delivery, number, origin};

const IP: &str = "10.0.0.1";

/// Advances the clock for some work and returns, so that each round begins at the same time.
async fn later(test: &ServicesApp, work: impl AsyncFnOnce()) {
    let now = test.now();
    work().await;
    test.wait(now - test.now());
}

/// ASVS 2.3.3: a code is sent, typed wrong, sent again, typed right.
#[tokio::test]
async fn a_fault_at_each_statement_of_phones() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let mut all = Replay::new(&test.store);
    let target = number(100, 1);
    let right = async |id: &str| test.check(&tenant, id, &test.carrier.code(&target), IP).await;
    all.besides = &["phone.code_resent"];
    let sent = all
        .each(
            "start_phone_verification",
            async || test.submit(&tenant, &target, IP).await,
            async |_| {
                later(&test, async || {
                    // A text with no record of its sending is lost: it is sent again once it cannot be on its way any
                    // more.
                    test.wait(30);
                    let sent = test.submit(&tenant, &target, IP).await.unwrap();
                    assert_eq!(right(&sent.id).await.unwrap().state, PhoneState::Verified);
                })
                .await;
            },
        )
        .await;
    all.besides = &[];
    let wrong = async || match test.check(&tenant, &sent.id, "000000", IP).await {
        Err(Error::Invalid { code: Some("phone_code_wrong"), .. }) => Ok(()),
        other => other.map(|_| ()),
    };
    all.each("a wrong code", wrong, async |()| {
        let view = test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap();
        assert_eq!(view.current.unwrap().checks_left, 4, "one try");
    })
    .await;
    test.wait(30);
    let resend = async || test.app.resend_phone_code(&tenant.actor, tenant.organization(), &sent.id, origin(IP)).await;
    // A text with no record of its sending is lost; the next one waits its time.
    let patient = async || match resend().await {
        Err(Error::Limited { name: "phone_resend_too_soon", .. }) => {
            test.app.phone_verification(&tenant.actor, tenant.organization(), &sent.id).await
        }
        other => other,
    };
    all.each("resend_phone_code", patient, async |_| {
        later(&test, async || {
            test.wait(60);
            resend().await.unwrap();
            assert_eq!(right(&sent.id).await.unwrap().state, PhoneState::Verified);
        })
        .await;
    })
    .await;
    all.each("check_phone_code", async || right(&sent.id).await, nothing).await;
    assert!(all.faults > 60, "{}", all.faults);
}

/// ASVS 2.3.3: a card is put on file, is disputed and renewed, and is removed by its owner or at the bank.
#[tokio::test]
async fn a_fault_at_each_statement_of_payment_methods() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let (actor, organization) = (&tenant.actor, tenant.organization());
    let mut all = Replay::new(&test.store);
    let setup = all
        .each(
            "start_payment_method",
            async || test.app.start_payment_method(actor, organization).await,
            async |setup| assert!(setup.url.is_some()),
        )
        .await;
    let reference = format!("cs_{}", setup.id);
    test.bank.setups.lock().unwrap().insert(reference.clone(), SetupState::Succeeded(card(1)));
    deliveries(&mut all, &test, "bank", "checkout.session.completed", &reference).await;
    assert_eq!(test.app.payment_methods(actor, organization).await.unwrap().methods.len(), 1);

    let tell = async |reference: &str, method_event: MethodEvent| {
        test.bank.method_events.lock().unwrap().insert(reference.to_owned(), method_event);
    };
    let disputed =
        MethodEvent::Disputed { method: Some("pm_1".to_owned()), customer: None, reason: "fraudulent".to_owned() };
    tell("dp_1", disputed).await;
    deliveries(&mut all, &test, "bank", "charge.dispute.created", "dp_1").await;
    let renewed = keystead_providers::payment::Method { expires_year: 2040, ..card(1) };
    tell("pm_1", MethodEvent::Renewed(renewed)).await;
    deliveries(&mut all, &test, "bank", "payment_method.automatically_updated", "pm_1").await;
    tell("pm_1", MethodEvent::Detached).await;
    deliveries(&mut all, &test, "bank", "payment_method.detached", "pm_1").await;
    test.pay(&tenant, 2).await;
    let method = test.app.payment_methods(actor, organization).await.unwrap().methods.remove(0).id;
    all.each(
        "remove_payment_method",
        async || test.app.remove_payment_method(actor, organization, method.as_str()).await,
        async |_| test.work().await,
    )
    .await;
    assert!(all.faults > 100, "{}", all.faults);
}

/// A delivery arrives, and a job processes it: each with a fault at each statement.
async fn deliveries(all: &mut Replay<'_>, test: &ServicesApp, provider: &str, name: &str, reference: &str) {
    let (headers, body) = delivery(&format!("evt_{name}"), name, reference, test.now());
    let receive = async || {
        let taken = test.app.receive_delivery(provider, &headers, body.as_bytes()).await;
        taken.map_err(|refusal| Error::Internal(format!("{refusal:?}")))
    };
    let look = async |_| {
        later(test, async || {
            // The lease of a job ends by itself if the job's end could not be saved.
            test.wait(130);
            test.work().await;
        })
        .await
    };
    all.each(&format!("receive {name}"), receive, look).await;
    all.each(&format!("look into {name}"), async || test.app.run_due_jobs().await, look).await;
    test.work().await;
}

async fn status(test: &ServicesApp, tenant: &Tenant) -> Status {
    test.app.organization_verification(&tenant.actor, tenant.organization()).await.unwrap().status
}

/// ASVS 2.3.3: an identity check from consent to the decision, with its links, its deliveries and its end.
#[tokio::test]
async fn a_fault_at_each_statement_of_identity_checks() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let (actor, organization) = (&tenant.actor, tenant.organization());
    test.pay(&tenant, 1).await;
    test.work().await;
    let mut all = Replay::new(&test.store);
    let consent = |given| Consent { given, language: "en".to_owned(), origin: Origin::default() };
    let decline = async || match test.app.start_organization_verification(actor, organization, consent(false)).await {
        Err(Error::Invalid { code: Some("consent_required"), .. }) => Ok(()),
        other => other.map(|_| ()),
    };
    all.each("decline consent", decline, nothing).await;
    // What was not saved is found by polling; two polls at once conflict, and one of them runs again.
    let polled = async || {
        later(&test, async || {
            for _ in 0..2 {
                test.wait(130);
                test.work().await;
            }
        })
        .await;
    };
    let attempt =
        all.each("start_organization_verification", async || test.begin(&tenant).await, async |_| polled().await).await;
    let link = async || test.app.hand_off_verification(actor, organization, &attempt, Channel::Qr).await;
    let link = all.each("hand_off", link, nothing).await.url;
    let token = Secret::new(link.expose().rsplit('/').next().unwrap().to_owned());
    // Each call makes a link at the service, and the log says so.
    all.besides = &["orgv.link_reissued"];
    all.each("use_handoff", async || test.app.use_handoff(&token).await, nothing).await;
    all.besides = &[];
    let again = async || test.app.reissue_verification_link(actor, organization, &attempt).await;
    all.each("reissue_verification_link", again, nothing).await;
    all.each(
        "cancel",
        async || test.app.cancel_organization_verification(actor, organization).await,
        async |_| polled().await,
    )
    .await;

    test.wait(200);
    test.work().await;
    let attempt = test.begin(&tenant).await.unwrap();
    let reference = format!("inq_{attempt}");
    for (state, then) in [
        (State::InProgress, Status::InProgress),
        (State::Submitted, Status::InProgress),
        (State::InReview, Status::InReview),
        (State::Rejected { retryable: true }, Status::Rejected),
    ] {
        test.wait(1);
        test.examiner.say(&reference, state, Some("ID 1"), test.now());
        let name = format!("inquiry.{state:?}");
        deliveries(&mut all, &test, "examiner", &name, &reference).await;
        assert_eq!(status(&test, &tenant).await, then);
    }
    all.each("appeal", async || test.app.appeal_verification(actor, organization, "It is me.").await, nothing).await;
    let operator = keystead_app::Actor::operator("anna");
    let case = test.app.review_queue(&operator).await.unwrap()[0].id.clone();
    all.each("propose", async || test.app.decide_appeal(&operator, &case, true, "I agree").await, nothing).await;
    let second = keystead_app::Actor::operator("bob");
    all.each(
        "decide_appeal",
        async || test.app.decide_appeal(&second, &case, true, "So do I").await,
        async |_| polled().await,
    )
    .await;
    assert_eq!(status(&test, &tenant).await, Status::Verified);
    test.work().await;
    let withdraw = async || test.app.withdraw_and_erase(actor, organization).await;
    all.each("withdraw_and_erase", withdraw, async |_| polled().await).await;
    all.each("erase at the service", async || test.app.run_due_jobs().await, async |_| polled().await).await;

    // The owner requests what no delivery reported.
    let tenant = test.tenant("ben").await;
    test.pay(&tenant, 2).await;
    let attempt = test.begin(&tenant).await.unwrap();
    test.wait(1);
    test.examiner.say(&format!("inq_{attempt}"), State::Approved, Some("ID 2"), test.now());
    let look = async || test.app.check_organization_verification(&tenant.actor, tenant.organization(), &attempt).await;
    all.each("check_organization_verification", look, nothing).await;
    assert_eq!(status(&test, &tenant).await, Status::Verified);
    assert!(all.faults > 200, "{}", all.faults);
}

fn identity(subject: &str, email: &str) -> Option<Identity> {
    Some(Identity {
        issuer: "https://issuer.test".to_owned(),
        subject: subject.to_owned(),
        email: email.to_owned(),
        email_verified: true,
        name: Some("Ann Smith".to_owned()),
    })
}

/// ASVS 2.3.3: an identity at an issuer signs in to an account, creates one, is connected and disconnected.
#[tokio::test]
async fn a_fault_at_each_statement_of_sign_in_elsewhere() {
    let test = TestApp::new().await;
    let mut all = Replay::new(&test.store);
    test.issuer.answer(identity("s-ann", "ann@example.com"));
    let cookie = test.app.begin_oidc("/").await.unwrap().cookie;
    let arrive = async |cookie: &Secret<String>| test.app.finish_oidc(cookie, "state-1", "c0de", &laptop()).await;
    let opened = all.each("a newcomer", async || arrive(&cookie).await, nothing).await.0.unwrap();
    let cookie = test.app.begin_oidc("/").await.unwrap().cookie;
    let again: SignedIn = all.each("known", async || arrive(&cookie).await, nothing).await.0.unwrap();
    assert_eq!(again.user, opened.user);

    let (ben, here) = test.signed_in_user("ben@example.com").await;
    test.issuer.answer(identity("s-ben", "ben@elsewhere.example"));
    let cookie = test.app.connect_identity(&here.session, "/settings").await.unwrap().cookie;
    all.each("connect", async || arrive(&cookie).await, async |_| drop(test.mails().await)).await;
    assert_eq!(test.app.security(&ben).await.unwrap().identities.len(), 1);
    let here = test.app.reauthenticate(&here.session, &secret(GOOD), "").await.unwrap();
    test.mails().await;
    let part = async || test.app.unlink_identity(&here.session, "https://issuer.test").await;
    all.each("part", part, async |_| drop(test.mails().await)).await;
    assert_eq!(test.app.security(&ben).await.unwrap().identities, []);
    assert!(all.faults > 40, "{}", all.faults);
}
