//! Usage events and the minute buckets into which they are summed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
use serde_json::json;

use super::{activity, keepable, named, pending_usage, spend_counters};
use crate::{Error, PerEngine, Row, Tx, Value};

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
    pub kind: UsageKind,
    /// Whether these figures were estimated; reported ones have a separate row.
    pub estimated: bool,
    /// The quantities.
    pub used: Quantities,
    /// The exact cost.
    pub cost: Amount,
}

/// The key of a bucket: organization, kind, minute, project, key, owner, model, and whether its figures were estimated.
/// It borrows from the events.
type BucketKey<'e> = (&'e str, UsageKind, i64, &'e str, &'e str, Cow<'e, str>, Cow<'e, str>, bool);
type Sums<'e> = BTreeMap<BucketKey<'e>, (Quantities, Amount)>;

/// Adds events to the buckets. The events follow each other in a spool's segment from position `first`, without gaps.
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
    let mut sums = Sums::new();
    for event in new.iter() {
        sum(&mut sums, event);
    }
    add_to_buckets(tx, &sums).await?;
    activity::add_features(tx, &new).await?;
    spend_counters::count(tx, segment, &new).await?;
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

/// Adds an event to the sum of its bucket.
fn sum<'e>(sums: &mut Sums<'e>, event: &'e UsageEvent) {
    let key = (
        event.organization.as_str(),
        event.kind,
        event.at.0 - event.at.0.rem_euclid(60),
        event.project.as_str(),
        event.key.as_str(),
        keepable(&event.owner),
        keepable(&event.model),
        event.estimated,
    );
    let sum = sums.entry(key).or_default();
    // Limited for each event, so that no column of sums can overflow and block the events after it.
    *sum = (sum.0.plus(event.used), sum.1.plus(event.cost.clamp(Amount::ZERO, Amount::MOST_OF_ONE_REQUEST)));
}

async fn add_to_buckets(tx: &mut Tx, sums: &Sums<'_>) -> Result<(), Error> {
    // One statement again; each engine has its own syntax to unpack it.
    const UPSERT: PerEngine = PerEngine {
        sqlite: "INSERT INTO usage_buckets (organization, kind, bucket_start, project, api_key, owner, model, estimated, \
            requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, tool_calls, cost, cost_picos) \
            SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, \
            value->>9, value->>10, value->>11, value->>12, value->>13, value->>14, value->>15, value->>16, value->>17 FROM json_each($1) WHERE TRUE \
            ON CONFLICT (organization, kind, bucket_start, project, api_key, owner, model, estimated) DO UPDATE SET \
            requests = usage_buckets.requests + excluded.requests, \
            input_tokens = usage_buckets.input_tokens + excluded.input_tokens, \
            input_cached_tokens = usage_buckets.input_cached_tokens + excluded.input_cached_tokens, \
            output_tokens = usage_buckets.output_tokens + excluded.output_tokens, \
            images = usage_buckets.images + excluded.images, \
            characters = usage_buckets.characters + excluded.characters, \
            seconds = usage_buckets.seconds + excluded.seconds, \
            tool_calls = usage_buckets.tool_calls + excluded.tool_calls, cost = usage_buckets.cost + excluded.cost, \
            cost_picos = usage_buckets.cost_picos + excluded.cost_picos",
        postgres: "INSERT INTO usage_buckets (organization, kind, bucket_start, project, api_key, owner, model, estimated, \
            requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, tool_calls, cost, cost_picos) \
            SELECT value->>0, value->>1, (value->>2)::BIGINT, value->>3, value->>4, value->>5, value->>6, \
            (value->>7)::BOOLEAN, (value->>8)::BIGINT, (value->>9)::BIGINT, (value->>10)::BIGINT, (value->>11)::BIGINT, \
            (value->>12)::BIGINT, (value->>13)::BIGINT, (value->>14)::BIGINT, (value->>15)::BIGINT, \
            (value->>16)::BIGINT, (value->>17)::BIGINT \
            FROM jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS listed(value, place) ORDER BY place \
            ON CONFLICT (organization, kind, bucket_start, project, api_key, owner, model, estimated) DO UPDATE SET \
            requests = usage_buckets.requests + excluded.requests, \
            input_tokens = usage_buckets.input_tokens + excluded.input_tokens, \
            input_cached_tokens = usage_buckets.input_cached_tokens + excluded.input_cached_tokens, \
            output_tokens = usage_buckets.output_tokens + excluded.output_tokens, \
            images = usage_buckets.images + excluded.images, \
            characters = usage_buckets.characters + excluded.characters, \
            seconds = usage_buckets.seconds + excluded.seconds, \
            tool_calls = usage_buckets.tool_calls + excluded.tool_calls, cost = usage_buckets.cost + excluded.cost, \
            cost_picos = usage_buckets.cost_picos + excluded.cost_picos",
    };
    if sums.is_empty() {
        return Ok(());
    }
    // In the map's order, so that two nodes that write at once lock rows in the same order.
    let rows: Vec<_> = sums
        .iter()
        .map(|((organization, kind, start, project, key, owner, model, estimated), (used, cost))| {
            let (micros, picos) = cost.parts();
            json!([
                organization,
                kind.as_str(),
                start,
                project,
                key,
                owner,
                model,
                estimated,
                used.requests,
                used.input_tokens,
                used.input_cached_tokens,
                used.output_tokens,
                used.images,
                used.characters,
                used.seconds,
                used.tool_calls,
                micros,
                picos
            ])
        })
        .collect();
    let sql = tx.pick(UPSERT);
    tx.execute(sql, vec![json!(rows).to_string().into()]).await.map(|_| ())
}

