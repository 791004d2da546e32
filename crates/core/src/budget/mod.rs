//! Spend limits: what an organization or a project may spend in a calendar month.
//!
//! Before a request is forwarded, the most it may cost is set aside; afterwards its cost takes the place of that. Each
//! node sets aside from a lease, a part of what is left that the store granted to it, so that all nodes together never
//! spend more than the limit.

mod amount_text;
mod figures;
mod lease;
mod ledger;
mod pace;
mod refused;
mod window;
mod worst_case;

pub use amount_text::{AmountFault, cents};
pub use figures::{BudgetFigures, BudgetState};
pub use lease::{Decision, LeaseAnswer, LeaseAsk, StoredFigures, decide};
pub use ledger::Ledger;
pub use pace::{Pace, pace};
pub use refused::SpendLimitRefusal;
pub use window::{Interval, Window};
pub use worst_case::Bounds;

use std::fmt;
use std::str::FromStr;

use crate::id::{InvalidId, OrganizationId, ProjectId};
use crate::money::Amount;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The highest limit or threshold, in cents: ten thousand million units.
pub const MOST_CENTS: i64 = 1_000_000_000_000;

/// What has a limit or an alert.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BudgetSubject {
    /// All of an organization.
    Organization(OrganizationId),
    /// One project.
    Project(ProjectId),
}

impl BudgetSubject {
    /// The id, in the store. Ids of different kinds differ in their prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Organization(id) => id.as_str(),
            Self::Project(id) => id.as_str(),
        }
    }

    /// The organization, or one of its projects.
    #[must_use]
    pub fn of(organization: &OrganizationId, project: Option<&ProjectId>) -> Self {
        project.map_or_else(|| Self::Organization(organization.clone()), |project| Self::Project(project.clone()))
    }
}

impl fmt::Display for BudgetSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for BudgetSubject {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse().map(Self::Organization).or_else(|_| text.parse().map(Self::Project))
    }
}

/// A limit as a caller carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpendLimit {
    /// The most that may be spent in one month, in cents.
    pub cents: i64,
    /// Grows with each change of the limit, so that a node that knows an older one gives its lease back.
    pub version: i64,
}

impl SpendLimit {
    /// The limit as an amount.
    #[must_use]
    pub const fn amount(self) -> Amount {
        Amount::of_cents(self.cents)
    }
}

/// How the cost of a request counts: in the month in which it was admitted, so that a request that runs over the end of
/// a month takes nothing from the next one; and against the node's lease, where something was set aside from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// When the request was admitted.
    pub admitted_at: Timestamp,
    /// Whether the node's lease for the organization pays.
    pub organization: bool,
    /// Whether the node's lease for the project pays.
    pub project: bool,
}

/// What stays set aside for a response or batch that outlives its request, until its cost is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingHold {
    /// The holder of the lease from which it was taken.
    pub holder: String,
    /// The most it may cost.
    pub amount: Amount,
    /// The leases from which it was taken.
    pub charge: Charge,
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
