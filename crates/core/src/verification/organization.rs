//! Where an organization stands with its verification (verification.md 5.3). A machine of values: who may act, what the
//! service says and what the clock shows go in; what stands then, what must be done and how it is written down come out.
//!
//! No effect touches a key: refused, suspended and unverified organizations keep all keys and all other models (S1-06).

use crate::time::Timestamp;

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
    /// A word nobody knows: the state stays and the operator looks (1.4).
    Unknown,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An owner begins; prerequisites and consent were checked.
    Start,
    /// The service was asked about the live attempt.
    Said(Check),
    /// The live attempt's time is over.
    TimeUp,
    /// An owner calls the live attempt off.
    Cancel,
    /// An owner asks for a person to look.
    Appeal,
    /// People decided.
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
    /// The date of an exemption or a cooldown has come.
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
    /// When the exemption in force ends, or the cooldown.
    pub until: Option<Timestamp>,
}

/// What must be done because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Models behind the gate open, everywhere, now.
    Open,
    /// They close; everything else goes on.
    Close,
    /// The live attempt ends so.
    EndAttempt(AttemptState),
    /// The live attempt stands so.
    MoveAttempt(AttemptState),
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

fn unchanged(status: Status, facts: Facts) -> Step {
    Step { status, until: facts.until, effects: Vec::new(), audit: "" }
}

fn to(status: Status, effects: Vec<Effect>, audit: &'static str) -> Step {
    Step { status, until: None, effects, audit }
}

/// What comes of an event. `live` is the state of the live attempt, if there is one.
///
/// # Errors
/// When it cannot happen now; nothing changes then.
pub fn step(
    status: Status,
    live: Option<AttemptState>,
    event: Event,
    facts: Facts,
    now: Timestamp,
) -> Result<Step, Refusal> {
    match event {
        Event::Start => start(status, facts, now),
        Event::Said(check) => match live {
            Some(attempt) => Ok(said(status, attempt, check, facts, now)),
            None => Err(Refusal::NothingThere),
        },
        Event::TimeUp | Event::Cancel if live.is_none() => Err(Refusal::NothingThere),
        // While a person decides, the clock does not: the images have a date of their own.
        Event::TimeUp if status == Status::InReview => Ok(unchanged(status, facts)),
        Event::TimeUp => {
            let effects = vec![Effect::EndAttempt(AttemptState::Expired), Effect::CancelAtService, Effect::RedactLater];
            Ok(to(after(status, Status::Expired), effects, "orgv.expired"))
        }
        Event::Cancel => {
            let effects = vec![Effect::EndAttempt(AttemptState::Cancelled), Effect::CancelAtService, Effect::EraseNow];
            Ok(to(after(status, Status::Unverified), effects, "orgv.cancelled"))
        }
        Event::Appeal => match status {
            Status::Rejected | Status::Cooldown | Status::Suspended => {
                // A suspended organization stays suspended while people look.
                let next = if status == Status::Suspended { status } else { Status::InReview };
                // The date of a cooldown stands while people look: a refused appeal must not shorten it.
                Ok(Step { until: facts.until, ..to(next, vec![Effect::OpenCase, Effect::TellOwners], "orgv.appealed") })
            }
            _ => Err(Refusal::NothingThere),
        },
        Event::Decide { approve } => decide(status, live, approve, facts, now),
        Event::Suspend if status == Status::Verified => {
            Ok(to(Status::Suspended, vec![Effect::Close, Effect::TellOwners], "orgv.suspended"))
        }
        Event::Restore if status == Status::Suspended => {
            Ok(to(Status::Verified, vec![Effect::Open, Effect::TellOwners], "orgv.restored"))
        }
        Event::Revoke if matches!(status, Status::Verified | Status::Suspended) => {
            Ok(to(Status::Revoked, vec![Effect::Close, Effect::TellOwners], "orgv.revoked"))
        }
        Event::Suspend | Event::Restore | Event::Revoke => Err(Refusal::NothingThere),
        Event::Exempt { until } => {
            let mut effects = vec![Effect::Open, Effect::TellOwners];
            if live.is_some() {
                effects.extend([
                    Effect::EndAttempt(AttemptState::Cancelled),
                    Effect::CancelAtService,
                    Effect::EraseNow,
                ]);
            }
            Ok(Step { until, ..to(Status::Exempt, effects, "orgv.exempted") })
        }
        Event::DateCame => match (status, facts.until) {
            (Status::Exempt, Some(until)) if now >= until => {
                Ok(to(Status::Unverified, vec![Effect::Close, Effect::TellOwners], "orgv.exemption_ended"))
            }
            (Status::Cooldown, Some(until)) if now >= until => {
                Ok(to(Status::Unverified, Vec::new(), "orgv.cooldown_ended"))
            }
            _ => Ok(unchanged(status, facts)),
        },
        Event::Withdraw { keep } => withdraw(status, live, keep, facts),
    }
}

/// An organization that is open stays open, whatever an attempt beside it comes to.
const fn after(status: Status, otherwise: Status) -> Status {
    if status.opens() || matches!(status, Status::Suspended | Status::Revoked) { status } else { otherwise }
}

fn start(status: Status, facts: Facts, now: Timestamp) -> Result<Step, Refusal> {
    match status {
        Status::Verified | Status::Exempt => Err(Refusal::AlreadyVerified),
        Status::InProgress | Status::InReview => Err(Refusal::AlreadyInProgress),
        Status::Suspended | Status::Revoked => Err(Refusal::OperatorOnly),
        Status::Cooldown if facts.until.is_some_and(|until| now < until) => {
            Err(Refusal::Cooldown { until: facts.until.unwrap_or(now) })
        }
        Status::Unverified | Status::Rejected | Status::Expired | Status::Cooldown => {
            Ok(to(Status::InProgress, Vec::new(), "orgv.started"))
        }
    }
}

