//! Use cases, one file per noun: authorize, let the core decide, then save with an audit row in one transaction.
//!
//! Closures given to the store own what they use: borrowed captures of an `async` closure cannot be shown to be
//! `Send` for every lifetime, and every use case must be able to run on any worker thread.
//!
//! Neither status codes nor pages live here; both edges speak to people in their own way from [`Error`].

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use keystead_core::id::RequestId;
use keystead_core::key::{Pepper, TagKeys};
use keystead_core::time::Timestamp;
use keystead_store::Store;
use keystead_store::tables::audit::AuditKey;
use rand::RngCore;
use tokio::sync::{Notify, Semaphore};

pub mod accounts;
pub mod actor;
pub mod admin_keys;
pub mod api_keys;
pub mod audit;
pub mod bootstrap;
pub mod error;
pub mod explanation;
mod grants;
pub mod housekeeping;
pub mod invites;
pub mod ip_allowlists;
mod key_in_clear;
pub mod keys;
pub mod me;
pub mod member_safety;
pub mod members;
pub mod operator;
mod organization_tags;
pub mod organizations;
pub mod outbox;
mod own_keys;
pub mod policies;
pub mod project_members;
pub mod project_models;
pub mod project_rates;
pub mod projects;
pub mod propagation;
pub mod review;
pub mod rotation;
pub mod sealing;
pub mod service_accounts;
pub mod services;
pub mod settings;
pub mod usage;
pub mod verification;

pub use actor::Actor;
pub use error::Error;
pub use keystead_store::tables::api_keys::{KeyRow, KeyWithOwner};
pub use keystead_store::{Listing, Page};
pub use sealing::Sealer;
pub use services::{Codes, Services};
pub use settings::Settings;

/// Tells the time; the binary hands in the real one, tests their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Everything an [`App`] is made of.
pub struct AppOptions {
    /// Where everything is kept.
    pub store: Store,
    /// Under which new keys are tagged.
    pub tags: TagKeys,
    /// Under which keys are digested.
    pub pepper: Pepper,
    /// Under which audit rows are chained.
    pub audit_key: AuditKey,
    /// The clock.
    pub clock: Clock,
    /// A cryptographically strong generator, seeded by whoever owns the process.
    pub rng: Box<dyn RngCore + Send>,
    /// Where people reach this installation, for links in messages.
    pub public_url: String,
    /// Seals and matches personal data.
    pub sealer: Sealer,
    /// The outside services.
    pub services: Services,
    /// What the operator decides about verification.
    pub settings: Settings,
}

struct Inner {
    store: Store,
    tags: TagKeys,
    pepper: Pepper,
    audit_key: AuditKey,
    clock: Clock,
    rng: Mutex<Box<dyn RngCore + Send>>,
    public_url: String,
    sealer: Sealer,
    services: Services,
    settings: Settings,
    work: Arc<Notify>,
    passwords: Semaphore,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("public_url", &self.inner.public_url).finish_non_exhaustive()
    }
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(options: AppOptions) -> Self {
        let public_url = options.public_url.trim_end_matches('/').to_owned();
        let inner = Inner {
            store: options.store,
            tags: options.tags,
            pepper: options.pepper,
            audit_key: options.audit_key,
            clock: options.clock,
            rng: Mutex::new(options.rng),
            public_url,
            sealer: options.sealer,
            services: options.services,
            settings: options.settings,
            work: Arc::new(Notify::new()),
            passwords: Semaphore::new(2),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// Where people reach this installation; without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.inner.public_url
    }

    /// A fresh id for one request.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        self.draw(RequestId::generate)
    }

    /// The outside services in use.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.inner.services
    }

    /// What the operator decides about verification.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Uses the generator. A thread that panicked while drawing leaves it usable.
    fn draw<T>(&self, make: impl FnOnce(&mut Box<dyn RngCore + Send>) -> T) -> T {
        make(&mut self.inner.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
