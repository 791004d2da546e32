//! People with an own role in a project.

use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::ProjectRole;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::{conflict_as, id, named, time};
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

/// Inserts a member.
///
/// # Errors
/// [`Error::Conflict`] `project_members` when the user is a member already.
pub async fn insert(tx: &mut Tx, member: &ProjectMember) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO project_members (project, user_id, role, created_at) VALUES ($1, $2, $3, $4)";
    let values = vec![
        member.project.as_str().into(),
        member.user.as_str().into(),
        member.role.as_str().into(),
        member.created_at.0.into(),
    ];
    changes::lock(tx).await?;
    tx.execute(SQL, values).await.map_err(conflict_as("project_members"))?;
    changes::append(tx, &ChangeSubject::User(member.user.clone()), member.created_at).await.map(|_| ())
}

/// Finds one person's role in one project.
pub async fn find(tx: &mut Tx, project: &ProjectId, user: &UserId) -> Result<Option<ProjectMember>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM project_members WHERE project = $1 AND user_id = $2");
    tx.optional(SQL, vec![project.as_str().into(), user.as_str().into()]).await?.as_ref().map(member).transpose()
}

/// Lists the people with an own role in a project; cursors are user ids.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, project: &ProjectId, page: &Page) -> Result<Listing<ProjectMember>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM project_members"),
        table: "project_members",
        source: "project_members",
        id: "user_id",
        scope: "project_members.project = $1",
        filter: "TRUE",
        values: vec![project.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, member).await
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
}

/// Lists the people with an own role in a project, by name; the first hundred.
pub async fn list_people(tx: &mut Tx, project: &ProjectId) -> Result<Vec<PersonOfProject>, Error> {
    const SQL: &str = "SELECT u.id, u.name, u.email, pm.role FROM project_members pm JOIN users u ON u.id = pm.user_id \
                       WHERE pm.project = $1 ORDER BY u.name, u.id LIMIT 100";
    let read = |row: &Row| {
        let role = row.text(3)?;
        let corrupt = || Error::Corrupt { table: "project_members", id: project.to_string() };
        Ok(PersonOfProject {
            user: id(row, 0, "users")?,
            name: row.text(1)?,
            email: row.text(2)?,
            role: ProjectRole::from_name(&role).ok_or_else(corrupt)?,
        })
    };
    tx.all(SQL, vec![project.as_str().into()]).await?.iter().map(read).collect()
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

/// Changes a member's role; `false` when there is no such member.
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
    changes::append(tx, &ChangeSubject::User(user.clone()), at).await?;
    Ok(true)
}

/// Removes a person's role; `false` when they had none.
pub async fn delete(tx: &mut Tx, project: &ProjectId, user: &UserId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM project_members WHERE project = $1 AND user_id = $2";
    changes::lock(tx).await?;
    if tx.execute(SQL, vec![project.as_str().into(), user.as_str().into()]).await? == 0 {
        return Ok(false);
    }
    changes::append(tx, &ChangeSubject::User(user.clone()), at).await?;
    Ok(true)
}
