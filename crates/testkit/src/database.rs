//! Fresh databases on either engine.

use std::sync::atomic::{AtomicU32, Ordering};

use keystead_core::gate::Requirement;
use keystead_core::time::Timestamp;
use keystead_store::tables::installation_facts;
use keystead_store::testing::PostgresServer;
use keystead_store::{Store, Tx};
use sqlx::Connection;
use tempfile::TempDir;

/// Where the databases of a test come from.
#[derive(Debug)]
pub enum Databases {
    /// SQLite in memory.
    Memory,
    /// SQLite in files of one folder.
    Files(TempDir, AtomicU32),
    /// A PostgreSQL server of the test's own.
    Postgres(PostgresServer),
}

/// One database of its own.
#[derive(Debug)]
pub struct Database {
    /// The store over it, migrated.
    pub store: Store,
    /// Its address.
    pub url: String,
}

impl Databases {
    /// SQLite in files, removed with this value.
    #[must_use]
    pub fn files() -> Self {
        Self::Files(tempfile::tempdir().unwrap(), AtomicU32::new(0))
    }

    /// PostgreSQL; takes about two seconds to start.
    pub async fn postgres() -> Self {
        Self::Postgres(PostgresServer::start().await.unwrap_or_else(|error| panic!("{error}")))
    }

    /// SQLite in files, and PostgreSQL.
    pub async fn both() -> [Self; 2] {
        [Self::files(), Self::postgres().await]
    }

    /// The address of a database without tables.
    #[must_use]
    pub fn bare(&self) -> String {
        match self {
            Self::Memory => "sqlite::memory:".to_owned(),
            Self::Files(folder, made) => {
                let name = format!("{}.db", made.fetch_add(1, Ordering::Relaxed));
                format!("sqlite://{}", folder.path().join(name).display())
            }
            Self::Postgres(server) => server.bare_database().unwrap(),
        }
    }

    /// A database with tables and without rows.
    pub async fn fresh(&self) -> Database {
        let url = match self {
            Self::Postgres(server) => server.fresh_database().unwrap(),
            _ => self.bare(),
        };
        Database::open(url).await
    }
}

impl Database {
    /// SQLite in memory, of an installation where every requirement was once set up, so that every rule is enforced.
    pub async fn memory() -> Self {
        let made = Databases::Memory.fresh().await;
        made.set_up_all().await;
        made
    }

    /// Notes that every requirement can be checked here.
    pub async fn set_up_all(&self) {
        let note = async |tx: &mut Tx| {
            for requirement in Requirement::ALL {
                installation_facts::note_set_up(tx, requirement, Timestamp(0)).await?;
            }
            Ok::<_, keystead_store::Error>(())
        };
        self.store.write("set_up_all", note).await.unwrap();
    }

    /// The database at this address, migrated.
    pub async fn open(url: String) -> Self {
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, url }
    }

    /// Runs SQL without the store's knowledge.
    pub async fn tamper(&self, sql: &'static str) {
        if self.url.starts_with("sqlite") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
    }
}
