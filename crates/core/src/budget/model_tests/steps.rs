//! What happens in the model.

use super::*;

/// What becomes of an ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Answered,
    /// Answered after requests have used all that was kept.
    Meanwhile,
    LostBefore,
    LostAfter,
    /// Read after the next ask of the node, which has long given up waiting.
    Late,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Request {
        need: u16,
        share: u8,
        keep: u16,
        fate: Fate,
    },
    Ended {
        which: usize,
    },
    Failed {
        which: usize,
    },
    Outlived {
        which: usize,
    },
    PendingCounted {
        which: usize,
    },
    Delivered,
    /// Killed; what it has asked is read all the same.
    Killed,
    /// Killed, and its spool never comes back.
    Lost,
    /// Longer than a lease lasts; nodes that live have renewed theirs.
    Slept,
    /// The store is away for longer than a lease lasts: nodes that live cannot renew theirs.
    Away,
    Renewed {
        want: u16,
        keep: u16,
        fate: Fate,
    },
    /// The limit is changed, and one node learns of it.
    Limited {
        limit: u16,
    },
    Waited {
        seconds: u8,
    },
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Answered),
        1 => Just(Fate::Meanwhile),
        1 => Just(Fate::LostBefore),
        1 => Just(Fate::LostAfter),
        1 => Just(Fate::Late),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let which = 0..20_usize;
    let step = prop_oneof![
        6 => (1..300_u16, 0..=100_u8, 0..300_u16, fate())
            .prop_map(|(need, share, keep, fate)| Step::Request { need, share, keep, fate }),
        4 => which.clone().prop_map(|which| Step::Ended { which }),
        1 => which.clone().prop_map(|which| Step::Failed { which }),
        1 => which.clone().prop_map(|which| Step::Outlived { which }),
        1 => which.prop_map(|which| Step::PendingCounted { which }),
        3 => Just(Step::Delivered),
        1 => Just(Step::Killed),
        1 => Just(Step::Lost),
        1 => Just(Step::Slept),
        1 => Just(Step::Away),
        3 => (0..200_u16, 0..300_u16, fate()).prop_map(|(want, keep, fate)| Step::Renewed { want, keep, fate }),
        1 => (1..3_000_u16).prop_map(|limit| Step::Limited { limit }),
        1 => (0..20_u8).prop_map(|seconds| Step::Waited { seconds }),
    ];
    prop::collection::vec((0..NODES, step), 0..250)
}
