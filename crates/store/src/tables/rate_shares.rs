//! How the limits of models are divided among the nodes. The rules are in `keystead_core::rate::shares`.

use keystead_core::id::ProjectId;
use keystead_core::rate::shares::{Division, LimitName, NodeState};
use keystead_core::time::Timestamp;

use super::changes;
use crate::{Error, Tx};

/// Most limits that one look at what is short returns; the next look follows a second later.
const MOST_SHORT: i64 = 2_000;

/// The nodes in the list, for deciding which of them have ended.
#[derive(Debug, Default)]
pub struct NodesSeen(Vec<(String, Timestamp)>);

impl NodesSeen {
    /// The state of a node.
    #[must_use]
    pub fn state(&self, node: &str, now: Timestamp) -> NodeState {
        let seen_at = self.0.iter().find(|(name, _)| name == node).map(|(_, seen_at)| *seen_at);
        NodeState::of(seen_at, now)
    }
}

/// Lists all nodes with their last report.
pub async fn nodes_seen(tx: &mut Tx) -> Result<NodesSeen, Error> {
    let nodes = changes::nodes(tx, Timestamp(0)).await?;
    Ok(NodesSeen(nodes.into_iter().map(|node| (node.node, node.seen_at)).collect()))
}

/// Returns how a limit is divided. Until the end of the transaction no other transaction changes it. What cannot be read
/// begins empty. `None` when the organization was deleted or the project archived: nothing is to be saved about it.
pub async fn lock(tx: &mut Tx, name: &LimitName, now: Timestamp) -> Result<Option<Division>, Error> {
    const SQL: &str = "INSERT INTO rate_shares (subject, model, division, updated_at) \
                       SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), '', CAST($3 AS BIGINT) \
                       WHERE NOT EXISTS (SELECT 1 FROM organizations WHERE id = $1 AND deactivated_at IS NOT NULL) \
                       AND NOT EXISTS (SELECT 1 FROM projects p JOIN organizations o ON o.id = p.organization \
                       WHERE p.id = $1 AND (p.archived_at IS NOT NULL OR o.deactivated_at IS NOT NULL)) \
                       ON CONFLICT (subject, model) DO UPDATE SET division = rate_shares.division RETURNING division";
    let values = vec![name.subject.as_str().into(), name.model.as_str().into(), now.0.into()];
    let Some(row) = tx.optional(SQL, values).await? else { return Ok(None) };
    Ok(Some(serde_json::from_str(&row.text(0)?).unwrap_or_default()))
}

/// Saves how a limit is divided, in the transaction that locked it, and whether a node has less of it than it should.
pub async fn save(
    tx: &mut Tx,
    name: &LimitName,
    division: &Division,
    short: bool,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE rate_shares SET division = $3, updated_at = $4 WHERE subject = $1 AND model = $2";
    const SHORT: &str = "UPDATE rate_shares SET division = $3, updated_at = $4, short_at = $4 \
                         WHERE subject = $1 AND model = $2";
    let text = serde_json::to_string(division).map_err(|error| Error::Other(error.to_string()))?;
    let values = vec![name.subject.as_str().into(), name.model.as_str().into(), text.into(), now.0.into()];
    tx.execute(if short { SHORT } else { SQL }, values).await.map(|_| ())
}

/// Lists limits of which a node had less than it should since a moment.
pub async fn list_short(tx: &mut Tx, since: Timestamp) -> Result<Vec<LimitName>, Error> {
    const SQL: &str = "SELECT subject, model FROM rate_shares WHERE short_at >= $1 \
                       ORDER BY short_at DESC, subject, model LIMIT $2";
    let rows = tx.all(SQL, vec![since.0.into(), MOST_SHORT.into()]).await?;
    rows.iter().map(|row| Ok(LimitName { subject: row.text(0)?, model: row.text(1)? })).collect()
}

/// Forgets the limits of a project, in the transaction that archives it.
pub(super) async fn delete_of_project(tx: &mut Tx, project: &ProjectId) -> Result<(), Error> {
    tx.execute("DELETE FROM rate_shares WHERE subject = $1", vec![project.as_str().into()]).await.map(|_| ())
}

/// Forgets limits that no node has reported since a moment.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM rate_shares WHERE updated_at < $1", vec![before.0.into()]).await
}
