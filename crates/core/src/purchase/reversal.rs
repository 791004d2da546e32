//! Money of a purchase that goes back: a refund, or a charge that the cardholder disputes.

use serde::{Deserialize, Serialize};

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalKind {
    /// The operator gives it back.
    Refund,
    /// The bank takes it back, because the cardholder disputes the charge.
    Dispute,
}

impl ReversalKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Refund, Self::Dispute];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Dispute => "dispute",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How far a reversal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalState {
    /// The credit is taken out. The refund runs, or the dispute is not decided.
    Open,
    /// The refund has arrived, or the dispute is lost.
    Final,
    /// The refund failed, or the dispute is won: the credit is back.
    Undone,
}

impl ReversalState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Open, Self::Final, Self::Undone];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Final => "final",
            Self::Undone => "undone",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// One reversal, as the service reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// Refund or dispute.
    pub kind: ReversalKind,
    /// The service's id for it.
    pub reference: String,
    /// Our own id for it, if we requested it.
    pub own: Option<String>,
    /// How much goes back, in cents.
    pub cents: i64,
    /// How far it is.
    pub state: ReversalState,
    /// The service's class of the reason, safe to show.
    pub reason: String,
}

/// What a reversal changes in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReversalChange {
    /// The credit is taken out.
    TakeOut,
    /// The credit is given back.
    GiveBack,
}

impl ReversalState {
    /// Applies what the service reports to what is known, `None` for a reversal that is new here. What was undone stays
    /// undone, and an older report changes nothing.
    #[must_use]
    pub const fn read(known: Option<Self>, reported: Self) -> (Self, Option<ReversalChange>) {
        match (known, reported) {
            (None | Some(Self::Undone), Self::Undone) | (Some(Self::Undone), _) => (Self::Undone, None),
            (None, _) => (reported, Some(ReversalChange::TakeOut)),
            (Some(_), Self::Undone) => (Self::Undone, Some(ReversalChange::GiveBack)),
            (Some(Self::Final), _) | (_, Self::Final) => (Self::Final, None),
            (Some(Self::Open), Self::Open) => (Self::Open, None),
        }
    }
}
