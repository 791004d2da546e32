//! Workload identity: providers, their rules, and the exchange of a workload's token for a short-lived key.

mod attempts;
mod caps;
mod exchange;
mod fields;
mod providers;
mod refusal;
mod rules;

pub use exchange::{Exchange, IssuedKey};
pub use keystead_store::tables::federation_rules::FederationRule;
pub use keystead_store::tables::workload_identity_providers::WorkloadIdentityProvider;
pub use providers::{NewProvider, ProviderChange};
pub use refusal::ExchangeRefusal;
pub use rules::{NewRule, RuleChange};
