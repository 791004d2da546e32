//! The statements over the rows of profiles. Each takes many keys, in the order in which every node locks their rows.

use super::counted::Addition;
use super::*;
use crate::tables::time;

/// What is known of a key when its use was added.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) first_used_at: Timestamp,
    pub(super) models: Seen,
    pub(super) minute_start: Timestamp,
    pub(super) minute: (i64, Amount),
    pub(super) hour_start: Timestamp,
    pub(super) hour: (i64, Amount),
    /// The day on which the past was summarized.
    pub(super) past_day: i64,
    pub(super) past: Past,
}

/// Where a key was used from.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub(super) first_used_at: Timestamp,
    pub(super) networks: Seen,
    pub(super) countries: Seen,
}

/// What was learned about a key; `None` keeps the column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) models: Option<String>,
    pub(super) networks: Option<String>,
    pub(super) countries: Option<String>,
    /// The summary of the past, with the day on which it was made.
    pub(super) past: Option<(i64, Past)>,
}

fn seen(row: &Row, column: usize) -> Result<Seen, Error> {
    let text = row.text(column)?;
    Seen::from_text(&text).ok_or(Error::Corrupt { table: "key_profiles", id: text })
}

/// A sum of a period: kept when what is added is older, replaced when it is newer.
macro_rules! summed {
    ($start:literal, $column:literal) => {
        concat!(
            $column,
            " = CASE WHEN key_profiles.",
            $start,
            " = excluded.",
            $start,
            " THEN key_profiles.",
            $column,
            " + excluded.",
            $column,
            " WHEN key_profiles.",
            $start,
            " < excluded.",
            $start,
            " THEN excluded.",
            $column,
            " ELSE key_profiles.",
            $column,
            " END, "
        )
    };
}

/// The later of two figures.
macro_rules! latest {
    ($column:literal) => {
        concat!(
            $column,
            " = CASE WHEN key_profiles.",
            $column,
            " < excluded.",
            $column,
            " THEN excluded.",
            $column,
            " ELSE key_profiles.",
            $column,
            " END"
        )
    };
}

macro_rules! added {
    () => {
        concat!(
            " ON CONFLICT (api_key) DO UPDATE SET ",
            summed!("minute_start", "minute_requests"),
            summed!("minute_start", "minute_cost"),
            summed!("minute_start", "minute_cost_picos"),
            summed!("hour_start", "hour_requests"),
            summed!("hour_start", "hour_cost"),
            summed!("hour_start", "hour_cost_picos"),
            latest!("minute_start"),
            ", ",
            latest!("hour_start"),
            ", ",
            latest!("last_used_day"),
            " RETURNING api_key, first_used_at, models, minute_start, minute_requests, minute_cost, minute_cost_picos, \
             hour_start, hour_requests, hour_cost, hour_cost_picos, past_day, past_days, past_requests, past_cost, \
             past_cost_picos"
        )
    };
}

