//! Where an organization stands with its verification. A machine of values: who may act, what the
//! service says and what the clock shows go in; what stands then, what must be done and how it is written down come out.
//!
//! No effect touches a key: refused, suspended and unverified organizations keep all keys and all other models.

mod event;
mod machine;
pub mod same_document;
pub mod snapshot;

pub use event::{Effect, Event, Facts, Refusal, Step};
pub use machine::{people_needed, step};

/// Tries in thirty days that may end with "no" before the organization waits.
pub const ATTEMPTS: u8 = 3;
/// The window in which they count.
pub const ATTEMPTS_WINDOW: i64 = 30 * 86_400;
/// The wait after the last of them.
pub const COOLDOWN: i64 = 7 * 86_400;
/// A document verifies one organization in this time, or several of the same owner.
pub const SAME_DOCUMENT: i64 = 90 * 86_400;
/// An attempt nobody finishes ends after a day.
pub const ATTEMPT_LIFE: i64 = 86_400;
/// A service that was silent no longer than this is not said to be down.
pub const SILENCE: i64 = 60;
/// How long a decision of people against a service's holds before the organization must be verified again.
pub const OVERRIDE_LIFE: i64 = 90 * 86_400;

/// Where an organization stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Never verified, or as good as never.
    Unverified,
    /// Somebody is at it.
    InProgress,
    /// A person looks at it.
    InReview,
    /// Verified.
    Verified,
    /// The last attempt was not accepted; another may follow.
    Rejected,
    /// The last attempt ran out; it does not count.
    Expired,
    /// Too many attempts were not accepted; possible again on a date.
    Cooldown,
    /// The operator paused it; an appeal may follow.
    Suspended,
    /// The operator took it back for good.
    Revoked,
    /// The operator excused the organization, until a date or for good.
    Exempt,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 10] = [
        Self::Unverified,
        Self::InProgress,
        Self::InReview,
        Self::Verified,
        Self::Rejected,
        Self::Expired,
        Self::Cooldown,
        Self::Suspended,
        Self::Revoked,
        Self::Exempt,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::InProgress => "in_progress",
            Self::InReview => "in_review",
            Self::Verified => "verified",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Cooldown => "cooldown",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Exempt => "exempt",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether models behind the gate open.
    #[must_use]
    pub const fn opens(self) -> bool {
        matches!(self, Self::Verified | Self::Exempt)
    }
}

/// Where one attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptState {
    /// Consent is given; the service has not answered yet.
    Created,
    /// A link is out; nobody has opened it.
    LinkIssued,
    /// Somebody is at it.
    InProgress,
    /// Everything is handed in.
    Submitted,
    /// A person looks at it.
    InReview,
    /// Accepted.
    Approved,
    /// Not accepted.
    Rejected,
    /// Ran out.
    Expired,
    /// Called off.
    Cancelled,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::LinkIssued,
        Self::InProgress,
        Self::Submitted,
        Self::InReview,
        Self::Approved,
        Self::Rejected,
        Self::Expired,
        Self::Cancelled,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::LinkIssued => "link_issued",
            Self::InProgress => "in_progress",
            Self::Submitted => "submitted",
            Self::InReview => "in_review",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether nothing follows but an operator's word.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Approved | Self::Rejected | Self::Expired | Self::Cancelled)
    }
}

/// What the service says, read back from it, in words of no vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// Nobody opened it.
    Waiting,
    /// Somebody is at it.
    InProgress,
    /// Everything is handed in.
    Submitted,
    /// A person looks at it.
    InReview,
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// Ran out there.
    Expired,
    /// Called off there.
    Cancelled,
    /// A word nobody knows: the state stays and the operator looks.
    Unknown,
}

impl Check {
    /// Every word.
    pub const ALL: [Self; 9] = [
        Self::Waiting,
        Self::InProgress,
        Self::Submitted,
        Self::InReview,
        Self::Approved,
        Self::Rejected,
        Self::Expired,
        Self::Cancelled,
        Self::Unknown,
    ];
}

#[cfg(test)]
mod side_effects_tests;
#[cfg(test)]
mod tests;
