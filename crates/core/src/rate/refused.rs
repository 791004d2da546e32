//! The response to a request that exceeds a rate limit.

use std::time::Duration;

use super::{Full, LimitExceeded, format_duration};
use crate::id::{OrganizationId, ProjectId};
use crate::refusal::ErrorResponse;

/// A request that exceeds a rate limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimitRefusal {
    /// The limit.
    pub exceeded: LimitExceeded,
    /// The model asked for.
    pub model: String,
    /// The organization of the limit.
    pub organization: OrganizationId,
    /// The project of the request.
    pub project: ProjectId,
    /// Whether the limit is the project's own.
    pub of_project: bool,
}

impl RateLimitRefusal {
    /// How long to wait; `None` when waiting does not help.
    #[must_use]
    pub const fn wait(&self) -> Option<Duration> {
        match self.exceeded.full {
            Full::TooLarge => None,
            Full::Wait(wait) => Some(wait),
        }
    }

    /// Builds status and body. `public_url` is the address where limits can be looked up, without a slash at the end.
    #[must_use]
    pub fn response(&self, public_url: &str) -> ErrorResponse {
        let Self { exceeded, model, organization, project, of_project } = self;
        let (phrase, limit, used, requested) =
            (exceeded.measure.phrase(), exceeded.limit, exceeded.used, exceeded.requested);
        let mut message = match exceeded.full {
            Full::TooLarge => format!(
                "Request too large for {model} in organization {organization} on {phrase}: Limit {limit}, Requested \
                 {requested}. The input or output must be reduced in order to run successfully."
            ),
            Full::Wait(wait) => format!(
                "Rate limit reached for {model} in organization {organization} on {phrase}: Limit {limit}, Used {used}, \
                 Requested {requested}. Please try again in {}.",
                format_duration(wait)
            ),
        };
        if *of_project {
            message.push_str(&format!(" The limit is that of project {project}."));
        }
        message.push_str(&format!(" Visit {public_url}/limits?project={project} to learn more."));
        ErrorResponse {
            kind: exceeded.measure.kind(),
            ..ErrorResponse::invalid(429, Some("rate_limit_exceeded"), message)
        }
    }
}
