//! One migration folder must make one schema: columns and their nullability are read from both catalogues and compared.

use std::collections::BTreeMap;

use keystead_store::Store;
use sqlx::{Connection, Row};

use crate::database;

type Columns = BTreeMap<(String, String), (String, bool)>;

#[tokio::test]
async fn both_engines_have_the_same_columns() {
    let Some(server) = database::server() else { return };
    database::stores("schema").await;
    let (base, _) = server.rsplit_once('/').unwrap();
    let address = format!("{base}/store_schema_{}", std::process::id());
    let mut postgres = sqlx::PgConnection::connect(&address).await.unwrap();
    let rows = sqlx::query(
        "SELECT table_name::TEXT, column_name::TEXT, data_type::TEXT, is_nullable::TEXT FROM information_schema.columns \
         WHERE table_schema = 'public'",
    );
    let mut there = Columns::new();
    for row in rows.fetch_all(&mut postgres).await.unwrap() {
        let kind: String = row.get(2);
        there.insert((row.get(0), row.get(1)), (kind.to_uppercase(), row.get::<String, _>(3) == "YES"));
    }

    let folder = std::env::temp_dir().join(format!("keystead-schema-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let address = format!("sqlite://{}/schema.db", folder.display());
    Store::open(&address).await.unwrap().migrate().await.unwrap();
    let mut sqlite = sqlx::SqliteConnection::connect(&address).await.unwrap();
    let rows = sqlx::query(
        "SELECT m.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_master m, pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'",
    );
    let mut here = Columns::new();
    for row in rows.fetch_all(&mut sqlite).await.unwrap() {
        here.insert((row.get(0), row.get(1)), (row.get::<String, _>(2).to_uppercase(), row.get(3)));
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let own =
        |columns: Columns| -> Columns { columns.into_iter().filter(|((t, _), _)| t != "_sqlx_migrations").collect() };
    let (here, there) = (own(here), own(there));
    assert!(here.len() > 80, "only {} columns were found", here.len());
    assert_eq!(here, there);
}
