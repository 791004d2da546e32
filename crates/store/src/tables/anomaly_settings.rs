//! What each organization wants to know about unusual use of its keys, and the velocity cap of its keys.

use keystead_core::anomaly::{Signals, VelocityCap};
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;

use super::key_caps::read_json;
use crate::{Error, Row, Tx};

/// The settings of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnomalySettings {
    /// The signals that it wants.
    pub signals: Signals,
    /// The cap of its keys without one of their own.
    pub cap: Option<VelocityCap>,
}

/// Finds the settings; without a row, every signal is on and there is no cap.
pub async fn find(tx: &mut Tx, organization: &OrganizationId) -> Result<AnomalySettings, Error> {
    const SQL: &str = "SELECT signals_off, cap FROM anomaly_settings WHERE organization = $1";
    let row = tx.optional(SQL, vec![organization.as_str().into()]).await?;
    row.map_or(Ok(AnomalySettings::default()), |row| settings(&row, 0))
}

/// Reads the settings from two columns, which are NULL without a row.
pub(super) fn settings(row: &Row, column: usize) -> Result<AnomalySettings, Error> {
    let off = row.optional_text(column)?.unwrap_or_default();
    let cap = row.optional_text(column + 1)?;
    let cap = cap.map(|text| read_json("anomaly_settings", text)).transpose()?;
    Ok(AnomalySettings { signals: Signals::without(&off), cap })
}

/// Saves the settings.
pub async fn save(
    tx: &mut Tx,
    organization: &OrganizationId,
    settings: &AnomalySettings,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO anomaly_settings (organization, signals_off, cap, updated_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (organization) DO UPDATE SET signals_off = excluded.signals_off, cap = excluded.cap, \
                       updated_at = excluded.updated_at";
    let cap = settings.cap.map(|cap| serde_json::json!(cap).to_string());
    let off = settings.signals.off_names();
    let values = vec![organization.as_str().into(), off.into(), cap.as_deref().into(), at.0.into()];
    tx.execute(SQL, values).await.map(|_| ())
}
