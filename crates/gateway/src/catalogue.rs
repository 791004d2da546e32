//! What is served, where, at what price, under which rules: one value, swapped whole.

pub(crate) mod address;
pub(crate) mod models;

use std::collections::HashMap;
use std::sync::Arc;

use keystead_core::gate::Policy;
use keystead_core::rate::RateLimits;
use keystead_core::usage::Price;

pub(crate) use crate::catalogue::address::Address;
pub use crate::catalogue::address::Upstream;

/// A model.
#[derive(Debug, Clone)]
pub struct ModelEntry {
    /// What clients call it.
    pub id: Arc<str>,
    /// The upstream that serves it.
    pub upstream: String,
    /// When it was first served, Unix seconds.
    pub created: i64,
    /// Who made it.
    pub owned_by: String,
    /// What it costs.
    pub price: Price,
    /// How fast one organization may use it.
    pub rates: RateLimits,
}

/// Everything a request is judged and forwarded by.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Models by name.
    pub models: HashMap<String, ModelEntry>,
    /// Upstreams by name.
    pub upstreams: HashMap<String, Upstream>,
    /// The gates.
    pub policy: Policy,
}

impl Catalogue {
    /// Where requests without a model go: the upstream of the first name.
    pub(crate) fn default_upstream(&self) -> Option<&Upstream> {
        self.upstreams.values().min_by(|a, b| a.name.cmp(&b.name))
    }

    pub(crate) fn upstream_of(&self, model: &ModelEntry) -> Option<&Upstream> {
        self.upstreams.get(&model.upstream)
    }
}
