//! Roles of organizations and projects, who holds them, and what that permits.

pub mod access;
pub mod assignments;
mod change_assignments;
pub(crate) mod effective;
pub mod overview;
mod part;

pub(crate) use change_assignments::assign;
pub(crate) use part::part_of;

use keystead_core::id::{ActorId, OrganizationId, ProjectId, RoleId};
use keystead_core::role::{PresetRole, Resource, RoleRef, checked_permissions};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_core::text::NameFault;
use keystead_core::time::Timestamp;
use keystead_store::tables::changes;
use keystead_store::tables::roles::{self, CustomRole};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::roles::effective::{ensure_may_change, ensure_may_give, ensure_may_take};
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// How many custom roles an organization, or a project, may have.
pub const MOST_ROLES: usize = 500;

/// An organization, or one of its projects.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The organization.
    pub organization: &'a OrganizationId,
    /// The project; `None` is the organization itself.
    pub project: Option<&'a ProjectId>,
}

/// A role, preset or custom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleRef,
    /// Where it can be assigned.
    pub resource: Resource,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its permissions, as literals.
    pub permissions: Vec<String>,
    /// When and by whom a custom role was made, and when it was last changed.
    pub made: Option<Made>,
}

/// How a custom role came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// When it was made.
    pub at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Who made it.
    pub by: ActorId,
}

impl Role {
    fn preset(role: PresetRole, resource: &Resource) -> Self {
        Self {
            id: RoleRef::Preset(role),
            resource: resource.clone(),
            name: role.name().to_owned(),
            description: None,
            permissions: role.permissions().iter().map(|scope| scope.as_str().to_owned()).collect(),
            made: None,
        }
    }

    fn custom(row: CustomRole) -> Self {
        Self {
            id: RoleRef::Custom(row.id),
            resource: row.resource,
            name: row.name,
            description: row.description,
            permissions: row.permissions,
            made: Some(Made { at: row.created_at, changed_at: row.updated_at, by: row.created_by }),
        }
    }

    /// What it permits.
    #[must_use]
    pub fn scopes(&self) -> ScopeSet {
        ScopeSet::of_permissions(&self.permissions)
    }

    /// The place of the role in lists: preset roles come first.
    #[must_use]
    pub fn position(&self) -> (Timestamp, &str) {
        (self.made.as_ref().map_or(Timestamp(0), |made| made.at), self.id.as_str())
    }
}

/// A new role.
#[derive(Debug, Clone)]
pub struct NewRole {
    /// Its name.
    pub name: String,
    /// Its permissions.
    pub permissions: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// Changes to a role; `None` leaves a value as it is.
#[derive(Debug, Clone, Default)]
pub struct RoleChange {
    /// Another name.
    pub name: Option<String>,
    /// Other permissions.
    pub permissions: Option<Vec<String>>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
}

impl App {
    /// Lists the roles that can be assigned in a place, preset ones first.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is unknown, or when `after` is.
    pub async fn roles(&self, actor: &Actor, place: Place<'_>, page: Page) -> Result<Listing<Role>, Error> {
        read_tx!(self.store(), "roles", |tx| {
            self.authorize_in(tx, actor, place, Scope::RolesRead).await?;
            let resource = resource_of(tx, place).await?;
            part_of(all_roles(tx, &resource).await?, &page, Role::position)
        })
    }

    /// Finds one role of a place.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn role(&self, actor: &Actor, place: Place<'_>, id: &str) -> Result<Role, Error> {
        read_tx!(self.store(), "role", |tx| {
            self.authorize_in(tx, actor, place, Scope::RolesRead).await?;
            let resource = resource_of(tx, place).await?;
            find_role(tx, &resource, id).await
        })
    }

