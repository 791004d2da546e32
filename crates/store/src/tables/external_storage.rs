//! Buckets in customers' own cloud accounts, each for one project.

use keystead_core::external::{Checked, Fault, Health, Location};
use keystead_core::id::{ExternalStorageId, OrganizationId, ProjectId};
use keystead_core::time::Timestamp;

use super::external_places::{checked_values, location, location_values, status};
use super::list::List;
use super::{id, optional_time, removed_rows, time};
use crate::{Error, Listing, Page, Row, Tx, Value};

/// A registered bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalStorage {
    pub id: ExternalStorageId,
    pub organization: OrganizationId,
    pub project: ProjectId,
    /// Where it is.
    pub location: Location,
    /// The region, where it is known.
    pub region: Option<String>,
    /// What the last validation found.
    pub health: Health,
    /// Why the last validation did not succeed.
    pub fault: Option<Fault>,
    /// When it was last validated.
    pub checked_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// The columns in the order in which [`storage`] reads them.
macro_rules! columns {
    () => {
        "id, organization, project, cloud, location, region, status, reason, checked_at, created_at"
    };
}

fn storage(row: &Row) -> Result<ExternalStorage, Error> {
    let (health, fault) = status(row, 6, "external_storage")?;
    Ok(ExternalStorage {
        id: id(row, 0, "external_storage")?,
        organization: id(row, 1, "external_storage")?,
        project: id(row, 2, "external_storage")?,
        location: location(row, 3, "external_storage")?,
        region: row.optional_text(5)?,
        health,
        fault,
        checked_at: optional_time(row, 8)?,
        created_at: time(row, 9)?,
    })
}

/// Inserts a bucket that was not validated yet.
pub async fn insert(tx: &mut Tx, row: &ExternalStorage) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO external_storage \
                       (id, organization, project, cloud, location, region, status, created_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let [cloud, location] = location_values(&row.location)?;
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.project.as_str().into(),
        cloud,
        location,
        row.region.as_deref().into(),
        Health::Pending.as_str().into(),
        row.created_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds a bucket of this organization.
pub async fn find(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ExternalStorageId,
) -> Result<Option<ExternalStorage>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM external_storage WHERE organization = $1 AND id = $2");
    let row = tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?;
    row.as_ref().map(storage).transpose()
}

/// Lists the buckets of an organization, of one project if one is given.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: Option<&ProjectId>,
    page: &Page,
) -> Result<Listing<ExternalStorage>, Error> {
    let (filter, filter_values) = match project {
        Some(project) => ("external_storage.project = $2", vec![project.as_str().into()]),
        None => ("TRUE", Vec::new()),
    };
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM external_storage"),
        table: "external_storage",
        source: "external_storage",
        id: "id",
        scope: "external_storage.organization = $1",
        filter,
        values: vec![organization.as_str().into()],
        filter_values,
        page,
    };
    list.rows(tx, storage).await
}

/// Counts the buckets of an organization.
pub async fn count(tx: &mut Tx, organization: &OrganizationId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM external_storage WHERE organization = $1";
    tx.optional(SQL, vec![organization.as_str().into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Saves what a validation found, unless a later one was saved; a region that is not known stays as it was. Returns the
/// bucket as it is then, `None` when there is no such bucket.
pub async fn save_check(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ExternalStorageId,
    checked: &Checked,
    at: Timestamp,
) -> Result<Option<ExternalStorage>, Error> {
    const SQL: &str = "UPDATE external_storage \
                       SET status = $3, reason = $4, checked_at = $5, region = COALESCE($6, region) \
                       WHERE organization = $1 AND id = $2 AND (checked_at IS NULL OR checked_at <= $5)";
    let mut values: Vec<Value> = vec![organization.as_str().into(), id.as_str().into()];
    values.extend(checked_values(checked, at));
    values.push(checked.region.as_deref().into());
    tx.execute(SQL, values).await?;
    find(tx, organization, id).await
}

/// Deletes a bucket; `false` when there is no such bucket.
pub async fn delete(tx: &mut Tx, row: &ExternalStorage, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM external_storage WHERE organization = $1 AND id = $2";
    let (organization, id) = (row.organization.as_str(), row.id.as_str());
    if tx.execute(SQL, vec![organization.into(), id.into()]).await? == 0 {
        return Ok(false);
    }
    removed_rows::insert(tx, "external_storage", organization, id, (row.created_at, at)).await?;
    Ok(true)
}
