//! The payment status of an organization, as a pure state machine: events of the service and of people are its inputs,
//! the next status and the effects its outputs. Putting a method on file charges nothing.
//!
//! No effect touches a key: a card that expires closes what needs a payment method, and no key.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

mod setup_status;

pub use setup_status::SetupStatus;

/// The time after which an unfinished set-up ends: a day.
pub const SETUP_LIFE: i64 = 86_400;
/// Failed set-ups in [`FAILURES_WINDOW`] before the organization waits.
pub const MOST_FAILURES: u32 = 5;
/// The window in which failures count.
pub const FAILURES_WINDOW: i64 = 86_400;
/// Different cards in [`CARDS_WINDOW`] that indicate card testing.
pub const MOST_CARDS: u32 = 3;
/// The window in which different cards count.
pub const CARDS_WINDOW: i64 = 3_600;
/// How long an organization must wait then.
pub const BLOCK: i64 = 86_400;
/// How long before a card expires its owners are informed.
pub const EXPIRY_NOTICE: i64 = 30 * 86_400;
/// How long a card counts after it has expired.
pub const GRACE: i64 = 14 * 86_400;

/// The status of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// No method is on file.
    None,
    /// A first method is being entered.
    Pending,
    /// A method is on file.
    Active,
    /// A method is on file and needs attention: it expires, or a charge is disputed.
    Attention,
    /// No method is on file, and too many attempts failed.
    Blocked,
    /// The operator sends invoices, or waived the requirement.
    Exempt,
}

impl PaymentState {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::None, Self::Pending, Self::Active, Self::Attention, Self::Blocked, Self::Exempt];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Attention => "attention",
            Self::Blocked => "blocked",
            Self::Exempt => "exempt",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether what needs a payment method is open.
    #[must_use]
    pub const fn opens(self) -> bool {
        matches!(self, Self::Active | Self::Attention | Self::Exempt)
    }
}

/// The status with its dates, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRequirement {
    /// The status.
    pub state: PaymentState,
    /// Whether a default method is on file; an exempt organization may have one, too.
    pub method: bool,
    /// When the live set-up ends, if there is one.
    pub setup_until: Option<Timestamp>,
    /// Until when no set-up may begin, after too many failed.
    pub blocked_until: Option<Timestamp>,
    /// The end of the grace period of an expiring card, or of the exemption.
    pub until: Option<Timestamp>,
}

/// An event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentEvent {
    /// A person with the permission wants to put a method on file.
    Add,
    /// The service reports, when asked, that the live set-up succeeded.
    SetupSucceeded {
        /// Whether its customer is this organization's.
        ours: bool,
    },
    /// The service reports that the bank refused.
    SetupFailed {
        /// Whether the set-up has ended; otherwise its page accepts another card.
        ended: bool,
        /// Failures in the last day, including this one.
        failures: u32,
        /// Different cards in the last hour, including this one.
        cards: u32,
    },
    /// The default card expires.
    CardExpires {
        /// The time.
        at: Timestamp,
    },
    /// Another method on file is the default now.
    Replaced,
    /// The method or its customer was removed at the service.
    Removed {
        /// Whether another method replaces it.
        other: bool,
    },
    /// A charge is disputed.
    Disputed,
    /// The operator sends invoices, or waives the requirement.
    Exempt {
        /// The end; `None` is without end.
        until: Option<Timestamp>,
    },
    /// Time passed.
    Tick,
}

/// An effect that must follow an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentEffect {
    /// Begin a set-up at the service, with the attempt's id as its idempotency key.
    BeginSetup,
    /// End the live set-up at the service.
    CancelSetup,
    /// Make the new method the default.
    SetDefault,
    /// Open what needs a payment method.
    Open,
    /// Close what needs a payment method; keys keep working.
    Close,
    /// Continue with the phone, if it is not proven.
    AskForPhone,
    /// Inform the owners, with dates.
    NotifyOwners,
    /// Ask the operator to check.
    NotifyOperator,
}

/// Why an event is not possible now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentRefusal {
    /// Too many attempts failed.
    Blocked {
        /// When the next one may begin.
        until: Timestamp,
    },
    /// A set-up is live; a second click joins it.
    AlreadyRunning,
    /// The service reports another organization's customer.
    NotOurs,
    /// There is nothing to which the event applies, for example for a repeated message.
    NotApplicable,
}

