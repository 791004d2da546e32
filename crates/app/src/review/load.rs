//! Rows that several use cases of a review begin with.

use keystead_store::Tx;
use keystead_store::tables::captures::{self, Capture};
use keystead_store::tables::reviews::ReviewCase;

use crate::Error;

/// The capture a case is about: its own, or that of the attempt an appeal is against.
pub(crate) async fn capture_of(tx: &mut Tx, case: &ReviewCase) -> Result<Option<Capture>, Error> {
    Ok(match &case.attempt {
        Some(attempt) => captures::find_by_attempt(tx, attempt).await?,
        None => None,
    })
}
