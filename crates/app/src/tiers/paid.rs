//! What organizations have paid.

use keystead_core::id::OrganizationId;
use keystead_core::money::Amount;
use keystead_store::Tx;

use crate::Error;

/// Returns what an organization has paid in all, without what was refunded. The one place where tiers read it. Keystead
/// sells nothing yet, so this is zero.
pub(crate) async fn paid(_tx: &mut Tx, _organization: &OrganizationId) -> Result<Amount, Error> {
    Ok(Amount::ZERO)
}
