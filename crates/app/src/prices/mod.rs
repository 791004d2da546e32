//! Prices of models, as operators list, set, withdraw, import and preview them. The rows are their own record: each says
//! who made it, when and why, as versions of rules do.

mod import;
mod month;

use std::collections::BTreeMap;

pub use import::{LARGEST_LIST, PriceDifference, PriceImport};
pub use keystead_store::tables::prices::PriceRow;
pub use month::{LastMonth, ModelCost, PricePreview};

use keystead_core::id::PriceId;
use keystead_core::prices::{HIGHEST, IMAGES, PriceFault, PriceKind, PriceSchedule, checked_images};
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;
use keystead_store::Tx;
use keystead_store::tables::{changes, models, prices};

use crate::validate::{operators_only, operators_reason};
use crate::{Actor, App, Error};

/// Seconds by which a price may be set in advance: five years. A time in milliseconds is thereby refused.
const MOST_AHEAD: i64 = 5 * 366 * 86_400;

/// Where the present price of a model comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceSource {
    /// From nowhere: the model has no price, and is free.
    None,
    /// From the configuration.
    Configuration,
    /// From a row that an operator made.
    Operator,
}

impl PriceSource {
    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Configuration => "configuration",
            Self::Operator => "operator",
        }
    }
}

/// The prices of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPrices {
    /// The model.
    pub model: String,
    /// Whether it is served now.
    pub served: bool,
    /// The price now.
    pub present: Price,
    /// Where it comes from.
    pub source: PriceSource,
    /// The row with the present price, if there is one.
    pub row: Option<PriceRow>,
    /// The rows that hold later, the next one first.
    pub next: Vec<PriceRow>,
}

impl ModelPrices {
    /// Whether using it costs nothing.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.present == Price::default()
    }
}

/// The prices of one model over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceHistory {
    /// Its prices now and later.
    pub prices: ModelPrices,
    /// The price of the configuration, which held before every row.
    pub configured: Price,
    /// Every row, also withdrawn ones, the latest first.
    pub rows: Vec<PriceRow>,
}

/// A new price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPrice<'n> {
    /// The model.
    pub model: &'n str,
    /// The price of every kind.
    pub price: Price,
    /// The first second in which it holds; `None` is now.
    pub holds_from: Option<Timestamp>,
    /// Why, for other operators.
    pub reason: &'n str,
}

impl App {
    /// Lists the prices of all served models and of those with rows: models without a price first, then by name.
    ///
    /// # Errors
    /// When the actor is not an operator.
    pub async fn price_list(&self, actor: &Actor) -> Result<Vec<ModelPrices>, Error> {
        operators_only(actor)?;
        let now = self.now();
        let mut all = read_tx!(self.store(), "price_list", |tx| Ok(Known::load(tx).await?.list(now)))?;
        all.sort_by(|a, b| (!a.is_free(), &a.model).cmp(&(!b.is_free(), &b.model)));
        Ok(all)
    }

    /// Returns the prices of one model over time.
    ///
    /// # Errors
    /// When the actor is not an operator, or when the model is not served and has no rows.
    pub async fn price_history(&self, actor: &Actor, model: &str) -> Result<PriceHistory, Error> {
        operators_only(actor)?;
        let now = self.now();
        read_tx!(self.store(), "price_history", |tx| {
            let known = Known::load(tx).await?;
            let rows = prices::list_of_model(tx, model).await?;
            let configured = known.configured.get(model).cloned();
            if configured.is_none() && rows.is_empty() {
                return Err(Error::not_found("model", model));
            }
            let prices = known.of_model(model, now);
            Ok(PriceHistory { prices, configured: configured.unwrap_or_default(), rows })
        })
    }

    /// Sets the price of a model from a second on; one that was to hold from the same second is withdrawn.
    ///
    /// # Errors
    /// When the actor is not an operator, when the reason is missing, when a price or the date is not possible, or when
    /// the model is not served.
    pub async fn set_price(&self, actor: &Actor, new: &NewPrice<'_>) -> Result<PriceRow, Error> {
        let reason = operators_reason(actor, new.reason)?;
        checked_price(&new.price)?;
        let now = self.now();
        let holds_from = checked_date(new.holds_from, now)?;
        let row = self.new_price_row(actor, new.model, new.price.clone(), (now, holds_from), &reason);
        write_tx!(self.store(), "set_price", |tx| {
            changes::lock(tx).await?;
            if !models::list(tx).await?.iter().any(|model| model.id == row.model) {
                return Err(Error::not_found("model", row.model.as_str()));
            }
            insert(tx, std::slice::from_ref(&row)).await?;
            Ok(row.clone())
        })
    }

    /// Withdraws a price that does not hold yet.
    ///
    /// # Errors
    /// When the actor is not an operator, when there is no such price, or when it holds or was withdrawn already.
    pub async fn withdraw_price(&self, actor: &Actor, id: &str) -> Result<PriceRow, Error> {
        operators_only(actor)?;
        let parsed: PriceId = crate::validate::parse_id("price", id)?;
        write_tx!(self.store(), "withdraw_price", |tx| {
            if let Some(row) = prices::withdraw(tx, &parsed, &actor.actor_id(), self.now()).await? {
                return Ok(row);
            }
            let known = prices::find(tx, &parsed).await?.ok_or_else(|| Error::not_found("price", id))?;
            let message = match known.withdrawn {
                Some(_) => "This price was withdrawn already.",
                None => "This price holds already and cannot be withdrawn. Set another price.",
            };
            Err(Error::Conflict { message: message.to_owned() })
        })
    }

