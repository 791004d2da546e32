//! Outside services that answer what the test wants and can be down, and an installation that uses them.

pub(crate) mod carrier;
mod examiner;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use http::HeaderMap;
use keystead_app::organizations::bootstrap::Bootstrapped;
use keystead_app::request::Origin;
use keystead_app::verification::organization::Consent;
use keystead_app::verification::phone::{NewPhone, VerificationView};
use keystead_app::{Actor, App, Codes, Error, Services, Settings};
use keystead_core::hex;
use keystead_core::id::OrganizationId;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_providers::identity::IdentityProvider;
use keystead_providers::mail::Mail;
use keystead_providers::payment::{Method, MethodEvent, PaymentProvider, Setup, SetupState};
use keystead_providers::phone::{LineLookup, SmsSender};
use keystead_providers::webhook::{Headers, Hint, SignatureError, verify_timestamped};
use keystead_providers::{BoxFuture, Health, ProviderError};
use keystead_store::Store;
use keystead_testkit::{Database, Receiver, World};
use serde_json::{Value, json};
use sha2::Sha256;

use self::carrier::Carrier;
use self::examiner::Examiner;

pub(crate) const NOON: i64 = 1_767_268_800;
pub(crate) const DAY: i64 = 86_400;
const SECRET: &str = "whsec_test";

/// Whether a service answers.
#[derive(Default)]
pub(crate) struct Line(AtomicBool);

impl Line {
    pub(crate) fn cut(&self, down: bool) {
        self.0.store(down, Ordering::SeqCst);
    }

    pub(crate) fn up(&self) -> Result<(), ProviderError> {
        if self.0.load(Ordering::SeqCst) { Err(ProviderError::Unavailable("away".to_owned())) } else { Ok(()) }
    }
}

/// Builds signed deliveries as vendors do.
pub(crate) fn delivery(event: &str, name: &str, reference: &str, at: i64) -> (HeaderMap, String) {
    use hmac::{KeyInit, Mac};
    let body = json!({ "id": event, "name": name, "reference": reference, "at": at }).to_string();
    let mut mac = hmac::Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    let hex = hex::encode(&mac.finalize().into_bytes());
    let mut headers = HeaderMap::new();
    headers.insert("x-signature", format!("t={at},v1={hex}").parse().unwrap());
    (headers, body)
}

fn read(headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError> {
    verify_timestamped(headers.get("x-signature"), body, &[Secret::new(SECRET.to_owned())], now)?;
    let event: Value = serde_json::from_slice(body).map_err(|_| SignatureError::Unreadable)?;
    let text = |name: &str| event[name].as_str().unwrap().to_owned();
    Ok(vec![Hint {
        event_id: text("id"),
        name: text("name"),
        reference: text("reference"),
        occurred_at: Timestamp(event["at"].as_i64().unwrap()),
    }])
}

/// Keeps payment methods.
#[derive(Default)]
pub(crate) struct Bank {
    pub(crate) line: Line,
    pub(crate) setups: Mutex<HashMap<String, SetupState>>,
    /// What is read about other objects.
    pub(crate) method_events: Mutex<HashMap<String, MethodEvent>>,
}

pub(crate) fn card(number: u32) -> Method {
    Method {
        reference: format!("pm_{number}"),
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
        expires_month: 1,
        expires_year: 2027,
        country: None,
        funding: "credit".to_owned(),
        // The same card put on file again is another method with the same fingerprint.
        fingerprint: Some(format!("print{}", number % 1_000)),
        customer: None,
    }
}

impl PaymentProvider for Bank {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn start<'a>(
        &'a self,
        attempt: &'a str,
        organization: &'a str,
        _: Option<&'a str>,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Setup, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            let reference = format!("cs_{attempt}");
            self.setups.lock().unwrap().insert(reference.clone(), SetupState::Pending);
            let (customer, url) = (format!("cus_{organization}"), format!("https://bank.test/{attempt}"));
            Ok(Setup { reference, customer, url, expires_at: Timestamp(i64::MAX) })
        })
    }

    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<SetupState, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            let found = self.setups.lock().unwrap().get(reference).cloned();
            found.ok_or_else(|| ProviderError::Gone("no such session".to_owned()))
        })
    }

    fn method_event<'a>(
        &'a self,
        _: &'a str,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<MethodEvent>, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            Ok(self.method_events.lock().unwrap().get(reference).cloned())
        })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            self.setups.lock().unwrap().insert(reference.to_owned(), SetupState::Expired);
            Ok(())
        })
    }

    fn detach<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move { self.line.up() })
    }

    fn health(&self) -> Health {
        Health::Up
    }

    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError> {
        read(headers, body, now)
    }
}

