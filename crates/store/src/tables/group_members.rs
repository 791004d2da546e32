//! People in groups.

use keystead_core::id::{GroupId, OrganizationId, UserId};
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::{id, time};
use crate::{Error, Listing, Page, Row, Tx};

/// A person in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// When they were added.
    pub created_at: Timestamp,
}

/// The columns in the order in which [`member`] reads them.
macro_rules! columns {
    () => {
        "gm.user_id, u.name, u.email, gm.created_at"
    };
}

fn member(row: &Row) -> Result<GroupMember, Error> {
    Ok(GroupMember {
        user: id(row, 0, "group_members")?,
        name: row.text(1)?,
        email: row.text(2)?,
        created_at: time(row, 3)?,
    })
}

/// Adds a member of the group's organization; `false` when the person is in the group, or is not a member.
pub async fn insert(tx: &mut Tx, group: &GroupId, user: &UserId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO group_members (group_id, user_id, created_at) \
                       SELECT g.id, m.user_id, CAST($3 AS BIGINT) FROM user_groups g \
                       JOIN memberships m ON m.organization = g.organization WHERE g.id = $1 AND m.user_id = $2 \
                       ON CONFLICT DO NOTHING";
    changes::lock(tx).await?;
    if tx.execute(SQL, vec![group.as_str().into(), user.as_str().into(), at.0.into()]).await? == 0 {
        return Ok(false);
    }
    changes::append(tx, &ChangeSubject::User(user.clone()), at).await?;
    Ok(true)
}

/// Counts the groups of an organization that a person is in.
pub async fn count_groups(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM group_members gm JOIN user_groups g ON g.id = gm.group_id \
                       WHERE gm.user_id = $2 AND g.organization = $1";
    let values = vec![organization.as_str().into(), user.as_str().into()];
    tx.optional(SQL, values).await?.ok_or(Error::Missing)?.int(0)
}

/// Finds a person in a group.
pub async fn find(tx: &mut Tx, group: &GroupId, user: &UserId) -> Result<Option<GroupMember>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM group_members gm JOIN users u ON u.id = gm.user_id WHERE gm.group_id = $1 AND gm.user_id = $2"
    );
    tx.optional(SQL, vec![group.as_str().into(), user.as_str().into()]).await?.as_ref().map(member).transpose()
}

/// Lists the people in a group; cursors are user ids.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, group: &GroupId, page: &Page) -> Result<Listing<GroupMember>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM group_members gm JOIN users u ON u.id = gm.user_id"),
        table: "gm",
        source: "group_members gm",
        id: "user_id",
        scope: "gm.group_id = $1",
        filter: "TRUE",
        values: vec![group.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, member).await
}

/// Removes a person from a group; `false` when they are not in it.
pub async fn delete(tx: &mut Tx, group: &GroupId, user: &UserId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM group_members WHERE group_id = $1 AND user_id = $2";
    changes::lock(tx).await?;
    if tx.execute(SQL, vec![group.as_str().into(), user.as_str().into()]).await? == 0 {
        return Ok(false);
    }
    changes::append(tx, &ChangeSubject::User(user.clone()), at).await?;
    Ok(true)
}
