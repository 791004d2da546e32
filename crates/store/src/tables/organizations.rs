//! Organizations and what they have proven.

use keystead_core::data_retention::DataRetention;
use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{id, named, optional_named, optional_time, time};
use crate::{Column, Error, Row, Tx};

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    /// A label; other organizations do not see it.
    pub name: String,
    pub created_at: Timestamp,
    /// When it was deleted.
    pub deactivated_at: Option<Timestamp>,
    /// Grows with every change of what it has proven.
    pub entitlement_version: i64,
    /// The operator's tags for it, in order.
    pub tags: Vec<String>,
}

/// One requirement an organization meets, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementRow {
    pub requirement: Requirement,
    pub how: Fulfilment,
    /// When it ends; `None` is never.
    pub until: Option<Timestamp>,
}

impl RequirementRow {
    /// Whether it is met at this moment.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The columns in the order in which [`organization`] reads them.
macro_rules! columns {
    () => {
        "id, name, created_at, deactivated_at, entitlement_version, tags"
    };
}

fn organization(row: &Row) -> Result<Organization, Error> {
    Ok(Organization {
        id: id(row, 0, "organizations")?,
        name: row.text(1)?,
        created_at: time(row, 2)?,
        deactivated_at: optional_time(row, 3)?,
        entitlement_version: row.int(4)?,
        tags: tags(row, 5)?,
    })
}

/// Parses the tags, which are stored in one column with commas between; a tag contains no comma.
pub(super) fn tags(row: &Row, column: impl Column) -> Result<Vec<String>, Error> {
    Ok(row.text(column)?.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect())
}

/// Returns the data retention that the owners noted, if they did.
pub async fn data_retention(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<DataRetention>, Error> {
    const SQL: &str = "SELECT data_retention FROM organizations WHERE id = $1";
    let row = tx.optional(SQL, vec![organization.as_str().into()]).await?;
    row.map_or(Ok(None), |row| optional_named(&row, 0, "organizations", DataRetention::from_name))
}

/// Changes the data retention. No decision depends on it, so it writes no change row.
pub async fn set_data_retention(
    tx: &mut Tx,
    organization: &OrganizationId,
    setting: DataRetention,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE organizations SET data_retention = $2 WHERE id = $1";
    tx.execute(SQL, vec![organization.as_str().into(), setting.as_str().into()]).await.map(|_| ())
}

/// Inserts an organization.
pub async fn insert(tx: &mut Tx, organization: &Organization) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO organizations (id, name, created_at, deactivated_at, entitlement_version, tags) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        organization.id.as_str().into(),
        organization.name.as_str().into(),
        organization.created_at.0.into(),
        organization.deactivated_at.map(|at| at.0).into(),
        organization.entitlement_version.into(),
        organization.tags.join(",").into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the organization with this id.
pub async fn find(tx: &mut Tx, id: &OrganizationId) -> Result<Option<Organization>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM organizations WHERE id = $1");
    tx.optional(SQL, vec![id.as_str().into()]).await?.as_ref().map(organization).transpose()
}

/// Lists every organization, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Organization>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM organizations ORDER BY created_at, id");
    tx.all(SQL, vec![]).await?.iter().map(organization).collect()
}

/// Renames an organization; `false` when there is none. It writes no change row, because no decision depends on the
/// label.
pub async fn rename(tx: &mut Tx, id: &OrganizationId, name: &str) -> Result<bool, Error> {
    const SQL: &str = "UPDATE organizations SET name = $2 WHERE id = $1";
    Ok(tx.execute(SQL, vec![id.as_str().into(), name.into()]).await? > 0)
}

/// Sets the tags of an organization; rules use them, so gateways are notified.
pub async fn set_tags(tx: &mut Tx, id: &OrganizationId, tags: &[String], at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "UPDATE organizations SET tags = $2 WHERE id = $1";
    changes::lock(tx).await?;
    tx.execute(SQL, vec![id.as_str().into(), tags.join(",").into()]).await?;
    entitlements_changed(tx, id, at).await
}

/// Returns since when an organization requires a second factor of its members; `None` when it does not.
pub async fn second_factor_since(tx: &mut Tx, id: &OrganizationId) -> Result<Option<Timestamp>, Error> {
    const SQL: &str = "SELECT second_factor_since FROM organizations WHERE id = $1";
    let row = tx.optional(SQL, vec![id.as_str().into()]).await?;
    row.map_or(Ok(None), |row| optional_time(&row, 0))
}

