//! What is served, where, at what price, under which rules: one value, swapped whole.

use std::collections::HashMap;

use keystead_core::Secret;
use keystead_core::gate::Policy;
use keystead_core::usage::Price;

/// A model.
#[derive(Debug, Clone)]
pub struct ModelEntry {
    /// What clients call it.
    pub id: String,
    /// The upstream that serves it.
    pub upstream: String,
    /// When it was first served, Unix seconds.
    pub created: i64,
    /// Who made it.
    pub owned_by: String,
    /// What it costs.
    pub price: Price,
}

/// A server of models.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// How configuration calls it.
    pub name: String,
    /// The address its `/v1` routes hang on, with or without `/v1` at the end.
    pub base_url: String,
    /// The operator's secret for it.
    pub api_key: Option<Secret<String>>,
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
