//! Service accounts, each of one project.

use keystead_core::id::{ProjectId, ServiceAccountId};
use keystead_core::role::ProjectRole;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::list::List;
use super::{id, named, optional_time, time};
use crate::{Error, Listing, Page, Row, Tx};

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    pub id: ServiceAccountId,
    /// Its project.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// Its role in the project.
    pub role: ProjectRole,
    pub created_at: Timestamp,
    /// When it was deleted; the row stays so that its keys can be explained.
    pub deleted_at: Option<Timestamp>,
}

/// The columns in the order in which [`account`] reads them.
macro_rules! columns {
    () => {
        "id, project, name, role, created_at, deleted_at"
    };
}

fn account(row: &Row) -> Result<ServiceAccount, Error> {
    Ok(ServiceAccount {
        id: id(row, 0, "service_accounts")?,
        project: id(row, 1, "service_accounts")?,
        name: row.text(2)?,
        role: named(row, 3, "service_accounts", ProjectRole::from_name)?,
        created_at: time(row, 4)?,
        deleted_at: optional_time(row, 5)?,
    })
}

/// Inserts a service account.
pub async fn insert(tx: &mut Tx, account: &ServiceAccount) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO service_accounts (id, project, name, role, created_at, deleted_at) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        account.id.as_str().into(),
        account.project.as_str().into(),
        account.name.as_str().into(),
        account.role.as_str().into(),
        account.created_at.0.into(),
        account.deleted_at.map(|at| at.0).into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds one service account of one project, also a deleted one.
pub async fn find(tx: &mut Tx, project: &ProjectId, id: &ServiceAccountId) -> Result<Option<ServiceAccount>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM service_accounts WHERE project = $1 AND id = $2");
    let row = tx.optional(SQL, vec![project.as_str().into(), id.as_str().into()]).await?;
    row.as_ref().map(account).transpose()
}

/// Lists the live service accounts of a project.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, project: &ProjectId, page: &Page) -> Result<Listing<ServiceAccount>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM service_accounts"),
        table: "service_accounts",
        source: "service_accounts",
        id: "id",
        scope: "service_accounts.project = $1",
        filter: "service_accounts.deleted_at IS NULL",
        values: vec![project.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, account).await
}

/// Changes name and role of a live service account; `false` when there is none.
pub async fn update(
    tx: &mut Tx,
    project: &ProjectId,
    id: &ServiceAccountId,
    name: &str,
    role: ProjectRole,
) -> Result<bool, Error> {
    const SQL: &str = "UPDATE service_accounts SET name = $3, role = $4 WHERE project = $1 AND id = $2 \
                       AND deleted_at IS NULL RETURNING created_at";
    let values = vec![project.as_str().into(), id.as_str().into(), name.into(), role.as_str().into()];
    changes::lock(tx).await?;
    let Some(row) = tx.optional(SQL, values).await? else { return Ok(false) };
    changes::append(tx, &ChangeSubject::ServiceAccount(id.clone()), time(&row, 0)?).await?;
    Ok(true)
}

/// Deletes a service account; `false` when there is none. The caller revokes its keys in the same transaction.
pub async fn delete(tx: &mut Tx, project: &ProjectId, id: &ServiceAccountId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str =
        "UPDATE service_accounts SET deleted_at = $3 WHERE project = $1 AND id = $2 AND deleted_at IS NULL";
    changes::lock(tx).await?;
    if tx.execute(SQL, vec![project.as_str().into(), id.as_str().into(), at.0.into()]).await? == 0 {
        return Ok(false);
    }
    changes::append(tx, &ChangeSubject::ServiceAccount(id.clone()), at).await?;
    Ok(true)
}