/// The service's word about the live attempt.
fn said(status: Status, attempt: AttemptState, check: Check, facts: Facts, now: Timestamp) -> Step {
    let moved = |to_state: AttemptState, audit: &'static str| {
        if attempt == to_state {
            return unchanged(status, facts);
        }
        Step {
            effects: vec![Effect::MoveAttempt(to_state)],
            audit,
            ..unchanged(after(status, Status::InProgress), facts)
        }
    };
    match check {
        Check::Waiting => moved(AttemptState::LinkIssued, ""),
        Check::InProgress => moved(AttemptState::InProgress, "orgv.handoff"),
        Check::Submitted => moved(AttemptState::Submitted, "orgv.submitted"),
        Check::InReview if attempt == AttemptState::InReview => unchanged(status, facts),
        Check::InReview => {
            let effects = vec![Effect::MoveAttempt(AttemptState::InReview), Effect::TellOwners];
            to(after(status, Status::InReview), effects, "orgv.in_review")
        }
        Check::Approved if matches!(status, Status::Suspended | Status::Revoked) => {
            // The operator's word stands until the operator takes it back.
            let effects = vec![Effect::EndAttempt(AttemptState::Approved), Effect::Alarm, Effect::RedactLater];
            to(status, effects, "orgv.approved_while_paused")
        }
        Check::Approved if facts.duplicate && attempt == AttemptState::InReview => unchanged(status, facts),
        Check::Approved if facts.duplicate => {
            let effects = vec![Effect::MoveAttempt(AttemptState::InReview), Effect::OpenCase, Effect::TellOwners];
            to(after(status, Status::InReview), effects, "orgv.duplicate")
        }
        Check::Approved => approved(),
        Check::Rejected => rejected(status, facts, now),
        Check::Expired => {
            let effects = vec![Effect::EndAttempt(AttemptState::Expired), Effect::RedactLater];
            to(after(status, Status::Expired), effects, "orgv.expired")
        }
        Check::Cancelled => {
            let effects = vec![Effect::EndAttempt(AttemptState::Cancelled), Effect::RedactLater];
            to(after(status, Status::Unverified), effects, "orgv.cancelled")
        }
        Check::Unknown => Step { effects: vec![Effect::Alarm], ..unchanged(status, facts) },
    }
}

fn approved() -> Step {
    let effects =
        vec![Effect::EndAttempt(AttemptState::Approved), Effect::Open, Effect::RedactLater, Effect::TellOwners];
    to(Status::Verified, effects, "orgv.verified")
}

fn rejected(status: Status, facts: Facts, now: Timestamp) -> Step {
    let effects = vec![Effect::EndAttempt(AttemptState::Rejected), Effect::RedactLater, Effect::TellOwners];
    if facts.rejected.saturating_add(1) >= ATTEMPTS {
        let until = Some(now.plus(COOLDOWN));
        return Step { until, ..to(after(status, Status::Cooldown), effects, "orgv.cooldown") };
    }
    to(after(status, Status::Rejected), effects, "orgv.rejected")
}

fn decide(
    status: Status,
    live: Option<AttemptState>,
    approve: bool,
    facts: Facts,
    now: Timestamp,
) -> Result<Step, Refusal> {
    match (status, approve) {
        (Status::InReview, true) if live.is_some() => Ok(Step { audit: "orgv.override", ..approved() }),
        (Status::InReview, true) => Ok(to(Status::Verified, vec![Effect::Open, Effect::TellOwners], "orgv.override")),
        (Status::InReview, false) if live.is_some() => {
            Ok(Step { audit: "orgv.override", ..rejected(status, facts, now) })
        }
        (Status::InReview, false) => {
            let cooling = facts.until.filter(|until| now < *until);
            let next = if cooling.is_some() { Status::Cooldown } else { Status::Rejected };
            Ok(Step { until: cooling, ..to(next, vec![Effect::TellOwners], "orgv.override") })
        }
        (Status::Suspended, true) => Ok(to(Status::Verified, vec![Effect::Open, Effect::TellOwners], "orgv.restored")),
        (Status::Suspended, false) => Ok(to(Status::Revoked, vec![Effect::TellOwners], "orgv.revoked")),
        _ => Err(Refusal::NothingThere),
    }
}

fn withdraw(status: Status, live: Option<AttemptState>, keep: bool, facts: Facts) -> Result<Step, Refusal> {
    let mut effects = Vec::new();
    if live.is_some() {
        effects.extend([Effect::EndAttempt(AttemptState::Cancelled), Effect::CancelAtService]);
    }
    effects.push(Effect::EraseNow);
    let next = match status {
        Status::Verified if keep => Status::Verified,
        Status::Verified => {
            effects.push(Effect::Close);
            Status::Unverified
        }
        Status::InProgress | Status::InReview | Status::Rejected | Status::Expired => Status::Unverified,
        other => other,
    };
    effects.push(Effect::TellOwners);
    // A cooldown or an exemption keeps its date: erasing data neither shortens the one nor lengthens the other.
    let until = if next == status { facts.until } else { None };
    Ok(Step { until, ..to(next, effects, "orgv.erased") })
}

#[cfg(test)]
#[path = "organization_tests.rs"]
mod tests;
