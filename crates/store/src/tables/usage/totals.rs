//! The usage of all organizations together, by model.

use std::collections::BTreeMap;

use keystead_core::id::OrganizationId;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageKind};

use super::super::{id, named};
use crate::{Error, Tx};

/// The usage of one model and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelTotal {
    /// The model.
    pub model: String,
    /// The kind.
    pub kind: UsageKind,
    /// The quantities.
    pub used: Quantities,
    /// The exact cost.
    pub cost: Amount,
}

/// Lists the usage of each model and kind in whole days of UTC, from one midnight up to, not including, another one; by
/// model and kind.
pub async fn list_of_models(tx: &mut Tx, start: Timestamp, end: Timestamp) -> Result<Vec<ModelTotal>, Error> {
    const SQL: &str = "SELECT model, kind, CAST(SUM(requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT), \
                       CAST(SUM(input_cached_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT), \
                       CAST(SUM(images) AS BIGINT), CAST(SUM(characters) AS BIGINT), CAST(SUM(seconds) AS BIGINT), \
                       CAST(SUM(tool_calls) AS BIGINT), CAST(SUM(cache_write_tokens) AS BIGINT), \
                       CAST(SUM(audio_input_tokens) AS BIGINT), CAST(SUM(reasoning_tokens) AS BIGINT), \
                       CAST(SUM(audio_output_tokens) AS BIGINT), CAST(SUM(image_input_tokens) AS BIGINT), \
                       CAST(SUM(image_output_tokens) AS BIGINT), CAST(SUM(cost) AS BIGINT), \
                       CAST(SUM(cost_picos) AS BIGINT) \
                       FROM usage_days WHERE bucket_start >= $1 AND bucket_start < $2 GROUP BY model, kind";
    // The engines sort text differently; the map has one order.
    let mut totals = BTreeMap::new();
    for row in tx.all(SQL, vec![start.0.into(), end.0.into()]).await? {
        let kind = named(&row, 1, "usage_days", UsageKind::from_name)?;
        let mut figures = [0; 14];
        for (column, figure) in (2..).zip(&mut figures) {
            *figure = row.int(column)?;
        }
        let used = Quantities::of_figures(figures);
        totals.insert((row.text(0)?, kind), (used, Amount::of_parts(row.int(16)?, row.int(17)?)));
    }
    let total = |((model, kind), (used, cost))| ModelTotal { model, kind, used, cost };
    Ok(totals.into_iter().map(total).collect())
}

/// Lists the usage of a model by organization and kind in whole days of UTC, from one midnight up to, not including,
/// another one; by organization and kind.
pub async fn list_of_organizations(
    tx: &mut Tx,
    model: &str,
    (start, end): (Timestamp, Timestamp),
) -> Result<Vec<(OrganizationId, ModelTotal)>, Error> {
    const SQL: &str = "SELECT organization, kind, CAST(SUM(requests) AS BIGINT), CAST(SUM(input_tokens) AS BIGINT), \
                       CAST(SUM(input_cached_tokens) AS BIGINT), CAST(SUM(output_tokens) AS BIGINT), \
                       CAST(SUM(images) AS BIGINT), CAST(SUM(characters) AS BIGINT), CAST(SUM(seconds) AS BIGINT), \
                       CAST(SUM(tool_calls) AS BIGINT), CAST(SUM(cache_write_tokens) AS BIGINT), \
                       CAST(SUM(audio_input_tokens) AS BIGINT), CAST(SUM(reasoning_tokens) AS BIGINT), \
                       CAST(SUM(audio_output_tokens) AS BIGINT), CAST(SUM(image_input_tokens) AS BIGINT), \
                       CAST(SUM(image_output_tokens) AS BIGINT), CAST(SUM(cost) AS BIGINT), \
                       CAST(SUM(cost_picos) AS BIGINT) FROM usage_days \
                       WHERE model = $1 AND bucket_start >= $2 AND bucket_start < $3 GROUP BY organization, kind";
    let mut totals = BTreeMap::new();
    for row in tx.all(SQL, vec![model.into(), start.0.into(), end.0.into()]).await? {
        let organization: OrganizationId = id(&row, 0, "usage_days")?;
        let kind = named(&row, 1, "usage_days", UsageKind::from_name)?;
        let mut figures = [0; 14];
        for (column, figure) in (2..).zip(&mut figures) {
            *figure = row.int(column)?;
        }
        let used = Quantities::of_figures(figures);
        let cost = Amount::of_parts(row.int(16)?, row.int(17)?);
        totals.insert((organization, kind), ModelTotal { model: model.to_owned(), kind, used, cost });
    }
    Ok(totals.into_iter().map(|((organization, _), total)| (organization, total)).collect())
}
