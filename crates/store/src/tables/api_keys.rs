//! Keys of all four kinds. Only digests are stored; revoked keys stay as rows, so that their owners can see why they
//! ended.

use std::collections::BTreeMap;

use keystead_core::caller::Owner;
use keystead_core::id::{FederationRuleId, KeyId, OrganizationId, ProjectId, ServiceAccountId, UserId};
use keystead_core::key::{KeyDigest, KeyKind};
use keystead_core::key_search::folded;
use keystead_core::scope::Restriction;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{conflict_as, id, named, optional_id, optional_time, spend_leases, time};
use crate::{Error, PerEngine, Row, Tx, Value};

mod federated;
mod issued;
mod search;
mod with_owner;

pub use federated::{count_issued, count_issued_in_organization, delete_issued, insert_issued, revoke_of_rule};
pub use issued::{IssuedKey, count_issued_live, count_issued_of_provider, has_issued, list_issued};
pub use search::{KeyCounts, KeysWanted, count, find_of_project, search};
pub use with_owner::{
    KeyWithOwner, ProjectKeys, count_project, find_admin_with_owner, find_project_with_owner, list_admin,
    list_admin_with_owner, list_project, list_project_with_owner,
};

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    pub id: KeyId,
    pub kind: KeyKind,
    /// The digest of the secret.
    pub digest: KeyDigest,
    /// The redacted form for lists.
    pub redacted: String,
    /// Its name.
    pub name: Option<String>,
    /// Its organization; `None` for legacy user keys, which reach several.
    pub organization: Option<OrganizationId>,
    /// The project it is bound to.
    pub project: Option<ProjectId>,
    /// The owner.
    pub owner: Owner,
    /// Its scopes; empty is unrestricted.
    pub restriction: Restriction,
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was last used; up to a few seconds late.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    pub revoked_by: Option<String>,
    pub revoked_reason: Option<String>,
    /// The key that replaced it.
    pub rotated_to: Option<KeyId>,
    /// The rule that issued it to a workload. Such a key is in no list, and ends within an hour.
    pub federation_rule: Option<FederationRuleId>,
}

/// The columns in the order in which [`key`] reads them.
macro_rules! columns {
    () => {
        "id, kind, digest, redacted, name, organization, project, owner_user, owner_service_account, \
         restriction, created_at, expires_at, last_used_at, revoked_at, revoked_by, revoked_reason, rotated_to, federation_rule"
    };
}

/// Parses the first eighteen columns of a row.
pub(super) fn key(row: &Row) -> Result<KeyRow, Error> {
    let id: KeyId = id(row, 0, "api_keys")?;
    let corrupt = || Error::Corrupt { table: "api_keys", id: id.to_string() };
    let digest: [u8; 32] = row.bytes(2)?.try_into().map_err(|_| corrupt())?;
    let owner = match (optional_id(row, 7, "api_keys")?, optional_id(row, 8, "api_keys")?) {
        (Some(user), None) => Owner::User(user),
        (None, Some(account)) => Owner::ServiceAccount(account),
        _ => return Err(corrupt()),
    };
    Ok(KeyRow {
        kind: named(row, 1, "api_keys", KeyKind::from_name)?,
        digest: KeyDigest::from_bytes(digest),
        redacted: row.text(3)?,
        name: row.optional_text(4)?,
        organization: optional_id(row, 5, "api_keys")?,
        project: optional_id(row, 6, "api_keys")?,
        owner,
        restriction: serde_json::from_str(&row.text(9)?).map_err(|_| corrupt())?,
        created_at: time(row, 10)?,
        expires_at: optional_time(row, 11)?,
        last_used_at: optional_time(row, 12)?,
        revoked_at: optional_time(row, 13)?,
        revoked_by: row.optional_text(14)?,
        revoked_reason: row.optional_text(15)?,
        rotated_to: optional_id(row, 16, "api_keys")?,
        federation_rule: optional_id(row, 17, "api_keys")?,
        id,
    })
}

/// Inserts a key.
///
/// # Errors
/// [`Error::Conflict`] when the id or digest exists already.
pub async fn insert(tx: &mut Tx, key: &KeyRow) -> Result<(), Error> {
    insert_row(tx, key).await?;
    // Gateways may remember the digest as unknown, from a request before the key existed.
    changes::append(tx, &ChangeSubject::Key(key.id.clone()), key.created_at).await.map(|_| ())
}

