//! Measures what one PostgreSQL does for nodes: `cargo xtask bench --database`.
//!
//! Each organization has a project and 4 people with a key each. The organization, the project, each person and each
//! key have a budget, and the organization has credit; all nodes have a lease of each. Every event is paid from five of
//! them. A thousand events end in each second of the calendar, spread evenly over the organizations.
//!
//! The server does not wait for its disk (`fsync=off`): the figures are what its processor carries.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement: it prints, holds a real clock, and stops where it cannot go on"
)]

mod events;

use std::rc::Rc;
use std::time::Instant;

use keystead_core::budget::{
    BudgetScope, BudgetSubject, BudgetTerms, Charge, LeaseAsk, Payers, SubjectKind, Window, decide,
};
use keystead_core::id::KeyId;
use keystead_core::money::Amount;
use keystead_core::rate::shares::{LimitName, ShareAsk};
use keystead_core::rate::{Levels, Part, RateLimits};
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use keystead_store::tables::{api_keys, rate_shares, spend_leases, usage};
use keystead_store::{Error, Store, Tx};
use sqlx::Connection;
use tokio::task::LocalSet;

/// Midnight in UTC, at the beginning of a month.
const START: i64 = 1_767_225_600;
/// Events that end in a second.
const PER_SECOND: i64 = 1_000;
/// The most events that a node delivers at a time.
const BATCH: usize = 2_000;
/// Keys of each organization.
const KEYS: usize = 4;
/// The most nodes at a time.
const NODES: usize = 4;
/// Batches that are counted by one writer, by two, and by four: a million events in all.
const BATCHES: [(usize, usize); 3] = [(1, 52), (2, 100), (4, 348)];
/// Leases that are renewed in each measurement.
const RENEWALS: usize = 8_192;
/// Limits of rates that are reported in each measurement.
const REPORTS: usize = 16_000;
/// The most leases that a node renews in one transaction.
const LEASES: usize = 64;
/// The most limits that a node reports in one transaction.
const LIMITS: usize = 200;

/// A database with this number of organizations.
#[derive(Clone)]
struct World {
    store: Store,
    organizations: usize,
}

#[tokio::main]
async fn main() {
    let Ok(server) = keystead_store::testing::PostgresServer::start().await else {
        println!("PostgreSQL is not installed, not measured");
        return;
    };
    for organizations in [1, 100, 10_000] {
        let url = server.bare_database().unwrap();
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        fill(&url, organizations).await;
        println!("\norganizations: {organizations}, keys: {}", organizations * KEYS);
        let world = World { store, organizations };
        let mut counted = 0;
        for (writers, batches) in BATCHES {
            let per_second = count(&world, writers, counted, batches).await;
            counted += batches * BATCH;
            line(&format!("events counted, {writers} writers"), per_second);
        }
        sizes(&url, counted).await;
        line("leases renewed, one in a transaction, different budgets", renew(&world, 1, false).await);
        line("leases renewed, one in a transaction, all of one budget", renew(&world, 1, true).await);
        line("leases renewed, up to 64 in a transaction, different budgets", renew(&world, LEASES, false).await);
        line("limits of rates reported, 200 in a transaction, of one node each", share(&world, false).await);
        line("limits of rates reported, 200 in a transaction, of all nodes", share(&world, true).await);
        world.store.close().await;
    }
}

fn line(what: &str, per_second: f64) {
    println!("{what:<68} {per_second:>9.0} / s");
}

