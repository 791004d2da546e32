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
pub enum Standing {
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
    /// The operator waived the requirement, for example because nobody there has a phone.
    Waived,
}

impl Standing {
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
        Self::ALL.into_iter().find(|standing| standing.as_str() == name)
    }

    /// Whether the phone requirement allows new keys.
    #[must_use]
    pub const fn opens(self) -> bool {
        matches!(self, Self::Verified | Self::PendingNew | Self::Waived)
    }
}

/// The status with its date, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneStanding {
    /// The status.
    pub standing: Standing,
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
pub enum StandingEvent {
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
    ProvenElsewhere,
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
    DateCame,
}

/// An effect that must follow an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StandingEffect {
    /// Begin an attempt for the number ([`super::phone::PhoneVerification::begin`]).
    BeginAttempt,
    /// End the live attempt.
    EndAttempt,
    /// Say why the number was refused, with a link to support.
    TellReason,
    /// Bind the number, replacing an earlier one.
    BindNumber,
    /// Allow new keys, and continue what waited for that.
    Open,
    /// Require a phone for new keys again; existing keys keep working.
    Close,
    /// Inform the owners.
    TellOwners,
}

/// Why an event is not possible now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandingRefusal {
    /// A number is proven; replacing it needs [`StandingEvent::ChangeStarted`].
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
    NothingThere,
}

/// The next status, the effects, and the audit event, which may be empty.
pub type StandingStep = (PhoneStanding, Vec<StandingEffect>, &'static str);

const fn stands(standing: Standing) -> PhoneStanding {
    PhoneStanding { standing, until: None }
}

impl PhoneStanding {
    /// The status of a new organization.
    #[must_use]
    pub const fn begin() -> Self {
        stands(Standing::None)
    }

    /// Applies an event.
    ///
    /// # Errors
    /// When the state does not allow it; nothing changes then.
    pub fn step(self, event: StandingEvent, now: Timestamp) -> Result<StandingStep, StandingRefusal> {
        match event {
            StandingEvent::Submitted(submission) => self.submitted(submission),
            StandingEvent::ChangeStarted { submission, signed_in_again } => self.change(submission, signed_in_again),
            StandingEvent::Proven => self.proven(),
            StandingEvent::AttemptEnded => self.attempt_ended(),
            // The verification is permanent, even if others prove the number later.
            StandingEvent::ProvenElsewhere => Ok((self, Vec::new(), "")),
            StandingEvent::Revoke { reasoned, organizations, people } => self.revoke(reasoned, organizations, people),
            StandingEvent::Waive { reasoned, until } => self.waive(reasoned, until),
            StandingEvent::DateCame if self.standing == Standing::Waived && self.until.is_some_and(|at| now >= at) => {
                let effects = vec![StandingEffect::EndAttempt, StandingEffect::Close, StandingEffect::TellOwners];
                Ok((stands(Standing::None), effects, "phone.waiver_ended"))
            }
            StandingEvent::DateCame => Ok((self, Vec::new(), "")),
        }
    }

    fn submitted(self, submission: Submission) -> Result<StandingStep, StandingRefusal> {
        match self.standing {
            Standing::None | Standing::Proving => Ok(self.judged(submission, Standing::Proving)),
            // An organization with a waiver may prove a number, and keeps the waiver until then.
            Standing::Waived => Ok(self.judged(submission, Standing::Waived)),
            Standing::Verified | Standing::PendingNew => Err(StandingRefusal::AlreadyVerified),
            Standing::Revoked => Err(StandingRefusal::OperatorOnly),
        }
    }

    fn change(self, submission: Submission, signed_in_again: bool) -> Result<StandingStep, StandingRefusal> {
        match self.standing {
            Standing::Verified | Standing::PendingNew if !signed_in_again => Err(StandingRefusal::SignInAgain),
            Standing::Verified | Standing::PendingNew => {
                let (next, effects, audit) = self.judged(submission, Standing::PendingNew);
                let audit = if submission == Submission::Accepted { "phone.change_started" } else { audit };
                Ok((next, effects, audit))
            }
            Standing::Revoked => Err(StandingRefusal::OperatorOnly),
            Standing::None | Standing::Proving | Standing::Waived => Err(StandingRefusal::NothingThere),
        }
    }

    /// Applies the result for a submitted number: only an accepted one changes the status.
    fn judged(self, submission: Submission, accepted: Standing) -> StandingStep {
        match submission {
            Submission::Accepted => {
                let effects = vec![StandingEffect::BeginAttempt];
                (Self { standing: accepted, ..self }, effects, "phone.code_sent")
            }
            Submission::Refused => (self, vec![StandingEffect::TellReason], "phone.refused"),
            Submission::LimitReached => (self, vec![StandingEffect::TellReason], "phone.limit_reached"),
        }
    }

    fn proven(self) -> Result<StandingStep, StandingRefusal> {
        match self.standing {
            Standing::Proving | Standing::PendingNew | Standing::Waived => {
                let effects = vec![StandingEffect::BindNumber, StandingEffect::Open];
                Ok((stands(Standing::Verified), effects, "phone.verified"))
            }
            Standing::Revoked => Err(StandingRefusal::OperatorOnly),
            Standing::None | Standing::Verified => Err(StandingRefusal::NothingThere),
        }
    }

    /// Applies the end of an attempt, which its own machine has recorded.
    const fn attempt_ended(self) -> Result<StandingStep, StandingRefusal> {
        match self.standing {
            Standing::Proving => Ok((stands(Standing::None), Vec::new(), "")),
            // The old number stays until the new one is proven.
            Standing::PendingNew => Ok((stands(Standing::Verified), Vec::new(), "")),
            Standing::Waived => Ok((self, Vec::new(), "")),
            Standing::None | Standing::Verified | Standing::Revoked => Err(StandingRefusal::NothingThere),
        }
    }

    fn revoke(self, reasoned: bool, organizations: u32, people: u8) -> Result<StandingStep, StandingRefusal> {
        if !matches!(self.standing, Standing::Verified | Standing::PendingNew) {
            return Err(StandingRefusal::NothingThere);
        }
        if !reasoned {
            return Err(StandingRefusal::ReasonMissing);
        }
        if people < if organizations > REVOKED_ALONE { 2 } else { 1 } {
            return Err(StandingRefusal::SecondPersonMissing);
        }
        let mut effects = vec![StandingEffect::Close, StandingEffect::TellOwners];
        if self.standing == Standing::PendingNew {
            effects.insert(0, StandingEffect::EndAttempt);
        }
        Ok((stands(Standing::Revoked), effects, "phone.revoked"))
    }

    fn waive(self, reasoned: bool, until: Option<Timestamp>) -> Result<StandingStep, StandingRefusal> {
        if !reasoned {
            return Err(StandingRefusal::ReasonMissing);
        }
        let mut effects = vec![StandingEffect::Open, StandingEffect::TellOwners];
        if matches!(self.standing, Standing::Proving | Standing::PendingNew) {
            effects.insert(0, StandingEffect::EndAttempt);
        }
        Ok((PhoneStanding { standing: Standing::Waived, until }, effects, "phone.waived"))
    }
}

#[cfg(test)]
#[path = "phone_standing_tests.rs"]
mod tests;
