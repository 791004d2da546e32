//! Usage events, the sums of a minute, an hour and a day that are kept of them, and queries for these sums.

use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};

use super::{activity, credit_usage, named, pending_usage, spend_counters};
use crate::{Error, Tx};

mod measured;
mod pieces;
mod query;
mod rollups;
mod totals;

pub(super) use measured::measured;
pub use query::query;
pub use totals::{ModelTotal, list_of_models, list_of_organizations};

/// The keys by which results are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKey {
    /// By project.
    Project,
    /// By owner of the key.
    User,
    /// By key.
    ApiKey,
    /// By model.
    Model,
    /// By whether it is of a batch.
    Batch,
    /// By service tier, size, context level or vector store.
    Detail,
    /// By source of images.
    Source,
}

/// A query for usage. Empty filters match everything.
#[derive(Debug, Clone)]
pub struct UsageQuery {
    /// One kind, or all but those of hosted tools, whose requests are counted under another kind.
    pub kind: Option<UsageKind>,
    /// The organization.
    pub organization: OrganizationId,
    /// From this moment on.
    pub start: Timestamp,
    /// Up to, not including, this one.
    pub end: Timestamp,
    /// A bucket's width in seconds, at least a minute.
    pub width_seconds: i64,
    /// A moment at which a bucket begins, not after `start`: zero for buckets of UTC.
    pub origin: Timestamp,
    /// The keys to group by.
    pub group_by: Vec<GroupKey>,
    /// Only these projects.
    pub projects: Vec<ProjectId>,
    /// Only these owners.
    pub users: Vec<String>,
    /// Only these keys.
    pub keys: Vec<KeyId>,
    /// Only these models.
    pub models: Vec<String>,
    /// Only usage of batches, or only other usage.
    pub batch: Option<bool>,
    /// Only these sizes, context levels or vector stores.
    pub details: Vec<String>,
    /// Only these sources of images.
    pub sources: Vec<String>,
    /// Stops reading after this many rows: an answer with as many may lack others.
    pub most: Option<i64>,
}

impl UsageQuery {
    /// All usage of an organization from one moment up to another, in buckets of this width that begin in UTC.
    #[must_use]
    pub fn all(organization: &OrganizationId, (start, end): (Timestamp, Timestamp), width_seconds: i64) -> Self {
        Self {
            kind: None,
            organization: organization.clone(),
            start,
            end,
            width_seconds,
            origin: Timestamp(0),
            group_by: Vec::new(),
            projects: Vec::new(),
            users: Vec::new(),
            keys: Vec::new(),
            models: Vec::new(),
            batch: None,
            details: Vec::new(),
            sources: Vec::new(),
            most: None,
        }
    }
}

/// Sums of one bucket and group. Fields that were not grouped by are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// When the bucket begins, a multiple of the width after the origin.
    pub bucket_start: Timestamp,
    pub project: Option<String>,
    /// The owner.
    pub user: Option<String>,
    pub key: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Whether it is of a batch.
    pub batch: Option<bool>,
    /// The service tier, size, context level or vector store; empty where it is unknown.
    pub detail: Option<String>,
    /// The source of images; empty where it is unknown.
    pub source: Option<String>,
    pub kind: UsageKind,
    /// Whether these figures were estimated; reported ones have a separate row.
    pub estimated: bool,
    /// The quantities.
    pub used: Quantities,
    /// The exact cost.
    pub cost: Amount,
}

/// Adds events to the sums. The events follow each other in a spool's segment from position `first`, without gaps.
/// Their position makes counting twice harmless, without a row for each: those counted before are left out. Returns how
/// many were new.
pub async fn record(tx: &mut Tx, segment: &str, first: i64, events: &[UsageEvent]) -> Result<usize, Error> {
    // One statement, so that two processes on one spool wait for each other here and the second one sees the first.
    const COUNT: &str = "INSERT INTO usage_spools (segment, counted, counted_before) VALUES ($1, $2, 0) \
                         ON CONFLICT (segment) DO UPDATE SET counted_before = usage_spools.counted, \
                         counted = CASE WHEN usage_spools.counted < excluded.counted THEN excluded.counted \
                         ELSE usage_spools.counted END RETURNING counted_before";
    if events.is_empty() {
        return Ok(0);
    }
    let length = i64::try_from(events.len()).map_err(|_| Error::Invalid("more events than can be counted"))?;
    let row = tx.optional(COUNT, vec![segment.into(), first.saturating_add(length).into()]).await?;
    let counted_before = row.map_or(Ok(0), |row| row.int(0))?;
    let old = usize::try_from(counted_before.saturating_sub(first).clamp(0, length)).unwrap_or(0);
    let new = pending_usage::only_first(tx, &events[old..]).await?;
    rollups::add(tx, &new).await?;
    activity::add_features(tx, &new).await?;
    spend_counters::count(tx, segment, &new).await?;
    credit_usage::count(tx, &new).await?;
    Ok(new.len())
}

