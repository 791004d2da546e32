//! The velocity caps and the pauses of keys. A key without a row is not paused and has the cap of its organization.

use std::collections::BTreeMap;

use keystead_core::anomaly::{DAY, HOUR, KeyCap, KeyPause, PauseReason};
use keystead_core::id::{KeyId, OrganizationId};
use keystead_core::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::changes::{self, ChangeSubject};
use super::{id, optional_named, optional_time};
use crate::{Column, Error, PerEngine, Row, Tx};

/// The cap of a key, and its pause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyCapRow {
    /// Its own cap, or that of its organization.
    pub cap: KeyCap,
    /// Its pause, if it is paused.
    pub pause: Option<KeyPause>,
    /// Who paused it, as kind and id.
    pub paused_by: Option<String>,
}

/// Reads a value that is kept as JSON.
pub(super) fn read_json<T: DeserializeOwned>(table: &'static str, text: String) -> Result<T, Error> {
    serde_json::from_str(&text).map_err(|_| Error::Corrupt { table, id: text })
}

/// Reads a pause from its two columns, which are NULL without one.
pub(super) fn pause_in(row: &Row, since: impl Column, reason: impl Column) -> Result<Option<KeyPause>, Error> {
    let since = optional_time(row, since)?;
    let reason = optional_named(row, reason, "key_caps", PauseReason::from_name)?;
    Ok(since.zip(reason).map(|(since, reason)| KeyPause { since, reason }))
}

/// Reads a cap from a column that is NULL for that of the organization.
pub(super) fn cap_in(row: &Row, column: usize) -> Result<KeyCap, Error> {
    let cap = row.optional_text(column)?;
    Ok(cap.map(|text| read_json("key_caps", text)).transpose()?.unwrap_or_default())
}

/// Reads a row of `cap, paused_at, pause_reason, paused_by`.
fn cap_row(row: &Row) -> Result<KeyCapRow, Error> {
    Ok(KeyCapRow { cap: cap_in(row, 0)?, pause: pause_in(row, 1, 2)?, paused_by: row.optional_text(3)? })
}

/// Finds the cap and the pause of a key of an organization; `None` when the organization has no such key.
pub async fn find(tx: &mut Tx, organization: &OrganizationId, key: &KeyId) -> Result<Option<KeyCapRow>, Error> {
    const SQL: &str = "SELECT c.cap, c.paused_at, c.pause_reason, c.paused_by \
                       FROM api_keys k LEFT JOIN key_caps c ON c.api_key = k.id \
                       WHERE k.id = $1 AND k.organization = $2";
    let row = tx.optional(SQL, vec![key.as_str().into(), organization.as_str().into()]).await?;
    row.as_ref().map(cap_row).transpose()
}

/// Finds the cap and the pause of a key of any organization, or of none.
pub async fn find_any(tx: &mut Tx, key: &KeyId) -> Result<KeyCapRow, Error> {
    const SQL: &str = "SELECT cap, paused_at, pause_reason, paused_by FROM key_caps WHERE api_key = $1";
    let row = tx.optional(SQL, vec![key.as_str().into()]).await?;
    Ok(row.as_ref().map(cap_row).transpose()?.unwrap_or_default())
}

/// Lists the pauses of those of these keys that belong to an organization and are paused.
pub async fn pauses(
    tx: &mut Tx,
    organization: &OrganizationId,
    keys: &[KeyId],
) -> Result<BTreeMap<KeyId, KeyPause>, Error> {
    const SQL: PerEngine = PerEngine {
        sqlite: "SELECT c.api_key, c.paused_at, c.pause_reason FROM key_caps c JOIN api_keys k ON k.id = c.api_key \
                 WHERE k.organization = $2 AND c.paused_at IS NOT NULL \
                 AND c.api_key IN (SELECT value FROM json_each($1))",
        postgres: "SELECT c.api_key, c.paused_at, c.pause_reason FROM key_caps c JOIN api_keys k ON k.id = c.api_key \
                   WHERE k.organization = $2 AND c.paused_at IS NOT NULL \
                   AND c.api_key IN (SELECT jsonb_array_elements_text(CAST($1 AS JSONB)))",
    };
    let sql = tx.pick(SQL);
    let names: Vec<&str> = keys.iter().map(KeyId::as_str).collect();
    let mut paused = BTreeMap::new();
    for row in &tx.all(sql, vec![json!(names).to_string().into(), organization.as_str().into()]).await? {
        if let Some(pause) = pause_in(row, 1, 2)? {
            paused.insert(id(row, 0, "key_caps")?, pause);
        }
    }
    Ok(paused)
}

/// Sets the cap of a key.
pub async fn set_cap(tx: &mut Tx, key: &KeyId, cap: KeyCap) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO key_caps (api_key, cap) VALUES ($1, $2) \
                       ON CONFLICT (api_key) DO UPDATE SET cap = excluded.cap";
    let text = (cap != KeyCap::Inherited).then(|| json!(cap).to_string());
    tx.execute(SQL, vec![key.as_str().into(), text.as_deref().into()]).await.map(|_| ())
}

/// Gives a key the cap of the key that it replaces. A pause is of one key: the new one has another secret.
pub async fn carry_over(tx: &mut Tx, from: &KeyId, to: &KeyId) -> Result<(), Error> {
    match find_any(tx, from).await?.cap {
        KeyCap::Inherited => Ok(()),
        cap @ (KeyCap::Off | KeyCap::Own(_)) => set_cap(tx, to, cap).await,
    }
}

/// Pauses a key, with who did and why; `false` when it was paused before.
pub async fn pause(tx: &mut Tx, key: &KeyId, pause: KeyPause, by: &str) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO key_caps (api_key, paused_at, pause_reason, paused_by) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (api_key) DO UPDATE SET paused_at = excluded.paused_at, \
                       pause_reason = excluded.pause_reason, paused_by = excluded.paused_by \
                       WHERE key_caps.paused_at IS NULL";
    changes::lock(tx).await?;
    let values = vec![key.as_str().into(), pause.since.0.into(), pause.reason.as_str().into(), by.into()];
    if tx.execute(SQL, values).await? == 0 {
        return Ok(false);
    }
    changes::append(tx, &ChangeSubject::Key(key.clone()), pause.since).await?;
    Ok(true)
}

/// Resumes a key; `false` when it is not paused. Its cap counts from this moment on: usage of the minute and the hour
/// until now is left out, and so is older usage that is counted later.
pub async fn resume(tx: &mut Tx, key: &KeyId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE key_caps SET paused_at = NULL, pause_reason = NULL, paused_by = NULL \
                       WHERE api_key = $1 AND paused_at IS NOT NULL";
    const WINDOWS: &str = "UPDATE key_profiles SET minute_start = $2, minute_requests = 0, minute_cost = 0, \
                           minute_cost_picos = 0, hour_start = $3, hour_requests = 0, hour_cost = 0, \
                           hour_cost_picos = 0 WHERE api_key = $1";
    changes::lock(tx).await?;
    if tx.execute(SQL, vec![key.as_str().into()]).await? == 0 {
        return Ok(false);
    }
    let (minute, hour) = (at.0.div_euclid(60) * 60, at.0.div_euclid(HOUR) * HOUR);
    tx.execute(WINDOWS, vec![key.as_str().into(), minute.into(), hour.into()]).await?;
    changes::append(tx, &ChangeSubject::Key(key.clone()), at).await?;
    Ok(true)
}

/// The day of UTC of a moment, as a number.
pub(super) const fn day(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY)
}
