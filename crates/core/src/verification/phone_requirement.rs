//! The phone status of an organization, over all its attempts. [`super::phone`] handles one attempt; this module keeps
//! their results and the operator's decisions.
//!
//! A proven number stays proven independent of sessions, keys and people. No effect touches a key: when the operator
//! revokes a proof, only new keys must wait.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// An operator who revokes the number of more organizations than this needs a second operator.
pub const REVOKED_ALONE: u32 = 10;

/// The phone status of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneStatus {
    /// No number was ever proven.
    None,
    /// A first number is being proven.
    Proving,
    /// A number is proven.
    Verified,
    /// A number is proven, and another one is being proven to replace it.
    PendingNew,
    /// The operator revoked the proof; only the operator can change that.
    Revoked,
    /// The operator waived the requirement, for example because no member has a phone.
    Waived,
}

impl PhoneStatus {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Proving, Self::Verified, Self::PendingNew, Self::Revoked, Self::Waived];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Proving => "proving",
            Self::Verified => "verified",
            Self::PendingNew => "pending_new",
            Self::Revoked => "revoked",
            Self::Waived => "waived",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether the phone requirement allows new keys.
    #[must_use]
    pub const fn opens(self) -> bool {
        matches!(self, Self::Verified | Self::PendingNew | Self::Waived)
    }
}

/// The status with its date, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneRequirement {
    /// The status.
    #[serde(rename = "standing")]
    pub status: PhoneStatus,
    /// When a waiver ends; `None` is without end, and for every other status.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// The result of the number rules for a submitted number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submission {
    /// A code may be sent to it.
    Accepted,
    /// Its country, its kind or a limit refuses it.
    Refused,
    /// It verifies the maximum of organizations already.
    LimitReached,
}

/// An event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequirementEvent {
    /// A person submits a number where none is proven.
    Submitted(Submission),
    /// A person submits a number to replace the proven one.
    ChangeStarted {
        /// The result of the number rules.
        submission: Submission,
        /// Whether the person has just signed in again.
        signed_in_again: bool,
    },
    /// The live attempt got the right code.
    Proven,
    /// The live attempt ended without it.
    AttemptEnded,
    /// The same number was proven for another organization.
    ProvenForAnother,
    /// An operator revokes the proof.
    Revoke {
        /// Whether a reason is given.
        reasoned: bool,
        /// How many organizations lose the number by the same decision.
        organizations: u32,
        /// How many different operators agreed.
        people: u8,
    },
    /// An operator waives the requirement.
    Waive {
        /// Whether a support case is named.
        reasoned: bool,
        /// The end; `None` is without end.
        until: Option<Timestamp>,
    },
    /// The date of a waiver may have been reached.
    DateReached,
}

/// An effect that must follow an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequirementEffect {
    /// Begin an attempt for the number ([`super::phone::PhoneAttempt::begin`]).
    BeginAttempt,
    /// End the live attempt.
    EndAttempt,
    /// Say why the number was refused, with a link to support.
    ReportReason,
    /// Bind the number, replacing an earlier one.
    BindNumber,
    /// Allow new keys, and continue what waited for that.
    Open,
    /// Require a phone for new keys again; existing keys keep working.
    Close,
    /// Inform the owners.
    NotifyOwners,
}

/// Why an event is not possible now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequirementRefusal {
    /// A number is proven; replacing it needs [`RequirementEvent::ChangeStarted`].
    AlreadyVerified,
    /// The person must sign in again first.
    SignInAgain,
    /// Revoking and waiving need a reason.
    ReasonMissing,
    /// A second operator must agree.
    SecondPersonMissing,
    /// Only the operator can change it.
    OperatorOnly,
    /// There is nothing to which the event applies.
    NotApplicable,
}

