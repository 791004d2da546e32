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

/// Issuers from which everyone gets tokens, with the claims that say to whom a workload belongs. Other claims, such as the
/// name of a branch or of an environment, can be chosen by everyone.
const SHARED: [(&str, &[&str]); 3] = [
    (
        "https://token.actions.githubusercontent.com",
        &[
            "enterprise_id",
            "repository",
            "repository_id",
            "repository_owner",
            "repository_owner_id",
            "sub",
            "workflow_ref",
        ],
    ),
    ("https://gitlab.com", &["namespace_id", "namespace_path", "project_id", "project_path", "sub"]),
    ("https://accounts.google.com", &["azp", "email", "google", "hd", "sub"]),
];

/// Whether at least one condition depends on the workload: on a claim that differs between the workloads for which an
/// issuer vouches, and with an issuer that everyone uses, on a claim that says to whom the workload belongs. Without one,
/// a rule lets everyone in who gets a token of the issuer. An attribute that is derived from texts alone is the same for
/// all.
#[must_use]
pub fn tells_workloads_apart(matchers: &Matchers, transformations: &Transformations, issuer: &str) -> bool {
    let shared = SHARED.iter().find(|(shared, _)| *shared == issuer.trim_end_matches('/'));
    let differs = |claim: &str| match shared {
        None => !SAME_FOR_ALL.contains(&claim),
        Some((_, belongs)) => belongs.contains(&claim),
    };
    matchers.names().any(|name| match transformations.claims_of(name) {
        Some(mut claims) => claims.any(differs),
        // A path begins with a claim; the claim itself may contain dots.
        None if shared.is_some() => differs(name.split('.').next().unwrap_or(name)),
        None => differs(name),
    })
}
