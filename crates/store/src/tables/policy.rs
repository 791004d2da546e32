//! The rules of who must have proven what, in versions; the newest counts.

use keystead_core::gate::Policy;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use crate::{Error, Tx};

/// The newest policy and its version.
///
/// # Errors
/// [`Error::Missing`] before the first migration.
pub async fn find(tx: &mut Tx) -> Result<(i64, Policy), Error> {
    const SQL: &str = "SELECT version, policy FROM policies ORDER BY version DESC LIMIT 1";
    let row = tx.optional(SQL, vec![]).await?.ok_or(Error::Missing)?;
    let version = row.int(0)?;
    let policy = serde_json::from_str(&row.text(1)?);
    // A policy with a requirement this version does not know must stop everything rather than open a gate.
    Ok((version, policy.map_err(|_| Error::Corrupt { table: "policies", id: version.to_string() })?))
}

/// Saves a policy as the newest version; answers that version.
///
/// # Errors
/// When the store cannot.
pub async fn save(tx: &mut Tx, policy: &Policy, at: Timestamp) -> Result<i64, Error> {
    changes::append(tx, &ChangeSubject::Policy, at).await?;
    const SQL: &str = "INSERT INTO policies (version, policy, saved_at) \
                       SELECT COALESCE(MAX(version), 0) + 1, $1, CAST($2 AS BIGINT) \
                       FROM policies RETURNING version";
    let text = serde_json::to_string(policy).map_err(|error| Error::Other(error.to_string()))?;
    tx.optional(SQL, vec![text.into(), at.0.into()]).await?.ok_or(Error::Missing)?.int(0)
}

/// Gives a fresh database the default rules.
pub(crate) async fn insert_default(tx: &mut Tx) -> Result<(), Error> {
    const SQL: &str =
        "INSERT INTO policies (version, policy, saved_at) VALUES (1, $1, 0) ON CONFLICT (version) DO NOTHING";
    let text = serde_json::to_string(&Policy::default_rules()).map_err(|error| Error::Other(error.to_string()))?;
    tx.execute(SQL, vec![text.into()]).await.map(|_| ())
}
