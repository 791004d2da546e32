//! The rules of Keystead: ids, secrets, keys, roles and scopes, the access decision, gates, usage arithmetic.
//!
//! Nothing here does IO, reads a clock or draws randomness: time is a [`Timestamp`] argument and randomness a generator
//! argument, so every rule can be tested exhaustively and replayed.

pub mod access;
pub mod anomaly;
pub mod budget;
pub mod caller;
pub mod chart;
pub mod client_certificate;
pub mod data_retention;
pub mod external;
pub mod gate;
pub mod hex;
pub mod id;
pub mod installation;
pub mod key;
pub mod key_search;
pub mod language;
pub mod ledger;
pub mod mask;
pub mod model_access;
pub mod money;
pub mod network;
pub mod node_lag;
pub mod notification;
pub mod pending;
pub mod prices;
pub mod project_features;
pub mod purchase;
pub mod rate;
pub mod refusal;
pub mod role;
pub mod rotation;
pub mod route;
pub mod scope;
pub mod secret;
pub mod text;
pub mod tier;
pub mod time;
pub mod unique_json;
pub mod usage;
pub mod verification;
pub mod webhook;
pub mod workload_identity;

pub use caller::Caller;
pub use id::{
    AuditEventId, JobId, KeyId, MembershipId, OrganizationId, ProjectId, RequestId, ServiceAccountId, UserId,
};
pub use language::Language;
pub use secret::Secret;
pub use time::Timestamp;
