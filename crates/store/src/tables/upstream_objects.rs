//! The owners of files, batches, stored responses and other upstream objects.

use std::collections::HashMap;

use keystead_core::access::Payer;

use super::id;
use crate::{Error, Tx};

/// Objects that one statement looks up.
const LOOKED_UP: usize = 16;

/// Saves the owner of an object and the model that made it; the first owner stays, and may add the model later.
pub async fn insert(tx: &mut Tx, object: &str, owner: &Payer, model: Option<&str>) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO upstream_objects (id, organization, project, model) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (id) DO UPDATE SET model = excluded.model \
                       WHERE upstream_objects.model IS NULL AND upstream_objects.organization = excluded.organization \
                       AND upstream_objects.project = excluded.project";
    let (organization, project) = (owner.organization.as_str(), owner.project.as_str());
    tx.execute(SQL, vec![object.into(), organization.into(), project.into(), model.into()]).await.map(|_| ())
}

/// Finds the owner of an object.
pub async fn find(tx: &mut Tx, object: &str) -> Result<Option<Payer>, Error> {
    const SQL: &str = "SELECT organization, project FROM upstream_objects WHERE id = $1";
    let Some(row) = tx.optional(SQL, vec![object.into()]).await? else { return Ok(None) };
    let organization = id(&row, 0, "upstream_objects")?;
    Ok(Some(Payer { organization, project: id(&row, 1, "upstream_objects")? }))
}

/// Finds the owners of these objects; unknown objects are left out.
pub async fn find_many(tx: &mut Tx, objects: &[&str]) -> Result<HashMap<String, Payer>, Error> {
    const SQL: &str = "SELECT id, organization, project FROM upstream_objects \
                       WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    let mut found = HashMap::new();
    for some in objects.chunks(LOOKED_UP) {
        // A statement needs all its places filled: the last object fills the rest.
        let last = some.last().copied().unwrap_or_default();
        let values = some.iter().copied().chain(std::iter::repeat(last)).take(LOOKED_UP);
        for row in tx.all(SQL, values.map(Into::into).collect()).await? {
            let owner =
                Payer { organization: id(&row, 1, "upstream_objects")?, project: id(&row, 2, "upstream_objects")? };
            found.insert(row.text(0)?, owner);
        }
    }
    Ok(found)
}

/// Finds the model that made an object, if it was saved.
pub async fn find_maker(tx: &mut Tx, object: &str) -> Result<Option<String>, Error> {
    const SQL: &str = "SELECT model FROM upstream_objects WHERE id = $1";
    let Some(row) = tx.optional(SQL, vec![object.into()]).await? else { return Ok(None) };
    row.optional_text(0)
}
