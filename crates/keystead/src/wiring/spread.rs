//! How far a change has spread: which nodes have applied it.

use std::time::Duration;

use keystead_core::node_lag::GONE;
use keystead_core::time::Timestamp;
use keystead_store::tables::changes;
use keystead_store::{Error, Store, Tx};
use tokio::time::{Instant, sleep};

use crate::wiring;

/// A node that was silent for longer, in seconds, is not waited for.
pub(crate) const ALIVE_SECONDS: i64 = 6;
/// The longest time that a change waits for the other nodes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// How often the nodes are checked while a change waits and nothing is announced.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(40);

/// How far a change has spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spread {
    /// Nodes that may serve the state before the change.
    pub(crate) unconfirmed: usize,
    /// All nodes that may serve.
    pub(crate) nodes: usize,
}

impl Spread {
    /// What is assumed while the nodes cannot be read.
    pub(crate) const UNKNOWN: Self = Self { unconfirmed: 1, nodes: 1 };
}

/// A node that last reported before this moment refuses requests by itself; `stale` is `directory.max_stale_seconds`.
pub(crate) fn may_serve_since(now: Timestamp, stale: i64) -> Timestamp {
    now.plus(-(if stale > 0 { stale.saturating_add(ALIVE_SECONDS).min(GONE) } else { GONE }))
}

/// Reads how far a revision has spread, and whether a node that is alive has not applied it.
pub(crate) async fn of(store: &Store, revision: i64, stale: i64) -> Result<(Spread, bool), Error> {
    let now = wiring::now();
    let since = may_serve_since(now, stale);
    let nodes = store.read("nodes", async move |tx: &mut Tx| changes::nodes(tx, since).await).await?;
    let lagging = || nodes.iter().filter(|node| node.applied < revision);
    let waits = lagging().any(|node| node.seen_at >= now.plus(-ALIVE_SECONDS));
    Ok((Spread { unconfirmed: lagging().count(), nodes: nodes.len() }, waits))
}

/// Waits, within limits, until every live node has applied a revision that this process wrote without being a node.
pub(crate) async fn wait(store: &Store, revision: i64, stale: i64) -> Spread {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let Ok((spread, waits)) = of(store, revision, stale).await else { return Spread::UNKNOWN };
        if !waits || Instant::now() >= deadline {
            return spread;
        }
        sleep(POLL_INTERVAL).await;
    }
}
