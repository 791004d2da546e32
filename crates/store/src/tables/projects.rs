//! Projects.

use keystead_core::data_retention::DataRetention;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::model_access::ModelAccess;
use keystead_core::project_features::ProjectFeatures;
use keystead_core::rate::ProjectLimits;
use keystead_core::role::ProjectRole;
use keystead_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::{conflict_as, id, optional_named, optional_time, rate_shares, spend_leases, time};
use crate::{Column, Error, Listing, Page, Row, Tx};

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    /// Its organization.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    pub created_at: Timestamp,
    /// When it was archived.
    pub archived_at: Option<Timestamp>,
    /// Whether it is the organization's Default project.
    pub is_default: bool,
}

/// The columns in the order in which [`project`] reads them.
macro_rules! columns {
    () => {
        "id, organization, name, created_at, archived_at, is_default"
    };
}

pub(super) fn project(row: &Row) -> Result<Project, Error> {
    Ok(Project {
        id: id(row, 0, "projects")?,
        organization: id(row, 1, "projects")?,
        name: row.text(2)?,
        created_at: time(row, 3)?,
        archived_at: optional_time(row, 4)?,
        is_default: row.bool(5)?,
    })
}

/// Inserts a project.
///
/// # Errors
/// [`Error::Conflict`] for a second Default project.
pub async fn insert(tx: &mut Tx, project: &Project) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO projects (id, organization, name, created_at, archived_at, is_default) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        project.id.as_str().into(),
        project.organization.as_str().into(),
        project.name.as_str().into(),
        project.created_at.0.into(),
        project.archived_at.map(|at| at.0).into(),
        project.is_default.into(),
    ];
    changes::lock(tx).await?;
    tx.execute(SQL, values).await.map_err(conflict_as("projects"))?;
    changes::append(tx, &ChangeSubject::Organization(project.organization.clone()), project.created_at)
        .await
        .map(|_| ())
}

/// Finds one project of one organization; another organization's is not found.
pub async fn find(tx: &mut Tx, organization: &OrganizationId, id: &ProjectId) -> Result<Option<Project>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM projects WHERE organization = $1 AND id = $2");
    let row = tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?;
    row.as_ref().map(project).transpose()
}

/// Finds the Default project.
pub async fn find_default(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<Project>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM projects WHERE organization = $1 AND is_default");
    tx.optional(SQL, vec![organization.as_str().into()]).await?.as_ref().map(project).transpose()
}

/// Lists the projects of an organization.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(
    tx: &mut Tx,
    organization: &OrganizationId,
    include_archived: bool,
    page: &Page,
) -> Result<Listing<Project>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM projects"),
        table: "projects",
        source: "projects",
        id: "id",
        scope: "projects.organization = $1",
        filter: if include_archived { "TRUE" } else { "projects.archived_at IS NULL" },
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, project).await
}

/// A project that a person has access to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachedProject {
    pub project: Project,
    /// The person's own role in it; `None` without one.
    pub role: Option<ProjectRole>,
}

/// Lists the projects that a person has access to and that are not archived, in all their organizations, each Default
/// project first: all projects of organizations they own, otherwise their own, those of their groups and the Default
/// project.
pub async fn list_of_user(tx: &mut Tx, user: &UserId) -> Result<Vec<ReachedProject>, Error> {
    const SQL: &str = "SELECT p.id, p.organization, p.name, p.created_at, p.archived_at, p.is_default, pm.role \
                       FROM memberships m JOIN projects p ON p.organization = m.organization \
                       LEFT JOIN project_members pm ON pm.project = p.id AND pm.user_id = m.user_id \
                       WHERE m.user_id = $1 AND p.archived_at IS NULL \
                       AND (m.role = 'owner' OR p.is_default OR pm.role IS NOT NULL OR \
                       EXISTS (SELECT 1 FROM role_assignments a \
                       JOIN group_members gm ON gm.group_id = a.principal WHERE a.resource = p.id AND gm.user_id = m.user_id)) \
                       ORDER BY p.is_default DESC, p.created_at, p.id";
    let reached = |row: &Row| {
        let role = optional_named(row, 6, "project_members", ProjectRole::from_name)?;
        Ok(ReachedProject { project: project(row)?, role })
    };
    tx.all(SQL, vec![user.as_str().into()]).await?.iter().map(reached).collect()
}

/// Renames a project; `false` when there is none that may be renamed.
pub async fn rename(tx: &mut Tx, organization: &OrganizationId, id: &ProjectId, name: &str) -> Result<bool, Error> {
    const SQL: &str = "UPDATE projects SET name = $3 WHERE organization = $1 AND id = $2 AND NOT is_default \
                       AND archived_at IS NULL";
    Ok(tx.execute(SQL, vec![organization.as_str().into(), id.as_str().into(), name.into()]).await? > 0)
}

/// Parses a column that is JSON.
fn json<T: DeserializeOwned>(row: &Row, column: impl Column) -> Result<Option<T>, Error> {
    let Some(text) = row.optional_text(column)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|_| Error::Corrupt { table: "projects", id: text })
}

/// Saves a column that is JSON, in a transaction that has locked the changes; `false` when no row has changed. Keys in
/// memory follow with the next request.
async fn save_json<T: Serialize>(
    tx: &mut Tx,
    sql: &'static str,
    (organization, id): (&OrganizationId, &ProjectId),
    value: Option<&T>,
    at: Timestamp,
) -> Result<bool, Error> {
    let unreadable = |_| Error::Corrupt { table: "projects", id: id.to_string() };
    let text = value.map(serde_json::to_string).transpose().map_err(unreadable)?;
    let values = vec![organization.as_str().into(), id.as_str().into(), text.as_deref().into()];
    let changed = tx.execute(sql, values).await?;
    changes::append(tx, &ChangeSubject::Project(id.clone()), at).await?;
    Ok(changed > 0)
}

