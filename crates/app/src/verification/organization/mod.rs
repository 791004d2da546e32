//! Verifying an organization: consent, hand-off, the service's report, and its effects.

mod apply;
mod consent;
mod handoff;
mod jobs;
mod owners;
mod refresh;
mod start;
mod view;
mod withdraw;

use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::{AttemptState, Check, Refusal, Status};
use keystead_providers::identity::{self, IdentityProvider};
use keystead_store::Tx;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::organization_verifications::{self, OrganizationVerification};
use std::sync::Arc;

use crate::{App, Error};

pub use consent::consent_text;
pub use handoff::{Channel, HandoffLink, HandoffView};
pub use start::Consent;
pub use view::{AttemptView, OrganizationView};

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
        Refusal::NothingThere => invalid("verification_not_possible", "This is not possible in the present state."),
    }
}

/// The status of an organization, with the version that was read, for writing it back.
#[derive(Debug, Clone)]
pub(crate) struct VerificationRecord {
    pub(crate) status: Status,
    pub(crate) since: Timestamp,
    pub(crate) until: Option<Timestamp>,
    pub(crate) reason: Option<String>,
    version: i64,
}

impl App {
    pub(crate) fn identity_provider(&self) -> Result<Arc<dyn IdentityProvider>, Error> {
        self.services().identity.clone().ok_or(Error::Unsupported("identity checks"))
    }

    pub(crate) async fn standing(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
    ) -> Result<VerificationRecord, Error> {
        let row = organization_verifications::find(tx, organization).await?;
        Ok(match row {
            None => VerificationRecord {
                status: Status::Unverified,
                since: Timestamp(0),
                until: None,
                reason: None,
                version: 0,
            },
            Some(row) => VerificationRecord {
                // A status of a newer version is not guessed.
                status: Status::from_name(&row.status)
                    .ok_or_else(|| Error::Internal(format!("organization {organization} has an unknown status")))?,
                since: row.since,
                until: row.until,
                reason: row.reason,
                version: row.version,
            },
        })
    }

    pub(crate) async fn save_standing(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        before: &VerificationRecord,
        status: Status,
        until: Option<Timestamp>,
        reason: Option<String>,
    ) -> Result<(), Error> {
        let since = if before.status == status { before.since } else { self.now() };
        let row = OrganizationVerification {
            organization: organization.clone(),
            status: status.as_str().to_owned(),
            since,
            until,
            reason,
            version: before.version,
        };
        Ok(organization_verifications::save(tx, &row).await?)
    }

    /// Finds the live attempt, if there is one.
    pub(crate) async fn live_attempt(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
    ) -> Result<Option<IdentityAttempt>, Error> {
        let all = identity_attempts::list(tx, organization).await?;
        Ok(all.into_iter().find(|row| row.finished_at.is_none()))
    }
}

/// Whether the person of an attempt may still continue with it at this moment, also when no job has ended it since it
/// expired. Submitted pictures wait for people without a time limit.
pub(crate) fn still_open(row: &IdentityAttempt, now: Timestamp) -> bool {
    row.finished_at.is_none() && (now < row.expires_at || row.state == AttemptState::InReview)
}
