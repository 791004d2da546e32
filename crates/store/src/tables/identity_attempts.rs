//! Attempts to verify an organization: at most one live attempt for each.

use keystead_core::id::{ActorId, OrganizationId, UserId, VerificationAttemptId};
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::AttemptState;

use super::{conflict_as, id, named, optional_actor, optional_id, optional_time, time};
use crate::{Error, Row, Tx};

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityAttempt {
    pub id: VerificationAttemptId,
    pub organization: OrganizationId,
    pub user: Option<UserId>,
    /// The service's name.
    pub provider: String,
    /// The service's id for it, once the service has answered.
    pub reference: Option<String>,
    pub state: AttemptState,
    /// The person's progress.
    pub step: i64,
    /// Why it was refused, as a JSON list of names.
    pub reasons: String,
    /// Two digits shown on both screens.
    pub match_number: String,
    /// `en`, `pl` or `ja`.
    pub language: String,
    /// The kind of document.
    pub document_type: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub issuing_country: Option<String>,
    /// The document's keyed fingerprint.
    pub document_fingerprint: Option<Vec<u8>>,
    /// Whether the operator should check it.
    pub needs_attention: bool,
    /// When consent was given.
    pub consented_at: Option<Timestamp>,
    /// When everything was submitted.
    pub submitted_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The time of the service's last known report.
    pub as_of: Timestamp,
    /// When the service was last asked.
    pub checked_at: Option<Timestamp>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided: the service's name, or the reviewer.
    pub decided_by: Option<ActorId>,
    /// When it ended, in any way.
    pub finished_at: Option<Timestamp>,
    /// When the service is asked to erase its copy.
    pub redact_at: Option<Timestamp>,
    /// When the service has erased its copy.
    pub redacted_at: Option<Timestamp>,
    /// Grows with each change.
    pub version: i64,
}

/// The columns in the order in which [`attempt`] reads them.
macro_rules! columns {
    () => {
        "id, organization, user_id, provider, reference, state, step, reasons, match_number, language, document_type, \
         issuing_country, document_fingerprint, needs_attention, consented_at, submitted_at, created_at, expires_at, as_of, \
         checked_at, decided_at, decided_by, finished_at, redact_at, redacted_at, version"
    };
}

fn attempt(row: &Row) -> Result<IdentityAttempt, Error> {
    Ok(IdentityAttempt {
        id: id(row, 0, "identity_attempts")?,
        organization: id(row, 1, "identity_attempts")?,
        user: optional_id(row, 2, "identity_attempts")?,
        provider: row.text(3)?,
        reference: row.optional_text(4)?,
        state: named(row, 5, "identity_attempts", AttemptState::from_name)?,
        step: row.int(6)?,
        reasons: row.text(7)?,
        match_number: row.text(8)?,
        language: row.text(9)?,
        document_type: row.optional_text(10)?,
        issuing_country: row.optional_text(11)?,
        document_fingerprint: row.optional_bytes(12)?,
        needs_attention: row.bool(13)?,
        consented_at: optional_time(row, 14)?,
        submitted_at: optional_time(row, 15)?,
        created_at: time(row, 16)?,
        expires_at: time(row, 17)?,
        as_of: time(row, 18)?,
        checked_at: optional_time(row, 19)?,
        decided_at: optional_time(row, 20)?,
        decided_by: optional_actor(row, 21)?,
        finished_at: optional_time(row, 22)?,
        redact_at: optional_time(row, 23)?,
        redacted_at: optional_time(row, 24)?,
        version: row.int(25)?,
    })
}

/// Inserts an attempt.
///
/// # Errors
/// [`Error::Conflict`] when the organization has a live one.
pub async fn insert(tx: &mut Tx, row: &IdentityAttempt) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO identity_attempts (id, organization, user_id, provider, reference, state, step, \
                       reasons, match_number, language, needs_attention, consented_at, created_at, expires_at, as_of, \
                       finished_at, version) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    tx.note_progress();
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.user.as_ref().map(UserId::as_str).into(),
        row.provider.as_str().into(),
        row.reference.as_deref().into(),
        row.state.as_str().into(),
        row.step.into(),
        row.reasons.as_str().into(),
        row.match_number.as_str().into(),
        row.language.as_str().into(),
        row.needs_attention.into(),
        row.consented_at.map(|at| at.0).into(),
        row.created_at.0.into(),
        row.expires_at.0.into(),
        row.as_of.0.into(),
        row.finished_at.map(|at| at.0).into(),
        row.version.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ()).map_err(conflict_as("verification attempt"))
}

