//! Permissions of a key: all, reading only, or the ticked ones.

use keystead_core::scope::ALL_READ;

use crate::web::form::Form;

/// Permissions of a restricted key, in the words of the wire.
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

/// What a form about permissions shows.
pub(crate) struct Permissions {
    /// `all`, `read` or `restricted`.
    pub(crate) chosen: &'static str,
    /// Each scope and whether it is ticked.
    pub(crate) scopes: Vec<(String, bool)>,
}

impl Permissions {
    /// Of a key with these literals. Literals that are not offered to new keys are kept where a key has them.
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

    /// As a form that must be filled in again had them.
    pub(crate) fn as_sent(form: &Form) -> Self {
        let mut sent = Self::of(&Self::asked(form).unwrap_or_default());
        if form.text("permissions") == "restricted" {
            sent.chosen = "restricted";
        }
        sent
    }

    /// The literals a form asks for; none when it asks for a restriction to nothing.
    pub(crate) fn asked(form: &Form) -> Option<Vec<String>> {
        match form.text("permissions") {
            "read" => Some(vec![ALL_READ.to_owned()]),
            "restricted" => Some(form.all("scope")).filter(|scopes| !scopes.is_empty()),
            _ => Some(Vec::new()),
        }
    }
}
