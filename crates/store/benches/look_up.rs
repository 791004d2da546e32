//! Measures one key's look-up with a thousand and with a million keys in the store: `cargo xtask bench --keys`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement: it prints, holds a real clock, and stops where it cannot go on"
)]

use std::time::Instant;

use keystead_core::key::KeyDigest;
use keystead_store::tables::directory;
use keystead_store::{Error, Store, Tx};
use sqlx::Connection;

/// Keys of one organization.
const SHARED: usize = 100;
const LOOK_UPS: usize = 20_000;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}", folder.path().join("keys.db").display());
    let server = keystead_store::testing::PostgresServer::start().await.ok();
    let postgres = server.as_ref().map(|server| server.bare_database().unwrap());
    println!("engine       keys   filled in   look-up p50   p99");
    for (engine, url) in [("SQLite", Some(file)), ("PostgreSQL", postgres)] {
        let Some(url) = url else {
            println!("{engine}: not installed, not measured");
            continue;
        };
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let mut there = 0;
        for size in [1_000, 1_000_000] {
            let began = Instant::now();
            fill(&url, there, size).await;
            there = size;
            let filled = began.elapsed().as_secs_f64();
            let (middle, slow) = look_up(&store, size).await;
            println!("{engine:<10} {size:>9}   {filled:>7.1} s   {middle:>8.0} µs   {slow:>4.0} µs");
        }
    }
}

/// Returns SQL that inserts organizations of [`SHARED`] keys each, from one number to another; the text is the same for
/// both engines except for the digest.
fn filling(digest: &str) -> String {
    let organizations =
        "WITH RECURSIVE numbers(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {to})";
    let keys = "WITH RECURSIVE numbers(n) AS (SELECT {from} * 100 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {to} * 100)";
    format!(
        "INSERT INTO users (id, email, name, created_at, deactivated_at, default_organization) {organizations} SELECT 'user-' || n, n || '@example.com', 'Somebody', 1, NULL, NULL FROM numbers;
         INSERT INTO organizations (id, name, created_at, deactivated_at, entitlement_version) {organizations} SELECT 'org-' || n, 'An organization', 1, NULL, 0 FROM numbers;
         INSERT INTO memberships (organization, user_id, role, created_at) {organizations} SELECT 'org-' || n, 'user-' || n, 'owner', 1 FROM numbers;
         INSERT INTO projects (id, organization, name, created_at, archived_at, is_default) {organizations} SELECT 'proj_' || n, 'org-' || n, 'Default project', 1, NULL, TRUE FROM numbers;
         INSERT INTO project_members (project, user_id, role, created_at) {organizations} SELECT 'proj_' || n, 'user-' || n, 'owner', 1 FROM numbers;
         INSERT INTO api_keys (id, kind, digest, redacted, name, organization, project, owner_user, owner_service_account, \
         restriction, created_at, expires_at, last_used_at, revoked_at, revoked_by, revoked_reason) {keys} SELECT 'key_' || n, 'project', {digest}, 'sk-proj-abc***xyz', 'A key', 'org-' || (n / 100), \
         'proj_' || (n / 100), 'user-' || (n / 100), NULL, '[]', 1, NULL, NULL, NULL, NULL, NULL FROM numbers"
    )
}

async fn fill(url: &str, from: usize, to: usize) {
    let sqlite = url.starts_with("sqlite");
    let spread = "CAST(n AS BIGINT) * 48271 % 2147483647";
    let digest = if sqlite {
        format!("CAST(printf('%032d', {spread}) AS BLOB)")
    } else {
        format!("convert_to(lpad(CAST({spread} AS TEXT), 32, '0'), 'UTF8')")
    };
    let text = filling(&digest);
    let text = text.replace("{from}", &(from / SHARED).to_string()).replace("{to}", &(to / SHARED).to_string());
    let text = sqlx::AssertSqlSafe(text);
    if sqlite {
        let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
        sqlx::raw_sql("ANALYZE").execute(&mut connection).await.unwrap();
    }
}

/// Computes the digests that the text above makes: they differ from the first byte, as real digests do.
fn digest(key: usize) -> KeyDigest {
    let text = format!("{:032}", key * 48_271 % 2_147_483_647);
    KeyDigest::from_bytes(text.as_bytes().try_into().unwrap())
}

/// Returns the median and the 99th percentile in microseconds, over keys spread across the table.
async fn look_up(store: &Store, size: usize) -> (f64, f64) {
    let mut took = Vec::with_capacity(LOOK_UPS);
    for turn in 0..LOOK_UPS {
        let wanted = digest(turn.wrapping_mul(7_919) % size);
        let began = Instant::now();
        let read = store.read("look_up", async move |tx: &mut Tx| directory::find_caller(tx, &wanted).await);
        let found: Result<_, Error> = read.await;
        took.push(began.elapsed().as_secs_f64() * 1e6);
        assert!(found.unwrap().is_some(), "every key is there");
    }
    took.sort_by(f64::total_cmp);
    (took[LOOK_UPS / 2], took[LOOK_UPS * 99 / 100])
}
