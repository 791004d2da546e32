//! What every use case needs: the store, the clock, the random generator, the services and the settings.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use keystead_core::id::RequestId;
use keystead_core::key::{Pepper, TagKeys};
use keystead_core::time::Timestamp;
use keystead_providers::BoxFuture;
use keystead_store::Store;
use keystead_store::tables::audit::AuditKey;
use rand::RngCore;
use tokio::sync::{Notify, Semaphore};

use crate::watched_calls::WatchedKeys;
use crate::{Sealer, Services, Settings};

/// Returns the present time; the binary passes the real clock, tests their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The nodes of the installation, which serve from memory and follow the changes in the store.
pub trait Nodes: Send + Sync {
    /// Waits, within limits, until every live node has applied this revision of the changes.
    fn wait_for_revision(&self, revision: i64) -> BoxFuture<'_, ()>;
}

/// Everything an [`App`] is made of.
pub struct AppOptions {
    /// The store.
    pub store: Store,
    /// The keys that tag new API keys.
    pub tags: TagKeys,
    /// The key that digests API keys.
    pub pepper: Pepper,
    /// The key that chains audit rows.
    pub audit_key: AuditKey,
    /// The clock.
    pub clock: Clock,
    /// A cryptographically strong generator, seeded by the binary.
    pub rng: Box<dyn RngCore + Send>,
    /// The address at which people reach this installation, for links in messages.
    pub public_url: String,
    /// Seals and matches personal data.
    pub sealer: Sealer,
    /// The outside services.
    pub services: Services,
    /// The operator's settings for verification.
    pub settings: Settings,
}

pub(crate) struct Inner {
    store: Store,
    pub(crate) tags: TagKeys,
    pub(crate) pepper: Pepper,
    pub(crate) audit_key: AuditKey,
    clock: Clock,
    rng: Mutex<Box<dyn RngCore + Send>>,
    public_url: String,
    sealer: Sealer,
    services: Services,
    settings: Settings,
    pub(crate) work: Arc<Notify>,
    pub(crate) passwords: Semaphore,
    pub(crate) watched: WatchedKeys,
    nodes: OnceLock<Arc<dyn Nodes>>,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("public_url", &self.inner.public_url).finish_non_exhaustive()
    }
}

impl App {
    /// Builds the use cases from their parts.
    #[must_use]
    pub fn new(options: AppOptions) -> Self {
        let public_url = options.public_url.trim_end_matches('/').to_owned();
        let services = options.services.observed(&options.clock);
        let inner = Inner {
            store: options.store,
            tags: options.tags,
            pepper: options.pepper,
            audit_key: options.audit_key,
            clock: options.clock,
            rng: Mutex::new(options.rng),
            public_url,
            sealer: options.sealer,
            services,
            settings: options.settings,
            work: Arc::new(Notify::new()),
            passwords: Semaphore::new(2),
            watched: WatchedKeys::default(),
            nodes: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// The address at which people reach this installation, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.inner.public_url
    }

    /// Draws an id for one request.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        self.draw(RequestId::generate)
    }

    /// The outside services in use.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.inner.services
    }

    /// The operator's settings for verification.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Names the nodes that jobs wait for. Only the first call counts; without one, no job waits.
    pub fn set_nodes(&self, nodes: Arc<dyn Nodes>) {
        let _ = self.inner.nodes.set(nodes);
    }

    /// Waits, within limits, until the nodes have applied a revision of the changes.
    pub(crate) async fn wait_for_nodes(&self, revision: i64) {
        if let Some(nodes) = self.inner.nodes.get() {
            nodes.wait_for_revision(revision).await;
        }
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Uses the generator. It stays usable after a thread panicked while drawing.
    pub(crate) fn draw<T>(&self, make: impl FnOnce(&mut Box<dyn RngCore + Send>) -> T) -> T {
        make(&mut self.inner.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