/// An installation with all of them.
pub(crate) struct ServicesApp {
    pub(crate) app: App,
    pub(crate) store: Store,
    pub(crate) carrier: Arc<Carrier>,
    pub(crate) bank: Arc<Bank>,
    pub(crate) examiner: Arc<Examiner>,
    world: World,
}

/// An owner with an organization.
pub(crate) struct Tenant {
    pub(crate) made: Bootstrapped,
    pub(crate) actor: Actor,
}

impl Tenant {
    pub(crate) fn organization(&self) -> &OrganizationId {
        &self.made.organization_id
    }
}

impl ServicesApp {
    pub(crate) async fn new(settings: Settings) -> Self {
        Self::with_second(settings, None).await
    }

    /// With another service for codes, for when the first is down.
    pub(crate) async fn with_second(settings: Settings, second: Option<Codes>) -> Self {
        let store = Database::memory().await.store;
        Self::made(store, settings, second, None, None)
    }

    /// With another service for cards.
    pub(crate) async fn with_cards(payment: Arc<dyn PaymentProvider>) -> Self {
        let store = Database::memory().await.store;
        Self::made(store, Settings::default(), None, Some(payment), None)
    }

    /// With another service for cards, over a separate, migrated database.
    pub(crate) fn with_cards_over(store: Store, settings: Settings, payment: Arc<dyn PaymentProvider>) -> Self {
        Self::made(store, settings, None, Some(payment), None)
    }

    /// Over a separate, migrated database.
    pub(crate) fn over(store: Store, settings: Settings) -> Self {
        Self::made(store, settings, None, None, None)
    }

    /// With another service for documents and faces.
    pub(crate) async fn with_identity(identity: Arc<dyn IdentityProvider>) -> Self {
        let store = Database::memory().await.store;
        Self::made(store, Settings::default(), None, None, Some(identity))
    }

    fn made(
        store: Store,
        settings: Settings,
        second: Option<Codes>,
        cards: Option<Arc<dyn PaymentProvider>>,
        documents: Option<Arc<dyn IdentityProvider>>,
    ) -> Self {
        let world = World::over(store.clone(), NOON);
        let (carrier, bank, examiner) = (Arc::<Carrier>::default(), Arc::<Bank>::default(), Arc::<Examiner>::default());
        let texts: Arc<dyn SmsSender> = Arc::<Carrier>::clone(&carrier);
        let lines: Arc<dyn LineLookup> = Arc::<Carrier>::clone(&carrier);
        let services = Services {
            codes: Some(Codes::Sms(texts)),
            codes_fallback: second,
            lines: Some(lines),
            payment: Some(cards.unwrap_or_else(|| Arc::<Bank>::clone(&bank))),
            identity: Some(documents.unwrap_or_else(|| Arc::<Examiner>::clone(&examiner))),
            sign_in: None,
            ..world.services()
        };
        let app = world.app(services, settings);
        Self { app, store, carrier, bank, examiner, world }
    }

    pub(crate) fn now(&self) -> i64 {
        self.world.clock.now()
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.world.clock.advance(seconds);
    }

    /// Runs everything that is due, and the cleanup.
    pub(crate) async fn work(&self) {
        self.carry_out().await;
        self.app.run_cleanup().await.unwrap();
        self.carry_out().await;
    }

    async fn carry_out(&self) {
        for _ in 0..200 {
            if self.app.run_due_jobs().await.unwrap() == 0 {
                return;
            }
        }
        panic!("work makes work without end");
    }

