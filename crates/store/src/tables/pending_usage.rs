//! Usage that is not known yet, and ids of usage that was counted once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use keystead_core::pending::Pending;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use serde_json::json;

use super::{keepable, spend_leases};
use crate::{Error, PerEngine, Row, Tx};

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
    delete_all(tx, &json!([id]).to_string()).await
}

/// Deletes the pending objects of a JSON array of ids, and what was set aside for them.
async fn delete_all(tx: &mut Tx, ids: &str) -> Result<(), Error> {
    // One statement for all of them; each engine has its own syntax to unpack them.
    const HOLDS: PerEngine = PerEngine {
        sqlite: "DELETE FROM spend_holds WHERE object IN (SELECT value FROM json_each($1))",
        postgres: "DELETE FROM spend_holds WHERE object IN \
                   (SELECT value FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS listed(value))",
    };
    const PENDING: PerEngine = PerEngine {
        sqlite: "DELETE FROM pending_usage WHERE id IN (SELECT value FROM json_each($1))",
        postgres: "DELETE FROM pending_usage WHERE id IN \
                   (SELECT value FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS listed(value))",
    };
    for texts in [HOLDS, PENDING] {
        let sql = tx.pick(texts);
        tx.execute(sql, vec![ids.into()]).await?;
    }
    Ok(())
}

/// Leaves out events that were counted before under their own id, and deletes what was pending under it. A batch takes
/// three statements, however many of its events have such an id.
pub(crate) async fn only_first<'e>(tx: &mut Tx, events: &'e [UsageEvent]) -> Result<Cow<'e, [UsageEvent]>, Error> {
    // Where another transaction claims the same id, this one waits for its end: one of the two gets the id.
    const CLAIM: PerEngine = PerEngine {
        sqlite: "INSERT INTO counted_once (id, at) SELECT value->>0, value->>1 FROM json_each($1) WHERE TRUE \
                 ON CONFLICT (id) DO NOTHING RETURNING id",
        postgres: "INSERT INTO counted_once (id, at) SELECT value->>0, (value->>1)::BIGINT \
                   FROM jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS listed(value, place) ORDER BY place \
                   ON CONFLICT (id) DO NOTHING RETURNING id",
    };
    // Ordered, so that two nodes that count at once claim ids in the same order.
    let mut ids: BTreeMap<Cow<'_, str>, i64> = BTreeMap::new();
    for event in events {
        if let Some(once) = &event.once {
            ids.entry(keepable(once)).or_insert(event.at.0);
        }
    }
    if ids.is_empty() {
        return Ok(Cow::Borrowed(events));
    }
    let rows: Vec<_> = ids.iter().collect();
    let sql = tx.pick(CLAIM);
    let mut new = BTreeSet::new();
    for row in &tx.all(sql, vec![json!(rows).to_string().into()]).await? {
        new.insert(row.text(0)?);
    }
    let all: Vec<_> = ids.keys().collect();
    delete_all(tx, &json!(all).to_string()).await?;
    // Of events with the same id, the first one counts.
    let first = events.iter().filter(|event| event.once.as_deref().is_none_or(|once| new.remove(&*keepable(once))));
    Ok(Cow::Owned(first.cloned().collect()))
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
