//! People with an account.

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{conflict_as, id, optional_id, optional_time, time};
use crate::{Error, Row, Tx};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// The address, lower case.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// When the account was made.
    pub created_at: Timestamp,
    /// The payer of a legacy key when the request names no organization.
    pub default_organization: Option<OrganizationId>,
    /// When the account was closed.
    pub deactivated_at: Option<Timestamp>,
}

/// The columns in the order in which [`user`] reads them.
macro_rules! columns {
    () => {
        "id, email, name, created_at, default_organization, deactivated_at"
    };
}

fn user(row: &Row) -> Result<User, Error> {
    Ok(User {
        id: id(row, 0, "users")?,
        email: row.text(1)?,
        name: row.text(2)?,
        created_at: time(row, 3)?,
        default_organization: optional_id(row, 4, "users")?,
        deactivated_at: optional_time(row, 5)?,
    })
}

/// Inserts a person.
///
/// # Errors
/// [`Error::Conflict`] `users.email` when the address is taken.
pub async fn insert(tx: &mut Tx, user: &User) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO users (id, email, name, created_at, default_organization, deactivated_at) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        user.id.as_str().into(),
        user.email.to_lowercase().into(),
        user.name.as_str().into(),
        user.created_at.0.into(),
        user.default_organization.as_ref().map(OrganizationId::as_str).into(),
        user.deactivated_at.map(|at| at.0).into(),
    ];
    tx.execute(SQL, values).await.map(|_| ()).map_err(conflict_as("users.email"))
}

/// Finds the person with this id.
pub async fn find(tx: &mut Tx, id: &UserId) -> Result<Option<User>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM users WHERE id = $1");
    tx.optional(SQL, vec![id.as_str().into()]).await?.as_ref().map(user).transpose()
}

/// Finds the person with this address, in any case.
pub async fn find_by_email(tx: &mut Tx, email: &str) -> Result<Option<User>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM users WHERE email = $1");
    tx.optional(SQL, vec![email.to_lowercase().into()]).await?.as_ref().map(user).transpose()
}

/// Changes a person's address; `false` when there is no such person. It writes no change row, because no decision
/// depends on it.
///
/// # Errors
/// [`Error::Conflict`] `users.email` when another user has the address.
pub async fn update_email(tx: &mut Tx, id: &UserId, email: &str) -> Result<bool, Error> {
    const SQL: &str = "UPDATE users SET email = $2 WHERE id = $1";
    let changed = tx.execute(SQL, vec![id.as_str().into(), email.to_lowercase().into()]).await;
    changed.map(|rows| rows > 0).map_err(conflict_as("users.email"))
}

/// Changes a person's name; `false` when there is no such person. It writes no change row, because no decision depends
/// on it.
pub async fn rename(tx: &mut Tx, id: &UserId, name: &str) -> Result<bool, Error> {
    const SQL: &str = "UPDATE users SET name = $2 WHERE id = $1";
    Ok(tx.execute(SQL, vec![id.as_str().into(), name.into()]).await? > 0)
}

/// Sets the payer of this person's legacy keys when the request names no organization.
pub async fn update_default_organization(
    tx: &mut Tx,
    id: &UserId,
    organization: &OrganizationId,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE users SET default_organization = $2 WHERE id = $1";
    changes::lock(tx).await?;
    tx.execute(SQL, vec![id.as_str().into(), organization.as_str().into()]).await?;
    changes::append(tx, &ChangeSubject::User(id.clone()), at).await.map(|_| ())
}

/// Closes an account, or opens it again with `None`.
pub async fn set_deactivated(
    tx: &mut Tx,
    id: &UserId,
    deactivated: Option<Timestamp>,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE users SET deactivated_at = $2 WHERE id = $1";
    changes::lock(tx).await?;
    tx.execute(SQL, vec![id.as_str().into(), deactivated.map(|at| at.0).into()]).await?;
    changes::append(tx, &ChangeSubject::User(id.clone()), at).await.map(|_| ())
}
