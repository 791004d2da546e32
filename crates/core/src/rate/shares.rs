//! How one limit is divided among the nodes: each has a part of it, which follows what clients ask of the node.
//!
//! A part of a limit is a part of its bucket: a part of the depth, of the leak, and of the level. The level goes with the
//! part, so all buckets together hold as much as one bucket of the whole limit would, however often parts move. Only the
//! node itself makes its part smaller, and only [`Division::divide`] makes it larger, from what no node has.
//!
//! A message may be lost, and is then sent again with the same number: it counts once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Levels, Part, RateLimits};
use crate::time::Timestamp;

/// A part that differs by less from what it should be is left as it is.
pub const SLACK: Part = Part::of_nodes(64);
/// Seconds after its last report to the list of nodes after which the parts of a node are free. The node itself stops
/// using them earlier.
pub const SILENT_SECONDS: i64 = 12;
/// Time after its last report to the list of nodes after which a node itself does not use its parts any more. In between
/// is room for clocks that differ by a few seconds.
pub const CUT_OFF: Duration = Duration::from_secs(6);

/// A limit: that of an organization or of one of its projects for one model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitName {
    /// The id of the organization or project.
    pub subject: String,
    /// The model.
    pub model: String,
}

/// What a node reports about one limit, and asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareAsk {
    /// The limit.
    pub name: LimitName,
    /// Its figures, as the node knows them.
    pub limits: RateLimits,
    /// The number of this report. The numbers of a node rise; a report that is repeated keeps its number.
    pub number: u64,
    /// Whether the node begins: it has nothing of the limit in memory.
    pub first: bool,
    /// The part that it has, after it gave some of it back.
    pub part: Part,
    /// The levels that went with what it gave back.
    pub given: Levels,
    /// The levels of what it has.
    pub levels: Levels,
    /// The part that would be enough for what its clients ask for.
    pub want: Part,
}

/// What the store answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShareAnswer {
    /// The number of the report.
    pub number: u64,
    /// Whether what the node had was free meanwhile: it has only what this answer says.
    pub fresh: bool,
    /// The part that the node has now.
    pub part: Part,
    /// The levels that come with what was added.
    pub added: Levels,
    /// The part that it should have. It gives back what it has above that, and what is missing is with other nodes.
    pub target: Part,
    /// Whether other nodes use this limit.
    pub shared: bool,
}

impl ShareAnswer {
    /// Whether more is on its way from other nodes.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.target.minus(self.part) > SLACK
    }
}

/// What is known of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// It reported to the list of nodes within [`SILENT_SECONDS`].
    Live,
    /// It did not, and may have used its parts after its last report, until it stopped.
    Silent {
        /// Its last report to the list of nodes.
        since: Timestamp,
    },
    /// It has left the list, or its successor removed it.
    Gone,
}

impl NodeState {
    /// The state of a node that was last seen at this moment; `None` is that it is not in the list.
    #[must_use]
    pub fn of(seen_at: Option<Timestamp>, now: Timestamp) -> Self {
        match seen_at {
            Some(at) if at >= now.plus(-SILENT_SECONDS) => Self::Live,
            Some(since) => Self::Silent { since },
            None => Self::Gone,
        }
    }
}

/// What one node has of a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holding {
    node: String,
    part: Part,
    want: Part,
    /// As of `at`.
    levels: Levels,
    at: Timestamp,
    /// The last answer, for a report that is repeated.
    answer: ShareAnswer,
}

impl Holding {
    /// The levels that go with its part when its node has ended.
    fn left(&self, state: NodeState, limits: &RateLimits, now: Timestamp) -> Levels {
        match state {
            // It may have used all of it until it stopped, and nothing afterwards.
            NodeState::Silent { since } => {
                let stopped = since.plus(SILENT_SECONDS);
                self.levels.with_full_minutes(limits, self.part).after(now.since(stopped), limits, self.part)
            }
            NodeState::Live | NodeState::Gone => self.levels.after(now.since(self.at), limits, self.part),
        }
    }
}

