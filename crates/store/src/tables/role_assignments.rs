//! Roles that people and groups hold, besides the role of a membership.

use std::collections::BTreeMap;

use keystead_core::id::{ActorId, GroupId, OrganizationId, ProjectId, UserId};
use keystead_core::role::{Principal, Resource, RoleRef};
use keystead_core::scope::ScopeSet;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::roles::permissions;
use super::{actor, id, named, optional_named, time};
use crate::{Error, Row, Tx};

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub organization: OrganizationId,
    pub resource: Resource,
    pub principal: Principal,
    pub role: RoleRef,
    pub created_at: Timestamp,
    pub created_by: ActorId,
}

/// The columns in the order in which [`assignment`] reads them.
macro_rules! columns {
    () => {
        "a.organization, a.resource, a.principal, a.role, a.created_at, a.created_by"
    };
}

fn assignment(row: &Row) -> Result<Assignment, Error> {
    let resource = named(row, 1, "role_assignments", Resource::from_id)?;
    Ok(Assignment {
        organization: id(row, 0, "role_assignments")?,
        principal: named(row, 2, "role_assignments", Principal::from_id)?,
        role: named(row, 3, "role_assignments", |text| RoleRef::parse(text, resource.as_str()))?,
        created_at: time(row, 4)?,
        created_by: actor(row, 5)?,
        resource,
    })
}

/// Inserts an assignment; `false` when it exists, or when the role or the holder is gone.
pub async fn insert(tx: &mut Tx, one: &Assignment) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO role_assignments (organization, resource, principal, role, created_at, created_by) \
                       SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), \
                       CAST($5 AS BIGINT), CAST($6 AS TEXT) \
                       WHERE ($7 OR EXISTS (SELECT 1 FROM roles r WHERE r.resource = $2 AND r.id = $4)) \
                       AND (EXISTS (SELECT 1 FROM memberships m WHERE m.organization = $1 AND m.user_id = $3) \
                       OR EXISTS (SELECT 1 FROM user_groups g WHERE g.organization = $1 AND g.id = $3)) \
                       ON CONFLICT DO NOTHING";
    let values = vec![
        one.organization.as_str().into(),
        one.resource.as_str().into(),
        one.principal.as_str().into(),
        one.role.as_str().into(),
        one.created_at.0.into(),
        one.created_by.as_str().into(),
        matches!(one.role, RoleRef::Preset(_)).into(),
    ];
    changes::lock(tx).await?;
    let inserted = tx.execute(SQL, values).await? > 0;
    changed(tx, inserted, &one.organization, &one.principal, one.created_at).await
}

/// Removes an assignment; `false` when there is none.
pub async fn delete(
    tx: &mut Tx,
    (organization, resource): (&OrganizationId, &Resource),
    principal: &Principal,
    role: &RoleRef,
    at: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM role_assignments WHERE resource = $1 AND principal = $2 AND role = $3";
    changes::lock(tx).await?;
    let values = vec![resource.as_str().into(), principal.as_str().into(), role.as_str().into()];
    let deleted = tx.execute(SQL, values).await? > 0;
    changed(tx, deleted, organization, principal, at).await
}

/// Removes every role of a group in a project; `false` when it has none.
pub async fn delete_of_group(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
    group: &GroupId,
    at: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM role_assignments WHERE organization = $1 AND resource = $2 AND principal = $3";
    changes::lock(tx).await?;
    let values = vec![organization.as_str().into(), project.as_str().into(), group.as_str().into()];
    let deleted = tx.execute(SQL, values).await? > 0;
    changed(tx, deleted, organization, &Principal::Group(group.clone()), at).await
}

/// A change to a group concerns all its members, whom the organization stands for.
async fn changed(
    tx: &mut Tx,
    done: bool,
    organization: &OrganizationId,
    principal: &Principal,
    at: Timestamp,
) -> Result<bool, Error> {
    if done {
        let subject = match principal {
            Principal::User(user) => ChangeSubject::User(user.clone()),
            Principal::Group(_) => ChangeSubject::Organization(organization.clone()),
        };
        changes::append(tx, &subject, at).await?;
    }
    Ok(done)
}

/// Lists what a person or a group holds in a resource, oldest first.
pub async fn list(tx: &mut Tx, resource: &Resource, principal: &Principal) -> Result<Vec<Assignment>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM role_assignments a WHERE a.resource = $1 AND a.principal = $2 ORDER BY a.created_at, a.role"
    );
    let values = vec![resource.as_str().into(), principal.as_str().into()];
    tx.all(SQL, values).await?.iter().map(assignment).collect()
}

