//! Which reports of a service count, for any order and number of reports.
//!
//! State is never taken from a delivery: the service is asked, and its report is classified here first.

use super::{AttemptState, Check};
use crate::time::Timestamp;

/// A report of the service, independent of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckReport {
    /// The state of the check.
    pub check: Check,
    /// The moment the report describes.
    pub as_of: Timestamp,
}

/// What is known about the attempt of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAttempt {
    /// The state of the attempt.
    pub state: AttemptState,
    /// The newest moment described by a report.
    pub as_of: Timestamp,
    /// Whether the organization is closed by now.
    pub organization_closed: bool,
}

/// How to treat a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotRelevance {
    /// Older than what is known, or nothing new about an attempt that ended: ignore it.
    Nothing,
    /// It describes the live attempt: [`super::Event::ProviderReported`].
    Live,
    /// It approves an attempt that had expired: consent is still given, so the approval counts, and an attempt begun
    /// since is cancelled.
    Revives,
    /// The service reverses the report that ended the attempt: [`super::Event::Reversed`].
    Reverses,
    /// The organization is closed, or consent was withdrawn: the service's data must be erased.
    Erase,
}

/// Classifies a report.
#[must_use]
pub fn classify_snapshot(known: KnownAttempt, report: CheckReport) -> SnapshotRelevance {
    if report.as_of < known.as_of {
        return SnapshotRelevance::Nothing;
    }
    if known.organization_closed {
        return SnapshotRelevance::Erase;
    }
    match (known.state, report.check) {
        (AttemptState::Cancelled, _) => SnapshotRelevance::Erase,
        (AttemptState::Expired, Check::Approved) => SnapshotRelevance::Revives,
        (AttemptState::Approved, Check::Rejected) | (AttemptState::Rejected, Check::Approved) => {
            SnapshotRelevance::Reverses
        }
        (AttemptState::Expired | AttemptState::Approved | AttemptState::Rejected, _) => SnapshotRelevance::Nothing,
        (
            AttemptState::Created
            | AttemptState::LinkIssued
            | AttemptState::InProgress
            | AttemptState::Submitted
            | AttemptState::InReview,
            _,
        ) => SnapshotRelevance::Live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn relevance(state: AttemptState, check: Check) -> SnapshotRelevance {
        classify_snapshot(
            KnownAttempt { state, as_of: NOW, organization_closed: false },
            CheckReport { check, as_of: NOW },
        )
    }

    #[test]
    fn every_attempt_meets_every_report() {
        for state in AttemptState::ALL {
            for check in Check::ALL {
                let expected = match (state, check) {
                    (AttemptState::Expired, Check::Approved) => SnapshotRelevance::Revives,
                    (AttemptState::Approved, Check::Rejected) => SnapshotRelevance::Reverses,
                    (AttemptState::Rejected, Check::Approved) => SnapshotRelevance::Reverses,
                    (AttemptState::Cancelled, _) => SnapshotRelevance::Erase,
                    (state, _) if state.is_final() => SnapshotRelevance::Nothing,
                    _ => SnapshotRelevance::Live,
                };
                assert_eq!(relevance(state, check), expected, "{state:?} {check:?}");
            }
        }
    }

    #[test]
    fn older_reports_and_closed_organizations() {
        for state in AttemptState::ALL {
            for check in Check::ALL {
                let known = KnownAttempt { state, as_of: NOW, organization_closed: false };
                let old = CheckReport { check, as_of: NOW.plus(-1) };
                assert_eq!(
                    classify_snapshot(known, old),
                    SnapshotRelevance::Nothing,
                    "{state:?} {check:?} out of order"
                );
                let closed = KnownAttempt { organization_closed: true, ..known };
                assert_eq!(
                    classify_snapshot(closed, CheckReport { check, as_of: NOW }),
                    SnapshotRelevance::Erase,
                    "{state:?} {check:?} closed"
                );
            }
        }
    }
}
