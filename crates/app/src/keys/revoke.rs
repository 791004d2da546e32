//! Ending a key of any kind.

use keystead_core::caller::Owner;
use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::scope::Scope;
use keystead_store::Tx;
use keystead_store::tables::api_keys::{self, KeyWithOwner};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::projects::project_of;
use crate::{Actor, App, Error};

impl App {
    /// Finds one live key of a project for a person who may end it: owners any key, also one that was issued to a
    /// workload, others their own.
    ///
    /// # Errors
    /// When there is no such key that this person may end.
    pub async fn endable_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &KeyId,
    ) -> Result<KeyWithOwner, Error> {
        read_tx!(self.store(), "endable_key", |tx| key_to_end(self, tx, actor, (organization, project), id).await)
    }

    /// Revokes a key with a reason. Owners revoke any key of the project, also one that was issued to a workload, others
    /// their own.
    ///
    /// # Errors
    /// When there is no such key that this person may revoke.
    pub async fn revoke_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &KeyId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "revoke_key", |tx| {
            let found = key_to_end(self, tx, actor, (organization, project), id).await?;
            let reason = if found.key.rotated_to.is_some() { "rotated" } else { "deleted" };
            revoke_live_key(self, tx, actor, organization, id, reason).await
        })
    }

    /// Deletes a key of a project, a person's or a service account's, also one that was issued to a workload.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn delete_project_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &KeyId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "delete_project_key", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            any_key_of(tx, (organization, project), id).await?;
            revoke_live_key(self, tx, actor, organization, id, "deleted").await
        })
    }
}

/// Finds a live key of a project that this actor may end: any key for an owner of the organization or of the project,
/// their own for another signed-in member. A key that the actor may not see is answered like a missing one.
pub(super) async fn key_to_end(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    place: (&OrganizationId, &ProjectId),
    id: &KeyId,
) -> Result<KeyWithOwner, Error> {
    if let Some(user) = actor.signed_in_user() {
        app.authorize_member(tx, actor, place.0).await?;
        let found = any_key_of(tx, place, id).await?;
        if !matches!(&found.key.owner, Owner::User(owner) if owner == user) {
            app.authorize_in_project(tx, actor, place, Scope::ManagementWrite).await?;
        }
        return Ok(found);
    }
    app.authorize_in_project(tx, actor, place, Scope::ManagementWrite).await?;
    any_key_of(tx, place, id).await
}

/// Finds a live key of a project, also one that was issued to a workload.
async fn any_key_of(
    tx: &mut Tx,
    (organization, project): (&OrganizationId, &ProjectId),
    id: &KeyId,
) -> Result<KeyWithOwner, Error> {
    project_of(tx, organization, project).await?;
    let found = api_keys::find_of_project(tx, project, id).await?.filter(|found| found.key.revoked_at.is_none());
    found.ok_or_else(|| Error::not_found("API key", id.as_str()))
}

/// Deletes a key that was found in this transaction, and records the reason.
pub(crate) async fn revoke_live_key(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    id: &KeyId,
    reason: &'static str,
) -> Result<(), Error> {
    if !api_keys::revoke(tx, id, &actor.actor_ref(), reason, app.now()).await? {
        return Err(Error::not_found("API key", id.as_str()));
    }
    let entry = AuditEntry { organization, action: "api_key.deleted", target: id.as_str(), details: json!({}) };
    app.record(tx, actor, entry).await
}
