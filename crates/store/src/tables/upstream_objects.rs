//! Whose files, batches and stored responses are whose (security decision 11).

use keystead_core::access::Payer;

use super::id;
use crate::{Error, Tx};

/// Writes down whose an object is; the first owner stays.
///
/// # Errors
/// When the store cannot.
pub async fn insert(tx: &mut Tx, object: &str, owner: &Payer) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO upstream_objects (id, organization, project) VALUES ($1, $2, $3) \
                       ON CONFLICT (id) DO NOTHING";
    let values = vec![object.into(), owner.organization.as_str().into(), owner.project.as_str().into()];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Whose an object is.
///
/// # Errors
/// When the store cannot.
pub async fn find(tx: &mut Tx, object: &str) -> Result<Option<Payer>, Error> {
    const SQL: &str = "SELECT organization, project FROM upstream_objects WHERE id = $1";
    let Some(row) = tx.optional(SQL, vec![object.into()]).await? else { return Ok(None) };
    let organization = id(&row, 0, "upstream_objects")?;
    Ok(Some(Payer { organization, project: id(&row, 1, "upstream_objects")? }))
}
