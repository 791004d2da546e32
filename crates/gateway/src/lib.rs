//! The data plane. `pipeline.rs` shows the phases of a request from top to bottom: route → key → permission → body →
//! models and their gates → limits → upstream → usage.
//!
//! A route that is not in `keystead_core::route::ROUTES` is not forwarded; a route there names its meter, so nothing
//! passes unmetered. No SQL and no vendors: the store is behind [`KeySource`], [`Follow`], [`UsageSink`],
//! [`Ownership`], [`PendingUsage`] and [`SpendLeases`].

mod alarm;
mod api_request;
mod body;
mod caller_lookup;
mod catalogue;
mod decide;
mod directory;
mod estimate;
mod forward;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod header_names;
mod limits;
mod metering;
mod metrics;
mod model_list;
mod outgoing;
mod pipeline;
mod prepare;
mod rejection;
mod request;
mod response;
mod upstream;
mod upstream_objects;

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use http::Response;
use keystead_core::id::RequestId;
use keystead_core::key::{Pepper, TagKeys};
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::route::{self, NoRoute};
use keystead_core::time::Timestamp;
use rand::RngCore;

pub use alarm::Timer;
pub use body::{BoxError, GatewayBody};
pub use caller_lookup::SessionSource;
pub use catalogue::address::{Auth, StreamUsage, Unusable, UpstreamOptions};
pub use catalogue::{ByName, Catalogue, ModelEntry, Upstream};
pub use decide::rate_limiter::{RateLimiter, Stopwatch};
pub use decide::spend_ledgers::{NotSetAside, SpendGuard, SpendLeases, SpendLedgers};
pub use directory::freshness::{Follow, Moment};
pub use directory::last_uses::{KeyUse, LastUses};
pub use directory::{ChangedSubject, Directory, DirectoryOptions, DirectoryStats, KeySource};
pub use limits::Limits;
pub use metering::spool::leftover_files::{SpoolFileReport, report as spool_report};
pub use metering::{
    Durability, Gathered, Meter, MeterOptions, MeterState, NotDurable, Recorded, UsageBatch, UsageSink,
};
pub use model_list::NoModelList;
pub use request::body_memory::{BodyMemory, BodyOwner, NoRoom, Share};
pub use request::bounded_body::{Bounded, Watch};
pub use request::client_body::{BodyBounds, BodyFault};
pub use response::error_body::ErrorCode;
pub use response::metered_body::ReadOn;
pub use upstream_objects::ownership::{MemoryOwnership, Ownership};
pub use upstream_objects::pending::{MemoryPending, PendingUsage};

pub use pipeline::Handled;
pub use request::credential;

use response::{error_body, metered_body};

/// A boxed future, for traits.
pub type BoxFuture<'a, T> = futures_util::future::BoxFuture<'a, T>;

/// The store cannot answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store is unavailable")]
pub struct Unavailable;

/// Returns the time; passed in by the process.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

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
    pub rates: Arc<RateLimiter>,
    /// What this node may spend of limits.
    pub spend: Arc<SpendLedgers>,
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
pub(crate) struct Services {
    pub(crate) directory: Arc<Directory>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) ownership: Arc<dyn Ownership>,
    pub(crate) pending: Arc<dyn PendingUsage>,
    pub(crate) catalogue: Arc<ArcSwap<Catalogue>>,
    pub(crate) clock: Clock,
    pub(crate) public_url: String,
    pub(crate) client_certificates: decide::client_certificates::ClientCertificates,
}

/// The data plane.
pub struct Gateway {
    services: Arc<Services>,
    rates: Arc<RateLimiter>,
    spend: Arc<SpendLedgers>,
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
        f.debug_struct("Gateway").field("public_url", &self.services.public_url).finish_non_exhaustive()
    }
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
            services: Arc::new(Services {
                directory: options.directory,
                meter: options.meter,
                ownership: options.ownership,
                pending: options.pending,
                catalogue: options.catalogue,
                clock: options.clock,
                public_url: options.public_url,
                client_certificates: decide::client_certificates::ClientCertificates::default(),
            }),
            rates: options.rates,
            spend: options.spend,
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
        self.metrics.register(registry, &self.services.directory, &self.services.meter);
        self.memory.register(registry, "keystead_body_memory_bytes", metrics::BODY_MEMORY);
    }

    /// When keys were last used, waiting to be written to the store.
    #[must_use]
    pub fn last_uses(&self) -> Arc<LastUses> {
        Arc::clone(&self.last_uses)
    }

    fn refuse(&self, refusal: &Refusal) -> ErrorResponse {
        refusal.response(&self.services.public_url)
    }

    fn now(&self) -> Timestamp {
        (self.services.clock)()
    }

    fn request_id(&self) -> RequestId {
        self.draw(RequestId::generate)
    }

    fn draw<T>(&self, make: impl FnOnce(&mut Box<dyn RngCore + Send>) -> T) -> T {
        make(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
