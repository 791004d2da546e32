//! Credit that came at once, by a purchase, a grant or a correction. What is left of a lot is the sum of its entries.

use keystead_core::id::{CreditLotId, OrganizationId};
use keystead_core::ledger::TransactionKind;
use keystead_core::money::Micros;
use keystead_core::time::Timestamp;

use super::{id, named, optional_time, time};
use crate::{Error, Row, Tx};

/// One lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditLot {
    /// Its id.
    pub id: CreditLotId,
    /// Who has it.
    pub organization: OrganizationId,
    /// How it came.
    pub kind: TransactionKind,
    /// How much came. What was owed then was settled with it.
    pub micros: Micros,
    /// Lots with a lower number are used first.
    pub priority: i64,
    /// When what is left of it expires.
    pub expires_at: Option<Timestamp>,
    /// When it came.
    pub created_at: Timestamp,
    /// When its expiry was posted.
    pub closed_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "id, organization, kind, micros, priority, expires_at, created_at, closed_at"
    };
}

fn lot(row: &Row) -> Result<CreditLot, Error> {
    Ok(CreditLot {
        id: id(row, 0, "credit_lots")?,
        organization: id(row, 1, "credit_lots")?,
        kind: named(row, 2, "credit_lots", TransactionKind::from_name)?,
        micros: Micros(row.int(3)?),
        priority: row.int(4)?,
        expires_at: optional_time(row, 5)?,
        created_at: time(row, 6)?,
        closed_at: optional_time(row, 7)?,
    })
}

/// Inserts a lot.
pub async fn insert(tx: &mut Tx, row: &CreditLot) -> Result<(), Error> {
    const SQL: &str = concat!("INSERT INTO credit_lots (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.kind.as_str().into(),
        row.micros.0.into(),
        row.priority.into(),
        row.expires_at.map(|at| at.0).into(),
        row.created_at.0.into(),
        row.closed_at.map(|at| at.0).into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the lots of an organization, oldest first.
pub async fn list(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<CreditLot>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM credit_lots WHERE organization = $1 ORDER BY created_at, id");
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(lot).collect()
}

/// Lists organizations with lots that have expired and are not closed.
pub async fn list_due(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<OrganizationId>, Error> {
    const SQL: &str = "SELECT DISTINCT organization FROM credit_lots \
                       WHERE expires_at IS NOT NULL AND closed_at IS NULL AND expires_at <= $1 \
                       ORDER BY organization LIMIT $2";
    let values = vec![now.0.into(), i64::from(limit).into()];
    tx.all(SQL, values).await?.iter().map(|row| id(row, 0, "credit_lots")).collect()
}

/// Notes that the expiry of a lot was posted.
pub async fn close(tx: &mut Tx, id: &CreditLotId, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "UPDATE credit_lots SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL";
    tx.execute(SQL, vec![id.as_str().into(), at.0.into()]).await.map(|_| ())
}
