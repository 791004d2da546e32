//! `/v1/keystead`: endpoints that OpenAI's API does not have.

pub(crate) mod alerts;
pub(crate) mod anomalies;
pub(crate) mod api_keys;
pub(crate) mod budget;
pub(crate) mod budgets;
pub(crate) mod credit;
pub(crate) mod ip_allowlists;
pub(crate) mod operator;
pub(crate) mod organization;
pub(crate) mod payment;
pub(crate) mod phone;
pub(crate) mod prices;
pub(crate) mod purchases;
pub(crate) mod tier;
pub(crate) mod verification;
pub(crate) mod webhooks;
