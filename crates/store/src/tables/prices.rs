//! Prices of models, each from one second on. Rows are only added, and withdrawn before they hold.

use keystead_core::id::{ActorId, PriceId};
use keystead_core::prices::PriceChange;
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;

use super::changes::{self, ChangeSubject};
use super::{actor, id, optional_actor, optional_time, time};
use crate::{Error, Row, Tx};

/// One price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Its id.
    pub id: PriceId,
    /// The model.
    pub model: String,
    /// The price of every kind of unit.
    pub price: Price,
    /// The first second in which it holds.
    pub holds_from: Timestamp,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who made it.
    pub made_by: ActorId,
    /// Why.
    pub reason: String,
    /// When and by whom it was withdrawn. It never held.
    pub withdrawn: Option<(Timestamp, ActorId)>,
}

impl PriceRow {
    /// What it changes, and when.
    #[must_use]
    pub fn change(&self) -> PriceChange {
        PriceChange { holds_from: self.holds_from, price: self.price.clone() }
    }
}

macro_rules! columns {
    () => {
        "id, model, price, holds_from, made_at, made_by, reason, withdrawn_at, withdrawn_by"
    };
}

fn read(row: &Row) -> Result<PriceRow, Error> {
    let text = row.text(2)?;
    let price = serde_json::from_str(&text).map_err(|_| Error::Corrupt { table: "prices", id: text })?;
    Ok(PriceRow {
        id: id(row, 0, "prices")?,
        model: row.text(1)?,
        price,
        holds_from: time(row, 3)?,
        made_at: time(row, 4)?,
        made_by: actor(row, 5)?,
        reason: row.text(6)?,
        withdrawn: optional_time(row, 7)?.zip(optional_actor(row, 8)?),
    })
}

/// Adds prices, and withdraws those that would have held from the same seconds on. Returns the revision of the change.
///
/// # Errors
/// [`Error::Conflict`] when a model has a price from the same second on that holds already.
pub async fn insert(tx: &mut Tx, rows: &[PriceRow]) -> Result<i64, Error> {
    const WITHDRAW: &str = "UPDATE prices SET withdrawn_at = $1, withdrawn_by = $2 \
                            WHERE model = $3 AND holds_from = $4 AND withdrawn_at IS NULL AND holds_from > $5";
    const SQL: &str = concat!(
        "INSERT INTO prices (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id"
    );
    let at = rows.first().ok_or(Error::Invalid("no prices"))?.made_at;
    let revision = changes::append(tx, &ChangeSubject::Models, at).await?;
    for row in rows {
        let (made_at, made_by) = (row.made_at.0, row.made_by.as_str());
        let values =
            vec![made_at.into(), made_by.into(), row.model.as_str().into(), row.holds_from.0.into(), made_at.into()];
        tx.execute(WITHDRAW, values).await?;
        let price = serde_json::to_string(&row.price).map_err(|error| Error::Other(error.to_string()))?;
        let withdrawn = row.withdrawn.as_ref();
        let values = vec![
            row.id.as_str().into(),
            row.model.as_str().into(),
            price.into(),
            row.holds_from.0.into(),
            made_at.into(),
            made_by.into(),
            row.reason.as_str().into(),
            withdrawn.map(|(at, _)| at.0).into(),
            withdrawn.map(|(_, by)| by.as_str()).into(),
        ];
        tx.optional(SQL, values).await?.ok_or(Error::Conflict("price from this second"))?;
    }
    Ok(revision)
}

/// Withdraws a price that does not hold yet at `at`; returns it, or `None` when there is none.
pub async fn withdraw(tx: &mut Tx, id: &PriceId, by: &ActorId, at: Timestamp) -> Result<Option<PriceRow>, Error> {
    const SQL: &str = concat!(
        "UPDATE prices SET withdrawn_at = $1, withdrawn_by = $2 \
         WHERE id = $3 AND withdrawn_at IS NULL AND holds_from > $4 RETURNING ",
        columns!()
    );
    changes::lock(tx).await?;
    let values = vec![at.0.into(), by.as_str().into(), id.as_str().into(), at.0.into()];
    let Some(row) = tx.optional(SQL, values).await? else { return Ok(None) };
    changes::append(tx, &ChangeSubject::Models, at).await?;
    read(&row).map(Some)
}

/// Finds a price, withdrawn or not.
pub async fn find(tx: &mut Tx, id: &PriceId) -> Result<Option<PriceRow>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM prices WHERE id = $1");
    tx.optional(SQL, vec![id.as_str().into()]).await?.as_ref().map(read).transpose()
}

/// Lists the prices that were not withdrawn, by model, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<PriceRow>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM prices WHERE withdrawn_at IS NULL");
    let mut rows = tx.all(SQL, vec![]).await?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // The engines sort text differently; sorting in Rust gives one order.
    rows.sort_by(|a, b| (&a.model, a.holds_from).cmp(&(&b.model, b.holds_from)));
    Ok(rows)
}

/// Lists the prices of one model, also withdrawn ones, the latest first.
pub async fn list_of_model(tx: &mut Tx, model: &str) -> Result<Vec<PriceRow>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM prices WHERE model = $1 ORDER BY holds_from DESC, made_at DESC, id");
    tx.all(SQL, vec![model.into()]).await?.iter().map(read).collect()
}
