//! What the last calendar month (UTC) would have cost with other prices.

use std::collections::BTreeMap;

use keystead_core::budget::Window;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;
use keystead_store::tables::usage;

use super::{PriceImport, checked_price};
use crate::validate::operators_only;
use crate::{Actor, App, Error};

/// What one model cost in the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCost {
    /// The model.
    pub model: String,
    /// What was charged.
    pub charged: Amount,
    /// What the same usage would have cost.
    pub would_cost: Amount,
}

/// What the month cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMonth {
    /// The month.
    pub month: Window,
    /// Models with another price that were used, by name.
    pub models: Vec<ModelCost>,
    /// What was charged for all usage of all models.
    pub charged: Amount,
    /// What it would have cost, with the other models as they were charged.
    pub would_cost: Amount,
}

/// What a list would change, and what last month would have cost with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricePreview {
    /// What it changes.
    pub import: PriceImport,
    /// The month.
    pub last_month: LastMonth,
}

impl App {
    /// Returns what a list of prices would change, and what last month would have cost with it. Nothing is changed.
    ///
    /// # Errors
    /// As for the import.
    pub async fn preview_prices(
        &self,
        actor: &Actor,
        text: &str,
        holds_from: Option<Timestamp>,
    ) -> Result<PricePreview, Error> {
        let import = self.planned_import(actor, text, holds_from).await?;
        let prices = import.changes.iter().map(|change| (change.model.as_str(), change.after.clone())).collect();
        let last_month = self.last_month_with(&prices).await?;
        Ok(PricePreview { import, last_month })
    }

    /// Returns what last month would have cost with another price of one model.
    ///
    /// # Errors
    /// When the actor is not an operator, or when a price is not possible.
    pub async fn preview_price(&self, actor: &Actor, model: &str, price: Price) -> Result<LastMonth, Error> {
        operators_only(actor)?;
        checked_price(&price)?;
        self.last_month_with(&BTreeMap::from([(model, price)])).await
    }

    async fn last_month_with(&self, prices: &BTreeMap<&str, Price>) -> Result<LastMonth, Error> {
        let month = Window::month(Window::month(self.now()).start.plus(-1));
        let totals = read_tx!(self.store(), "last_month", |tx| {
            Ok(usage::list_of_models(tx, month.start, month.end).await?)
        })?;
        let mut models: BTreeMap<String, ModelCost> = BTreeMap::new();
        let (mut charged, mut would_cost) = (Amount::ZERO, Amount::ZERO);
        for total in totals {
            charged = charged.plus(total.cost);
            let Some(price) = prices.get(total.model.as_str()) else {
                would_cost = would_cost.plus(total.cost);
                continue;
            };
            let cost = price.for_usage(total.kind, &total.attributes).cost_of_many(&total.used);
            would_cost = would_cost.plus(cost);
            let none = || ModelCost { model: total.model.clone(), charged: Amount::ZERO, would_cost: Amount::ZERO };
            let sum = models.entry(total.model.clone()).or_insert_with(none);
            sum.charged = sum.charged.plus(total.cost);
            sum.would_cost = sum.would_cost.plus(cost);
        }
        Ok(LastMonth { month, models: models.into_values().collect(), charged, would_cost })
    }
}
