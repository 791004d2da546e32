//! What nodes hold of the budgets and rate limits of a project or key. It is deleted with the project or key; that of
//! organizations and persons is deleted where everything about them is.

use crate::{Error, Tx};

/// Deletes it, in the transaction that ends the project or key.
pub(super) async fn forget(tx: &mut Tx, subject: &str) -> Result<(), Error> {
    const LEASES: &str = "DELETE FROM spend_leases WHERE subject = $1";
    const SHARES: &str = "DELETE FROM rate_shares WHERE subject = $1";
    for sql in [LEASES, SHARES] {
        tx.execute(sql, vec![subject.into()]).await?;
    }
    Ok(())
}
