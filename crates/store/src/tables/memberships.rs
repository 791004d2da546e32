//! Members of organizations.

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::users::User;
use super::{conflict_as, id, named, optional_id, optional_time, removed_rows, time};
use crate::{Error, Listing, Page, Row, Tx, Value};

/// A person's membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub organization: OrganizationId,
    pub user: UserId,
    pub role: OrganizationRole,
    pub created_at: Timestamp,
}

/// The columns in the order in which [`membership`] reads them.
macro_rules! columns {
    () => {
        "organization, user_id, role, created_at"
    };
}

/// Whether the organization `$1` has an owner besides the person `$2` who stays: neither is their account deactivated,
/// nor will it be deleted.
macro_rules! another_owner {
    () => {
        "EXISTS (SELECT 1 FROM memberships o JOIN users u ON u.id = o.user_id WHERE o.organization = $1 \
         AND o.role = 'owner' AND o.user_id <> $2 AND u.deactivated_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM account_deletions d WHERE d.user_id = o.user_id))"
    };
}

fn membership(row: &Row) -> Result<Membership, Error> {
    Ok(Membership {
        organization: id(row, 0, "memberships")?,
        user: id(row, 1, "memberships")?,
        role: named(row, 2, "memberships", OrganizationRole::from_name)?,
        created_at: time(row, 3)?,
    })
}

/// Inserts a member.
///
/// # Errors
/// [`Error::Conflict`] `memberships` when the user is a member already.
pub async fn insert(tx: &mut Tx, membership: &Membership) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO memberships (organization, user_id, role, created_at) VALUES ($1, $2, $3, $4)";
    let values = vec![
        membership.organization.as_str().into(),
        membership.user.as_str().into(),
        membership.role.as_str().into(),
        membership.created_at.0.into(),
    ];
    changes::lock(tx).await?;
    tx.execute(SQL, values).await.map_err(conflict_as("memberships"))?;
    changed(tx, &membership.user, membership.created_at).await
}

/// Finds one membership.
pub async fn find(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<Option<Membership>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM memberships WHERE organization = $1 AND user_id = $2");
    let row = tx.optional(SQL, vec![organization.as_str().into(), user.as_str().into()]).await?;
    row.as_ref().map(membership).transpose()
}

/// Lists the members of an organization; cursors are user ids.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, page: &Page) -> Result<Listing<Membership>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM memberships"),
        table: "memberships",
        source: "memberships",
        id: "user_id",
        scope: "memberships.organization = $1",
        filter: "TRUE",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, membership).await
}

/// A member with what lists show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub membership: Membership,
    pub user: User,
    /// A text that the organization's tools keep about the member.
    pub technical_level: Option<String>,
    /// Another one.
    pub developer_persona: Option<String>,
    /// When one of the member's keys in the organization was last used.
    pub key_used_at: Option<Timestamp>,
}

const MEMBER: &str = "SELECT m.organization, m.user_id, m.role, m.created_at, u.email, u.name, u.created_at, \
    u.default_organization, u.deactivated_at, m.technical_level, m.developer_persona, \
    (SELECT MAX(k.last_used_at) FROM api_keys k WHERE k.owner_user = m.user_id AND k.organization = m.organization) \
    FROM memberships m JOIN users u ON u.id = m.user_id";

fn member(row: &Row) -> Result<Member, Error> {
    let membership = membership(row)?;
    let user = User {
        id: membership.user.clone(),
        email: row.text(4)?,
        name: row.text(5)?,
        created_at: time(row, 6)?,
        default_organization: optional_id(row, 7, "users")?,
        deactivated_at: optional_time(row, 8)?,
    };
    Ok(Member {
        membership,
        user,
        technical_level: row.optional_text(9)?,
        developer_persona: row.optional_text(10)?,
        key_used_at: optional_time(row, 11)?,
    })
}

async fn members(
    tx: &mut Tx,
    organization: &OrganizationId,
    (filter, filter_values): (&str, Vec<Value>),
    page: &Page,
) -> Result<Listing<Member>, Error> {
    let list = List {
        select: MEMBER,
        table: "m",
        source: "memberships m",
        id: "user_id",
        scope: "m.organization = $1",
        filter,
        values: vec![organization.as_str().into()],
        filter_values,
        page,
    };
    list.rows(tx, member).await
}

/// Finds one member.
pub async fn find_member(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<Option<Member>, Error> {
    let page = Page { after: None, limit: 1, ascending: true };
    let found = members(tx, organization, ("m.user_id = $2", vec![user.as_str().into()]), &page).await?;
    Ok(found.data.into_iter().next())
}

/// Lists the members of an organization, or those with one of these addresses, in any case; cursors are user ids.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list_members(
    tx: &mut Tx,
    organization: &OrganizationId,
    emails: &[String],
    page: &Page,
) -> Result<Listing<Member>, Error> {
    if emails.is_empty() {
        return members(tx, organization, ("TRUE", Vec::new()), page).await;
    }
    let marks: Vec<String> = (2..emails.len().saturating_add(2)).map(|at| format!("${at}")).collect();
    let values = emails.iter().map(|email| email.to_lowercase().into()).collect();
    members(tx, organization, (&format!("u.email IN ({})", marks.join(", ")), values), page).await
}