/// Inserts a key. Changes of callers wait until the transaction has ended.
async fn insert_row(tx: &mut Tx, key: &KeyRow) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO api_keys (id, kind, digest, redacted, name, organization, project, owner_user, \
                       owner_service_account, restriction, created_at, expires_at, last_used_at, revoked_at, revoked_by, \
                       revoked_reason, rotated_to, name_folded, federation_rule) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
    let (user, account) = match &key.owner {
        Owner::User(id) => (Some(id.as_str()), None),
        Owner::ServiceAccount(id) => (None, Some(id.as_str())),
    };
    let values = vec![
        key.id.as_str().into(),
        key.kind.as_str().into(),
        key.digest.as_bytes().as_slice().into(),
        key.redacted.as_str().into(),
        key.name.as_deref().into(),
        key.organization.as_ref().map(OrganizationId::as_str).into(),
        key.project.as_ref().map(ProjectId::as_str).into(),
        user.into(),
        account.into(),
        literals(&key.restriction)?,
        key.created_at.0.into(),
        key.expires_at.map(|at| at.0).into(),
        key.last_used_at.map(|at| at.0).into(),
        key.revoked_at.map(|at| at.0).into(),
        key.revoked_by.as_deref().into(),
        key.revoked_reason.as_deref().into(),
        key.rotated_to.as_ref().map(KeyId::as_str).into(),
        folded(key.name.as_deref().unwrap_or_default()).into(),
        key.federation_rule.as_ref().map(FederationRuleId::as_str).into(),
    ];
    changes::lock(tx).await?;
    tx.execute(SQL, values).await.map_err(conflict_as("api_keys")).map(|_| ())
}

fn literals(restriction: &Restriction) -> Result<Value, Error> {
    serde_json::to_string(restriction).map(Value::from).map_err(|error| Error::Other(error.to_string()))
}

/// Finds the key with this id, revoked or not.
pub async fn find(tx: &mut Tx, id: &KeyId) -> Result<Option<KeyRow>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM api_keys WHERE id = $1");
    tx.optional(SQL, vec![id.as_str().into()]).await?.as_ref().map(key).transpose()
}

/// Finds the live key with this digest.
pub async fn find_by_digest(tx: &mut Tx, digest: &KeyDigest) -> Result<Option<KeyRow>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM api_keys WHERE digest = $1 AND revoked_at IS NULL");
    tx.optional(SQL, vec![digest.as_bytes().as_slice().into()]).await?.as_ref().map(key).transpose()
}

/// Finds the key with this digest, revoked or not, also one that was issued to a workload.
pub async fn find_ever_by_digest(tx: &mut Tx, digest: &KeyDigest) -> Result<Option<KeyRow>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM api_keys WHERE digest = $1");
    tx.optional(SQL, vec![digest.as_bytes().as_slice().into()]).await?.as_ref().map(key).transpose()
}

/// A change of a key; `None` keeps the value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyEdit {
    /// Its name.
    pub name: Option<String>,
    /// Its scopes; empty is unrestricted.
    pub restriction: Option<Restriction>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Changes a live key; `false` when there is none.
pub async fn update(tx: &mut Tx, id: &KeyId, edit: &KeyEdit) -> Result<bool, Error> {
    const SQL: &str = "UPDATE api_keys SET name = COALESCE($2, name), restriction = COALESCE($3, restriction), \
                       expires_at = COALESCE($4, expires_at), name_folded = COALESCE($5, name_folded) \
                       WHERE id = $1 AND revoked_at IS NULL RETURNING created_at";
    let restriction = edit.restriction.as_ref().map(literals).transpose()?.unwrap_or(Value::Text(None));
    let name_folded = edit.name.as_deref().map(folded);
    let values = vec![
        id.as_str().into(),
        edit.name.as_deref().into(),
        restriction,
        edit.expires_at.map(|at| at.0).into(),
        name_folded.as_deref().into(),
    ];
    changes::lock(tx).await?;
    let Some(row) = tx.optional(SQL, values).await? else { return Ok(false) };
    changes::append(tx, &ChangeSubject::Key(id.clone()), time(&row, 0)?).await?;
    Ok(true)
}

