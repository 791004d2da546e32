//! Clients of the outside services: one trait and the real client(s) for each. No SQL, no pages, no fakes: in
//! development the same clients use the sandbox, which speaks the vendors' protocols.

pub mod cloud;
mod http;
pub mod identity;
pub mod mail;
pub mod model_server;
pub mod outgoing_webhook;
pub mod payment;
pub mod phone;
pub mod sign_in;
pub mod webhook;
pub mod workload;

pub use http::Lookup;
use keystead_core::time::Timestamp;

/// A boxed future, so that providers can be chosen at run time.
pub type BoxFuture<'a, T> = futures_util::future::BoxFuture<'a, T>;

/// Returns the time; passed in by the process.
pub type Clock = std::sync::Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Why an outside service did not do what was requested. The text is for the operator's log, without personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No answer, a 5xx, a 429: a later attempt is right, and this one does not count against the person.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The service understood the request and refused it; the same request would be refused again.
    #[error("refused: {0}")]
    Refused(String),
    /// The object does not exist there (any more).
    #[error("gone: {0}")]
    Gone(String),
}

/// What is wrong with a service, as far as its answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There was no usable answer.
    NoAnswer,
    /// The account or the key is refused.
    Credentials,
    /// The address leads to nothing, or the configured object does not exist.
    Missing,
    /// The service answers that it cannot do this now.
    Busy,
    /// The request is refused.
    Refused,
}

impl Fault {
    /// The name in keys of messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => "no-answer",
            Self::Credentials => "credentials",
            Self::Missing => "missing",
            Self::Busy => "busy",
            Self::Refused => "refused",
        }
    }
}

impl ProviderError {
    /// What is wrong, by the status that the reason names: `Twilio 401 20003`.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let number = |part: &str| part.parse::<u16>().ok().filter(|status| (400..600).contains(status));
        let parts = self.reason().split(|letter: char| !letter.is_ascii_digit());
        match (parts.filter_map(number).next(), self) {
            (Some(401 | 403 | 530 | 534 | 535), _) => Fault::Credentials,
            (Some(404 | 410), _) | (None, Self::Gone(_)) => Fault::Missing,
            (Some(429 | 500..), _) => Fault::Busy,
            (Some(_), _) | (None, Self::Refused(_)) => Fault::Refused,
            (None, Self::Unavailable(_)) => Fault::NoAnswer,
        }
    }

    /// The reason alone, for the operator.
    #[must_use]
    pub fn reason(&self) -> &str {
        let (Self::Unavailable(reason) | Self::Refused(reason) | Self::Gone(reason)) = self;
        reason
    }
}

/// The health of a service, from its last calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The last call was answered.
    Up,
    /// The last call failed.
    Down,
    /// Nothing was requested yet.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_tells_what_is_wrong() {
        let unavailable = |reason: &str| ProviderError::Unavailable(reason.to_owned()).fault();
        assert_eq!(unavailable("no connection"), Fault::NoAnswer);
        assert_eq!(unavailable("Twilio 401 20003"), Fault::Credentials);
        assert_eq!(unavailable("the key was refused (403)"), Fault::Credentials);
        assert_eq!(unavailable("Twilio 404 20404"), Fault::Missing);
        assert_eq!(unavailable("text gateway 503"), Fault::Busy);
        assert_eq!(unavailable("nothing within 15 seconds"), Fault::NoAnswer);
        assert_eq!(ProviderError::Refused("Twilio 400 60200".to_owned()).fault(), Fault::Refused);
        assert_eq!(ProviderError::Gone("gone".to_owned()).fault(), Fault::Missing);
    }
}
