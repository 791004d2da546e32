//! Loading rows that several use cases of a review need.

use keystead_store::Tx;
use keystead_store::tables::captures::{self, Capture};
use keystead_store::tables::reviews::ReviewCase;

use crate::Error;

/// Finds the capture of a case: its own, or that of the attempt an appeal is against.
pub(crate) async fn capture_of(tx: &mut Tx, case: &ReviewCase) -> Result<Option<Capture>, Error> {
    Ok(match &case.attempt {
        Some(attempt) => captures::find_by_attempt(tx, attempt).await?,
        None => None,
    })
}
