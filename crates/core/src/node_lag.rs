//! How quickly a change reaches every gateway: usually within five seconds, within fifteen minutes as a promise. An
//! operator is alerted to a node that is a minute late.

use crate::time::Timestamp;

/// Seconds of lag from which a node is reported to the operator.
pub const ALARM: i64 = 60;
/// Seconds after a grant during which its propagation is shown: the published promise.
pub const PROMISE: i64 = 900;
/// Seconds of silence after which a node no longer counts.
pub const GONE: i64 = 3_600;

/// A node's last report about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeReport {
    /// Its name.
    pub node: String,
    /// When it reported.
    pub seen_at: Timestamp,
    /// When the oldest change was made that it has not confirmed; `None` when it has applied all.
    pub behind_since: Option<Timestamp>,
}

/// The state of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// It has applied everything.
    Current,
    /// It is catching up.
    Behind {
        /// The lag in seconds.
        seconds: i64,
    },
    /// It lags, or has been silent, for more than a minute.
    Late {
        /// The lag in seconds.
        seconds: i64,
    },
}

impl NodeReport {
    /// Whether the node has confirmed every change up to and including this moment.
    #[must_use]
    pub fn confirms(&self, at: Timestamp) -> bool {
        self.behind_since.is_none_or(|since| since > at)
    }

    /// Computes the state of the node now; `None` when it no longer counts.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> Option<NodeState> {
        let silent = now.since(self.seen_at).max(0);
        if silent > GONE {
            return None;
        }
        let behind = self.behind_since.map(|at| now.since(at).max(0));
        Some(match (behind, silent) {
            (Some(seconds), _) if seconds > ALARM => NodeState::Late { seconds },
            (_, seconds) if seconds > ALARM => NodeState::Late { seconds },
            (Some(seconds), _) => NodeState::Behind { seconds },
            (None, _) => NodeState::Current,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_confirms_changes_older_than_its_first_missing_one() {
        let behind = |since: Option<i64>| NodeReport {
            node: "a".into(),
            seen_at: Timestamp(0),
            behind_since: since.map(Timestamp),
        };
        assert!(behind(None).confirms(Timestamp(10)));
        assert!(behind(Some(11)).confirms(Timestamp(10)));
        assert!(!behind(Some(10)).confirms(Timestamp(10)), "the change of this very second may be the one it lacks");
        assert!(!behind(Some(9)).confirms(Timestamp(10)));
    }

    #[test]
    fn a_node_is_late_after_a_minute_and_removed_after_an_hour() {
        let now = Timestamp(10_000);
        let state = |silent: i64, behind: Option<i64>| {
            let ago = |seconds: i64| Timestamp(10_000 - seconds);
            NodeReport { node: "a".into(), seen_at: ago(silent), behind_since: behind.map(ago) }.state(now)
        };
        assert_eq!(state(0, None), Some(NodeState::Current));
        assert_eq!(state(2, Some(60)), Some(NodeState::Behind { seconds: 60 }));
        assert_eq!(state(2, Some(61)), Some(NodeState::Late { seconds: 61 }));
        assert_eq!(state(60, None), Some(NodeState::Current));
        assert_eq!(state(61, None), Some(NodeState::Late { seconds: 61 }), "its state is unknown");
        assert_eq!(state(61, Some(30)), Some(NodeState::Late { seconds: 61 }));
        assert_eq!(state(-5, Some(-5)), Some(NodeState::Behind { seconds: 0 }), "clocks differ a little");
        assert_eq!((state(GONE, None).is_some(), state(GONE + 1, Some(9_000))), (true, None));
    }
}
