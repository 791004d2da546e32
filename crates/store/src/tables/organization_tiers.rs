//! The usage tiers of organizations. No statement but [`set`] lowers one.

use std::collections::HashMap;

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::money::Amount;
use keystead_core::tier::{Tier, TierSource, TierState};
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::{id, named, optional_time, time};
use crate::{Column, Error, Row, Tx};

/// The columns in the order in which [`state`] reads them.
macro_rules! columns {
    () => {
        "tier, since, set_by, held_paid, held_paid_picos, first_paid_at"
    };
}

fn state(row: &Row) -> Result<TierState, Error> {
    let (micros, picos) = (row.optional_int(3)?, row.optional_int(4)?);
    Ok(TierState {
        tier: tier(row, 0)?.ok_or(Error::Missing)?,
        since: time(row, 1)?,
        set_by: named(row, 2, "organization_tiers", TierSource::from_name)?,
        held_paid: micros.zip(picos).map(|(micros, picos)| Amount::of_parts(micros, picos)),
        first_paid_at: optional_time(row, 5)?,
    })
}

/// Reads a tier from a column that is NULL where none is stored.
pub(super) fn tier(row: &Row, column: impl Column) -> Result<Option<Tier>, Error> {
    let corrupt = |number: i64| Error::Corrupt { table: "organization_tiers", id: number.to_string() };
    row.optional_int(column)?.map(|number| Tier::new(number).ok_or_else(|| corrupt(number))).transpose()
}

/// Finds the tier of an organization; `None` while none is stored.
pub async fn find(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<TierState>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM organization_tiers WHERE organization = $1");
    tx.optional(SQL, vec![organization.as_str().into()]).await?.map(|row| state(&row)).transpose()
}

/// Lists the organizations below a tier that are neither closed nor deleted.
pub async fn list_below(tx: &mut Tx, tier: Tier) -> Result<Vec<OrganizationId>, Error> {
    const SQL: &str = "SELECT o.id FROM organizations o LEFT JOIN organization_tiers t ON t.organization = o.id \
                       WHERE o.deactivated_at IS NULL AND COALESCE(t.tier, 0) < $1 ORDER BY o.created_at, o.id";
    tx.all(SQL, vec![tier.number().into()]).await?.iter().map(|row| id(row, 0, "organizations")).collect()
}

/// Notes when the first payment was seen, once.
pub async fn note_first_payment(tx: &mut Tx, organization: &OrganizationId, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO organization_tiers (organization, tier, since, set_by, first_paid_at) \
                       VALUES ($1, 0, $2, 'automatic', $2) ON CONFLICT (organization) \
                       DO UPDATE SET first_paid_at = COALESCE(organization_tiers.first_paid_at, excluded.first_paid_at)";
    tx.execute(SQL, vec![organization.as_str().into(), at.0.into()]).await.map(|_| ())
}

/// Raises an organization to a higher tier, and ends what held its tier; `false` when it has that tier or a higher one.
/// Keys in memory follow with the next request.
pub async fn raise(tx: &mut Tx, organization: &OrganizationId, tier: Tier, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO organization_tiers (organization, tier, since, set_by) \
                       VALUES ($1, $2, $3, 'automatic') ON CONFLICT (organization) DO UPDATE SET tier = excluded.tier, \
                       since = excluded.since, set_by = excluded.set_by, held_paid = NULL, held_paid_picos = NULL \
                       WHERE organization_tiers.tier < excluded.tier RETURNING tier";
    changes::lock(tx).await?;
    let values = vec![organization.as_str().into(), tier.number().into(), at.0.into()];
    if tx.optional(SQL, values).await?.is_none() {
        return Ok(false);
    }
    changes::append(tx, &ChangeSubject::Organization(organization.clone()), at).await?;
    Ok(true)
}

/// Sets the tier for the operator. `held_paid` is what had been paid, where it is not to rise by itself before more is.
/// Keys in memory follow with the next request.
pub async fn set(
    tx: &mut Tx,
    organization: &OrganizationId,
    tier: Tier,
    held_paid: Option<Amount>,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO organization_tiers (organization, tier, since, set_by, held_paid, held_paid_picos) \
                       VALUES ($1, $2, $3, 'operator', $4, $5) ON CONFLICT (organization) DO UPDATE SET \
                       tier = excluded.tier, since = excluded.since, set_by = excluded.set_by, \
                       held_paid = excluded.held_paid, held_paid_picos = excluded.held_paid_picos";
    changes::lock(tx).await?;
    let held = held_paid.map(Amount::parts);
    let values = vec![
        organization.as_str().into(),
        tier.number().into(),
        at.0.into(),
        held.map(|(micros, _)| micros).into(),
        held.map(|(_, picos)| picos).into(),
    ];
    tx.execute(SQL, values).await?;
    changes::append(tx, &ChangeSubject::Organization(organization.clone()), at).await.map(|_| ())
}

/// Loads the tiers of all organizations of a person.
pub(super) async fn of_user(tx: &mut Tx, user: &UserId) -> Result<HashMap<OrganizationId, Tier>, Error> {
    const SQL: &str = "SELECT t.organization, t.tier FROM memberships m \
                       JOIN organization_tiers t ON t.organization = m.organization WHERE m.user_id = $1";
    let mut tiers = HashMap::new();
    for row in &tx.all(SQL, vec![user.as_str().into()]).await? {
        tiers.extend(tier(row, 1)?.map(|tier| Ok::<_, Error>((id(row, 0, "organization_tiers")?, tier))).transpose()?);
    }
    Ok(tiers)
}
