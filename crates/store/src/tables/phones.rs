//! Phone verifications, the numbers they proved, and carriers' reports about numbers.

use keystead_core::id::{OrganizationId, PhoneVerificationId, SessionId, UserId};
use keystead_core::time::Timestamp;
use keystead_core::verification::number::LineKind;
use keystead_core::verification::phone::PhoneState;
use keystead_core::verification::phone_services::CodeService;

use super::{conflict_as, id, named, optional_id, optional_named, optional_time, time};
use crate::{Error, Row, Tx};

/// One verification of one number for one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneVerification {
    pub id: PhoneVerificationId,
    pub organization: OrganizationId,
    /// The person who began it; absent when a key without a person did.
    pub user: Option<UserId>,
    /// The session in which it was begun; absent when a key began it. The code can be confirmed only there.
    pub session: Option<SessionId>,
    /// The number's keyed fingerprint.
    pub number_fingerprint: Vec<u8>,
    /// The number, sealed.
    pub number_sealed: Vec<u8>,
    /// The masked number, which may be shown.
    pub number_masked: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The line type reported by the carrier.
    pub line_type: LineKind,
    /// The language of its messages.
    pub language: String,
    pub state: PhoneState,
    /// The machine's counters and times, as JSON.
    pub machine: String,
    /// The service that made the present code; absent while none has.
    pub service: Option<CodeService>,
    /// The service's id, when the service makes the codes.
    pub provider_reference: Option<String>,
    /// The code's keyed fingerprint, when Keystead makes the codes; deleted once the code cannot be used.
    pub code_fingerprint: Option<Vec<u8>>,
    pub created_at: Timestamp,
    /// When it ended, in any way.
    pub finished_at: Option<Timestamp>,
}

/// Moves the verifications of a session to the session's new id.
pub async fn move_session(tx: &mut Tx, from: &SessionId, to: &SessionId) -> Result<u64, Error> {
    const SQL: &str = "UPDATE phone_verifications SET session = $2 WHERE session = $1";
    tx.execute(SQL, vec![from.as_str().into(), to.as_str().into()]).await
}

/// The proven number of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    pub organization: OrganizationId,
    /// The person who proved it.
    pub user: Option<UserId>,
    /// The number's keyed fingerprint.
    pub number_fingerprint: Vec<u8>,
    /// The number, sealed.
    pub number_sealed: Vec<u8>,
    /// The masked number, which may be shown.
    pub number_masked: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The line type reported by the carrier.
    pub line_type: LineKind,
    /// When it was proven.
    pub verified_at: Timestamp,
}

/// The columns in the order in which [`verification`] reads them.
macro_rules! columns {
    () => {
        "id, organization, user_id, number_fingerprint, number_sealed, number_masked, country, line_type, \
         language, state, machine, provider_reference, code_fingerprint, created_at, finished_at, session, \
         service"
    };
}

fn verification(row: &Row) -> Result<PhoneVerification, Error> {
    Ok(PhoneVerification {
        id: id(row, 0, "phone_verifications")?,
        organization: id(row, 1, "phone_verifications")?,
        user: optional_id(row, 2, "phone_verifications")?,
        number_fingerprint: row.bytes(3)?,
        number_sealed: row.bytes(4)?,
        number_masked: row.text(5)?,
        country: row.text(6)?,
        line_type: named(row, 7, "phone_verifications", LineKind::from_name)?,
        language: row.text(8)?,
        state: named(row, 9, "phone_verifications", PhoneState::from_name)?,
        machine: row.text(10)?,
        provider_reference: row.optional_text(11)?,
        code_fingerprint: row.optional_bytes(12)?,
        created_at: time(row, 13)?,
        finished_at: optional_time(row, 14)?,
        session: optional_id(row, 15, "phone_verifications")?,
        service: optional_named(row, 16, "phone_verifications", CodeService::from_name)?,
    })
}

fn number(row: &Row) -> Result<PhoneNumber, Error> {
    Ok(PhoneNumber {
        organization: id(row, 0, "phone_numbers")?,
        user: optional_id(row, 1, "phone_numbers")?,
        number_fingerprint: row.bytes(2)?,
        number_sealed: row.bytes(3)?,
        number_masked: row.text(4)?,
        country: row.text(5)?,
        line_type: named(row, 6, "phone_numbers", LineKind::from_name)?,
        verified_at: time(row, 7)?,
    })
}

