//! Announcements of commits to other nodes: PostgreSQL delivers them to every node that listens, SQLite has only one
//! node and needs none.
//!
//! An announcement only wakes a node. The node reads the tables to learn what happened, so a lost announcement costs
//! only time.

use std::cell::Cell;

use sqlx::postgres::{PgListener, PgPoolOptions};

use crate::engine::Db;
use crate::{Error, Store};

/// The channel on which PostgreSQL announces that `changes` has grown.
pub(crate) const CHANGES: &str = "keystead_changes";
/// The channel on which PostgreSQL announces that a node has applied changes.
pub(crate) const CONFIRMATIONS: &str = "keystead_confirmations";

tokio::task_local! {
    static CHANGED: Cell<Option<i64>>;
}

/// Runs some work, and returns the newest revision of `changes` that its transactions committed.
pub async fn changed_by<F: Future>(work: F) -> (F::Output, Option<i64>) {
    let noted = async {
        let done = work.await;
        (done, CHANGED.with(Cell::get))
    };
    CHANGED.scope(Cell::new(None), noted).await
}

/// Notes that a transaction that wrote this revision was committed.
pub(crate) fn note_changed(revision: i64) {
    // Outside `changed_by` there is no place to note it.
    let _ = CHANGED.try_with(|newest| newest.set(newest.get().max(Some(revision))));
}

/// The kind of an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcement {
    /// `changes` has grown.
    Change,
    /// A node has applied changes.
    Confirmation,
    /// The connection was lost and is back: announcements may have been missed.
    Missed,
}

/// A separate connection that waits for announcements.
pub struct Announcements(PgListener);

impl std::fmt::Debug for Announcements {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announcements").finish_non_exhaustive()
    }
}

impl Announcements {
    /// Waits for the next announcement; connects again after the connection was lost.
    ///
    /// # Errors
    /// When the database cannot be reached; the next call tries again.
    pub async fn next(&mut self) -> Result<Announcement, Error> {
        let heard = self.0.try_recv().await?;
        Ok(match heard.as_ref().map(sqlx::postgres::PgNotification::channel) {
            Some(CONFIRMATIONS) => Announcement::Confirmation,
            Some(_) => Announcement::Change,
            None => Announcement::Missed,
        })
    }
}

impl Store {
    /// Begins to listen; `None` when there can be no other nodes.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn listen(&self) -> Result<Option<Announcements>, Error> {
        let Db::Postgres(server) = &self.db else { return Ok(None) };
        let pool = server.pool();
        // Not a connection of the pool: it is held for as long as the process runs.
        let own = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let own = own.connect_with((*pool.connect_options()).clone()).await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen_all([CHANGES, CONFIRMATIONS]).await?;
        Ok(Some(Announcements(listener)))
    }
}
