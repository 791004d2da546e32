//! Approvals of decisions that need more than one person.

use keystead_core::time::Timestamp;

use crate::{Error, Tx};

/// Saves an approval; approving again renews it.
pub async fn save(tx: &mut Tx, subject: &str, person: &str, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO operator_approvals (subject, person, at) VALUES ($1, $2, $3) \
                       ON CONFLICT (subject, person) DO UPDATE SET at = excluded.at";
    tx.execute(SQL, vec![subject.into(), person.into(), at.0.into()]).await.map(|_| ())
}

/// Lists who approved after `since`, by name.
pub async fn list(tx: &mut Tx, subject: &str, since: Timestamp) -> Result<Vec<String>, Error> {
    const SQL: &str = "SELECT person FROM operator_approvals WHERE subject = $1 AND at > $2 ORDER BY person";
    tx.all(SQL, vec![subject.into(), since.0.into()]).await?.iter().map(|row| row.text(0)).collect()
}

/// An approval that others may join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorApproval {
    pub subject: String,
    /// The person who approved.
    pub person: String,
    pub at: Timestamp,
}

/// Lists approvals after `since` with a subject that begins like this, oldest first.
pub async fn list_beginning(tx: &mut Tx, beginning: &str, since: Timestamp) -> Result<Vec<OperatorApproval>, Error> {
    const SQL: &str = "SELECT subject, person, at FROM operator_approvals WHERE substr(subject, 1, length($1)) = $1 AND at > $2 \
                       ORDER BY at, subject, person";
    let rows = tx.all(SQL, vec![beginning.into(), since.0.into()]).await?;
    let read = |row: &crate::Row| {
        Ok(OperatorApproval { subject: row.text(0)?, person: row.text(1)?, at: super::time(row, 2)? })
    };
    rows.iter().map(read).collect()
}

/// Deletes every approval of a subject, because it was carried out or withdrawn. Returns how many there were.
pub async fn delete(tx: &mut Tx, subject: &str) -> Result<u64, Error> {
    tx.execute("DELETE FROM operator_approvals WHERE subject = $1", vec![subject.into()]).await
}

/// Deletes approvals before a moment.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM operator_approvals WHERE at < $1", vec![before.0.into()]).await
}
