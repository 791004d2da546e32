//! Budgets: what an organization, a project, a person or a key may use in a period: money, tokens or requests.
//!
//! Before a request is forwarded, the most it may use is set aside; afterwards what it used takes the place of that. Each
//! node sets aside from a lease, a part of what is left that the store granted to it, so that all nodes together never
//! use more than the budget.

mod alert;
mod amount_text;
mod contact;
mod demand;
mod figures;
mod lease;
mod ledger;
mod pace;
mod refused;
mod subject;
mod terms;
mod window;
mod worst_case;
mod zone;

pub use alert::{MOST_ALERT_RECIPIENTS, MOST_ALERTS_OF_BUDGET, OWNERS_SHARES, SHARES, Threshold};
pub use amount_text::{AmountFault, cents};
pub use contact::Contact;
pub use demand::Demand;
pub use figures::{BudgetFigures, BudgetState};
pub use lease::{Decision, LEASE_SECONDS, LeaseAnswer, LeaseAsk, OtherLease, StoredFigures, decide};
pub use ledger::Ledger;
pub use pace::{Pace, days_so_far, pace};
pub use refused::BudgetRefusal;
pub use subject::{BudgetSubject, Person, SubjectKind};
pub use terms::{BudgetKind, BudgetScope, BudgetTerms, InvalidTerms, Measure, Measured, Payers};
pub use window::{Interval, Window};
pub use worst_case::Bounds;
pub use zone::{BudgetZone, UnknownZone};

use serde::{Deserialize, Serialize};

use crate::id::BudgetId;
use crate::money::Amount;
use crate::time::Timestamp;

/// The highest limit or threshold, in cents: ten thousand million units. Budgets of tokens and requests have the same
/// highest figure.
pub const MOST_CENTS: i64 = 1_000_000_000_000;

/// A budget as a caller carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The id by which it is managed.
    pub id: BudgetId,
    /// Its subject and its terms.
    pub scope: BudgetScope,
    /// The time zone by which its periods begin.
    pub zone: BudgetZone,
    /// The most that may be used in one period.
    pub most: Amount,
    /// Grows with each change, so that a node that knows an older one gives its lease back.
    pub version: i64,
}

impl Budget {
    /// The period with this moment.
    #[must_use]
    pub fn window(&self, at: Timestamp) -> Window {
        self.scope.terms.interval.window(at, self.zone.rules())
    }
}

/// How the use of a request counts: in the periods in which it was admitted, so that a request that runs over the end of
/// a period takes nothing from the next one; and against the node's leases, where something was set aside from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredCharge")]
pub struct Charge {
    /// When the request was admitted.
    pub admitted_at: Timestamp,
    /// The budgets from which something was set aside: the node's leases of them pay.
    pub payers: Payers,
}

/// A charge as it is read; earlier versions knew the spend limits of organization and project only.
#[derive(Deserialize)]
struct StoredCharge {
    admitted_at: Timestamp,
    #[serde(default)]
    payers: Payers,
    #[serde(default)]
    organization: bool,
    #[serde(default)]
    project: bool,
}

impl From<StoredCharge> for Charge {
    fn from(stored: StoredCharge) -> Self {
        let StoredCharge { admitted_at, payers, organization, project } = stored;
        let limits = Payers::of_spend_limits(organization, project);
        Self { admitted_at, payers: Payers(payers.0 | limits.0) }
    }
}

impl Payers {
    /// The spend limits of organization and project.
    #[must_use]
    pub const fn of_spend_limits(organization: bool, project: bool) -> Self {
        let terms = BudgetTerms::SPEND_LIMIT;
        let payers = if organization { Self::NONE.with(SubjectKind::Organization, terms) } else { Self::NONE };
        if project { payers.with(SubjectKind::Project, terms) } else { payers }
    }
}

/// What stays set aside for a response or batch that outlives its request, until its use is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingHold {
    /// The holder of the leases from which it was taken.
    pub holder: String,
    /// The most it may cost.
    pub amount: Amount,
    /// The most tokens it may read and write.
    #[serde(default)]
    pub tokens: i64,
    /// The requests it counts as.
    #[serde(default)]
    pub requests: i64,
    /// The budgets that paid for it.
    pub charge: Charge,
}

impl PendingHold {
    /// The most that it may use.
    #[must_use]
    pub const fn most(&self) -> Measured {
        Measured { money: self.amount, tokens: self.tokens, requests: self.requests }
    }
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
