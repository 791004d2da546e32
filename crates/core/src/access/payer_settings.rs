//! What is set for the requests of a payer: the default service tier, budgets, the usage tier and rate limits.

use super::{Payer, project_in};
use crate::budget::Budget;
use crate::caller::{Caller, ReachableProject};
use crate::rate::ProjectLimits;
use crate::tier::Tier;

/// The payer's project.
fn project_of<'c>(caller: &'c Caller, payer: &Payer) -> Option<&'c ReachableProject> {
    let organization = caller.organizations.iter().find(|organization| organization.id == payer.organization)?;
    project_in(organization, payer)
}

/// The service tier that is written into the payer's requests that name none; `None` leaves them as they are.
#[must_use]
pub fn default_tier(caller: &Caller, payer: &Payer) -> Option<&'static str> {
    project_of(caller, payer)?.features.as_ref()?.default_tier.written()
}

/// The budgets that apply to a request, in the order in which they refuse: of the organization, of the project, of the
/// person who owns the key, and of the key.
pub fn budgets<'c>(caller: &'c Caller, payer: &Payer) -> impl Iterator<Item = &'c Budget> + Clone {
    let organization = caller.organizations.iter().find(|organization| organization.id == payer.organization);
    let project = organization.and_then(|organization| project_in(organization, payer));
    let of_organization = organization.map_or(&[][..], |organization| &organization.budgets);
    let of_project = project.map_or(&[][..], |project| &project.budgets);
    let of_caller = organization.map_or(&[][..], |organization| &organization.caller_budgets);
    of_organization.iter().chain(of_project).chain(of_caller)
}

/// The usage tier of the payer's organization.
#[must_use]
pub fn usage_tier(caller: &Caller, payer: &Payer) -> Tier {
    let organization = caller.organizations.iter().find(|organization| organization.id == payer.organization);
    organization.and_then(|organization| organization.tier).unwrap_or_default()
}

/// The project's own rate limits, if it has any.
#[must_use]
pub fn project_limits<'c>(caller: &'c Caller, payer: &Payer) -> Option<&'c ProjectLimits> {
    project_of(caller, payer)?.rates.as_deref()
}