/// Changes the texts that the organization's tools keep about a member.
pub async fn update_texts(
    tx: &mut Tx,
    organization: &OrganizationId,
    user: &UserId,
    technical_level: Option<&str>,
    developer_persona: Option<&str>,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE memberships SET technical_level = $3, developer_persona = $4 \
                       WHERE organization = $1 AND user_id = $2";
    let values =
        vec![organization.as_str().into(), user.as_str().into(), technical_level.into(), developer_persona.into()];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the memberships of a person, oldest first.
pub async fn list_of_user(tx: &mut Tx, user: &UserId) -> Result<Vec<Membership>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM memberships WHERE user_id = $1 ORDER BY created_at, organization");
    tx.all(SQL, vec![user.as_str().into()]).await?.iter().map(membership).collect()
}

/// Lists the owners of an organization, the oldest membership first.
pub async fn list_owners(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<UserId>, Error> {
    const SQL: &str = "SELECT user_id FROM memberships WHERE organization = $1 AND role = 'owner' \
                       ORDER BY created_at, user_id";
    let rows = tx.all(SQL, vec![organization.as_str().into()]).await?;
    rows.iter().map(|row| id(row, 0, "memberships")).collect()
}

/// Whether a person is the only owner of an organization. Owners whose accounts are deactivated or will be deleted do not
/// count.
pub async fn is_only_owner(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<bool, Error> {
    const SQL: &str = concat!(
        "SELECT 1 FROM memberships m WHERE m.organization = $1 AND m.user_id = $2 AND m.role = 'owner' AND NOT ",
        another_owner!()
    );
    Ok(tx.optional(SQL, vec![organization.as_str().into(), user.as_str().into()]).await?.is_some())
}

/// Lists members without an authenticator app, oldest members first.
pub async fn list_without_second_factor(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<Membership>, Error> {
    const SQL: &str = "SELECT m.organization, m.user_id, m.role, m.created_at FROM memberships m \
                       WHERE m.organization = $1 \
                       AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = m.user_id AND a.totp_confirmed_at IS NOT NULL) \
                       AND NOT EXISTS (SELECT 1 FROM passkeys k WHERE k.user_id = m.user_id) \
                       ORDER BY m.created_at, m.user_id";
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(membership).collect()
}

/// Gives a member another role, in place of every preset role they hold directly. `false` when there is no such member
/// or they are the last owner; an owner whose account is deactivated or will be deleted does not count as another one.
pub async fn update_role(
    tx: &mut Tx,
    organization: &OrganizationId,
    user: &UserId,
    role: OrganizationRole,
    at: Timestamp,
) -> Result<bool, Error> {
    // The lock on the counter's row serializes two owners who leave at once, so that the second one counts correctly.
    changes::lock(tx).await?;
    const SQL: &str = concat!(
        "UPDATE memberships SET role = $3 WHERE organization = $1 AND user_id = $2 AND ($3 = 'owner' OR ",
        another_owner!(),
        ")"
    );
    let values = vec![organization.as_str().into(), user.as_str().into(), role.as_str().into()];
    if tx.execute(SQL, values).await? == 0 {
        return Ok(false);
    }
    const OTHERS: &str = "DELETE FROM role_assignments WHERE resource = $1 AND principal = $2 \
                          AND role LIKE 'role-api-organization-%'";
    tx.execute(OTHERS, vec![organization.as_str().into(), user.as_str().into()]).await?;
    changed(tx, user, at).await?;
    Ok(true)
}

/// Removes a member with their roles and from their groups. `false` when there is no such member or they are the last
/// owner; an owner whose account is deactivated or will be deleted does not count as another one.
pub async fn delete(tx: &mut Tx, organization: &OrganizationId, user: &UserId, at: Timestamp) -> Result<bool, Error> {
    changes::lock(tx).await?;
    const SQL: &str = concat!(
        "DELETE FROM memberships WHERE organization = $1 AND user_id = $2 AND (role <> 'owner' OR ",
        another_owner!(),
        ") RETURNING created_at"
    );
    const ROLES: &str = "DELETE FROM role_assignments WHERE organization = $1 AND principal = $2";
    const GROUPS: &str = "DELETE FROM group_members WHERE user_id = $2 AND group_id IN \
                          (SELECT g.id FROM user_groups g WHERE g.organization = $1)";
    let values = || vec![organization.as_str().into(), user.as_str().into()];
    let Some(row) = tx.optional(SQL, values()).await? else { return Ok(false) };
    removed_rows::insert(tx, "memberships", organization.as_str(), user.as_str(), (time(&row, 0)?, at)).await?;
    tx.execute(ROLES, values()).await?;
    tx.execute(GROUPS, values()).await?;
    changed(tx, user, at).await?;
    Ok(true)
}

async fn changed(tx: &mut Tx, user: &UserId, at: Timestamp) -> Result<(), Error> {
    changes::append(tx, &ChangeSubject::User(user.clone()), at).await.map(|_| ())
}
