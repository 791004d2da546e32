//! Legal holds: pictures that are kept beyond their deadline because the law requires it.

use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;

use super::{id, optional_time, time};
use crate::{Error, Row, Tx};

/// One hold, proposed or granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHold {
    /// `hold_…`.
    pub id: String,
    /// The case with which the pictures were submitted.
    pub case: String,
    /// The organization of the pictures.
    pub organization: OrganizationId,
    pub reason: String,
    pub until: Timestamp,
    /// The first of the two people.
    pub proposed_by: String,
    pub proposed_at: Timestamp,
    /// The second of the two people.
    pub granted_by: Option<String>,
    pub granted_at: Option<Timestamp>,
    /// The person who ended it before its date.
    pub ended_by: Option<String>,
    pub ended_at: Option<Timestamp>,
}

fn hold(row: &Row) -> Result<LegalHold, Error> {
    Ok(LegalHold {
        id: row.text(0)?,
        case: row.text(1)?,
        organization: id(row, 2, "legal_holds")?,
        reason: row.text(3)?,
        until: time(row, 4)?,
        proposed_by: row.text(5)?,
        proposed_at: time(row, 6)?,
        granted_by: row.optional_text(7)?,
        granted_at: optional_time(row, 8)?,
        ended_by: row.optional_text(9)?,
        ended_at: optional_time(row, 10)?,
    })
}

/// Inserts a proposal.
pub async fn insert(tx: &mut Tx, row: &LegalHold) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO legal_holds (id, case_id, organization, reason, until, proposed_by, proposed_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = vec![
        row.id.as_str().into(),
        row.case.as_str().into(),
        row.organization.as_str().into(),
        row.reason.as_str().into(),
        row.until.0.into(),
        row.proposed_by.as_str().into(),
        row.proposed_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Records the approval of the second person; `false` when it was granted or ended before.
pub async fn grant(tx: &mut Tx, hold: &str, by: &str, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE legal_holds SET granted_by = $2, granted_at = $3 \
                       WHERE id = $1 AND granted_at IS NULL AND ended_at IS NULL";
    Ok(tx.execute(SQL, vec![hold.into(), by.into(), at.0.into()]).await? == 1)
}

/// Ends the proposed or granted holds of a case.
pub async fn end(tx: &mut Tx, case: &str, by: &str, at: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "UPDATE legal_holds SET ended_by = $2, ended_at = $3 WHERE case_id = $1 AND ended_at IS NULL";
    tx.execute(SQL, vec![case.into(), by.into(), at.0.into()]).await
}

/// Lists every hold of a case that was not ended, newest first.
pub async fn list_open(tx: &mut Tx, case: &str) -> Result<Vec<LegalHold>, Error> {
    const SQL: &str = "SELECT id, case_id, organization, reason, until, proposed_by, proposed_at, granted_by, \
                       granted_at, ended_by, ended_at FROM legal_holds WHERE case_id = $1 AND ended_at IS NULL \
                       ORDER BY proposed_at DESC, id DESC";
    tx.all(SQL, vec![case.into()]).await?.iter().map(hold).collect()
}

/// Lists every hold that was ever granted for an organization, newest first.
pub async fn list_granted(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<LegalHold>, Error> {
    const SQL: &str = "SELECT id, case_id, organization, reason, until, proposed_by, proposed_at, granted_by, \
                       granted_at, ended_by, ended_at FROM legal_holds WHERE organization = $1 \
                       AND granted_at IS NOT NULL ORDER BY proposed_at DESC, id DESC LIMIT 200";
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(hold).collect()
}
