//! The first service for codes is down and there is a second one: nothing counts as an attempt, and a code is checked
//! by the service that made it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use keystead_app::{Codes, Error, Settings};
use keystead_core::verification::phone::{CHECKS_PER_CODE, PhoneState};
use keystead_providers::phone::{Check, PhoneVerifier, Started};
use keystead_providers::{BoxFuture, Health, ProviderError};

use crate::vendors::carrier::Carrier;
use crate::vendors::{Line, ServicesApp, Tenant, number, origin};

/// A service that makes and checks its own codes; each is `111111`.
#[derive(Default)]
struct Verifier {
    line: Line,
    sent: AtomicI64,
    checked: AtomicI64,
    ended: Mutex<Vec<String>>,
}

impl PhoneVerifier for Verifier {
    fn start<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<Started, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            let nth = self.sent.fetch_add(1, Ordering::SeqCst);
            Ok(Started { reference: format!("VE{nth}"), resend_same_code: true })
        })
    }

    fn check<'a>(&'a self, _: &'a str, code: &'a str) -> BoxFuture<'a, Result<Check, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            self.checked.fetch_add(1, Ordering::SeqCst);
            Ok(if code == "111111" { Check::Ok } else { Check::Wrong })
        })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            self.ended.lock().unwrap().push(reference.to_owned());
            Ok(())
        })
    }

    fn health(&self) -> Health {
        Health::Up
    }
}

async fn actions(test: &ServicesApp, tenant: &Tenant) -> Vec<String> {
    let log = test.app.audit_log(&tenant.actor, tenant.organization(), crate::first_page()).await.unwrap();
    log.data.into_iter().map(|event| event.action).collect()
}

/// An installation with a first service that sends texts and a second one that makes its own codes.
async fn texts_then_verifier() -> (ServicesApp, Arc<Verifier>) {
    let second = Arc::new(Verifier::default());
    let codes: Arc<dyn PhoneVerifier> = Arc::<Verifier>::clone(&second);
    (ServicesApp::with_second(Settings::default(), Some(Codes::Verifier(codes))).await, second)
}

#[tokio::test]
async fn the_second_service_sends_in_the_same_request() {
    let (test, second) = texts_then_verifier().await;
    let tenant = test.tenant("ann").await;
    let (target, ip) = (number(100, 1), "10.0.0.1");
    test.carrier.line.cut(true);
    let sent = test.submit(&tenant, &target, ip).await.unwrap();
    assert_eq!((sent.state, sent.checks_left), (PhoneState::CodeSent, CHECKS_PER_CODE));
    assert!(actions(&test, &tenant).await.contains(&"phone.provider_down".to_owned()));
    // The first one recovers; the code is still checked by the service that made it.
    test.carrier.line.cut(false);
    assert!(test.check(&tenant, &sent.id, "222222", ip).await.is_err());
    assert_eq!(test.check(&tenant, &sent.id, "111111", ip).await.unwrap().state, PhoneState::Verified);
    assert_eq!(second.checked.load(Ordering::SeqCst), 2);
    assert!(test.carrier.texts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_code_sent_again_by_the_other_is_another_code() {
    let (test, second) = texts_then_verifier().await;
    let tenant = test.tenant("ann").await;
    let (target, ip) = (number(100, 1), "10.0.0.1");
    let sent = test.submit(&tenant, &target, ip).await.unwrap();
    let first_code = test.carrier.code(&target);
    test.wait(30);
    test.carrier.line.cut(true);
    let again = test.app.resend_phone_code(&tenant.actor, tenant.organization(), &sent.id, origin(ip)).await.unwrap();
    assert_eq!((again.state, again.checks_left), (PhoneState::CodeSent, CHECKS_PER_CODE));
    assert!(test.check(&tenant, &sent.id, &first_code, ip).await.is_err(), "the code before it is dead");
    // It is sent again by the service that made it, although the first one is up again: the same code stays valid.
    test.carrier.line.cut(false);
    test.wait(60);
    test.app.resend_phone_code(&tenant.actor, tenant.organization(), &sent.id, origin(ip)).await.unwrap();
    assert_eq!(second.sent.load(Ordering::SeqCst), 2);
    assert_eq!(test.check(&tenant, &sent.id, "111111", ip).await.unwrap().state, PhoneState::Verified);
}

#[tokio::test]
async fn the_service_that_made_the_code_is_down_when_it_is_checked() {
    let second = Arc::new(Carrier::default());
    let texts: Arc<dyn keystead_providers::phone::SmsSender> = Arc::<Carrier>::clone(&second);
    let (test, verifier) = texts_then_verifier().await;
    let tenant = test.tenant("ann").await;
    let (target, ip) = (number(100, 1), "10.0.0.1");
    test.carrier.line.cut(true);
    let sent = test.submit(&tenant, &target, ip).await.unwrap();
    test.carrier.line.cut(false);
    verifier.line.cut(true);
    let away = test.check(&tenant, &sent.id, "111111", ip).await;
    assert!(matches!(away, Err(Error::ProviderUnavailable { .. })), "{away:?}");
    // Nothing counted as an attempt; a new code comes from the service that answers, and the earlier one ends once its
    // service is up again.
    test.wait(30);
    let again = test.app.resend_phone_code(&tenant.actor, tenant.organization(), &sent.id, origin(ip)).await.unwrap();
    assert_eq!(again.checks_left, CHECKS_PER_CODE);
    let code = test.carrier.code(&target);
    assert_eq!(test.check(&tenant, &sent.id, &code, ip).await.unwrap().state, PhoneState::Verified);
    verifier.line.cut(false);
    test.wait(3_600);
    test.work().await;
    assert_eq!(*verifier.ended.lock().unwrap(), ["VE0"]);

    // Two gateways that send texts: Keystead makes the code in either case.
    let test = ServicesApp::with_second(Settings::default(), Some(Codes::Sms(texts))).await;
    let tenant = test.tenant("ben").await;
    test.carrier.line.cut(true);
    let sent = test.submit(&tenant, &target, ip).await.unwrap();
    let code = second.code(&target);
    assert_eq!(test.check(&tenant, &sent.id, &code, ip).await.unwrap().state, PhoneState::Verified);
}

#[tokio::test]
async fn a_refused_number_is_not_sent_to_the_other_service_and_two_outages_are_one() {
    let (test, second) = texts_then_verifier().await;
    let tenant = test.tenant("ann").await;
    let (target, ip) = (number(100, 1), "10.0.0.1");
    test.carrier.refused.lock().unwrap().push(target.clone());
    assert_eq!(crate::vendors::code(test.submit(&tenant, &target, ip).await), "phone_not_delivered");
    assert_eq!(second.sent.load(Ordering::SeqCst), 0);

    test.carrier.line.cut(true);
    second.line.cut(true);
    let tenant = test.tenant("ben").await;
    let (target, ip) = (number(200, 1), "10.1.0.1");
    let away = test.submit(&tenant, &target, ip).await;
    assert!(matches!(away, Err(Error::ProviderUnavailable { .. })), "{away:?}");
    let down = actions(&test, &tenant).await.into_iter().filter(|action| action == "phone.provider_down").count();
    assert_eq!(down, 1);
    second.line.cut(false);
    let sent = test.submit(&tenant, &target, ip).await.unwrap();
    assert_eq!(test.check(&tenant, &sent.id, "111111", ip).await.unwrap().state, PhoneState::Verified);
}
