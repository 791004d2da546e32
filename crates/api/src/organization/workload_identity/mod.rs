//! Workload identity: providers, `organization.workload_identity_provider`, and their rules,
//! `organization.workload_identity_federation_rule`.

pub(crate) mod federation_rules;
pub(crate) mod providers;
