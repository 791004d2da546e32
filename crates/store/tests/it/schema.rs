//! One migration folder, one schema: compares the catalogues of both engines (columns and indexes), and checks that a database of
//! another version is refused.

use std::collections::BTreeSet;

use sqlx::{Connection, Row};

use keystead_testkit::Database;

/// Columns as `table.column type nullable`, and indexes as `table unique partial (columns)`.
type Catalogue = (BTreeSet<String>, BTreeSet<String>);

pub(crate) async fn is_the_same(sqlite: &str, postgres: &str) {
    let (sqlite, postgres) = (of_sqlite(sqlite).await, of_postgres(postgres).await);
    assert!(sqlite.0.len() > 80 && sqlite.1.len() > 25, "{sqlite:?}");
    assert_eq!(sqlite.0, postgres.0);
    assert_eq!(sqlite.1, postgres.1);
}

async fn of_sqlite(url: &str) -> Catalogue {
    let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
    let columns = sqlx::query(
        "SELECT t.name || '.' || c.name || ' ' || lower(c.type) || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 \
         THEN '' ELSE ' null' END FROM sqlite_schema t, pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE '%sqlx%' AND t.name NOT LIKE 'sqlite%'",
    );
    let indexes = sqlx::query(
        "SELECT t.name || CASE WHEN i.\"unique\" = 1 THEN ' unique' ELSE '' END || \
         CASE WHEN i.partial = 1 THEN ' partial' ELSE '' END || ' (' || \
         (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')' \
         FROM sqlite_schema t, pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT LIKE '%sqlx%'",
    );
    let columns = columns.fetch_all(&mut connection).await.unwrap();
    let indexes = indexes.fetch_all(&mut connection).await.unwrap();
    (columns.iter().map(|row| row.get(0)).collect(), indexes.iter().map(|row| row.get(0)).collect())
}

async fn of_postgres(url: &str) -> Catalogue {
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let columns = sqlx::query(
        "SELECT table_name || '.' || column_name || ' ' || data_type || CASE is_nullable WHEN 'YES' THEN ' null' \
         ELSE '' END FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '%sqlx%'",
    );
    let indexes = sqlx::query(
        "SELECT t.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END || \
         CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END || ' (' || \
         (SELECT string_agg(a.attname, ', ' ORDER BY k.place) FROM unnest(i.indkey) WITH ORDINALITY AS k(column_number, place) \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.column_number) || ')' \
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
         WHERE n.nspname = 'public' AND t.relname NOT LIKE '%sqlx%'",
    );
    let columns = columns.fetch_all(&mut connection).await.unwrap();
    let indexes = indexes.fetch_all(&mut connection).await.unwrap();
    (columns.iter().map(|row| row.get(0)).collect(), indexes.iter().map(|row| row.get(0)).collect())
}

/// The usage of one key is read without the days of all others, which are many after years.
pub(crate) async fn days_of_a_key_are_found_by_their_index(sqlite: &str) {
    let mut connection = sqlx::SqliteConnection::connect(sqlite).await.unwrap();
    let plan = sqlx::query(
        "EXPLAIN QUERY PLAN SELECT bucket_start, kind, estimated, SUM(requests), model FROM usage_days \
         WHERE organization = 'org-one' AND kind IN ('completions', 'embeddings', 'images') AND bucket_start >= 0 \
         AND bucket_start < 86400 AND api_key = 'key_a' GROUP BY bucket_start, kind, estimated, model",
    );
    let steps: Vec<String> = plan.fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get(3)).collect();
    assert!(steps.iter().any(|step| step.contains("usage_days_of_key (api_key=? AND bucket_start>?")), "{steps:?}");
}

/// What is done often, or for one person, does not read the whole of a table that grows with people and usage.
pub(crate) async fn growing_tables_are_not_scanned(sqlite: &str) {
    let mut connection = sqlx::SqliteConnection::connect(sqlite).await.unwrap();
    for (statement, index) in [
        // Every table that refers to people is searched for them.
        ("DELETE FROM users WHERE id = 'user-ann'", "identity_attempts_of_user"),
        ("UPDATE tokens SET used_at = 1 WHERE user_id = 'user-ann' AND used_at IS NULL", "tokens_of_user"),
        ("DELETE FROM refusals WHERE at < 1", "refusals_by_time"),
        (
            "SELECT id FROM identity_attempts WHERE redact_at <= 1 AND redacted_at IS NULL",
            "identity_attempts_to_redact",
        ),
        ("SELECT organization FROM organization_verifications WHERE status = 'verified'", "verifications_by_status"),
        (
            "SELECT model, SUM(requests) FROM usage_days WHERE bucket_start >= 0 AND bucket_start < 86400 \
             GROUP BY model",
            "usage_days_by_time",
        ),
    ] {
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")));
        let steps: Vec<String> = plan.fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get(3)).collect();
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{statement}: {steps:?}");
        assert!(steps.iter().any(|step| step.contains(index)), "{statement}: {steps:?}");
    }
}

/// What another version made is refused with the reason, and is not changed.
pub(crate) async fn of_another_version_is_refused(db: &Database) {
    let sqlite = db.url.starts_with("sqlite");
    let changed = if sqlite {
        "UPDATE _sqlx_migrations SET checksum = x'00'"
    } else {
        "UPDATE _sqlx_migrations SET checksum = '\\x00'"
    };
    let newer = "UPDATE _sqlx_migrations SET version = 9999";
    let unreleased = "UPDATE _sqlx_migrations SET version = 1, description = 'ground floor'";
    for (tampering, reason) in [
        (changed, "its migration 0001 is not the one of this version"),
        (newer, "made by a newer version of Keystead: migration 9999"),
        (unreleased, "made by an unreleased version of Keystead and cannot be migrated"),
    ] {
        db.tamper(tampering).await;
        let before = db.store.dump().await.unwrap();
        let refused = db.store.migrate().await.unwrap_err().to_string();
        assert!(refused.contains(reason), "{refused}");
        assert_eq!(db.store.check_version().await.unwrap_err().to_string(), refused);
        assert_eq!(db.store.dump().await.unwrap(), before);
    }
}
