//! The pages over an installation in memory with a clock, generator, mailboxes and issuer controlled by the test, and
//! browsers that keep cookies.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use keystead_app::{Actor, App, Services, Settings};
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::network::Client;
use keystead_core::tier::TierTable;
use keystead_core::time::Timestamp;
use keystead_dashboard::{DashboardState, OpenStreams, router};
use keystead_providers::mail::Mail;
use keystead_store::tables::organizations;
use keystead_store::{Store, Tx};
use keystead_testkit::PUBLIC_URL as SITE;
use tokio::sync::watch;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "violet submarine 7";
pub(crate) const OTHER: &str = "lantern in the attic";

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) store: Store,
    pub(crate) stop: watch::Sender<bool>,
    pages: Router,
    parts: keystead_testkit::World,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// An installation in production, with operators at these addresses.
    pub(crate) async fn in_production(operators: &[&str]) -> Self {
        let operator_emails = operators.iter().map(|email| (*email).to_owned()).collect();
        Self::with(Settings { development: false, operator_emails, ..Settings::default() }).await
    }

    /// An installation with an operator who accepts no requests for waivers.
    pub(crate) async fn without_waivers() -> Self {
        Self::with(Settings { waiver_requests: false, ..Settings::default() }).await
    }

    pub(crate) async fn on_a_laptop(operators: &[&str]) -> Self {
        let operator_emails = operators.iter().map(|email| (*email).to_owned()).collect();
        Self::with(Settings { operator_emails, ..Settings::default() }).await
    }

    /// An installation in which organizations pay in advance, with operators at these addresses.
    pub(crate) async fn prepaid(operators: &[&str]) -> Self {
        let operator_emails = operators.iter().map(|email| (*email).to_owned()).collect();
        let billing_mode = keystead_core::ledger::BillingMode::Prepaid;
        Self::with(Settings { operator_emails, billing_mode, ..Settings::default() }).await
    }

    /// An installation with a proxy that reports the certificates of clients.
    pub(crate) async fn with_client_certificates() -> Self {
        Self::with(Settings { client_certificates: true, ..Settings::default() }).await
    }

    /// An installation with usage tiers and an operator.
    pub(crate) async fn with_tiers(tiers: TierTable, operator: &str) -> Self {
        Self::with(Settings { tiers, operator_emails: vec![operator.to_owned()], ..Settings::default() }).await
    }

    /// From now on the issuer of workloads publishes these keys, or does not answer.
    pub(crate) fn publish(&self, seeds: Option<&[u8]>) {
        self.parts.workloads.publish(seeds);
    }

    /// Takes the webhooks.
    pub(crate) fn receiver(&self) -> &keystead_testkit::Receiver {
        &self.parts.receiver
    }

    /// The text of the newest mail.
    pub(crate) fn newest_mail(&self) -> String {
        self.parts.mailbox.all().pop().unwrap().text
    }

    async fn with(settings: Settings) -> Self {
        let world = Self::of(settings, |services| services).await;
        world.app.note_setup_seen(&Actor::operator("test")).await.unwrap();
        world
    }

    /// An installation with a setup page that no operator has seen.
    pub(crate) async fn unseen(operators: &[&str]) -> Self {
        let operator_emails = operators.iter().map(|email| (*email).to_owned()).collect();
        Self::of(Settings { operator_emails, ..Settings::default() }, |services| services).await
    }

    /// An installation with changed services.
    pub(crate) async fn with_services(change: impl FnOnce(Services) -> Services) -> Self {
        Self::of(Settings::default(), change).await
    }

    /// An installation with changed services, in which organizations pay in advance.
    pub(crate) async fn prepaid_with_services(change: impl FnOnce(Services) -> Services) -> Self {
        let billing_mode = keystead_core::ledger::BillingMode::Prepaid;
        Self::of(Settings { billing_mode, ..Settings::default() }, change).await
    }

    async fn of(settings: Settings, change: impl FnOnce(Services) -> Services) -> Self {
        let parts = keystead_testkit::World::new(1_795_183_320).await;
        let settings = Settings { support_email: Some("help@example.com".to_owned()), ..settings };
        let app = parts.app(change(parts.services()), settings);
        let stop = watch::Sender::new(false);
        let state = DashboardState {
            app: app.clone(),
            public_url: SITE.to_owned(),
            sandbox_url: None,
            form_targets: Vec::new(),
            stopped: stop.subscribe(),
            streams: OpenStreams::default(),
            playground: None,
        };
        Self { app, store: parts.store.clone(), stop, pages: router(state), parts }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.parts.clock.advance(seconds);
    }

    pub(crate) fn now(&self) -> i64 {
        self.parts.clock.now()
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { world: self, cookies: BTreeMap::new() }
    }

    pub(crate) fn vouch_for(&self, email: &str) {
        self.parts.issuer.vouch_for(email);
    }

    /// Runs the queued jobs, and returns the path of the link in the newest mail.
    pub(crate) async fn link(&self) -> String {
        self.link_in(|_| true).await
    }

    async fn link_in(&self, wanted: impl Fn(&Mail) -> bool) -> String {
        while self.app.run_due_jobs().await.unwrap() > 0 {}
        let mail = self.parts.mailbox.all().into_iter().rfind(wanted).unwrap();
        let link = mail.text.split(SITE).nth(1).unwrap_or_else(|| panic!("no link in {}", mail.text));
        link.split_whitespace().next().unwrap().to_owned()
    }

    /// Withdraws what an organization has proven.
    pub(crate) async fn withdraw(&self, organization: &OrganizationId, requirement: Requirement) {
        let (organization, at) = (organization.clone(), Timestamp(self.now()));
        let write = self.store.write("withdraw", async move |tx: &mut Tx| {
            organizations::clear_requirement(tx, &organization, requirement, at).await
        });
        let cleared: Result<(), keystead_store::Error> = write.await;
        cleared.unwrap();
    }

    /// A person whom this owner invited as a reader, joined and signed in.
    pub(crate) async fn member(&self, owner: &mut Browser<'_>, email: &str) -> Browser<'_> {
        let csrf = owner.csrf().await;
        let form = [("csrf", csrf.as_str()), ("email", email), ("role", "reader")];
        assert_eq!(owner.post("/settings/organization/members/invite", &form).await.status, 303);
        let link = token(&self.link_in(|mail| mail.to == email).await);
        let mut browser = self.browser();
        browser.post("/invite/join", &[("token", &link), ("password", PASSWORD)]).await;
        browser
    }

    /// A signed-in person with an organization.
    pub(crate) async fn owner(&self, email: &str, organization: &str) -> Browser<'_> {
        let mut browser = self.browser();
        browser.post("/sign-up", &[("email", email), ("password", PASSWORD)]).await;
        let token = token(&self.link_in(|mail| mail.to == email).await);
        assert_eq!(browser.post("/confirm", &[("token", &token)]).await.location(), "/welcome");
        let page = browser.get("/welcome/organization").await;
        let csrf = page.field("csrf");
        let made = browser.post("/welcome/organization", &[("csrf", &csrf), ("name", organization)]).await;
        assert_eq!(made.status, 303, "{}", made.body);
        browser
    }
}

