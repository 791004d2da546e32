//! Unusual use of a key: what it did beyond its own past, and the velocity cap that pauses it.
//!
//! A key is compared with itself only. Nothing is new in the first day after its first use, and figures are compared
//! from the third day with use on.

mod cap;
mod past;
mod seen;

use std::net::IpAddr;

pub use cap::{CapPeriod, KeyCap, KeyPause, MOST_CAP_CENTS, MOST_CAP_REQUESTS, PauseReason, VelocityCap, WrongCap};
pub use past::{FACTOR, LEAST_DAYS, LEAST_REQUESTS, LEAST_SPEND, Past, is_beyond};
pub use seen::{MOST_COUNTRIES, MOST_MODELS, MOST_NETWORKS, Noted, REMEMBERED_DAYS, Seen};

use crate::time::Timestamp;

/// Seconds of an hour.
pub const HOUR: i64 = 3_600;
/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// Days with which the present hour is compared.
pub const PAST_DAYS: i64 = 14;
/// Days for which signals are kept.
pub const SIGNALS_KEPT_DAYS: i64 = 90;
/// Seconds after the first use of a key in which nothing about it is new.
const LEARNING: i64 = DAY;

/// What was noticed about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// It costs far more in an hour than ever in the last days.
    SpendBeyondPast,
    /// It sends far more requests in an hour than ever in the last days.
    RequestsBeyondPast,
    /// It is used from a network that it was not used from before.
    NewNetwork,
    /// It is used from a country that it was not used from before.
    NewCountry,
    /// It is used with a model that it was not used with before.
    NewModel,
    /// It costs more in a minute or an hour than its cap allows, and is paused.
    SpendOverCap,
    /// It sends more requests in a minute or an hour than its cap allows, and is paused.
    RequestsOverCap,
}

impl Signal {
    /// Every signal.
    pub const ALL: [Self; 7] = [
        Self::SpendBeyondPast,
        Self::RequestsBeyondPast,
        Self::NewNetwork,
        Self::NewCountry,
        Self::NewModel,
        Self::SpendOverCap,
        Self::RequestsOverCap,
    ];

    /// Those that owners can switch off. The others come from a cap, which is off without one.
    pub const SWITCHES: [Self; 5] =
        [Self::SpendBeyondPast, Self::RequestsBeyondPast, Self::NewNetwork, Self::NewCountry, Self::NewModel];

    /// The name in the store and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SpendBeyondPast => "spend_beyond_past",
            Self::RequestsBeyondPast => "requests_beyond_past",
            Self::NewNetwork => "new_network",
            Self::NewCountry => "new_country",
            Self::NewModel => "new_model",
            Self::SpendOverCap => "spend_over_cap",
            Self::RequestsOverCap => "requests_over_cap",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.as_str() == name)
    }

    /// Whether its figures are amounts in whole micros; otherwise they are requests.
    #[must_use]
    pub const fn is_of_money(self) -> bool {
        matches!(self, Self::SpendBeyondPast | Self::SpendOverCap)
    }

    /// Why the key is paused, if the signal pauses it.
    #[must_use]
    pub const fn pauses(self) -> Option<PauseReason> {
        match self {
            Self::SpendOverCap => Some(PauseReason::SpendOverCap),
            Self::RequestsOverCap => Some(PauseReason::RequestsOverCap),
            _ => None,
        }
    }
}

/// The signals that an organization wants: all but those that it switched off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals {
    off: Vec<Signal>,
}

impl Signals {
    /// Parses the names of those that are off, with commas between them. Unknown ones are left out.
    #[must_use]
    pub fn without(names: &str) -> Self {
        let named: Vec<Signal> = names.split(',').filter_map(Signal::from_name).collect();
        Self { off: Signal::SWITCHES.into_iter().filter(|signal| named.contains(signal)).collect() }
    }

    /// Builds the set from those that are on.
    #[must_use]
    pub fn only(on: &[Signal]) -> Self {
        Self { off: Signal::SWITCHES.into_iter().filter(|signal| !on.contains(signal)).collect() }
    }

    /// Whether the signal is on.
    #[must_use]
    pub fn has(&self, signal: Signal) -> bool {
        !self.off.contains(&signal)
    }

    /// Those that are on and can be switched off.
    #[must_use]
    pub fn on(&self) -> Vec<Signal> {
        Signal::SWITCHES.into_iter().filter(|signal| self.has(*signal)).collect()
    }

    /// The names of those that are off, for the store.
    #[must_use]
    pub fn off_names(&self) -> String {
        self.off.iter().map(|signal| signal.as_str()).collect::<Vec<_>>().join(",")
    }
}

/// Whether something that is first seen at this moment is news, for a key that was first used at `first_used`.
#[must_use]
pub const fn can_be_new(first_used: Timestamp, at: Timestamp) -> bool {
    at.since(first_used) >= LEARNING
}

/// The network around a client: /24, of IPv6 /48. Addresses within it change by themselves.
#[must_use]
pub fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(six) => format!("{}/48", std::net::Ipv6Addr::from_bits(six.to_bits() >> 80 << 80)),
    }
}

#[cfg(test)]
mod tests;
