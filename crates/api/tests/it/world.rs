//! A whole API in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use keystead_api::{ApiState, Authenticate, BoxFuture};
use keystead_app::organizations::bootstrap::Bootstrapped;
use keystead_app::{App, Services, Settings};
use keystead_core::access::{Selection, required_certificates};
use keystead_core::caller::Caller;
use keystead_core::client_certificate::{CertificateFault, Presented, ReportedCertificate};
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::key::{ApiKey, Pepper, TagKeys};
use keystead_core::mask::mask;
use keystead_core::network::Client;
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::role::OrganizationRole;
use keystead_core::tier::TierTable;
use keystead_core::time::Timestamp;
use keystead_store::tables::directory;
use keystead_store::{Error, Store, Tx};
use keystead_testkit::{CloudAccounts, Database, PUBLIC_URL, Workloads, pepper, tags};
use serde_json::Value;

use crate::openapi;

pub(crate) const START: i64 = 1_767_225_600;

/// Authenticates keys as the gateway does.
struct Keys {
    store: Store,
    tags: TagKeys,
    pepper: Pepper,
}

impl Authenticate for Keys {
    fn note_use(&self, _caller: &Caller, _client: Client) {}

    fn check_certificate(
        &self,
        caller: &Caller,
        selection: Selection<'_>,
        reported: Option<&ReportedCertificate>,
    ) -> Result<(), ErrorResponse> {
        let Some(trusted) = required_certificates(caller, selection) else { return Ok(()) };
        let presented = reported.ok_or(CertificateFault::Missing).map(|reported| Presented::read(reported.as_bytes()));
        let presented = presented.and_then(|read| read.ok_or(CertificateFault::Unreadable));
        let judged = presented.and_then(|presented| trusted.judge(&presented, Timestamp(START)));
        judged.map(|_| ()).map_err(|fault| Refusal::CertificateNotAccepted(fault).response(PUBLIC_URL))
    }

    fn authenticate<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Arc<Caller>, ErrorResponse>> {
        let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some(text) = bearer.map(str::to_owned) else {
            let wire = ErrorResponse::invalid(401, None, "Missing bearer authentication in header");
            return Box::pin(async move { Err(wire) });
        };
        let (store, tags, pepper) = (self.store.clone(), self.tags.clone(), self.pepper.clone());
        Box::pin(async move {
            let incorrect = || Refusal::IncorrectKey { mask: mask(&text) }.response(PUBLIC_URL);
            let digest = ApiKey::parse(&text, &tags).map_err(|_| incorrect())?.digest(&pepper);
            let found = store.read("find_caller", async move |tx: &mut Tx| directory::find_caller(tx, &digest).await);
            let found: Result<_, Error> = found.await;
            found.ok().flatten().map(Arc::new).ok_or_else(incorrect)
        })
    }
}

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) store: Store,
    router: Router,
    people: AtomicU64,
    clock: keystead_testkit::Clock,
    pub(crate) workloads: Arc<Workloads>,
    pub(crate) clouds: Arc<CloudAccounts>,
}

/// A response, read to the end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("{field} in {}", self.body)).to_owned()
    }

    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(keystead_testkit::World::services).await
    }

    /// An installation in production.
    pub(crate) async fn in_production() -> Self {
        Self::made(false, |_| Services::default()).await
    }

    /// An installation with outside services, which may need its store and its clock.
    pub(crate) async fn with(services: impl FnOnce(&keystead_testkit::World) -> Services) -> Self {
        Self::made(true, services).await
    }

    /// An installation with proxies that do not report the certificates of clients.
    pub(crate) async fn without_client_certificates() -> Self {
        let parts = keystead_testkit::World::new(START).await;
        let settings = Settings { client_certificates: false, ..Self::settings(true) };
        Self::with_settings(parts, settings, keystead_testkit::World::services)
    }

    /// An installation with usage tiers.
    pub(crate) async fn with_tiers(tiers: TierTable) -> Self {
        let parts = keystead_testkit::World::new(START).await;
        let settings = Settings { tiers, ..Self::settings(true) };
        Self::with_settings(parts, settings, keystead_testkit::World::services)
    }

    async fn made(development: bool, services: impl FnOnce(&keystead_testkit::World) -> Services) -> Self {
        Self::over(keystead_testkit::World::new(START).await, development, services)
    }

    /// An installation over a database of the test's own.
    pub(crate) fn on(database: &Database) -> Self {
        let parts = keystead_testkit::World::over(database.store.clone(), START);
        Self::over(parts, true, keystead_testkit::World::services)
    }

    fn over(
        parts: keystead_testkit::World,
        development: bool,
        services: impl FnOnce(&keystead_testkit::World) -> Services,
    ) -> Self {
        Self::with_settings(parts, Self::settings(development), services)
    }

    fn settings(development: bool) -> Settings {
        Settings {
            operator_emails: ["ops@example.com", "eve@example.com"].map(str::to_owned).to_vec(),
            client_certificates: true,
            development,
            ..Settings::default()
        }
    }

    fn with_settings(
        parts: keystead_testkit::World,
        settings: Settings,
        services: impl FnOnce(&keystead_testkit::World) -> Services,
    ) -> Self {
        let app = parts.app(services(&parts), settings);
        let keys = Keys { store: parts.store.clone(), tags: tags(), pepper: pepper() };
        let router = keystead_api::router(ApiState { app: app.clone(), authenticate: Arc::new(keys) });
        Self {
            app,
            store: parts.store,
            router,
            people: AtomicU64::default(),
            clock: parts.clock,
            workloads: parts.workloads,
            clouds: parts.clouds,
        }
    }

    pub(crate) fn clock(&self) -> keystead_testkit::Clock {
        self.clock.clone()
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(seconds);
    }

    pub(crate) async fn bootstrap(&self, name: &str, waive: bool) -> Bootstrapped {
        self.app.bootstrap(&format!("{name}@example.com"), name, waive).await.unwrap()
    }

    /// Makes another person a member of an organization.
    pub(crate) async fn member(&self, organization: &OrganizationId, role: OrganizationRole) -> UserId {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        self.named_member(organization, &format!("person{number}"), role).await
    }

    /// Sends a request and checks that the document of the API describes it and its answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = request.into_parts();
        let sent = body.collect().await.unwrap().to_bytes();
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let request = Request::from_parts(parts, Body::from(sent.clone()));
        let response: Response<Body> = tower::ServiceExt::oneshot(self.router.clone(), request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if path == "/v1/organization/audit_logs" && parts.status.is_success() {
            crate::audit_shapes::check(&body);
        }
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, body };
        openapi::check(method.as_str(), &path, &sent, &answer);
        answer
    }

    pub(crate) async fn call(&self, method: Method, path: &str, key: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Sends a request of this client, as the binary passes it on.
    pub(crate) async fn call_of(
        &self,
        client: Client,
        (method, path): (Method, &str),
        key: &str,
        body: Value,
    ) -> Answer {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        let mut request = request.body(Body::from(body.to_string())).unwrap();
        request.extensions_mut().insert(client);
        keystead_app::audit::with_client_address(client.address, self.send(request)).await
    }

    pub(crate) async fn get(&self, path: &str, key: &str) -> Answer {
        self.call(Method::GET, path, key, "").await
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: Value) -> Answer {
        self.call(Method::POST, path, key, &body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str, key: &str) -> Answer {
        self.call(Method::DELETE, path, key, "").await
    }
}

/// Returns the secret that the bootstrap made.
pub(crate) fn admin(made: &Bootstrapped) -> &str {
    made.admin_key.expose()
}