/// Lists what a person holds in a resource through their groups, oldest first.
pub async fn list_of_groups(tx: &mut Tx, resource: &Resource, user: &UserId) -> Result<Vec<Assignment>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM group_members gm JOIN role_assignments a ON a.principal = gm.group_id \
         WHERE a.resource = $1 AND gm.user_id = $2 ORDER BY a.created_at, a.role, a.principal"
    );
    tx.all(SQL, vec![resource.as_str().into(), user.as_str().into()]).await?.iter().map(assignment).collect()
}

/// Lists what a person or a group holds in an organization and all its projects, oldest first.
pub async fn list_everywhere(
    tx: &mut Tx,
    organization: &OrganizationId,
    principal: &Principal,
) -> Result<Vec<Assignment>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM role_assignments a WHERE a.organization = $1 AND a.principal = $2 \
         ORDER BY a.created_at, a.resource, a.role"
    );
    let values = vec![organization.as_str().into(), principal.as_str().into()];
    tx.all(SQL, values).await?.iter().map(assignment).collect()
}

/// Does the same for what a person holds through their groups.
pub async fn list_everywhere_of_groups(
    tx: &mut Tx,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<Vec<Assignment>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM group_members gm JOIN role_assignments a ON a.principal = gm.group_id \
         WHERE a.organization = $1 AND gm.user_id = $2 ORDER BY a.created_at, a.resource, a.role, a.principal"
    );
    let values = vec![organization.as_str().into(), user.as_str().into()];
    tx.all(SQL, values).await?.iter().map(assignment).collect()
}

/// Counts what a person or a group holds in an organization and its projects.
pub async fn count(tx: &mut Tx, organization: &OrganizationId, principal: &Principal) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM role_assignments WHERE organization = $1 AND principal = $2";
    let values = vec![organization.as_str().into(), principal.as_str().into()];
    tx.optional(SQL, values).await?.ok_or(Error::Missing)?.int(0)
}

/// A group with a role in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupInProject {
    pub group: GroupId,
    /// The group's name.
    pub name: String,
    /// When it was given the oldest of its roles there.
    pub created_at: Timestamp,
    /// When the group was made, which orders lists.
    pub made_at: Timestamp,
}

fn group_in_project(row: &Row) -> Result<GroupInProject, Error> {
    Ok(GroupInProject {
        group: id(row, 0, "user_groups")?,
        name: row.text(1)?,
        created_at: time(row, 2)?,
        made_at: time(row, 3)?,
    })
}

/// Finds a group with a role in a project.
pub async fn find_group(tx: &mut Tx, project: &ProjectId, group: &GroupId) -> Result<Option<GroupInProject>, Error> {
    const SQL: &str = "SELECT g.id, g.name, MIN(a.created_at), g.created_at FROM role_assignments a \
                       JOIN user_groups g ON g.id = a.principal WHERE a.resource = $1 AND g.id = $2 \
                       GROUP BY g.id, g.name, g.created_at";
    let row = tx.optional(SQL, vec![project.as_str().into(), group.as_str().into()]).await?;
    row.as_ref().map(group_in_project).transpose()
}

/// Lists the groups with a role in a project, the oldest group first.
pub async fn list_groups(tx: &mut Tx, project: &ProjectId) -> Result<Vec<GroupInProject>, Error> {
    const SQL: &str = "SELECT g.id, g.name, MIN(a.created_at), g.created_at FROM role_assignments a \
                       JOIN user_groups g ON g.id = a.principal WHERE a.resource = $1 \
                       GROUP BY g.id, g.name, g.created_at ORDER BY g.created_at, g.id";
    tx.all(SQL, vec![project.as_str().into()]).await?.iter().map(group_in_project).collect()
}

/// What assigned roles permit, by resource.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permitted(Vec<(Resource, ScopeSet)>);

impl Permitted {
    /// What they permit in the whole organization.
    #[must_use]
    pub fn in_organization(&self, organization: &OrganizationId) -> ScopeSet {
        self.of(organization.as_str()).unwrap_or_default()
    }

    /// Whether there is a role in the whole organization, also one that permits nothing.
    #[must_use]
    pub fn holds_in_organization(&self, organization: &OrganizationId) -> bool {
        self.of(organization.as_str()).is_some()
    }

    /// What they permit in a project; `None` without a role in it.
    #[must_use]
    pub fn in_project(&self, project: &ProjectId) -> Option<ScopeSet> {
        self.of(project.as_str())
    }

