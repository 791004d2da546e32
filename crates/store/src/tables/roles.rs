//! Custom roles of organizations and projects.

use keystead_core::id::{ActorId, OrganizationId, RoleId};
use keystead_core::role::Resource;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{actor, conflict_as, id, named, time};
use crate::{Error, Row, Tx};

/// One custom role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRole {
    pub id: RoleId,
    pub organization: OrganizationId,
    /// Where it can be assigned.
    pub resource: Resource,
    /// Unique in its resource.
    pub name: String,
    pub description: Option<String>,
    /// Literals of the catalogue, canonical.
    pub permissions: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub created_by: ActorId,
}

/// The columns in the order in which [`role`] reads them.
macro_rules! columns {
    () => {
        "id, organization, resource, name, description, permissions, created_at, updated_at, created_by"
    };
}

fn role(row: &Row) -> Result<CustomRole, Error> {
    Ok(CustomRole {
        id: id(row, 0, "roles")?,
        organization: id(row, 1, "roles")?,
        resource: named(row, 2, "roles", Resource::from_id)?,
        name: row.text(3)?,
        description: row.optional_text(4)?,
        permissions: named(row, 5, "roles", permissions)?,
        created_at: time(row, 6)?,
        updated_at: time(row, 7)?,
        created_by: actor(row, 8)?,
    })
}

/// Parses the permissions of a role.
pub(super) fn permissions(text: &str) -> Option<Vec<String>> {
    serde_json::from_str(text).ok()
}

fn json(permissions: &[String]) -> Result<String, Error> {
    serde_json::to_string(permissions).map_err(|_| Error::Invalid("permissions"))
}

/// Inserts a role.
///
/// # Errors
/// [`Error::Conflict`] `roles.name` when the resource has a role of this name.
pub async fn insert(tx: &mut Tx, role: &CustomRole) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO roles (id, organization, resource, name, description, permissions, created_at, \
                       updated_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = vec![
        role.id.as_str().into(),
        role.organization.as_str().into(),
        role.resource.as_str().into(),
        role.name.as_str().into(),
        role.description.as_deref().into(),
        json(&role.permissions)?.into(),
        role.created_at.0.into(),
        role.updated_at.0.into(),
        role.created_by.as_str().into(),
    ];
    changes::lock(tx).await?;
    tx.execute(SQL, values).await.map_err(conflict_as("roles.name")).map(|_| ())
}

/// Finds a custom role of this resource.
pub async fn find(tx: &mut Tx, resource: &Resource, id: &RoleId) -> Result<Option<CustomRole>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM roles WHERE resource = $1 AND id = $2");
    tx.optional(SQL, vec![resource.as_str().into(), id.as_str().into()]).await?.as_ref().map(role).transpose()
}

/// Lists the custom roles of a resource, oldest first.
pub async fn list(tx: &mut Tx, resource: &Resource) -> Result<Vec<CustomRole>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM roles WHERE resource = $1 ORDER BY created_at, id");
    tx.all(SQL, vec![resource.as_str().into()]).await?.iter().map(role).collect()
}

/// Changes name, description and permissions; `false` when there is no such role.
///
/// # Errors
/// [`Error::Conflict`] `roles.name` when the resource has another role of this name.
pub async fn update(tx: &mut Tx, role: &CustomRole) -> Result<bool, Error> {
    const SQL: &str = "UPDATE roles SET name = $3, description = $4, permissions = $5, updated_at = $6 \
                       WHERE resource = $1 AND id = $2";
    let values = vec![
        role.resource.as_str().into(),
        role.id.as_str().into(),
        role.name.as_str().into(),
        role.description.as_deref().into(),
        json(&role.permissions)?.into(),
        role.updated_at.0.into(),
    ];
    changes::lock(tx).await?;
    if tx.execute(SQL, values).await.map_err(conflict_as("roles.name"))? == 0 {
        return Ok(false);
    }
    changed(tx, &role.organization, role.updated_at).await
}

/// Deletes a role, and takes it from everyone who holds it; `false` when there is none. People to whom no role is left in
/// a project are members of it no longer.
pub async fn delete(tx: &mut Tx, role: &CustomRole, at: Timestamp) -> Result<bool, Error> {
    const ASSIGNMENTS: &str = "DELETE FROM role_assignments WHERE organization = $1 AND role = $2";
    const MEMBERS: &str = "DELETE FROM project_members WHERE project = $1 AND role = 'none' AND NOT EXISTS \
                           (SELECT 1 FROM role_assignments a WHERE a.resource = $1 AND a.principal = project_members.user_id)";
    const ROLE: &str = "DELETE FROM roles WHERE organization = $1 AND id = $2";
    let values = || vec![role.organization.as_str().into(), role.id.as_str().into()];
    changes::lock(tx).await?;
    tx.execute(ASSIGNMENTS, values()).await?;
    if let Resource::Project(project) = &role.resource {
        tx.execute(MEMBERS, vec![project.as_str().into()]).await?;
    }
    if tx.execute(ROLE, values()).await? == 0 {
        return Ok(false);
    }
    changed(tx, &role.organization, at).await
}

async fn changed(tx: &mut Tx, organization: &OrganizationId, at: Timestamp) -> Result<bool, Error> {
    changes::append(tx, &ChangeSubject::Organization(organization.clone()), at).await?;
    Ok(true)
}
