//! Admin keys, for the Administration API of one organization. They need no verification, because they cannot call
//! models.

use keystead_core::caller::Owner;
use keystead_core::id::{KeyId, OrganizationId};
use keystead_core::key::KeyKind;
use keystead_core::scope::Scope;
use keystead_store::tables::api_keys::{self, KeyRow, KeyWithOwner};
use keystead_store::tables::changes;
use keystead_store::{Listing, Page, Tx};
use serde_json::json;

use super::grants::limit_to_grant;
use super::minting::mint_key;
use super::revoke::revoke_live_key;
use crate::audit::AuditEntry;
use crate::keys::minting::{KeyTarget, MintedKey, NewKey};
use crate::keys::project_keys::owner_still_belongs;
use crate::roles::Place;
use crate::roles::effective::{ensure_may_take, permissions_of};
use crate::{Actor, App, Error};

impl App {
    /// Lists the organization's live admin keys.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when `after` is unknown.
    pub async fn admin_keys(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: Page,
    ) -> Result<Listing<KeyWithOwner>, Error> {
        read_tx!(self.store(), "admin_keys", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(api_keys::list_admin_with_owner(tx, organization, &page).await?)
        })
    }

    /// Finds one live admin key.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn admin_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &KeyId,
    ) -> Result<KeyWithOwner, Error> {
        read_tx!(self.store(), "admin_key", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            live_admin_key(tx, organization, id).await
        })
    }

    /// Makes an admin key for the acting person. When the caller uses a key, the new one never has more scopes or a
    /// longer life.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the actor is not a person, or when more is requested than the
    /// caller's key holds.
    pub async fn create_admin_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        asked: NewKey,
    ) -> Result<MintedKey, Error> {
        let owner = actor.user().cloned().ok_or_else(|| Error::impossible("Only a person can own an admin key."))?;
        let target = KeyTarget {
            kind: KeyKind::Admin,
            organization: Some(organization.clone()),
            project: None,
            owner: Owner::User(owner),
        };
        let minted = mint_key(self, target, &limit_to_grant(self, actor, asked)?)?;
        let row = &minted.key;
        write_tx!(self.store(), "create_admin_key", |tx| {
            // Before the permission is read, so that a key is not made after its owner has lost it.
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            save_admin_key(self, tx, actor, organization, row).await
        })?;
        Ok(minted)
    }

    /// Deletes an admin key, including the one in use. Keys of a person who holds more than the actor are theirs and the
    /// owners' to delete.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the owner of the key holds, or when it does not exist.
    pub async fn delete_admin_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &KeyId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "delete_admin_key", |tx| {
            // A change of what either person holds is seen, or waits.
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let found = live_admin_key(tx, organization, id).await?;
            ensure_may_end(tx, actor, organization, &found.key.owner).await?;
            revoke_live_key(self, tx, actor, organization, id, "deleted").await
        })
    }
}

/// Refuses to end or to pause an admin key of another person who holds more than the actor.
pub(crate) async fn ensure_may_end(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    owner: &Owner,
) -> Result<(), Error> {
    let Owner::User(owner) = owner else { return Ok(()) };
    if actor.user() == Some(owner) {
        return Ok(());
    }
    let held = permissions_of(tx, organization, owner, None).await?.unwrap_or_default();
    ensure_may_take(tx, actor, Place { organization, project: None }, "key_id", held).await
}

/// Saves a new admin key and its audit row. It needs no gate.
pub(crate) async fn save_admin_key(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    row: &KeyRow,
) -> Result<(), Error> {
    api_keys::insert(tx, row).await?;
    owner_still_belongs(tx, organization, row).await?;
    let details = json!({ "data": { "kind": "admin", "scopes": row.restriction.0 } });
    let entry = AuditEntry { organization, action: "api_key.created", target: row.id.as_str(), details };
    app.record(tx, actor, entry).await
}

async fn live_admin_key(tx: &mut Tx, organization: &OrganizationId, id: &KeyId) -> Result<KeyWithOwner, Error> {
    let found = api_keys::find_admin_with_owner(tx, organization, id).await?;
    found.ok_or_else(|| Error::not_found("admin API key", id.as_str()))
}
