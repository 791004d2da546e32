//! A copy of a database at one moment, to which a test can return many times.

use crate::engine::Db;
use crate::{Error, Store, Tx};

const TABLES: &str = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE '%sqlx%' \
                      AND name NOT LIKE 'sqlite%' ORDER BY name";

impl Store {
    /// Keeps a copy of every row. Only on SQLite, and for one moment at a time.
    ///
    /// # Errors
    /// On PostgreSQL, or when the engine reports an error.
    pub async fn keep(&self) -> Result<(), Error> {
        self.each_table(
            "keep",
            &["DROP TABLE IF EXISTS temp.kept_{table}", "CREATE TEMP TABLE kept_{table} AS SELECT * FROM main.{table}"],
        )
        .await
    }

    /// Restores the copy made by [`Store::keep`].
    ///
    /// # Errors
    /// On PostgreSQL, or when the engine reports an error.
    pub async fn put_back(&self) -> Result<(), Error> {
        self.each_table(
            "put_back",
            &["DELETE FROM main.{table}", "INSERT INTO main.{table} SELECT * FROM temp.kept_{table}"],
        )
        .await
    }

    async fn each_table(&self, name: &'static str, statements: &'static [&'static str]) -> Result<(), Error> {
        if matches!(self.db, Db::Postgres(_)) {
            return Err(Error::Other("rows are kept on SQLite only".to_owned()));
        }
        let write = async move |tx: &mut Tx| {
            // References between the tables are valid again when all of them are filled.
            tx.all("PRAGMA defer_foreign_keys = ON", vec![]).await?;
            let tables = tx.all(TABLES, vec![]).await?;
            for statement in statements {
                for table in &tables {
                    tx.all_built(statement.replace("{table}", &table.text(0)?), vec![]).await?;
                }
            }
            Ok::<_, Error>(())
        };
        self.write(name, write).await
    }
}
