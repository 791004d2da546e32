//! Workload identity: providers, their rules, and the exchange of a workload's token for a short-lived key.

mod exchange;
mod fields;
mod providers;
mod rules;

pub use exchange::{Exchange, ExchangeRefusal, IssuedKey};
pub use keystead_store::tables::federation_rules::FederationRule;
pub use keystead_store::tables::workload_identity_providers::WorkloadIdentityProvider;
pub use providers::{NewProvider, ProviderChange};
pub use rules::{NewRule, RuleChange};