/// Parses the models a project may use from this column; `None` is every one.
pub(super) fn model_access(row: &Row, column: impl Column) -> Result<Option<ModelAccess>, Error> {
    json(row, column)
}

/// Returns the models a project may use; `None` is every served one.
pub async fn models(tx: &mut Tx, organization: &OrganizationId, id: &ProjectId) -> Result<Option<ModelAccess>, Error> {
    const SQL: &str = "SELECT model_access FROM projects WHERE organization = $1 AND id = $2";
    let row = tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?;
    row.map_or(Ok(None), |row| model_access(&row, 0))
}

/// Sets the models; `false` when there is no such project that is not archived. Keys in memory follow with the next
/// request.
pub async fn set_models(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ProjectId,
    models: Option<&ModelAccess>,
    at: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str =
        "UPDATE projects SET model_access = $3 WHERE organization = $1 AND id = $2 AND archived_at IS NULL";
    changes::lock(tx).await?;
    save_json(tx, SQL, (organization, id), models, at).await
}

/// Parses a project's own rate limits from this column; `None` leaves those of its organization.
pub(super) fn rate_limits(row: &Row, column: impl Column) -> Result<Option<ProjectLimits>, Error> {
    json(row, column)
}

/// Returns a project's own rate limits; for models not in it only those of the organization apply.
pub async fn rates(tx: &mut Tx, organization: &OrganizationId, id: &ProjectId) -> Result<ProjectLimits, Error> {
    const SQL: &str = "SELECT rate_limits FROM projects WHERE organization = $1 AND id = $2";
    let row = tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?;
    row.map_or(Ok(None), |row| rate_limits(&row, 0)).map(Option::unwrap_or_default)
}

/// Changes the rate limits; `false` when there is no such project that is not archived. Keys in memory follow with the
/// next request.
pub async fn update_rates(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ProjectId,
    change: impl FnOnce(&mut ProjectLimits) + Send,
    at: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str =
        "UPDATE projects SET rate_limits = $3 WHERE organization = $1 AND id = $2 AND archived_at IS NULL";
    // Locked before they are read, so that two requests that change two models do not undo each other's change.
    changes::lock(tx).await?;
    let mut limits = rates(tx, organization, id).await?;
    change(&mut limits);
    save_json(tx, SQL, (organization, id), Some(&limits).filter(|limits| !limits.is_empty()), at).await
}

/// Parses the limited tools and tiers of a project from this column; `None` limits nothing.
pub(super) fn features(row: &Row, column: impl Column) -> Result<Option<ProjectFeatures>, Error> {
    json(row, column)
}

/// Returns the limited tools and tiers of a project.
pub async fn find_features(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ProjectId,
) -> Result<ProjectFeatures, Error> {
    const SQL: &str = "SELECT features FROM projects WHERE organization = $1 AND id = $2";
    let row = tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?;
    row.map_or(Ok(None), |row| features(&row, 0)).map(Option::unwrap_or_default)
}

/// Changes the limited tools and tiers and returns them; `None` when there is no such project that is not archived. Keys
/// in memory follow with the next request.
pub async fn update_features(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ProjectId,
    change: impl FnOnce(&mut ProjectFeatures) + Send,
    at: Timestamp,
) -> Result<Option<ProjectFeatures>, Error> {
    const SQL: &str = "UPDATE projects SET features = $3 WHERE organization = $1 AND id = $2 AND archived_at IS NULL";
    // Locked before they are read, so that two requests that change a tool each do not undo each other's change.
    changes::lock(tx).await?;
    let mut features = find_features(tx, organization, id).await?;
    change(&mut features);
    let limited = Some(&features).filter(|features| **features != ProjectFeatures::default());
    let saved = save_json(tx, SQL, (organization, id), limited, at).await?;
    Ok(saved.then_some(features))
}

/// Returns the project's data retention; `None` is the organization's.
pub async fn data_retention(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ProjectId,
) -> Result<Option<DataRetention>, Error> {
    const SQL: &str = "SELECT data_retention FROM projects WHERE organization = $1 AND id = $2";
    let row = tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?;
    row.map_or(Ok(None), |row| optional_named(&row, 0, "projects", DataRetention::from_name))
}

/// Changes the project's data retention. No decision depends on it, so it writes no change row.
pub async fn set_data_retention(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ProjectId,
    setting: Option<DataRetention>,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE projects SET data_retention = $3 WHERE organization = $1 AND id = $2";
    let setting = setting.map(DataRetention::as_str);
    tx.execute(SQL, vec![organization.as_str().into(), id.as_str().into(), setting.into()]).await.map(|_| ())
}

/// Archives a project; `None` when there is none that may be archived (the Default project never is).
pub async fn archive(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ProjectId,
    at: Timestamp,
) -> Result<Option<Project>, Error> {
    const SQL: &str = "UPDATE projects SET archived_at = $3 WHERE organization = $1 AND id = $2 AND NOT is_default \
                       AND archived_at IS NULL RETURNING id, organization, name, created_at, archived_at, is_default";
    changes::lock(tx).await?;
    let row = tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into(), at.0.into()]).await?;
    let Some(row) = row else { return Ok(None) };
    spend_leases::delete_of_subject(tx, id.as_str()).await?;
    rate_shares::delete_of_project(tx, id).await?;
    changes::append(tx, &ChangeSubject::Project(id.clone()), at).await?;
    project(&row).map(Some)
}
