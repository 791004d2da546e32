//! What happens to an organization's verification, and what comes of it, as values.

use super::{AttemptState, Check, Status};
use crate::time::Timestamp;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An owner begins; prerequisites and consent were checked.
    Start,
    /// An owner wants to begin, and a prerequisite is missing.
    PrerequisiteMissing,
    /// An owner reads what consent means and says no; nothing was begun and nothing is kept.
    ConsentDeclined,
    /// An owner asks for a fresh link; how many an hour is [`super::super::limits`]'s to say. It costs no try.
    LinkReissued,
    /// The service has not answered for this number of seconds since it was last asked about the live attempt.
    ProviderDown {
        /// How long.
        seconds: i64,
    },
    /// The service takes back a word that ended an attempt.
    Reversed,
    /// Somebody else owns the organization.
    OwnerChanged {
        /// By when it must be verified again, if the operator wants that; by default it need not be.
        reverify_by: Option<Timestamp>,
    },
    /// The operator's policy asks for a new verification.
    ReverifyDue {
        /// The date that owners are told.
        deadline: Timestamp,
        /// Seconds after it in which everything stays open.
        grace: i64,
    },
    /// The service was asked about the live attempt.
    Said(Check),
    /// The live attempt's time is over.
    TimeUp,
    /// An owner calls the live attempt off.
    Cancel,
    /// An owner asks for a person to look.
    Appeal,
    /// People decided, as many as [`super::people_needed`] says, with a reason.
    Decide {
        /// Yes or no.
        approve: bool,
    },
    /// The operator pauses the verification.
    Suspend,
    /// The operator lifts the pause.
    Restore,
    /// The operator takes it back for good.
    Revoke,
    /// The operator excuses the organization.
    Exempt {
        /// Until when; `None` is for good.
        until: Option<Timestamp>,
    },
    /// The date of an exemption, a cooldown, or a verification that does not last may have come.
    DateCame,
    /// An owner withdraws consent and wants everything erased.
    Withdraw {
        /// Whether the organization stays verified, because nothing is left to erase it with.
        keep: bool,
    },
}

/// What is known beside the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Attempts in the window that ended with "no", the live one not among them.
    pub rejected: u8,
    /// Whether the same document has verified too many others.
    pub duplicate: bool,
    /// The date kept with the status: when an exemption, a cooldown or a verification ends.
    pub until: Option<Timestamp>,
}

/// What must be done because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Models behind the gate open, everywhere, now.
    Open,
    /// They close; everything else keeps working.
    Close,
    /// The live attempt ends so.
    EndAttempt(AttemptState),
    /// The live attempt stands so.
    MoveAttempt(AttemptState),
    /// The live attempt gets this number of seconds more: nobody loses time because a service is silent.
    Extend {
        /// How many.
        seconds: i64,
    },
    /// The operator should look at the attempt.
    Alarm,
    /// The service is asked to call the attempt off.
    CancelAtService,
    /// The service's copy goes after the promised days.
    RedactLater,
    /// The service's copy, and ours, go now.
    EraseNow,
    /// People are asked to decide.
    OpenCase,
    /// The owners are told.
    TellOwners,
}

/// What stands after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The status.
    pub status: Status,
    /// Until when, where there is a date.
    pub until: Option<Timestamp>,
    /// What to do, in order.
    pub effects: Vec<Effect>,
    /// The audit event that tells of it; empty when nothing changed.
    pub audit: &'static str,
}

/// Why an event cannot happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is verified already.
    AlreadyVerified,
    /// One attempt at a time; the second owner joins the first.
    AlreadyInProgress,
    /// Not before this moment.
    Cooldown {
        /// When it is possible again.
        until: Timestamp,
    },
    /// Only the operator can change it.
    OperatorOnly,
    /// There is nothing to do this to.
    NothingThere,
}