/// Inserts a verification. A person has at most one live verification in an organization.
///
/// # Errors
/// [`Error::Conflict`] when one is live already.
pub async fn insert(tx: &mut Tx, row: &PhoneVerification) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO phone_verifications (id, organization, user_id, number_fingerprint, number_sealed, \
                       number_masked, country, line_type, language, state, machine, provider_reference, code_fingerprint, \
                       created_at, finished_at, session, service) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.user.as_ref().map(UserId::as_str).into(),
        row.number_fingerprint.as_slice().into(),
        row.number_sealed.as_slice().into(),
        row.number_masked.as_str().into(),
        row.country.as_str().into(),
        row.line_type.as_str().into(),
        row.language.as_str().into(),
        row.state.as_str().into(),
        row.machine.as_str().into(),
        row.provider_reference.as_deref().into(),
        row.code_fingerprint.as_deref().into(),
        row.created_at.0.into(),
        row.finished_at.map(|at| at.0).into(),
        row.session.as_ref().map(SessionId::as_str).into(),
        row.service.map(CodeService::as_str).into(),
    ];
    tx.execute(SQL, values).await.map(|_| ()).map_err(conflict_as("phone verification"))
}

/// Updates a verification.
pub async fn update(tx: &mut Tx, row: &PhoneVerification) -> Result<(), Error> {
    const SQL: &str = "UPDATE phone_verifications SET state = $2, machine = $3, provider_reference = $4, \
                       code_fingerprint = $5, finished_at = $6, service = $7 WHERE id = $1";
    let values = vec![
        row.id.as_str().into(),
        row.state.as_str().into(),
        row.machine.as_str().into(),
        row.provider_reference.as_deref().into(),
        row.code_fingerprint.as_deref().into(),
        row.finished_at.map(|at| at.0).into(),
        row.service.map(CodeService::as_str).into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Does what [`update`] does, but only if the stored machine still equals `before`.
///
/// # Errors
/// [`Error::Again`] when another transaction has.
pub async fn update_checked(tx: &mut Tx, row: &PhoneVerification, before: &str) -> Result<(), Error> {
    const SQL: &str = "UPDATE phone_verifications SET state = $2, machine = $3, provider_reference = $4, \
                       code_fingerprint = $5, finished_at = $6, service = $7 WHERE id = $1 AND machine = $8";
    let values = vec![
        row.id.as_str().into(),
        row.state.as_str().into(),
        row.machine.as_str().into(),
        row.provider_reference.as_deref().into(),
        row.code_fingerprint.as_deref().into(),
        row.finished_at.map(|at| at.0).into(),
        row.service.map(CodeService::as_str).into(),
        before.into(),
    ];
    if tx.execute(SQL, values).await? == 0 { Err(tx.again()) } else { Ok(()) }
}

/// Finds the verification with this id in this organization.
pub async fn find(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &PhoneVerificationId,
) -> Result<Option<PhoneVerification>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM phone_verifications WHERE organization = $1 AND id = $2");
    let values = vec![organization.as_str().into(), id.as_str().into()];
    tx.optional(SQL, values).await?.as_ref().map(verification).transpose()
}

/// Finds the newest verification of an organization, live or not.
pub async fn find_newest(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<PhoneVerification>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM phone_verifications WHERE organization = $1 \
         ORDER BY created_at DESC, finished_at IS NOT NULL, id DESC LIMIT 1"
    );
    let values = vec![organization.as_str().into()];
    tx.optional(SQL, values).await?.as_ref().map(verification).transpose()
}

/// Lists the live verifications of an organization.
pub async fn list_live(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<PhoneVerification>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM phone_verifications WHERE organization = $1 AND finished_at IS NULL ORDER BY created_at, id"
    );
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(verification).collect()
}

/// Lists verifications begun before a moment that have not ended, oldest first.
pub async fn list_unfinished(tx: &mut Tx, before: Timestamp) -> Result<Vec<PhoneVerification>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM phone_verifications WHERE finished_at IS NULL AND created_at < $1 ORDER BY created_at, id LIMIT \
         500"
    );
    tx.all(SQL, vec![before.0.into()]).await?.iter().map(verification).collect()
}

