//! The data plane, as phases that read from top to bottom in [`Gateway::handle`]:
//! credential → directory → scope and permission → body and model → gate → admission → forward → settle.
//!
//! A route that is not in `keystead_core::route::ROUTES` is not forwarded; a route there names its meter, so nothing
//! passes unmetered. No SQL and no vendors: the store is behind [`KeySource`], [`UsageSink`] and [`Ownership`].

mod alarm;
mod body;
mod catalogue;
mod decide;
mod directory;
mod estimate;
mod exchange;
mod forward;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod metering;
mod metrics;
mod request;
mod response;
mod upstream;
mod upstream_objects;

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use keystead_core::access;
use keystead_core::caller::Caller;
use keystead_core::id::RequestId;
use keystead_core::key::{KeyCandidate, Pepper, TagKeys};
use keystead_core::network::Client;
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::route::{self, Matched, ModelIn, NoRoute};
use keystead_core::time::Timestamp;
use rand::RngCore;
use tokio::time::Instant;

pub use alarm::Timer;
pub use body::{BoxError, GatewayBody};
pub use catalogue::address::{Auth, StreamUsage, Unusable, UpstreamOptions};
pub use catalogue::{ByName, Catalogue, ModelEntry, Upstream};
pub use decide::rate_limiter::{Rates, Stopwatch};
pub use directory::freshness::{Follow, Moment};
pub use directory::last_uses::LastUses;
pub use directory::{ChangedSubject, Directory, DirectoryOptions, DirectoryStats, KeySource};
pub use exchange::Limits;
pub use metering::spool::left::{SpoolFileReport, report as spool_report};
pub use metering::{Durability, Gathered, Meter, MeterOptions, MeterState, Recorded, Unsafe, UsageBatch, UsageSink};
pub use request::body_memory::{BodyMemory, BodyOwner, NoRoom, Share};
pub use request::bounded_body::{Bounded, Watch};
pub use request::client_body::{BodyBounds, BodyFault};
pub use response::metered_body::ReadOn;
pub use upstream_objects::ownership::{MemoryOwnership, Ownership};
pub use upstream_objects::pending::{MemoryPending, PendingUsage};

use catalogue::models;
use exchange::Exchange;
pub use request::credential;

use request::credential::Missing;
use request::{content_type, headers, target};
use response::{error_body, metered_body};

/// A boxed future, for traits.
pub type BoxFuture<'a, T> = futures_util::future::BoxFuture<'a, T>;

/// The store cannot answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store is unavailable")]
pub struct Unavailable;

/// Returns the time; passed in by the process.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Maximum bytes of path and query.
const LONGEST_ADDRESS: usize = 8 * 1024;

/// The parts of a [`Gateway`].
pub struct GatewayOptions {
    /// The directory of callers.
    pub directory: Arc<Directory>,
    /// The meter for usage.
    pub meter: Arc<Meter>,
    /// The owners of upstream objects.
    pub ownership: Arc<dyn Ownership>,
    /// Objects that outlive their request.
    pub pending: Arc<dyn PendingUsage>,
    /// The rate limiter.
    pub rates: Arc<Rates>,
    /// Models, upstreams and rules in force.
    pub catalogue: Arc<ArcSwap<Catalogue>>,
    /// The keys that tag API keys.
    pub tags: TagKeys,
    /// The key that digests API keys.
    pub pepper: Pepper,
    /// The clock.
    pub clock: Clock,
    /// A strong generator, for ids.
    pub rng: Box<dyn RngCore + Send>,
    /// The address at which people solve problems; no slash at the end.
    pub public_url: String,
    /// Limits of size and time.
    pub limits: Limits,
}

/// The parts that the process provides, shared by everything that outlives the call of a request, such as its answer
/// and its usage.
pub(crate) struct Seams {
    pub(crate) directory: Arc<Directory>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) ownership: Arc<dyn Ownership>,
    pub(crate) pending: Arc<dyn PendingUsage>,
    pub(crate) catalogue: Arc<ArcSwap<Catalogue>>,
    pub(crate) clock: Clock,
    pub(crate) public_url: String,
}

