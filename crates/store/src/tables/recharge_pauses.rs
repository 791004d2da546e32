//! Organizations for which automatic purchases pause.

use keystead_core::id::OrganizationId;
use keystead_core::purchase::recharge::Pause;
use keystead_core::time::Timestamp;

use super::{named, time};
use crate::{Error, Tx};

/// Pauses automatic purchases. Returns whether they ran before.
pub async fn insert(tx: &mut Tx, organization: &OrganizationId, pause: Pause, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO recharge_pauses (organization, reason, paused_at) VALUES ($1, $2, $3) \
                       ON CONFLICT (organization) DO NOTHING";
    Ok(tx.execute(SQL, vec![organization.as_str().into(), pause.as_str().into(), at.0.into()]).await? > 0)
}

/// Finds why they pause, and since when.
pub async fn find(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<(Pause, Timestamp)>, Error> {
    const SQL: &str = "SELECT reason, paused_at FROM recharge_pauses WHERE organization = $1";
    let Some(row) = tx.optional(SQL, vec![organization.as_str().into()]).await? else { return Ok(None) };
    Ok(Some((named(&row, 0, "recharge_pauses", Pause::from_name)?, time(&row, 1)?)))
}

/// Resumes automatic purchases. Returns whether they paused.
pub async fn delete(tx: &mut Tx, organization: &OrganizationId) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM recharge_pauses WHERE organization = $1";
    Ok(tx.execute(SQL, vec![organization.as_str().into()]).await? > 0)
}
