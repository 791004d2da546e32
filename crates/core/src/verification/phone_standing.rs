//! Where an organization stands with its phone, over all its attempts. One attempt is
//! [`super::phone`]'s; here stands what remains of them, and what the operator does.
//!
//! A proven number stays proven over sessions, keys and people. No effect touches a key: when the
//! operator takes a proof back, only new keys wait.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// An operator who takes a number back from more organizations than this needs a second person.
pub const REVOKED_ALONE: u32 = 10;

/// Where an organization stands with its phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No number was ever proven.
    None,
    /// A first number is being proven.
    Proving,
    /// A number is proven.
    Verified,
    /// A number is proven, and another one is being proven in its place.
    PendingNew,
    /// The operator took the proof back; only the operator can change that.
    Revoked,
    /// The operator excused the organization, since somebody has no phone.
    Waived,
}

impl Standing {
    /// Every standing.
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

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == name)
    }

    /// Whether new keys may be made as far as the phone is concerned.
    #[must_use]
    pub const fn opens(self) -> bool {
        matches!(self, Self::Verified | Self::PendingNew | Self::Waived)
    }
}

/// The standing with its date, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneStanding {
    /// Where it stands.
    pub standing: Standing,
    /// When a waiver ends; `None` is for good, and for everything else.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// What the number's rules say of a number that was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submission {
    /// It may be asked for a code.
    Accepted,
    /// Its country, its kind or a limit refuses it.
    Refused,
    /// It stands for as many organizations as it may.
    LimitReached,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandingEvent {
    /// Somebody submits a number where none is proven.
    Submitted(Submission),
    /// Somebody submits a number to replace the proven one.
    ChangeStarted {
        /// What the number's rules say.
        submission: Submission,
        /// Whether the person has just signed in again.
        signed_in_again: bool,
    },
    /// The running attempt met the right code.
    Proven,
    /// The running attempt ended without it.
    AttemptEnded,
    /// The same number was proven for another organization.
    ProvenElsewhere,
    /// An operator takes the proof back.
    Revoke {
        /// Whether a reason stands there.
        reasoned: bool,
        /// How many organizations lose the number by the same decision.
        organizations: u32,
        /// How many different operators agreed.
        people: u8,
    },
    /// An operator excuses the organization.
    Waive {
        /// Whether a support case is named.
        reasoned: bool,
        /// Until when; `None` is for good.
        until: Option<Timestamp>,
    },
    /// The date of a waiver may have come.
    DateCame,
}

/// What must be done because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StandingEffect {
    /// Begin an attempt for the number ([`super::phone::PhoneVerification::begin`]).
    BeginAttempt,
    /// End the running attempt.
    EndAttempt,
    /// Say why the number was refused, with the way to support.
    TellReason,
    /// Bind the number in place of whichever stood before.
    BindNumber,
    /// New keys can be made, and what waited for that continues.
    Open,
    /// New keys wait for a phone again; existing keys keep working.
    Close,
    /// The owners are told.
    TellOwners,
}

/// Why an event cannot happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandingRefusal {
    /// A number is proven; replacing it is asked for as a change.
    AlreadyVerified,
    /// The person must sign in again first.
    SignInAgain,
    /// Without a reason, nothing is taken or excused.
    ReasonMissing,
    /// A second operator must agree.
    SecondPersonMissing,
    /// Only the operator can change it.
    OperatorOnly,
    /// There is nothing to do this to.
    NothingThere,
}

/// What stands after an event, what must be done, and the audit event that tells of it; empty when there is none.
pub type StandingStep = (PhoneStanding, Vec<StandingEffect>, &'static str);

const fn stands(standing: Standing) -> PhoneStanding {
    PhoneStanding { standing, until: None }
}

impl PhoneStanding {
    /// Where every organization begins.
    #[must_use]
    pub const fn begin() -> Self {
        stands(Standing::None)
    }

    /// What comes of an event.
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
            // Who is excused may prove a number all the same, and stays excused until then.
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

    /// What comes of a submitted number: only an accepted one moves anything.
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

    /// The attempt's own machine has written down how it ended.
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