/// Returns sums by bucket and group, in order of time, kind and group; groups without usage are left out. Estimated
/// figures follow the reported ones of the same group.
pub async fn query(tx: &mut Tx, query: &UsageQuery) -> Result<Vec<UsageRow>, Error> {
    let mut values: Vec<Value> = vec![
        query.organization.as_str().into(),
        query.start.0.into(),
        query.end.0.into(),
        query.width_seconds.max(60).into(),
        query.origin.0.into(),
    ];
    let mut filter = String::from("organization = $1 AND bucket_start >= $2 AND bucket_start < $3");
    // Every kind is named when all are requested, because the index on times has the kind before them.
    let wanted = |kind: &UsageKind| query.kind.map_or_else(|| !kind.is_of_tools(), |one| one == *kind);
    let wanted = UsageKind::ALL.into_iter().filter(wanted);
    let kinds: Vec<&str> = wanted.map(UsageKind::as_str).collect();
    let projects: Vec<&str> = query.projects.iter().map(ProjectId::as_str).collect();
    let users: Vec<&str> = query.users.iter().map(String::as_str).collect();
    let keys: Vec<&str> = query.keys.iter().map(KeyId::as_str).collect();
    let models: Vec<&str> = query.models.iter().map(String::as_str).collect();
    for (column, wanted) in
        [("kind", kinds), ("project", projects), ("owner", users), ("api_key", keys), ("model", models)]
    {
        if wanted.is_empty() {
            continue;
        }
        let places: Vec<String> = (0..wanted.len()).map(|n| format!("${}", values.len() + n + 1)).collect();
        filter.push_str(&format!(" AND {column} IN ({})", places.join(", ")));
        values.extend(wanted.into_iter().map(Value::from));
    }
    let grouped = |key, column: &str| if query.group_by.contains(&key) { column.to_owned() } else { "NULL".to_owned() };
    let columns = [
        grouped(GroupKey::Project, "project"),
        grouped(GroupKey::User, "owner"),
        grouped(GroupKey::ApiKey, "api_key"),
        grouped(GroupKey::Model, "model"),
    ];
    let shown: Vec<String> = columns.iter().map(|column| format!("CAST({column} AS TEXT)")).collect();
    let groups: String = columns.iter().filter(|c| *c != "NULL").map(|c| format!(", {c}")).collect();
    let sums: Vec<String> = [
        "requests",
        "input_tokens",
        "input_cached_tokens",
        "output_tokens",
        "images",
        "characters",
        "seconds",
        "tool_calls",
        "cost",
        "cost_picos",
    ]
    .iter()
    .map(|column| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)"))
    .collect();
    let sql = format!(
        "SELECT bucket_start - (bucket_start - $5) % $4, kind, {}, {}, estimated FROM usage_buckets WHERE {filter} \
         GROUP BY bucket_start - (bucket_start - $5) % $4, kind, estimated{groups}",
        shown.join(", "),
        sums.join(", ")
    );
    let mut rows = tx.all_built(sql, values).await?.iter().map(usage_row).collect::<Result<Vec<_>, _>>()?;
    // The engines sort text differently; sorting in Rust gives one order.
    let order = |row: &UsageRow| (row.bucket_start, row.kind);
    rows.sort_by(|a, b| {
        let by_group = (&a.project, &a.user, &a.key, &a.model).cmp(&(&b.project, &b.user, &b.key, &b.model));
        order(a).cmp(&order(b)).then(by_group).then(a.estimated.cmp(&b.estimated))
    });
    Ok(rows)
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

/// Lists the last minutes from `since` on in which a key was used, newest first. Calls of hosted tools are a part of
/// other requests.
pub async fn recent_of_key(
    tx: &mut Tx,
    organization: &OrganizationId,
    key: &KeyId,
    since: Timestamp,
) -> Result<Vec<MinuteOfKey>, Error> {
    const SQL: &str = "SELECT bucket_start, kind, model, CAST(SUM(requests) AS BIGINT), CAST(SUM(cost) AS BIGINT), \
                       CAST(SUM(cost_picos) AS BIGINT) FROM usage_buckets \
                       WHERE organization = $1 AND bucket_start >= $2 AND api_key = $3 AND tool_calls = 0 \
                       GROUP BY bucket_start, kind, model ORDER BY bucket_start DESC, kind, model LIMIT 10";
    let values = vec![organization.as_str().into(), since.0.into(), key.as_str().into()];
    let rows = tx.all(SQL, values).await?;
    rows.iter()
        .map(|row| {
            Ok(MinuteOfKey {
                at: Timestamp(row.int(0)?),
                kind: named(row, 1, "usage_buckets", UsageKind::from_name)?,
                model: row.text(2)?,
                requests: row.int(3)?,
                cost: Amount::of_parts(row.int(4)?, row.int(5)?),
            })
        })
        .collect()
}

fn usage_row(row: &Row) -> Result<UsageRow, Error> {
    Ok(UsageRow {
        bucket_start: Timestamp(row.int(0)?),
        kind: named(row, 1, "usage_buckets", UsageKind::from_name)?,
        project: row.optional_text(2)?,
        user: row.optional_text(3)?,
        key: row.optional_text(4)?,
        model: row.optional_text(5)?,
        used: Quantities {
            requests: row.int(6)?,
            input_tokens: row.int(7)?,
            input_cached_tokens: row.int(8)?,
            output_tokens: row.int(9)?,
            images: row.int(10)?,
            characters: row.int(11)?,
            seconds: row.int(12)?,
            tool_calls: row.int(13)?,
        },
        cost: Amount::of_parts(row.int(14)?, row.int(15)?),
        estimated: row.bool(16)?,
    })
}