/// Records which key replaced a live key, and when the old one ends; `false` when there is no live key without a
/// replacement.
pub async fn rotate(tx: &mut Tx, id: &KeyId, to: &KeyId, ends_at: Timestamp, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE api_keys SET rotated_to = $2, expires_at = $3 \
                       WHERE id = $1 AND revoked_at IS NULL AND rotated_to IS NULL";
    changes::lock(tx).await?;
    if tx.execute(SQL, vec![id.as_str().into(), to.as_str().into(), ends_at.0.into()]).await? == 0 {
        return Ok(false);
    }
    changes::append(tx, &ChangeSubject::Key(id.clone()), at).await?;
    Ok(true)
}

/// Ends a key for good, with the person and the reason; `false` when it had ended before.
pub async fn revoke(tx: &mut Tx, id: &KeyId, by: &str, reason: &str, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE api_keys SET revoked_at = $2, revoked_by = $3, revoked_reason = $4 \
                       WHERE id = $1 AND revoked_at IS NULL";
    changes::lock(tx).await?;
    if tx.execute(SQL, vec![id.as_str().into(), at.0.into(), by.into(), reason.into()]).await? == 0 {
        return Ok(false);
    }
    spend_leases::delete_of_subject(tx, id.as_str()).await?;
    changes::append(tx, &ChangeSubject::Key(id.clone()), at).await?;
    Ok(true)
}

/// Ends all keys of a service account; returns them without those that were issued to workloads. Keys of workloads
/// that have ended by themselves stay as they are, because there may be very many.
pub async fn revoke_of_service_account(
    tx: &mut Tx,
    account: &ServiceAccountId,
    by: &str,
    reason: &str,
    at: Timestamp,
) -> Result<Vec<KeyId>, Error> {
    const SQL: &str = "UPDATE api_keys SET revoked_at = $2, revoked_by = $3, revoked_reason = $4 \
                       WHERE owner_service_account = $1 AND revoked_at IS NULL \
                       AND (federation_rule IS NULL OR expires_at > $2) RETURNING id, federation_rule";
    changes::lock(tx).await?;
    let rows = tx.all(SQL, vec![account.as_str().into(), at.0.into(), by.into(), reason.into()]).await?;
    let mut ended = Vec::new();
    for row in &rows {
        if row.optional_text(1)?.is_none() {
            ended.push(id(row, 0, "api_keys")?);
        }
    }
    ended.sort();
    spend_leases::delete_of_service_account(tx, account).await?;
    changes::append(tx, &ChangeSubject::ServiceAccount(account.clone()), at).await?;
    Ok(ended)
}

/// Ends all keys that belong to an organization, of every kind; returns their ids in order, without those of workloads.
pub async fn revoke_of_organization(
    tx: &mut Tx,
    organization: &OrganizationId,
    by: &str,
    reason: &str,
    at: Timestamp,
) -> Result<Vec<KeyId>, Error> {
    const SQL: &str = "UPDATE api_keys SET revoked_at = $2, revoked_by = $3, revoked_reason = $4 \
                       WHERE organization = $1 AND revoked_at IS NULL AND federation_rule IS NULL RETURNING id";
    changes::lock(tx).await?;
    federated::revoke_of_organization(tx, organization, by, reason, at).await?;
    let rows = tx.all(SQL, vec![organization.as_str().into(), at.0.into(), by.into(), reason.into()]).await?;
    let mut ended = rows.iter().map(|row| id(row, 0, "api_keys")).collect::<Result<Vec<_>, _>>()?;
    ended.sort();
    changes::append(tx, &ChangeSubject::Organization(organization.clone()), at).await?;
    Ok(ended)
}

