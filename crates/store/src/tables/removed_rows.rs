//! Where deleted rows were in their lists, so that they still work as cursors.

use keystead_core::time::Timestamp;

use super::time;
use crate::{Error, Tx};

/// Notes the place of a row that is deleted now. `list` is its table, and `owner` the organization or project whose list
/// it is in.
pub async fn insert(
    tx: &mut Tx,
    list: &'static str,
    owner: &str,
    id: &str,
    (created_at, removed_at): (Timestamp, Timestamp),
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO removed_rows (list, owner, id, created_at, removed_at) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (list, owner, id) \
                       DO UPDATE SET created_at = excluded.created_at, removed_at = excluded.removed_at";
    let values = vec![list.into(), owner.into(), id.into(), created_at.0.into(), removed_at.0.into()];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the time by which a deleted row was ordered in its list.
pub async fn find(tx: &mut Tx, list: &str, owner: &str, id: &str) -> Result<Option<Timestamp>, Error> {
    const SQL: &str = "SELECT created_at FROM removed_rows WHERE list = $1 AND owner = $2 AND id = $3";
    let row = tx.optional(SQL, vec![list.into(), owner.into(), id.into()]).await?;
    row.as_ref().map(|row| time(row, 0)).transpose()
}

/// Forgets rows that were deleted before a moment.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM removed_rows WHERE removed_at < $1", vec![before.0.into()]).await
}
