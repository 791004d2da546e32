//! How long pictures are kept, and what extends that.

use keystead_core::id::{ReviewCaseId, VerificationAttemptId};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::captures;
use keystead_store::tables::legal_holds::{self, LegalHold};

use crate::Error;

const DAY: i64 = 86_400;

/// Maximum age of pictures in seconds, counted from the first of the case. Configuration can lower it, but not raise
/// it.
pub const RETENTION_CEILING: i64 = 7 * DAY;

/// Seconds that a case is erased before its deadline: in the last cleanup before it, never in the first one after it.
pub(crate) const EARLY: i64 = 3_600;

/// Returns when the pictures of a case are erased, decided or not.
pub(crate) fn images_until(first_captured_at: Timestamp, biometrics_days: i64) -> Timestamp {
    first_captured_at.plus((biometrics_days.max(1) * DAY).min(RETENTION_CEILING))
}

/// Returns until when the pictures of a case are held; `None` also in the last hour of a hold, in which they are
/// erased.
pub(crate) async fn held_until(tx: &mut Tx, case: &ReviewCaseId, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let open = legal_holds::list_open(tx, case).await?;
    Ok(latest_hold(&open, now))
}

/// Returns until when granted holds that were not ended keep pictures; `None` also in their last hour.
pub(crate) fn latest_hold(holds: &[LegalHold], now: Timestamp) -> Option<Timestamp> {
    let granted = holds.iter().filter(|hold| hold.granted_at.is_some() && hold.ended_at.is_none());
    granted.map(|hold| hold.until).filter(|until| *until > now.plus(EARLY)).max()
}

/// Returns until when the pictures of an attempt are held, if it has any.
pub(crate) async fn attempt_held_until(
    tx: &mut Tx,
    attempt: &VerificationAttemptId,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    match captures::find_by_attempt(tx, attempt).await? {
        Some(capture) => held_until(tx, &capture.case, now).await,
        None => Ok(None),
    }
}
