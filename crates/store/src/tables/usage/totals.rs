//! The usage of all organizations together, by model.

use std::collections::BTreeMap;
use std::sync::Arc;

use keystead_core::id::OrganizationId;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Attributes, Quantities, UsageKind};

use super::super::{id, named};
use crate::{Error, Row, Tx};

/// The usage of one model and kind; of images, also of one size and quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelTotal {
    /// The model.
    pub model: String,
    /// The kind.
    pub kind: UsageKind,
    /// Of images, their size and quality, as far as they are known.
    pub attributes: Attributes,
    /// The quantities.
    pub used: Quantities,
    /// The exact cost.
    pub cost: Amount,
}

/// The columns after the first one, which the caller reads.
fn total(row: &Row, model: String) -> Result<ModelTotal, Error> {
    let kind = named(row, 1, "usage_days", UsageKind::from_name)?;
    let known = |text: String| (!text.is_empty()).then(|| text.into());
    let (detail, quality) = (known(row.text(2)?), known(row.text(3)?));
    let mut figures = [0; 14];
    for (column, figure) in (4..).zip(&mut figures) {
        *figure = row.int(column)?;
    }
    let cost = Amount::of_parts(row.int(18)?, row.int(19)?);
    let attributes = Attributes { detail, quality, ..Attributes::default() };
    Ok(ModelTotal { model, kind, attributes, used: Quantities::of_figures(figures), cost })
}

/// What tells apart the totals of one model.
fn label(total: &ModelTotal) -> (UsageKind, Option<Arc<str>>, Option<Arc<str>>) {
    (total.kind, total.attributes.detail.clone(), total.attributes.quality.clone())
}

/// Lists the usage of each model and kind in whole days of UTC, from one midnight up to, not including, another one; by
/// model, kind, size and quality.
pub async fn list_of_models(tx: &mut Tx, start: Timestamp, end: Timestamp) -> Result<Vec<ModelTotal>, Error> {
    const SQL: &str = "SELECT model, kind, CASE WHEN kind = 'images' THEN detail ELSE '' END AS size, quality, \
                       CAST(SUM(requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT), \
                       CAST(SUM(input_cached_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT), \
                       CAST(SUM(images) AS BIGINT), CAST(SUM(characters) AS BIGINT), CAST(SUM(seconds) AS BIGINT), \
                       CAST(SUM(tool_calls) AS BIGINT), CAST(SUM(cache_write_tokens) AS BIGINT), \
                       CAST(SUM(audio_input_tokens) AS BIGINT), CAST(SUM(reasoning_tokens) AS BIGINT), \
                       CAST(SUM(audio_output_tokens) AS BIGINT), CAST(SUM(image_input_tokens) AS BIGINT), \
                       CAST(SUM(image_output_tokens) AS BIGINT), CAST(SUM(cost) AS BIGINT), \
                       CAST(SUM(cost_picos) AS BIGINT) \
                       FROM usage_days WHERE bucket_start >= $1 AND bucket_start < $2 \
                       GROUP BY model, kind, size, quality";
    // The engines sort text differently; the map has one order.
    let mut totals = BTreeMap::new();
    for row in tx.all(SQL, vec![start.0.into(), end.0.into()]).await? {
        let total = total(&row, row.text(0)?)?;
        totals.insert((total.model.clone(), label(&total)), total);
    }
    Ok(totals.into_values().collect())
}

/// Lists the usage of a model by organization and kind in whole days of UTC, from one midnight up to, not including,
/// another one; by organization, kind, size and quality.
pub async fn list_of_organizations(
    tx: &mut Tx,
    model: &str,
    (start, end): (Timestamp, Timestamp),
) -> Result<Vec<(OrganizationId, ModelTotal)>, Error> {
    const SQL: &str = "SELECT organization, kind, CASE WHEN kind = 'images' THEN detail ELSE '' END AS size, quality, \
                       CAST(SUM(requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT), \
                       CAST(SUM(input_cached_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT), \
                       CAST(SUM(images) AS BIGINT), CAST(SUM(characters) AS BIGINT), CAST(SUM(seconds) AS BIGINT), \
                       CAST(SUM(tool_calls) AS BIGINT), CAST(SUM(cache_write_tokens) AS BIGINT), \
                       CAST(SUM(audio_input_tokens) AS BIGINT), CAST(SUM(reasoning_tokens) AS BIGINT), \
                       CAST(SUM(audio_output_tokens) AS BIGINT), CAST(SUM(image_input_tokens) AS BIGINT), \
                       CAST(SUM(image_output_tokens) AS BIGINT), CAST(SUM(cost) AS BIGINT), \
                       CAST(SUM(cost_picos) AS BIGINT) FROM usage_days \
                       WHERE model = $1 AND bucket_start >= $2 AND bucket_start < $3 \
                       GROUP BY organization, kind, size, quality";
    let mut totals = BTreeMap::new();
    for row in tx.all(SQL, vec![model.into(), start.0.into(), end.0.into()]).await? {
        let organization: OrganizationId = id(&row, 0, "usage_days")?;
        let total = total(&row, model.to_owned())?;
        totals.insert((organization, label(&total)), total);
    }
    Ok(totals.into_iter().map(|((organization, _), total)| (organization, total)).collect())
}
