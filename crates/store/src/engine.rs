//! The only file that knows both engines: pools, transactions, values and rows of SQLite and PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrate as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{ColumnIndex, Postgres, Row as _, SqlSafeStr, Sqlite, Transaction};

use crate::Error;
use crate::migrations::{self, Applied, MIGRATIONS};
use crate::reachability::Server;
use crate::sqlite_file::{self, ACQUIRE};
use crate::value::Value;

#[derive(Debug, Clone)]
pub(crate) enum Db {
    /// One writer, because SQLite has one; readers see the last commit meanwhile.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(Server),
}

impl Db {
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(Server::open(url).await?));
        }
        let memory = url.starts_with("sqlite::memory:");
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .pragma("secure_delete", "ON");
        if memory {
            // A database in memory exists as long as its one connection.
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(ACQUIRE)
                .connect_with(options)
                .await?;
            return Ok(Self::Sqlite { writer: pool.clone(), readers: pool });
        }
        let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let writer = sqlite_file::open(&options, 1).await?;
        let readers = sqlite_file::open(&options.pragma("query_only", "ON"), 8).await?;
        Ok(Self::Sqlite { writer, readers })
    }

    /// Applies the migrations that are missing; returns their names. Several processes may do this at the same time, so
    /// each takes a lock before it reads which are missing.
    pub(crate) async fn migrate(&self) -> Result<Vec<String>, Error> {
        match self {
            Self::Sqlite { writer, .. } => {
                let mut tx = Tx::over(On::Sqlite(sqlite_file::begin_migrating(writer).await?));
                let new = migrations::missing(&tx.applied_migrations().await)?;
                tx.run_migrations().await?;
                tx.commit().await?;
                Ok(new)
            }
            Self::Postgres(server) => {
                let mut connection = server.migration_connection().await?;
                // The lock that `run` takes once more. It ends with the connection.
                connection.lock().await.map_err(migrations::failed)?;
                let new = migrations::missing(&self.begin(false).await?.applied_migrations().await)?;
                MIGRATIONS.run(&mut connection).await.map_err(migrations::failed)?;
                connection.unlock().await.map_err(migrations::failed)?;
                Ok(new)
            }
        }
    }

    /// Begins a transaction. On SQLite a write takes its lock at once, because a lock taken later may be refused; on
    /// PostgreSQL a read uses one snapshot for all its statements, as it does on SQLite.
    pub(crate) async fn begin(&self, write: bool) -> Result<Tx, Error> {
        const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let on = match self {
            Self::Sqlite { writer, .. } if write => On::Sqlite(sqlite_file::begin(writer).await?),
            Self::Sqlite { readers, .. } => {
                let readers = readers.clone();
                On::Sqlite(apart(async move { readers.begin().await }).await??)
            }
            Self::Postgres(server) if write => On::Postgres(server.begin("BEGIN").await?),
            Self::Postgres(server) => On::Postgres(server.begin(SNAPSHOT).await?),
        };
        Ok(Tx::over(on))
    }

    /// Writes a consistent copy of the database into a file that does not exist; SQLite only.
    pub(crate) async fn copy_to(&self, file: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite { writer, .. } => {
                sqlx::query("VACUUM INTO ?1").bind(file).execute(writer).await?;
                Ok(())
            }
            Self::Postgres(_) => Err(Error::Other("PostgreSQL is copied by pg_dump".to_owned())),
        }
    }

    /// Closes every connection once it is idle.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(server) => server.pool().close().await,
        }
    }
}

/// One transaction. Statements are run through its methods; it is rolled back unless the store commits it.
#[derive(Debug)]
pub struct Tx {
    on: On,
    again: bool,
    progress: bool,
    /// The channel on which the commit is announced.
    announced: Option<&'static str>,
    /// The newest revision of `changes` that it wrote.
    changed: Option<i64>,
    #[cfg(feature = "testing")]
    script: Option<std::sync::Arc<crate::testing::script::Script>>,
}

#[derive(Debug)]
enum On {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A statement with different texts for the engines. This is an exception; each has its reason beside it.
#[derive(Debug, Clone, Copy)]
pub struct PerEngine {
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

/// A column of a result: its position, or its name there. Long results are read by name.
pub trait Column: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> {}

impl Column for usize {}
impl Column for &'static str {}

/// One row of a result.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

macro_rules! getter {
    ($name:ident, $type:ty, $doc:literal) => {
        #[doc = $doc]
        ///
        /// # Errors
        /// When the column is missing or of another type.
        pub fn $name(&self, column: impl Column) -> Result<$type, Error> {
            Ok(match self {
                Self::Sqlite(row) => row.try_get(column)?,
                Self::Postgres(row) => row.try_get(column)?,
            })
        }
    };
}

impl Row {
    getter!(int, i64, "A `BIGINT`.");
    getter!(optional_int, Option<i64>, "A `BIGINT` that may be null.");
    getter!(text, String, "A `TEXT`.");
    getter!(optional_text, Option<String>, "A `TEXT` that may be null.");
    getter!(bytes, Vec<u8>, "A `BYTEA`.");
    getter!(optional_bytes, Option<Vec<u8>>, "A `BYTEA` that may be null.");
    getter!(bool, bool, "A `BOOLEAN`.");
}

macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value {
                Value::Int(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
                Value::Bool(value) => query.bind(value),
            };
        }
        query
    }};
}

impl Tx {
    fn over(on: On) -> Self {
        Self {
            on,
            again: false,
            progress: false,
            announced: None,
            changed: None,
            #[cfg(feature = "testing")]
            script: None,
        }
    }