/// The data plane.
pub struct Gateway {
    seams: Arc<Seams>,
    rates: Arc<Rates>,
    tags: TagKeys,
    pepper: Pepper,
    rng: Mutex<Box<dyn RngCore + Send>>,
    limits: Limits,
    memory: BodyMemory,
    upstream: upstream::UpstreamClient,
    alarms: Arc<alarm::Alarms>,
    reading: metered_body::Reading,
    metrics: Arc<metrics::Metrics>,
    last_uses: Arc<LastUses>,
    /// Held while the results of a batch are counted.
    counting: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("public_url", &self.seams.public_url).finish_non_exhaustive()
    }
}

/// An answer of the data plane.
#[derive(Debug)]
pub struct Handled {
    /// The answer, with all its headers.
    pub response: Response<GatewayBody>,
    /// The template of its route, for logs.
    pub route: &'static str,
}

/// Whether a path belongs to the data plane: everything below `/v1/` that the administration does not own.
#[must_use]
pub fn is_data_plane(path: &str) -> bool {
    const ADMINISTRATION: [&str; 5] = ["organization", "projects", "api-keys", "keystead", "me"];
    let Some(rest) = path.strip_prefix("/v1/") else { return false };
    let first = rest.split('/').next().unwrap_or_default();
    !ADMINISTRATION.contains(&first)
}

/// The answer for a client that left `/v1` out of its base address; `None` when the path with it is not a route either.
#[must_use]
pub fn without_version(method: &http::Method, path: &str) -> Option<Response<GatewayBody>> {
    let whole = format!("/v1{path}");
    let known = !matches!(route::find(method.as_str(), &whole), Err(NoRoute::Unknown));
    known.then(|| error_body::error(&error_body::no_version(method, path)))
}

impl Gateway {
    /// Builds the gateway from its parts.
    #[must_use]
    pub fn new(options: GatewayOptions) -> Self {
        Self {
            upstream: upstream::UpstreamClient::new(options.limits.connect),
            alarms: Arc::default(),
            reading: metered_body::Reading::new(options.limits.read_on),
            seams: Arc::new(Seams {
                directory: options.directory,
                meter: options.meter,
                ownership: options.ownership,
                pending: options.pending,
                catalogue: options.catalogue,
                clock: options.clock,
                public_url: options.public_url,
            }),
            rates: options.rates,
            tags: options.tags,
            pepper: options.pepper,
            rng: Mutex::new(options.rng),
            memory: BodyMemory::new(options.limits.body_memory),
            limits: options.limits,
            metrics: Arc::new(metrics::Metrics::default()),
            last_uses: Arc::default(),
            counting: tokio::sync::Mutex::default(),
        }
    }

    /// Registers the data plane's metrics.
    pub fn metrics(&self, registry: &mut prometheus_client::registry::Registry) {
        self.metrics.register(registry, &self.seams.directory, &self.seams.meter);
        self.memory.register(registry, "keystead_body_memory_bytes", metrics::BODY_MEMORY);
    }

    /// When keys were last used, waiting to be written to the store.
    #[must_use]
    pub fn last_uses(&self) -> Arc<LastUses> {
        Arc::clone(&self.last_uses)
    }

