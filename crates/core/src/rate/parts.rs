//! The part of a limit that one node has.

use serde::{Deserialize, Serialize};

/// A part of a limit. It does not depend on the limit, so that the limit may change while nodes have parts of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Part(u32);

impl Part {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// All of a limit: a number that up to sixteen nodes divide without a remainder.
    pub const ALL: Self = Self(720_720);

    /// The part of each of a number of nodes.
    #[must_use]
    pub const fn of_nodes(nodes: u32) -> Self {
        Self(Self::ALL.0 / if nodes == 0 { 1 } else { nodes })
    }

    /// The part with this number of the pieces into which a limit is cut; at most all of it.
    #[must_use]
    pub fn of_pieces(pieces: u128) -> Self {
        Self(u32::try_from(pieces).unwrap_or(u32::MAX)).min(Self::ALL)
    }

    /// The number of pieces, of [`Self::ALL`].
    #[must_use]
    pub fn pieces(self) -> u64 {
        self.0.into()
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, and nothing where the other is larger.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The part after it was halved this number of times.
    #[must_use]
    pub fn halved(self, times: u64) -> Self {
        Self(u32::try_from(times).ok().and_then(|times| self.0.checked_shr(times)).unwrap_or(0))
    }
}
