//! The parameters and fields that each endpoint reads. Everything else is refused by name: an ignored parameter must
//! not look as if it had worked.

use keystead_core::text::printable;

use crate::error::ApiError;

/// Names that an endpoint reads. An endpoint without names accepts none.
#[derive(Debug, Clone, Copy, Default)]
pub struct AcceptedNames {
    /// Query parameters with one value.
    pub one: &'static [&'static str],
    /// Query parameters with several values.
    pub many: &'static [&'static str],
    /// Fields of the body.
    pub body: &'static [&'static str],
    /// Parameters and fields of OpenAI's API that this installation does not support: they may be null or empty.
    pub unsupported: &'static [&'static str],
}

impl AcceptedNames {
    /// No names.
    pub(crate) const NONE: Self = Self { one: &[], many: &[], body: &[], unsupported: &[] };

    /// Builds the refusal of an unknown name, with the name that was probably meant.
    pub(crate) fn unknown(sent: &str, known: &[&'static str]) -> ApiError {
        let shown = printable(sent);
        let message = match nearest(sent, known) {
            Some(nearest) => format!("Unknown parameter: '{shown}'. Did you mean '{nearest}'?"),
            None => format!("Unknown parameter: '{shown}'."),
        };
        ApiError::named(shown, message)
    }

    /// Builds the refusal of a value for an unsupported name.
    pub(crate) fn refused(name: &str) -> ApiError {
        ApiError::named(name.to_owned(), format!("Invalid '{name}': this installation cannot honour it."))
    }
}

/// Returns the most similar known name, if any is similar.
fn nearest(sent: &str, known: &[&'static str]) -> Option<&'static str> {
    let sent: String = sent.chars().take(80).collect::<String>().to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&sent, name);
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= 0.75).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        let known = ["name", "scopes", "expires_in_seconds", "project_ids", "emails"];
        for (sent, near) in [
            ("Name", Some("name")),
            ("expires_in_second", Some("expires_in_seconds")),
            ("expiresInSeconds", Some("expires_in_seconds")),
            ("expires_in", Some("expires_in_seconds")),
            ("project_id", Some("project_ids")),
            ("email", Some("emails")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(sent, &known), near, "{sent}");
        }
        assert_eq!(nearest("name", &[]), None);
    }
}
