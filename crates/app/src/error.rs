//! The one vocabulary of failure for both edges. Public text is apart from internal context.

use keystead_core::gate::Requirement;
use keystead_core::id::OrganizationId;
use keystead_core::refusal::Refusal;
use keystead_core::time::Timestamp;

/// Why a use case did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Missing, or another person's: nobody is told which.
    #[error("no {kind} with id {id}")]
    NotFound {
        /// What was looked for, in words.
        kind: &'static str,
        /// The id as given.
        id: String,
    },
    /// The request says something impossible.
    #[error("{message}")]
    Invalid {
        /// The field at fault.
        param: Option<&'static str>,
        /// A stable name of the fault.
        code: Option<&'static str>,
        /// What to change, for people.
        message: String,
    },
    /// Something else already stands there.
    #[error("{message}")]
    Conflict {
        /// What stands there.
        message: String,
    },
    /// The actor may not do this.
    #[error("{message}")]
    Forbidden {
        /// The field that asks too much, if one does.
        param: Option<&'static str>,
        /// Why, for people.
        message: String,
    },
    /// The access decision said no.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The organization has not proven what the action asks for.
    #[error("organization {organization} lacks {missing:?} (rule {rule})")]
    RequirementMissing {
        /// Who lacks it.
        organization: OrganizationId,
        /// What was to be done, by the name rules have for it.
        action: &'static str,
        /// What is lacking; never empty.
        missing: Vec<Requirement>,
        /// The rule that asks for it.
        rule: String,
    },
    /// Too often; the name says what, the time says when it is possible again.
    #[error("limit {name} until {retry_at:?}")]
    Limited {
        /// The limit's stable name.
        name: &'static str,
        /// When it is possible again.
        retry_at: Timestamp,
    },
    /// An outside service does not answer; nothing of the person's tries is used up.
    #[error("the {service} service does not answer")]
    ProviderUnavailable {
        /// Which kind of service.
        service: &'static str,
    },
    /// No service is configured for this.
    #[error("{0} are not configured")]
    Unsupported(&'static str),
    /// The store cannot answer now; trying again later is right.
    #[error("the store is unavailable")]
    Unavailable,
    /// A fault of ours. The text is for logs and never leaves the process.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// A missing thing.
    #[must_use]
    pub fn not_found(kind: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound { kind, id: id.into() }
    }

    /// A field at fault.
    #[must_use]
    pub fn invalid(param: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { param: Some(param), code: None, message: message.into() }
    }

    /// A field at fault, with a stable name of the fault.
    #[must_use]
    pub fn coded(param: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { param: Some(param), code: Some(code), message: message.into() }
    }

    /// Too often.
    #[must_use]
    pub const fn limited(name: &'static str, retry_at: Timestamp) -> Self {
        Self::Limited { name, retry_at }
    }

    /// Nothing is wrong with a field, yet it cannot be done.
    #[must_use]
    pub fn impossible(message: impl Into<String>) -> Self {
        Self::Invalid { param: None, code: None, message: message.into() }
    }

    /// What a person reads of an [`Error::RequirementMissing`] at either edge.
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
                tracing::warn!(context, "store unavailable");
                Self::Unavailable
            }
            keystead_store::Error::Again => Self::Unavailable,
            other => Self::Internal(format!("{other:?}")),
        }
    }
}
