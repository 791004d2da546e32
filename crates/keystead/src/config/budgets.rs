//! `[budgets]`: the time zone of their periods, and how long nodes hold what they have leased.

use keystead_core::budget::{BudgetZone, LEASE_SECONDS};
use serde::Deserialize;

use super::ConfigError;

/// The shortest and the longest lease, in seconds. Leases are renewed every second.
const LEASES: std::ops::RangeInclusive<i64> = 60..=86_400;

/// `[budgets]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BudgetSection {
    /// The time zone by which the periods of new budgets begin.
    time_zone: String,
    /// Seconds after which a node that was not heard of is taken as gone.
    lease_seconds: i64,
}

impl Default for BudgetSection {
    fn default() -> Self {
        Self { time_zone: "UTC".to_owned(), lease_seconds: LEASE_SECONDS }
    }
}

/// The checked section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Budgets {
    pub(crate) zone: BudgetZone,
    pub(crate) lease_seconds: i64,
}

impl BudgetSection {
    pub(super) fn validate(&self) -> Result<Budgets, ConfigError> {
        let Self { time_zone, lease_seconds } = self;
        let zone = time_zone
            .parse()
            .map_err(|unknown| ConfigError::Value(format!("budgets.time_zone: {time_zone:?} is {unknown}")))?;
        if !LEASES.contains(lease_seconds) {
            let (least, most) = (LEASES.start(), LEASES.end());
            return Err(ConfigError::Value(format!("budgets.lease_seconds must be between {least} and {most}")));
        }
        Ok(Budgets { zone, lease_seconds: *lease_seconds })
    }
}
