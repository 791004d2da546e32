//! Service accounts: non-human members of one project. No phone is required of them; the organization's verification
//! counts.

use keystead_core::caller::Owner;
use keystead_core::id::{OrganizationId, ProjectId, ServiceAccountId};
use keystead_core::key::KeyKind;
use keystead_core::role::ProjectRole;
use keystead_core::scope::{Scope, ScopeSet};
pub use keystead_store::tables::service_accounts::ServiceAccount;
use keystead_store::tables::{api_keys, changes, service_accounts};
use keystead_store::{Listing, Page, Tx};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::keys::grants::{may_grant, within_scopes};
use crate::keys::minting::{KeyTarget, MintedKey, NewKey, mint_key};
use crate::keys::project_keys::save_new_key;
use crate::projects::open_project;
use crate::roles::Place;
use crate::roles::effective::ensure_may_give;
use crate::validate::checked_name;
use crate::{Actor, App, Error};

/// The request for a new service account.
#[derive(Debug, Clone)]
pub struct NewServiceAccount {
    /// Its name.
    pub name: String,
    /// Its first key; a service account without one also starts without permissions.
    pub key: Option<NewKey>,
}

/// A change of a service account.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// The new name.
    pub name: Option<String>,
    /// The new role.
    pub role: Option<ProjectRole>,
}

impl App {
    /// Lists the project's service accounts.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is archived, or when `after` is unknown.
    pub async fn service_accounts(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        page: Page,
    ) -> Result<Listing<ServiceAccount>, Error> {
        read_tx!(self.store(), "service_accounts", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementRead).await?;
            open_project(tx, organization, project).await?;
            Ok(service_accounts::list(tx, project, &page).await?)
        })
    }

    /// Finds one service account.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn service_account(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &ServiceAccountId,
    ) -> Result<ServiceAccount, Error> {
        read_tx!(self.store(), "service_account", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementRead).await?;
            account_of(tx, organization, project, id).await
        })
    }

    /// Makes a service account, with a first key if one is requested. The key passes the same gate as every other new
    /// key.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the gate refuses, or when the project is archived.
    pub async fn create_service_account(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        asked: NewServiceAccount,
    ) -> Result<(ServiceAccount, Option<MintedKey>), Error> {
        let account = ServiceAccount {
            id: self.draw(ServiceAccountId::generate),
            project: project.clone(),
            name: checked_name(&asked.name)?,
            role: if asked.key.is_some() { ProjectRole::Member } else { ProjectRole::None },
            created_at: self.now(),
            deleted_at: None,
        };
        let place = place(organization, project, &account.id);
        let key = asked.key.map(|asked| mint_key(self, place, &within_scopes(actor, asked)?)).transpose()?;
        let row = key.as_ref().map(|minted| minted.key.clone());
        let account = write_tx!(self.store(), "create_service_account", |tx| {
            changes::lock(tx).await?;
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            ensure_may_act_as(tx, actor, (organization, project), account.role).await?;
            service_accounts::insert(tx, &account).await?;
            let details = json!({ "data": { "role": account.role.as_str() } });
            let entry =
                AuditEntry { organization, action: "service_account.created", target: account.id.as_str(), details };
            self.record(tx, actor, entry).await?;
            if let Some(row) = &row {
                save_new_key(self, tx, actor, organization, row).await?;
            }
            Ok(account.clone())
        })?;
        Ok((account, key))
    }

    /// Renames a service account or gives it another role.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or when the project is archived.
    pub async fn update_service_account(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &ServiceAccountId,
        change: &AccountChange,
    ) -> Result<ServiceAccount, Error> {
        let name = change.name.as_deref().map(checked_name).transpose()?;
        write_tx!(self.store(), "update_service_account", |tx| {
            changes::lock(tx).await?;
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            let account = account_of(tx, organization, project, id).await?;
            let changed = ServiceAccount {
                name: name.clone().unwrap_or_else(|| account.name.clone()),
                role: change.role.unwrap_or(account.role),
                ..account.clone()
            };
            if changed == account {
                return Ok(account);
            }
            // A service account uses only the data plane.
            let data = ScopeSet::of(&Scope::DATA_PLANE);
            let rights = |role: ProjectRole| role.permissions().intersection(data);
            ensure_may_act_as(tx, actor, (organization, project), changed.role).await?;
            may_grant(actor, "role", rights(changed.role), rights(account.role))?;
            service_accounts::update(tx, project, id, &changed.name, changed.role).await?;
            let details = json!({ "changes_requested": { "role": changed.role.as_str(), "name": changed.name } });
            let entry = AuditEntry { organization, action: "service_account.updated", target: id.as_str(), details };
            self.record(tx, actor, entry).await?;
            Ok(changed)
        })
    }

    /// Deletes a service account with all its keys.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or when the project is archived.
    pub async fn delete_service_account(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &ServiceAccountId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "delete_service_account", |tx| {
            changes::lock(tx).await?;
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            account_of(tx, organization, project, id).await?;
            let (by, why) = (actor.actor_ref(), "service account deleted");
            for key in api_keys::revoke_of_service_account(tx, id, &by, why, self.now()).await? {
                let (action, target) = ("api_key.deleted", key.as_str());
                self.record(tx, actor, AuditEntry { organization, action, target, details: json!({}) }).await?;
            }
            service_accounts::delete(tx, project, id, self.now()).await?;
            let entry =
                AuditEntry { organization, action: "service_account.deleted", target: id.as_str(), details: json!({}) };
            self.record(tx, actor, entry).await
        })
    }

    /// Makes another key for a service account, so that keys can be rotated without a gap.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the gate refuses, when there is no such account, or when the project
    /// is archived.
    pub async fn create_service_account_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &ServiceAccountId,
        asked: NewKey,
    ) -> Result<MintedKey, Error> {
        let minted = mint_key(self, place(organization, project, id), &within_scopes(actor, asked)?)?;
        let key = &minted.key;
        write_tx!(self.store(), "create_service_account_key", |tx| {
            changes::lock(tx).await?;
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            let account = account_of(tx, organization, project, id).await?;
            ensure_may_act_as(tx, actor, (organization, project), account.role).await?;
            save_new_key(self, tx, actor, organization, key).await
        })?;
        Ok(minted)
    }
}

fn place(organization: &OrganizationId, project: &ProjectId, id: &ServiceAccountId) -> KeyTarget {
    KeyTarget {
        kind: KeyKind::ServiceAccount,
        organization: Some(organization.clone()),
        project: Some(project.clone()),
        owner: Owner::ServiceAccount(id.clone()),
    }
}

/// Refuses a key of an account that may do more in its project than the actor. An account uses only the data plane.
pub(crate) async fn ensure_may_act_as(
    tx: &mut Tx,
    actor: &Actor,
    (organization, project): (&OrganizationId, &ProjectId),
    role: ProjectRole,
) -> Result<(), Error> {
    let data = role.permissions().intersection(ScopeSet::of(&Scope::DATA_PLANE));
    ensure_may_give(tx, actor, Place { organization, project: Some(project) }, "role", data).await
}

pub(crate) async fn account_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
    id: &ServiceAccountId,
) -> Result<ServiceAccount, Error> {
    open_project(tx, organization, project).await?;
    let found = service_accounts::find(tx, project, id).await?.filter(|account| account.deleted_at.is_none());
    found.ok_or_else(|| Error::not_found("service account", id.as_str()))
}
