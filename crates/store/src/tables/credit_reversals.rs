//! Money of purchases that goes back: refunds and disputed charges.

use keystead_core::id::{ActorId, OrganizationId, PurchaseId, ReversalId};
use keystead_core::purchase::{ReversalKind, ReversalState};
use keystead_core::time::Timestamp;

use super::{conflict_as, id, named, optional_actor, time};
use crate::{Error, Row, Tx};

/// One reversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReversalRow {
    pub id: ReversalId,
    pub purchase: PurchaseId,
    pub organization: OrganizationId,
    pub kind: ReversalKind,
    /// The service's id, once it has answered.
    pub reference: Option<String>,
    pub cents: i64,
    pub state: ReversalState,
    /// The operator's reason, or the service's class of it.
    pub reason: String,
    /// Who requested a refund here.
    pub actor: Option<ActorId>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// The columns in the order in which [`reversal`] reads them.
macro_rules! columns {
    () => {
        "id, purchase, organization, kind, reference, cents, state, reason, actor, created_at, changed_at"
    };
}

fn reversal(row: &Row) -> Result<ReversalRow, Error> {
    Ok(ReversalRow {
        id: id(row, 0, "credit_reversals")?,
        purchase: id(row, 1, "credit_reversals")?,
        organization: id(row, 2, "credit_reversals")?,
        kind: named(row, 3, "credit_reversals", ReversalKind::from_name)?,
        reference: row.optional_text(4)?,
        cents: row.int(5)?,
        state: named(row, 6, "credit_reversals", ReversalState::from_name)?,
        reason: row.text(7)?,
        actor: optional_actor(row, 8)?,
        created_at: time(row, 9)?,
        changed_at: time(row, 10)?,
    })
}

/// Inserts a reversal.
///
/// # Errors
/// [`Error::Conflict`] when the service's id is known already.
pub async fn insert(tx: &mut Tx, row: &ReversalRow) -> Result<(), Error> {
    const SQL: &str = concat!(
        "INSERT INTO credit_reversals (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let values = vec![
        row.id.as_str().into(),
        row.purchase.as_str().into(),
        row.organization.as_str().into(),
        row.kind.as_str().into(),
        row.reference.as_deref().into(),
        row.cents.into(),
        row.state.as_str().into(),
        row.reason.as_str().into(),
        row.actor.as_ref().map(ActorId::as_str).into(),
        row.created_at.0.into(),
        row.changed_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ()).map_err(conflict_as("reversal"))
}

/// Saves the service's id and the state of a reversal.
pub async fn update(tx: &mut Tx, row: &ReversalRow) -> Result<(), Error> {
    const SQL: &str = "UPDATE credit_reversals SET reference = $2, state = $3, changed_at = $4 WHERE id = $1";
    let values = vec![
        row.id.as_str().into(),
        row.reference.as_deref().into(),
        row.state.as_str().into(),
        row.changed_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the reversals of a purchase, oldest first.
pub async fn list(tx: &mut Tx, purchase: &PurchaseId) -> Result<Vec<ReversalRow>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM credit_reversals WHERE purchase = $1 ORDER BY created_at, id");
    tx.all(SQL, vec![purchase.as_str().into()]).await?.iter().map(reversal).collect()
}

/// Lists the newest reversals of an organization.
pub async fn list_of_organization(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<ReversalRow>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM credit_reversals WHERE organization = $1 ORDER BY created_at DESC, id DESC LIMIT 500"
    );
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(reversal).collect()
}