/// The next status, the effects, and the audit event, which may be empty.
pub type PaymentStep = (PaymentRequirement, Vec<PaymentEffect>, &'static str);

/// Returns when a card with this month and year expires: at the end of the month, in UTC. `None` for an invalid month.
#[must_use]
pub fn card_ends(year: i64, month: i64) -> Option<Timestamp> {
    let first = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
    let next = first.checked_add(1.month()).ok()?;
    Some(Timestamp(next.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()))
}

/// Returns the year and month of a moment, in UTC.
#[must_use]
pub fn month_of(at: Timestamp) -> (i64, i64) {
    let date = jiff::Timestamp::from_second(at.0).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    (i64::from(date.year()), i64::from(date.month()))
}

impl PaymentRequirement {
    /// The next moment at which the clock changes something.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        [self.setup_until, self.blocked_until, self.until].into_iter().flatten().min()
    }

    /// The status of a new organization.
    #[must_use]
    pub const fn begin() -> Self {
        Self { state: PaymentState::None, method: false, setup_until: None, blocked_until: None, until: None }
    }

    /// When the requirement ends by the clock alone; `None` is never.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self.state {
            PaymentState::Attention => self.until,
            PaymentState::Exempt if !self.method => self.until,
            PaymentState::Exempt
            | PaymentState::Active
            | PaymentState::None
            | PaymentState::Pending
            | PaymentState::Blocked => None,
        }
    }

    /// Whether the requirement is met at this moment. Dates count even if no job has applied them since.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.state.opens() && self.ends_at().is_none_or(|until| now < until)
    }

    /// Applies an event. Each call handles one date: call it with [`PaymentEvent::Tick`] until nothing changes.
    ///
    /// # Errors
    /// When the state does not allow it; nothing changes then.
    pub fn step(self, event: PaymentEvent, now: Timestamp) -> Result<PaymentStep, PaymentRefusal> {
        match event {
            PaymentEvent::Add => self.add(now),
            PaymentEvent::SetupSucceeded { .. } | PaymentEvent::SetupFailed { .. } if self.setup_until.is_none() => {
                Err(PaymentRefusal::NotApplicable)
            }
            PaymentEvent::SetupSucceeded { ours: false } => Err(PaymentRefusal::NotOurs),
            PaymentEvent::SetupSucceeded { ours: true } => Ok(self.succeeded()),
            PaymentEvent::SetupFailed { ended, failures, cards } => Ok(self.failed(ended, failures, cards, now)),
            PaymentEvent::CardExpires { .. }
            | PaymentEvent::Replaced
            | PaymentEvent::Removed { .. }
            | PaymentEvent::Disputed
                if !self.method =>
            {
                Err(PaymentRefusal::NotApplicable)
            }
            PaymentEvent::CardExpires { at } => Ok(self.card_expires(at, now)),
            PaymentEvent::Replaced => Ok(self.replaced("payment.method_replaced")),
            PaymentEvent::Removed { other: true } => Ok(self.replaced("payment.method_removed")),
            PaymentEvent::Removed { other: false } => {
                let next = Self { method: false, ..self };
                Ok(self.closing_step(next.without_method(), "payment.method_removed"))
            }
            PaymentEvent::Disputed => {
                let state = if self.state == PaymentState::Exempt { self.state } else { PaymentState::Attention };
                Ok((Self { state, ..self }, vec![PaymentEffect::NotifyOperator], "payment.disputed"))
            }
            PaymentEvent::Exempt { until } => {
                let next = Self { state: PaymentState::Exempt, until, blocked_until: None, ..self };
                Ok((next, vec![PaymentEffect::Open, PaymentEffect::NotifyOwners], "payment.exempted"))
            }
            PaymentEvent::Tick => Ok(self.tick(now)),
        }
    }

    fn add(self, now: Timestamp) -> Result<PaymentStep, PaymentRefusal> {
        if let Some(until) = self.blocked_until.filter(|until| now < *until) {
            return Err(PaymentRefusal::Blocked { until });
        }
        if self.setup_until.is_some_and(|until| now < until) {
            return Err(PaymentRefusal::AlreadyRunning);
        }
        let next = Self { setup_until: Some(now.plus(SETUP_LIFE)), blocked_until: None, ..self };
        let state = if self.state.opens() { self.state } else { PaymentState::Pending };
        Ok((Self { state, ..next }, vec![PaymentEffect::BeginSetup], "payment.setup_started"))
    }

    fn succeeded(self) -> PaymentStep {
        let mut effects = vec![PaymentEffect::SetDefault];
        if !self.state.opens() {
            effects.push(PaymentEffect::Open);
        }
        effects.push(PaymentEffect::AskForPhone);
        let audit = match self.state {
            PaymentState::Attention => "payment.method_replaced",
            _ => "payment.method_added",
        };
        let next = Self { method: true, setup_until: None, ..self };
        // A card does not override the operator's exemption.
        let next = if self.state == PaymentState::Exempt { next } else { next.active() };
        (next, effects, audit)
    }

    fn failed(self, ended: bool, failures: u32, cards: u32, now: Timestamp) -> PaymentStep {
        if failures >= MOST_FAILURES || cards >= MOST_CARDS {
            let next = Self { setup_until: None, blocked_until: Some(now.plus(BLOCK)), ..self };
            let state = if self.state.opens() { self.state } else { PaymentState::Blocked };
            let effects = vec![PaymentEffect::CancelSetup, PaymentEffect::NotifyOperator];
            return (Self { state, ..next }, effects, "payment.card_testing");
        }
        let setup_until = self.setup_until.filter(|_| !ended);
        (Self { setup_until, ..self }.with_closed_state(), Vec::new(), "payment.setup_failed")
    }

    fn card_expires(self, at: Timestamp, now: Timestamp) -> PaymentStep {
        let until = Some(at.plus(GRACE));
        let known = self.state == PaymentState::Attention && self.until == until;
        if at.since(now) > EXPIRY_NOTICE || known || self.state == PaymentState::Exempt {
            return (self, Vec::new(), "");
        }
        let next = Self { state: PaymentState::Attention, until, ..self };
        (next, vec![PaymentEffect::NotifyOwners], "payment.expiring")
    }

    fn replaced(self, audit: &'static str) -> PaymentStep {
        let next = if self.state == PaymentState::Exempt { self } else { self.active() };
        (next, vec![PaymentEffect::SetDefault], audit)
    }

    fn tick(self, now: Timestamp) -> PaymentStep {
        let reached = |date: Option<Timestamp>| date.is_some_and(|at| now >= at);
        if reached(self.setup_until) {
            let next = Self { setup_until: None, ..self }.with_closed_state();
            return (next, vec![PaymentEffect::CancelSetup], "payment.setup_expired");
        }
        if reached(self.blocked_until) {
            return (Self { blocked_until: None, ..self }.with_closed_state(), Vec::new(), "payment.block_ended");
        }
        match self.state {
            PaymentState::Attention if reached(self.until) => {
                let next = Self { method: false, ..self }.without_method();
                self.closing_step(next, "payment.grace_ended")
            }
            PaymentState::Exempt if reached(self.until) && self.method => {
                (self.active(), vec![PaymentEffect::NotifyOwners], "payment.exemption_ended")
            }
            PaymentState::Exempt if reached(self.until) => {
                let next = Self { state: PaymentState::None, until: None, ..self }.with_closed_state();
                self.closing_step(next, "payment.exemption_ended")
            }
            _ => (self, Vec::new(), ""),
        }
    }

    const fn active(self) -> Self {
        Self { state: PaymentState::Active, until: None, ..self }
    }

    /// Without a method only the operator's exemption keeps it open.
    fn without_method(self) -> Self {
        if self.state == PaymentState::Exempt {
            return self;
        }
        Self { state: PaymentState::None, until: None, ..self }.with_closed_state()
    }

    /// Computes which closed state the dates give; open states stay.
    const fn with_closed_state(self) -> Self {
        if self.state.opens() {
            return self;
        }
        let state = match (self.setup_until, self.blocked_until) {
            (Some(_), _) => PaymentState::Pending,
            (None, Some(_)) => PaymentState::Blocked,
            (None, None) => PaymentState::None,
        };
        Self { state, ..self }
    }

    fn closing_step(self, next: Self, audit: &'static str) -> PaymentStep {
        let mut effects = vec![PaymentEffect::NotifyOwners];
        if self.state.opens() && !next.state.opens() {
            effects.insert(0, PaymentEffect::Close);
        }
        (next, effects, audit)
    }
}

#[cfg(test)]
mod tests;
