//! Groups of an organization's members, and the people in them.

pub mod members;
pub mod overview;
pub mod projects;

use keystead_core::id::{GroupId, OrganizationId};
use keystead_core::scope::Scope;
pub use keystead_store::tables::user_groups::Group;
use keystead_store::tables::{changes, role_assignments, user_groups};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use crate::audit::AuditEntry;
use crate::roles::assignments::missing_group;
use crate::roles::effective::Grantor;
use crate::validate::checked_name;
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// How many groups an organization may have.
pub const MOST_GROUPS: i64 = 1_000;

impl App {
    /// Lists the organization's groups.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when `after` is unknown.
    pub async fn groups(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: Page,
    ) -> Result<Listing<Group>, Error> {
        read_tx!(self.store(), "groups", |tx| {
            self.authorize(tx, actor, organization, Scope::GroupsRead).await?;
            Ok(user_groups::list(tx, organization, &page).await?)
        })
    }

    /// Finds one group.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn group(&self, actor: &Actor, organization: &OrganizationId, id: &GroupId) -> Result<Group, Error> {
        read_tx!(self.store(), "group", |tx| {
            self.authorize(tx, actor, organization, Scope::GroupsRead).await?;
            group_of(tx, organization, id).await
        })
    }

    /// Makes a group without people and roles.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the name is not valid, or when the organization has too many.
    pub async fn create_group(&self, actor: &Actor, organization: &OrganizationId, name: &str) -> Result<Group, Error> {
        let group = Group {
            id: self.draw(GroupId::generate),
            organization: organization.clone(),
            name: checked_name(name)?,
            created_at: self.now(),
        };
        write_tx!(self.store(), "create_group", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::GroupsWrite).await?;
            hold_room(tx, "groups", organization.as_str()).await?;
            if user_groups::count(tx, organization).await? >= MOST_GROUPS {
                return Err(Error::impossible(format!("An organization can have at most {MOST_GROUPS} groups.")));
            }
            user_groups::insert(tx, &group).await?;
            let details = json!({ "data": { "group_name": group.name } });
            record_group(self, tx, actor, organization, ("group.created", &group.id, details)).await?;
            Ok(group.clone())
        })
    }

    /// Renames a group.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or when the name is not valid.
    pub async fn rename_group(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &GroupId,
        name: &str,
    ) -> Result<Group, Error> {
        let name = checked_name(name)?;
        write_tx!(self.store(), "rename_group", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::GroupsWrite).await?;
            let group = group_of(tx, organization, id).await?;
            if group.name == name {
                return Ok(group);
            }
            user_groups::rename(tx, organization, id, &name).await?;
            let details = json!({ "changes_requested": { "group_name": name } });
            record_group(self, tx, actor, organization, ("group.updated", id, details)).await?;
            Ok(Group { name: name.clone(), ..group })
        })
    }

    /// Deletes a group. Its people lose the roles that they held through it.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the group has, or when it does not exist.
    pub async fn delete_group(&self, actor: &Actor, organization: &OrganizationId, id: &GroupId) -> Result<(), Error> {
        write_tx!(self.store(), "delete_group", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::GroupsWrite).await?;
            group_of(tx, organization, id).await?;
            ensure_may_take(tx, actor, organization, (id, "group_id")).await?;
            user_groups::delete(tx, organization, id, self.now()).await?;
            record_group(self, tx, actor, organization, ("group.deleted", id, json!({}))).await
        })
    }
}

/// Finds a group of this organization; one of another organization is answered like a missing one.
async fn group_of(tx: &mut Tx, organization: &OrganizationId, id: &GroupId) -> Result<Group, Error> {
    user_groups::find(tx, organization, id).await?.ok_or_else(|| missing_group(id))
}

/// Refuses to add a person to a group that holds permissions which the actor does not hold.
async fn ensure_may_give(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    (id, param): (&GroupId, &'static str),
) -> Result<(), Error> {
    let grantor = Grantor::read(tx, actor, organization).await?;
    for (resource, scopes) in role_assignments::permitted_to_group(tx, id).await?.by_resource() {
        grantor.ensure_may_give(tx, resource.project(), param, scopes).await?;
    }
    Ok(())
}

/// Refuses to remove a person from such a group, or to delete it.
async fn ensure_may_take(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    (id, param): (&GroupId, &'static str),
) -> Result<(), Error> {
    let grantor = Grantor::read(tx, actor, organization).await?;
    for (resource, scopes) in role_assignments::permitted_to_group(tx, id).await?.by_resource() {
        grantor.ensure_may_take(tx, resource.project(), param, scopes).await?;
    }
    Ok(())
}

async fn record_group(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    (action, id, details): (&'static str, &GroupId, Value),
) -> Result<(), Error> {
    app.record(tx, actor, AuditEntry { organization, action, target: id.as_str(), details }).await
}
