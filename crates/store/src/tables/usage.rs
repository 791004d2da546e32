//! Usage events and the minute buckets they are summed into.

use std::collections::BTreeMap;

use keystead_core::id::{KeyId, OrganizationId, ProjectId, UsageEventId};
use keystead_core::money::Micros;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
use serde_json::json;

use super::{id, named, time};
use crate::{Error, PerEngine, Row, Tx, Value};

/// What results are grouped by.
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

/// A question about usage. Empty filters let everything pass.
#[derive(Debug, Clone)]
pub struct UsageQuery {
    /// One kind, or all.
    pub kind: Option<UsageKind>,
    /// Whose usage.
    pub organization: OrganizationId,
    /// From this moment on.
    pub start: Timestamp,
    /// Up to, not including, this one.
    pub end: Timestamp,
    /// A bucket's width: 60, 3 600 or 86 400 seconds.
    pub width_seconds: i64,
    /// What to keep apart.
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

/// Sums of one bucket and group. Members that were not grouped by are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// When the bucket begins, a multiple of the width.
    pub bucket_start: Timestamp,
    /// The project.
    pub project: Option<String>,
    /// The owner.
    pub user: Option<String>,
    /// The key.
    pub key: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The kind.
    pub kind: UsageKind,
    /// How much.
    pub used: Quantities,
    /// At what price.
    pub cost: Micros,
}

type BucketKey = (String, UsageKind, i64, String, String, String, String);

/// Records events, each once however often it is sent: only events that were new are summed. Answers how many those were.
///
/// # Errors
/// When the store cannot.
pub async fn record(tx: &mut Tx, events: &[UsageEvent]) -> Result<usize, Error> {
    if events.is_empty() {
        return Ok(0);
    }
    // One statement for the batch; the two engines unpack a JSON array each in its own way.
    const INSERT: PerEngine = PerEngine {
        sqlite: "INSERT INTO usage_events (id, at, kind, organization, project, api_key, owner, model, input_tokens, \
                 input_cached_tokens, output_tokens, images, characters, seconds, cost, status, estimated, request) \
                 SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, \
                 value->>9, value->>10, value->>11, value->>12, value->>13, value->>14, value->>15, value->>16, value->>17 \
                 FROM json_each($1) WHERE TRUE ON CONFLICT (id) DO NOTHING RETURNING id",
        postgres: "INSERT INTO usage_events (id, at, kind, organization, project, api_key, owner, model, input_tokens, \
                   input_cached_tokens, output_tokens, images, characters, seconds, cost, status, estimated, request) \
                   SELECT value->>0, (value->>1)::BIGINT, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, \
                   (value->>8)::BIGINT, (value->>9)::BIGINT, (value->>10)::BIGINT, (value->>11)::BIGINT, \
                   (value->>12)::BIGINT, (value->>13)::BIGINT, (value->>14)::BIGINT, (value->>15)::BIGINT, \
                   (value->>16)::BOOLEAN, value->>17 \
                   FROM jsonb_array_elements(CAST($1 AS JSONB)) AS rows(value) ON CONFLICT (id) DO NOTHING RETURNING id",
    };
    // In order of id, so that two nodes that send the same events meet on the first one and not in a circle.
    let mut ordered: Vec<&UsageEvent> = events.iter().collect();
    ordered.sort_by(|a, b| a.id.cmp(&b.id));
    let rows: Vec<_> = ordered.into_iter().map(event_fields).collect();
    let sql = tx.pick(INSERT);
    let inserted = tx.all(sql, vec![json!(rows).to_string().into()]).await?;
    let mut new = std::collections::HashSet::with_capacity(inserted.len());
    for row in &inserted {
        new.insert(row.text(0)?);
    }
    let mut sums: BTreeMap<BucketKey, (Quantities, Micros)> = BTreeMap::new();
    for event in events.iter() {
        // A batch may itself name an event twice: taking the id out of the set counts it once.
        if !new.remove(event.id.as_str()) {
            continue;
        }
        let key = (
            event.organization.to_string(),
            event.kind,
            event.at.0 - event.at.0.rem_euclid(60),
            event.project.to_string(),
            event.key.to_string(),
            keepable(&event.owner),
            keepable(&event.model),
        );
        let sum = sums.entry(key).or_default();
        *sum = (sum.0.plus(Quantities { requests: 1, ..event.used }), sum.1.plus(event.cost));
    }
    add_to_buckets(tx, &sums).await?;
    Ok(inserted.len())
}

