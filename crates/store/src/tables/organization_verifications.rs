//! The verification status of each organization.

use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::Status;

use super::{id, named, optional_time, time};
use crate::{Error, Row, Tx};

/// The status of an organization. Without a row it is unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationVerification {
    pub organization: OrganizationId,
    pub status: Status,
    pub since: Timestamp,
    /// The end of a cooldown or an exemption.
    pub until: Option<Timestamp>,
    /// The reason, in the names of the machine or the operator's words.
    pub reason: Option<String>,
    /// Grows with each change; a write based on an older version is refused.
    pub version: i64,
}

/// The columns in the order in which [`verification`] reads them.
macro_rules! columns {
    () => {
        "organization, status, since, until, reason, version"
    };
}

fn verification(row: &Row) -> Result<OrganizationVerification, Error> {
    Ok(OrganizationVerification {
        organization: id(row, 0, "organization_verifications")?,
        status: named(row, 1, "organization_verifications", Status::from_name)?,
        since: time(row, 2)?,
        until: optional_time(row, 3)?,
        reason: row.optional_text(4)?,
        version: row.int(5)?,
    })
}

/// Finds the status of an organization.
pub async fn find(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<OrganizationVerification>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM organization_verifications WHERE organization = $1");
    tx.optional(SQL, vec![organization.as_str().into()]).await?.as_ref().map(verification).transpose()
}

/// Saves the status of an organization; `row.version` is the version that was read, 0 for none.
///
/// # Errors
/// [`Error::Conflict`] when another transaction wrote in between.
pub async fn save(tx: &mut Tx, row: &OrganizationVerification) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO organization_verifications (organization, status, since, until, reason, version) \
                       VALUES ($1, $2, $3, $4, $5, $6 + 1) ON CONFLICT (organization) DO UPDATE SET \
                       status = excluded.status, since = excluded.since, until = excluded.until, \
                       reason = excluded.reason, version = excluded.version \
                       WHERE organization_verifications.version = $6";
    tx.note_progress();
    let values = vec![
        row.organization.as_str().into(),
        row.status.as_str().into(),
        row.since.0.into(),
        row.until.map(|at| at.0).into(),
        row.reason.as_deref().into(),
        row.version.into(),
    ];
    if tx.execute(SQL, values).await? == 0 { Err(Error::Conflict("organization verification")) } else { Ok(()) }
}

/// Lists organizations in a status, the longest in it first.
pub async fn list(tx: &mut Tx, status: Status) -> Result<Vec<OrganizationVerification>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM organization_verifications WHERE status = $1 ORDER BY since, organization LIMIT 500"
    );
    tx.all(SQL, vec![status.as_str().into()]).await?.iter().map(verification).collect()
}
