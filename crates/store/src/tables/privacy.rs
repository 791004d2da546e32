//! Records that must be provable about personal data: consents, one-time links, documents already used, receipts of
//! erasure.

use keystead_core::id::{ConsentId, ErasureReceiptId, OrganizationId, UserId, VerificationAttemptId};
use keystead_core::time::Timestamp;
use keystead_core::verification::handoff::Channel;
use keystead_core::verification::review::ErasureKind;

use super::{id, named, optional_id, optional_time, time};
use crate::{Error, Row, Tx};

/// A consent, as proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub id: ConsentId,
    pub organization: OrganizationId,
    /// The attempt.
    pub attempt: VerificationAttemptId,
    pub user: Option<UserId>,
    /// SHA-256 of the shown text.
    pub text_hash: String,
    /// The language in which it was shown.
    pub language: String,
    /// Both policies' links and versions, as JSON.
    pub policies: String,
    /// The address, truncated.
    pub ip: Option<String>,
    pub at: Timestamp,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
}

/// A link from one device to another; works once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoff {
    /// The token's digest; the token itself is not stored.
    pub digest: Vec<u8>,
    /// The attempt.
    pub attempt: VerificationAttemptId,
    pub channel: Channel,
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// A document that verified an organization, by its fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFingerprint {
    /// The keyed fingerprint.
    pub fingerprint: Vec<u8>,
    /// The organization it verified.
    pub organization: OrganizationId,
    /// The person who submitted it.
    pub user: Option<UserId>,
    pub verified_at: Timestamp,
}

/// Proof that something was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub id: ErasureReceiptId,
    /// The organization of the data.
    pub organization: OrganizationId,
    /// The kind of data.
    pub what: ErasureKind,
    /// The receipt, as JSON: counts and times, nothing personal.
    pub receipt: String,
    pub at: Timestamp,
}

fn consent(row: &Row) -> Result<Consent, Error> {
    Ok(Consent {
        id: id(row, 0, "consents")?,
        organization: id(row, 1, "consents")?,
        attempt: id(row, 2, "consents")?,
        user: optional_id(row, 3, "consents")?,
        text_hash: row.text(4)?,
        language: row.text(5)?,
        policies: row.text(6)?,
        ip: row.optional_text(7)?,
        at: time(row, 8)?,
        withdrawn_at: optional_time(row, 9)?,
    })
}

/// The columns in the order in which [`handoff`] reads them.
macro_rules! columns {
    () => {
        "digest, attempt, channel, created_at, expires_at, used_at"
    };
}

fn handoff(row: &Row) -> Result<Handoff, Error> {
    Ok(Handoff {
        digest: row.bytes(0)?,
        attempt: id(row, 1, "handoffs")?,
        channel: named(row, 2, "handoffs", Channel::from_name)?,
        created_at: time(row, 3)?,
        expires_at: time(row, 4)?,
        used_at: optional_time(row, 5)?,
    })
}