fn event_fields(event: &UsageEvent) -> serde_json::Value {
    let used = &event.used;
    json!([
        event.id.as_str(),
        event.at.0,
        event.kind.as_str(),
        event.organization.as_str(),
        event.project.as_str(),
        event.key.as_str(),
        keepable(&event.owner),
        keepable(&event.model),
        used.input_tokens,
        used.input_cached_tokens,
        used.output_tokens,
        used.images,
        used.characters,
        used.seconds,
        event.cost.0,
        event.status,
        event.estimated,
        keepable(&event.request)
    ])
}

/// The text without NUL, which PostgreSQL refuses: one strange event must not hold up all that follow it.
fn keepable(text: &str) -> String {
    text.replace('\0', "")
}

async fn add_to_buckets(tx: &mut Tx, sums: &BTreeMap<BucketKey, (Quantities, Micros)>) -> Result<(), Error> {
    // Again one statement, unpacked by each engine in its own way.
    const UPSERT: PerEngine = PerEngine {
        sqlite: "INSERT INTO usage_buckets (organization, kind, bucket_start, project, api_key, owner, model, \
            requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, cost) \
            SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, \
            value->>9, value->>10, value->>11, value->>12, value->>13, value->>14 FROM json_each($1) WHERE TRUE \
            ON CONFLICT (organization, kind, bucket_start, project, api_key, owner, model) DO UPDATE SET \
            requests = usage_buckets.requests + excluded.requests, \
            input_tokens = usage_buckets.input_tokens + excluded.input_tokens, \
            input_cached_tokens = usage_buckets.input_cached_tokens + excluded.input_cached_tokens, \
            output_tokens = usage_buckets.output_tokens + excluded.output_tokens, \
            images = usage_buckets.images + excluded.images, \
            characters = usage_buckets.characters + excluded.characters, \
            seconds = usage_buckets.seconds + excluded.seconds, cost = usage_buckets.cost + excluded.cost",
        postgres: "INSERT INTO usage_buckets (organization, kind, bucket_start, project, api_key, owner, model, \
            requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, cost) \
            SELECT value->>0, value->>1, (value->>2)::BIGINT, value->>3, value->>4, value->>5, value->>6, \
            (value->>7)::BIGINT, (value->>8)::BIGINT, (value->>9)::BIGINT, (value->>10)::BIGINT, (value->>11)::BIGINT, \
            (value->>12)::BIGINT, (value->>13)::BIGINT, (value->>14)::BIGINT \
            FROM jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS listed(value, place) ORDER BY place \
            ON CONFLICT (organization, kind, bucket_start, project, api_key, owner, model) DO UPDATE SET \
            requests = usage_buckets.requests + excluded.requests, \
            input_tokens = usage_buckets.input_tokens + excluded.input_tokens, \
            input_cached_tokens = usage_buckets.input_cached_tokens + excluded.input_cached_tokens, \
            output_tokens = usage_buckets.output_tokens + excluded.output_tokens, \
            images = usage_buckets.images + excluded.images, \
            characters = usage_buckets.characters + excluded.characters, \
            seconds = usage_buckets.seconds + excluded.seconds, cost = usage_buckets.cost + excluded.cost",
    };
    if sums.is_empty() {
        return Ok(());
    }
    // The map's order, so that two nodes that write at once lock rows in the same order.
    let rows: Vec<_> = sums
        .iter()
        .map(|((organization, kind, start, project, key, owner, model), (used, cost))| {
            json!([
                organization,
                kind.as_str(),
                start,
                project,
                key,
                owner,
                model,
                used.requests,
                used.input_tokens,
                used.input_cached_tokens,
                used.output_tokens,
                used.images,
                used.characters,
                used.seconds,
                cost.0
            ])
        })
        .collect();
    let sql = tx.pick(UPSERT);
    tx.execute(sql, vec![json!(rows).to_string().into()]).await.map(|_| ())
}

