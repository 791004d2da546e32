//! Webhooks of customers: which events are sent, to which addresses, how deliveries are signed and when they are repeated.
//! Deliveries follow the specification of Standard Webhooks, version 1.

mod schedule;
mod signature;
mod url;

pub use schedule::{ATTEMPTS, is_failing_too_long, wait_after};
pub use signature::{SECRET_PREFIX, WebhookSecret};
pub use url::{LONGEST_URL, UrlFault, check_url};

/// Endpoints of one organization.
pub const MOST_ENDPOINTS: i64 = 20;
/// The most characters of the description of an endpoint.
pub const LONGEST_DESCRIPTION: usize = 500;
/// Seconds for which the secret before a rotation signs too.
pub const ROTATION_OVERLAP: i64 = 86_400;
/// Days for which a delivery is kept after its event.
pub const DELIVERIES_KEPT_DAYS: i64 = 30;

/// A type of event. Its name never changes: receivers tell events apart by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// What is used of a budget has reached a threshold of an alert.
    BudgetThresholdReached,
    /// All of a budget is used, so that requests are refused.
    BudgetExhausted,
    /// A key was paused, by a velocity cap or by a person.
    KeyPaused,
    /// A key that was paused works again.
    KeyResumed,
    /// Unusual use of a key was noticed.
    AnomalyDetected,
    /// The balance of prepaid credit fell below the mark that owners set.
    CreditLow,
    /// No prepaid credit is left, so that requests that cost something are refused.
    CreditExhausted,
    /// Credit is not bought automatically any more, until an owner acts or the next month begins.
    RechargePaused,
    /// Billing was suspended, so that requests are refused.
    BillingSuspended,
    /// The suspension of billing ended.
    BillingResumed,
    /// An owner sends a test; endpoints get it without being subscribed to it.
    EndpointTest,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 11] = [
        Self::BudgetThresholdReached,
        Self::BudgetExhausted,
        Self::KeyPaused,
        Self::KeyResumed,
        Self::AnomalyDetected,
        Self::CreditLow,
        Self::CreditExhausted,
        Self::RechargePaused,
        Self::BillingSuspended,
        Self::BillingResumed,
        Self::EndpointTest,
    ];

    /// The types that endpoints can be subscribed to.
    pub const OFFERED: [Self; 10] = [
        Self::BudgetThresholdReached,
        Self::BudgetExhausted,
        Self::KeyPaused,
        Self::KeyResumed,
        Self::AnomalyDetected,
        Self::CreditLow,
        Self::CreditExhausted,
        Self::RechargePaused,
        Self::BillingSuspended,
        Self::BillingResumed,
    ];

    /// The name in bodies and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BudgetThresholdReached => "budget.threshold_reached",
            Self::BudgetExhausted => "budget.exhausted",
            Self::KeyPaused => "key.paused",
            Self::KeyResumed => "key.resumed",
            Self::AnomalyDetected => "anomaly.detected",
            Self::CreditLow => "credit.low",
            Self::CreditExhausted => "credit.exhausted",
            Self::RechargePaused => "credit.recharge_paused",
            Self::BillingSuspended => "billing.suspended",
            Self::BillingResumed => "billing.resumed",
            Self::EndpointTest => "endpoint.test",
        }
    }

    /// Returns the type of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    /// Returns the type of this name, if endpoints can be subscribed to it.
    #[must_use]
    pub fn offered(name: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|one| one.as_str() == name)
    }
}

/// Why an endpoint is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisabledReason {
    /// An owner switched it off.
    Owner,
    /// It answered 410, which says that it takes no more deliveries.
    Gone,
    /// Its deliveries failed for days.
    Failing,
}

impl DisabledReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Gone, Self::Failing];

    /// The name in the API and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    /// Returns the reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// The state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// It is sent, or sent again, later.
    Pending,
    /// The endpoint took it with a status from 200 to 299.
    Delivered,
    /// It is not sent again.
    Failed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// The name in the API and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// Returns the state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// Why an attempt failed, besides a status that is not from 200 to 299.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryFault {
    /// The endpoint answered with another status.
    Status,
    /// No answer came in time.
    TimedOut,
    /// There was no connection, or no TLS.
    NoConnection,
    /// The answer could not be read.
    BrokenAnswer,
    /// The address is not public, or it is not one that is called.
    Address,
    /// The endpoint was switched off before.
    Disabled,
}

impl DeliveryFault {
    /// Every fault.
    pub const ALL: [Self; 6] =
        [Self::Status, Self::TimedOut, Self::NoConnection, Self::BrokenAnswer, Self::Address, Self::Disabled];

    /// The name in the API and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::TimedOut => "timed_out",
            Self::NoConnection => "no_connection",
            Self::BrokenAnswer => "broken_answer",
            Self::Address => "address",
            Self::Disabled => "disabled",
        }
    }

    /// Returns the fault of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

#[cfg(test)]
mod tests;
