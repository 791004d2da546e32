//! A project's own limits for each model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MOST, Measure, RateLimits};

/// Why a project cannot have a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimit {
    /// Less than one or more than [`MOST`].
    #[error("must be between 1 and {MOST}")]
    Range(Measure),
    /// Above the limit of its organization.
    #[error("must not be above the organization's limit of {1}")]
    AboveOrganization(Measure, u64),
}

impl InvalidLimit {
    /// The measure.
    #[must_use]
    pub const fn measure(self) -> Measure {
        match self {
            Self::Range(measure) | Self::AboveOrganization(measure, _) => measure,
        }
    }
}

impl RateLimits {
    /// Applies changes to a project's own limits. A limit equal to the organization's is removed, and follows the
    /// organization's from then on.
    ///
    /// # Errors
    /// The first limit that is not valid.
    pub fn changed(self, organization: &Self, changes: &Self) -> Result<Self, InvalidLimit> {
        let mut own = self;
        for measure in Measure::ALL {
            let Some(wanted) = changes.get(measure) else { continue };
            let most = organization.get(measure).unwrap_or(MOST);
            match wanted {
                1..=MOST if wanted == most => own.set(measure, None),
                1..=MOST if wanted < most => own.set(measure, Some(wanted)),
                1..=MOST => return Err(InvalidLimit::AboveOrganization(measure, most)),
                _ => return Err(InvalidLimit::Range(measure)),
            }
        }
        Ok(own)
    }
}

/// Limits by the model's name as clients write it. Missing models have no limit of the project's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectLimits(BTreeMap<String, RateLimits>);

impl ProjectLimits {
    /// Maximum number of models with own limits in one project.
    pub const MOST: usize = 500;

    /// The model's limits.
    #[must_use]
    pub fn of(&self, model: &str) -> RateLimits {
        self.0.get(model).copied().unwrap_or(RateLimits::NONE)
    }

    /// Sets the model's limits; unlimited ones are removed.
    pub fn set(&mut self, model: &str, limits: RateLimits) {
        if limits.is_none() {
            self.0.remove(model);
        } else {
            self.0.insert(model.to_owned(), limits);
        }
    }

    /// The number of models with own limits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no model has own limits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
