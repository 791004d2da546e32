//! Keys with the details of their owners that lists show.

use keystead_core::id::{KeyId, OrganizationId, ProjectId, UserId};
use keystead_core::time::Timestamp;

use super::{KeyRow, key};
use crate::tables::list::List;
use crate::tables::time;
use crate::{Error, Listing, Page, Row, Tx, Value};

/// A key and its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyWithOwner {
    pub key: KeyRow,
    /// The owner's name.
    pub owner_name: String,
    /// A person's address.
    pub owner_email: Option<String>,
    /// When the owner was made.
    pub owner_created_at: Timestamp,
    /// The owner's role in the project, or else in the organization; `none` without either.
    pub owner_role: String,
    /// Whether the owner still has access (`owner_project_access`).
    pub owner_active: bool,
}

const SELECT: &str = "SELECT k.id, k.kind, k.digest, k.redacted, k.name, k.organization, k.project, k.owner_user, \
    k.owner_service_account, k.restriction, k.created_at, k.expires_at, k.last_used_at, k.revoked_at, k.revoked_by, \
    k.revoked_reason, k.rotated_to, k.federation_rule, COALESCE(u.name, s.name), u.email, COALESCE(u.created_at, s.created_at), \
    COALESCE(s.role, NULLIF(pm.role, 'none'), m.role, 'none'), \
    (s.id IS NOT NULL AND s.deleted_at IS NULL AND s.role <> 'none') OR \
    (u.id IS NOT NULL AND u.deactivated_at IS NULL AND m.role IS NOT NULL AND (m.role = 'owner' OR pm.role IS NOT NULL OR p.is_default OR k.kind = 'admin' \
    OR EXISTS (SELECT 1 FROM role_assignments a JOIN group_members gm ON gm.group_id = a.principal \
    WHERE a.resource = k.project AND gm.user_id = k.owner_user))) \
    FROM api_keys k LEFT JOIN users u ON u.id = k.owner_user \
    LEFT JOIN service_accounts s ON s.id = k.owner_service_account \
    LEFT JOIN memberships m ON m.organization = k.organization AND m.user_id = k.owner_user \
    LEFT JOIN project_members pm ON pm.project = k.project AND pm.user_id = k.owner_user \
    LEFT JOIN projects p ON p.id = k.project";

/// The conditions for the two lists; `$2` names one key where only one is requested. Keys that were issued to workloads
/// are in neither; only [`ANY_OF_PROJECT`] finds them, by their id.
pub(super) const OF_PROJECT: &str = "k.project = $1 AND k.federation_rule IS NULL";
pub(super) const ANY_OF_PROJECT: &str = "k.project = $1 AND k.id = $2";
const OF_PROJECT_ONE: &str = "k.project = $1 AND k.federation_rule IS NULL AND k.id = $2";
const ADMIN: &str = "k.organization = $1 AND k.kind = 'admin'";
const ADMIN_ONE: &str = "k.organization = $1 AND k.kind = 'admin' AND k.id = $2";

/// How many keys of a project work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProjectKeys {
    /// Keys that are neither revoked nor expired, of owners with access.
    pub active: i64,
    /// Active keys that expire before `expiring_before`.
    pub expiring: i64,
    /// Active keys that were made and last used before `unused_since`.
    pub unused: i64,
}

