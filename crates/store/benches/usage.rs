//! Measures the queries of usage over the sums of a month with 100 million events: `cargo xtask bench --usage`.
//!
//! The sums are generated, not the events: an answer reads only sums, and their number follows from how the events are
//! spread. 200 projects have 5 keys each, and each key uses 3 of 20 models: 3 000 series. Each is used in half of the
//! 744 hours of 31 days: 3 000 × 31 rows of days with 1 075 events each, and 3 000 × 372 rows of hours with 90 events
//! each. 90 events fall into 47 of 60 minutes on average, so one day has 3 000 × 12 × 47 rows of minutes.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement: it prints, holds a real clock, and stops where it cannot go on"
)]

mod events;

use std::time::Instant;

use keystead_core::time::Timestamp;
use keystead_core::usage::{UsageEvent, UsageKind};
use keystead_store::tables::usage::{self, GroupKey, UsageQuery};
use keystead_store::{Error, Store, Tx};
use sqlx::Connection;

/// Midnight in UTC.
const START: i64 = 1_767_225_600;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
const ROUNDS: usize = 7;
const ORGANIZATION: &str = "org-AAAAAAAAAAAAAAAAAAAAAAAA";

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.db");
    let file = format!("sqlite://{}", path.display());
    let server = keystead_store::testing::PostgresServer::start().await.ok();
    let postgres = server.as_ref().map(|server| server.bare_database().unwrap());
    for (engine, url) in [("SQLite", Some(file)), ("PostgreSQL", postgres)] {
        let Some(url) = url else {
            println!("{engine}: not installed, not measured");
            continue;
        };
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let began = Instant::now();
        fill(&url).await;
        println!("{engine}: filled in {:.0} s", began.elapsed().as_secs_f64());
        println!("{:<62} {:>8} {:>9} {:>9}", "query", "rows", "median", "slowest");
        for (name, query) in queries() {
            measure(&store, name, &query).await;
        }
        record(&store).await;
        drop(store);
        if engine == "SQLite" {
            println!("file: {} MB", std::fs::metadata(&path).unwrap().len() / 1_000_000);
            std::fs::remove_file(&path).unwrap();
        }
    }
}

/// Returns the statement that fills one table: the text is the same for both engines.
fn filling(table: &str, (count, width): (i64, i64), from: i64, used: &str, events: i64) -> String {
    format!(
        "WITH RECURSIVE series(s) AS (SELECT 0 UNION ALL SELECT s + 1 FROM series WHERE s + 1 < 3000), \
         times(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM times WHERE n + 1 < {count}) \
         INSERT INTO {table} (organization, kind, bucket_start, estimated, project, api_key, owner, model, batch, detail, \
         source, requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, tool_calls, cost, \
         cost_picos) SELECT '{ORGANIZATION}', CASE WHEN s % 20 < 17 THEN 'completions' ELSE 'embeddings' END, \
         {from} + n * {width}, s % 50 = 0, 'proj_AAAAAAAAAAAAAAAAAAAA' || (1000 + s / 15), \
         'key_AAAAAAAAAAAAAAAAAAAA' || (1000 + s / 3), 'user-AAAAAAAAAAAAAAAAAAAA' || (1000 + s / 3 % 400), \
         'model-' || (s % 20), FALSE, 'default', '', {events}, {events} * 900, {events} * 200, {events} * 300, 0, 0, 0, 0, \
         {events} * 700, 0 FROM times, series WHERE {used} ORDER BY n, s"
    )
}

async fn fill(url: &str) {
    let minutes =
        filling("usage_minutes", (1_440, 60), START + 30 * DAY, "(n / 60 + s) % 2 = 0 AND (n * 7 + s) % 60 < 47", 2);
    let text = [
        filling("usage_days", (31, DAY), START, "TRUE", 1_075),
        filling("usage_hours", (744, HOUR), START, "(n + s) % 2 = 0", 90),
        minutes,
        // Minutes of earlier days are deleted, as they are after two weeks.
        format!("INSERT INTO usage_minutes_kept (one, since) VALUES (1, {})", START + 30 * DAY),
    ]
    .join(";\n");
    let text = sqlx::AssertSqlSafe(text);
    if url.starts_with("sqlite") {
        let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
        sqlx::raw_sql("VACUUM ANALYZE").execute(&mut connection).await.unwrap();
        let sizes = "SELECT CAST(SUM(pg_total_relation_size(relname::regclass)) / 1000000 AS BIGINT) \
                     FROM pg_class WHERE relname IN ('usage_days', 'usage_hours', 'usage_minutes')";
        let size: i64 = sqlx::query_scalar(sizes).fetch_one(&mut connection).await.unwrap();
        println!("tables: {size} MB");
    }
}

