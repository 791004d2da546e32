//! Submitted forms and their answers.

use keystead_core::time::Timestamp;

use crate::{Error, Tx};

/// A form that was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormSubmission {
    /// The digest of its sender, address and fields.
    pub id: Vec<u8>,
    /// The fingerprint of the sender.
    pub sender: Vec<u8>,
    /// The sealed answer; `None` while the form runs.
    pub answer: Option<Vec<u8>>,
    /// When the page in the answer was opened.
    pub opened_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Inserts a submission that runs; `false` when the same form was submitted before.
pub async fn insert(tx: &mut Tx, row: &FormSubmission) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO form_submissions (id, sender, created_at, expires_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (id) DO NOTHING";
    let (created, expires) = (row.created_at.0.into(), row.expires_at.0.into());
    Ok(tx.execute(SQL, vec![row.id.as_slice().into(), row.sender.as_slice().into(), created, expires]).await? > 0)
}

/// Finds a submission that has not expired.
pub async fn find(tx: &mut Tx, id: &[u8], at: Timestamp) -> Result<Option<FormSubmission>, Error> {
    const SQL: &str = "SELECT id, sender, answer_sealed, opened_at, created_at, expires_at FROM form_submissions \
                       WHERE id = $1 AND expires_at > $2";
    let row = tx.optional(SQL, vec![id.into(), at.0.into()]).await?;
    row.map(|row| {
        Ok(FormSubmission {
            id: row.bytes(0)?,
            sender: row.bytes(1)?,
            answer: row.optional_bytes(2)?,
            opened_at: super::optional_time(&row, 3)?,
            created_at: super::time(&row, 4)?,
            expires_at: super::time(&row, 5)?,
        })
    })
    .transpose()
}

/// Saves the answer of a form that runs; `false` when there is no such form any more.
pub async fn finish(tx: &mut Tx, id: &[u8], answer: &[u8]) -> Result<bool, Error> {
    const SQL: &str = "UPDATE form_submissions SET answer_sealed = $2 WHERE id = $1 AND answer_sealed IS NULL";
    Ok(tx.execute(SQL, vec![id.into(), answer.into()]).await? > 0)
}

/// Marks the page of a form as opened; `false` when it was opened before.
pub async fn open(tx: &mut Tx, id: &[u8], at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE form_submissions SET opened_at = $2 WHERE id = $1 AND opened_at IS NULL";
    Ok(tx.execute(SQL, vec![id.into(), at.0.into()]).await? > 0)
}

/// Marks the page of a form as not opened, because its sender has sent the same form again.
pub async fn close(tx: &mut Tx, id: &[u8]) -> Result<(), Error> {
    const SQL: &str = "UPDATE form_submissions SET opened_at = NULL WHERE id = $1";
    tx.execute(SQL, vec![id.into()]).await.map(|_| ())
}

/// Deletes a submission, so that the same form may run again.
pub async fn delete(tx: &mut Tx, id: &[u8]) -> Result<(), Error> {
    tx.execute("DELETE FROM form_submissions WHERE id = $1", vec![id.into()]).await.map(|_| ())
}

/// Deletes all answered submissions of a sender but the newest.
pub async fn delete_beyond(tx: &mut Tx, sender: &[u8], newest: i64) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM form_submissions WHERE sender = $1 AND answer_sealed IS NOT NULL AND id NOT IN \
                       (SELECT id FROM form_submissions WHERE sender = $1 AND answer_sealed IS NOT NULL \
                       ORDER BY created_at DESC, id LIMIT $2)";
    tx.execute(SQL, vec![sender.into(), newest.into()]).await
}

/// Deletes submissions that have expired.
pub async fn delete_expired(tx: &mut Tx, at: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM form_submissions WHERE expires_at <= $1", vec![at.0.into()]).await
}
