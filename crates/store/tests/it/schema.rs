//! One migration folder, one schema: what both catalogues say of columns and indexes is compared.

use std::collections::BTreeSet;

use sqlx::{Connection, Row};

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