    /// What they permit in each resource.
    #[must_use]
    pub fn by_resource(&self) -> BTreeMap<Resource, ScopeSet> {
        let mut all = BTreeMap::new();
        for (resource, scopes) in &self.0 {
            let known: &mut ScopeSet = all.entry(resource.clone()).or_default();
            *known = known.union(*scopes);
        }
        all
    }

    fn of(&self, resource: &str) -> Option<ScopeSet> {
        let here = self.0.iter().filter(|(own, _)| own.as_str() == resource);
        here.map(|(_, scopes)| *scopes).reduce(ScopeSet::union)
    }
}

fn permitted(row: &Row) -> Result<(Resource, ScopeSet), Error> {
    let resource = named(row, 0, "role_assignments", Resource::from_id)?;
    let custom = optional_named(row, 2, "roles", permissions)?;
    let role = named(row, 1, "role_assignments", |text| RoleRef::parse(text, resource.as_str()))?;
    let scopes = match (role, custom) {
        (RoleRef::Preset(role), _) => role.permissions(),
        (RoleRef::Custom(_), Some(permissions)) => ScopeSet::of_permissions(&permissions),
        (RoleRef::Custom(_), None) => ScopeSet::NONE,
    };
    Ok((resource, scopes))
}

/// Returns what a person's assigned roles permit, their own and those of their groups, in the organizations of which
/// they are a member. A role that several groups hold is read once.
pub async fn permitted_to_user(tx: &mut Tx, user: &UserId) -> Result<Permitted, Error> {
    const SQL: &str = "SELECT DISTINCT a.resource, a.role, r.permissions FROM role_assignments a \
                       JOIN memberships m ON m.organization = a.organization AND m.user_id = $1 \
                       LEFT JOIN roles r ON r.id = a.role AND r.organization = a.organization \
                       WHERE a.principal IN (SELECT CAST($1 AS TEXT) UNION ALL \
                       SELECT gm.group_id FROM group_members gm WHERE gm.user_id = $1)";
    tx.all(SQL, vec![user.as_str().into()]).await?.iter().map(permitted).collect::<Result<_, _>>().map(Permitted)
}

/// Does the same for one organization and all its projects.
pub async fn permitted_within(tx: &mut Tx, user: &UserId, organization: &OrganizationId) -> Result<Permitted, Error> {
    const SQL: &str = "SELECT DISTINCT a.resource, a.role, r.permissions FROM role_assignments a \
                       JOIN memberships m ON m.organization = a.organization AND m.user_id = $1 \
                       LEFT JOIN roles r ON r.id = a.role AND r.organization = a.organization \
                       WHERE a.organization = $2 AND a.principal IN (SELECT CAST($1 AS TEXT) UNION ALL \
                       SELECT gm.group_id FROM group_members gm WHERE gm.user_id = $1)";
    let values = vec![user.as_str().into(), organization.as_str().into()];
    tx.all(SQL, values).await?.iter().map(permitted).collect::<Result<_, _>>().map(Permitted)
}

/// Does the same for one organization and one of its projects.
pub async fn permitted_in(
    tx: &mut Tx,
    user: &UserId,
    organization: &OrganizationId,
    project: Option<&ProjectId>,
) -> Result<Permitted, Error> {
    const SQL: &str = "SELECT DISTINCT a.resource, a.role, r.permissions FROM role_assignments a \
                       JOIN memberships m ON m.organization = a.organization AND m.user_id = $1 \
                       LEFT JOIN roles r ON r.id = a.role AND r.organization = a.organization \
                       WHERE a.resource IN ($2, $3) AND a.principal IN (SELECT CAST($1 AS TEXT) UNION ALL \
                       SELECT gm.group_id FROM group_members gm WHERE gm.user_id = $1)";
    // Without a project, the organization is given twice.
    let project = project.map_or(organization.as_str(), ProjectId::as_str);
    let values = vec![user.as_str().into(), organization.as_str().into(), project.into()];
    tx.all(SQL, values).await?.iter().map(permitted).collect::<Result<_, _>>().map(Permitted)
}

/// Returns what the roles of a group permit.
pub async fn permitted_to_group(tx: &mut Tx, group: &GroupId) -> Result<Permitted, Error> {
    const SQL: &str = "SELECT a.resource, a.role, r.permissions FROM role_assignments a \
                       LEFT JOIN roles r ON r.id = a.role AND r.organization = a.organization WHERE a.principal = $1";
    tx.all(SQL, vec![group.as_str().into()]).await?.iter().map(permitted).collect::<Result<_, _>>().map(Permitted)
}