    /// Makes a custom role.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the role has, when a permission is unknown, when the name is
    /// taken or not valid, or when the place is full.
    pub async fn create_role(&self, actor: &Actor, place: Place<'_>, asked: NewRole) -> Result<Role, Error> {
        let name = checked_name(&asked.name)?;
        let permissions = checked(&asked.permissions)?;
        let description = checked_description(asked.description)?;
        let id = self.draw(RoleId::generate);
        write_tx!(self.store(), "create_role", |tx| {
            changes::lock(tx).await?;
            self.authorize_in(tx, actor, place, Scope::RolesWrite).await?;
            let resource = open_resource(tx, place).await?;
            ensure_may_give(tx, actor, place, "permissions", ScopeSet::of_permissions(&permissions)).await?;
            hold_room(tx, "roles", resource.as_str()).await?;
            let others = roles::list(tx, &resource).await?;
            if others.len() >= MOST_ROLES {
                let message = format!("An organization or project can have at most {MOST_ROLES} custom roles.");
                return Err(Error::impossible(message));
            }
            ensure_free_name(&others, &resource, &name, None)?;
            let row = CustomRole {
                id: id.clone(),
                organization: place.organization.clone(),
                resource,
                name: name.clone(),
                description: description.clone(),
                permissions: permissions.clone(),
                created_at: self.now(),
                updated_at: self.now(),
                created_by: actor.actor_id(),
            };
            roles::insert(tx, &row).await?;
            let details = json!({
                "role_name": row.name, "permissions": row.permissions,
                "resource_type": row.resource.kind(), "resource_id": row.resource.as_str(),
            });
            record_role(self, tx, actor, place, ("role.created", id.as_str(), details)).await?;
            Ok(Role::custom(row))
        })
    }

    /// Changes a custom role. Everyone who holds it is affected by the next request.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that is added, when the role is preset or does not exist, when a
    /// permission is unknown, or when the name is taken or not valid.
    pub async fn update_role(
        &self,
        actor: &Actor,
        place: Place<'_>,
        id: &str,
        change: RoleChange,
    ) -> Result<Role, Error> {
        let name = change.name.as_deref().map(checked_name).transpose()?;
        let permissions = change.permissions.as_deref().map(checked).transpose()?;
        let description = change.description.map(checked_description).transpose()?;
        write_tx!(self.store(), "update_role", |tx| {
            changes::lock(tx).await?;
            self.authorize_in(tx, actor, place, Scope::RolesWrite).await?;
            let resource = open_resource(tx, place).await?;
            let old = custom_role(tx, &resource, id).await?;
            let new = CustomRole {
                name: name.clone().unwrap_or_else(|| old.name.clone()),
                permissions: permissions.clone().unwrap_or_else(|| old.permissions.clone()),
                description: description.clone().unwrap_or_else(|| old.description.clone()),
                updated_at: self.now(),
                ..old.clone()
            };
            if (&new.name, &new.permissions, &new.description) == (&old.name, &old.permissions, &old.description) {
                return Ok(Role::custom(old));
            }
            let scopes = [&old, &new].map(|role| ScopeSet::of_permissions(&role.permissions));
            ensure_may_change(tx, actor, place, "permissions", scopes.into()).await?;
            ensure_free_name(&roles::list(tx, &resource).await?, &resource, &new.name, Some(&old.id))?;
            roles::update(tx, &new).await?;
            let details = json!({ "changes_requested": changes(&old, &new) });
            record_role(self, tx, actor, place, ("role.updated", old.id.as_str(), details)).await?;
            Ok(Role::custom(new))
        })
    }

    /// Deletes a custom role, and takes it from everyone who holds it.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the role has, or when the role is preset or does not exist.
    pub async fn delete_role(&self, actor: &Actor, place: Place<'_>, id: &str) -> Result<RoleRef, Error> {
        write_tx!(self.store(), "delete_role", |tx| {
            changes::lock(tx).await?;
            self.authorize_in(tx, actor, place, Scope::RolesWrite).await?;
            let resource = open_resource(tx, place).await?;
            let role = custom_role(tx, &resource, id).await?;
            let scopes = ScopeSet::of_permissions(&role.permissions);
            ensure_may_take(tx, actor, place, "role_id", scopes).await?;
            roles::delete(tx, &role, self.now()).await?;
            let details = json!({ "resource_type": resource.kind(), "resource_id": resource.as_str() });
            record_role(self, tx, actor, place, ("role.deleted", role.id.as_str(), details)).await?;
            Ok(RoleRef::Custom(role.id))
        })
    }
}

