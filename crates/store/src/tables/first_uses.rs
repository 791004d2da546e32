//! When each organization first used each model, for rules that exempt earlier users. It stays when usage itself is
//! deleted.

use keystead_core::gate::FirstUse;
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{policy, time};
use crate::{Error, Tx};

/// Saves first uses; an earlier one stays. Returns whether any was new. Nodes forget the organization's keys only where
/// a new one can exempt it from a rule: otherwise it decides nothing.
pub async fn save(
    tx: &mut Tx,
    organization: &OrganizationId,
    models: &[FirstUse],
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO first_uses (organization, model, at) VALUES ($1, $2, $3) \
                       ON CONFLICT (organization, model) DO UPDATE SET at = excluded.at WHERE first_uses.at > excluded.at";
    // A policy is saved before or after this, never in between: with a later one, nodes read everything again.
    changes::lock(tx).await?;
    let exempts_before = exempts_uses_before(tx).await?;
    let (mut new, mut exempts) = (false, false);
    for first in models {
        let values = vec![organization.as_str().into(), first.model.as_str().into(), first.at.0.into()];
        if tx.execute(SQL, values).await? > 0 {
            new = true;
            exempts |= exempts_before.is_some_and(|date| first.at < date);
        }
    }
    if exempts {
        changes::append(tx, &ChangeSubject::Organization(organization.clone()), now).await?;
    }
    Ok(new)
}

/// The moment before which a use can exempt from a rule. A policy that only a newer version can read may have such
/// rules.
async fn exempts_uses_before(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    match policy::find(tx).await {
        Ok((_, policy)) => Ok(policy.exempts_uses_before()),
        Err(Error::Corrupt { .. }) => Ok(Some(Timestamp(i64::MAX))),
        Err(error) => Err(error),
    }
}

/// Lists the first uses of an organization, by model.
pub async fn list(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<FirstUse>, Error> {
    const SQL: &str = "SELECT model, at FROM first_uses WHERE organization = $1 ORDER BY at, model";
    let rows = tx.all(SQL, vec![organization.as_str().into()]).await?;
    rows.iter().map(|row| Ok(FirstUse { model: row.text(0)?, at: time(row, 1)? })).collect()
}