/// Inserts a consent.
pub async fn insert_consent(tx: &mut Tx, row: &Consent) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO consents (id, organization, attempt, user_id, text_hash, language, policies, ip, at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.attempt.as_str().into(),
        row.user.as_ref().map(UserId::as_str).into(),
        row.text_hash.as_str().into(),
        row.language.as_str().into(),
        row.policies.as_str().into(),
        row.ip.as_deref().into(),
        row.at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the consents given for an organization, newest first.
pub async fn list_consents(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<Consent>, Error> {
    const SQL: &str = "SELECT id, organization, attempt, user_id, text_hash, language, policies, ip, at, withdrawn_at \
                       FROM consents WHERE organization = $1 ORDER BY at DESC, id LIMIT 50";
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(consent).collect()
}

/// Withdraws every consent of an organization. Returns how many there were.
pub async fn withdraw_consents(tx: &mut Tx, organization: &OrganizationId, at: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "UPDATE consents SET withdrawn_at = $2 WHERE organization = $1 AND withdrawn_at IS NULL";
    tx.execute(SQL, vec![organization.as_str().into(), at.0.into()]).await
}

/// Deletes consents given before a moment.
pub async fn delete_consents(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM consents WHERE at < $1", vec![before.0.into()]).await
}

/// Inserts a one-time link.
pub async fn insert_handoff(tx: &mut Tx, row: &Handoff) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO handoffs (digest, attempt, channel, created_at, expires_at) \
                       VALUES ($1, $2, $3, $4, $5)";
    let values = vec![
        row.digest.as_slice().into(),
        row.attempt.as_str().into(),
        row.channel.as_str().into(),
        row.created_at.0.into(),
        row.expires_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the link with this digest. Looking does not use it up.
pub async fn find_handoff(tx: &mut Tx, digest: &[u8]) -> Result<Option<Handoff>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM handoffs WHERE digest = $1");
    tx.optional(SQL, vec![digest.into()]).await?.as_ref().map(handoff).transpose()
}

/// Uses a link up; `false` when another request was first or it has expired.
pub async fn use_handoff(tx: &mut Tx, digest: &[u8], at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE handoffs SET used_at = $2 WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";
    tx.note_progress();
    Ok(tx.execute(SQL, vec![digest.into(), at.0.into()]).await? > 0)
}

/// Finds the newest link of an attempt.
pub async fn newest_handoff(tx: &mut Tx, attempt: &VerificationAttemptId) -> Result<Option<Handoff>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM handoffs WHERE attempt = $1 ORDER BY created_at DESC, expires_at DESC, digest LIMIT 1"
    );
    tx.optional(SQL, vec![attempt.as_str().into()]).await?.as_ref().map(handoff).transpose()
}

/// Records that a document has verified an organization.
pub async fn save_document(tx: &mut Tx, row: &DocumentFingerprint) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO document_fingerprints (fingerprint, organization, user_id, verified_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (fingerprint, organization) DO UPDATE SET verified_at = excluded.verified_at";
    let values = vec![
        row.fingerprint.as_slice().into(),
        row.organization.as_str().into(),
        row.user.as_ref().map(UserId::as_str).into(),
        row.verified_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the uses of a document after `since`, oldest first.
pub async fn list_document(
    tx: &mut Tx,
    fingerprint: &[u8],
    since: Timestamp,
) -> Result<Vec<DocumentFingerprint>, Error> {
    const SQL: &str = "SELECT fingerprint, organization, user_id, verified_at FROM document_fingerprints \
                       WHERE fingerprint = $1 AND verified_at > $2 ORDER BY verified_at, organization";
    let rows = tx.all(SQL, vec![fingerprint.into(), since.0.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(DocumentFingerprint {
                fingerprint: row.bytes(0)?,
                organization: id(row, 1, "document_fingerprints")?,
                user: optional_id(row, 2, "document_fingerprints")?,
                verified_at: time(row, 3)?,
            })
        })
        .collect()
}

/// Deletes documents used before a moment: the rule looks back only ninety days.
pub async fn delete_documents(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM document_fingerprints WHERE verified_at < $1";
    tx.execute(SQL, vec![before.0.into()]).await
}

/// Deletes the documents that verified an organization.
pub async fn delete_documents_of(tx: &mut Tx, organization: &OrganizationId) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM document_fingerprints WHERE organization = $1";
    tx.execute(SQL, vec![organization.as_str().into()]).await
}

/// Inserts a receipt.
pub async fn insert_receipt(tx: &mut Tx, row: &Receipt) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO erasure_receipts (id, organization, what, receipt, at) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (id) DO NOTHING";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.what.as_str().into(),
        row.receipt.as_str().into(),
        row.at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the receipts of an organization, newest first.
pub async fn list_receipts(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<Receipt>, Error> {
    const SQL: &str = "SELECT id, organization, what, receipt, at FROM erasure_receipts WHERE organization = $1 \
                       ORDER BY at DESC, id LIMIT 100";
    let rows = tx.all(SQL, vec![organization.as_str().into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Receipt {
                id: id(row, 0, "erasure_receipts")?,
                organization: id(row, 1, "erasure_receipts")?,
                what: named(row, 2, "erasure_receipts", ErasureKind::from_name)?,
                receipt: row.text(3)?,
                at: time(row, 4)?,
            })
        })
        .collect()
}
