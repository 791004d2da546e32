//! The response to a request that does not fit into a spend limit.

use crate::id::{OrganizationId, ProjectId};
use crate::money::Amount;
use crate::refusal::ErrorResponse;
use crate::route::MeterKind;
use crate::time::Timestamp;

/// A request that does not fit into a spend limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendLimitRefusal {
    /// The paying organization.
    pub organization: OrganizationId,
    /// The project of the request.
    pub project: ProjectId,
    /// Whether the limit is the project's own.
    pub of_project: bool,
    /// The limit.
    pub limit: Amount,
    /// What is counted as spent.
    pub spent: Amount,
    /// The most that the request may cost.
    pub requested: Amount,
    /// When the next month begins.
    pub resets_at: Timestamp,
}

impl SpendLimitRefusal {
    /// Builds status and body. `public_url` is the address where usage can be looked up, without a slash at the end.
    /// Routes of images have a code of their own in the contract.
    #[must_use]
    pub fn response(&self, meter: MeterKind, public_url: &str) -> ErrorResponse {
        let Self { organization, project, of_project, limit, spent, requested, resets_at } = self;
        let subject = if *of_project { format!("Project {project}") } else { format!("Organization {organization}") };
        let rest = format!(
            "{subject} may spend {limit} USD a month, {spent} USD are spent, and this request may cost up to {requested} \
             USD; what running requests may cost is set aside. The next month begins at {resets_at}. Visit \
             {public_url}/usage?project={project} to learn more."
        );
        if meter == MeterKind::Image {
            let message = format!("Billing hard limit has been reached. {rest}");
            return ErrorResponse::invalid(400, Some("billing_hard_limit_reached"), message);
        }
        let code = if *of_project { "project_spend_limit_exceeded" } else { "organization_spend_limit_exceeded" };
        let message = format!("You exceeded your current quota, please check your plan and billing details. {rest}");
        ErrorResponse { kind: "insufficient_quota", ..ErrorResponse::invalid(429, Some(code), message) }
    }
}
