//! Keys that were issued to workloads. They are keys of a service account like any other, so that the look-up of a caller
//! knows nothing about them; they end with their rule.
//!
//! There may be very many: statements about those that still work name the time of their creation, which the indexes have.

use keystead_core::id::{FederationRuleId, OrganizationId, ServiceAccountId};
use keystead_core::time::Timestamp;
use keystead_core::workload_identity::LONGEST_LIFE;

use super::{KeyRow, insert_row};
use crate::tables::changes::{self, ChangeSubject};
use crate::{Error, Tx};

/// Inserts a key that a rule issued. It writes no change row, because no client can have used the key before: its
/// secret is drawn in the same moment.
///
/// # Errors
/// [`Error::Conflict`] when the id or digest exists already, [`Error::Invalid`] for a key without a rule or an end.
pub async fn insert_issued(tx: &mut Tx, key: &KeyRow) -> Result<(), Error> {
    if key.federation_rule.is_none() || key.expires_at.is_none_or(|end| end > key.created_at.plus(LONGEST_LIFE)) {
        return Err(Error::Invalid("a key of a workload needs a rule, and an end within an hour"));
    }
    insert_row(tx, key).await
}

/// Counts the keys that a rule has issued since a moment, ended or not.
pub async fn count_issued(tx: &mut Tx, rule: &FederationRuleId, since: Timestamp) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM api_keys WHERE federation_rule = $1 AND created_at > $2";
    tx.optional(SQL, vec![rule.as_str().into(), since.0.into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Counts the keys that all rules of an organization have issued since a moment, ended or not.
pub async fn count_issued_in_organization(
    tx: &mut Tx,
    organization: &OrganizationId,
    since: Timestamp,
) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM api_keys \
                       WHERE organization = $1 AND created_at > $2 AND federation_rule IS NOT NULL";
    tx.optional(SQL, vec![organization.as_str().into(), since.0.into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Ends the keys that a rule has issued for a service account and that still work; returns how many.
pub async fn revoke_of_rule(
    tx: &mut Tx,
    (rule, account): (&FederationRuleId, &ServiceAccountId),
    by: &str,
    reason: &str,
    at: Timestamp,
) -> Result<u64, Error> {
    const SQL: &str = "UPDATE api_keys SET revoked_at = $2, revoked_by = $3, revoked_reason = $4 \
                       WHERE federation_rule = $1 AND created_at > $5 AND expires_at > $2 AND revoked_at IS NULL";
    changes::lock(tx).await?;
    let oldest = at.plus(-LONGEST_LIFE);
    let values = vec![rule.as_str().into(), at.0.into(), by.into(), reason.into(), oldest.0.into()];
    let ended = tx.execute(SQL, values).await?;
    if ended > 0 {
        changes::append(tx, &ChangeSubject::ServiceAccount(account.clone()), at).await?;
    }
    Ok(ended)
}

/// Ends the keys of an organization's workloads that still work; returns how many. The caller appends the change.
pub(super) async fn revoke_of_organization(
    tx: &mut Tx,
    organization: &OrganizationId,
    by: &str,
    reason: &str,
    at: Timestamp,
) -> Result<u64, Error> {
    const SQL: &str = "UPDATE api_keys SET revoked_at = $2, revoked_by = $3, revoked_reason = $4 \
                       WHERE organization = $1 AND created_at > $5 AND federation_rule IS NOT NULL \
                       AND expires_at > $2 AND revoked_at IS NULL";
    let oldest = at.plus(-LONGEST_LIFE);
    let values = vec![organization.as_str().into(), at.0.into(), by.into(), reason.into(), oldest.0.into()];
    tx.execute(SQL, values).await
}

/// Deletes keys that ended before a moment, and those of deleted organizations that have ended now, with the addresses
/// from which they were used: at most `most`, those that ended first. Returns how many.
pub async fn delete_issued(tx: &mut Tx, before: Timestamp, now: Timestamp, most: u32) -> Result<u64, Error> {
    macro_rules! ended {
        () => {
            "(SELECT id FROM api_keys WHERE federation_rule IS NOT NULL AND (expires_at < $1 OR (expires_at < $2 AND \
             organization IN (SELECT o.id FROM organizations o WHERE o.deactivated_at IS NOT NULL))) \
             ORDER BY expires_at, id LIMIT $3)"
        };
    }
    const ADDRESSES: &str = concat!("DELETE FROM key_addresses WHERE api_key IN ", ended!());
    const LEASES: &str = concat!("DELETE FROM spend_leases WHERE subject IN ", ended!());
    const SQL: &str = concat!("DELETE FROM api_keys WHERE id IN ", ended!());
    let values = || vec![before.0.into(), now.0.into(), i64::from(most).into()];
    tx.execute(ADDRESSES, values()).await?;
    tx.execute(LEASES, values()).await?;
    tx.execute(SQL, values()).await
}
