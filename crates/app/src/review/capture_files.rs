//! The files with the pictures of a capture, and wiping them.

use keystead_core::id::ReviewCaseId;
use keystead_documents::Slot;

use super::Reviewer;
use super::evidence::Place;
use crate::Error;

/// Wipes files whose rows are gone.
pub(crate) async fn wipe(reviewer: &Reviewer, gone: Vec<Place>) -> Result<(), Error> {
    let evidence = reviewer.evidence.clone();
    let wiped = tokio::task::spawn_blocking(move || gone.iter().try_for_each(|place| evidence.remove(place))).await;
    Ok(wiped.map_err(|_| Error::Internal("an erasure was cut off".to_owned()))??)
}

/// Returns the place of a picture of a case.
pub(crate) fn place(case: &ReviewCaseId, slot: Slot, number: i64) -> Place {
    Place { case: case.clone(), number, kind: slot.as_str() }
}
