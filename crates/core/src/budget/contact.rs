//! Which leases of other nodes have ended, as far as a node can know.

use crate::time::Timestamp;

/// A node that did not hear of the store for longer, in seconds, takes it that no node did.
const GAP: i64 = 10;
/// How long it takes at most, in seconds, until every node that lives has renewed its leases after the store was away.
/// Together with the gap it is less than the shortest lease.
const RETURN: i64 = 30;

/// When a node heard of the store.
///
/// A lease ends by time in which its node could have renewed it. While the store is away no node can, so a node that
/// finds it again leaves the leases of the others as they are until those have had time to renew them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contact {
    /// When it began to hear of the store without a gap.
    since: Timestamp,
    heard: Timestamp,
    ended_by: Timestamp,
}

impl Contact {
    /// Notes that the store answered a request that was made at this moment.
    pub fn hear(&mut self, at: Timestamp) {
        // A clock that was set back is a gap as well.
        if !(0..=GAP).contains(&at.since(self.heard)) {
            self.since = at;
        }
        self.heard = at;
        if at.since(self.since) >= RETURN {
            self.ended_by = at;
        }
    }

    /// A lease of another node has ended if its end is not after this moment.
    #[must_use]
    pub const fn ended_by(&self) -> Timestamp {
        self.ended_by
    }
}
