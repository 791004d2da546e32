//! Addresses from which organizations were verified, as keyed fingerprints, for the signal that one address verifies
//! many.

use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;

use crate::{Error, Tx};

/// Records that an organization was verified from this address at this moment; the latest counts.
pub async fn save(tx: &mut Tx, organization: &OrganizationId, fingerprint: &[u8], at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO address_fingerprints (organization, fingerprint, at) VALUES ($1, $2, $3) \
                       ON CONFLICT (organization, fingerprint) DO UPDATE SET at = excluded.at";
    tx.execute(SQL, vec![organization.as_str().into(), fingerprint.into(), at.0.into()]).await.map(|_| ())
}

/// Counts the organizations that were verified since a moment from the busiest address of this one, including itself; 0
/// without an address. Deleted organizations count, so that deleting them does not hide a busy address.
pub async fn count_sharing(tx: &mut Tx, organization: &OrganizationId, since: Timestamp) -> Result<i64, Error> {
    const SQL: &str = "SELECT CAST(COALESCE(MAX(n), 0) AS BIGINT) FROM (SELECT COUNT(*) AS n FROM address_fingerprints f \
                       WHERE f.at >= $2 AND f.fingerprint IN (SELECT fingerprint FROM address_fingerprints \
                       WHERE organization = $1 AND at >= $2) GROUP BY f.fingerprint) AS counted";
    let row = tx.optional(SQL, vec![organization.as_str().into(), since.0.into()]).await?;
    row.ok_or(Error::Missing)?.int(0)
}

/// Deletes addresses last seen before a moment.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM address_fingerprints WHERE at < $1", vec![before.0.into()]).await
}
