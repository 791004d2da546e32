//! Which reports of a service count, in any order and any number.
//!
//! State is never taken from a delivery: the service is asked, and what it answers is weighed here first.

use super::{AttemptState, Check};
use crate::time::Timestamp;

/// What the service said when it was asked, in words of no vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// How the check stands.
    pub check: Check,
    /// The moment it speaks of.
    pub as_of: Timestamp,
}

/// What is known of the attempt it speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Where the attempt stands.
    pub state: AttemptState,
    /// The newest moment the service has spoken of.
    pub as_of: Timestamp,
    /// Whether the organization is closed by now.
    pub organization_closed: bool,
}

/// What to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Older than what is known, or nothing new about an attempt that ended: ignore it.
    Nothing,
    /// It speaks of the live attempt: [`super::Event::Said`].
    Live,
    /// It approves an attempt that had run out: consent stands, so the approval counts, and an attempt begun since is
    /// called off.
    Revives,
    /// The service takes back the word that ended the attempt: [`super::Event::Reversed`].
    Reverses,
    /// Nobody is there to be verified, or consent was taken back: what the service holds must go.
    Erase,
}

/// Weighs a snapshot.
#[must_use]
pub fn weigh(known: Known, snapshot: Snapshot) -> Weight {
    if snapshot.as_of < known.as_of {
        return Weight::Nothing;
    }
    if known.organization_closed {
        return Weight::Erase;
    }
    match (known.state, snapshot.check) {
        (AttemptState::Cancelled, _) => Weight::Erase,
        (AttemptState::Expired, Check::Approved) => Weight::Revives,
        (AttemptState::Approved, Check::Rejected) | (AttemptState::Rejected, Check::Approved) => Weight::Reverses,
        (AttemptState::Expired | AttemptState::Approved | AttemptState::Rejected, _) => Weight::Nothing,
        (
            AttemptState::Created
            | AttemptState::LinkIssued
            | AttemptState::InProgress
            | AttemptState::Submitted
            | AttemptState::InReview,
            _,
        ) => Weight::Live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn weight(state: AttemptState, check: Check) -> Weight {
        weigh(Known { state, as_of: NOW, organization_closed: false }, Snapshot { check, as_of: NOW })
    }

    #[test]
    fn every_attempt_meets_every_word() {
        for state in AttemptState::ALL {
            for check in Check::ALL {
                let expected = match (state, check) {
                    (AttemptState::Expired, Check::Approved) => Weight::Revives,
                    (AttemptState::Approved, Check::Rejected) => Weight::Reverses,
                    (AttemptState::Rejected, Check::Approved) => Weight::Reverses,
                    (AttemptState::Cancelled, _) => Weight::Erase,
                    (state, _) if state.is_final() => Weight::Nothing,
                    _ => Weight::Live,
                };
                assert_eq!(weight(state, check), expected, "{state:?} {check:?}");
            }
        }
    }

    #[test]
    fn older_words_and_closed_organizations() {
        for state in AttemptState::ALL {
            for check in Check::ALL {
                let known = Known { state, as_of: NOW, organization_closed: false };
                let old = Snapshot { check, as_of: NOW.plus(-1) };
                assert_eq!(weigh(known, old), Weight::Nothing, "{state:?} {check:?} out of order");
                let closed = Known { organization_closed: true, ..known };
                assert_eq!(weigh(closed, Snapshot { check, as_of: NOW }), Weight::Erase, "{state:?} {check:?} closed");
            }
        }
    }
}