pub(crate) async fn record_role(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    place: Place<'_>,
    (action, target, details): (&'static str, &str, Value),
) -> Result<(), Error> {
    app.record(tx, actor, AuditEntry { organization: place.organization, action, target, details }).await
}

/// Returns the resource of a place; a project of another organization is answered like a missing one.
pub(crate) async fn resource_of(tx: &mut Tx, place: Place<'_>) -> Result<Resource, Error> {
    let Some(project) = place.project else { return Ok(Resource::Organization(place.organization.clone())) };
    project_of(tx, place.organization, project).await?;
    Ok(Resource::Project(project.clone()))
}

/// Does the same, and refuses archived projects.
pub(crate) async fn open_resource(tx: &mut Tx, place: Place<'_>) -> Result<Resource, Error> {
    if let Some(project) = place.project {
        open_project(tx, place.organization, project).await?;
    }
    resource_of(tx, place).await
}

/// Lists every role that can be assigned in a resource.
pub(crate) async fn all_roles(tx: &mut Tx, resource: &Resource) -> Result<Vec<Role>, Error> {
    let presets = PresetRole::OF_ORGANIZATION.into_iter().chain(PresetRole::OF_PROJECT);
    let presets = presets.filter(|role| role.applies_to(resource)).map(|role| Role::preset(role, resource));
    let custom = roles::list(tx, resource).await?;
    Ok(presets.chain(custom.into_iter().map(Role::custom)).collect())
}

/// Finds a role that can be assigned in a resource.
pub(crate) async fn find_role(tx: &mut Tx, resource: &Resource, id: &str) -> Result<Role, Error> {
    let missing = || Error::not_found("role", id);
    match RoleRef::parse(id, resource.as_str()).ok_or_else(missing)? {
        RoleRef::Preset(role) if role.applies_to(resource) => Ok(Role::preset(role, resource)),
        RoleRef::Preset(_) => Err(missing()),
        RoleRef::Custom(id) => roles::find(tx, resource, &id).await?.map(Role::custom).ok_or_else(missing),
    }
}

async fn custom_role(tx: &mut Tx, resource: &Resource, id: &str) -> Result<CustomRole, Error> {
    match find_role(tx, resource, id).await?.id {
        RoleRef::Preset(_) => Err(Error::invalid("role_id", "A predefined role cannot be changed or deleted.")),
        RoleRef::Custom(known) => roles::find(tx, resource, &known).await?.ok_or_else(|| Error::not_found("role", id)),
    }
}

fn ensure_free_name(others: &[CustomRole], resource: &Resource, name: &str, own: Option<&RoleId>) -> Result<(), Error> {
    let mut presets = PresetRole::OF_ORGANIZATION.into_iter().chain(PresetRole::OF_PROJECT);
    // A name that differs from a preset one only by case looks like it.
    let preset = presets.any(|role| role.applies_to(resource) && role.name() == name.to_lowercase());
    if preset || others.iter().any(|role| role.name == name && Some(&role.id) != own) {
        return Err(Error::invalid("role_name", "Invalid 'role_name': there is a role of this name."));
    }
    Ok(())
}

fn checked_name(name: &str) -> Result<String, Error> {
    keystead_core::text::name(name)
        .map_err(|fault| Error::coded("role_name", fault.code(), format!("Invalid 'role_name': {}", fault.message())))
}

fn checked_description(text: Option<String>) -> Result<Option<String>, Error> {
    let Some(text) = text else { return Ok(None) };
    match keystead_core::text::description(&text) {
        Ok(text) => Ok(Some(text)),
        Err(NameFault::Empty) => Ok(None),
        Err(fault) => Err(Error::invalid("description", format!("Invalid 'description': {}", fault.message()))),
    }
}

fn checked(permissions: &[String]) -> Result<Vec<String>, Error> {
    checked_permissions(permissions).map_err(|fault| {
        let name = keystead_core::text::printable(&fault.0);
        Error::invalid("permissions", format!("Invalid 'permissions': there is no '{name}'."))
    })
}

/// The scopes that one version of a role has and the other has not.
fn changes(old: &CustomRole, new: &CustomRole) -> Value {
    let without = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|name| !other.contains(name)).cloned().collect()
    };
    let mut changes = json!({ "resource_id": new.resource.as_str(), "resource_type": new.resource.kind() });
    if new.name != old.name {
        changes["role_name"] = json!(new.name);
    }
    if new.description != old.description {
        changes["description"] = json!(new.description);
    }
    if new.permissions != old.permissions {
        changes["permissions_added"] = json!(without(&new.permissions, &old.permissions));
        changes["permissions_removed"] = json!(without(&old.permissions, &new.permissions));
    }
    changes
}
