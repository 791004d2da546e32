//! Every row of every table as text, to compare a database before and after.

use std::collections::BTreeMap;

use crate::engine::Db;
use crate::{Error, Store, Tx};

impl Store {
    /// Returns the rows of each table, each row as one text, sorted.
    pub async fn dump(&self) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let (tables, columns, quote): (_, _, fn(&str) -> String) = match &self.db {
            Db::Sqlite { .. } => (
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%sqlx%' ORDER BY name",
                "SELECT name FROM pragma_table_info($1) ORDER BY name",
                |column| format!("'{column}=' || quote({column})"),
            ),
            Db::Postgres(_) => (
                "SELECT table_name::TEXT FROM information_schema.tables WHERE table_schema = 'public' \
                 AND table_name NOT LIKE '%sqlx%' ORDER BY table_name",
                "SELECT column_name::TEXT FROM information_schema.columns WHERE table_name = $1 ORDER BY column_name",
                |column| format!("'{column}=' || COALESCE({column}::TEXT, 'NULL')"),
            ),
        };
        let read = async move |tx: &mut Tx| {
            let mut dump = BTreeMap::new();
            for table in tx.all(tables, vec![]).await? {
                let table = table.text(0)?;
                let columns = tx.all(columns, vec![table.as_str().into()]).await?;
                let columns = columns.iter().map(|row| Ok(quote(&row.text(0)?))).collect::<Result<Vec<_>, Error>>()?;
                let sql = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(" || ' ' || "));
                let rows = tx.all_built(sql, vec![]).await?;
                let rows = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, Error>>()?;
                dump.insert(table, rows);
            }
            Ok::<_, Error>(dump)
        };
        self.read("dump", read).await
    }
}
