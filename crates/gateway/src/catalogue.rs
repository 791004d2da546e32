//! The catalogue: models, upstreams, prices and rules, as one value that is replaced as a whole.

pub(crate) mod address;
pub(crate) mod models;

use std::sync::Arc;

use keystead_core::gate::Policy;
use keystead_core::prices::PriceSchedule;
use keystead_core::rate::RateLimits;
use keystead_core::tier::Tier;

pub(crate) use crate::catalogue::address::Address;
pub use crate::catalogue::address::Upstream;

/// A model.
#[derive(Debug, Clone)]
pub struct ModelEntry {
    /// The name that clients use.
    pub id: Arc<str>,
    /// The upstream that serves it.
    pub upstream: String,
    /// When it was first served, Unix seconds.
    pub created: i64,
    /// The owner shown in the model list.
    pub owned_by: String,
    /// Its prices over time.
    pub prices: PriceSchedule,
    /// Its rate limits for one organization, where there are no usage tiers.
    pub rates: RateLimits,
    /// Its rate limits for one organization in each usage tier, from 0 to 5; empty where there are no tiers.
    pub tier_rates: Arc<[RateLimits]>,
    /// The most tokens that it writes in one answer, if that is known.
    pub max_output_tokens: Option<u64>,
}

impl ModelEntry {
    /// Its rate limits for an organization in this usage tier.
    #[must_use]
    pub fn rates_in(&self, tier: Tier) -> RateLimits {
        self.tier_rates.get(tier.place()).copied().unwrap_or(self.rates)
    }
}

/// The operator chooses the names, so their hash need not resist chosen collisions.
pub type ByName<T> = foldhash::HashMap<String, T>;

/// Everything that judges and forwards a request.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Models by name.
    pub models: ByName<ModelEntry>,
    /// Upstreams by name.
    pub upstreams: ByName<Upstream>,
    /// The gates.
    pub policy: Policy,
}

impl Catalogue {
    /// The upstream for requests without a model: the first by name.
    pub(crate) fn default_upstream(&self) -> Option<&Upstream> {
        self.upstreams.values().min_by(|a, b| a.name.cmp(&b.name))
    }

    pub(crate) fn upstream_of(&self, model: &ModelEntry) -> Option<&Upstream> {
        self.upstreams.get(&model.upstream)
    }
}
