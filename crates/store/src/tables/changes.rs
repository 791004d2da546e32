//! The growing revision by which every node learns what to drop from memory.
//!
//! One counter row is locked by each transaction that changes any part of a caller, so revisions appear in the order of
//! their commits and a follower never skips one.

use keystead_core::id::{KeyId, OrganizationId, ProjectId, ServiceAccountId, UserId};
use keystead_core::node_lag::NodeReport;
use keystead_core::time::Timestamp;

use super::{optional_id, optional_time, time};
use crate::announcements::{CHANGES, CONFIRMATIONS};
use crate::{Error, Row, Tx};

/// The subject of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeSubject {
    /// One key.
    Key(KeyId),
    /// A person: account, memberships or roles.
    User(UserId),
    /// A service account.
    ServiceAccount(ServiceAccountId),
    /// A project.
    Project(ProjectId),
    /// An organization or its verification.
    Organization(OrganizationId),
    /// The rules.
    Policy,
    /// The models.
    Models,
    /// A subject that this version does not know: a newer node wrote it, and everything in memory must be read again.
    Other,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Grows by one with each change.
    pub revision: i64,
    pub subject: ChangeSubject,
}

/// Locks the counter's row before any other row. Every transaction that changes a caller begins with this, so that such
/// transactions queue instead of deadlocking, and what they read afterwards is current.
pub async fn lock(tx: &mut Tx) -> Result<(), Error> {
    tx.execute("UPDATE revisions SET latest = latest WHERE one = 1", vec![]).await.map(|_| ())
}

/// Appends a change and wakes the other nodes with the commit; returns its revision.
pub async fn append(tx: &mut Tx, subject: &ChangeSubject, at: Timestamp) -> Result<i64, Error> {
    let counted =
        tx.optional("UPDATE revisions SET latest = latest + 1 WHERE one = 1 RETURNING latest", vec![]).await?;
    let revision = counted.ok_or(Error::Missing)?.int(0)?;
    let (name, target) = match subject {
        ChangeSubject::Key(id) => ("key", Some(id.as_str())),
        ChangeSubject::User(id) => ("user", Some(id.as_str())),
        ChangeSubject::ServiceAccount(id) => ("service_account", Some(id.as_str())),
        ChangeSubject::Project(id) => ("project", Some(id.as_str())),
        ChangeSubject::Organization(id) => ("organization", Some(id.as_str())),
        ChangeSubject::Policy => ("policy", None),
        ChangeSubject::Models => ("models", None),
        ChangeSubject::Other => return Err(Error::Invalid("a change needs a subject")),
    };
    let values = vec![revision.into(), name.into(), target.into(), at.0.into()];
    tx.execute("INSERT INTO changes (revision, subject, target, at) VALUES ($1, $2, $3, $4)", values).await?;
    tx.note_change(revision);
    tx.announce(CHANGES);
    Ok(revision)
}

/// Lists the changes after a revision, oldest first.
pub async fn since(tx: &mut Tx, revision: i64, limit: u32) -> Result<Vec<Change>, Error> {
    const SQL: &str = "SELECT revision, subject, target FROM changes WHERE revision > $1 ORDER BY revision LIMIT $2";
    tx.all(SQL, vec![revision.into(), i64::from(limit).into()]).await?.iter().map(change).collect()
}

fn change(row: &Row) -> Result<Change, Error> {
    fn target<T: std::str::FromStr>(row: &Row) -> Result<T, Error> {
        optional_id(row, 2, "changes")?.ok_or(Error::Corrupt { table: "changes", id: String::new() })
    }
    let subject = match row.text(1)?.as_str() {
        "key" => ChangeSubject::Key(target(row)?),
        "user" => ChangeSubject::User(target(row)?),
        "service_account" => ChangeSubject::ServiceAccount(target(row)?),
        "project" => ChangeSubject::Project(target(row)?),
        "organization" => ChangeSubject::Organization(target(row)?),
        "policy" => ChangeSubject::Policy,
        "models" => ChangeSubject::Models,
        _ => ChangeSubject::Other,
    };
    Ok(Change { revision: row.int(0)?, subject })
}

/// Returns the newest revision; 0 before any change.
pub async fn latest(tx: &mut Tx) -> Result<i64, Error> {
    tx.optional("SELECT latest FROM revisions WHERE one = 1", vec![]).await?.ok_or(Error::Missing)?.int(0)
}

/// Records that a node is alive and what it has applied; nodes that wait for that are woken with the commit.
pub async fn heartbeat(tx: &mut Tx, node: &str, applied_revision: i64, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO nodes (id, applied_revision, seen_at) VALUES ($1, $2, $3) \
                       ON CONFLICT (id) DO UPDATE SET applied_revision = excluded.applied_revision, seen_at = excluded.seen_at";
    tx.execute(SQL, vec![node.into(), applied_revision.into(), at.0.into()]).await?;
    tx.announce(CONFIRMATIONS);
    Ok(())
}

/// Lists the last report of each node, with the moment of the oldest change it has not confirmed.
pub async fn list_nodes(tx: &mut Tx) -> Result<Vec<NodeReport>, Error> {
    const SQL: &str = "SELECT n.id, n.seen_at, (SELECT MIN(c.at) FROM changes c WHERE c.revision > n.applied_revision) \
                       FROM nodes n ORDER BY n.id";
    let report =
        |row: &Row| Ok(NodeReport { node: row.text(0)?, seen_at: time(row, 1)?, behind_since: optional_time(row, 2)? });
    tx.all(SQL, vec![]).await?.iter().map(report).collect()
}

/// Removes a node that shuts down in order, so that no node waits for it.
pub async fn leave(tx: &mut Tx, node: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM nodes WHERE id = $1", vec![node.into()]).await.map(|_| ())
}

/// Deletes nodes that have been silent since a moment.
pub async fn delete_nodes(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM nodes WHERE seen_at < $1", vec![before.0.into()]).await
}

/// Deletes changes before a moment that every known node has confirmed. A node that comes back later finds a gap in the
/// changes, and reads everything again.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM changes WHERE at < $1 AND revision <= (SELECT MIN(n.applied_revision) FROM nodes n)";
    tx.execute(SQL, vec![before.0.into()]).await
}

/// The progress of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeProgress {
    /// The node.
    pub node: String,
    /// The newest revision that it has applied.
    pub applied: i64,
    /// When it reported that.
    pub seen_at: Timestamp,
}

/// Lists the nodes seen since a moment, with the revision each has applied.
pub async fn nodes(tx: &mut Tx, since: Timestamp) -> Result<Vec<NodeProgress>, Error> {
    const SQL: &str = "SELECT id, applied_revision, seen_at FROM nodes WHERE seen_at >= $1 ORDER BY id";
    let progress = |row: &Row| Ok(NodeProgress { node: row.text(0)?, applied: row.int(1)?, seen_at: time(row, 2)? });
    tx.all(SQL, vec![since.0.into()]).await?.iter().map(progress).collect()
}
