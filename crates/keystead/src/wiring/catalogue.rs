//! Builds the catalogue of models, upstreams and prices from the configuration and the store's policy.

use std::collections::{BTreeMap, BTreeSet};

use keystead_core::money::Micros;
use keystead_core::prices::{PriceChange, PriceSchedule};
use keystead_core::rate::RateLimits;
use keystead_core::usage::Price;
use keystead_gateway::{Catalogue, ModelEntry, Upstream};
use keystead_store::tables::{models, policy, prices};
use keystead_store::{Error, Store, Tx};

use crate::config::Validated;
use crate::wiring;

/// The name of the sandbox's model server as an upstream.
const SANDBOX: &str = "sandbox";

/// Models and upstreams as configured; the policy is read for each catalogue.
#[derive(Clone)]
pub(crate) struct Models {
    entries: Vec<ModelEntry>,
    upstreams: Vec<Upstream>,
}

impl Models {
    /// Builds them from the configuration; `sandbox` is the base address of its model server, used when no upstream is
    /// configured.
    pub(crate) fn new(config: &Validated, sandbox: Option<&str>) -> Self {
        let mut upstreams: Vec<Upstream> = Vec::new();
        let mut served: BTreeMap<String, (String, &str, Price)> = BTreeMap::new();
        for upstream in &config.upstreams {
            for model in &upstream.models {
                served.entry(model.clone()).or_insert((upstream.name.clone(), "upstream", Price::default()));
            }
            let (name, key) = (upstream.name.clone(), upstream.api_key.clone());
            upstreams.push(Upstream::with(name, &upstream.base_url, key, upstream.options));
        }
        if let Some(base_url) = sandbox.filter(|_| upstreams.is_empty()) {
            for (model, owned_by, price) in sandbox_models() {
                served.insert(model.to_owned(), (SANDBOX.to_owned(), owned_by, price));
            }
            upstreams.push(Upstream::new(SANDBOX.to_owned(), base_url, None));
        }
        let mut owners: BTreeMap<String, String> = BTreeMap::new();
        let mut limited: BTreeMap<&str, RateLimits> = BTreeMap::new();
        let mut longest: BTreeMap<&str, u64> = BTreeMap::new();
        for (model, price, rates) in &config.models {
            let first = upstreams.first().map(|upstream| upstream.name.to_string()).unwrap_or_default();
            let entry = served.entry(model.id.clone()).or_insert((first, "upstream", price.clone()));
            entry.2 = price.clone();
            limited.insert(&model.id, *rates);
            longest.extend(model.max_output_tokens.map(|most| (model.id.as_str(), most)));
            if let Some(upstream) = &model.upstream {
                entry.0.clone_from(upstream);
            }
            if let Some(owner) = &model.owned_by {
                owners.insert(model.id.clone(), owner.clone());
            }
        }
        let created = wiring::now().0;
        let entries = served
            .into_iter()
            .map(|(id, (upstream, owned_by, price))| {
                let owned_by = owners.remove(&id).unwrap_or_else(|| owned_by.to_owned());
                let rates = limited.get(&*id).copied().unwrap_or_default().or(config.rates);
                let max_output_tokens = longest.get(&*id).copied().or_else(|| sandbox_longest(&upstream, &id));
                let prices = PriceSchedule::from(price);
                let tier_rates = config.tiers.limits_by_tier(&id, rates).into();
                ModelEntry { id: id.into(), upstream, created, owned_by, prices, rates, tier_rates, max_output_tokens }
            })
            .collect();
        Self { entries, upstreams }
    }

    /// The servers of the models.
    pub(crate) fn upstreams(&self) -> &[Upstream] {
        &self.upstreams
    }

    #[cfg(test)]
    pub(crate) const fn none() -> Self {
        Self { entries: Vec::new(), upstreams: Vec::new() }
    }

    /// Writes the models into the store, where the other parts of the program read them; `created` of known ones stays.
    pub(crate) async fn publish(&mut self, store: &Store) -> Result<(), Error> {
        let known = store.read("models", async |tx: &mut Tx| models::list(tx).await).await?;
        for entry in &mut self.entries {
            if let Some(row) = known.iter().find(|row| *row.id == *entry.id) {
                entry.created = row.created_at.0;
            }
        }
        let wanted: Vec<models::ModelRow> = self
            .entries
            .iter()
            .map(|entry| models::ModelRow {
                id: entry.id.to_string(),
                upstream: entry.upstream.clone(),
                created_at: keystead_core::Timestamp(entry.created),
                owned_by: entry.owned_by.clone(),
                price: entry.prices.configured().clone(),
                rates: entry.rates,
            })
            .collect();
        let describe = |rows: &[models::ModelRow]| -> BTreeSet<String> {
            let told = |row: &models::ModelRow| {
                format!("{} {} {} {:?} {:?}", row.id, row.upstream, row.owned_by, row.price, row.rates)
            };
            rows.iter().map(told).collect()
        };
        if describe(&known) == describe(&wanted) {
            return Ok(());
        }
        store
            .write("publish_models", async move |tx: &mut Tx| models::replace_all(tx, &wanted, wiring::now()).await)
            .await
    }

    /// Builds the catalogue with the policy in force and the prices that operators have set.
    pub(crate) async fn catalogue(&self, store: &Store) -> Result<Catalogue, Error> {
        let read = store.read("policy", async |tx: &mut Tx| {
            let (_, policy) = policy::find(tx).await?;
            Ok::<_, Error>((policy, prices::list(tx).await?))
        });
        let (policy, rows) = read.await?;
        let mut changes: BTreeMap<&str, Vec<PriceChange>> = BTreeMap::new();
        for row in &rows {
            changes.entry(&row.model).or_default().push(row.change());
        }
        let priced = |entry: &ModelEntry| {
            let changes = changes.get(&*entry.id).cloned().unwrap_or_default();
            let prices = PriceSchedule::new(entry.prices.configured().clone(), changes);
            (entry.id.to_string(), ModelEntry { prices, ..entry.clone() })
        };
        Ok(Catalogue {
            models: self.entries.iter().map(priced).collect(),
            upstreams: self.upstreams.iter().map(|upstream| (upstream.name.to_string(), upstream.clone())).collect(),
            policy,
        })
    }
}

/// The most tokens that a model of the sandbox's server writes in one answer, as its public description says.
fn sandbox_longest(upstream: &str, model: &str) -> Option<u64> {
    match model {
        _ if upstream != SANDBOX => None,
        "gpt-4o" | "gpt-4o-mini" => Some(16_384),
        "o3" => Some(100_000),
        // Of one picture in the best quality.
        "gpt-image-1" => Some(6_240),
        _ => None,
    }
}

/// The models of the sandbox's server, at the public list prices in micros per million.
fn sandbox_models() -> [(&'static str, &'static str, Price); 7] {
    let tokens = |input, cached_input, output| Price {
        input: Micros(input),
        cached_input: Micros(cached_input),
        output: Micros(output),
        ..Price::default()
    };
    [
        ("gpt-4o", "system", tokens(2_500_000, 1_250_000, 10_000_000)),
        ("gpt-4o-mini", "system", tokens(150_000, 75_000, 600_000)),
        ("o3", "system", tokens(2_000_000, 500_000, 8_000_000)),
        ("gpt-image-1", "system", tokens(5_000_000, 1_250_000, 40_000_000)),
        ("text-embedding-3-small", "system", tokens(20_000, 20_000, 0)),
        ("whisper-1", "openai-internal", Price { second: Micros(100_000_000), ..Price::default() }),
        ("tts-1", "openai-internal", Price { character: Micros(15_000_000), ..Price::default() }),
    ]
}
