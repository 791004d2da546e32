//! What was noticed about keys: rows that are written where it is noticed, and handled by a worker a moment later.

use keystead_core::anomaly::{CapPeriod, Signal};
use keystead_core::id::{KeyId, OrganizationId};
use keystead_core::time::Timestamp;
use serde_json::json;

use super::{id, named, time};
use crate::{Error, PerEngine, Row, Tx};

/// One signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySignal {
    /// The key.
    pub key: KeyId,
    /// Its organization.
    pub organization: OrganizationId,
    /// What was noticed.
    pub signal: Signal,
    /// The model, network or country; the day, or the beginning of the period of a cap.
    pub value: String,
    /// When it was noticed.
    pub at: Timestamp,
    /// The period of the figures; `None` without figures.
    pub period: Option<CapPeriod>,
    /// What was used: requests or whole micros.
    pub figure: i64,
    /// The busiest hour before, or the cap.
    pub usual: i64,
}

/// The columns in the order in which [`signal`] reads them.
macro_rules! columns {
    () => {
        "api_key, organization, signal, value, at, period, figure, usual"
    };
}

fn signal(row: &Row) -> Result<KeySignal, Error> {
    Ok(KeySignal {
        key: id(row, 0, "key_signals")?,
        organization: id(row, 1, "key_signals")?,
        signal: named(row, 2, "key_signals", Signal::from_name)?,
        value: row.text(3)?,
        at: time(row, 4)?,
        period: CapPeriod::from_name(&row.text(5)?),
        figure: row.int(6)?,
        usual: row.int(7)?,
    })
}

/// Notes signals, each once for a key and value. One of a cap is noted again when the earlier one was handled: the key
/// was resumed in the same period.
pub async fn raise(tx: &mut Tx, signals: &[KeySignal]) -> Result<(), Error> {
    macro_rules! conflicts {
        () => {
            " ON CONFLICT (api_key, signal, value) DO UPDATE SET at = excluded.at, figure = excluded.figure, \
             usual = excluded.usual, handled_at = NULL WHERE key_signals.handled_at IS NOT NULL \
             AND key_signals.signal IN ('spend_over_cap', 'requests_over_cap')"
        };
    }
    const SQL: PerEngine = PerEngine {
        sqlite: concat!(
            "INSERT INTO key_signals (",
            columns!(),
            ") SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7 \
             FROM json_each($1) WHERE TRUE",
            conflicts!()
        ),
        postgres: concat!(
            "INSERT INTO key_signals (",
            columns!(),
            ") SELECT value->>0, value->>1, value->>2, value->>3, (value->>4)::BIGINT, value->>5, (value->>6)::BIGINT, \
             (value->>7)::BIGINT FROM jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS listed(value, place) \
             ORDER BY place",
            conflicts!()
        ),
    };
    if signals.is_empty() {
        return Ok(());
    }
    let row = |one: &KeySignal| {
        let period = one.period.map_or("", CapPeriod::as_str);
        let (key, organization, name) = (one.key.as_str(), one.organization.as_str(), one.signal.as_str());
        json!([key, organization, name, one.value, one.at.0, period, one.figure, one.usual])
    };
    let rows: Vec<_> = signals.iter().map(row).collect();
    let sql = tx.pick(SQL);
    tx.execute(sql, vec![json!(rows).to_string().into()]).await.map(|_| ())
}

/// Lists the signals of an organization, or of one of its keys, latest first.
pub async fn list(
    tx: &mut Tx,
    organization: &OrganizationId,
    key: Option<&KeyId>,
    limit: u32,
) -> Result<Vec<KeySignal>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM key_signals WHERE organization = $1 AND (CAST($2 AS TEXT) IS NULL OR api_key = $2) \
         ORDER BY at DESC, api_key, signal, value LIMIT $3"
    );
    let values = vec![organization.as_str().into(), key.map(KeyId::as_str).into(), i64::from(limit).into()];
    tx.all(SQL, values).await?.iter().map(signal).collect()
}

/// Whether there are signals that were not handled.
pub async fn has_due(tx: &mut Tx) -> Result<bool, Error> {
    const SQL: &str = "SELECT 1 FROM key_signals WHERE handled_at IS NULL LIMIT 1";
    Ok(tx.optional(SQL, vec![]).await?.is_some())
}

/// Claims signals, so that what follows from them is done in the same transaction.
pub async fn claim(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<KeySignal>, Error> {
    const SQL: &str = concat!(
        "UPDATE key_signals SET handled_at = $1 WHERE handled_at IS NULL AND (api_key, signal, value) IN \
         (SELECT api_key, signal, value FROM key_signals WHERE handled_at IS NULL \
         ORDER BY at, api_key, signal, value LIMIT $2) RETURNING ",
        columns!()
    );
    let rows = tx.all(SQL, vec![now.0.into(), i64::from(limit).into()]).await?;
    let mut claimed = rows.iter().map(signal).collect::<Result<Vec<_>, _>>()?;
    claimed.sort_by(|a, b| (a.at, &a.key, a.signal, &a.value).cmp(&(b.at, &b.key, b.signal, &b.value)));
    Ok(claimed)
}

/// Deletes signals before a moment.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM key_signals WHERE at < $1", vec![before.0.into()]).await.map(|_| ())
}
