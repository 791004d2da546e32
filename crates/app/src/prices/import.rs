//! Importing a list of prices: all of it, or nothing.

use std::collections::BTreeSet;

use keystead_core::prices::{PriceList, UnusablePrice};
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;
use keystead_store::Tx;
use keystead_store::tables::{changes, models};

use super::{Known, PriceRow, checked_date, checked_price, insert};
use crate::validate::{operators_only, operators_reason};
use crate::{Actor, App, Error};

/// Maximum bytes of a list.
pub const LARGEST_LIST: usize = 8 << 20;

/// What a list changes for one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceDifference {
    /// The model.
    pub model: String,
    /// The price that it would have at that date without the list.
    pub before: Price,
    /// The price of the list.
    pub after: Price,
    /// Members of the entry with prices of what is not counted apart.
    pub left_out: Vec<String>,
}

/// What a list changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceImport {
    /// The first second in which the prices hold.
    pub holds_from: Timestamp,
    /// Models with another price, by name.
    pub changes: Vec<PriceDifference>,
    /// Number of served models with the same price as before.
    pub unchanged: usize,
    /// Served models with an entry without a price that is counted.
    pub unusable: Vec<UnusablePrice>,
    /// Number of entries of models that are not served here.
    pub not_served: usize,
    /// Served models that have no price with the list either, and are free.
    pub still_free: Vec<String>,
}

impl App {
    /// Returns what a list would change, without changing anything.
    pub(super) async fn planned_import(
        &self,
        actor: &Actor,
        text: &str,
        holds_from: Option<Timestamp>,
    ) -> Result<PriceImport, Error> {
        operators_only(actor)?;
        let holds_from = checked_date(holds_from, self.now())?;
        let list = self.read_price_list(text).await?;
        read_tx!(self.store(), "planned_import", |tx| plan(tx, &list, holds_from).await)
    }

    /// Sets the prices of a list from a second on. Models that have this price already, are not served, or have no price that
    /// is counted, are left alone.
    ///
    /// # Errors
    /// When the actor is not an operator, when the reason is missing, when the date is not possible, or when anything in
    /// the list is wrong. Then nothing is changed.
    pub async fn import_prices(
        &self,
        actor: &Actor,
        text: &str,
        holds_from: Option<Timestamp>,
        reason: &str,
    ) -> Result<PriceImport, Error> {
        let reason = operators_reason(actor, reason)?;
        let now = self.now();
        let holds_from = checked_date(holds_from, now)?;
        let list = self.read_price_list(text).await?;
        write_tx!(self.store(), "import_prices", |tx| {
            changes::lock(tx).await?;
            let planned = plan(tx, &list, holds_from).await?;
            let row = |difference: &PriceDifference| {
                self.new_price_row(actor, &difference.model, difference.after.clone(), (now, holds_from), &reason)
            };
            let rows: Vec<PriceRow> = planned.changes.iter().map(row).collect();
            if !rows.is_empty() {
                insert(tx, &rows).await?;
            }
            Ok(planned)
        })
    }

    async fn read_price_list(&self, text: &str) -> Result<PriceList, Error> {
        if text.len() > LARGEST_LIST {
            let message = "Invalid 'list': it has more than 8 MiB.";
            return Err(Error::coded("list", "price_list_too_long", message));
        }
        let served = read_tx!(self.store(), "read_price_list", |tx| Ok(models::list(tx).await?))?;
        let served: BTreeSet<String> = served.into_iter().map(|model| model.id).collect();
        let list = PriceList::read(text, &|model| served.contains(model))
            .map_err(|fault| Error::coded("list", fault.code(), fault.message()))?;
        if list.prices.is_empty() && list.unusable.is_empty() {
            let message = "The list has no price of a model that is served here.";
            return Err(Error::coded("list", "price_list_nothing", message));
        }
        list.prices.iter().try_for_each(|listed| checked_price(&listed.price))?;
        Ok(list)
    }
}

/// Compares a list with the prices at its date.
async fn plan(tx: &mut Tx, list: &PriceList, holds_from: Timestamp) -> Result<PriceImport, Error> {
    let known = Known::load(tx).await?;
    let (mut changes, mut unchanged) = (Vec::new(), 0);
    for listed in &list.prices {
        let before = known.schedule(&listed.model).at(holds_from);
        if before == listed.price {
            unchanged += 1;
            continue;
        }
        changes.push(PriceDifference {
            model: listed.model.clone(),
            before,
            after: listed.price.clone(),
            left_out: listed.left_out.clone(),
        });
    }
    let after =
        |model: &str| list.prices.iter().find(|listed| listed.model == model).map(|listed| listed.price.clone());
    let free =
        |model: &&String| after(model).unwrap_or_else(|| known.schedule(model).at(holds_from)) == Price::default();
    let still_free = known.configured.keys().filter(free).cloned().collect();
    let (unusable, not_served) = (list.unusable.clone(), list.not_served);
    Ok(PriceImport { holds_from, changes, unchanged, unusable, not_served, still_free })
}
