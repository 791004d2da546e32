//! One migration folder, one schema: compares the catalogues of both engines (columns and indexes), and checks what a
//! migration does to rows of the previous version.

use std::collections::BTreeSet;

use sqlx::{Connection, Executor, Row};

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

/// Returns the texts of the migrations with the wanted numbers, in order.
fn migrations(wanted: impl Fn(u32) -> bool) -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let number = |file: &std::path::Path| file.file_name().unwrap().to_str().unwrap()[..4].parse::<u32>().unwrap();
    files.retain(|file| wanted(number(file)));
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// Buckets from before exact costs keep every figure and count as reported.
pub(crate) async fn usage_of_earlier_versions_is_kept(sqlite: &str, postgres: &str) {
    const OLD: &str = "INSERT INTO usage_buckets VALUES ('org-1', 'completions', 60, 'proj_1', 'key_1', 'user-1', 'm', \
                       1, 2, 3, 4, 5, 6, 7, 9223372036854775807)";
    const READ: &str = "SELECT requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, \
                        cost, cost_picos FROM usage_buckets WHERE NOT estimated AND model = 'm'";
    let mut on_sqlite = sqlx::SqliteConnection::connect(&format!("{sqlite}?mode=rwc")).await.unwrap();
    let mut on_postgres = sqlx::PgConnection::connect(postgres).await.unwrap();
    let texts = [migrations(|number| number < 20), vec![OLD.to_owned()], migrations(|number| number == 20)];
    for text in texts.concat() {
        on_sqlite.execute(sqlx::AssertSqlSafe(text.clone())).await.unwrap();
        on_postgres.execute(sqlx::AssertSqlSafe(text)).await.unwrap();
    }
    let kept = [1, 2, 3, 4, 5, 6, 7, i64::MAX, 0];
    let row = sqlx::query(READ).fetch_one(&mut on_sqlite).await.unwrap();
    assert_eq!(std::array::from_fn::<i64, 9, _>(|column| row.get(column)), kept);
    let row = sqlx::query(READ).fetch_one(&mut on_postgres).await.unwrap();
    assert_eq!(std::array::from_fn::<i64, 9, _>(|column| row.get(column)), kept);
}
