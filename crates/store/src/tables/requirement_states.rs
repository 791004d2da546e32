//! The status of each organization for each requirement, as its machine keeps it: one JSON value for each.

use keystead_core::gate::Requirement;
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;

use super::{id, named, optional_time};
use crate::{Error, Row, Tx};

/// The status of one organization for one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementStateRow {
    pub organization: OrganizationId,
    /// The requirement.
    pub requirement: Requirement,
    /// The machine's state, as JSON.
    pub state: String,
    /// When the clock changes it next.
    pub due_at: Option<Timestamp>,
    /// Grows with each change; a write based on an older version is run again.
    pub version: i64,
}

/// The columns in the order in which [`state`] reads them.
macro_rules! columns {
    () => {
        "organization, requirement, state, due_at, version"
    };
}

fn state(row: &Row) -> Result<RequirementStateRow, Error> {
    Ok(RequirementStateRow {
        organization: id(row, 0, "requirement_states")?,
        requirement: named(row, 1, "requirement_states", Requirement::from_name)?,
        state: row.text(2)?,
        due_at: optional_time(row, 3)?,
        version: row.int(4)?,
    })
}

/// Finds the status of an organization, if one was ever saved.
pub async fn find(
    tx: &mut Tx,
    organization: &OrganizationId,
    requirement: Requirement,
) -> Result<Option<RequirementStateRow>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM requirement_states WHERE organization = $1 AND requirement = $2");
    let values = vec![organization.as_str().into(), requirement.as_str().into()];
    tx.optional(SQL, values).await?.as_ref().map(state).transpose()
}

/// Saves the status of an organization; `row.version` is the version that was read, 0 for none.
///
/// # Errors
/// [`Error::Again`] when another transaction wrote in between.
pub async fn save(tx: &mut Tx, row: &RequirementStateRow) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO requirement_states (organization, requirement, state, due_at, version) \
                       VALUES ($1, $2, $3, $4, $5 + 1) ON CONFLICT (organization, requirement) DO UPDATE SET \
                       state = excluded.state, due_at = excluded.due_at, version = excluded.version \
                       WHERE requirement_states.version = $5";
    let values = vec![
        row.organization.as_str().into(),
        row.requirement.as_str().into(),
        row.state.as_str().into(),
        row.due_at.map(|at| at.0).into(),
        row.version.into(),
    ];
    if tx.execute(SQL, values).await? == 0 { Err(tx.again()) } else { Ok(()) }
}

/// Lists statuses that the clock changes now, longest due first.
pub async fn list_due(tx: &mut Tx, now: Timestamp) -> Result<Vec<RequirementStateRow>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM requirement_states WHERE due_at <= $1 ORDER BY due_at, organization LIMIT 500"
    );
    tx.all(SQL, vec![now.0.into()]).await?.iter().map(state).collect()
}
