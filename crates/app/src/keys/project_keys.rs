//! Project keys and legacy user keys: making, changing and deleting them.

use keystead_core::caller::Owner;
use keystead_core::id::{KeyId, OrganizationId, ProjectId, UserId};
use keystead_core::key::KeyKind;
use keystead_core::refusal::Refusal;
use keystead_core::role::OrganizationRole;
use keystead_core::scope::{Scope, ScopeSet};
use keystead_store::tables::api_keys::{self, KeyEdit, KeyRow, KeyWithOwner};
use keystead_store::tables::{memberships, organizations, project_members, role_assignments, service_accounts};
use keystead_store::{Listing, Page, Tx};
use serde_json::json;

use super::minting::{gate_new_key, mint_key};
use super::revoke::key_to_end;
use crate::audit::AuditEntry;
use crate::keys::grants::may_grant;
use crate::keys::minting::{KeyTarget, MintedKey, NewKey, end_of_life, restriction};
use crate::projects::{open_project, project_of};
use crate::roles::Place;
use crate::roles::effective::{ensure_may_give, permissions_of};
use crate::validate::checked_name;
use crate::{Actor, App, Error};

/// A filter of a project's keys, by whether their owner still has access to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerAccess {
    /// The owner has access to the project.
    Active,
    /// The owner has no access any more, so the key authorises nothing.
    Inactive,
    /// All keys.
    Any,
}

impl OwnerAccess {
    const fn wants(self, active: bool) -> bool {
        match self {
            Self::Active => active,
            Self::Inactive => !active,
            Self::Any => true,
        }
    }
}

/// A change of a key; the secret stays.
#[derive(Debug, Clone, Default)]
pub struct KeyChange {
    /// The new restriction; empty restricts nothing.
    pub scopes: Option<Vec<String>>,
    /// The new lifetime in seconds, counted from now.
    pub expires_in_seconds: Option<i64>,
    /// The new name; only the dashboard sets it, the API contract does not have it.
    pub name: Option<String>,
}

