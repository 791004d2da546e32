//! People with an own role in a project.

use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::ProjectRole;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::{conflict_as, id, named, removed_rows, time};
use crate::{Error, Listing, Page, Row, Tx};

/// A person's role in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectMember {
    pub project: ProjectId,
    pub user: UserId,
    pub role: ProjectRole,
    pub created_at: Timestamp,
}

/// The columns in the order in which [`member`] reads them.
macro_rules! columns {
    () => {
        "project, user_id, role, created_at"
    };
}

fn member(row: &Row) -> Result<ProjectMember, Error> {
    Ok(ProjectMember {
        project: id(row, 0, "project_members")?,
        user: id(row, 1, "project_members")?,
        role: named(row, 2, "project_members", ProjectRole::from_name)?,
        created_at: time(row, 3)?,
    })
}

/// Inserts a member of the project's organization.
///
/// # Errors
/// [`Error::Conflict`] `project_members` when the user is a member already, [`Error::Invalid`] when they are no member of
/// the organization.
pub async fn insert(tx: &mut Tx, member: &ProjectMember) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO project_members (project, user_id, role, created_at) \
                       SELECT p.id, m.user_id, CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM projects p \
                       JOIN memberships m ON m.organization = p.organization WHERE p.id = $1 AND m.user_id = $2";
    let values = vec![
        member.project.as_str().into(),
        member.user.as_str().into(),
        member.role.as_str().into(),
        member.created_at.0.into(),
    ];
    changes::lock(tx).await?;
    if tx.execute(SQL, values).await.map_err(conflict_as("project_members"))? == 0 {
        return Err(Error::Invalid("only a member of the organization can be a member of its project"));
    }
    changes::append(tx, &ChangeSubject::User(member.user.clone()), member.created_at).await.map(|_| ())
}

/// Finds one person's role in one project.
pub async fn find(tx: &mut Tx, project: &ProjectId, user: &UserId) -> Result<Option<ProjectMember>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM project_members WHERE project = $1 AND user_id = $2");
    tx.optional(SQL, vec![project.as_str().into(), user.as_str().into()]).await?.as_ref().map(member).transpose()
}

/// A person with an own role in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonOfProject {
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The person's role.
    pub role: ProjectRole,
    /// Since when they have a role.
    pub added_at: Timestamp,
}

/// The statement without its condition, in the order in which [`person`] reads the columns.
macro_rules! people_columns {
    () => {
        "u.id, u.name, u.email, pm.role, pm.created_at FROM project_members pm JOIN users u ON u.id = pm.user_id"
    };
}

fn person(row: &Row) -> Result<PersonOfProject, Error> {
    Ok(PersonOfProject {
        user: id(row, 0, "users")?,
        name: row.text(1)?,
        email: row.text(2)?,
        role: named(row, 3, "project_members", ProjectRole::from_name)?,
        added_at: time(row, 4)?,
    })
}

/// Lists the people with an own role in a project, by name; the first hundred.
pub async fn list_people(tx: &mut Tx, project: &ProjectId) -> Result<Vec<PersonOfProject>, Error> {
    const SQL: &str = concat!("SELECT ", people_columns!(), " WHERE pm.project = $1 ORDER BY u.name, u.id LIMIT 100");
    tx.all(SQL, vec![project.as_str().into()]).await?.iter().map(person).collect()
}

/// Finds one person with an own role in a project.
pub async fn find_person(tx: &mut Tx, project: &ProjectId, user: &UserId) -> Result<Option<PersonOfProject>, Error> {
    const SQL: &str = concat!("SELECT ", people_columns!(), " WHERE pm.project = $1 AND pm.user_id = $2");
    let row = tx.optional(SQL, vec![project.as_str().into(), user.as_str().into()]).await?;
    row.as_ref().map(person).transpose()
}

/// Lists the people with an own role in a project by the time at which they got one; cursors are user ids.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, project: &ProjectId, page: &Page) -> Result<Listing<PersonOfProject>, Error> {
    let list = List {
        select: concat!("SELECT ", people_columns!()),
        table: "pm",
        source: "project_members pm",
        id: "user_id",
        scope: "pm.project = $1",
        filter: "TRUE",
        values: vec![project.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, person).await
}

/// Lists a person's own roles in the projects of one organization, oldest first.
pub async fn list_of_user(
    tx: &mut Tx,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<Vec<ProjectMember>, Error> {
    const SQL: &str = "SELECT pm.project, pm.user_id, pm.role, pm.created_at FROM project_members pm \
                       JOIN projects p ON p.id = pm.project WHERE p.organization = $1 AND pm.user_id = $2 \
                       ORDER BY pm.created_at, pm.project";
    tx.all(SQL, vec![organization.as_str().into(), user.as_str().into()]).await?.iter().map(member).collect()
}

/// Gives a member another role, in place of every preset role they hold directly; `false` when there is no such member.
pub async fn update_role(
    tx: &mut Tx,
    project: &ProjectId,
    user: &UserId,
    role: ProjectRole,
    at: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "UPDATE project_members SET role = $3 WHERE project = $1 AND user_id = $2";
    changes::lock(tx).await?;
    let values = vec![project.as_str().into(), user.as_str().into(), role.as_str().into()];
    if tx.execute(SQL, values).await? == 0 {
        return Ok(false);
    }
    const OTHERS: &str = "DELETE FROM role_assignments WHERE resource = $1 AND principal = $2 \
                          AND role LIKE 'role-api-project-%'";
    tx.execute(OTHERS, vec![project.as_str().into(), user.as_str().into()]).await?;
    changes::append(tx, &ChangeSubject::User(user.clone()), at).await?;
    Ok(true)
}

/// Removes a person with all roles they hold directly; `false` when they were no member.
pub async fn delete(tx: &mut Tx, project: &ProjectId, user: &UserId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM project_members WHERE project = $1 AND user_id = $2 RETURNING created_at";
    changes::lock(tx).await?;
    const ROLES: &str = "DELETE FROM role_assignments WHERE resource = $1 AND principal = $2";
    let values = || vec![project.as_str().into(), user.as_str().into()];
    let Some(row) = tx.optional(SQL, values()).await? else { return Ok(false) };
    removed_rows::insert(tx, "project_members", project.as_str(), user.as_str(), (time(&row, 0)?, at)).await?;
    tx.execute(ROLES, values()).await?;
    changes::append(tx, &ChangeSubject::User(user.clone()), at).await?;
    Ok(true)
}
