//! Rows in SQLite or PostgreSQL, with one SQL text per statement. No rules, no HTTP, no vendors.
//!
//! [`Store::read`] and [`Store::write`] run a closure in one transaction; a write is run again from the start when the
//! engine reports a conflict, so the closure must contain nothing but SQL. [`Store::begin_read`] and
//! [`Store::attempts`] do the same step by step, for work that borrows.

mod announcements;
mod attempts;
mod engine;
mod migrations;
mod reachability;
mod sqlite_file;
#[expect(missing_docs, reason = "members of a row are columns; one is documented where its name does not say enough")]
pub mod tables;
#[cfg(feature = "testing")]
pub mod testing;
mod value;

pub use announcements::{Announcement, Announcements, changed_by};
pub use attempts::Attempts;
pub use engine::{Column, PerEngine, Row, Tx};
pub use value::Value;

use std::ops::ControlFlow;
use std::sync::Arc;

use engine::Db;
use keystead_core::time::Timestamp;
use tokio::sync::watch;

/// Why an operation of the store failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A cursor is unknown, or an expected row is missing.
    #[error("no such row")]
    Missing,
    /// It violates a unique constraint.
    #[error("conflicts with {0}")]
    Conflict(&'static str),
    /// A value that no engine can store.
    #[error("{0}")]
    Invalid(&'static str),
    /// The engine cannot be reached or is too busy; the caller may retry later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The engine requires to run the transaction again.
    #[error("the transaction met another one")]
    Again,
    /// A row that cannot be parsed.
    #[error("row {id} of {table} cannot be read")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
    },
    /// Any other error; for logs.
    #[error("{0}")]
    Other(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
                Self::Unavailable(error.to_string())
            }
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default().into_owned();
                match code.as_str() {
                    // PostgreSQL: serialization failure, deadlock. SQLite: BUSY and its extended forms.
                    "40001" | "40P01" | "5" | "261" | "517" => Self::Again,
                    // PostgreSQL is shutting down, starting up or out of connections; SQLite cannot open or write.
                    "57P01" | "57P02" | "57P03" | "53300" | "10" | "13" | "14" => Self::Unavailable(error.to_string()),
                    // PostgreSQL cannot store this text: not UTF-8, or NUL inside JSON.
                    "22021" | "22P05" => Self::Invalid("text holds a character that cannot be kept"),
                    _ if database.is_unique_violation() => Self::Conflict("a unique value"),
                    _ => Self::Other(error.to_string()),
                }
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    progress: Arc<watch::Sender<u64>>,
    #[cfg(feature = "testing")]
    script: Arc<testing::Script>,
}

impl Store {
    /// Opens `sqlite://path`, `sqlite::memory:` or `postgres://…`.
    ///
    /// # Errors
    /// When the database cannot be reached or the address is not understood.
    pub async fn open(url: &str) -> Result<Self, Error> {
        Ok(Self::over(Db::open(url).await?))
    }

    pub(crate) fn over(db: Db) -> Self {
        Self {
            db,
            progress: Arc::new(watch::Sender::new(0)),
            #[cfg(feature = "testing")]
            script: Arc::default(),
        }
    }

    /// Notifies when this process has committed a step of a verification, so that pages need not poll. Commits by other
    /// nodes do not appear here.
    #[must_use]
    pub fn verification_progress(&self) -> watch::Receiver<u64> {
        self.progress.subscribe()
    }

    /// Checks that [`Store::migrate`] would accept this database.
    ///
    /// # Errors
    /// When it has a migration that this version does not have.
    pub async fn check_version(&self) -> Result<(), Error> {
        let applied = match self.db.begin(false).await {
            Ok(mut tx) => tx.applied_migrations().await,
            // Whether the database answers is another check.
            Err(_) => Vec::new(),
        };
        migrations::check(&applied)
    }

    /// Applies missing migrations, and saves the default policy when there is none. It may be repeated; returns the
    /// names of the applied migrations.
    ///
    /// # Errors
    /// When the database refuses, or its schema is unknown to this version.
    pub async fn migrate(&self) -> Result<Vec<String>, Error> {
        let new = self.db.migrate().await?;
        self.write("default_policy", async |tx: &mut Tx| tables::policy::insert_default(tx).await).await?;
        Ok(new)
    }

    /// Writes a consistent copy of an SQLite database into a file that does not exist, also during writes.
    ///
    /// # Errors
    /// On PostgreSQL, which has its own backup program, or when the file cannot be written.
    pub async fn copy_to(&self, file: &std::path::Path) -> Result<(), Error> {
        let file = file.to_str().ok_or_else(|| Error::Other("the file's name is no text".to_owned()))?;
        self.db.copy_to(file).await
    }

    /// Checks that the database answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read("ping", async |tx: &mut Tx| tx.optional("SELECT 1", vec![]).await.map(|_| ())).await
    }

    /// Runs `work` in a read-only transaction.
    ///
    /// # Errors
    /// The error of `work`, or an error of the store.
    pub async fn read<T, E, F>(&self, name: &'static str, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>,
    {
        let mut tx = self.begin_read(name).await?;
        work(&mut tx).await
    }

    /// Runs `work` in a transaction and commits when it returns `Ok`; runs it again when it conflicts with another
    /// transaction.
    ///
    /// # Errors
    /// The error of `work`, or an error of the store.
    pub async fn write<T, E, F>(&self, name: &'static str, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>,
    {
        let mut attempts = self.attempts(name);
        loop {
            let mut tx = attempts.begin().await?;
            let worked = work(&mut tx).await;
            if let ControlFlow::Break(done) = attempts.end(tx, worked).await {
                return done;
            }
        }
    }

    /// Closes the connections once the running transactions have ended; every later use, of any clone, is
    /// [`Error::Unavailable`].
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// The requested part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The row before the first one: its id, or its [`position`](Self::position).
    pub after: Option<String>,
    /// The maximum number of rows.
    pub limit: u32,
    /// Oldest first; otherwise newest first.
    pub ascending: bool,
}

impl Page {
    /// The position of a row in its list. A page can begin after it even when the row has been deleted since.
    #[must_use]
    pub fn position(created_at: Timestamp, id: &str) -> String {
        format!("{}~{id}", created_at.0)
    }

    /// Reads a position; no id has this form.
    #[must_use]
    pub fn read_position(after: &str) -> Option<(Timestamp, &str)> {
        let (created_at, id) = after.split_once('~')?;
        Some((Timestamp(created_at.parse().ok()?), id))
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Whether there are more rows after these.
    pub has_more: bool,
}

impl<T> Listing<T> {
    /// Converts each row.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Listing<U> {
        Listing { data: self.data.into_iter().map(each).collect(), has_more: self.has_more }
    }
}
