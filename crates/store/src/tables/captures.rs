//! The data that the built-in reviewer collects for an attempt, and the links to it.

use keystead_core::id::{CaptureId, OrganizationId, ReviewCaseId, VerificationAttemptId};
use keystead_core::time::Timestamp;
use keystead_core::verification::documents::DocumentKind;
use keystead_core::verification::review::CaptureState;

use super::{id, named, optional_named, optional_time, time};
use crate::{Error, Row, Tx};

/// One capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The attempt's reference.
    pub id: CaptureId,
    /// The attempt it belongs to.
    pub attempt: VerificationAttemptId,
    pub organization: OrganizationId,
    /// The case its pictures belong to, opened when everything is submitted.
    pub case: ReviewCaseId,
    pub state: CaptureState,
    /// ISO 3166-1 alpha-2, once chosen.
    pub country: Option<String>,
    /// The kind of document, once chosen.
    pub document: Option<DocumentKind>,
    /// The sealed key of the pictures; `None` once they are erased.
    pub key_sealed: Option<Vec<u8>>,
    /// The typed machine-readable zone.
    pub zone_sealed: Option<Vec<u8>>,
    /// The name the person stated.
    pub name_sealed: Option<Vec<u8>>,
    /// The prompts for the camera.
    pub challenge: Option<String>,
    /// When the first picture was taken, from which retention is counted.
    pub first_captured_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// When everything was submitted.
    pub submitted_at: Option<Timestamp>,
    /// When its pictures were erased.
    pub erased_at: Option<Timestamp>,
    /// Grows with each change.
    pub version: i64,
}

/// A link to a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureLink {
    /// SHA-256 of the link's token.
    pub digest: Vec<u8>,
    /// Its capture.
    pub capture: CaptureId,
    /// SHA-256 of the secret of the first device that used it; other devices may not.
    pub device_fingerprint: Option<Vec<u8>>,
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// The columns in the order in which [`capture`] reads them.
macro_rules! columns {
    () => {
        "id, attempt, organization, case_id, state, country, document, key_sealed, zone_sealed, challenge, \
         first_captured_at, created_at, submitted_at, erased_at, version, name_sealed"
    };
}

fn capture(row: &Row) -> Result<Capture, Error> {
    Ok(Capture {
        id: id(row, 0, "captures")?,
        attempt: id(row, 1, "captures")?,
        organization: id(row, 2, "captures")?,
        case: id(row, 3, "captures")?,
        state: named(row, 4, "captures", CaptureState::from_name)?,
        country: row.optional_text(5)?,
        document: optional_named(row, 6, "captures", DocumentKind::from_name)?,
        key_sealed: row.optional_bytes(7)?,
        zone_sealed: row.optional_bytes(8)?,
        challenge: row.optional_text(9)?,
        first_captured_at: optional_time(row, 10)?,
        created_at: time(row, 11)?,
        submitted_at: optional_time(row, 12)?,
        erased_at: optional_time(row, 13)?,
        version: row.int(14)?,
        name_sealed: row.optional_bytes(15)?,
    })
}

/// Inserts a capture; an attempt that has one keeps it.
pub async fn insert(tx: &mut Tx, row: &Capture) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO captures (id, attempt, organization, case_id, state, key_sealed, created_at, version) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    tx.note_progress();
    let values = vec![
        row.id.as_str().into(),
        row.attempt.as_str().into(),
        row.organization.as_str().into(),
        row.case.as_str().into(),
        row.state.as_str().into(),
        row.key_sealed.as_deref().into(),
        row.created_at.0.into(),
        row.version.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Updates a capture; `row.version` is the version that was read.
///
/// # Errors
/// [`Error::Conflict`] when another transaction wrote in between.
pub async fn update(tx: &mut Tx, row: &Capture) -> Result<(), Error> {
    const SQL: &str = "UPDATE captures SET state = $2, country = $3, document = $4, key_sealed = $5, zone_sealed = $6, \
                       challenge = $7, first_captured_at = $8, submitted_at = $9, erased_at = $10, version = $11 + 1, \
                       name_sealed = $12 \
                       WHERE id = $1 AND version = $11";
    tx.note_progress();
    let values = vec![
        row.id.as_str().into(),
        row.state.as_str().into(),
        row.country.as_deref().into(),
        row.document.map(DocumentKind::as_str).into(),
        row.key_sealed.as_deref().into(),
        row.zone_sealed.as_deref().into(),
        row.challenge.as_deref().into(),
        row.first_captured_at.map(|at| at.0).into(),
        row.submitted_at.map(|at| at.0).into(),
        row.erased_at.map(|at| at.0).into(),
        row.version.into(),
        row.name_sealed.as_deref().into(),
    ];
    if tx.execute(SQL, values).await? == 0 { Err(Error::Conflict("capture")) } else { Ok(()) }
}

/// Finds the capture with this id.
pub async fn find(tx: &mut Tx, id: &CaptureId) -> Result<Option<Capture>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM captures WHERE id = $1");
    tx.optional(SQL, vec![id.as_str().into()]).await?.as_ref().map(capture).transpose()
}

/// Finds the capture of an attempt.
pub async fn find_by_attempt(tx: &mut Tx, attempt: &VerificationAttemptId) -> Result<Option<Capture>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM captures WHERE attempt = $1");
    tx.optional(SQL, vec![attempt.as_str().into()]).await?.as_ref().map(capture).transpose()
}

/// Lists captures with pictures that may still exist, oldest first.
pub async fn list_kept(tx: &mut Tx) -> Result<Vec<Capture>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM captures WHERE key_sealed IS NOT NULL ORDER BY created_at, id");
    tx.all(SQL, vec![]).await?.iter().map(capture).collect()
}

/// Inserts a link.
pub async fn insert_link(tx: &mut Tx, row: &CaptureLink) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO capture_links (digest, capture, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    let values = vec![
        row.digest.as_slice().into(),
        row.capture.as_str().into(),
        row.created_at.0.into(),
        row.expires_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the link with this digest.
pub async fn find_link(tx: &mut Tx, digest: &[u8]) -> Result<Option<CaptureLink>, Error> {
    const SQL: &str =
        "SELECT digest, capture, device_fingerprint, created_at, expires_at FROM capture_links WHERE digest = $1";
    let row = tx.optional(SQL, vec![digest.into()]).await?;
    row.as_ref()
        .map(|row| {
            Ok(CaptureLink {
                digest: row.bytes(0)?,
                capture: id(row, 1, "capture_links")?,
                device_fingerprint: row.optional_bytes(2)?,
                created_at: time(row, 3)?,
                expires_at: time(row, 4)?,
            })
        })
        .transpose()
}

/// Binds a link to the first device that uses it, until a moment; `false` when another was first.
pub async fn bind_link(tx: &mut Tx, digest: &[u8], device: &[u8], until: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE capture_links SET device_fingerprint = $2, expires_at = $3 WHERE digest = $1 AND device_fingerprint IS NULL";
    Ok(tx.execute(SQL, vec![digest.into(), device.into(), until.0.into()]).await? > 0)
}

/// Deletes the links of a capture that no device holds.
pub async fn delete_unused_links(tx: &mut Tx, capture: &CaptureId) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM capture_links WHERE capture = $1 AND device_fingerprint IS NULL";
    tx.execute(SQL, vec![capture.as_str().into()]).await
}

/// Deletes links that ended before a moment.
pub async fn delete_old_links(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM capture_links WHERE expires_at < $1";
    tx.execute(SQL, vec![before.0.into()]).await
}