/// Inserts organizations, projects, people, keys, budgets, leases and nodes.
async fn fill(url: &str, organizations: usize) {
    let text = format!(
        "INSERT INTO organizations (id, name, created_at, entitlement_version) \
         SELECT 'org-' || n, 'An organization', 1, 0 FROM generate_series(0, {organizations} - 1) AS n;
         INSERT INTO projects (id, organization, name, created_at, archived_at, is_default) \
         SELECT 'proj_' || n, 'org-' || n, 'Default project', 1, NULL, TRUE \
         FROM generate_series(0, {organizations} - 1) AS n;
         INSERT INTO users (id, email, name, created_at) \
         SELECT 'user-' || n, n || '@example.com', 'Somebody', 1 \
         FROM generate_series(0, {organizations} * {KEYS} - 1) AS n;
         INSERT INTO api_keys (id, kind, digest, redacted, name, organization, project, owner_user, restriction, \
         created_at) SELECT 'key_' || n, 'project', convert_to(lpad(CAST(n AS TEXT), 32, '0'), 'UTF8'), \
         'sk-proj-abc***xyz', 'A key', 'org-' || (n / {KEYS}), 'proj_' || (n / {KEYS}), 'user-' || n, '[]', 1 \
         FROM generate_series(0, {organizations} * {KEYS} - 1) AS n;
         CREATE TEMPORARY TABLE scopes AS \
         SELECT 'org-' || n AS subject, 'money/month' AS terms, 'org-' || n AS organization \
         FROM generate_series(0, {organizations} - 1) AS n \
         UNION ALL SELECT 'org-' || n, 'credit', 'org-' || n FROM generate_series(0, {organizations} - 1) AS n \
         UNION ALL SELECT 'proj_' || n, 'money/month', 'org-' || n FROM generate_series(0, {organizations} - 1) AS n \
         UNION ALL SELECT 'org-' || (n / {KEYS}) || '/user-' || n, 'money/month', 'org-' || (n / {KEYS}) \
         FROM generate_series(0, {organizations} * {KEYS} - 1) AS n \
         UNION ALL SELECT 'key_' || n, 'money/month', 'org-' || (n / {KEYS}) \
         FROM generate_series(0, {organizations} * {KEYS} - 1) AS n;
         INSERT INTO budgets (id, organization, subject, terms, zone, most, most_picos, version, created_at, \
         updated_at) SELECT 'budget_' || row_number() OVER (), organization, subject, terms, 'UTC', 1000000000000, \
         0, 1, 1, 1 FROM scopes;
         INSERT INTO spend_counters (subject, terms, window_start, spent, spent_picos) \
         SELECT subject, terms, CASE terms WHEN 'credit' THEN 0 ELSE {START} END, 0, 0 FROM scopes;
         INSERT INTO spend_leases (subject, terms, window_start, holder, granted, granted_picos, committed, \
         committed_picos, renewed_at, ends_at) \
         SELECT subject, terms, CASE terms WHEN 'credit' THEN 0 ELSE {START} END, 'node' || h, 1000000000, 0, 0, 0, \
         {START}, {START} + 1000000 FROM scopes, generate_series(0, {NODES} - 1) AS h;
         INSERT INTO nodes (id, applied_revision, seen_at) \
         SELECT 'node' || h, 0, {START} + 1000000 FROM generate_series(0, {NODES} - 1) AS h"
    );
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
    sqlx::raw_sql("VACUUM ANALYZE").execute(&mut connection).await.unwrap();
}

/// Runs the work of nodes at the same time, and returns how often something was done in a second.
async fn together<F: AsyncFn(usize) + 'static>(nodes: usize, done: usize, work: F) -> f64 {
    let (work, local) = (Rc::new(work), LocalSet::new());
    let began = Instant::now();
    let start = |node: usize| {
        let work = Rc::clone(&work);
        local.spawn_local(async move { (*work)(node).await })
    };
    let tasks: Vec<_> = (0..nodes).map(start).collect();
    local
        .run_until(async {
            for task in tasks {
                task.await.unwrap();
            }
        })
        .await;
    f64::from(u32::try_from(done).unwrap()) / began.elapsed().as_secs_f64()
}

/// Counts batches of events as nodes deliver them from their spools.
async fn count(world: &World, writers: usize, from: usize, batches: usize) -> f64 {
    let World { store, organizations } = world.clone();
    let work = async move |writer: usize| {
        let segment = format!("{writers}-node{writer}");
        for turn in 0..batches / writers {
            let first = from + (turn * writers + writer) * BATCH;
            let events: Vec<UsageEvent> = (first..first + BATCH).map(|number| event(organizations, number)).collect();
            let touched: Vec<(KeyId, Timestamp)> = events.iter().map(|event| (event.key.clone(), event.at)).collect();
            let place = i64::try_from(turn * BATCH).unwrap();
            let write = store.write("record_usage", async |tx: &mut Tx| -> Result<_, Error> {
                let counted = usage::record(tx, &segment, place, &events).await?;
                api_keys::touch(tx, &touched).await?;
                Ok(counted)
            });
            assert_eq!(write.await.unwrap(), BATCH);
        }
    };
    together(writers, batches * BATCH, work).await
}

fn event(organizations: usize, number: usize) -> UsageEvent {
    let organization = number * 7_919 % organizations;
    let key = organization * KEYS + number / organizations % KEYS;
    let at = Timestamp(START + i64::try_from(number).unwrap() / PER_SECOND);
    let payers = SubjectKind::ALL.into_iter().fold(Payers::NONE, |set, kind| set.with(kind, BudgetTerms::SPEND_LIMIT));
    let payers = payers.with(SubjectKind::Organization, BudgetTerms::CREDIT);
    let ids = [
        format!("org-{organization}"),
        format!("proj_{organization}"),
        format!("key_{key}"),
        format!("user-{key}"),
        format!("model-{}", number % 3),
    ];
    let [organization, project, key, owner, model] = &ids;
    let charge = Some(Charge { admitted_at: at, payers });
    UsageEvent { charge, ..events::event(at, (organization, project, key, owner), model) }
}

