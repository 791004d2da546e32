//! The rules about who must have proven what, in versions; the newest is in force.

use keystead_core::gate::Policy;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{installation_facts, time};
use crate::{Error, Row, Tx};

/// Finds the newest policy and its version, with the requirements that were never set up here.
///
/// # Errors
/// [`Error::Missing`] before the first migration.
pub async fn find(tx: &mut Tx) -> Result<(i64, Policy), Error> {
    const SQL: &str = "SELECT version, policy FROM policies ORDER BY version DESC LIMIT 1";
    let row = tx.optional(SQL, vec![]).await?.ok_or(Error::Missing)?;
    let version = row.int(0)?;
    // A policy with a requirement that this version does not know must stop everything rather than open a gate.
    let policy: Result<Policy, _> = serde_json::from_str(&row.text(1)?);
    let policy = policy.map_err(|_| Error::Corrupt { table: "policies", id: version.to_string() })?;
    Ok((version, Policy { never_set_up: installation_facts::never_set_up(tx).await?, ..policy }))
}

/// One version, without its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// The number.
    pub version: i64,
    /// When it was saved; the first one has the time of the installation.
    pub saved_at: Timestamp,
    /// The operator who saved it; empty for the built-in one.
    pub saved_by: String,
    pub reason: String,
}

/// Saves a policy as the version after `before`.
///
/// # Errors
/// [`Error::Conflict`] when `before` is no longer the newest.
pub async fn save(
    tx: &mut Tx,
    policy: &Policy,
    before: i64,
    by: &str,
    reason: &str,
    at: Timestamp,
) -> Result<i64, Error> {
    changes::append(tx, &ChangeSubject::Policy, at).await?;
    const SQL: &str = "INSERT INTO policies (version, policy, saved_at, saved_by, reason) \
                       SELECT MAX(version) + 1, $1, CAST($2 AS BIGINT), $3, $4 FROM policies \
                       HAVING MAX(version) = $5 RETURNING version";
    let text = serde_json::to_string(policy).map_err(|error| Error::Other(error.to_string()))?;
    let values = vec![text.into(), at.0.into(), by.into(), reason.into(), before.into()];
    tx.optional(SQL, values).await?.ok_or(Error::Conflict("policy version"))?.int(0)
}

/// Lists the versions, newest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<PolicyVersion>, Error> {
    const SQL: &str = "SELECT version, saved_at, saved_by, reason FROM policies ORDER BY version DESC LIMIT 50";
    let version = |row: &Row| {
        Ok(PolicyVersion {
            version: row.int(0)?,
            saved_at: time(row, 1)?,
            saved_by: row.text(2)?,
            reason: row.text(3)?,
        })
    };
    tx.all(SQL, vec![]).await?.iter().map(version).collect()
}

/// Saves the default rules in a new database.
pub(crate) async fn insert_default(tx: &mut Tx) -> Result<(), Error> {
    const SQL: &str =
        "INSERT INTO policies (version, policy, saved_at) VALUES (1, $1, 0) ON CONFLICT (version) DO NOTHING";
    let text = serde_json::to_string(&Policy::default_rules()).map_err(|error| Error::Other(error.to_string()))?;
    tx.execute(SQL, vec![text.into()]).await.map(|_| ())
}
