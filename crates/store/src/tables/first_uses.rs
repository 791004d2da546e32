//! When each organization first used each model, for rules that exempt earlier users. It stays when usage itself is
//! deleted.

use keystead_core::gate::FirstUse;
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::time;
use crate::{Error, Tx};

/// Saves first uses; an earlier one stays. Returns whether any was new; every node is then notified.
pub async fn save(
    tx: &mut Tx,
    organization: &OrganizationId,
    models: &[FirstUse],
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO first_uses (organization, model, at) VALUES ($1, $2, $3) \
                       ON CONFLICT (organization, model) DO UPDATE SET at = excluded.at WHERE first_uses.at > excluded.at";
    changes::lock(tx).await?;
    let mut new = false;
    for first in models {
        let values = vec![organization.as_str().into(), first.model.as_str().into(), first.at.0.into()];
        new |= tx.execute(SQL, values).await? > 0;
    }
    if new {
        changes::append(tx, &ChangeSubject::Organization(organization.clone()), now).await?;
    }
    Ok(new)
}

/// Lists the first uses of an organization, by model.
pub async fn list(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<FirstUse>, Error> {
    const SQL: &str = "SELECT model, at FROM first_uses WHERE organization = $1 ORDER BY at, model";
    let rows = tx.all(SQL, vec![organization.as_str().into()]).await?;
    rows.iter().map(|row| Ok(FirstUse { model: row.text(0)?, at: time(row, 1)? })).collect()
}