impl App {
    /// Lists the project's live keys.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is missing, or when `after` is unknown.
    pub async fn project_keys(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        access: OwnerAccess,
        page: Page,
    ) -> Result<Listing<KeyWithOwner>, Error> {
        read_tx!(self.store(), "project_keys", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            project_of(tx, organization, project).await?;
            keys_that(tx, project, &page, |found| access.wants(found.owner_active)).await
        })
    }

    /// Finds one live key of a project.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn project_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &KeyId,
    ) -> Result<KeyWithOwner, Error> {
        read_tx!(self.store(), "project_key", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            key_of(tx, organization, project, id).await
        })
    }

    /// Changes name, restriction or lifetime of a key. Owners change any key of the project, others their own. Expired
    /// keys stay expired. The change applies from the next request.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or when it has expired.
    pub async fn update_project_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &KeyId,
        change: &KeyChange,
    ) -> Result<KeyWithOwner, Error> {
        if change.scopes.is_none() && change.expires_in_seconds.is_none() && change.name.is_none() {
            return Err(Error::impossible("At least one of 'scopes' and 'expires_in_seconds' must be given."));
        }
        let now = self.now();
        let edit = KeyEdit {
            name: change.name.as_deref().map(checked_name).transpose()?,
            restriction: change.scopes.as_deref().map(restriction).transpose()?,
            expires_at: end_of_life(now, change.expires_in_seconds)?,
        };
        write_tx!(self.store(), "update_project_key", |tx| {
            let found = key_to_change(self, tx, actor, organization, project, id).await?;
            if found.key.expires_at.is_some_and(|end| now >= end) {
                return Err(Error::impossible("An expired API key cannot be updated."));
            }
            if let Some(wanted) = &edit.restriction {
                may_grant(actor, "scopes", wanted.scopes(), found.key.restriction.scopes())?;
            }
            if let (Some(wanted), Owner::ServiceAccount(_)) = (&edit.restriction, &found.key.owner) {
                let added = wanted.scopes().without(found.key.restriction.scopes());
                let data = added.intersection(ScopeSet::of(&Scope::DATA_PLANE));
                let place = Place { organization, project: Some(project) };
                ensure_may_give(tx, actor, place, "scopes", data).await?;
            }
            api_keys::update(tx, id, &edit).await?;
            let mut requested = json!({
                "scopes": edit.restriction.as_ref().map(|s| &s.0),
                "expires_in_seconds": change.expires_in_seconds,
            });
            if let Some(name) = &edit.name {
                requested["name"] = json!(name);
            }
            let details = json!({ "changes_requested": requested });
            let entry = AuditEntry { organization, action: "api_key.updated", target: id.as_str(), details };
            self.record(tx, actor, entry).await?;
            key_of(tx, organization, project, id).await
        })
    }

    /// Finds one live key of a project for a person who may change it: owners any key, others their own.
    ///
    /// # Errors
    /// When there is no such key that this person may change.
    pub async fn changeable_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &KeyId,
    ) -> Result<KeyWithOwner, Error> {
        read_tx!(self.store(), "changeable_key", |tx| {
            key_to_change(self, tx, actor, organization, project, id).await
        })
    }

    /// Makes a project key for a person who belongs to the organization. The actor must be that person: personal keys
    /// are never made for other people.
    ///
    /// # Errors
    /// When the gate refuses, when the key is for another person, or when the project is out of reach.
    pub async fn create_project_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        asked: &NewKey,
    ) -> Result<MintedKey, Error> {
        let user = person(actor)?;
        let target = KeyTarget {
            kind: KeyKind::Project,
            organization: Some(organization.clone()),
            project: Some(project.clone()),
            owner: Owner::User(user.clone()),
        };
        let minted = mint_key(self, target, asked)?;
        let key = &minted.key;
        write_tx!(self.store(), "create_project_key", |tx| {
            ensure_key_active(tx, actor).await?;
            ensure_project_access(tx, organization, project, user).await?;
            save_new_key(self, tx, actor, organization, key).await
        })?;
        Ok(minted)
    }

    /// Makes a legacy user key, which can call every organization of its owner; the gate checks the named one.
    ///
    /// # Errors
    /// When the gate refuses, or when the actor is not a member.
    pub async fn create_user_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        asked: &NewKey,
    ) -> Result<MintedKey, Error> {
        let user = actor.signed_in_user().ok_or_else(no_person)?;
        let target =
            KeyTarget { kind: KeyKind::User, organization: None, project: None, owner: Owner::User(user.clone()) };
        let minted = mint_key(self, target, asked)?;
        let key = &minted.key;
        write_tx!(self.store(), "create_user_key", |tx| {
            let member = memberships::find(tx, organization, user).await?;
            member.ok_or_else(|| Error::not_found("organization", organization.as_str()))?;
            save_new_key(self, tx, actor, organization, key).await
        })?;
        Ok(minted)
    }
}

/// Finds a live key of a project that this actor may change. Keys that were issued to workloads end with their rule and
/// cannot be changed.
pub(crate) async fn key_to_change(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    project: &ProjectId,
    id: &KeyId,
) -> Result<KeyWithOwner, Error> {
    let found = key_to_end(app, tx, actor, (organization, project), id).await?;
    match found.key.federation_rule {
        None => Ok(found),
        Some(_) => Err(Error::not_found("API key", id.as_str())),
    }
}

/// Checks the gate, then saves the key and its audit row. Every new key except admin keys is saved here.
pub(crate) async fn save_new_key(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    row: &KeyRow,
) -> Result<(), Error> {
    gate_new_key(app, tx, organization).await?;
    api_keys::insert(tx, row).await?;
    owner_still_belongs(tx, organization, row).await?;
    let details = json!({ "data": { "kind": row.kind.as_str(), "scopes": row.restriction.0 } });
    let entry = AuditEntry { organization, action: "api_key.created", target: row.id.as_str(), details };
    app.record(tx, actor, entry).await
}

