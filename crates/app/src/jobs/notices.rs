//! The payloads of jobs that mail what was reached or switched off. The rules of [`super::job`] hold for them.

use keystead_core::id::{OrganizationId, UserId, WebhookEndpointId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An alert about a budget that was reached, for one recipient.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MailBudgetAlert {
    pub(crate) to: String,
    pub(crate) organization: OrganizationId,
    /// What the budget is for, as in the store.
    pub(crate) subject: String,
    /// What it measures, and for which periods, as in the store.
    pub(crate) terms: String,
    /// The threshold in percent of the budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) percent: Option<i64>,
    /// The threshold where it is no share.
    pub(crate) amount: Amount,
    /// What was used when it was reached.
    pub(crate) used: Amount,
    /// The budget at that time.
    pub(crate) most: Amount,
    /// When the next period begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resets_at: Option<Timestamp>,
}

/// A webhook that was switched off because it failed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MailWebhookOff {
    pub(crate) organization: OrganizationId,
    pub(crate) webhook: WebhookEndpointId,
    /// The owner; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<UserId>,
}
