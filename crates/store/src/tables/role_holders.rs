//! Who holds a role, and how many: for the pages about roles and groups.

use std::collections::BTreeMap;

use keystead_core::id::{GroupId, OrganizationId, UserId};
use keystead_core::role::{PresetRole, Resource, RoleRef};

use super::user_groups::Group;
use super::{id, named, time};
use crate::{Error, Row, Tx};

/// A person who holds a role directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonHolding {
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
}

/// How many hold a role directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holders {
    pub people: i64,
    pub groups: i64,
}

/// People who hold the role `$2` in the resource `$1` directly: by an assignment, or by the membership `$3`.
macro_rules! people {
    () => {
        "SELECT a.principal AS holder FROM role_assignments a JOIN users au ON au.id = a.principal \
         WHERE a.resource = $1 AND a.role = $2 \
         UNION SELECT m.user_id FROM memberships m WHERE m.organization = $1 AND m.role = $3 \
         UNION SELECT pm.user_id FROM project_members pm WHERE pm.project = $1 AND pm.role = $3"
    };
}

/// The membership that is this role; empty for custom roles.
const fn membership(role: &RoleRef) -> &'static str {
    match role {
        RoleRef::Preset(preset) => preset.name(),
        RoleRef::Custom(_) => "",
    }
}

/// Counts how many people and groups hold each role of a resource directly.
pub async fn count(tx: &mut Tx, resource: &Resource) -> Result<BTreeMap<RoleRef, Holders>, Error> {
    const ASSIGNED: &str = "SELECT a.role, COUNT(*), COUNT(g.id) FROM role_assignments a \
                            LEFT JOIN user_groups g ON g.id = a.principal WHERE a.resource = $1 GROUP BY a.role";
    const MEMBERS: &str = "SELECT m.role, COUNT(*) FROM memberships m WHERE m.organization = $1 GROUP BY m.role";
    const OF_PROJECT: &str = "SELECT pm.role, COUNT(*) FROM project_members pm WHERE pm.project = $1 GROUP BY pm.role";
    let values = || vec![resource.as_str().into()];
    let mut all: BTreeMap<RoleRef, Holders> = BTreeMap::new();
    for row in tx.all(ASSIGNED, values()).await? {
        let role = named(&row, 0, "role_assignments", |text| RoleRef::parse(text, resource.as_str()))?;
        let (both, groups) = (row.int(1)?, row.int(2)?);
        all.insert(role, Holders { people: both.saturating_sub(groups), groups });
    }
    let members = match resource {
        Resource::Organization(_) => tx.all(MEMBERS, values()).await?,
        Resource::Project(_) => tx.all(OF_PROJECT, values()).await?,
    };
    for row in members {
        let (name, people) = (row.text(0)?, row.int(1)?);
        let mut presets = PresetRole::OF_ORGANIZATION.into_iter().chain(PresetRole::OF_PROJECT);
        if let Some(preset) = presets.find(|preset| preset.applies_to(resource) && preset.name() == name) {
            let known = all.entry(RoleRef::Preset(preset)).or_default();
            known.people = known.people.saturating_add(people);
        }
    }
    Ok(all)
}

/// Counts the people who hold a role in a resource, directly or through groups, each once.
pub async fn count_people(tx: &mut Tx, resource: &Resource, role: &RoleRef) -> Result<i64, Error> {
    const SQL: &str = concat!(
        "SELECT COUNT(*) FROM (",
        people!(),
        " UNION SELECT gm.user_id FROM role_assignments ga JOIN group_members gm ON gm.group_id = ga.principal \
         WHERE ga.resource = $1 AND ga.role = $2) held"
    );
    let values = vec![resource.as_str().into(), role.as_str().into(), membership(role).into()];
    tx.optional(SQL, values).await?.ok_or(Error::Missing)?.int(0)
}

/// Lists people who hold a role in a resource directly, by name.
pub async fn list_people(
    tx: &mut Tx,
    resource: &Resource,
    role: &RoleRef,
    limit: i64,
) -> Result<Vec<PersonHolding>, Error> {
    const SQL: &str = concat!(
        "SELECT u.id, u.name, u.email FROM users u WHERE u.id IN (",
        people!(),
        ") ORDER BY u.name, u.id LIMIT $4"
    );
    let values = vec![resource.as_str().into(), role.as_str().into(), membership(role).into(), limit.into()];
    let person = |row: &Row| Ok(PersonHolding { user: id(row, 0, "users")?, name: row.text(1)?, email: row.text(2)? });
    tx.all(SQL, values).await?.iter().map(person).collect()
}

/// Lists the groups that hold a role in a resource, by name.
pub async fn list_groups(tx: &mut Tx, resource: &Resource, role: &RoleRef) -> Result<Vec<Group>, Error> {
    const SQL: &str = "SELECT g.id, g.organization, g.name, g.created_at FROM role_assignments a \
                       JOIN user_groups g ON g.id = a.principal WHERE a.resource = $1 AND a.role = $2 \
                       ORDER BY g.name, g.id";
    tx.all(SQL, vec![resource.as_str().into(), role.as_str().into()]).await?.iter().map(group).collect()
}

fn group(row: &Row) -> Result<Group, Error> {
    Ok(Group {
        id: id(row, 0, "user_groups")?,
        organization: id(row, 1, "user_groups")?,
        name: row.text(2)?,
        created_at: time(row, 3)?,
    })
}

/// Lists the groups that a person is in, by name.
pub async fn list_groups_of_user(
    tx: &mut Tx,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<Vec<Group>, Error> {
    const SQL: &str = "SELECT g.id, g.organization, g.name, g.created_at FROM user_groups g \
                       JOIN group_members gm ON gm.group_id = g.id WHERE g.organization = $1 AND gm.user_id = $2 \
                       ORDER BY g.name, g.id";
    tx.all(SQL, vec![organization.as_str().into(), user.as_str().into()]).await?.iter().map(group).collect()
}

/// Counts the people in each group of an organization; groups without people are left out.
pub async fn count_members(tx: &mut Tx, organization: &OrganizationId) -> Result<BTreeMap<GroupId, i64>, Error> {
    const SQL: &str = "SELECT g.id, COUNT(*) FROM user_groups g JOIN group_members gm ON gm.group_id = g.id \
                       WHERE g.organization = $1 GROUP BY g.id";
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(counted).collect()
}

/// Counts the roles of each group of an organization; groups without roles are left out.
pub async fn count_roles(tx: &mut Tx, organization: &OrganizationId) -> Result<BTreeMap<GroupId, i64>, Error> {
    const SQL: &str = "SELECT g.id, COUNT(*) FROM user_groups g JOIN role_assignments a ON a.principal = g.id \
                       WHERE g.organization = $1 GROUP BY g.id";
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(counted).collect()
}

fn counted(row: &Row) -> Result<(GroupId, i64), Error> {
    Ok((id(row, 0, "user_groups")?, row.int(1)?))
}
