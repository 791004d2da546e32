//! Settings > Organization > Workload identity: issuers that vouch for workloads, and the rules by which their tokens
//! become keys.

mod examples;
pub(crate) mod list;
pub(crate) mod provider;
mod provider_draft;
pub(crate) mod provider_form;
mod rule_draft;
pub(crate) mod rule_form;
pub(crate) mod rules;
mod wording;

/// The list of providers.
pub(crate) const HERE: &str = "/settings/organization/workload-identity";
