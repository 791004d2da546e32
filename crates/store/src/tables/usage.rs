//! Usage events and the minute buckets they are summed into.

use std::collections::BTreeMap;

use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::money::Micros;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
use serde_json::json;

use super::named;
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
    let rows: Vec<_> = events.iter().map(event_fields).collect();
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
            event.owner.clone(),
            event.model.clone(),
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
        event.owner,
        event.model.replace('\0', ""),
        used.input_tokens,
        used.input_cached_tokens,
        used.output_tokens,
        used.images,
        used.characters,
        used.seconds,
        event.cost.0,
        event.status,
        event.estimated,
        event.request
    ])
}

async fn add_to_buckets(tx: &mut Tx, sums: &BTreeMap<BucketKey, (Quantities, Micros)>) -> Result<(), Error> {
    const UPSERT: &str = "INSERT INTO usage_buckets (organization, kind, bucket_start, project, api_key, owner, model, \
        requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, cost) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
        ON CONFLICT (organization, kind, bucket_start, project, api_key, owner, model) DO UPDATE SET \
        requests = usage_buckets.requests + excluded.requests, \
        input_tokens = usage_buckets.input_tokens + excluded.input_tokens, \
        input_cached_tokens = usage_buckets.input_cached_tokens + excluded.input_cached_tokens, \
        output_tokens = usage_buckets.output_tokens + excluded.output_tokens, \
        images = usage_buckets.images + excluded.images, characters = usage_buckets.characters + excluded.characters, \
        seconds = usage_buckets.seconds + excluded.seconds, cost = usage_buckets.cost + excluded.cost";
    // In key order, so that two nodes that write at once lock rows in the same order.
    for ((organization, kind, start, project, key, owner, model), (used, cost)) in sums {
        let values = vec![
            organization.as_str().into(),
            kind.as_str().into(),
            (*start).into(),
            project.as_str().into(),
            key.as_str().into(),
            owner.as_str().into(),
            model.replace('\0', "").into(),
            used.requests.into(),
            used.input_tokens.into(),
            used.input_cached_tokens.into(),
            used.output_tokens.into(),
            used.images.into(),
            used.characters.into(),
            used.seconds.into(),
            cost.0.into(),
        ];
        tx.execute(UPSERT, values).await?;
    }
    Ok(())
}

/// Sums by bucket and group, in order of time. Quantities of an empty group are not listed.
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
    let kinds: Vec<&str> = query.kind.iter().map(|kind| kind.as_str()).collect();
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
         GROUP BY bucket_start - bucket_start % $4, kind{groups} ORDER BY 1, 2",
        shown.join(", "),
        sums.join(", ")
    );
    tx.all_built(sql, values).await?.iter().map(usage_row).collect()
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