/// The person who acts, or for whom the key acts.
pub(crate) fn person(actor: &Actor) -> Result<&UserId, Error> {
    actor.user().ok_or_else(no_person)
}

fn no_person() -> Error {
    let message =
        "Only a person can own this kind of API key; create a service account's key through its service account.";
    Error::Forbidden { param: None, message: message.to_owned() }
}

/// Checks that the caller's key still exists. The gateway's directory may be seconds old, and a key that was deleted
/// meanwhile must not make another one.
pub(crate) async fn ensure_key_active(tx: &mut Tx, actor: &Actor) -> Result<(), Error> {
    let Actor::Key(caller) = actor else { return Ok(()) };
    match api_keys::find(tx, &caller.key).await? {
        Some(row) if row.revoked_at.is_none() => Ok(()),
        _ => Err(Refusal::NoMembership.into()),
    }
}

/// Whether the owner of a key that was just inserted may have it. The insert waits for concurrent changes of callers,
/// such as the removal of this member or the end of the organization, so what was read before it may be outdated.
pub(crate) async fn owner_still_belongs(tx: &mut Tx, organization: &OrganizationId, row: &KeyRow) -> Result<(), Error> {
    let belongs = match &row.owner {
        Owner::User(user) => {
            let held = permissions_of(tx, organization, user, None).await?;
            held.is_some_and(|held| row.kind != KeyKind::Admin || held.allows(Scope::ManagementWrite))
        }
        Owner::ServiceAccount(account) => match &row.project {
            Some(project) => {
                service_accounts::find(tx, project, account).await?.is_some_and(|row| row.deleted_at.is_none())
            }
            None => false,
        },
    };
    let open = organizations::find(tx, organization).await?.is_some_and(|row| row.deactivated_at.is_none());
    if belongs && open { Ok(()) } else { Err(Refusal::NoMembership.into()) }
}

/// Checks access to a project: owners reach every project, members those they or their groups belong to and the Default
/// project.
pub(crate) async fn ensure_project_access(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
    user: &UserId,
) -> Result<(), Error> {
    let missing = || Error::not_found("project", project.as_str());
    let membership = memberships::find(tx, organization, user).await?.ok_or_else(missing)?;
    let open = open_project(tx, organization, project).await?;
    let reached = membership.role == OrganizationRole::Owner
        || open.is_default
        || project_members::find(tx, project, user).await?.is_some()
        || role_assignments::permitted_in(tx, user, organization, Some(project)).await?.in_project(project).is_some();
    if reached { Ok(()) } else { Err(missing()) }
}

async fn key_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
    id: &KeyId,
) -> Result<KeyWithOwner, Error> {
    project_of(tx, organization, project).await?;
    let found = api_keys::find_project_with_owner(tx, project, id).await?;
    found.ok_or_else(|| Error::not_found("API key", id.as_str()))
}

/// Reads until a page of matching keys is full, with any number of other keys between them.
async fn keys_that(
    tx: &mut Tx,
    project: &ProjectId,
    page: &Page,
    wanted: impl Fn(&KeyWithOwner) -> bool,
) -> Result<Listing<KeyWithOwner>, Error> {
    let limit = page.limit as usize;
    let mut data: Vec<KeyWithOwner> = Vec::new();
    let mut next = page.clone();
    loop {
        let batch = api_keys::list_project_with_owner(tx, project, &next).await?;
        next.after = batch.data.last().map(|last| last.key.id.to_string());
        data.extend(batch.data.into_iter().filter(&wanted));
        if data.len() > limit || !batch.has_more {
            break;
        }
    }
    let has_more = data.len() > limit;
    data.truncate(limit);
    Ok(Listing { data, has_more })
}