/// Counts the keys of a project that work, of one person if one is given.
pub async fn count_project(
    tx: &mut Tx,
    project: &ProjectId,
    owner: Option<&UserId>,
    (now, expiring_before, unused_since): (Timestamp, Timestamp, Timestamp),
) -> Result<ProjectKeys, Error> {
    // The condition for owners with access is that of `SELECT`.
    const SQL: &str = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN k.expires_at < $3 THEN 1 ELSE 0 END), 0), \
         COALESCE(SUM(CASE WHEN k.created_at < $4 AND COALESCE(k.last_used_at, 0) < $4 THEN 1 ELSE 0 END), 0) \
         FROM api_keys k LEFT JOIN users u ON u.id = k.owner_user \
         LEFT JOIN service_accounts s ON s.id = k.owner_service_account \
         LEFT JOIN memberships m ON m.organization = k.organization AND m.user_id = k.owner_user \
         LEFT JOIN project_members pm ON pm.project = k.project AND pm.user_id = k.owner_user \
         LEFT JOIN projects p ON p.id = k.project \
         WHERE k.project = $1 AND k.federation_rule IS NULL \
         AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2) \
         AND (CAST($5 AS TEXT) IS NULL OR k.owner_user = $5) \
         AND ((s.id IS NOT NULL AND s.deleted_at IS NULL AND s.role <> 'none') OR \
         (u.id IS NOT NULL AND u.deactivated_at IS NULL AND m.role IS NOT NULL \
         AND (m.role = 'owner' OR pm.role IS NOT NULL OR p.is_default OR k.kind = 'admin' \
         OR EXISTS (SELECT 1 FROM role_assignments a JOIN group_members gm ON gm.group_id = a.principal \
         WHERE a.resource = k.project AND gm.user_id = k.owner_user))))";
    let values = vec![
        project.as_str().into(),
        now.0.into(),
        expiring_before.0.into(),
        unused_since.0.into(),
        owner.map(UserId::as_str).into(),
    ];
    let Some(row) = tx.optional(SQL, values).await? else { return Ok(ProjectKeys::default()) };
    Ok(ProjectKeys { active: row.int(0)?, expiring: row.int(1)?, unused: row.int(2)? })
}

fn with_owner(row: &Row) -> Result<KeyWithOwner, Error> {
    Ok(KeyWithOwner {
        key: key(row)?,
        owner_name: row.text(18)?,
        owner_email: row.optional_text(19)?,
        owner_created_at: time(row, 20)?,
        owner_role: row.text(21)?,
        owner_active: row.bool(22)?,
    })
}

/// The filter of lists of live keys.
const LIVE: &str = "k.revoked_at IS NULL";

/// Lists keys with their owners. `filter` continues the numbers of the values of `scope`.
pub(super) async fn rows_that(
    tx: &mut Tx,
    (scope, values): (&'static str, Vec<Value>),
    (filter, filter_values): (&str, Vec<Value>),
    page: &Page,
) -> Result<Listing<KeyWithOwner>, Error> {
    let source = "api_keys k";
    let list = List { select: SELECT, table: "k", source, id: "id", scope, filter, values, filter_values, page };
    list.rows(tx, with_owner).await
}

async fn rows(tx: &mut Tx, scope: &'static str, ids: &[&str], page: &Page) -> Result<Listing<KeyWithOwner>, Error> {
    let values = ids.iter().map(|id| (*id).into()).collect();
    rows_that(tx, (scope, values), (LIVE, Vec::new()), page).await
}

async fn one(tx: &mut Tx, scope: &'static str, ids: &[&str]) -> Result<Option<KeyWithOwner>, Error> {
    let page = Page { after: None, limit: 1, ascending: true };
    Ok(rows(tx, scope, ids, &page).await?.data.pop())
}

/// Lists the live keys of a project.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list_project_with_owner(
    tx: &mut Tx,
    project: &ProjectId,
    page: &Page,
) -> Result<Listing<KeyWithOwner>, Error> {
    rows(tx, OF_PROJECT, &[project.as_str()], page).await
}

/// Finds one live key of a project.
pub async fn find_project_with_owner(
    tx: &mut Tx,
    project: &ProjectId,
    id: &KeyId,
) -> Result<Option<KeyWithOwner>, Error> {
    one(tx, OF_PROJECT_ONE, &[project.as_str(), id.as_str()]).await
}

/// Lists the live admin keys of an organization.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list_admin_with_owner(
    tx: &mut Tx,
    organization: &OrganizationId,
    page: &Page,
) -> Result<Listing<KeyWithOwner>, Error> {
    rows(tx, ADMIN, &[organization.as_str()], page).await
}

/// Finds one live admin key.
pub async fn find_admin_with_owner(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &KeyId,
) -> Result<Option<KeyWithOwner>, Error> {
    one(tx, ADMIN_ONE, &[organization.as_str(), id.as_str()]).await
}

/// Lists the live keys of a project, without their owners.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list_project(tx: &mut Tx, project: &ProjectId, page: &Page) -> Result<Listing<KeyRow>, Error> {
    Ok(list_project_with_owner(tx, project, page).await?.map(|found| found.key))
}

/// Lists the live admin keys of an organization, without their owners.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list_admin(tx: &mut Tx, organization: &OrganizationId, page: &Page) -> Result<Listing<KeyRow>, Error> {
    Ok(list_admin_with_owner(tx, organization, page).await?.map(|found| found.key))
}