/// Returns when a key of the organization was last revoked.
pub async fn last_revoked(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<Timestamp>, Error> {
    const SQL: &str = "SELECT MAX(revoked_at) FROM api_keys WHERE organization = $1 AND revoked_at IS NOT NULL";
    let row = tx.optional(SQL, vec![organization.as_str().into()]).await?;
    row.map_or(Ok(None), |row| optional_time(&row, 0))
}

/// Lists the live keys of a person that are bound to one organization, oldest first.
pub async fn list_of_member(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<Vec<KeyRow>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM api_keys WHERE owner_user = $2 AND organization = $1 AND revoked_at IS NULL \
         ORDER BY created_at, id"
    );
    tx.all(SQL, vec![organization.as_str().into(), user.as_str().into()]).await?.iter().map(key).collect()
}

/// Removes an organization permanently from the reach of a person's live user keys; returns the number of keys.
pub async fn leave_out(tx: &mut Tx, organization: &OrganizationId, user: &UserId, at: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "INSERT INTO keys_left_out (api_key, organization, at) \
                       SELECT id, $1, $3 FROM api_keys WHERE owner_user = $2 AND kind = 'user' AND revoked_at IS NULL \
                       ON CONFLICT (api_key, organization) DO NOTHING";
    changes::lock(tx).await?;
    let left = tx.execute(SQL, vec![organization.as_str().into(), user.as_str().into(), at.0.into()]).await?;
    changes::append(tx, &ChangeSubject::User(user.clone()), at).await?;
    Ok(left)
}

/// Lists the live user keys of a person, newest first.
pub async fn list_of_user(tx: &mut Tx, user: &UserId) -> Result<Vec<KeyRow>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM api_keys WHERE owner_user = $1 AND kind = 'user' AND revoked_at IS NULL ORDER BY created_at \
         DESC, id"
    );
    tx.all(SQL, vec![user.as_str().into()]).await?.iter().map(key).collect()
}

/// A summary of the keys of one service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysOfAccount {
    pub account: ServiceAccountId,
    /// The number of live keys, without those that were issued to workloads.
    pub live: i64,
    /// When one of them was last used.
    pub last_used_at: Option<Timestamp>,
}

/// Summarizes the keys of a project's service accounts; accounts without a live key are left out.
pub async fn count_of_service_accounts(
    tx: &mut Tx,
    project: &ProjectId,
    now: Timestamp,
) -> Result<Vec<KeysOfAccount>, Error> {
    const SQL: &str = "SELECT s.id, COALESCE(SUM(CASE WHEN k.federation_rule IS NULL THEN 1 ELSE 0 END), 0), \
                       MAX(k.last_used_at) FROM service_accounts s JOIN api_keys k ON k.owner_service_account = s.id \
                       WHERE s.project = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2) \
                       GROUP BY s.id ORDER BY s.id";
    let rows = tx.all(SQL, vec![project.as_str().into(), now.0.into()]).await?;
    let read = |row: &Row| {
        Ok(KeysOfAccount { account: id(row, 0, "api_keys")?, live: row.int(1)?, last_used_at: optional_time(row, 2)? })
    };
    rows.iter().map(read).collect()
}

/// Saves when keys were last used; never moves a time back. It writes no change row, because no decision depends on it.
pub async fn touch(tx: &mut Tx, used: &[(KeyId, Timestamp)]) -> Result<(), Error> {
    // One statement for the batch; each engine has its own syntax to unpack a JSON array.
    const SQL: PerEngine = PerEngine {
        sqlite: "UPDATE api_keys SET last_used_at = used.at \
                 FROM (SELECT value->>0 AS id, value->>1 AS at FROM json_each($1)) AS used \
                 WHERE api_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)",
        postgres: "UPDATE api_keys SET last_used_at = used.at \
                   FROM (SELECT value->>0 AS id, (value->>1)::BIGINT AS at \
                   FROM jsonb_array_elements(CAST($1 AS JSONB)) AS listed(value)) AS used \
                   WHERE api_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)",
    };
    if used.is_empty() {
        return Ok(());
    }
    // A key may be named more than once, and an engine would then keep any of the times: only the latest stays.
    let mut latest = BTreeMap::new();
    for (id, at) in used {
        latest.entry(id.as_str()).and_modify(|known: &mut i64| *known = at.0.max(*known)).or_insert(at.0);
    }
    let rows: Vec<_> = latest.into_iter().collect();
    let sql = tx.pick(SQL);
    tx.execute(sql, vec![serde_json::json!(rows).to_string().into()]).await.map(|_| ())
}