/// Adds figures of keys, and returns their profiles. Keys without a profile, which are those of workloads, legacy user
/// keys and revoked ones, are left out.
pub(super) async fn add(tx: &mut Tx, added: &BTreeMap<&str, Addition>) -> Result<BTreeMap<String, Profile>, Error> {
    const SQL: PerEngine = PerEngine {
        sqlite: concat!(
            "INSERT INTO key_profiles (api_key, first_used_at, last_used_day, minute_start, minute_requests, minute_cost, \
             minute_cost_picos, hour_start, hour_requests, hour_cost, hour_cost_picos) \
             SELECT k.id, used.value->>1, used.value->>2, used.value->>3, used.value->>4, used.value->>5, used.value->>6, \
             used.value->>7, used.value->>8, used.value->>9, used.value->>10 FROM json_each($1) AS used \
             JOIN api_keys k ON k.id = used.value->>0 \
             WHERE k.organization IS NOT NULL AND k.federation_rule IS NULL AND k.revoked_at IS NULL",
            added!()
        ),
        postgres: concat!(
            "INSERT INTO key_profiles (api_key, first_used_at, last_used_day, minute_start, minute_requests, minute_cost, \
             minute_cost_picos, hour_start, hour_requests, hour_cost, hour_cost_picos) \
             SELECT k.id, (used.value->>1)::BIGINT, (used.value->>2)::BIGINT, (used.value->>3)::BIGINT, \
             (used.value->>4)::BIGINT, (used.value->>5)::BIGINT, (used.value->>6)::BIGINT, (used.value->>7)::BIGINT, \
             (used.value->>8)::BIGINT, (used.value->>9)::BIGINT, (used.value->>10)::BIGINT \
             FROM jsonb_array_elements(CAST($1 AS JSONB)) AS used(value) JOIN api_keys k ON k.id = used.value->>0 \
             WHERE k.organization IS NOT NULL AND k.federation_rule IS NULL AND k.revoked_at IS NULL ORDER BY k.id",
            added!()
        ),
    };
    let row = |(key, one): (&&str, &Addition)| {
        let ((minute, (requests, cost)), (hour, (of_hour, cost_of_hour))) = (one.minute, one.hour);
        let ((micros, picos), (hour_micros, hour_picos)) = (cost.parts(), cost_of_hour.parts());
        json!([
            key,
            one.first_at.0,
            day(one.last_at),
            minute,
            requests,
            micros,
            picos,
            hour,
            of_hour,
            hour_micros,
            hour_picos
        ])
    };
    let rows: Vec<_> = added.iter().map(row).collect();
    let sql = tx.pick(SQL);
    let rows = tx.all(sql, vec![json!(rows).to_string().into()]).await?;
    let read = |row: &Row| {
        let profile = Profile {
            first_used_at: time(row, 1)?,
            models: seen(row, 2)?,
            minute_start: time(row, 3)?,
            minute: (row.int(4)?, amount(row, 5)?),
            hour_start: time(row, 7)?,
            hour: (row.int(8)?, amount(row, 9)?),
            past_day: row.int(11)?,
            past: Past {
                days: usize::try_from(row.int(12)?).unwrap_or_default(),
                requests: row.int(13)?,
                spend: amount(row, 14)?,
            },
        };
        Ok((row.text(0)?, profile))
    };
    rows.iter().map(read).collect()
}

/// Notes that keys were used, and returns from where they were used before.
pub(super) async fn touch(tx: &mut Tx, uses: &[(&str, Timestamp)]) -> Result<BTreeMap<String, Places>, Error> {
    macro_rules! conflicts {
        () => {
            concat!(
                " ON CONFLICT (api_key) DO UPDATE SET ",
                latest!("last_used_day"),
                " RETURNING api_key, first_used_at, networks, countries"
            )
        };
    }
    macro_rules! watched_keys {
        () => {
            " WHERE k.organization IS NOT NULL AND k.federation_rule IS NULL AND k.revoked_at IS NULL AND NOT EXISTS \
             (SELECT 1 FROM users u WHERE u.id = k.owner_user AND u.deactivated_at IS NOT NULL) AND NOT EXISTS \
             (SELECT 1 FROM organizations o WHERE o.id = k.organization AND o.deactivated_at IS NOT NULL)"
        };
    }
    const SQL: PerEngine = PerEngine {
        sqlite: concat!(
            "INSERT INTO key_profiles (api_key, first_used_at, last_used_day) \
             SELECT k.id, used.value->>1, used.value->>2 FROM json_each($1) AS used \
             JOIN api_keys k ON k.id = used.value->>0",
            watched_keys!(),
            conflicts!()
        ),
        postgres: concat!(
            "INSERT INTO key_profiles (api_key, first_used_at, last_used_day) \
             SELECT k.id, (used.value->>1)::BIGINT, (used.value->>2)::BIGINT \
             FROM jsonb_array_elements(CAST($1 AS JSONB)) AS used(value) JOIN api_keys k ON k.id = used.value->>0",
            watched_keys!(),
            " ORDER BY k.id",
            conflicts!()
        ),
    };
    if uses.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<_> = uses.iter().map(|(key, at)| json!([key, at.0, day(*at)])).collect();
    let sql = tx.pick(SQL);
    let rows = tx.all(sql, vec![json!(rows).to_string().into()]).await?;
    let read = |row: &Row| {
        let places = Places { first_used_at: time(row, 1)?, networks: seen(row, 2)?, countries: seen(row, 3)? };
        Ok((row.text(0)?, places))
    };
    rows.iter().map(read).collect()
}

/// The hours with use of each key: when they began, requests and cost.
pub(super) type Hours = BTreeMap<String, Vec<(Timestamp, i64, Amount)>>;

