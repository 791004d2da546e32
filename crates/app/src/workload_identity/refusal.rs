//! Why an exchange gives no key.

use keystead_core::verification::limits::workloads::LONGEST_WAIT;
use keystead_core::workload_identity::{MOST_KEYS_OF_ORGANIZATION_PER_HOUR, MOST_KEYS_PER_HOUR};

use super::caps::{KEYS_OF_ORGANIZATION, KEYS_OF_RULE};
use crate::{App, Error};

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeRefusal {
    /// The token is refused, or no rule lets it in. The text is for the person who set the workload up.
    #[error("{0}")]
    Token(String),
    /// The organization may not have new keys now.
    #[error("{0}")]
    Forbidden(String),
    /// Too many requests or keys.
    #[error("{text}")]
    Limited {
        /// Seconds after which the client may try again.
        seconds: i64,
        /// What there is too much of.
        text: String,
    },
    /// The issuer or the store does not answer.
    #[error("{0}")]
    Unavailable(&'static str),
    /// An internal fault. The text is for logs.
    #[error("internal: {0}")]
    Internal(String),
}

impl ExchangeRefusal {
    pub(super) fn token(why: impl std::fmt::Display) -> Self {
        Self::Token(format!("The subject token is not accepted: {why}."))
    }

    /// One text for everything before the signature holds: strangers do not learn whether a provider exists.
    pub(super) fn unsigned() -> Self {
        Self::token("its issuer or signature is not that of an identity provider with this id that is switched on")
    }

    pub(super) fn changed() -> Self {
        Self::Token("The service account is deleted, its project is archived, or the rules were changed.".to_owned())
    }

    pub(super) fn of(app: &App, error: Error) -> Self {
        match error {
            Error::RequirementMissing { organization, action, missing, .. } => {
                Self::Forbidden(Error::requirement_text(&organization, action, &missing, app.public_url()))
            }
            Error::Refused(_) => Self::Forbidden("The organization of the service account is closed.".to_owned()),
            Error::NotFound { .. } | Error::Invalid { .. } => Self::changed(),
            Error::Limited { name, retry_at } => {
                let seconds = retry_at.since(app.now()).clamp(1, LONGEST_WAIT);
                Self::Limited { seconds, text: limit_text(name) }
            }
            Error::Unavailable => {
                Self::Unavailable("The service is temporarily unavailable. Please try again shortly.")
            }
            other => Self::Internal(other.to_string()),
        }
    }

    /// Whether it counts against the limit on exchanges: everything but what the client is not responsible for.
    pub(super) const fn counts(&self) -> bool {
        !matches!(self, Self::Unavailable(_) | Self::Internal(_))
    }
}

fn limit_text(name: &str) -> String {
    let advice = "Use a key until it ends, instead of exchanging a token for each request";
    match name {
        KEYS_OF_RULE => {
            format!("The federation rule has issued {MOST_KEYS_PER_HOUR} keys within an hour, the maximum. {advice}.")
        }
        KEYS_OF_ORGANIZATION => format!(
            "The federation rules of the organization have issued {MOST_KEYS_OF_ORGANIZATION_PER_HOUR} keys within an \
             hour, the maximum. {advice}."
        ),
        _ => "Too many exchanges. Try again later.".to_owned(),
    }
}
