//! The limits a project has of its own, model by model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MOST, Measure, RateLimits};

/// A limit a project cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLimit {
    /// Less than one or more than [`MOST`].
    #[error("must be between 1 and {MOST}")]
    Range(Measure),
    /// More than its organization has.
    #[error("must not be above the organization's limit of {1}")]
    AboveOrganization(Measure, u64),
}

impl BadLimit {
    /// Which limit.
    #[must_use]
    pub const fn measure(self) -> Measure {
        match self {
            Self::Range(measure) | Self::AboveOrganization(measure, _) => measure,
        }
    }
}

impl RateLimits {
    /// A project's own limits after these changes; one as high as its organization's is none of its own, and follows
    /// the organization's from then on.
    ///
    /// # Errors
    /// The first limit that does not have enough left.
    pub fn changed(self, organization: &Self, changes: &Self) -> Result<Self, BadLimit> {
        let mut own = self;
        for measure in Measure::ALL {
            let Some(wanted) = changes.get(measure) else { continue };
            let most = organization.get(measure).unwrap_or(MOST);
            match wanted {
                1..=MOST if wanted == most => own.set(measure, None),
                1..=MOST if wanted < most => own.set(measure, Some(wanted)),
                1..=MOST => return Err(BadLimit::AboveOrganization(measure, most)),
                _ => return Err(BadLimit::Range(measure)),
            }
        }
        Ok(own)
    }
}

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