/// Reads the hours with use of keys between two moments, without batches.
pub(super) async fn hours(tx: &mut Tx, keys: &[&str], from: Timestamp, to: Timestamp) -> Result<Hours, Error> {
    const SQL: PerEngine = PerEngine {
        sqlite: "SELECT api_key, bucket_start, CAST(SUM(CASE WHEN tool_calls = 0 THEN requests ELSE 0 END) AS BIGINT), \
                 CAST(SUM(cost) AS BIGINT), CAST(SUM(cost_picos) AS BIGINT) FROM usage_hours \
                 WHERE bucket_start >= $2 AND bucket_start < $3 AND NOT batch AND api_key IN \
                 (SELECT value FROM json_each($1)) GROUP BY api_key, bucket_start",
        postgres: "SELECT api_key, bucket_start, CAST(SUM(CASE WHEN tool_calls = 0 THEN requests ELSE 0 END) AS BIGINT), \
                   CAST(SUM(cost) AS BIGINT), CAST(SUM(cost_picos) AS BIGINT) FROM usage_hours \
                   WHERE bucket_start >= $2 AND bucket_start < $3 AND NOT batch AND api_key IN \
                   (SELECT jsonb_array_elements_text(CAST($1 AS JSONB))) GROUP BY api_key, bucket_start",
    };
    let sql = tx.pick(SQL);
    let values = vec![json!(keys).to_string().into(), from.0.into(), to.0.into()];
    let mut hours = Hours::new();
    for row in &tx.all(sql, values).await? {
        hours.entry(row.text(0)?).or_default().push((time(row, 1)?, row.int(2)?, amount(row, 3)?));
    }
    Ok(hours)
}

/// Saves what was learned. The rows were locked when the use was added.
pub(super) async fn save(tx: &mut Tx, changes: &BTreeMap<String, Change>) -> Result<(), Error> {
    const SQL: PerEngine = PerEngine {
        sqlite: "UPDATE key_profiles SET models = COALESCE(learned.models, key_profiles.models), networks = COALESCE(learned.networks, key_profiles.networks), \
                 countries = COALESCE(learned.countries, key_profiles.countries), past_day = COALESCE(learned.past_day, key_profiles.past_day), \
                 past_days = COALESCE(learned.past_days, key_profiles.past_days), past_requests = COALESCE(learned.past_requests, key_profiles.past_requests), \
                 past_cost = COALESCE(learned.past_cost, key_profiles.past_cost), past_cost_picos = COALESCE(learned.past_cost_picos, key_profiles.past_cost_picos) FROM \
                 (SELECT value->>0 AS id, value->>1 AS models, value->>2 AS networks, value->>3 AS countries, \
                 value->>4 AS past_day, value->>5 AS past_days, value->>6 AS past_requests, value->>7 AS past_cost, \
                 value->>8 AS past_cost_picos FROM json_each($1)) AS learned WHERE key_profiles.api_key = learned.id",
        postgres: "UPDATE key_profiles SET models = COALESCE(learned.models, key_profiles.models), networks = COALESCE(learned.networks, key_profiles.networks), \
                   countries = COALESCE(learned.countries, key_profiles.countries), past_day = COALESCE(learned.past_day, key_profiles.past_day), \
                   past_days = COALESCE(learned.past_days, key_profiles.past_days), past_requests = COALESCE(learned.past_requests, key_profiles.past_requests), \
                   past_cost = COALESCE(learned.past_cost, key_profiles.past_cost), past_cost_picos = COALESCE(learned.past_cost_picos, key_profiles.past_cost_picos) FROM \
                   (SELECT value->>0 AS id, value->>1 AS models, value->>2 AS networks, value->>3 AS countries, \
                   (value->>4)::BIGINT AS past_day, (value->>5)::BIGINT AS past_days, \
                   (value->>6)::BIGINT AS past_requests, (value->>7)::BIGINT AS past_cost, \
                   (value->>8)::BIGINT AS past_cost_picos \
                   FROM jsonb_array_elements(CAST($1 AS JSONB)) AS listed(value)) AS learned \
                   WHERE key_profiles.api_key = learned.id",
    };
    if changes.is_empty() {
        return Ok(());
    }
    let row = |(key, change): (&String, &Change)| {
        let past = change.past.map(|(day, past)| {
            let (micros, picos) = past.spend.parts();
            (day, past.days, past.requests, micros, picos)
        });
        json!([
            key,
            change.models,
            change.networks,
            change.countries,
            past.map(|past| past.0),
            past.map(|past| past.1),
            past.map(|past| past.2),
            past.map(|past| past.3),
            past.map(|past| past.4)
        ])
    };
    let rows: Vec<_> = changes.iter().map(row).collect();
    let sql = tx.pick(SQL);
    tx.execute(sql, vec![json!(rows).to_string().into()]).await.map(|_| ())
}