/// Updates an attempt; `row.version` is the version that was read.
///
/// # Errors
/// [`Error::Conflict`] when another transaction wrote in between.
pub async fn update(tx: &mut Tx, row: &IdentityAttempt) -> Result<(), Error> {
    const SQL: &str = "UPDATE identity_attempts SET reference = $2, state = $3, step = $4, reasons = $5, \
                       document_type = $6, issuing_country = $7, document_fingerprint = $8, needs_attention = $9, \
                       consented_at = $10, submitted_at = $11, expires_at = $12, as_of = $13, checked_at = $14, \
                       decided_at = $15, decided_by = $16, finished_at = $17, redact_at = $18, redacted_at = $19, \
                       version = $20 + 1 WHERE id = $1 AND version = $20";
    tx.note_progress();
    let values = vec![
        row.id.as_str().into(),
        row.reference.as_deref().into(),
        row.state.as_str().into(),
        row.step.into(),
        row.reasons.as_str().into(),
        row.document_type.as_deref().into(),
        row.issuing_country.as_deref().into(),
        row.document_fingerprint.as_deref().into(),
        row.needs_attention.into(),
        row.consented_at.map(|at| at.0).into(),
        row.submitted_at.map(|at| at.0).into(),
        row.expires_at.0.into(),
        row.as_of.0.into(),
        row.checked_at.map(|at| at.0).into(),
        row.decided_at.map(|at| at.0).into(),
        row.decided_by.as_ref().map(ActorId::as_str).into(),
        row.finished_at.map(|at| at.0).into(),
        row.redact_at.map(|at| at.0).into(),
        row.redacted_at.map(|at| at.0).into(),
        row.version.into(),
    ];
    if tx.execute(SQL, values).await? == 0 { Err(Error::Conflict("verification attempt")) } else { Ok(()) }
}

/// Finds the attempt with this id.
pub async fn find(tx: &mut Tx, id: &VerificationAttemptId) -> Result<Option<IdentityAttempt>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM identity_attempts WHERE id = $1");
    tx.optional(SQL, vec![id.as_str().into()]).await?.as_ref().map(attempt).transpose()
}

/// Finds the attempt by the service's reference.
pub async fn find_by_reference(tx: &mut Tx, provider: &str, reference: &str) -> Result<Option<IdentityAttempt>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM identity_attempts WHERE provider = $1 AND reference = $2");
    tx.optional(SQL, vec![provider.into(), reference.into()]).await?.as_ref().map(attempt).transpose()
}

/// Lists the attempts of an organization, newest first.
pub async fn list(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<IdentityAttempt>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM identity_attempts WHERE organization = $1 \
                       ORDER BY created_at DESC, id DESC LIMIT 50"
    );
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(attempt).collect()
}

/// Lists every live attempt, longest unchecked first.
pub async fn list_live(tx: &mut Tx) -> Result<Vec<IdentityAttempt>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM identity_attempts WHERE finished_at IS NULL \
                       ORDER BY COALESCE(checked_at, 0), created_at, id LIMIT 500"
    );
    tx.all(SQL, vec![]).await?.iter().map(attempt).collect()
}

/// Lists attempts that are due to be erased at the service.
pub async fn list_to_redact(tx: &mut Tx, now: Timestamp) -> Result<Vec<IdentityAttempt>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM identity_attempts \
                       WHERE redact_at IS NOT NULL AND redact_at <= $1 AND redacted_at IS NULL \
                       ORDER BY redact_at, id LIMIT 100"
    );
    tx.all(SQL, vec![now.0.into()]).await?.iter().map(attempt).collect()
}
