//! Which signals an organization wants, the velocity caps, and the list of what was noticed.

use keystead_core::anomaly::{KeyCap, VelocityCap, WrongCap};
use keystead_core::id::{KeyId, OrganizationId};
use keystead_core::scope::Scope;
use keystead_store::tables::anomaly_settings::{self, AnomalySettings};
use keystead_store::tables::key_signals::{self, KeySignal};
use keystead_store::tables::{changes, key_caps};
use serde_json::{Value, json};

use super::pauses::{key_of, may_change};
use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

/// The most signals of one list.
const MOST_LISTED: u32 = 100;

fn wrong(fault: WrongCap) -> Error {
    Error::invalid("velocity_cap", format!("Invalid 'velocity_cap': {fault}."))
}

fn checked(cap: Option<VelocityCap>) -> Result<Option<VelocityCap>, Error> {
    cap.map(VelocityCap::checked).transpose().map_err(wrong)
}

/// A cap as the audit log shows it.
fn told(cap: Option<VelocityCap>) -> Value {
    json!({
        "period": cap.map(|cap| cap.period.as_str()),
        "requests": cap.and_then(|cap| cap.requests),
        "threshold_amount": cap.and_then(|cap| cap.cents),
    })
}

impl App {
    /// Returns the settings of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn anomaly_settings(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<AnomalySettings, Error> {
        read_tx!(self.store(), "anomaly_settings", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(anomaly_settings::find(tx, organization).await?)
        })
    }

    /// Replaces the settings of an organization. They hold for usage that is counted from now on.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the cap has no figure or one out of bounds.
    pub async fn set_anomaly_settings(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        settings: &AnomalySettings,
    ) -> Result<(), Error> {
        let cap = checked(settings.cap)?;
        write_tx!(self.store(), "set_anomaly_settings", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            anomaly_settings::save(tx, organization, settings, self.now()).await?;
            let on: Vec<&str> = settings.signals.on().into_iter().map(|signal| signal.as_str()).collect();
            let details = json!({ "changes_requested": { "signals": on, "velocity_cap": told(cap) } });
            let target = organization.as_str();
            let entry = AuditEntry { organization, action: "anomaly_settings.updated", target, details };
            self.record(tx, actor, entry).await
        })
    }

    /// Lists what was noticed about the keys of an organization, or about one of them, latest first.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn anomalies(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        key: Option<&KeyId>,
        limit: u32,
    ) -> Result<Vec<KeySignal>, Error> {
        read_tx!(self.store(), "anomalies", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(key_signals::list(tx, organization, key, limit.min(MOST_LISTED)).await?)
        })
    }

    /// Sets the velocity cap of a key of the organization.
    ///
    /// # Errors
    /// When the caller may not manage the keys of its project, or the admin keys of its owner, when there is no such key,
    /// or when the cap has no figure or one out of bounds.
    pub async fn set_key_cap(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        key: &KeyId,
        cap: KeyCap,
    ) -> Result<(), Error> {
        let own = match cap {
            KeyCap::Own(cap) => checked(Some(cap))?,
            KeyCap::Inherited | KeyCap::Off => None,
        };
        write_tx!(self.store(), "set_key_cap", |tx| {
            changes::lock(tx).await?;
            let found = key_of(self, tx, actor, organization, key).await?;
            may_change(self, tx, actor, organization, &found).await?;
            key_caps::set_cap(tx, key, cap).await?;
            let mode = match cap {
                KeyCap::Inherited => "inherited",
                KeyCap::Off => "off",
                KeyCap::Own(_) => "own",
            };
            let details = json!({ "changes_requested": { "mode": mode, "velocity_cap": told(own) } });
            let entry = AuditEntry { organization, action: "api_key.cap_updated", target: key.as_str(), details };
            self.record(tx, actor, entry).await
        })
    }
}
