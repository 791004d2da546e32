//! The served models, as last configured.

use keystead_core::rate::RateLimits;
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;

use super::changes::{self, ChangeSubject};
use super::time;
use crate::{Error, Row, Tx};

/// A model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRow {
    /// The name that clients use.
    pub id: String,
    /// The upstream that serves it.
    pub upstream: String,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// The owner shown in the model list.
    pub owned_by: String,
    /// Its price.
    pub price: Price,
    /// Its rate limits for one organization.
    pub rates: RateLimits,
}

fn model(row: &Row) -> Result<ModelRow, Error> {
    let id = row.text(0)?;
    let price = serde_json::from_str(&row.text(4)?).map_err(|_| Error::Corrupt { table: "models", id: id.clone() })?;
    let rates = row.optional_text(5)?.map(|text| serde_json::from_str(&text)).transpose();
    let rates = rates.map_err(|_| Error::Corrupt { table: "models", id: id.clone() })?.unwrap_or_default();
    Ok(ModelRow { id, upstream: row.text(1)?, created_at: time(row, 2)?, owned_by: row.text(3)?, price, rates })
}

/// Replaces the whole list; a model that stays keeps the time at which it was first seen.
pub async fn replace_all(tx: &mut Tx, models: &[ModelRow], at: Timestamp) -> Result<(), Error> {
    changes::lock(tx).await?;
    let known = list(tx).await?;
    tx.execute("DELETE FROM models", vec![]).await?;
    for model in models {
        let created_at = known.iter().find(|k| k.id == model.id).map_or(model.created_at, |k| k.created_at);
        let price = serde_json::to_string(&model.price).map_err(|error| Error::Other(error.to_string()))?;
        let rates = (!model.rates.is_none()).then(|| serde_json::to_string(&model.rates)).transpose();
        let rates = rates.map_err(|error| Error::Other(error.to_string()))?;
        let values = vec![
            model.id.as_str().into(),
            model.upstream.as_str().into(),
            created_at.0.into(),
            model.owned_by.as_str().into(),
            price.into(),
            rates.as_deref().into(),
        ];
        const SQL: &str = "INSERT INTO models (id, upstream, created_at, owned_by, price, rate_limits) VALUES ($1, $2, $3, $4, $5, $6)";
        tx.execute(SQL, values).await?;
    }
    changes::append(tx, &ChangeSubject::Models, at).await.map(|_| ())
}

/// Lists every model, by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<ModelRow>, Error> {
    const SQL: &str = "SELECT id, upstream, created_at, owned_by, price, rate_limits FROM models";
    let mut models = tx.all(SQL, vec![]).await?.iter().map(model).collect::<Result<Vec<_>, _>>()?;
    // The engines sort text differently; sorting in Rust gives one order.
    models.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(models)
}
