//! Events, effects and refusals of an organization's verification, as values.

use super::{AttemptState, Check, Status};
use crate::time::Timestamp;

/// An event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An owner begins; prerequisites and consent were checked.
    Start,
    /// An owner wants to begin, and a prerequisite is missing.
    PrerequisiteMissing,
    /// An owner read the consent text and declined; nothing was begun and nothing is kept.
    ConsentDeclined,
    /// An owner requests a new link; [`super::super::limits`] limits their number. It does not count as an attempt.
    LinkReissued,
    /// The service has not answered for this number of seconds since it was last asked about the live attempt.
    ProviderDown {
        /// The number of seconds.
        seconds: i64,
    },
    /// The service reverses a report that ended an attempt.
    Reversed,
    /// The owners of the organization have changed.
    OwnerChanged {
        /// By when it must be verified again, if the operator wants that; by default it need not be.
        reverify_by: Option<Timestamp>,
    },
    /// The operator's policy asks for a new verification.
    ReverifyDue {
        /// The date that owners are given.
        deadline: Timestamp,
        /// Seconds after it during which everything stays open.
        grace: i64,
    },
    /// The service reported the state of the live attempt.
    ProviderReported(Check),
    /// The live attempt has expired.
    AttemptExpired,
    /// An owner cancels the live attempt.
    Cancel,
    /// An owner appeals for a decision by people.
    Appeal,
    /// People decided, in the number that [`super::people_needed`] requires, with a reason.
    Decide {
        /// Whether they approve.
        approve: bool,
    },
    /// The operator pauses the verification.
    Suspend,
    /// The operator lifts the pause.
    Restore,
    /// The operator revokes it for good.
    Revoke,
    /// The operator waives the requirement.
    Exempt {
        /// The end; `None` is without end.
        until: Option<Timestamp>,
    },
    /// The date of an exemption, a cooldown, or a verification with an end may have been reached.
    DateReached,
    /// An owner withdraws consent and wants everything erased.
    Withdraw {
        /// Whether the organization stays verified, because the service has nothing left to erase.
        keep: bool,
    },
}

/// The facts besides the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Attempts in the window that were rejected, without the live one.
    pub rejected: u8,
    /// Whether the document has verified as many other organizations as it may.
    pub duplicate: bool,
    /// The date stored with the status: when an exemption, a cooldown or a verification ends.
    pub until: Option<Timestamp>,
}

/// An effect that must follow an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Open the models behind the gate, on every gateway, now.
    Open,
    /// Close them; everything else keeps working.
    Close,
    /// End the live attempt in this state.
    EndAttempt(AttemptState),
    /// Move the live attempt to this state.
    MoveAttempt(AttemptState),
    /// Extend the live attempt by this number of seconds, so that an outage of the service costs the person no time.
    Extend {
        /// The number of seconds.
        seconds: i64,
    },
    /// Ask the operator to check the attempt.
    AlertOperator,
    /// Ask the service to cancel the attempt.
    CancelAtService,
    /// Erase the service's copy after the promised days.
    RedactLater,
    /// Erase the service's copy, and ours, now.
    EraseNow,
    /// Open a case for people to decide.
    OpenCase,
    /// Inform the owners.
    NotifyOwners,
}

/// The result of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The new status.
    pub status: Status,
    /// Its end, if it has one.
    pub until: Option<Timestamp>,
    /// The effects, in order.
    pub effects: Vec<Effect>,
    /// The audit event; empty when nothing changed.
    pub audit: &'static str,
}

/// Why an event is not possible now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is verified already.
    AlreadyVerified,
    /// One attempt at a time; a second owner joins the first one's.
    AlreadyInProgress,
    /// Not before this moment.
    Cooldown {
        /// When it is possible again.
        until: Timestamp,
    },
    /// Only the operator can change it.
    OperatorOnly,
    /// There is nothing to which the event applies.
    NotApplicable,
}
