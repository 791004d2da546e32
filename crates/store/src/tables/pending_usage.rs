//! Usage that is not known yet, and ids of usage that was counted once.

use std::borrow::Cow;

use keystead_core::pending::Pending;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;

use super::spend_leases;
use crate::{Error, Row, Tx};

fn pending(row: &Row) -> Result<Pending, Error> {
    let corrupt = |id: &str| Error::Corrupt { table: "pending_usage", id: id.to_owned() };
    let id = row.text(0)?;
    serde_json::from_str(&row.text(1)?).map_err(|_| corrupt(&id))
}

/// Inserts an object with usage that is not known yet; its usage is requested from `next` on. What its request set aside
/// stays set aside.
pub async fn insert(tx: &mut Tx, pending: &Pending, next: Timestamp) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO pending_usage (id, about, next_at, asked) VALUES ($1, $2, $3, 0) \
                       ON CONFLICT (id) DO NOTHING";
    let about = serde_json::to_string(pending).map_err(|_| Error::Invalid("what is pending cannot be written"))?;
    tx.execute(SQL, vec![pending.id.as_str().into(), about.into(), next.0.into()]).await?;
    match &pending.hold {
        Some(hold) => spend_leases::hold(tx, pending, hold).await,
        None => Ok(()),
    }
}

/// Finds a pending object.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<Pending>, Error> {
    let row = tx.optional("SELECT id, about FROM pending_usage WHERE id = $1", vec![id.into()]).await?;
    row.as_ref().map(pending).transpose()
}

/// Claims what should be requested now. Each is due again later, at growing intervals of up to a quarter of an hour.
pub async fn claim(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<Pending>, Error> {
    const SQL: &str = "UPDATE pending_usage SET asked = asked + 1, \
                       next_at = $1 + CASE WHEN asked < 15 THEN 60 * (asked + 1) ELSE 900 END \
                       WHERE id IN (SELECT id FROM pending_usage WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2) \
                       RETURNING id, about";
    tx.all(SQL, vec![now.0.into(), i64::from(limit).into()]).await?.iter().map(pending).collect()
}

/// Deletes a pending object, and what was set aside for it.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM spend_holds WHERE object = $1", vec![id.into()]).await?;
    tx.execute("DELETE FROM pending_usage WHERE id = $1", vec![id.into()]).await.map(|_| ())
}

/// Leaves out events that were counted before under their own id, and deletes what was pending under it.
pub(crate) async fn only_first<'e>(tx: &mut Tx, events: &'e [UsageEvent]) -> Result<Cow<'e, [UsageEvent]>, Error> {
    const CLAIM: &str = "INSERT INTO counted_once (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    if events.iter().all(|event| event.once.is_none()) {
        return Ok(Cow::Borrowed(events));
    }
    let mut first = Vec::with_capacity(events.len());
    for event in events {
        let new = match &event.once {
            Some(once) => {
                let new = tx.execute(CLAIM, vec![once.as_str().into(), event.at.0.into()]).await? > 0;
                delete(tx, once).await?;
                new
            }
            None => true,
        };
        if new {
            first.push(event.clone());
        }
    }
    Ok(Cow::Owned(first))
}

/// Whether usage was counted under this id.
pub async fn is_counted(tx: &mut Tx, id: &str) -> Result<bool, Error> {
    let row = tx.optional("SELECT 1 FROM counted_once WHERE id = $1", vec![id.into()]).await?;
    Ok(row.is_some())
}

/// Deletes ids that were counted before this moment.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM counted_once WHERE at < $1", vec![before.0.into()]).await.map(|_| ())
}