/// Requires a second factor of the members, or stops with `None`. It writes no change row, because keys do not depend
/// on it.
pub async fn set_second_factor_since(tx: &mut Tx, id: &OrganizationId, since: Option<Timestamp>) -> Result<(), Error> {
    const SQL: &str = "UPDATE organizations SET second_factor_since = $2 WHERE id = $1";
    tx.execute(SQL, vec![id.as_str().into(), since.map(|at| at.0).into()]).await.map(|_| ())
}

/// Marks an organization as deleted, or takes the mark off with `None`.
pub async fn set_deactivated(
    tx: &mut Tx,
    id: &OrganizationId,
    deactivated: Option<Timestamp>,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE organizations SET deactivated_at = $2 WHERE id = $1";
    changes::lock(tx).await?;
    tx.execute(SQL, vec![id.as_str().into(), deactivated.map(|at| at.0).into()]).await?;
    changes::append(tx, &ChangeSubject::Organization(id.clone()), at).await.map(|_| ())
}

/// Returns what an organization has proven or been excused from, and how.
pub async fn requirements(tx: &mut Tx, id: &OrganizationId) -> Result<Vec<RequirementRow>, Error> {
    const SQL: &str = "SELECT requirement, how, until FROM organization_requirements WHERE organization = $1 \
                       ORDER BY since, requirement";
    let rows = tx.all(SQL, vec![id.as_str().into()]).await?;
    rows.iter()
        .map(|row| {
            let requirement = named(row, 0, "organization_requirements", Requirement::from_name)?;
            Ok(RequirementRow {
                requirement,
                how: named(row, 1, "organization_requirements", Fulfilment::from_name)?,
                until: optional_time(row, 2)?,
            })
        })
        .collect()
}

/// Returns what an organization meets and when some of it ends, in the form that the access decision needs.
pub async fn entitled(tx: &mut Tx, id: &OrganizationId) -> Result<Entitled, Error> {
    Ok(Entitled::of(requirements(tx, id).await?))
}

/// Requirements that are met, with the ends of those that have one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entitled {
    /// What is met.
    pub met: Vec<Requirement>,
    /// When some of it ends.
    pub ends: Vec<(Requirement, Timestamp)>,
}

impl Entitled {
    pub(super) fn of(rows: Vec<RequirementRow>) -> Self {
        let mut known = Self::default();
        for row in rows {
            known.met.push(row.requirement);
            known.ends.extend(row.until.map(|until| (row.requirement, until)));
        }
        known
    }
}

/// Sets when a met requirement ends; nothing changes when it is not met or has this end already.
pub async fn set_requirement_end(
    tx: &mut Tx,
    id: &OrganizationId,
    requirement: Requirement,
    until: Option<Timestamp>,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE organization_requirements SET until = $3 WHERE organization = $1 AND requirement = $2 \
                       AND COALESCE(until, -1) <> COALESCE($3, -1)";
    let values = vec![id.as_str().into(), requirement.as_str().into(), until.map(|at| at.0).into()];
    changes::lock(tx).await?;
    if tx.execute(SQL, values).await? == 0 {
        return Ok(());
    }
    entitlements_changed(tx, id, at).await
}

/// Records that a requirement is met.
pub async fn set_requirement(
    tx: &mut Tx,
    id: &OrganizationId,
    requirement: Requirement,
    how: Fulfilment,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO organization_requirements (organization, requirement, how, reason, since) \
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization, requirement) \
                       DO UPDATE SET how = excluded.how, reason = excluded.reason, since = excluded.since, until = NULL";
    let values = vec![id.as_str().into(), requirement.as_str().into(), how.as_str().into(), reason.into(), at.0.into()];
    changes::lock(tx).await?;
    tx.execute(SQL, values).await?;
    entitlements_changed(tx, id, at).await
}

/// Removes a met requirement.
pub async fn clear_requirement(
    tx: &mut Tx,
    id: &OrganizationId,
    requirement: Requirement,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "DELETE FROM organization_requirements WHERE organization = $1 AND requirement = $2";
    changes::lock(tx).await?;
    tx.execute(SQL, vec![id.as_str().into(), requirement.as_str().into()]).await?;
    entitlements_changed(tx, id, at).await
}

async fn entitlements_changed(tx: &mut Tx, id: &OrganizationId, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "UPDATE organizations SET entitlement_version = entitlement_version + 1 WHERE id = $1";
    tx.execute(SQL, vec![id.as_str().into()]).await?;
    changes::append(tx, &ChangeSubject::Organization(id.clone()), at).await.map(|_| ())
}
