//! The verification status of an organization, as a pure state machine: actions of people, reports of the service and
//! the clock are its inputs; the next status, the effects and the audit event are its outputs.
//!
//! No effect touches a key: refused, suspended and unverified organizations keep all keys and all other models.

mod event;
mod machine;
pub mod same_document;
pub mod snapshot;

pub use event::{Effect, Event, Facts, Refusal, Step};
pub use machine::{people_needed, step};

/// Attempts in thirty days that may be rejected before the organization must wait.
pub const ATTEMPTS: u8 = 3;
/// The window in which they count.
pub const ATTEMPTS_WINDOW: i64 = 30 * 86_400;
/// The wait after the last rejected one.
pub const COOLDOWN: i64 = 7 * 86_400;
/// The time in which a document verifies one organization, or several of the same owner.
pub const SAME_DOCUMENT: i64 = 90 * 86_400;
/// The time after which an unfinished attempt ends: a day.
pub const ATTEMPT_LIFE: i64 = 86_400;
/// A service that is silent for at most this long is not reported as down.
pub const SILENCE: i64 = 60;
/// How long a decision of people against a service's refusal is valid before the organization must be verified again.
pub const OVERRIDE_LIFE: i64 = 90 * 86_400;

/// The status of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Never verified, or reset to that.
    Unverified,
    /// An attempt is in progress.
    InProgress,
    /// A person reviews it.
    InReview,
    /// Verified.
    Verified,
    /// The last attempt was not accepted; another may follow.
    Rejected,
    /// The last attempt expired; it does not count.
    Expired,
    /// Too many attempts were not accepted; possible again on a date.
    Cooldown,
    /// The operator paused it; an appeal may follow.
    Suspended,
    /// The operator revoked it for good.
    Revoked,
    /// The operator waived it, until a date or without end.
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

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether models behind the gate are open.
    #[must_use]
    pub const fn opens(self) -> bool {
        matches!(self, Self::Verified | Self::Exempt)
    }
}

/// The state of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptState {
    /// Consent is given; the service has not answered yet.
    Created,
    /// The link was issued and not opened yet.
    LinkIssued,
    /// A person is working on it.
    InProgress,
    /// Everything is submitted.
    Submitted,
    /// A person reviews it.
    InReview,
    /// Accepted.
    Approved,
    /// Not accepted.
    Rejected,
    /// Expired.
    Expired,
    /// Cancelled.
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

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether only an operator can change it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Approved | Self::Rejected | Self::Expired | Self::Cancelled)
    }
}

/// The state reported by the service, independent of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// The link was not opened.
    Waiting,
    /// A person is working on it.
    InProgress,
    /// Everything is submitted.
    Submitted,
    /// A person reviews it.
    InReview,
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// Expired at the service.
    Expired,
    /// Cancelled at the service.
    Cancelled,
    /// An unknown state: ours stays and the operator is asked to check.
    Unknown,
}

impl Check {
    /// Every state.
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
