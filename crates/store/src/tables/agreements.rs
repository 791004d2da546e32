//! Who agreed to what, for decisions that one person does not make alone.

use keystead_core::time::Timestamp;

use crate::{Error, Tx};

/// Writes an agreement down; agreeing again renews it.
///
/// # Errors
/// When the store cannot.
pub async fn save(tx: &mut Tx, subject: &str, person: &str, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO agreements (subject, person, at) VALUES ($1, $2, $3) \
                       ON CONFLICT (subject, person) DO UPDATE SET at = excluded.at";
    tx.execute(SQL, vec![subject.into(), person.into(), at.0.into()]).await.map(|_| ())
}

/// Who agreed after `since`, by name.
///
/// # Errors
/// When the store cannot.
pub async fn list(tx: &mut Tx, subject: &str, since: Timestamp) -> Result<Vec<String>, Error> {
    const SQL: &str = "SELECT person FROM agreements WHERE subject = $1 AND at > $2 ORDER BY person";
    tx.all(SQL, vec![subject.into(), since.0.into()]).await?.iter().map(|row| row.text(0)).collect()
}

/// Forgets agreements before a moment.
///
/// # Errors
/// When the store cannot.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM agreements WHERE at < $1", vec![before.0.into()]).await
}
