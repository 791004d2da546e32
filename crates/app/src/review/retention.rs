//! How long pictures are kept, and what holds them longer.

use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::{captures, legal_holds};

use crate::Error;

const DAY: i64 = 86_400;

/// No picture is older, in seconds from the first of its case. Configuration can lower it; nothing raises it.
pub const RETENTION_CEILING: i64 = 7 * DAY;

/// A case goes with the last run of the cleanup before its time, never with the first after.
pub(crate) const EARLY: i64 = 3_600;

/// When the pictures of a case go, decided or not.
pub(crate) fn images_until(first_captured_at: Timestamp, biometrics_days: i64) -> Timestamp {
    first_captured_at.plus((biometrics_days.max(1) * DAY).min(RETENTION_CEILING))
}

/// Until when the pictures of a case are held; `None` also in a hold's last hour, in which they go.
pub(crate) async fn held_until(tx: &mut Tx, case: &str, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let open = legal_holds::list_open(tx, case).await?;
    let granted = open.into_iter().filter(|hold| hold.granted_at.is_some());
    Ok(granted.map(|hold| hold.until).filter(|until| *until > now.plus(EARLY)).max())
}

/// Until when the pictures of an attempt are held, if it has any.
pub(crate) async fn attempt_held_until(tx: &mut Tx, attempt: &str, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    match captures::find_by_attempt(tx, attempt).await? {
        Some(capture) => held_until(tx, &capture.case, now).await,
        None => Ok(None),
    }
}