pub(crate) fn token(link: &str) -> String {
    link.split("token=").nth(1).unwrap_or_else(|| panic!("no token in {link}")).to_owned()
}

/// An answer, read to the end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// Returns the value of the first field of this name.
    pub(crate) fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let rest = self.body.split(&mark).nth(1).unwrap_or_else(|| panic!("no {name} in {}", self.body));
        rest.split('"').next().unwrap().to_owned()
    }

    /// Returns the address of the first form with an address that begins like this.
    pub(crate) fn action(&self, start: &str) -> String {
        let mark = format!("action=\"{start}");
        let rest = self.body.split(&mark).nth(1).unwrap_or_else(|| panic!("no form to {start} in {}", self.body));
        format!("{start}{}", rest.split('"').next().unwrap())
    }
}

pub(crate) const SESSION: &str = "__Host-keystead";
pub(crate) const WAITING: &str = "__Host-keystead-waiting";

/// A browser: it keeps cookies and sends the origin of its forms.
#[derive(Clone)]
pub(crate) struct Browser<'w> {
    pub(crate) world: &'w World,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    pub(crate) fn session(&self) -> String {
        self.cookies.get(SESSION).cloned().unwrap_or_default()
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header("accept-language", "en");
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from(path, fields, "same-origin").await
    }

    /// Sends a form from a page of this kind of site.
    pub(crate) async fn post_from(&mut self, path: &str, fields: &[(&str, &str)], site: &str) -> Answer {
        let request = self.request("POST", path).header("sec-fetch-site", site);
        let request = request.header("referer", format!("{SITE}/settings/account?from=here"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(encoded(fields))).unwrap()).await
    }

    /// Sends a form from a client at this address.
    pub(crate) async fn post_at(&mut self, address: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request("POST", path).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let mut request = request.body(Body::from(encoded(fields))).unwrap();
        request.extensions_mut().insert(Client::at(address.parse().unwrap()));
        self.send(request).await
    }

    /// Sends a request. The redirect to the page that answers a form is followed.
    async fn send(&mut self, request: Request<Body>) -> Answer {
        let client = request.extensions().get::<Client>().copied();
        let answer = self.send_once(request).await;
        match answer.location().rsplit_once("shown=") {
            Some((_, id)) if !id.contains('&') => {
                let location = answer.location().to_owned();
                let mut page = self.request("GET", &location).body(Body::empty()).unwrap();
                if let Some(client) = client {
                    page.extensions_mut().insert(client);
                }
                self.send_once(page).await
            }
            _ => answer,
        }
    }

    /// Sends a request and returns its own answer.
    pub(crate) async fn send_once(&mut self, request: Request<Body>) -> Answer {
        let response = self.world.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for value in parts.headers.get_all("set-cookie") {
            let (pair, _) = value.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Opens a stream without reading it, from a page of this kind of site.
    pub(crate) async fn listen(&self, path: &str, site: &str) -> http::Response<Body> {
        let request = self.request("GET", path).header("sec-fetch-site", site);
        self.world.pages.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    /// Returns the token of this session's forms.
    pub(crate) async fn csrf(&mut self) -> String {
        // Without an organization there is no page of the account but this one.
        let page = self.get("/settings/account").await;
        let page = if page.status == 303 { self.get("/settings/account/security").await } else { page };
        page.field("csrf")
    }

    /// Returns the ids of the members, as their page lists them.
    pub(crate) async fn members(&mut self) -> Vec<UserId> {
        let page = self.get("/settings/organization/members").await;
        let ids = page.body.split("/members/user-").skip(1).map(|rest| rest.split('?').next().unwrap());
        ids.map(|id| format!("user-{id}").parse().unwrap()).collect()
    }

    pub(crate) async fn alive(&mut self) -> bool {
        !self.get("/settings/account").await.location().starts_with("/sign-in")
    }

    pub(crate) async fn sign_in(&mut self, email: &str, next: &str) -> Answer {
        self.post("/sign-in", &[("email", email), ("password", PASSWORD), ("next", next)]).await
    }

    /// Sets the second factor up; returns the app's secret and the recovery codes.
    pub(crate) async fn set_up_factor(&mut self) -> (totp_rs::Totp, Vec<String>) {
        let csrf = self.csrf().await;
        self.post("/settings/account/security/second-factor", &[("csrf", &csrf)]).await;
        let page = self.get("/settings/account/security/second-factor").await;
        let shown = page.body.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
        let secret = totp_rs::Secret::try_from_base32(&shown).unwrap();
        let phone = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let code = phone.generate(u64::try_from(self.world.now()).unwrap()).to_string();
        let path = "/settings/account/security/second-factor/confirm";
        let shown = self.post(path, &[("csrf", &csrf), ("code", &code)]).await;
        let codes = shown.body.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
        let codes: Vec<String> = codes.collect();
        assert_eq!((shown.status, codes.len()), (200, 10), "{}", shown.body);
        (phone, codes)
    }
}

pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    let plain = |text: &str| {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", plain(name), plain(value))).collect::<Vec<_>>().join("&")
}

/// Returns an address of a route; parameters are filled with values that do not exist.
pub(crate) fn address(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/")
}
