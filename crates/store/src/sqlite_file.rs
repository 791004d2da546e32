//! Connections to a file of SQLite, which other processes may create, migrate and write at the same time.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{Sqlite, Transaction};
use tokio::time::sleep;

use crate::Error;
use crate::engine::apart;

/// How long a transaction waits for a connection before the store counts as unavailable.
pub(crate) const ACQUIRE: Duration = Duration::from_secs(3);
/// How often a file is opened that another process locks at this moment, and the pause in between.
const OPENINGS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);
/// How often migrations wait for the lock of another process, each time as long as the busy timeout of a connection.
const WAITS: u32 = 12;

/// Opens connections. When two processes create the file at the same time and both switch it to write-ahead logging,
/// SQLite refuses one of them at once, whatever the busy timeout.
pub(crate) async fn open(options: &SqliteConnectOptions, most: u32) -> Result<SqlitePool, Error> {
    for _ in 0..OPENINGS {
        let pool = SqlitePoolOptions::new().max_connections(most).acquire_timeout(ACQUIRE);
        match pool.connect_with(options.clone()).await.map_err(Error::from) {
            Err(Error::Again) => sleep(PAUSE).await,
            opened => return opened,
        }
    }
    Err(Error::Unavailable("another process locks the file".to_owned()))
}

/// Begins a transaction that holds the lock of writers from the start: a lock that is taken later may be refused.
pub(crate) async fn begin(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>, Error> {
    let writer = writer.clone();
    Ok(apart(async move { writer.begin_with("BEGIN IMMEDIATE").await }).await??)
}

/// The same for migrations, which another process may be running for longer than a transaction takes.
pub(crate) async fn begin_migrating(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>, Error> {
    for _ in 0..WAITS {
        match begin(writer).await {
            Err(Error::Again) => {}
            begun => return begun,
        }
    }
    Err(Error::Unavailable("another process writes to the file all the time".to_owned()))
}
