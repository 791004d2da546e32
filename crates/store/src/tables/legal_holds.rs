//! Legal holds: pictures that are kept beyond their deadline because the law requires it.

use keystead_core::id::{ActorId, LegalHoldId, OrganizationId, ReviewCaseId};
use keystead_core::time::Timestamp;

use super::{actor, id, optional_actor, optional_time, time};
use crate::{Error, Row, Tx};

/// One hold, proposed or granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHold {
    pub id: LegalHoldId,
    /// The case with which the pictures were submitted.
    pub case: ReviewCaseId,
    /// The organization of the pictures.
    pub organization: OrganizationId,
    pub reason: String,
    pub until: Timestamp,
    /// The first of the two people.
    pub proposed_by: ActorId,
    pub proposed_at: Timestamp,
    /// The second of the two people.
    pub granted_by: Option<ActorId>,
    pub granted_at: Option<Timestamp>,
    /// The person who ended it before its date.
    pub ended_by: Option<ActorId>,
    pub ended_at: Option<Timestamp>,
}

/// The columns in the order in which [`hold`] reads them.
macro_rules! columns {
    () => {
        "id, case_id, organization, reason, until, proposed_by, proposed_at, granted_by, granted_at, ended_by, \
         ended_at"
    };
}

fn hold(row: &Row) -> Result<LegalHold, Error> {
    Ok(LegalHold {
        id: id(row, 0, "legal_holds")?,
        case: id(row, 1, "legal_holds")?,
        organization: id(row, 2, "legal_holds")?,
        reason: row.text(3)?,
        until: time(row, 4)?,
        proposed_by: actor(row, 5)?,
        proposed_at: time(row, 6)?,
        granted_by: optional_actor(row, 7)?,
        granted_at: optional_time(row, 8)?,
        ended_by: optional_actor(row, 9)?,
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
pub async fn grant(tx: &mut Tx, hold: &LegalHoldId, by: &ActorId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE legal_holds SET granted_by = $2, granted_at = $3 \
                       WHERE id = $1 AND granted_at IS NULL AND ended_at IS NULL";
    Ok(tx.execute(SQL, vec![hold.as_str().into(), by.as_str().into(), at.0.into()]).await? == 1)
}

/// Ends the proposed or granted holds of a case.
pub async fn end(tx: &mut Tx, case: &ReviewCaseId, by: &ActorId, at: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "UPDATE legal_holds SET ended_by = $2, ended_at = $3 WHERE case_id = $1 AND ended_at IS NULL";
    tx.execute(SQL, vec![case.as_str().into(), by.as_str().into(), at.0.into()]).await
}

/// Lists every hold of a case that was not ended, newest first.
pub async fn list_open(tx: &mut Tx, case: &ReviewCaseId) -> Result<Vec<LegalHold>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM legal_holds WHERE case_id = $1 AND ended_at IS NULL ORDER BY proposed_at DESC, id DESC"
    );
    tx.all(SQL, vec![case.as_str().into()]).await?.iter().map(hold).collect()
}

/// Lists the holds of all organizations that are granted and not over, the one that ends first before the others.
pub async fn list_in_force(tx: &mut Tx, now: Timestamp) -> Result<Vec<LegalHold>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM legal_holds WHERE granted_at IS NOT NULL AND ended_at IS NULL AND until > $1 ORDER BY until, id LIMIT 500"
    );
    tx.all(SQL, vec![now.0.into()]).await?.iter().map(hold).collect()
}

/// Lists every hold that was ever granted for an organization, newest first.
pub async fn list_granted(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<LegalHold>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM legal_holds WHERE organization = $1 AND granted_at IS NOT NULL ORDER BY proposed_at DESC, id \
         DESC LIMIT 200"
    );
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(hold).collect()
}
