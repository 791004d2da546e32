//! The errors of use cases, shared by the API and the pages. Public text is kept apart from internal context.

use keystead_core::gate::Requirement;
use keystead_core::id::OrganizationId;
use keystead_core::refusal::Refusal;
use keystead_core::time::Timestamp;

/// Why a use case failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Missing, or another organization's: the answer is the same.
    #[error("no {kind} with id {id}")]
    NotFound {
        /// The kind of thing that was requested, in words.
        kind: &'static str,
        /// The id as given.
        id: String,
    },
    /// The request contains an impossible value.
    #[error("{message}")]
    Invalid {
        /// The field at fault.
        param: Option<&'static str>,
        /// A stable code of the fault.
        code: Option<&'static str>,
        /// What to change, for people.
        message: String,
    },
    /// The request conflicts with the present state.
    #[error("{message}")]
    Conflict {
        /// What it conflicts with.
        message: String,
    },
    /// The actor may not do this.
    #[error("{message}")]
    Forbidden {
        /// The field that asks for too much, if there is one.
        param: Option<&'static str>,
        /// Why, for people.
        message: String,
    },
    /// The access decision refused the caller.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The organization has not proven what the action requires.
    #[error("organization {organization} lacks {missing:?} (rule {rule})")]
    RequirementMissing {
        /// The organization that lacks it.
        organization: OrganizationId,
        /// The action, by its name in rules.
        action: &'static str,
        /// What is missing; never empty.
        missing: Vec<Requirement>,
        /// The rule that requires it.
        rule: String,
    },
    /// A limit is reached; the name says which, the time when it is possible again.
    #[error("limit {name} until {retry_at:?}")]
    Limited {
        /// The limit's stable name.
        name: &'static str,
        /// When it is possible again.
        retry_at: Timestamp,
    },
    /// An outside service does not answer; this does not count as an attempt of the person.
    #[error("the {service} service does not answer")]
    ProviderUnavailable {
        /// The kind of service.
        service: &'static str,
    },
    /// No service is configured for this.
    #[error("{0} are not configured")]
    Unsupported(&'static str),
    /// The store cannot answer now; the client may retry later.
    #[error("the store is unavailable")]
    Unavailable,
    /// An internal fault. The text is for logs and never leaves the process.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// Builds [`Error::NotFound`].
    #[must_use]
    pub fn not_found(kind: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound { kind, id: id.into() }
    }

    /// Builds [`Error::Invalid`] for a field.
    #[must_use]
    pub fn invalid(param: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { param: Some(param), code: None, message: message.into() }
    }

    /// Builds [`Error::Invalid`] for a field, with a stable code.
    #[must_use]
    pub fn coded(param: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { param: Some(param), code: Some(code), message: message.into() }
    }

    /// Builds [`Error::Limited`].
    #[must_use]
    pub const fn limited(name: &'static str, retry_at: Timestamp) -> Self {
        Self::Limited { name, retry_at }
    }

    /// Builds [`Error::Invalid`] when no single field is at fault.
    #[must_use]
    pub fn impossible(message: impl Into<String>) -> Self {
        Self::Invalid { param: None, code: None, message: message.into() }
    }

    /// The text of an [`Error::RequirementMissing`] for people.
    #[must_use]
    pub fn requirement_text(
        organization: &OrganizationId,
        action: &str,
        missing: &[Requirement],
        public_url: &str,
    ) -> String {
        let what = match missing.first() {
            Some(Requirement::PaymentMethod) => "needs a payment method on file",
            Some(Requirement::Organization) => "must be verified",
            Some(Requirement::Phone) | None => "needs a verified phone number",
        };
        match action {
            "organization.create" => format!(
                "Organization {organization} {what} before its owner can make another organization. Existing keys keep \
                 working. Verify once at {public_url}/settings/account and try again."
            ),
            "organization.verify" => format!(
                "Organization {organization} {what} before its verification can begin. Existing keys keep working. See \
                 {public_url}/settings/account and try again."
            ),
            _ => format!(
                "Organization {organization} {what} before it can create a new API key. Existing keys keep working. \
                 Verify once at {public_url}/settings/account and try again."
            ),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<keystead_store::Error> for Error {
    fn from(error: keystead_store::Error) -> Self {
        match error {
            keystead_store::Error::Missing => Self::Invalid {
                param: Some("after"),
                code: None,
                message: "This cursor names nothing in the list.".to_owned(),
            },
            keystead_store::Error::Conflict(what) => {
                Self::Conflict { message: format!("This already exists ({what}).") }
            }
            keystead_store::Error::Invalid(what) => Self::impossible(format!("Invalid request: {what}.")),
            keystead_store::Error::Unavailable(context) => {
                tracing::warn!(context, "the database does not answer");
                Self::Unavailable
            }
            keystead_store::Error::Again => Self::Unavailable,
            other => Self::Internal(format!("{other:?}")),
        }
    }
}