/// How one limit is divided. It is kept in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Division {
    /// The levels of what no node has, as of `at`.
    free: Levels,
    at: Timestamp,
    holdings: Vec<Holding>,
}

impl Division {
    /// Takes the report of a node, and gives it what it should have and is free.
    pub fn divide(
        &mut self,
        node: &str,
        ask: &ShareAsk,
        state: impl Fn(&str) -> NodeState,
        now: Timestamp,
    ) -> ShareAnswer {
        // The clocks of nodes differ a little; none of them takes time back.
        let now = now.max(self.at);
        self.free = self.free.after(now.since(self.at), &ask.limits, self.free_part());
        self.at = now;
        self.end(|holding| if holding.node == node { NodeState::Live } else { state(&holding.node) }, ask, now);
        let own = self.holdings.iter().position(|holding| holding.node == node).map(|at| self.holdings.swap_remove(at));
        let (part, fresh) = match own {
            // It was counted before, or a later one was.
            Some(own) if own.answer.number >= ask.number => {
                let answer = own.answer;
                self.holdings.push(own);
                return answer;
            }
            // Its memory of the limit was dropped.
            Some(own) if ask.first => {
                self.free = self.free.plus(own.left(NodeState::Gone, &ask.limits, now));
                (Part::NONE, false)
            }
            Some(own) => {
                self.free = self.free.plus(ask.given);
                (ask.part.min(own.part), false)
            }
            None => (Part::NONE, !ask.first),
        };
        let free = self.free_part().minus(part);
        let (target, shared) = self.target(ask.want);
        let grant = target.minus(part).min(free);
        let added = if grant.is_none() { Levels::default() } else { self.free.with(grant, free) };
        self.free = self.free.minus(added);
        let answer = ShareAnswer { number: ask.number, fresh, part: part.plus(grant), added, target, shared };
        let levels = if fresh { added } else { ask.levels.plus(added) };
        let node = node.to_owned();
        self.holdings.push(Holding { node, part: answer.part, want: ask.want, levels, at: now, answer });
        answer
    }

    /// What no node has.
    fn free_part(&self) -> Part {
        let held = self.holdings.iter().fold(Part::NONE, |sum, holding| sum.plus(holding.part));
        Part::ALL.minus(held)
    }

    /// Takes back what ended nodes had.
    fn end(&mut self, state: impl Fn(&Holding) -> NodeState, ask: &ShareAsk, now: Timestamp) {
        let free = &mut self.free;
        self.holdings.retain(|holding| {
            let state = state(holding);
            if state != NodeState::Live {
                *free = free.plus(holding.left(state, &ask.limits, now));
            }
            state == NodeState::Live
        });
    }

    /// What a node should have that wants so much, and whether others use the limit; the node's own holding is taken out.
    ///
    /// Where all together want no more than there is, each gets what it wants, and an equal part of the rest. Otherwise
    /// none gets more than it wants, and those that get less get all the same.
    fn target(&self, want: Part) -> (Part, bool) {
        let wanted = self.holdings.iter().map(|holding| holding.want).filter(|want| !want.is_none());
        let shared = self.holdings.iter().any(|holding| !holding.part.is_none() || !holding.want.is_none());
        if want.is_none() {
            return (Part::NONE, shared);
        }
        let mut wants: Vec<Part> = wanted.chain([want]).collect();
        wants.sort_unstable();
        let sum = wants.iter().fold(0u64, |sum, want| sum.saturating_add(want.pieces()));
        let mut left = Part::ALL.pieces();
        let mut nodes = u64::try_from(wants.len()).unwrap_or(u64::MAX);
        if sum <= left {
            let rest = (left - sum).checked_div(nodes).unwrap_or(0);
            return (Part::of_pieces(u128::from(want.pieces().saturating_add(rest))), shared);
        }
        for each in wants {
            let equal = left.checked_div(nodes).unwrap_or(0);
            if each.pieces() > equal {
                return (want.min(Part::of_pieces(equal.into())), shared);
            }
            left = left.saturating_sub(each.pieces());
            nodes = nodes.saturating_sub(1);
        }
        (want, shared)
    }
}

#[cfg(test)]
mod tests;
