//! The parts of an installation that a test holds, and the use cases over them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keystead_app::review::{EvidenceStore, Intake, Reviewer, ReviewerOptions};
use keystead_app::{App, AppOptions, Sealer, Services, Settings};
use keystead_core::key::{Pepper, TagKeys};
use keystead_core::secret::Secret;
use keystead_core::verification::documents::DocumentPolicy;
use keystead_store::Store;
use keystead_store::tables::audit::AuditKey;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::{Clock, CloudAccounts, Database, Issuer, Mailbox, Receiver, Workloads};

/// Where people would reach the installation.
pub const PUBLIC_URL: &str = "https://keystead.test";

/// A database, a clock and the services that the test controls.
#[derive(Clone)]
pub struct World {
    /// The database.
    pub store: Store,
    /// The clock of everything in it.
    pub clock: Clock,
    /// Takes the mail.
    pub mailbox: Arc<Mailbox>,
    /// Vouches for people.
    pub issuer: Arc<Issuer>,
    /// Vouches for workloads.
    pub workloads: Arc<Workloads>,
    /// Takes the webhooks.
    pub receiver: Arc<Receiver>,
    /// Keys and buckets of customers.
    pub clouds: Arc<CloudAccounts>,
}

impl World {
    /// With a database in memory, at a time in Unix seconds.
    pub async fn new(now: i64) -> Self {
        Self::over(Database::memory().await.store, now)
    }

    /// Over a migrated database, at a time in Unix seconds.
    #[must_use]
    pub fn over(store: Store, now: i64) -> Self {
        Self {
            store,
            clock: Clock::at(now),
            mailbox: Arc::default(),
            issuer: Arc::default(),
            workloads: Arc::default(),
            receiver: Arc::default(),
            clouds: Arc::default(),
        }
    }

    /// Mail, sign-in, the issuer of workloads and the cloud accounts by the test's own; everything else is off.
    #[must_use]
    pub fn services(&self) -> Services {
        Services {
            mail: Some(Arc::<Mailbox>::clone(&self.mailbox)),
            sign_in: Some(Arc::<Issuer>::clone(&self.issuer)),
            token_issuers: Some(Arc::<Workloads>::clone(&self.workloads)),
            webhooks: Some(Arc::<Receiver>::clone(&self.receiver)),
            clouds: Some(Arc::<CloudAccounts>::clone(&self.clouds)),
            ..Services::default()
        }
    }

    /// The built-in reviewer, with pictures in this folder.
    #[must_use]
    pub fn reviewer(&self, pictures: &Path) -> Arc<Reviewer> {
        Arc::new(Reviewer::new(ReviewerOptions {
            store: self.store.clone(),
            sealer: sealer(),
            clock: self.clock.reader(),
            rng: Box::new(generator(12)),
            public_url: PUBLIC_URL.to_owned(),
            privacy_policy_url: format!("{PUBLIC_URL}/privacy"),
            evidence: EvidenceStore::open(pictures).unwrap(),
            intake: Intake::new(2, Duration::from_secs(60)),
            documents: DocumentPolicy::default(),
        }))
    }

    /// The use cases, always with the same keys and the same random numbers.
    #[must_use]
    pub fn app(&self, services: Services, settings: Settings) -> App {
        App::new(AppOptions {
            store: self.store.clone(),
            tags: tags(),
            pepper: pepper(),
            audit_key: AuditKey(Secret::new([3; 32])),
            clock: self.clock.reader(),
            rng: Box::new(generator(11)),
            public_url: PUBLIC_URL.to_owned(),
            sealer: sealer(),
            services,
            settings,
        })
    }
}

/// Random numbers that are the same for the same seed.
fn generator(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The keys of the tags in API keys.
#[must_use]
pub fn tags() -> TagKeys {
    TagKeys::new(Secret::new([1; 32]), Vec::new())
}

/// The key of digests of API keys.
#[must_use]
pub fn pepper() -> Pepper {
    Pepper::new(Secret::new([2; 32]))
}

/// What personal data is encrypted and matched with.
fn sealer() -> Sealer {
    Sealer::new(Secret::new([4; 32]), Secret::new([5; 32]))
}