    /// Lists the migrations that are applied already; none when their table does not exist yet. PostgreSQL then runs no
    /// other statement of the transaction.
    pub(crate) async fn applied_migrations(&mut self) -> Vec<Applied> {
        const SQL: &str = "SELECT version, description, checksum FROM _sqlx_migrations ORDER BY version";
        let read = |row: &Row| {
            Ok::<_, Error>(Applied { version: row.int(0)?, description: row.text(1)?, checksum: row.bytes(2)? })
        };
        self.all(SQL, vec![]).await.unwrap_or_default().iter().filter_map(|row| read(row).ok()).collect()
    }

    /// Runs the migrations that are missing.
    async fn run_migrations(&mut self) -> Result<(), Error> {
        let run = match &mut self.on {
            On::Sqlite(tx) => MIGRATIONS.run(&mut **tx).await,
            On::Postgres(tx) => MIGRATIONS.run(&mut **tx).await,
        };
        run.map_err(migrations::failed)
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        self.planned()?;
        match self.on {
            On::Sqlite(tx) => tx.commit().await?,
            On::Postgres(mut tx) => {
                // Sent inside the transaction, so it is delivered only if the transaction is committed.
                if let Some(channel) = self.announced {
                    sqlx::query("SELECT pg_notify($1, '')").bind(channel).execute(&mut *tx).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Lets a test's script decide which statement fails.
    #[cfg(feature = "testing")]
    pub(crate) fn follow(&mut self, script: std::sync::Arc<crate::testing::script::Script>) {
        self.script = Some(script);
    }

    /// Returns the fault that a test has planned for this statement; never one in a release.
    fn planned(&self) -> Result<(), Error> {
        #[cfg(feature = "testing")]
        if let Some(script) = &self.script {
            return script.statement();
        }
        Ok(())
    }

    /// Whether a statement reported a conflict with another transaction. The closure may have turned that error into
    /// another one, so it is kept here.
    pub(crate) const fn met_another(&self) -> bool {
        self.again
    }

    /// Marks that another transaction wrote in between, so that the whole transaction is run again.
    pub(crate) const fn again(&mut self) -> Error {
        self.again = true;
        Error::Again
    }

    /// Marks that a verification has changed: after the commit, pages that wait for one are woken.
    pub(crate) const fn note_progress(&mut self) {
        self.progress = true;
    }

    /// Marks that other nodes that listen on this channel are woken after the commit.
    pub(crate) const fn announce(&mut self, channel: &'static str) {
        self.announced = Some(channel);
    }

    /// Notes the revision that it wrote into `changes`.
    pub(crate) const fn note_change(&mut self, revision: i64) {
        self.changed = Some(revision);
    }

    pub(crate) const fn changed(&self) -> Option<i64> {
        self.changed
    }

    pub(crate) const fn has_progress(&self) -> bool {
        self.progress
    }

    pub(crate) const fn pick(&self, texts: PerEngine) -> &'static str {
        match self.on {
            On::Sqlite(_) => texts.sqlite,
            On::Postgres(_) => texts.postgres,
        }
    }

    /// Runs a statement; returns how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        checked(sql, &values)?;
        self.planned()?;
        let done = match &mut self.on {
            On::Sqlite(tx) => bound!(sql, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
            On::Postgres(tx) => bound!(sql, values).execute(&mut **tx).await.map(|done| done.rows_affected()),
        };
        self.noted(done)
    }

    /// Returns the row, if there is one.
    pub(crate) async fn optional(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>, Error> {
        checked(sql, &values)?;
        self.planned()?;
        let found = match &mut self.on {
            On::Sqlite(tx) => bound!(sql, values).fetch_optional(&mut **tx).await.map(|row| row.map(Row::Sqlite)),
            On::Postgres(tx) => bound!(sql, values).fetch_optional(&mut **tx).await.map(|row| row.map(Row::Postgres)),
        };
        self.noted(found)
    }

    /// Returns all rows.
    pub(crate) async fn all(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        checked(sql, &values)?;
        self.planned()?;
        self.all_of(sql.into_sql_str(), values).await
    }

    /// Returns all rows of a text that a builder put together; no other function accepts texts that are not constants.
    pub(crate) async fn all_built(&mut self, sql: String, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        checked(&sql, &values)?;
        self.planned()?;
        self.all_of(sqlx::AssertSqlSafe(sql).into_sql_str(), values).await
    }

    async fn all_of(&mut self, sql: sqlx::SqlStr, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        let found = match &mut self.on {
            On::Sqlite(tx) => {
                bound!(sql, values).fetch_all(&mut **tx).await.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            On::Postgres(tx) => {
                bound!(sql, values).fetch_all(&mut **tx).await.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        };
        self.noted(found)
    }

    fn noted<T>(&mut self, done: Result<T, sqlx::Error>) -> Result<T, Error> {
        let done = done.map_err(Error::from);
        self.again |= matches!(done, Err(Error::Again));
        done
    }
}

/// Checks the arguments before the engine gets them: SQLite would bind NULL for a missing one, and PostgreSQL refuses
/// NUL in text.
fn checked(sql: &str, values: &[Value]) -> Result<(), Error> {
    let wanted = sql
        .split('$')
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok())
        .max()
        .unwrap_or(0);
    if wanted != values.len() {
        return Err(Error::Other(format!("{} arguments for {wanted} places", values.len())));
    }
    if values.iter().any(|value| matches!(value, Value::Text(Some(text)) if text.contains('\0'))) {
        return Err(Error::Invalid("text holds a NUL character"));
    }
    Ok(())
}

/// Begins a transaction in a task of its own: a client may leave meanwhile, and of a beginning that is dropped halfway the
/// connection keeps the transaction, or is closed.
pub(crate) async fn apart<T: Send + 'static>(begin: impl Future<Output = T> + Send + 'static) -> Result<T, Error> {
    tokio::spawn(begin).await.map_err(|ended| Error::Other(ended.to_string()))
}
