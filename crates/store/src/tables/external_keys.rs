//! Keys in customers' own cloud accounts.

use keystead_core::external::{Checked, Fault, Health, KeyPurpose, Location};
use keystead_core::id::{ExternalKeyId, OrganizationId};
use keystead_core::time::Timestamp;

use super::external_places::{checked_values, location, location_values, status};
use super::list::List;
use super::{id, named, optional_time, removed_rows, time};
use crate::{Error, Listing, Page, Row, Tx, Value};

/// A registered key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalKey {
    pub id: ExternalKeyId,
    pub organization: OrganizationId,
    pub name: String,
    pub purpose: KeyPurpose,
    /// Where it is.
    pub location: Location,
    /// What the last validation found.
    pub health: Health,
    /// Why the last validation did not succeed.
    pub fault: Option<Fault>,
    /// When it was last validated.
    pub checked_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// The columns in the order in which [`key`] reads them.
macro_rules! columns {
    () => {
        "id, organization, name, purpose, cloud, location, status, reason, checked_at, created_at"
    };
}

fn key(row: &Row) -> Result<ExternalKey, Error> {
    let (health, fault) = status(row, 6, "external_keys")?;
    Ok(ExternalKey {
        id: id(row, 0, "external_keys")?,
        organization: id(row, 1, "external_keys")?,
        name: row.text(2)?,
        purpose: named(row, 3, "external_keys", KeyPurpose::from_name)?,
        location: location(row, 4, "external_keys")?,
        health,
        fault,
        checked_at: optional_time(row, 8)?,
        created_at: time(row, 9)?,
    })
}

/// Inserts a key that was not validated yet.
pub async fn insert(tx: &mut Tx, row: &ExternalKey) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO external_keys (id, organization, name, purpose, cloud, location, status, created_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let [cloud, location] = location_values(&row.location)?;
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.name.as_str().into(),
        row.purpose.as_str().into(),
        cloud,
        location,
        Health::Pending.as_str().into(),
        row.created_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds a key of this organization.
pub async fn find(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ExternalKeyId,
) -> Result<Option<ExternalKey>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM external_keys WHERE organization = $1 AND id = $2");
    let row = tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?;
    row.as_ref().map(key).transpose()
}

/// Lists the keys of an organization, of one purpose if one is given.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(
    tx: &mut Tx,
    organization: &OrganizationId,
    purpose: Option<KeyPurpose>,
    page: &Page,
) -> Result<Listing<ExternalKey>, Error> {
    let (filter, filter_values) = match purpose {
        Some(purpose) => ("external_keys.purpose = $2", vec![purpose.as_str().into()]),
        None => ("TRUE", Vec::new()),
    };
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM external_keys"),
        table: "external_keys",
        source: "external_keys",
        id: "id",
        scope: "external_keys.organization = $1",
        filter,
        values: vec![organization.as_str().into()],
        filter_values,
        page,
    };
    list.rows(tx, key).await
}

/// Counts the keys of an organization.
pub async fn count(tx: &mut Tx, organization: &OrganizationId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM external_keys WHERE organization = $1";
    tx.optional(SQL, vec![organization.as_str().into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Saves what a validation found, unless a later one was saved; returns the key as it is then, `None` when there is no
/// such key.
pub async fn save_check(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ExternalKeyId,
    checked: &Checked,
    at: Timestamp,
) -> Result<Option<ExternalKey>, Error> {
    const SQL: &str = "UPDATE external_keys SET status = $3, reason = $4, checked_at = $5 \
                       WHERE organization = $1 AND id = $2 AND (checked_at IS NULL OR checked_at <= $5)";
    let mut values: Vec<Value> = vec![organization.as_str().into(), id.as_str().into()];
    values.extend(checked_values(checked, at));
    tx.execute(SQL, values).await?;
    find(tx, organization, id).await
}

/// Deletes a key; `false` when there is no such key.
pub async fn delete(tx: &mut Tx, row: &ExternalKey, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM external_keys WHERE organization = $1 AND id = $2";
    let (organization, id) = (row.organization.as_str(), row.id.as_str());
    if tx.execute(SQL, vec![organization.into(), id.into()]).await? == 0 {
        return Ok(false);
    }
    removed_rows::insert(tx, "external_keys", organization, id, (row.created_at, at)).await?;
    Ok(true)
}
