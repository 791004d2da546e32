//! The velocity cap of a key: the most requests, or the most money, in a minute or an hour of the clock (UTC).

use serde::{Deserialize, Serialize};

use super::HOUR;
use crate::money::Amount;
use crate::time::Timestamp;

/// The highest number of requests of a cap.
pub const MOST_CAP_REQUESTS: i64 = 1_000_000_000;
/// The highest amount of a cap, in cents.
pub const MOST_CAP_CENTS: i64 = 1_000_000_000_000;

/// The period in which a cap counts. It begins with a full minute or hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapPeriod {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
}

impl CapPeriod {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Minute, Self::Hour];

    /// The name in the store and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.as_str() == name)
    }

    /// Its length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => HOUR,
        }
    }
}

/// A cap. At least one of its two figures is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VelocityCap {
    /// The period.
    pub period: CapPeriod,
    /// The most requests.
    pub requests: Option<i64>,
    /// The most money, in cents.
    pub cents: Option<i64>,
}

/// What is wrong with a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongCap {
    /// It has neither figure.
    #[error("name a number of requests, an amount, or both")]
    Empty,
    /// The number of requests is out of bounds.
    #[error("the number of requests must be between 1 and {MOST_CAP_REQUESTS}")]
    Requests,
    /// The amount is out of bounds.
    #[error("the amount must be between 1 and {MOST_CAP_CENTS} cents")]
    Cents,
}

impl VelocityCap {
    /// Checks the figures.
    ///
    /// # Errors
    /// The first figure that cannot be a cap.
    pub fn checked(self) -> Result<Self, WrongCap> {
        if self.requests.is_some_and(|requests| !(1..=MOST_CAP_REQUESTS).contains(&requests)) {
            return Err(WrongCap::Requests);
        }
        if self.cents.is_some_and(|cents| !(1..=MOST_CAP_CENTS).contains(&cents)) {
            return Err(WrongCap::Cents);
        }
        if self.requests.is_none() && self.cents.is_none() { Err(WrongCap::Empty) } else { Ok(self) }
    }

    /// Returns which figure the use of a period is above, if any: requests first.
    #[must_use]
    pub fn exceeded_by(&self, requests: i64, spent: Amount) -> Option<PauseReason> {
        if self.requests.is_some_and(|most| requests > most) {
            return Some(PauseReason::RequestsOverCap);
        }
        self.cents.is_some_and(|most| spent > Amount::of_cents(most)).then_some(PauseReason::SpendOverCap)
    }
}

/// The cap of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyCap {
    /// That of its organization, if it has one.
    #[default]
    Inherited,
    /// None, also if its organization has one.
    Off,
    /// One of its own.
    Own(VelocityCap),
}

impl KeyCap {
    /// Returns the cap that applies.
    #[must_use]
    pub fn or_of(self, organization: Option<VelocityCap>) -> Option<VelocityCap> {
        match self {
            Self::Inherited => organization,
            Self::Off => None,
            Self::Own(cap) => Some(cap),
        }
    }
}

/// Why a key is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// It sent more requests than its cap allows.
    RequestsOverCap,
    /// It cost more than its cap allows.
    SpendOverCap,
    /// A person paused it.
    Person,
}

impl PauseReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::RequestsOverCap, Self::SpendOverCap, Self::Person];

    /// The name in the store and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequestsOverCap => "requests_over_cap",
            Self::SpendOverCap => "spend_over_cap",
            Self::Person => "paused_by_person",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// The reason in a message to a developer.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::RequestsOverCap => "it sent more requests than its velocity cap allows",
            Self::SpendOverCap => "it cost more than its velocity cap allows",
            Self::Person => "a person paused it",
        }
    }
}

/// The pause of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPause {
    /// When it began.
    pub since: Timestamp,
    /// Why.
    pub reason: PauseReason,
}
