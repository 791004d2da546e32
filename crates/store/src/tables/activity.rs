//! What organizations did lately, over the whole installation: for the preview of a rule (verification.md 6.2).

use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;

use super::id;
use crate::{Error, Tx};

/// How often each organization used each model since a moment.
///
/// # Errors
/// When the store cannot.
pub async fn list_models(tx: &mut Tx, since: Timestamp) -> Result<Vec<(OrganizationId, String, i64)>, Error> {
    const SQL: &str = "SELECT organization, model, CAST(SUM(requests) AS BIGINT) FROM usage_buckets \
                       WHERE bucket_start >= $1 GROUP BY organization, model ORDER BY organization, model";
    let rows = tx.all(SQL, vec![since.0.into()]).await?;
    rows.iter().map(|row| Ok((id(row, 0, "usage_buckets")?, row.text(1)?, row.int(2)?))).collect()
}

/// How many keys but admin keys each organization made since a moment.
///
/// # Errors
/// When the store cannot.
pub async fn list_keys(tx: &mut Tx, since: Timestamp) -> Result<Vec<(OrganizationId, i64)>, Error> {
    const SQL: &str = "SELECT organization, COUNT(*) FROM api_keys WHERE created_at >= $1 AND kind <> 'admin' \
                       AND organization IS NOT NULL GROUP BY organization ORDER BY organization";
    let rows = tx.all(SQL, vec![since.0.into()]).await?;
    rows.iter().map(|row| Ok((id(row, 0, "api_keys")?, row.int(1)?))).collect()
}

/// How often each organization began to be verified since a moment.
///
/// # Errors
/// When the store cannot.
pub async fn list_verifications(tx: &mut Tx, since: Timestamp) -> Result<Vec<(OrganizationId, i64)>, Error> {
    const SQL: &str = "SELECT organization, COUNT(*) FROM identity_attempts WHERE created_at >= $1 \
                       GROUP BY organization ORDER BY organization";
    let rows = tx.all(SQL, vec![since.0.into()]).await?;
    rows.iter().map(|row| Ok((id(row, 0, "identity_attempts")?, row.int(1)?))).collect()
}