    /// Takes the webhooks.
    pub(crate) fn receiver(&self) -> &Receiver {
        &self.world.receiver
    }

    /// Returns the mails that were sent.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.world.mailbox.all()
    }

    /// Returns the subjects of the mails that were sent.
    pub(crate) fn subjects(&self) -> Vec<String> {
        self.mails().into_iter().map(|mail| mail.subject).collect()
    }

    pub(crate) async fn tenant(&self, name: &str) -> Tenant {
        let made = self.app.bootstrap(&format!("{name}@example.com"), name, false).await.unwrap();
        Tenant { actor: Actor::Person(made.user_id.clone()), made }
    }

    /// Submits a number from an address.
    pub(crate) async fn submit(&self, tenant: &Tenant, number: &str, ip: &str) -> Result<VerificationView, Error> {
        self.submit_as(tenant, number, ip, true).await
    }

    pub(crate) async fn submit_as(
        &self,
        tenant: &Tenant,
        number: &str,
        ip: &str,
        signed_in_again: bool,
    ) -> Result<VerificationView, Error> {
        let phone = NewPhone {
            number: Secret::new(number.to_owned()),
            country: None,
            language: "en".to_owned(),
            origin: origin(ip),
            signed_in_again,
        };
        self.app.start_phone_verification(&tenant.actor, tenant.organization(), phone).await
    }

    pub(crate) async fn check(
        &self,
        tenant: &Tenant,
        id: &str,
        code: &str,
        ip: &str,
    ) -> Result<VerificationView, Error> {
        let code = Secret::new(code.to_owned());
        self.app.check_phone_code(&tenant.actor, tenant.organization(), id, &code, origin(ip)).await
    }

    /// Proves a number from nothing.
    pub(crate) async fn prove(&self, tenant: &Tenant, number: &str, ip: &str) {
        let sent = self.submit(tenant, number, ip).await.unwrap();
        self.check(tenant, &sent.id, &self.carrier.code(number), ip).await.unwrap();
    }

    /// Puts a card on file.
    pub(crate) async fn pay(&self, tenant: &Tenant, number: u32) {
        let setup = self.app.start_payment_method(&tenant.actor, tenant.organization()).await.unwrap();
        let reference = format!("cs_{}", setup.id);
        self.bank.setups.lock().unwrap().insert(reference, SetupState::Succeeded(card(number)));
        let checked =
            self.app.check_payment_setup(&tenant.actor, tenant.organization(), setup.id.as_str()).await.unwrap();
        assert_eq!(checked.status.as_str(), "succeeded");
    }

    /// Begins an identity check; returns the attempt's id.
    pub(crate) async fn begin(&self, tenant: &Tenant) -> Result<String, Error> {
        let consent = Consent { given: true, language: "en".to_owned(), origin: Origin::default() };
        let begun = self.app.start_organization_verification(&tenant.actor, tenant.organization(), consent).await;
        begun.map(|(view, _)| view.id)
    }

    /// Receives a signed delivery.
    pub(crate) async fn deliver(&self, provider: &str, event: &str, name: &str, reference: &str) {
        let (headers, body) = delivery(event, name, reference, self.now());
        self.app.receive_delivery(provider, &headers, body.as_bytes()).await.unwrap();
    }
}

pub(crate) fn origin(ip: &str) -> Origin {
    Origin { ip: ip.parse::<IpAddr>().ok() }
}

/// Builds a Polish mobile number; those of one `series` share their first seven digits.
pub(crate) fn number(series: u32, n: u32) -> String {
    format!("+4851{:03}{:04}", series % 1_000, n % 10_000)
}

/// Returns the limit that refused.
pub(crate) fn limit<T: std::fmt::Debug>(answer: Result<T, Error>) -> &'static str {
    match answer {
        Err(Error::Limited { name, .. }) => name,
        other => panic!("no limit: {other:?}"),
    }
}

/// Returns the code of a refusal.
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> &'static str {
    match answer {
        Err(Error::Invalid { code: Some(code), .. }) => code,
        other => panic!("no refusal: {other:?}"),
    }
}