/// The next status, the effects, and the audit event, which may be empty.
pub type RequirementStep = (PhoneRequirement, Vec<RequirementEffect>, &'static str);

const fn with_status(status: PhoneStatus) -> PhoneRequirement {
    PhoneRequirement { status, until: None }
}

impl PhoneRequirement {
    /// The status of a new organization.
    #[must_use]
    pub const fn begin() -> Self {
        with_status(PhoneStatus::None)
    }

    /// Applies an event.
    ///
    /// # Errors
    /// When the state does not allow it; nothing changes then.
    pub fn step(self, event: RequirementEvent, now: Timestamp) -> Result<RequirementStep, RequirementRefusal> {
        match event {
            RequirementEvent::Submitted(submission) => self.submitted(submission),
            RequirementEvent::ChangeStarted { submission, signed_in_again } => self.change(submission, signed_in_again),
            RequirementEvent::Proven => self.proven(),
            RequirementEvent::AttemptEnded => self.attempt_ended(),
            // The verification is permanent, even if others prove the number later.
            RequirementEvent::ProvenForAnother => Ok((self, Vec::new(), "")),
            RequirementEvent::Revoke { reasoned, organizations, people } => {
                self.revoke(reasoned, organizations, people)
            }
            RequirementEvent::Waive { reasoned, until } => self.waive(reasoned, until),
            RequirementEvent::DateReached
                if self.status == PhoneStatus::Waived && self.until.is_some_and(|at| now >= at) =>
            {
                let effects =
                    vec![RequirementEffect::EndAttempt, RequirementEffect::Close, RequirementEffect::NotifyOwners];
                Ok((with_status(PhoneStatus::None), effects, "phone.waiver_ended"))
            }
            RequirementEvent::DateReached => Ok((self, Vec::new(), "")),
        }
    }

    fn submitted(self, submission: Submission) -> Result<RequirementStep, RequirementRefusal> {
        match self.status {
            PhoneStatus::None | PhoneStatus::Proving => Ok(self.judged(submission, PhoneStatus::Proving)),
            // An organization with a waiver may prove a number, and keeps the waiver until then.
            PhoneStatus::Waived => Ok(self.judged(submission, PhoneStatus::Waived)),
            PhoneStatus::Verified | PhoneStatus::PendingNew => Err(RequirementRefusal::AlreadyVerified),
            PhoneStatus::Revoked => Err(RequirementRefusal::OperatorOnly),
        }
    }

    fn change(self, submission: Submission, signed_in_again: bool) -> Result<RequirementStep, RequirementRefusal> {
        match self.status {
            PhoneStatus::Verified | PhoneStatus::PendingNew if !signed_in_again => Err(RequirementRefusal::SignInAgain),
            PhoneStatus::Verified | PhoneStatus::PendingNew => {
                let (next, effects, audit) = self.judged(submission, PhoneStatus::PendingNew);
                let audit = if submission == Submission::Accepted { "phone.change_started" } else { audit };
                Ok((next, effects, audit))
            }
            PhoneStatus::Revoked => Err(RequirementRefusal::OperatorOnly),
            PhoneStatus::None | PhoneStatus::Proving | PhoneStatus::Waived => Err(RequirementRefusal::NotApplicable),
        }
    }

    /// Applies the result for a submitted number: only an accepted one changes the status.
    fn judged(self, submission: Submission, accepted: PhoneStatus) -> RequirementStep {
        match submission {
            Submission::Accepted => {
                let effects = vec![RequirementEffect::BeginAttempt];
                (Self { status: accepted, ..self }, effects, "phone.code_sent")
            }
            Submission::Refused => (self, vec![RequirementEffect::ReportReason], "phone.refused"),
            Submission::LimitReached => (self, vec![RequirementEffect::ReportReason], "phone.limit_reached"),
        }
    }

    fn proven(self) -> Result<RequirementStep, RequirementRefusal> {
        match self.status {
            PhoneStatus::Proving | PhoneStatus::PendingNew | PhoneStatus::Waived => {
                let effects = vec![RequirementEffect::BindNumber, RequirementEffect::Open];
                Ok((with_status(PhoneStatus::Verified), effects, "phone.verified"))
            }
            PhoneStatus::Revoked => Err(RequirementRefusal::OperatorOnly),
            PhoneStatus::None | PhoneStatus::Verified => Err(RequirementRefusal::NotApplicable),
        }
    }

    /// Applies the end of an attempt, which its own machine has recorded.
    const fn attempt_ended(self) -> Result<RequirementStep, RequirementRefusal> {
        match self.status {
            PhoneStatus::Proving => Ok((with_status(PhoneStatus::None), Vec::new(), "")),
            // The old number stays until the new one is proven.
            PhoneStatus::PendingNew => Ok((with_status(PhoneStatus::Verified), Vec::new(), "")),
            PhoneStatus::Waived => Ok((self, Vec::new(), "")),
            PhoneStatus::None | PhoneStatus::Verified | PhoneStatus::Revoked => Err(RequirementRefusal::NotApplicable),
        }
    }

    fn revoke(self, reasoned: bool, organizations: u32, people: u8) -> Result<RequirementStep, RequirementRefusal> {
        if !matches!(self.status, PhoneStatus::Verified | PhoneStatus::PendingNew) {
            return Err(RequirementRefusal::NotApplicable);
        }
        if !reasoned {
            return Err(RequirementRefusal::ReasonMissing);
        }
        if people < if organizations > REVOKED_ALONE { 2 } else { 1 } {
            return Err(RequirementRefusal::SecondPersonMissing);
        }
        let mut effects = vec![RequirementEffect::Close, RequirementEffect::NotifyOwners];
        if self.status == PhoneStatus::PendingNew {
            effects.insert(0, RequirementEffect::EndAttempt);
        }
        Ok((with_status(PhoneStatus::Revoked), effects, "phone.revoked"))
    }

    fn waive(self, reasoned: bool, until: Option<Timestamp>) -> Result<RequirementStep, RequirementRefusal> {
        if !reasoned {
            return Err(RequirementRefusal::ReasonMissing);
        }
        let mut effects = vec![RequirementEffect::Open, RequirementEffect::NotifyOwners];
        if matches!(self.status, PhoneStatus::Proving | PhoneStatus::PendingNew) {
            effects.insert(0, RequirementEffect::EndAttempt);
        }
        Ok((PhoneRequirement { status: PhoneStatus::Waived, until }, effects, "phone.waived"))
    }
}

#[cfg(test)]
mod tests;
