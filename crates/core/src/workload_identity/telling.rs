//! Whether the conditions of a rule say anything about the workload.

use super::expression::Transformations;
use super::matchers::Matchers;

/// Claims that say nothing about the workload: the issuer and the audience, which every accepted token has in common; the
/// form and the times of the token; and what an issuer says alike about nearly everyone.
const SAME_FOR_ALL: [&str; 16] = [
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "email_verified",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "token_type",
    "token_use",
    "typ",
    "ver",
];

/// Whether at least one condition depends on the workload: on a claim that differs between the workloads for which an
/// issuer vouches. Without one, a rule lets everyone in who gets a token of the issuer. An attribute that is derived from
/// texts alone is the same for all.
#[must_use]
pub fn tells_workloads_apart(matchers: &Matchers, transformations: &Transformations) -> bool {
    let differs = |claim: &str| !SAME_FOR_ALL.contains(&claim);
    matchers.names().any(|name| match transformations.claims_of(name) {
        Some(mut claims) => claims.any(differs),
        None => differs(name),
    })
}