/// Renews leases as nodes do: one for a request that needs it now, or all that a node has.
async fn renew(world: &World, at_a_time: usize, one_budget: bool) -> f64 {
    let World { store, organizations } = world.clone();
    let keys = organizations * KEYS;
    // Nodes lock the rows in the same order.
    let in_one = at_a_time.min(keys);
    let turns = RENEWALS / NODES / in_one;
    let work = async move |node: usize| {
        for turn in 0..turns {
            let first = (turn * NODES + node) * in_one;
            let mut numbers: Vec<usize> = (first..first + in_one).map(|number| number % keys).collect();
            numbers.sort_unstable();
            let subject = |key: usize| match one_budget {
                true => BudgetSubject::Organization("org-0".parse().unwrap()),
                false => BudgetSubject::Key(format!("key_{key}").parse().unwrap()),
            };
            let asks: Vec<LeaseAsk> = numbers.into_iter().map(|key| lease(subject(key), node)).collect();
            let now = Timestamp(START);
            let write = store.write("renew_leases", async |tx: &mut Tx| -> Result<_, Error> {
                for ask in &asks {
                    let stored = spend_leases::stored(tx, ask, now).await?.unwrap();
                    let (decision, _) = decide(ask, &stored, now);
                    spend_leases::save(tx, ask, &decision, now).await?;
                }
                Ok(())
            });
            write.await.unwrap();
        }
    };
    together(NODES, turns * in_one * NODES, work).await
}

fn lease(subject: BudgetSubject, node: usize) -> LeaseAsk {
    LeaseAsk {
        scope: BudgetScope::spend_limit(subject),
        window: Window::month(Timestamp(START)),
        holder: format!("node{node}").into(),
        number: 0,
        committed: Amount::ZERO,
        keep: Amount::ZERO,
        least: Amount::ZERO,
        want: Amount::of_cents(10),
        ends_at: Timestamp(START + 600),
        ended_by: Timestamp(START),
    }
}

/// Reports limits of rates as nodes do every second.
async fn share(world: &World, of_all: bool) -> f64 {
    let World { store, organizations } = world.clone();
    let turns = REPORTS / NODES / LIMITS;
    let work = async move |node: usize| {
        let name = format!("node{node}");
        let mut parts = vec![Part::NONE; LIMITS];
        for turn in 0..turns {
            let ask = |(place, part): (usize, &Part)| {
                let number = if of_all { place } else { NODES * LIMITS + node * LIMITS + place };
                let (subject, model) = (number % organizations, number / organizations);
                ShareAsk {
                    name: LimitName { subject: format!("org-{subject}"), model: format!("model-{model}") },
                    limits: RateLimits { requests_per_day: Some(100_000), ..RateLimits::NONE },
                    number: u64::try_from(turn + 1).unwrap(),
                    first: turn == 0,
                    part: *part,
                    given: Levels::default(),
                    levels: Levels::default(),
                    want: Part::of_nodes(4),
                }
            };
            let asks: Vec<ShareAsk> = parts.iter().enumerate().map(ask).collect();
            let now = Timestamp(START + i64::try_from(turn).unwrap());
            let write = store.write("divide_rates", async |tx: &mut Tx| -> Result<_, Error> {
                let (seen, mut given) = (rate_shares::nodes_seen(tx).await?, Vec::with_capacity(LIMITS));
                for ask in &asks {
                    let mut division = rate_shares::lock(tx, &ask.name, now).await?.unwrap();
                    let answer = division.divide(&name, ask, |node| seen.state(node, now), now);
                    rate_shares::save(tx, &ask.name, &division, answer.is_short(), now).await?;
                    given.push(answer.part);
                }
                Ok(given)
            });
            parts = write.await.unwrap();
        }
    };
    together(NODES, turns * LIMITS * NODES, work).await
}

/// Prints what the tables take on disk after these events, with what updates have left behind in them.
async fn sizes(url: &str, events: usize) {
    const SIZE: &str = "SELECT CAST(COALESCE(SUM(pg_total_relation_size(CAST(relname AS regclass))), 0) / 1000000 \
                        AS BIGINT) FROM pg_class WHERE relname IN ('usage_minutes', 'usage_hours', 'usage_days')";
    const OTHERS: &str = "SELECT CAST(SUM(pg_total_relation_size(CAST(relname AS regclass))) / 1000000 AS BIGINT) \
                          FROM pg_class WHERE relname IN ('spend_counters', 'spend_leases', 'credit_usage', \
                          'key_profiles', 'feature_uses')";
    const ROWS: &str = "SELECT (SELECT COUNT(*) FROM usage_minutes) + (SELECT COUNT(*) FROM usage_hours) \
                        + (SELECT COUNT(*) FROM usage_days)";
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let mut figures = [0_i64; 3];
    for (figure, sql) in figures.iter_mut().zip([SIZE, OTHERS, ROWS]) {
        *figure = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    }
    let [sums, others, rows] = figures;
    println!(
        "after {events} events: {rows} rows of sums in {sums} MB; counters, leases and profiles of keys {others} MB"
    );
}
