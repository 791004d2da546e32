//! What reviewers say, and what comes of it.

use crate::verification::{REASONS, SERVICES_REASONS};

/// What a reviewer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The document is the person's.
    Approve,
    /// It is not accepted, for these reasons of [`declines`]; counts as a try.
    Decline(Vec<String>),
    /// The pictures do not suffice either way: new ones are asked for, and no try is used up.
    Recapture,
}

/// Why people may decline: every reason but those that only a service has.
pub fn declines() -> impl Iterator<Item = &'static str> {
    REASONS.into_iter().filter(|reason| !SERVICES_REASONS.contains(reason))
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It is decided.
    Done,
    /// A second person must agree.
    Proposed,
}
