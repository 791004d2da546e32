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

use crate::replay::{Replay, nothing};
use crate::town::{GOOD, Town, laptop, secret};
use crate::vendors::{Home, House, card, delivery, number, origin};

const IP: &str = "10.0.0.1";

/// Advances the clock for some work and returns, so that each round begins at the same time.
async fn later(house: &House, work: impl AsyncFnOnce()) {
    let now = house.now();
    work().await;
    house.wait(now - house.now());
}

/// ASVS 2.3.3: a code is sent, typed wrong, sent again, typed right.
#[tokio::test]
async fn a_fault_at_each_statement_of_phones() {
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    let mut all = Replay::new(&house.store);
    let target = number(100, 1);
    let right = async |id: &str| house.check(&home, id, &house.carrier.code(&target), IP).await;
    all.besides = &["phone.code_resent"];
    let sent = all
        .each(
            "start_phone_verification",
            async || house.submit(&home, &target, IP).await,
            async |_| {
                later(&house, async || {
                    // A text with no record of its sending is lost: it is sent again once it cannot be on its way any
                    // more.
                    house.wait(30);
                    let sent = house.submit(&home, &target, IP).await.unwrap();
                    assert_eq!(right(&sent.id).await.unwrap().state, PhoneState::Verified);
                })
                .await;
            },
        )
        .await;
    all.besides = &[];
    let wrong = async || match house.check(&home, &sent.id, "000000", IP).await {
        Err(Error::Invalid { code: Some("phone_code_wrong"), .. }) => Ok(()),
        other => other.map(|_| ()),
    };
    all.each("a wrong code", wrong, async |()| {
        let view = house.app.phone_view(&home.actor, home.organization()).await.unwrap();
        assert_eq!(view.current.unwrap().checks_left, 4, "one try");
    })
    .await;
    house.wait(30);
    let resend = async || house.app.resend_phone_code(&home.actor, home.organization(), &sent.id, origin(IP)).await;
    // A text with no record of its sending is lost; the next one waits its time.
    let patient = async || match resend().await {
        Err(Error::Limited { name: "phone_resend_too_soon", .. }) => {
            house.app.phone_verification(&home.actor, home.organization(), &sent.id).await
        }
        other => other,
    };
    all.each("resend_phone_code", patient, async |_| {
        later(&house, async || {
            house.wait(60);
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
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    let (actor, organization) = (&home.actor, home.organization());
    let mut all = Replay::new(&house.store);
    let setup = all
        .each(
            "start_payment_method",
            async || house.app.start_payment_method(actor, organization).await,
            async |setup| assert!(setup.url.is_some()),
        )
        .await;
    let reference = format!("cs_{}", setup.id);
    house.bank.setups.lock().unwrap().insert(reference.clone(), SetupState::Succeeded(card(1)));
    deliveries(&mut all, &house, "bank", "checkout.session.completed", &reference).await;
    assert_eq!(house.app.payment_methods(actor, organization).await.unwrap().methods.len(), 1);

    let tell = async |reference: &str, method_event: MethodEvent| {
        house.bank.method_events.lock().unwrap().insert(reference.to_owned(), method_event);
    };
    let disputed =
        MethodEvent::Disputed { method: Some("pm_1".to_owned()), customer: None, reason: "fraudulent".to_owned() };
    tell("dp_1", disputed).await;
    deliveries(&mut all, &house, "bank", "charge.dispute.created", "dp_1").await;
    let renewed = keystead_providers::payment::Method { expires_year: 2040, ..card(1) };
    tell("pm_1", MethodEvent::Renewed(renewed)).await;
    deliveries(&mut all, &house, "bank", "payment_method.automatically_updated", "pm_1").await;
    tell("pm_1", MethodEvent::Detached).await;
    deliveries(&mut all, &house, "bank", "payment_method.detached", "pm_1").await;
    house.pay(&home, 2).await;
    let method = house.app.payment_methods(actor, organization).await.unwrap().methods.remove(0).id;
    all.each("remove_payment_method", async || house.app.remove_payment_method(actor, organization, &method).await, {
        async |_| house.work().await
    })
    .await;
    assert!(all.faults > 100, "{}", all.faults);
}

/// A delivery arrives, and a job processes it: each with a fault at each statement.
async fn deliveries(all: &mut Replay<'_>, house: &House, provider: &str, name: &str, reference: &str) {
    let (headers, body) = delivery(&format!("evt_{name}"), name, reference, house.now());
    let receive = async || {
        let taken = house.app.receive_delivery(provider, &headers, body.as_bytes()).await;
        taken.map_err(|refusal| Error::Internal(format!("{refusal:?}")))
    };
    let look = async |_| {
        later(house, async || {
            // The lease of a job ends by itself if the job's end could not be saved.
            house.wait(130);
            house.work().await;
        })
        .await
    };
    all.each(&format!("receive {name}"), receive, look).await;
    all.each(&format!("look into {name}"), async || house.app.run_due_jobs().await, look).await;
    house.work().await;
}

async fn standing(house: &House, home: &Home) -> Status {
    house.app.organization_verification(&home.actor, home.organization()).await.unwrap().status
}

/// ASVS 2.3.3: an identity check from consent to the decision, with its links, its deliveries and its end.
#[tokio::test]
async fn a_fault_at_each_statement_of_identity_checks() {
    let house = House::new(Settings::default()).await;
    let home = house.home("ann").await;
    let (actor, organization) = (&home.actor, home.organization());
    house.pay(&home, 1).await;
    house.work().await;
    let mut all = Replay::new(&house.store);
    let consent = |given| Consent { given, language: "en".to_owned(), origin: Origin::default() };
    let decline = async || match house.app.start_organization_verification(actor, organization, consent(false)).await {
        Err(Error::Invalid { code: Some("consent_required"), .. }) => Ok(()),
        other => other.map(|_| ()),
    };
    all.each("decline consent", decline, nothing).await;
    // What was not saved is found by polling; two polls at once conflict, and one of them runs again.
    let polled = async || {
        later(&house, async || {
            for _ in 0..2 {
                house.wait(130);
                house.work().await;
            }
        })
        .await;
    };
    let attempt =
        all.each("start_organization_verification", async || house.begin(&home).await, async |_| polled().await).await;
    let link = async || house.app.hand_off_verification(actor, organization, &attempt, Channel::Qr).await;
    let link = all.each("hand_off", link, nothing).await.url;
    let token = Secret::new(link.expose().rsplit('/').next().unwrap().to_owned());
    // Each call makes a link at the service, and the log says so.
    all.besides = &["orgv.link_reissued"];
    all.each("use_handoff", async || house.app.use_handoff(&token).await, nothing).await;
    all.besides = &[];
    let again = async || house.app.reissue_verification_link(actor, organization, &attempt).await;
    all.each("reissue_verification_link", again, nothing).await;
    all.each(
        "cancel",
        async || house.app.cancel_organization_verification(actor, organization).await,
        async |_| polled().await,
    )
    .await;

    house.wait(200);
    house.work().await;
    let attempt = house.begin(&home).await.unwrap();
    let reference = format!("inq_{attempt}");
    for (state, then) in [
        (State::InProgress, Status::InProgress),
        (State::Submitted, Status::InProgress),
        (State::InReview, Status::InReview),
        (State::Rejected { retryable: true }, Status::Rejected),
    ] {
        house.wait(1);
        house.examiner.say(&reference, state, Some("ID 1"), house.now());
        let name = format!("inquiry.{state:?}");
        deliveries(&mut all, &house, "examiner", &name, &reference).await;
        assert_eq!(standing(&house, &home).await, then);
    }
    all.each("appeal", async || house.app.appeal_verification(actor, organization, "It is me.").await, nothing).await;
    let operator = keystead_app::Actor::operator("anna");
    let case = house.app.review_queue(&operator).await.unwrap()[0].id.clone();
    all.each("propose", async || house.app.decide_case(&operator, &case, true, "I agree").await, nothing).await;
    let second = keystead_app::Actor::operator("bob");
    all.each(
        "decide_case",
        async || house.app.decide_case(&second, &case, true, "So do I").await,
        async |_| polled().await,
    )
    .await;
    assert_eq!(standing(&house, &home).await, Status::Verified);
    house.work().await;
    let withdraw = async || house.app.withdraw_and_erase(actor, organization).await;
    all.each("withdraw_and_erase", withdraw, async |_| polled().await).await;
    all.each("erase at the service", async || house.app.run_due_jobs().await, async |_| polled().await).await;

    // The owner requests what no delivery reported.
    let home = house.home("ben").await;
    house.pay(&home, 2).await;
    let attempt = house.begin(&home).await.unwrap();
    house.wait(1);
    house.examiner.say(&format!("inq_{attempt}"), State::Approved, Some("ID 2"), house.now());
    let look = async || house.app.check_organization_verification(&home.actor, home.organization(), &attempt).await;
    all.each("check_organization_verification", look, nothing).await;
    assert_eq!(standing(&house, &home).await, Status::Verified);
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
    let town = Town::new().await;
    let mut all = Replay::new(&town.store);
    town.issuer.answer(identity("s-ann", "ann@example.com"));
    let cookie = town.app.begin_oidc("/").await.unwrap().cookie;
    let arrive = async |cookie: &Secret<String>| town.app.finish_oidc(cookie, "state-1", "c0de", &laptop()).await;
    let opened = all.each("a newcomer", async || arrive(&cookie).await, nothing).await.0.unwrap();
    let cookie = town.app.begin_oidc("/").await.unwrap().cookie;
    let again: SignedIn = all.each("known", async || arrive(&cookie).await, nothing).await.0.unwrap();
    assert_eq!(again.user, opened.user);

    let (ben, here) = town.visitor("ben@example.com").await;
    town.issuer.answer(identity("s-ben", "ben@elsewhere.example"));
    let cookie = town.app.connect_identity(&here.session, "/settings").await.unwrap().cookie;
    all.each("connect", async || arrive(&cookie).await, async |_| drop(town.mails().await)).await;
    assert_eq!(town.app.security(&ben).await.unwrap().identities.len(), 1);
    let here = town.app.reauthenticate(&here.session, &secret(GOOD), "").await.unwrap();
    town.mails().await;
    let part = async || town.app.unlink_identity(&here.session, "https://issuer.test").await;
    all.each("part", part, async |_| drop(town.mails().await)).await;
    assert_eq!(town.app.security(&ben).await.unwrap().identities, []);
    assert!(all.faults > 40, "{}", all.faults);
}
