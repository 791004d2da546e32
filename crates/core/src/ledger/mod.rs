//! Credit of organizations, kept by double entry.
//!
//! Everything that changes what an organization has or owes is a [`Transaction`]: two or more entries that sum to zero,
//! which are never changed or deleted. A balance is a sum of entries, in whole micros. Usage is counted in picos, and
//! posted by its running total (see [`unposted`]), so that no request is rounded.

mod low;
mod operations;
mod position;

pub use low::LowMark;
pub use operations::{
    OfPayment, adjust, charge_back, expire, grant, post_usage, purchase, refund, reverse_charge_back, reverse_refund,
};
pub use position::{Lot, Position};

use std::fmt;
use std::str::FromStr;

use crate::id::{CreditLotId, InvalidId};
use crate::money::{Amount, Micros};

/// The largest amount of one transaction: ten thousand million units, as for limits.
pub const MOST: Micros = Micros(crate::budget::MOST_CENTS * 10_000);

/// The priority of a lot unless something else is said; lots with a lower number are used first.
pub const PRIORITY: i64 = 50;

/// The highest priority number.
pub const LAST_PRIORITY: i64 = 100;

/// How an organization pays for what it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum BillingMode {
    /// Usage is counted and not charged.
    #[default]
    None,
    /// From credit that was bought or granted; without credit, requests that cost something are refused.
    Prepaid,
    /// Afterwards: what exceeds credit is owed.
    Postpaid,
}

impl BillingMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Prepaid, Self::Postpaid];

    /// The name in the configuration, in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Prepaid => "prepaid",
            Self::Postpaid => "postpaid",
        }
    }

    /// Finds the mode with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }

    /// The account that takes what no lot pays.
    #[must_use]
    pub const fn rest(self) -> Account {
        match self {
            Self::None => Account::Unbilled,
            Self::Prepaid | Self::Postpaid => Account::Receivable,
        }
    }
}

/// An account of an organization. Its own are `Credit` and `Receivable`, which together are its balance; all others are
/// the other side, and grow with what the organization has used, paid or received.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What is left of one lot.
    Credit(CreditLotId),
    /// What the organization owes, as a negative number.
    Receivable,
    /// What was used.
    Usage,
    /// What was used while nothing was charged.
    Unbilled,
    /// What was paid.
    Payments,
    /// What operators granted.
    Granted,
    /// What operators corrected.
    Adjustments,
    /// What was paid back.
    Refunds,
    /// What banks took back.
    Disputed,
    /// What expired before it was used.
    Expired,
}

impl Account {
    /// The accounts without a lot.
    pub const PLAIN: [Self; 9] = [
        Self::Receivable,
        Self::Usage,
        Self::Unbilled,
        Self::Payments,
        Self::Granted,
        Self::Adjustments,
        Self::Refunds,
        Self::Disputed,
        Self::Expired,
    ];

    /// The name without the lot.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Credit(_) => "credit",
            Self::Receivable => "receivable",
            Self::Usage => "usage",
            Self::Unbilled => "unbilled",
            Self::Payments => "payments",
            Self::Granted => "granted",
            Self::Adjustments => "adjustments",
            Self::Refunds => "refunds",
            Self::Disputed => "disputed",
            Self::Expired => "expired",
        }
    }

    /// Whether the account is a part of the balance.
    #[must_use]
    pub const fn is_balance(&self) -> bool {
        matches!(self, Self::Credit(_) | Self::Receivable)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credit(lot) => write!(f, "credit:{lot}"),
            other => f.write_str(other.kind()),
        }
    }
}

impl FromStr for Account {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if let Some(lot) = text.strip_prefix("credit:") {
            return lot.parse().map(Self::Credit);
        }
        Self::PLAIN.into_iter().find(|account| account.kind() == text).ok_or(InvalidId { kind: "account" })
    }
}

/// What a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransactionKind {
    /// Credit was bought.
    Purchase,
    /// An operator granted credit.
    Grant,
    /// Usage was posted.
    Usage,
    /// An operator corrected the balance, with a reason.
    Adjustment,
    /// A payment was paid back.
    Refund,
    /// A bank took a payment back.
    Chargeback,
    /// The bank returned it.
    ChargebackReversed,
    /// What was left of a lot expired.
    Expiry,
}

impl TransactionKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Purchase,
        Self::Grant,
        Self::Usage,
        Self::Adjustment,
        Self::Refund,
        Self::Chargeback,
        Self::ChargebackReversed,
        Self::Expiry,
    ];

    /// The name in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Grant => "grant",
            Self::Usage => "usage",
            Self::Adjustment => "adjustment",
            Self::Refund => "refund",
            Self::Chargeback => "chargeback",
            Self::ChargebackReversed => "chargeback_reversed",
            Self::Expiry => "expiry",
        }
    }

    /// Finds the kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One side of a transaction: what an account gains, or loses as a negative number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub account: Account,
    /// What it gains.
    pub micros: Micros,
}

/// Entries that belong together; their sum is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// What it is.
    pub kind: TransactionKind,
    /// Its entries, one for each account.
    pub entries: Vec<Entry>,
}

impl Transaction {
    /// Whether the entries sum to zero.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        is_balanced(&self.entries)
    }

    /// What it adds to the balance of the organization; negative when it takes from it.
    #[must_use]
    pub fn change(&self) -> Micros {
        change(&self.entries)
    }
}

/// Whether entries sum to zero.
#[must_use]
pub fn is_balanced(entries: &[Entry]) -> bool {
    entries.iter().map(|entry| i128::from(entry.micros.0)).sum::<i128>() == 0
}

/// What entries add to the balance of their organization.
#[must_use]
pub fn change(entries: &[Entry]) -> Micros {
    let own = entries.iter().filter(|entry| entry.account.is_balance());
    Micros(own.fold(0_i64, |sum, entry| sum.saturating_add(entry.micros.0)))
}

/// Why a transaction is impossible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerFault {
    /// The amount is zero, negative where it may not be, or too large.
    #[error("the amount is out of range")]
    Amount,
    /// More would be paid back than was paid.
    #[error("more than was paid")]
    MoreThanPaid,
    /// A sum would not fit.
    #[error("the balance would be out of range")]
    Range,
}

/// Why the billing of an organization is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspension {
    /// A bank took a payment back; it ends when the bank returns it.
    Chargeback,
    /// An operator suspended it; it ends when an operator resumes it.
    Operator,
}

impl Suspension {
    /// The name in the store and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chargeback => "chargeback",
            Self::Operator => "operator",
        }
    }

    /// Finds the reason with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Chargeback, Self::Operator].into_iter().find(|why| why.as_str() == name)
    }
}

/// When credit is bought automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recharge {
    /// Once the balance is below this.
    pub below: Micros,
    /// This much is bought at a time.
    pub amount: Micros,
    /// The most that is bought automatically in a calendar month (UTC).
    pub ceiling: Micros,
}

/// Usage that is counted and not posted yet, rounded down to whole micros: the running total decides, so however many
/// requests there are, what is posted is less than one micro below what was counted. Usage is only ever added.
#[must_use]
pub fn unposted(counted: Amount, posted: Micros) -> Micros {
    let (micros, _) = counted.parts();
    Micros(micros.saturating_sub(posted.0).max(0))
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
