//! Verifying an organization: consent, hand-off, the service's report, and its effects.

pub(crate) mod apply;
mod consent;
mod ending;
mod handoff;
pub(crate) mod job_handlers;
pub(crate) mod owners;
pub(crate) mod refresh;
mod start;
pub(crate) mod state;
mod view;
pub(crate) mod withdraw;

use keystead_core::time::Timestamp;
use keystead_core::verification::organization::{AttemptState, Check, Refusal};
use keystead_providers::identity::{self, IdentityProvider};
use keystead_store::tables::identity_attempts::IdentityAttempt;

use crate::{App, Error};

pub use consent::{consent_parts, consent_text};
pub use ending::EndingView;
pub(crate) use ending::ending_path;
pub use handoff::{HandoffLink, HandoffView};
pub use keystead_core::verification::handoff::Channel;
pub use start::Consent;
pub use view::{AttemptView, LinkView, OrganizationView};

/// Translates the service's states into those of the core.
pub(crate) const fn check(state: identity::State) -> Check {
    match state {
        identity::State::Waiting => Check::Waiting,
        identity::State::InProgress => Check::InProgress,
        identity::State::Submitted => Check::Submitted,
        identity::State::InReview => Check::InReview,
        identity::State::Approved => Check::Approved,
        identity::State::Rejected { .. } => Check::Rejected,
        identity::State::Expired => Check::Expired,
        identity::State::Cancelled => Check::Cancelled,
        identity::State::Unknown => Check::Unknown,
    }
}

/// Translates a refusal of the machine into an error.
pub(crate) fn refused(refusal: Refusal) -> Error {
    let invalid = |code: &'static str, message: &str| Error::Invalid {
        param: None,
        code: Some(code),
        message: message.to_owned(),
    };
    match refusal {
        Refusal::AlreadyVerified => {
            invalid("organization_already_verified", "This organization needs no verification.")
        }
        Refusal::AlreadyInProgress => {
            invalid("verification_in_progress", "A verification of this organization is going on.")
        }
        Refusal::Cooldown { until } => Error::limited("verification_cooldown", until),
        Refusal::OperatorOnly => {
            invalid("verification_suspended", "The operator has paused this verification. You can appeal.")
        }
        Refusal::NotApplicable => invalid("verification_not_possible", "This is not possible in the present state."),
    }
}

pub(crate) fn identity_provider(app: &App) -> Result<&dyn IdentityProvider, Error> {
    app.services().identity.as_deref().ok_or(Error::Unsupported("identity checks"))
}

/// Whether the person of an attempt may still continue with it at this moment, also when no job has ended it since it
/// expired. Submitted pictures wait for people without a time limit.
pub(crate) fn still_open(row: &IdentityAttempt, now: Timestamp) -> bool {
    row.finished_at.is_none() && (now < row.expires_at || row.state == AttemptState::InReview)
}
