//! Pausing a key and resuming it.

use std::collections::BTreeMap;

use keystead_core::anomaly::{KeyPause, PauseReason};
use keystead_core::caller::Owner;
use keystead_core::id::{KeyId, OrganizationId};
use keystead_core::scope::Scope;
use keystead_store::Tx;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::changes;
use keystead_store::tables::key_caps::{self, KeyCapRow};
use serde_json::json;

use super::events::{emit_paused, emit_resumed};
use crate::audit::AuditEntry;
use crate::keys::admin_keys::ensure_may_end;
use crate::validate::operators_only;
use crate::{Actor, App, Error};

impl App {
    /// Returns the velocity cap and the pause of a key of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the organization has no such key.
    pub async fn key_cap(&self, actor: &Actor, organization: &OrganizationId, key: &KeyId) -> Result<KeyCapRow, Error> {
        read_tx!(self.store(), "key_cap", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let found = key_caps::find(tx, organization, key).await?;
            found.ok_or_else(|| Error::not_found("API key", key.as_str()))
        })
    }

    /// Returns the pauses of those of these keys that belong to the organization and are paused.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn paused_keys(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        keys: &[KeyId],
    ) -> Result<BTreeMap<KeyId, KeyPause>, Error> {
        read_tx!(self.store(), "paused_keys", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(key_caps::pauses(tx, organization, keys).await?)
        })
    }

    /// Returns the cap and the pause of a key of any organization.
    ///
    /// # Errors
    /// When the actor is not an operator.
    pub async fn any_key_cap(&self, actor: &Actor, key: &KeyId) -> Result<KeyCapRow, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "any_key_cap", |tx| Ok(key_caps::find_any(tx, key).await?))
    }

    /// Pauses a key: from the next request on it is refused on every node. A key that is paused stays as it is.
    ///
    /// # Errors
    /// When there is no such key that the actor may change.
    pub async fn pause_key(&self, actor: &Actor, organization: &OrganizationId, key: &KeyId) -> Result<(), Error> {
        write_tx!(self.store(), "pause_key", |tx| {
            changes::lock(tx).await?;
            let found = key_of(self, tx, actor, organization, key).await?;
            owns_or_may_change(self, tx, actor, organization, &found).await?;
            pause(self, tx, actor, (organization, &found), PauseReason::Person).await.map(|_| ())
        })
    }

    /// Resumes a key. Its cap counts from now on. A key that is not paused stays as it is.
    ///
    /// # Errors
    /// When there is no such key that the actor may change.
    pub async fn resume_key(&self, actor: &Actor, organization: &OrganizationId, key: &KeyId) -> Result<(), Error> {
        write_tx!(self.store(), "resume_key", |tx| {
            changes::lock(tx).await?;
            let found = key_of(self, tx, actor, organization, key).await?;
            owns_or_may_change(self, tx, actor, organization, &found).await?;
            if !key_caps::resume(tx, key, self.now()).await? {
                return Ok(());
            }
            let entry =
                AuditEntry { organization, action: "api_key.resumed", target: key.as_str(), details: json!({}) };
            self.record(tx, actor, entry).await?;
            emit_resumed(self, tx, actor, (organization, &found)).await
        })
    }
}

/// Finds a live key of an organization. Keys that were issued to workloads end by themselves, and legacy user keys belong
/// to no organization: neither is paused.
pub(super) async fn key_of(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    id: &KeyId,
) -> Result<KeyRow, Error> {
    app.authorize_member(tx, actor, organization).await?;
    let found = api_keys::find(tx, id).await?.filter(|key| {
        key.organization.as_ref() == Some(organization) && key.revoked_at.is_none() && key.federation_rule.is_none()
    });
    found.ok_or_else(|| Error::not_found("API key", id.as_str()))
}

/// Checks that the actor manages the keys of the key's project, or admin keys for an admin key: of a person who holds more
/// than the actor, the admin keys are theirs and the owners' to change.
pub(super) async fn may_change(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    key: &KeyRow,
) -> Result<(), Error> {
    match &key.project {
        Some(project) => app.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await,
        None => {
            app.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            ensure_may_end(tx, actor, organization, &key.owner).await
        }
    }
}

/// Checks the same, and admits the signed-in owner of the key. A key that others may not see is answered like a missing
/// one.
async fn owns_or_may_change(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    key: &KeyRow,
) -> Result<(), Error> {
    let own = matches!((&key.owner, actor.signed_in_user()), (Owner::User(owner), Some(user)) if owner == user);
    if own {
        return Ok(());
    }
    match may_change(app, tx, actor, organization, key).await {
        Err(Error::Refused(_)) if actor.signed_in_user().is_some() => Err(Error::not_found("API key", key.id.as_str())),
        checked => checked,
    }
}

/// Pauses a key, records it and reports it; `false` when it was paused before. The caller has locked the changes.
pub(super) async fn pause(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    (organization, key): (&OrganizationId, &KeyRow),
    reason: PauseReason,
) -> Result<bool, Error> {
    let begun = KeyPause { since: app.now(), reason };
    if !key_caps::pause(tx, &key.id, begun, &actor.actor_ref()).await? {
        return Ok(false);
    }
    let details = json!({ "reason": reason.as_str() });
    let entry = AuditEntry { organization, action: "api_key.paused", target: key.id.as_str(), details };
    app.record(tx, actor, entry).await?;
    emit_paused(app, tx, actor, (organization, key), begun).await?;
    Ok(true)
}
