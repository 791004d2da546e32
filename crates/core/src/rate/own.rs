//! The limits a project has of its own, model by model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RateLimits;

/// Limits by the model's name as clients write it. Models that are not in it have none of the project's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnLimits(BTreeMap<String, RateLimits>);

impl OwnLimits {
    /// Models with limits of their own in one project at most.
    pub const MOST: usize = 500;

    /// The model's limits.
    #[must_use]
    pub fn of(&self, model: &str) -> RateLimits {
        self.0.get(model).copied().unwrap_or(RateLimits::NONE)
    }

    /// Sets the model's limits; none takes them away.
    pub fn set(&mut self, model: &str, limits: RateLimits) {
        if limits.is_none() {
            self.0.remove(model);
        } else {
            self.0.insert(model.to_owned(), limits);
        }
    }

    /// How many models have some.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no model has any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
