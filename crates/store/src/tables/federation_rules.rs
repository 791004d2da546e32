//! Rules that turn tokens of a provider into keys of a service account.

use keystead_core::id::{FederationRuleId, OrganizationId, ProjectId, ServiceAccountId, WorkloadIdentityProviderId};
use keystead_core::scope::Restriction;
use keystead_core::time::Timestamp;
use keystead_core::workload_identity::Matchers;

use super::list::List;
use super::workload_identity_providers::{json, written};
use super::{id, removed_rows, time};
use crate::{Error, Listing, Page, Row, Tx};

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederationRule {
    pub id: FederationRuleId,
    pub organization: OrganizationId,
    pub provider: WorkloadIdentityProviderId,
    /// The project of the service account.
    pub project: ProjectId,
    /// The owner of the keys.
    pub service_account: ServiceAccountId,
    pub name: Option<String>,
    pub description: Option<String>,
    /// The conditions for a token.
    pub matchers: Matchers,
    /// The scopes of the keys; empty is unrestricted.
    pub restriction: Restriction,
    /// Whether it issues keys.
    pub enabled: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The columns in the order in which [`rule`] reads them.
macro_rules! columns {
    () => {
        "id, organization, provider, project, service_account, name, description, matchers, restriction, enabled, \
         created_at, updated_at"
    };
}

fn rule(row: &Row) -> Result<FederationRule, Error> {
    Ok(FederationRule {
        id: id(row, 0, "federation_rules")?,
        organization: id(row, 1, "federation_rules")?,
        provider: id(row, 2, "federation_rules")?,
        project: id(row, 3, "federation_rules")?,
        service_account: id(row, 4, "federation_rules")?,
        name: row.optional_text(5)?,
        description: row.optional_text(6)?,
        matchers: json(row, 7, "federation_rules")?,
        restriction: json(row, 8, "federation_rules")?,
        enabled: row.bool(9)?,
        created_at: time(row, 10)?,
        updated_at: time(row, 11)?,
    })
}

/// Inserts a rule.
pub async fn insert(tx: &mut Tx, row: &FederationRule) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO federation_rules (id, organization, provider, project, service_account, name, \
                       description, matchers, restriction, enabled, created_at, updated_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.provider.as_str().into(),
        row.project.as_str().into(),
        row.service_account.as_str().into(),
        row.name.as_deref().into(),
        row.description.as_deref().into(),
        written(&row.matchers)?,
        written(&row.restriction)?,
        row.enabled.into(),
        row.created_at.0.into(),
        row.updated_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds one rule of a provider.
pub async fn find(
    tx: &mut Tx,
    provider: &WorkloadIdentityProviderId,
    id: &FederationRuleId,
) -> Result<Option<FederationRule>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM federation_rules WHERE provider = $1 AND id = $2");
    tx.optional(SQL, vec![provider.as_str().into(), id.as_str().into()]).await?.as_ref().map(rule).transpose()
}

/// Finds one rule of an organization.
pub async fn find_in_organization(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &FederationRuleId,
) -> Result<Option<FederationRule>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM federation_rules WHERE organization = $1 AND id = $2");
    tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?.as_ref().map(rule).transpose()
}

/// Lists the rules of a provider, for one service account if one is given.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(
    tx: &mut Tx,
    provider: &WorkloadIdentityProviderId,
    account: Option<&str>,
    page: &Page,
) -> Result<Listing<FederationRule>, Error> {
    let (filter, filter_values) = match account {
        Some(account) => ("federation_rules.service_account = $2", vec![account.into()]),
        None => ("TRUE", Vec::new()),
    };
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM federation_rules"),
        table: "federation_rules",
        source: "federation_rules",
        id: "id",
        scope: "federation_rules.provider = $1",
        filter,
        values: vec![provider.as_str().into()],
        filter_values,
        page,
    };
    list.rows(tx, rule).await
}

/// Lists all rules of a provider, oldest first: the order in which an exchange tries them.
pub async fn list_of_provider(
    tx: &mut Tx,
    provider: &WorkloadIdentityProviderId,
) -> Result<Vec<FederationRule>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM federation_rules WHERE provider = $1 ORDER BY created_at, id");
    tx.all(SQL, vec![provider.as_str().into()]).await?.iter().map(rule).collect()
}

/// Updates everything that can change; `false` when there is no such rule.
pub async fn update(tx: &mut Tx, row: &FederationRule) -> Result<bool, Error> {
    const SQL: &str = "UPDATE federation_rules SET name = $3, description = $4, matchers = $5, restriction = $6, \
                       enabled = $7, updated_at = $8 WHERE provider = $1 AND id = $2";
    let values = vec![
        row.provider.as_str().into(),
        row.id.as_str().into(),
        row.name.as_deref().into(),
        row.description.as_deref().into(),
        written(&row.matchers)?,
        written(&row.restriction)?,
        row.enabled.into(),
        row.updated_at.0.into(),
    ];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Deletes a rule; `false` when there is no such rule. The caller ends its keys in the same transaction.
pub async fn delete(tx: &mut Tx, row: &FederationRule, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM federation_rules WHERE provider = $1 AND id = $2";
    let (provider, id) = (row.provider.as_str(), row.id.as_str());
    if tx.execute(SQL, vec![provider.into(), id.into()]).await? == 0 {
        return Ok(false);
    }
    removed_rows::insert(tx, "federation_rules", provider, id, (row.created_at, at)).await?;
    Ok(true)
}