/// Removes everything that identifies the number from ended verifications older than `before`. Returns how many.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM phone_verifications WHERE created_at < $1";
    tx.execute(SQL, vec![before.0.into()]).await
}

/// Saves the proven number of an organization.
pub async fn save_number(tx: &mut Tx, row: &PhoneNumber) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO phone_numbers (organization, user_id, number_fingerprint, number_sealed, number_masked, \
                       country, line_type, verified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                       ON CONFLICT (organization) DO UPDATE SET user_id = excluded.user_id, \
                       number_fingerprint = excluded.number_fingerprint, number_sealed = excluded.number_sealed, \
                       number_masked = excluded.number_masked, country = excluded.country, \
                       line_type = excluded.line_type, verified_at = excluded.verified_at";
    let values = vec![
        row.organization.as_str().into(),
        row.user.as_ref().map(UserId::as_str).into(),
        row.number_fingerprint.as_slice().into(),
        row.number_sealed.as_slice().into(),
        row.number_masked.as_str().into(),
        row.country.as_str().into(),
        row.line_type.as_str().into(),
        row.verified_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the proven number of an organization.
pub async fn find_number(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<PhoneNumber>, Error> {
    const SQL: &str = "SELECT organization, user_id, number_fingerprint, number_sealed, number_masked, country, line_type, \
                       verified_at FROM phone_numbers WHERE organization = $1";
    tx.optional(SQL, vec![organization.as_str().into()]).await?.as_ref().map(number).transpose()
}

/// Lists the proven numbers with this fingerprint, each with the moment its organization was closed.
pub async fn list_by_fingerprint(
    tx: &mut Tx,
    fingerprint: &[u8],
) -> Result<Vec<(PhoneNumber, Option<Timestamp>)>, Error> {
    const SQL: &str = "SELECT n.organization, n.user_id, n.number_fingerprint, n.number_sealed, n.number_masked, n.country, \
                       n.line_type, n.verified_at, o.deactivated_at FROM phone_numbers n \
                       JOIN organizations o ON o.id = n.organization WHERE n.number_fingerprint = $1 \
                       ORDER BY n.verified_at, n.organization";
    let rows = tx.all(SQL, vec![fingerprint.into()]).await?;
    rows.iter().map(|row| Ok((number(row)?, optional_time(row, 8)?))).collect()
}

/// Deletes the number of an organization; `false` when there was none.
pub async fn delete_number(tx: &mut Tx, organization: &OrganizationId) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM phone_numbers WHERE organization = $1";
    Ok(tx.execute(SQL, vec![organization.as_str().into()]).await? > 0)
}

/// Deletes the numbers of organizations that were deleted before a moment.
pub async fn delete_numbers_of_deleted(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM phone_numbers WHERE organization IN \
                       (SELECT id FROM organizations WHERE deactivated_at < $1)";
    tx.execute(SQL, vec![before.0.into()]).await
}

/// Saves a carrier's report about a number.
pub async fn save_line(tx: &mut Tx, fingerprint: &[u8], line_type: LineKind, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO line_lookups (number_fingerprint, line_type, at) VALUES ($1, $2, $3) \
                       ON CONFLICT (number_fingerprint) DO UPDATE SET line_type = excluded.line_type, at = excluded.at";
    tx.execute(SQL, vec![fingerprint.into(), line_type.as_str().into(), at.0.into()]).await.map(|_| ())
}

/// Finds a carrier's report about a number at or after `since`.
pub async fn find_line(tx: &mut Tx, fingerprint: &[u8], since: Timestamp) -> Result<Option<LineKind>, Error> {
    const SQL: &str = "SELECT line_type FROM line_lookups WHERE number_fingerprint = $1 AND at >= $2";
    tx.optional(SQL, vec![fingerprint.into(), since.0.into()])
        .await?
        .map(|row| named(&row, 0, "line_lookups", LineKind::from_name))
        .transpose()
}

/// Deletes carriers' reports before a moment.
pub async fn delete_lines(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM line_lookups WHERE at < $1", vec![before.0.into()]).await
}
