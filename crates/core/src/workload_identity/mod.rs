//! Workload identity: a workload proves who it is with a token of an outside issuer, and exchanges it for a short-lived
//! key of a service account.
//!
//! Everything here is a rule over values. The order of an exchange: the token is taken apart ([`jwt`]), its signature is
//! checked with the issuer's keys (by the caller), its claims are checked ([`claims`]), attributes are derived from them
//! ([`expression`]), and a rule whose [`matchers`] all match decides what the key may do.

pub mod claims;
pub mod expression;
pub mod issuer;
pub mod jwt;
pub mod matchers;
mod telling;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use claims::{Claims, Expected};
pub use expression::{Attributes, Transformation, Transformations};
pub use jwt::{Algorithm, SubjectToken};
pub use matchers::Matchers;
pub use telling::tells_workloads_apart;

use crate::time::Timestamp;

/// Providers that one organization may have.
pub const MOST_PROVIDERS: i64 = 50;
/// Rules that one provider may have.
pub const MOST_RULES: i64 = 50;
/// Keys that one rule may issue within an hour.
pub const MOST_KEYS_PER_HOUR: i64 = 2_000;
/// Keys that all rules of an organization may issue within an hour.
pub const MOST_KEYS_OF_ORGANIZATION_PER_HOUR: i64 = 10_000;
/// The longest life of a key, in seconds.
pub const LONGEST_LIFE: i64 = 3_600;

/// How the keys of an issuer are known. Its JSON is that of the wire and of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verification {
    /// The issuer publishes them, at the address that its description names.
    Discovery {
        /// The address of the description; without one it is the usual place below the issuer.
        discovery_url: Option<String>,
    },
    /// The customer gave them, as a JSON Web Key Set.
    UploadedJwks {
        /// The key set.
        jwks: Map<String, Value>,
    },
}

/// Computes when a key ends that is issued now for a token that ends at `token_ends`: after an hour, and never after the
/// token. A stolen token is therefore worth nothing after its own end, however often it was exchanged.
#[must_use]
pub fn key_end(now: Timestamp, token_ends: Timestamp) -> Timestamp {
    now.plus(LONGEST_LIFE).min(token_ends)
}

#[cfg(test)]
mod tests;
