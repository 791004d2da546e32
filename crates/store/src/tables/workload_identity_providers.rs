//! Issuers whose tokens workloads exchange for short-lived keys.

use keystead_core::id::{OrganizationId, WorkloadIdentityProviderId};
use keystead_core::time::Timestamp;
use keystead_core::workload_identity::{Transformations, Verification};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::list::List;
use super::{id, removed_rows, time};
use crate::{Error, Listing, Page, Row, Tx, Value};

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadIdentityProvider {
    pub id: WorkloadIdentityProviderId,
    pub organization: OrganizationId,
    pub name: String,
    pub description: Option<String>,
    /// The issuer, as tokens name it.
    pub issuer: String,
    /// The audience that tokens must name.
    pub audience: String,
    /// Where the keys of the issuer are known from.
    pub verification: Verification,
    /// The attributes that are derived from a token.
    pub transformations: Transformations,
    /// Whether its tokens are exchanged.
    pub enabled: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The columns in the order in which [`provider`] reads them.
macro_rules! columns {
    () => {
        "id, organization, name, description, issuer, audience, verification, transformations, enabled, created_at, \
         updated_at"
    };
}

/// Parses a column that holds JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row, column: usize, table: &'static str) -> Result<T, Error> {
    let text = row.text(column)?;
    serde_json::from_str(&text).map_err(|_| Error::Corrupt { table, id: text })
}

/// Writes a value as JSON.
pub(super) fn written(value: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_string(value).map(Value::from).map_err(|error| Error::Other(error.to_string()))
}

fn provider(row: &Row) -> Result<WorkloadIdentityProvider, Error> {
    Ok(WorkloadIdentityProvider {
        id: id(row, 0, "workload_identity_providers")?,
        organization: id(row, 1, "workload_identity_providers")?,
        name: row.text(2)?,
        description: row.optional_text(3)?,
        issuer: row.text(4)?,
        audience: row.text(5)?,
        verification: json(row, 6, "workload_identity_providers")?,
        transformations: json(row, 7, "workload_identity_providers")?,
        enabled: row.bool(8)?,
        created_at: time(row, 9)?,
        updated_at: time(row, 10)?,
    })
}

/// Inserts a provider.
pub async fn insert(tx: &mut Tx, row: &WorkloadIdentityProvider) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO workload_identity_providers (id, organization, name, description, issuer, audience, \
                       verification, transformations, enabled, created_at, updated_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.name.as_str().into(),
        row.description.as_deref().into(),
        row.issuer.as_str().into(),
        row.audience.as_str().into(),
        written(&row.verification)?,
        written(&row.transformations)?,
        row.enabled.into(),
        row.created_at.0.into(),
        row.updated_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds a provider of any organization, for an exchange.
pub async fn find(tx: &mut Tx, id: &WorkloadIdentityProviderId) -> Result<Option<WorkloadIdentityProvider>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM workload_identity_providers WHERE id = $1");
    tx.optional(SQL, vec![id.as_str().into()]).await?.as_ref().map(provider).transpose()
}

/// Lists the providers of an organization.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(
    tx: &mut Tx,
    organization: &OrganizationId,
    page: &Page,
) -> Result<Listing<WorkloadIdentityProvider>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM workload_identity_providers"),
        table: "workload_identity_providers",
        source: "workload_identity_providers",
        id: "id",
        scope: "workload_identity_providers.organization = $1",
        filter: "TRUE",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, provider).await
}

/// Counts the providers of an organization.
pub async fn count(tx: &mut Tx, organization: &OrganizationId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM workload_identity_providers WHERE organization = $1";
    tx.optional(SQL, vec![organization.as_str().into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Updates everything that can change; `false` when there is no such provider.
pub async fn update(tx: &mut Tx, row: &WorkloadIdentityProvider) -> Result<bool, Error> {
    const SQL: &str = "UPDATE workload_identity_providers SET name = $3, description = $4, issuer = $5, audience = $6, \
                       verification = $7, transformations = $8, enabled = $9, updated_at = $10 \
                       WHERE organization = $1 AND id = $2";
    let values = vec![
        row.organization.as_str().into(),
        row.id.as_str().into(),
        row.name.as_str().into(),
        row.description.as_deref().into(),
        row.issuer.as_str().into(),
        row.audience.as_str().into(),
        written(&row.verification)?,
        written(&row.transformations)?,
        row.enabled.into(),
        row.updated_at.0.into(),
    ];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Deletes a provider without rules; `false` when there is no such provider.
pub async fn delete(tx: &mut Tx, row: &WorkloadIdentityProvider, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM workload_identity_providers WHERE organization = $1 AND id = $2";
    let (organization, id) = (row.organization.as_str(), row.id.as_str());
    if tx.execute(SQL, vec![organization.into(), id.into()]).await? == 0 {
        return Ok(false);
    }
    removed_rows::insert(tx, "workload_identity_providers", organization, id, (row.created_at, at)).await?;
    Ok(true)
}
