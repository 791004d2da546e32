//! How the store divides a budget among nodes. Every rule is here; the store only keeps the figures.

use std::sync::Arc;

use super::{BudgetScope, Window};
use crate::money::Amount;
use crate::time::Timestamp;

/// A lease is at most this part of what is left, unless one request needs more. So leases shrink towards the limit, and
/// a node never keeps much from the others.
const PART: u32 = 8;
/// How long nodes lease no more than their requests need after a request did not find enough, in seconds.
const SCARCE: i64 = 10;
/// How long a request waits for other nodes to return what they do not need, in seconds. They renew their leases every
/// second: by one renewal they hear of it, by the next they return it.
const PATIENCE: i64 = 4;
/// A node that has not renewed its lease for longer, in seconds, has nothing that it could return soon.
pub(crate) const LIVE: i64 = 10;

/// How long a lease lasts without a renewal, in seconds, unless it is configured.
pub const LEASE_SECONDS: i64 = 600;

/// What a node asks of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseAsk {
    /// The budget.
    pub scope: BudgetScope,
    /// The period.
    pub window: Window,
    /// The name of the lease: the run of the node's usage spool; its events are paid from it.
    pub holder: Arc<str>,
    /// Grows with each ask of the holder for this period, also with those that were not answered. An ask that is read
    /// after a newer one must change nothing.
    pub number: i64,
    /// What the holder has spent and set aside in this period, in all.
    pub committed: Amount,
    /// What the holder continues to use beyond that until the answer comes. It was granted before.
    pub keep: Amount,
    /// What a request needs now beyond that; zero to renew or return.
    pub least: Amount,
    /// What the node would like beyond what is committed.
    pub want: Amount,
    /// Until when the node uses the lease without renewing it, by its clock, and a margin beyond that.
    pub ends_at: Timestamp,
    /// By when leases of other nodes have ended: later ends may have come while no node could renew. From [`Contact`].
    ///
    /// [`Contact`]: super::Contact
    pub ended_by: Timestamp,
}

/// The lease of another holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OtherLease {
    /// What it may spend, in all.
    pub granted: Amount,
    /// What it had spent and set aside when it was last heard of, in all.
    pub committed: Amount,
    /// What of it is counted.
    pub consumed: Amount,
    /// When it was last heard of.
    pub renewed_at: Timestamp,
    /// When the lease ends.
    pub ends_at: Timestamp,
}

impl OtherLease {
    /// What the lease keeps from others. After its end the holder is taken as gone: what it had not committed is free
    /// again, and the rest is held until it is counted.
    #[must_use]
    pub fn open(&self, now: Timestamp) -> Amount {
        let held = if now < self.ends_at { self.granted } else { self.committed.min(self.granted) };
        held.minus(self.consumed).max(Amount::ZERO)
    }
}

/// The figures of a budget in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoredFigures {
    /// The limit; `None` when it was deleted.
    pub limit: Option<Amount>,
    /// What is counted as spent in the period.
    pub spent: Amount,
    /// Of that, what was paid from the holder's lease.
    pub consumed: Amount,
    /// What was granted to other holders and is not counted yet.
    pub others: Amount,
    /// Of that, what nodes hold that have renewed their lease lately.
    pub returnable: Amount,
    /// What is set aside for responses and batches that outlived their request.
    pub pending: Amount,
    /// Since when, and until when, nodes lease no more than they need.
    pub scarce: (Timestamp, Timestamp),
}

impl StoredFigures {
    /// The figures of a subject that was deleted: nothing more may be used.
    #[must_use]
    pub fn of_deleted() -> Self {
        Self { limit: Some(Amount::ZERO), ..Self::default() }
    }

    /// Adds the lease of another holder. It has ended if its end is not after `ended_by`.
    pub fn add_other(&mut self, lease: &OtherLease, ended_by: Timestamp, now: Timestamp) {
        let open = lease.open(ended_by);
        self.others = self.others.plus(open);
        if now.since(lease.renewed_at) <= LIVE {
            self.returnable = self.returnable.plus(open);
        }
    }
}

/// What the store saves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What the holder may spend in this period, in all.
    pub granted: Amount,
    /// What of that is committed, with what the request needs that asked.
    pub committed: Amount,
    /// Since when, and until when, nodes lease no more than they need.
    pub scarce: (Timestamp, Timestamp),
}

/// What the node learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseAnswer {
    /// What it may spend in this period, in all.
    pub granted: Amount,
    /// Whether the request fits.
    pub met: bool,
    /// Whether it may fit shortly, because other nodes may return something.
    pub wait: bool,
    /// How much of what is free it may keep when it asks next: a part of what is left, so that leases shrink towards the
    /// limit, and nothing while a request of any node does not find enough.
    pub part: Amount,
    /// The limit.
    pub limit: Amount,
    /// What is counted as spent.
    pub spent: Amount,
}

/// Decides what a node gets. What is spent, what all others hold and what this node has committed is never more than the
/// limit, as long as no request costs more than was set aside for it.
///
/// What the node keeps is granted again whatever else is decided: it may have been used before the answer comes, and the
/// answer may be lost. This passes no limit, because the lease that is replaced holds as much.
#[must_use]
pub fn decide(ask: &LeaseAsk, stored: &StoredFigures, now: Timestamp) -> (Decision, LeaseAnswer) {
    let wanted = ask.want.max(ask.least).max(Amount::ZERO);
    let (keep, spent) = (ask.keep.max(Amount::ZERO), stored.spent);
    let Some(limit) = stored.limit else {
        let granted = ask.committed.plus(wanted.max(keep));
        let committed = ask.committed.plus(ask.least);
        let decision = Decision { granted, committed, scarce: stored.scarce };
        let (part, limit) = (wanted.max(keep), Amount::ZERO);
        return (decision, LeaseAnswer { granted, met: true, wait: false, part, limit, spent });
    };
    // What the holder has committed and the store has not counted yet. What it keeps is room, but for this node alone.
    let own = ask.committed.minus(stored.consumed).max(Amount::ZERO);
    let room = limit.minus(spent).minus(stored.pending).minus(stored.others).minus(own);
    let is_scarce = now < stored.scarce.1;
    let met = ask.least <= room.max(Amount::ZERO);
    let part = if is_scarce { Amount::ZERO } else { room.divided_by(PART).max(Amount::ZERO) };
    // Others may use what is kept before the request can: it gets what it needs beyond that, if there is as much.
    let beyond = ask.least.plus(keep).min(room);
    let extra = if met { beyond.max(wanted.min(part)).max(keep) } else { keep };
    // Others are asked to return what they do not need only if that could help.
    let helps = !met && room.plus(stored.returnable) >= ask.least;
    let scarce = if helps { (if is_scarce { stored.scarce.0 } else { now }, now.plus(SCARCE)) } else { stored.scarce };
    let wait = helps && now.since(scarce.0) < PATIENCE;
    let granted = ask.committed.plus(extra);
    // The request takes what it needs at once.
    let committed = if met { ask.committed.plus(ask.least) } else { ask.committed };
    let part = if helps { Amount::ZERO } else { part };
    (Decision { granted, committed, scarce }, LeaseAnswer { granted, met, wait, part, limit, spent })
}
