//! Passkeys of people.

use keystead_core::id::UserId;
use keystead_core::time::Timestamp;

use super::{conflict_as, id, optional_time, time};
use crate::{Error, Row, Tx};

/// A credential that an authenticator made for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// The authenticator's id for it, in base64url.
    pub id: String,
    /// The user of the account.
    pub user: UserId,
    /// The name the person gave it.
    pub name: String,
    /// Public key and counter, as JSON.
    pub credential: String,
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// The columns in the order in which [`passkey`] reads them.
macro_rules! columns {
    () => {
        "id, user_id, name, credential, created_at, used_at"
    };
}

fn passkey(row: &Row) -> Result<Passkey, Error> {
    Ok(Passkey {
        id: row.text(0)?,
        user: id(row, 1, "passkeys")?,
        name: row.text(2)?,
        credential: row.text(3)?,
        created_at: time(row, 4)?,
        used_at: optional_time(row, 5)?,
    })
}

/// Inserts a passkey.
///
/// # Errors
/// [`Error::Conflict`] `passkeys` when any person has it already.
pub async fn insert(tx: &mut Tx, row: &Passkey) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO passkeys (id, user_id, name, credential, created_at) VALUES ($1, $2, $3, $4, $5)";
    let values = vec![
        row.id.as_str().into(),
        row.user.as_str().into(),
        row.name.as_str().into(),
        row.credential.as_str().into(),
        row.created_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ()).map_err(conflict_as("passkeys"))
}

/// Finds the passkey with this id.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<Passkey>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM passkeys WHERE id = $1");
    tx.optional(SQL, vec![id.into()]).await?.as_ref().map(passkey).transpose()
}

/// Lists a person's passkeys, oldest first.
pub async fn list_of_user(tx: &mut Tx, user: &UserId) -> Result<Vec<Passkey>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM passkeys WHERE user_id = $1 ORDER BY created_at, id");
    tx.all(SQL, vec![user.as_str().into()]).await?.iter().map(passkey).collect()
}

/// Records that a passkey was used; its counter may have changed.
pub async fn update_used(tx: &mut Tx, id: &str, credential: &str, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "UPDATE passkeys SET credential = $2, used_at = $3 WHERE id = $1";
    tx.execute(SQL, vec![id.into(), credential.into(), at.0.into()]).await.map(|_| ())
}

/// Deletes a passkey of a person; `false` when it is not theirs.
pub async fn delete(tx: &mut Tx, user: &UserId, id: &str) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM passkeys WHERE user_id = $1 AND id = $2";
    Ok(tx.execute(SQL, vec![user.as_str().into(), id.into()]).await? > 0)
}
