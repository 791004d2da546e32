//! Permissions of a key: all, read only, or a selection.

use keystead_core::scope::ALL_READ;

use crate::web::form::Form;

/// Permissions that a restricted key may have, as the API names them.
const SCOPES: [&str; 9] = [
    "api.model.read",
    "api.model.request",
    "api.responses.read",
    "api.responses.write",
    "api.files.read",
    "api.files.write",
    "api.batch.read",
    "api.batch.write",
    "api.usage.read",
];

/// The permission fields of a form.
pub(crate) struct Permissions {
    /// `all`, `read` or `restricted`.
    pub(crate) chosen: &'static str,
    /// Each scope and whether it is ticked.
    pub(crate) scopes: Vec<(String, bool)>,
}

impl Permissions {
    /// The fields for a key. Permissions that are not offered to new keys are kept if the key has them.
    pub(crate) fn of(restriction: &[String]) -> Self {
        let chosen = match restriction {
            [] => "all",
            [one] if one == ALL_READ => "read",
            _ => "restricted",
        };
        let held = |scope: &str| chosen == "restricted" && restriction.iter().any(|known| known == scope);
        let more = restriction.iter().filter(|literal| *literal != ALL_READ && !SCOPES.contains(&literal.as_str()));
        let all = SCOPES.iter().map(ToString::to_string).chain(more.cloned());
        let scopes = all.map(|scope| (scope.clone(), held(&scope))).collect();
        Self { chosen, scopes }
    }

    /// The fields as sent, for a form that is shown again.
    pub(crate) fn as_sent(form: &Form) -> Self {
        let mut sent = Self::of(&Self::selected(form).unwrap_or_default());
        if form.field("permissions") == "restricted" {
            sent.chosen = "restricted";
        }
        sent
    }

    /// The permissions of a form; `None` if it selects a restriction without any.
    pub(crate) fn selected(form: &Form) -> Option<Vec<String>> {
        match form.field("permissions") {
            "read" => Some(vec![ALL_READ.to_owned()]),
            "restricted" => Some(form.all("scope")).filter(|scopes| !scopes.is_empty()),
            _ => Some(Vec::new()),
        }
    }
}