fn queries() -> Vec<(&'static str, UsageQuery)> {
    use GroupKey::{ApiKey, Batch, Detail, Model, Project, User};
    let organization = ORGANIZATION.parse().unwrap();
    let ask = |kind: Option<UsageKind>, (from, to): (i64, i64), width: i64, group_by: &[GroupKey]| UsageQuery {
        kind,
        group_by: group_by.to_vec(),
        ..UsageQuery::all(&organization, (Timestamp(START + from), Timestamp(START + to)), width)
    };
    let completions = Some(UsageKind::Completions);
    let (month, week, day) = ((0, 31 * DAY), (24 * DAY, 31 * DAY), (30 * DAY, 31 * DAY));
    let all = [Project, User, ApiKey, Model, Batch, Detail];
    let one = vec!["proj_AAAAAAAAAAAAAAAAAAAA1100".parse().unwrap()];
    let half = UsageQuery { origin: Timestamp(START + HOUR / 2), ..ask(None, (HOUR / 2, 31 * DAY), DAY, &[Model]) };
    vec![
        ("a month by 1d, completions", ask(completions, month, DAY, &[])),
        ("a month by 1d, completions, by key", ask(completions, month, DAY, &[ApiKey])),
        ("a month by 1d, completions, by all six groups", ask(completions, month, DAY, &all)),
        (
            "a month by 1d, completions, one project by model",
            UsageQuery { projects: one, ..ask(completions, month, DAY, &[Model]) },
        ),
        ("a month by 1d, costs", ask(None, month, DAY, &[])),
        (
            "a month by 1d, costs by project, person, line item and key",
            ask(None, month, DAY, &[Project, User, Model, ApiKey]),
        ),
        ("a month in one sum, as the first page", ask(None, month, 400 * DAY, &[])),
        ("a month of days that begin at half past, by model", half),
        ("a week by 1h, completions", ask(completions, week, HOUR, &[])),
        ("a week by 1h, completions, by model", ask(completions, week, HOUR, &[Model])),
        ("half a day by 1h, completions, by all six groups", ask(completions, (0, 14 * HOUR), HOUR, &all)),
        ("an hour by 1m, completions, by model", ask(completions, (30 * DAY, 30 * DAY + HOUR), 60, &[Model])),
        ("a day by 1m, completions", ask(completions, day, 60, &[])),
    ]
}

async fn measure(store: &Store, name: &str, query: &UsageQuery) {
    let (mut took, mut rows) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let query = query.clone();
        let began = Instant::now();
        let read = store.read("usage", async move |tx: &mut Tx| usage::query(tx, &query).await).await;
        let found: Result<_, Error> = read;
        took.push(began.elapsed().as_secs_f64() * 1e3);
        rows = found.unwrap().len();
    }
    took.sort_by(f64::total_cmp);
    println!("{name:<62} {rows:>8} {:>6.0} ms {:>6.0} ms", took[ROUNDS / 2], took[ROUNDS - 1]);
}

/// Measures counting a batch of a thousand events of a thousand series in tables of this size.
async fn record(store: &Store) {
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        let events: Vec<UsageEvent> = (0..1_000).map(|number| event(round, number)).collect();
        let first = i64::try_from(round * 1_000).unwrap();
        let began = Instant::now();
        let write = store
            .write("record", async move |tx: &mut Tx| -> Result<_, Error> {
                usage::record(tx, "1-bench", first, &events).await
            })
            .await;
        took.push(began.elapsed().as_secs_f64() * 1e3);
        assert_eq!(write.unwrap(), 1_000);
    }
    took.sort_by(f64::total_cmp);
    println!("counting 1 000 events of 1 000 series: {:.0} ms, slowest {:.0} ms", took[ROUNDS / 2], took[ROUNDS - 1]);
}

fn event(round: usize, number: usize) -> UsageEvent {
    let minutes = i64::try_from(round).unwrap() * 60;
    let ids = [
        format!("proj_AAAAAAAAAAAAAAAAAAAA{}", 1_000 + number / 5),
        format!("key_AAAAAAAAAAAAAAAAAAAA{}", 1_000 + number),
        format!("user-AAAAAAAAAAAAAAAAAAAA{}", 1_000 + number % 400),
        format!("model-{}", number % 20),
    ];
    let [project, key, owner, model] = &ids;
    events::event(Timestamp(START + 31 * DAY - HOUR + minutes), (ORGANIZATION, project, key, owner), model)
}
