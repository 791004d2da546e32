//! Groups of members of organizations.

use keystead_core::id::{GroupId, OrganizationId};
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::{id, time};
use crate::{Error, Listing, Page, Row, Tx};

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub organization: OrganizationId,
    pub name: String,
    pub created_at: Timestamp,
}

/// The columns in the order in which [`group`] reads them.
macro_rules! columns {
    () => {
        "id, organization, name, created_at"
    };
}

fn group(row: &Row) -> Result<Group, Error> {
    Ok(Group {
        id: id(row, 0, "user_groups")?,
        organization: id(row, 1, "user_groups")?,
        name: row.text(2)?,
        created_at: time(row, 3)?,
    })
}

/// Inserts a group.
pub async fn insert(tx: &mut Tx, group: &Group) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO user_groups (id, organization, name, created_at) VALUES ($1, $2, $3, $4)";
    let values = vec![
        group.id.as_str().into(),
        group.organization.as_str().into(),
        group.name.as_str().into(),
        group.created_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds a group of this organization.
pub async fn find(tx: &mut Tx, organization: &OrganizationId, id: &GroupId) -> Result<Option<Group>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM user_groups WHERE organization = $1 AND id = $2");
    tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?.as_ref().map(group).transpose()
}

/// Lists the groups of an organization.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, page: &Page) -> Result<Listing<Group>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM user_groups"),
        table: "user_groups",
        source: "user_groups",
        id: "id",
        scope: "user_groups.organization = $1",
        filter: "TRUE",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, group).await
}

/// Counts the groups of an organization.
pub async fn count(tx: &mut Tx, organization: &OrganizationId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM user_groups WHERE organization = $1";
    tx.optional(SQL, vec![organization.as_str().into()]).await?.ok_or(Error::Missing)?.int(0)
}

/// Changes the name of a group; `false` when there is none.
pub async fn rename(tx: &mut Tx, organization: &OrganizationId, id: &GroupId, name: &str) -> Result<bool, Error> {
    const SQL: &str = "UPDATE user_groups SET name = $3 WHERE organization = $1 AND id = $2";
    changes::lock(tx).await?;
    Ok(tx.execute(SQL, vec![organization.as_str().into(), id.as_str().into(), name.into()]).await? > 0)
}

/// Deletes a group with its members and roles; `false` when there is none.
pub async fn delete(tx: &mut Tx, organization: &OrganizationId, id: &GroupId, at: Timestamp) -> Result<bool, Error> {
    const ROLES: &str = "DELETE FROM role_assignments WHERE organization = $1 AND principal = $2";
    const MEMBERS: &str = "DELETE FROM group_members WHERE group_id IN \
                           (SELECT g.id FROM user_groups g WHERE g.organization = $1 AND g.id = $2)";
    const GROUP: &str = "DELETE FROM user_groups WHERE organization = $1 AND id = $2";
    changes::lock(tx).await?;
    let values = || vec![organization.as_str().into(), id.as_str().into()];
    tx.execute(ROLES, values()).await?;
    tx.execute(MEMBERS, values()).await?;
    if tx.execute(GROUP, values()).await? == 0 {
        return Ok(false);
    }
    changes::append(tx, &ChangeSubject::Organization(organization.clone()), at).await?;
    Ok(true)
}