/// The newest events of an organization, newest first.
///
/// # Errors
/// When the store cannot.
pub async fn list_events(tx: &mut Tx, organization: &OrganizationId, limit: u32) -> Result<Vec<UsageEvent>, Error> {
    const SQL: &str = "SELECT id, at, kind, organization, project, api_key, owner, model, input_tokens, \
                       input_cached_tokens, output_tokens, images, characters, seconds, cost, status, estimated, request \
                       FROM usage_events WHERE organization = $1 ORDER BY at DESC, id DESC LIMIT $2";
    tx.all(SQL, vec![organization.as_str().into(), i64::from(limit).into()]).await?.iter().map(event).collect()
}

fn event(row: &Row) -> Result<UsageEvent, Error> {
    let id: UsageEventId = id(row, 0, "usage_events")?;
    let status = u16::try_from(row.int(15)?);
    Ok(UsageEvent {
        at: time(row, 1)?,
        kind: named(row, 2, "usage_events", UsageKind::from_name)?,
        organization: super::id(row, 3, "usage_events")?,
        project: super::id(row, 4, "usage_events")?,
        key: super::id(row, 5, "usage_events")?,
        owner: row.text(6)?,
        model: row.text(7)?,
        used: Quantities {
            requests: 1,
            input_tokens: row.int(8)?,
            input_cached_tokens: row.int(9)?,
            output_tokens: row.int(10)?,
            images: row.int(11)?,
            characters: row.int(12)?,
            seconds: row.int(13)?,
        },
        cost: Micros(row.int(14)?),
        status: status.map_err(|_| Error::Corrupt { table: "usage_events", id: id.to_string() })?,
        estimated: row.bool(16)?,
        request: row.text(17)?,
        id,
    })
}

/// Sums by bucket and group, in order of time, kind and group; groups without usage are not listed.
///
/// # Errors
/// When the store cannot.
pub async fn query(tx: &mut Tx, query: &UsageQuery) -> Result<Vec<UsageRow>, Error> {
    let mut values: Vec<Value> = vec![
        query.organization.as_str().into(),
        query.start.0.into(),
        query.end.0.into(),
        query.width_seconds.max(60).into(),
    ];
    let mut filter = String::from("organization = $1 AND bucket_start >= $2 AND bucket_start < $3");
    // Every kind by name where all are wanted: the index that finds the times has the kind before them.
    let wanted = UsageKind::ALL.into_iter().filter(|kind| query.kind.is_none_or(|one| one == *kind));
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
    let sums: Vec<String> =
        ["requests", "input_tokens", "input_cached_tokens", "output_tokens", "images", "characters", "seconds", "cost"]
            .iter()
            .map(|column| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)"))
            .collect();
    let sql = format!(
        "SELECT bucket_start - bucket_start % $4, kind, {}, {} FROM usage_buckets WHERE {filter} \
         GROUP BY bucket_start - bucket_start % $4, kind{groups}",
        shown.join(", "),
        sums.join(", ")
    );
    let mut rows = tx.all_built(sql, values).await?.iter().map(usage_row).collect::<Result<Vec<_>, _>>()?;
    // Engines order text differently; Rust orders it one way.
    let order = |row: &UsageRow| (row.bucket_start, row.kind);
    rows.sort_by(|a, b| {
        let by_group = (&a.project, &a.user, &a.key, &a.model).cmp(&(&b.project, &b.user, &b.key, &b.model));
        order(a).cmp(&order(b)).then(by_group)
    });
    Ok(rows)
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
        },
        cost: Micros(row.int(13)?),
    })
}
