//! The settings by which keys are watched.

use keystead_core::anomaly::{Signals, VelocityCap};

use super::*;
use crate::tables::{anomaly_settings, id, key_caps, optional_time};

/// The settings of one key.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    key: KeyId,
    organization: OrganizationId,
    signals: Signals,
    /// The cap that applies.
    pub(super) cap: Option<VelocityCap>,
    /// Whether it is paused.
    pub(super) paused: bool,
}

impl Watched {
    /// Whether the organization wants a signal.
    pub(super) fn wants(&self, signal: Signal) -> bool {
        self.signals.has(signal)
    }

    /// A signal about the key, without figures.
    pub(super) fn signal(&self, signal: Signal, value: String, at: Timestamp) -> KeySignal {
        let (key, organization) = (self.key.clone(), self.organization.clone());
        KeySignal { key, organization, signal, value, at, period: None, figure: 0, usual: 0 }
    }
}

/// Reads the settings of keys of organizations.
pub(super) async fn find(tx: &mut Tx, keys: impl Iterator<Item = &String>) -> Result<BTreeMap<String, Watched>, Error> {
    const SQL: PerEngine = PerEngine {
        sqlite: "SELECT k.id, k.organization, c.cap, c.paused_at, s.signals_off, s.cap FROM api_keys k \
                 LEFT JOIN key_caps c ON c.api_key = k.id \
                 LEFT JOIN anomaly_settings s ON s.organization = k.organization \
                 WHERE k.organization IS NOT NULL AND k.id IN \
                 (SELECT value FROM json_each($1))",
        postgres: "SELECT k.id, k.organization, c.cap, c.paused_at, s.signals_off, s.cap FROM api_keys k \
                   LEFT JOIN key_caps c ON c.api_key = k.id \
                   LEFT JOIN anomaly_settings s ON s.organization = k.organization \
                   WHERE k.organization IS NOT NULL AND k.id IN \
                   (SELECT jsonb_array_elements_text(CAST($1 AS JSONB)))",
    };
    let keys: Vec<&String> = keys.collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = tx.pick(SQL);
    let rows = tx.all(sql, vec![json!(keys).to_string().into()]).await?;
    let read = |row: &Row| {
        let settings = anomaly_settings::settings(row, 4)?;
        let watched = Watched {
            key: id(row, 0, "api_keys")?,
            organization: id(row, 1, "api_keys")?,
            signals: settings.signals,
            cap: key_caps::cap_in(row, 2)?.or_of(settings.cap),
            paused: optional_time(row, 3)?.is_some(),
        };
        Ok((row.text(0)?, watched))
    };
    rows.iter().map(read).collect()
}
