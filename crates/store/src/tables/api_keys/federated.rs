//! Keys that were issued to workloads. They are keys of a service account like any other, so that the look-up of a caller
//! knows nothing about them; they end with their rule.

use keystead_core::id::{FederationRuleId, ServiceAccountId};
use keystead_core::time::Timestamp;

use super::{KeyRow, insert_row};
use crate::tables::changes::{self, ChangeSubject};
use crate::{Error, Tx};

/// Inserts a key that a rule issued. It writes no change row, because nobody can have asked for the key before: its
/// secret is drawn in the same moment.
///
/// # Errors
/// [`Error::Conflict`] when the id or digest exists already.
pub async fn insert_issued(tx: &mut Tx, key: &KeyRow, rule: &FederationRuleId) -> Result<(), Error> {
    insert_row(tx, key, Some(rule)).await
}

/// Counts the keys that a rule has issued since a moment, ended or not.
pub async fn count_issued(tx: &mut Tx, rule: &FederationRuleId, since: Timestamp) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM api_keys WHERE federation_rule = $1 AND created_at > $2";
    tx.optional(SQL, vec![rule.as_str().into(), since.0.into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Ends all keys that a rule has issued for a service account; returns how many.
pub async fn revoke_of_rule(
    tx: &mut Tx,
    (rule, account): (&FederationRuleId, &ServiceAccountId),
    by: &str,
    reason: &str,
    at: Timestamp,
) -> Result<u64, Error> {
    const SQL: &str = "UPDATE api_keys SET revoked_at = $2, revoked_by = $3, revoked_reason = $4 \
                       WHERE federation_rule = $1 AND revoked_at IS NULL";
    changes::lock(tx).await?;
    let ended = tx.execute(SQL, vec![rule.as_str().into(), at.0.into(), by.into(), reason.into()]).await?;
    if ended > 0 {
        changes::append(tx, &ChangeSubject::ServiceAccount(account.clone()), at).await?;
    }
    Ok(ended)
}

/// Deletes keys that ended before a moment, with the addresses from which they were used.
pub async fn delete_issued(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const ADDRESSES: &str = "DELETE FROM key_addresses WHERE api_key IN \
                             (SELECT id FROM api_keys WHERE federation_rule IS NOT NULL AND expires_at < $1)";
    const SQL: &str = "DELETE FROM api_keys WHERE federation_rule IS NOT NULL AND expires_at < $1";
    tx.execute(ADDRESSES, vec![before.0.into()]).await?;
    tx.execute(SQL, vec![before.0.into()]).await
}