/// Returns the position up to which a segment was counted.
pub async fn counted(tx: &mut Tx, segment: &str) -> Result<i64, Error> {
    const SQL: &str = "SELECT counted FROM usage_spools WHERE segment = $1";
    let row = tx.optional(SQL, vec![segment.into()]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Deletes the position of a segment that has no file any more.
pub async fn forget_segment(tx: &mut Tx, segment: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM usage_spools WHERE segment = $1", vec![segment.into()]).await.map(|_| ())
}

/// Deletes some of the sums of minutes before a moment, oldest first. Returns whether there may be more. Hours and days
/// hold the same usage, and answer from then on.
pub async fn delete_minutes(tx: &mut Tx, before: Timestamp) -> Result<bool, Error> {
    /// Seconds of one deletion, so that no transaction holds the writer of SQLite for long.
    const SLICE: i64 = 600;
    const OLDEST: &str = "SELECT MIN(bucket_start) FROM usage_minutes";
    const KEEP: &str = "INSERT INTO usage_minutes_kept (one, since) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET \
                        since = excluded.since WHERE usage_minutes_kept.since < excluded.since";
    const DELETE: &str = "DELETE FROM usage_minutes WHERE bucket_start < $1";
    let oldest = tx.optional(OLDEST, vec![]).await?.map_or(Ok(None), |row| row.optional_int(0))?;
    let Some(oldest) = oldest.filter(|oldest| *oldest < before.0) else { return Ok(false) };
    let end = oldest.saturating_add(SLICE).min(before.0);
    let since = end.saturating_add(pieces::HOUR - 1);
    tx.execute(KEEP, vec![(since - since.rem_euclid(pieces::HOUR)).into()]).await?;
    tx.execute(DELETE, vec![end.into()]).await?;
    Ok(true)
}

/// Returns the full hour from which on all usage is kept by the minute.
async fn minutes_since(tx: &mut Tx) -> Result<i64, Error> {
    let row = tx.optional("SELECT since FROM usage_minutes_kept WHERE one = 1", vec![]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// The usage of one key and model in one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinuteOfKey {
    /// When the minute begins.
    pub at: Timestamp,
    pub kind: UsageKind,
    /// The model.
    pub model: String,
    /// The number of requests.
    pub requests: i64,
    /// The exact cost.
    pub cost: Amount,
}

/// Lists the last minutes from `since` on in which a key was used, newest first, as far as minutes are kept. Calls of
/// hosted tools are a part of other requests.
pub async fn recent_of_key(
    tx: &mut Tx,
    organization: &OrganizationId,
    key: &KeyId,
    since: Timestamp,
) -> Result<Vec<MinuteOfKey>, Error> {
    const SQL: &str = "SELECT bucket_start, kind, model, CAST(SUM(requests) AS BIGINT), CAST(SUM(cost) AS BIGINT), \
                       CAST(SUM(cost_picos) AS BIGINT) FROM usage_minutes \
                       WHERE organization = $1 AND bucket_start >= $2 AND api_key = $3 AND tool_calls = 0 \
                       GROUP BY bucket_start, kind, model ORDER BY bucket_start DESC, kind, model LIMIT 10";
    let values = vec![organization.as_str().into(), since.0.into(), key.as_str().into()];
    let rows = tx.all(SQL, values).await?;
    rows.iter()
        .map(|row| {
            Ok(MinuteOfKey {
                at: Timestamp(row.int(0)?),
                kind: named(row, 1, "usage_minutes", UsageKind::from_name)?,
                model: row.text(2)?,
                requests: row.int(3)?,
                cost: Amount::of_parts(row.int(4)?, row.int(5)?),
            })
        })
        .collect()
}