    /// Answers one request of this client. Never fails: every failure becomes an error body of the contract.
    pub async fn handle<B>(&self, request: Request<B>, client: Client) -> Handled
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let began = Instant::now();
        let id = self.request_id();
        let (mut parts, body) = request.into_parts();
        let uri = parts.uri.clone();
        let found = route::find(parts.method.as_str(), uri.path());
        let route = found.as_ref().map_or("(no route)", |matched| matched.route.path);
        let mut response = match self.phases(&mut parts, found, body, &id, (client, began)).await {
            Ok(response) => response,
            Err(wire) => error_body::error(&wire),
        };
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            error_body::allow(response.headers_mut(), uri.path());
        }
        let elapsed = began.elapsed();
        error_body::finish(response.headers_mut(), &id, elapsed);
        self.metrics.note(route, response.status(), elapsed);
        Handled { response, route }
    }

    async fn phases<B>(
        &self,
        parts: &mut Parts,
        found: Result<Matched<'_>, NoRoute>,
        body: B,
        id: &RequestId,
        (client, began): (Client, Instant),
    ) -> Result<Response<GatewayBody>, ErrorResponse>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        if !client.served {
            return Err(self.refuse(&Refusal::UnsupportedCountry));
        }
        if parts.uri.path_and_query().is_some_and(|address| address.as_str().len() > LONGEST_ADDRESS) {
            return Err(error_body::long_address());
        }
        let matched = found.map_err(|none| error_body::no_route(none, &parts.method, parts.uri.path()))?;
        let caller = self.caller(&parts.headers, Some(matched.route.path), began).await?;
        if parts.uri.query().is_some_and(credential::in_query) {
            return Err(error_body::bad_body("Keys belong into the Authorization header, never into the address."));
        }
        let selection = headers::selection(&parts.headers).map_err(|refusal| self.refuse(&refusal))?;
        let now = self.now();
        let payer = access::decide(&caller, matched.route, selection, client.address, now)
            .map_err(|refusal| self.refuse(&refusal))?;
        self.last_uses.note(&caller, now);
        if matched.route.path.starts_with("/v1/models") {
            let model = matched.id.map(models::decode).transpose()?;
            return models::answer(self, &caller, &payer, model.as_deref());
        }
        let target = target::canonical(&matched, &parts.uri)?;
        // The upstream is asked for a complete answer; its body is dropped for a HEAD request.
        if parts.method == Method::HEAD {
            parts.method = Method::GET;
        }
        if let Some(target) = target {
            parts.uri = Uri::from(target);
        }
        content_type::rewrite(&mut parts.headers, parts.method == Method::POST)?;
        headers::scope_idempotency_key(&mut parts.headers, &payer)?;
        let (object, from, id) = (matched.id, client.address, id.clone());
        let exchange = Exchange { route: matched.route, object, caller, payer, from, id, began };
        match matched.route.model {
            ModelIn::Json => self.with_json(exchange, parts, body).await,
            // Boxed, so that the usual path does not carry their size.
            ModelIn::Form => Box::pin(self.with_form(exchange, parts, body)).await,
            ModelIn::Nowhere | ModelIn::Path => Box::pin(self.without_model(exchange, parts, body)).await,
        }
    }

    /// Runs the credential and directory phases alone, for the administration, so that keys are read in one way
    /// everywhere.
    ///
    /// # Errors
    /// 401 for a key that is missing, malformed or not valid; 503 when the store does not answer.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Caller>, ErrorResponse> {
        let caller = self.caller(headers, None, Instant::now()).await?;
        let now = self.now();
        access::ensure_active(&caller, now).map_err(|refusal| self.refuse(&refusal))?;
        self.last_uses.note(&caller, now);
        Ok(caller)
    }

    async fn caller(
        &self,
        headers: &HeaderMap,
        route: Option<&str>,
        at: Instant,
    ) -> Result<Arc<Caller>, ErrorResponse> {
        let presented =
            credential::read(headers).map_err(|missing: Missing| missing.response(route, &self.seams.public_url))?;
        let presented = presented.expose();
        // First the shape, so that no text is hashed that is too long for a key; then the memory, which contains only
        // our own keys; then the tag, before the store is asked. An invented key is refused here at the cost of two
        // HMACs.
        let candidate = KeyCandidate::of(presented).map_err(|_| self.incorrect(presented))?;
        let digest = candidate.digest(&self.pepper);
        if let Ok(Some(caller)) = self.seams.directory.known(&digest, at) {
            return Ok(caller);
        }
        // Only a client with one of our keys learns that keys cannot be checked.
        candidate.verify_tag(&self.tags).map_err(|_| self.incorrect(presented))?;
        match Box::pin(self.seams.directory.find(&digest)).await {
            Ok(Some(caller)) => Ok(caller),
            Ok(None) => Err(self.incorrect(presented)),
            Err(Unavailable) => Err(error_body::store_unavailable()),
        }
    }

    fn incorrect(&self, presented: &str) -> ErrorResponse {
        self.refuse(&Refusal::IncorrectKey { mask: keystead_core::mask::mask(presented) })
    }

    fn refuse(&self, refusal: &Refusal) -> ErrorResponse {
        refusal.response(&self.seams.public_url)
    }

    fn now(&self) -> Timestamp {
        (self.seams.clock)()
    }

    fn request_id(&self) -> RequestId {
        self.draw(RequestId::generate)
    }

    fn draw<T>(&self, make: impl FnOnce(&mut Box<dyn RngCore + Send>) -> T) -> T {
        make(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
