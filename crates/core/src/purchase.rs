//! Purchases of credit, as pure state machines: what the payment service reports is the input, the next state and what
//! changes in the ledger is the output.
//!
//! A purchase posts its credit once, when it becomes paid. Money that goes back, as a refund or a disputed charge, is a
//! [`Reversal`] of its own: it takes its credit out once, and gives it back at most once. So no repetition, delay or
//! order of the service's messages changes a balance twice.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

pub mod bounds;
pub mod recharge;
mod reversal;

pub use reversal::{Reversal, ReversalChange, ReversalKind, ReversalState};

/// How long the page of a payment at the service stays open, in seconds: an hour.
pub const PAGE_LIFE: i64 = 3_600;
/// How long the request for a payment is repeated when the service does not answer, in seconds. Afterwards the service
/// is only asked whether it has the payment, so that a card is not charged hours later.
pub const REQUEST_FOR: i64 = 900;
/// How long the bank may wait for the owner's confirmation, in seconds: an hour.
pub const CONFIRM_FOR: i64 = 3_600;

/// How an amount is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseWay {
    /// By an owner, with the card on file.
    Card,
    /// By an owner, on a page of the service.
    Checkout,
    /// Automatically, with the card on file.
    Recharge,
}

impl PurchaseWay {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Card, Self::Checkout, Self::Recharge];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Checkout => "checkout",
            Self::Recharge => "recharge",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == name)
    }
}

/// The state of a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseState {
    /// Nothing is paid: the service has not answered yet, or its page is open.
    Created,
    /// The bank waits for the owner's confirmation.
    RequiresAction,
    /// The service works on it.
    Processing,
    /// It is paid, and its credit is posted.
    Paid,
    /// The bank or the service refused it.
    Failed,
    /// It was not paid in time.
    Expired,
}

impl PurchaseState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Created, Self::RequiresAction, Self::Processing, Self::Paid, Self::Failed, Self::Expired];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether it has ended. A payment that succeeds later is still credited.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Paid | Self::Failed | Self::Expired)
    }
}

/// The status of a payment, as the service reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentStatus {
    /// The page is open, or waits for another card.
    Open,
    /// The bank waits for the owner's confirmation.
    RequiresAction,
    /// The service works on it.
    Processing,
    /// It is paid.
    Paid,
    /// It is refused.
    Failed,
    /// It ended without a payment.
    Expired,
}

/// What follows from a change of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PurchaseEffect {
    /// Post the credit, in the transaction that saves the state.
    Post,
    /// Count the failure against card testing, and tell the owners where the card was charged without them.
    CountFailure,
}

impl PurchaseState {
    /// Applies what the service reports. A report that is older than what is known changes nothing.
    #[must_use]
    pub const fn read(self, status: PaymentStatus) -> (Self, Option<PurchaseEffect>) {
        match (self, status) {
            (Self::Paid, _) => (Self::Paid, None),
            // Also after a failure: the money has arrived, so the credit is due.
            (_, PaymentStatus::Paid) => (Self::Paid, Some(PurchaseEffect::Post)),
            (Self::Failed | Self::Expired, _) => (self, None),
            (_, PaymentStatus::Open) => (Self::Created, None),
            (_, PaymentStatus::RequiresAction) => (Self::RequiresAction, None),
            (_, PaymentStatus::Processing) => (Self::Processing, None),
            (_, PaymentStatus::Failed) => (Self::Failed, Some(PurchaseEffect::CountFailure)),
            (_, PaymentStatus::Expired) => (Self::Expired, None),
        }
    }

    /// Whether the service must be told to end the payment, because the time for it is over.
    #[must_use]
    pub fn is_overdue(self, expires_at: Timestamp, now: Timestamp) -> bool {
        matches!(self, Self::Created | Self::RequiresAction) && now >= expires_at
    }
}

#[cfg(test)]
mod tests;
