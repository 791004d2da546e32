//! Submitted forms: whether one has run, where it led, and the page that answers it until that page was opened.

use keystead_core::id::UserId;
use keystead_core::time::Timestamp;

use crate::{Error, Tx};

/// A form that is about to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormSubmission {
    /// The digest of its sender, address and fields.
    pub id: Vec<u8>,
    /// The person who may open the answer; `None` for a form of a stranger.
    pub user: Option<UserId>,
    /// The fingerprint of the client's address.
    pub client: Vec<u8>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Inserts a submission; `false` when the same form was submitted before.
pub async fn insert(tx: &mut Tx, row: &FormSubmission) -> Result<bool, Error> {
    const SQL: &str = "INSERT INTO form_submissions (id, user_id, client, created_at, expires_at) \
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
    let values = vec![
        row.id.as_slice().into(),
        row.user.as_ref().map(UserId::as_str).into(),
        row.client.as_slice().into(),
        row.created_at.0.into(),
        row.expires_at.0.into(),
    ];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Saves where a form led, and the page that answers it.
pub async fn finish(tx: &mut Tx, id: &[u8], location: &str, page: Option<&[u8]>) -> Result<bool, Error> {
    const SQL: &str = "UPDATE form_submissions SET location = $2, page_sealed = $3 WHERE id = $1 AND location IS NULL";
    Ok(tx.execute(SQL, vec![id.into(), location.into(), page.into()]).await? > 0)
}

/// Finds a submission. The inner value is where it led; `None` while it runs.
pub async fn find(tx: &mut Tx, id: &[u8]) -> Result<Option<Option<String>>, Error> {
    const SQL: &str = "SELECT location FROM form_submissions WHERE id = $1";
    tx.optional(SQL, vec![id.into()]).await?.map(|row| row.optional_text(0)).transpose()
}

/// Returns the sealed page of a submission, if this person may open it.
pub async fn page(tx: &mut Tx, id: &[u8], user: Option<&UserId>, at: Timestamp) -> Result<Option<Vec<u8>>, Error> {
    const SQL: &str = "SELECT page_sealed FROM form_submissions WHERE id = $1 AND page_sealed IS NOT NULL \
                       AND (user_id IS NULL OR user_id = $2) AND expires_at > $3";
    tx.optional(SQL, vec![id.into(), user.map(UserId::as_str).into(), at.0.into()])
        .await?
        .map(|row| row.bytes(0))
        .transpose()
}

/// Erases the page of a submission; `false` when it was erased before.
pub async fn erase_page(tx: &mut Tx, id: &[u8]) -> Result<bool, Error> {
    const SQL: &str = "UPDATE form_submissions SET page_sealed = NULL WHERE id = $1 AND page_sealed IS NOT NULL";
    Ok(tx.execute(SQL, vec![id.into()]).await? > 0)
}

/// Deletes a submission, so that the same form may run again.
pub async fn delete(tx: &mut Tx, id: &[u8]) -> Result<(), Error> {
    tx.execute("DELETE FROM form_submissions WHERE id = $1", vec![id.into()]).await.map(|_| ())
}

/// Deletes all submissions of a client but the newest.
pub async fn delete_beyond(tx: &mut Tx, client: &[u8], newest: i64) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM form_submissions WHERE client = $1 AND location IS NOT NULL AND id NOT IN \
                       (SELECT id FROM form_submissions WHERE client = $1 ORDER BY created_at DESC, id LIMIT $2)";
    tx.execute(SQL, vec![client.into(), newest.into()]).await
}

/// Deletes submissions that have expired.
pub async fn delete_expired(tx: &mut Tx, at: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM form_submissions WHERE expires_at <= $1", vec![at.0.into()]).await
}
