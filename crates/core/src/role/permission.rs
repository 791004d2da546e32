//! The catalogue of permissions that a role can hold.

use crate::scope::{ALL_READ, Restriction, Scope};

/// Permissions of OpenAI's API for which Keystead has no route. They are kept in roles, so that tools which manage roles
/// see no difference, and permit nothing.
const WITHOUT_ROUTES: [&str; 27] = [
    "api.assistants.read",
    "api.assistants.write",
    "api.audit_logs.read",
    "api.datasets.read",
    "api.datasets.write",
    "api.evals.read",
    "api.evals.write",
    "api.fine_tuning.read",
    "api.fine_tuning.write",
    "api.organization.projects.api_keys.read",
    "api.organization.projects.api_keys.write",
    "api.organization.read",
    "api.organization.write",
    "api.project.read",
    "api.project.write",
    "api.prompts.read",
    "api.prompts.write",
    "api.threads.read",
    "api.threads.write",
    "api.vector_stores.read",
    "api.vector_stores.write",
    "api.videos.read",
    "api.videos.write",
    "api.voices.read",
    "api.voices.write",
    "api.webhooks.read",
    "api.webhooks.write",
];

/// The error for a permission that is not in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown permission {0}")]
pub struct UnknownPermission(pub String);

/// Checks the permissions of a role and makes them canonical: legacy names replaced, without repeats.
///
/// # Errors
/// The first one that is not in the catalogue.
pub fn checked_permissions(literals: &[String]) -> Result<Vec<String>, UnknownPermission> {
    let known = |name: &str| name == ALL_READ || Scope::from_name(name).is_some() || WITHOUT_ROUTES.contains(&name);
    match literals.iter().find(|name| !known(name)) {
        Some(name) => Err(UnknownPermission(name.clone())),
        None => Ok(Restriction::canonical(literals).0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::ScopeSet;

    #[test]
    fn the_catalogue_is_closed() {
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let known = checked_permissions(&texts(&["model.request", "api.webhooks.read", "api.model.request"]));
        assert_eq!(known, Ok(texts(&["api.model.request", "api.webhooks.read"])));
        let unknown = checked_permissions(&texts(&["api.model.read", "api.everything"]));
        assert_eq!(unknown, Err(UnknownPermission("api.everything".to_owned())));
        assert_eq!(checked_permissions(&[]), Ok(Vec::new()));
    }

    #[test]
    fn permissions_without_routes_permit_nothing() {
        let names: Vec<String> = WITHOUT_ROUTES.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(ScopeSet::of_permissions(&names), ScopeSet::NONE);
    }
}