    fn new_price_row(
        &self,
        actor: &Actor,
        model: &str,
        price: Price,
        (made_at, holds_from): (Timestamp, Timestamp),
        reason: &str,
    ) -> PriceRow {
        PriceRow {
            id: self.draw(PriceId::generate),
            model: model.to_owned(),
            price,
            holds_from,
            made_at,
            made_by: actor.actor_id(),
            reason: reason.to_owned(),
            withdrawn: None,
        }
    }
}

/// Returns the present price of each served model, by name.
pub(crate) async fn present_prices(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, Price)>, Error> {
    let known = Known::load(tx).await?;
    Ok(known.configured.keys().map(|model| (model.clone(), known.schedule(model).at(now))).collect())
}

/// Adds rows. Two operators who set a price in the same second are told so.
async fn insert(tx: &mut Tx, rows: &[PriceRow]) -> Result<(), Error> {
    match prices::insert(tx, rows).await {
        Err(keystead_store::Error::Conflict(_)) => Err(Error::Conflict {
            message: "A model has another price from this second on, which holds already. Look at the prices again."
                .to_owned(),
        }),
        other => Ok(other.map(|_| ())?),
    }
}

/// What is configured, and the rows that were not withdrawn.
struct Known {
    /// The configured price of each served model.
    configured: BTreeMap<String, Price>,
    /// The rows of each model, oldest first.
    rows: BTreeMap<String, Vec<PriceRow>>,
}

impl Known {
    async fn load(tx: &mut Tx) -> Result<Self, Error> {
        let configured = models::list(tx).await?.into_iter().map(|model| (model.id, model.price)).collect();
        let mut rows: BTreeMap<String, Vec<PriceRow>> = BTreeMap::new();
        for row in prices::list(tx).await? {
            rows.entry(row.model.clone()).or_default().push(row);
        }
        Ok(Self { configured, rows })
    }

    fn rows_of(&self, model: &str) -> &[PriceRow] {
        self.rows.get(model).map(Vec::as_slice).unwrap_or_default()
    }

    fn schedule(&self, model: &str) -> PriceSchedule {
        let configured = self.configured.get(model).cloned().unwrap_or_default();
        PriceSchedule::new(configured, self.rows_of(model).iter().map(PriceRow::change).collect())
    }

    fn of_model(&self, model: &str, now: Timestamp) -> ModelPrices {
        let row = self.rows_of(model).iter().rev().find(|row| row.holds_from <= now);
        let present = self.schedule(model).at(now);
        let source = match row {
            Some(_) => PriceSource::Operator,
            None if present == Price::default() => PriceSource::None,
            None => PriceSource::Configuration,
        };
        ModelPrices {
            model: model.to_owned(),
            served: self.configured.contains_key(model),
            present,
            source,
            row: row.cloned(),
            next: self.rows_of(model).iter().filter(|row| row.holds_from > now).cloned().collect(),
        }
    }

    fn list(&self, now: Timestamp) -> Vec<ModelPrices> {
        let others = self.rows.keys().filter(|model| !self.configured.contains_key(*model));
        self.configured.keys().chain(others).map(|model| self.of_model(model, now)).collect()
    }
}

/// Checks that every kind has a price that is possible.
fn checked_price(price: &Price) -> Result<(), Error> {
    for kind in PriceKind::ALL {
        let micros = kind.of(price);
        let fault = match micros.0 {
            ..0 => PriceFault::Negative,
            _ if micros > HIGHEST => PriceFault::TooHigh,
            _ => continue,
        };
        return Err(price_error(kind, fault));
    }
    checked_images(price).map_err(images_error)
}

/// The error of a price of one kind.
#[must_use]
pub fn price_error(kind: PriceKind, fault: PriceFault) -> Error {
    Error::coded(kind.as_str(), fault.code(), format!("Invalid '{}': {}.", kind.as_str(), fault.message()))
}

/// The error of prices of images by quality and size.
#[must_use]
pub fn images_error(fault: PriceFault) -> Error {
    Error::coded(IMAGES, fault.code(), format!("Invalid '{IMAGES}': {}.", fault.message()))
}

/// Checks that a date is neither in the past nor far away.
fn checked_date(holds_from: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Error> {
    let Some(holds_from) = holds_from else { return Ok(now) };
    if holds_from < now {
        let message = "Invalid 'holds_from': it is in the past, and what was charged stays. Leave it out for now.";
        return Err(Error::coded("holds_from", "price_date_past", message));
    }
    if holds_from.since(now) > MOST_AHEAD {
        let message = "Invalid 'holds_from': it must be Unix seconds, at most five years ahead.";
        return Err(Error::coded("holds_from", "price_date_far", message));
    }
    Ok(holds_from)
}
