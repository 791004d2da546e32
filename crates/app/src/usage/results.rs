//! Putting the sums of the store into the buckets of an answer.

use std::collections::HashMap;

use keystead_store::tables::usage::UsageRow;

use super::{Bucket, Estimated, UsageResult};

/// Adds rows, in order of time, to their buckets. Rows of one group become one result: of several kinds, and reported
/// and estimated ones.
pub(super) fn add_rows(buckets: &mut [Bucket], rows: Vec<UsageRow>) {
    let (mut at, mut places) = (0, HashMap::new());
    for row in rows {
        // The first bucket may begin within its period, so rows are matched by the end of a bucket.
        let found = buckets.partition_point(|bucket| bucket.end <= row.bucket_start);
        let Some(bucket) = buckets.get_mut(found) else { continue };
        if found != at {
            places.clear();
            at = found;
        }
        let group = (
            row.project.clone(),
            row.user.clone(),
            row.key.clone(),
            row.model.clone(),
            row.batch,
            row.detail.clone(),
            row.source.clone(),
        );
        let estimated = if row.estimated { Estimated { used: row.used, cost: row.cost } } else { Estimated::default() };
        let place = *places.entry(group).or_insert(bucket.results.len());
        match bucket.results.get_mut(place) {
            Some(known) => {
                known.used = known.used.plus(row.used);
                known.cost = known.cost.plus(row.cost);
                known.estimated = known.estimated.plus(estimated);
            }
            None => bucket.results.push(result(row, estimated)),
        }
    }
}

fn result(row: UsageRow, estimated: Estimated) -> UsageResult {
    let known = |text: Option<String>| text.filter(|text| !text.is_empty());
    UsageResult {
        project: row.project,
        user: row.user,
        key: row.key,
        model: row.model,
        batch: row.batch,
        detail: known(row.detail),
        source: known(row.source),
        used: row.used,
        cost: row.cost,
        estimated,
    }
}
