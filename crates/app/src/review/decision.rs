//! The verdicts of reviewers, and their results.

use crate::verification::{REASONS, SERVICES_REASONS};

/// A reviewer's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The document belongs to the person.
    Approve,
    /// It is not accepted, for these reasons of [`declines`]; this counts as an attempt.
    Decline(Vec<String>),
    /// The pictures are not good enough to decide: new ones are requested, and this does not count as an attempt.
    Recapture,
}

/// Reasons for declining: all except those that only a service gives.
pub fn declines() -> impl Iterator<Item = &'static str> {
    REASONS.into_iter().filter(|reason| !SERVICES_REASONS.contains(reason))
}

/// The result of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// The case is decided.
    Done,
    /// A second person must agree.
    Proposed,
}
