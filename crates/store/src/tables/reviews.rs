//! Cases for people to decide (reviews, appeals, doubtful duplicates), their evidence, and who viewed it.

use keystead_core::id::{ActorId, EvidenceViewId, OrganizationId, ReviewCaseId, VerificationAttemptId};
use keystead_core::time::Timestamp;
use keystead_core::verification::review::{CaseDecision, CaseKind, CaseState, Slot, ViewReason};

use super::{actor, id, named, optional_actor, optional_id, optional_named, optional_time, time};
use crate::{Error, Row, Tx};

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewCase {
    pub id: ReviewCaseId,
    pub organization: OrganizationId,
    /// The attempt it is about.
    pub attempt: Option<VerificationAttemptId>,
    pub kind: CaseKind,
    pub state: CaseState,
    /// The owner's statement, sealed.
    pub statement_sealed: Option<Vec<u8>>,
    /// Findings by software, as JSON.
    pub findings: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When its images are erased, decided or not.
    pub images_until: Option<Timestamp>,
    /// The proposal of the first of two.
    pub proposal: Option<CaseDecision>,
    /// The person who proposed.
    pub proposed_by: Option<ActorId>,
    pub decision: Option<CaseDecision>,
    /// The reasons, as a JSON list of names.
    pub reasons: String,
    /// The reviewer's note.
    pub note: Option<String>,
    /// The person who decided.
    pub decided_by: Option<ActorId>,
    pub decided_at: Option<Timestamp>,
}

impl ReviewCase {
    /// Builds a new case.
    #[must_use]
    pub fn opened(
        id: &ReviewCaseId,
        organization: &OrganizationId,
        attempt: Option<VerificationAttemptId>,
        kind: CaseKind,
        at: Timestamp,
    ) -> Self {
        Self {
            id: id.clone(),
            organization: organization.clone(),
            attempt,
            kind,
            state: CaseState::Open,
            statement_sealed: None,
            findings: "{}".to_owned(),
            opened_at: at,
            images_until: None,
            proposal: None,
            proposed_by: None,
            decision: None,
            reasons: "[]".to_owned(),
            note: None,
            decided_by: None,
            decided_at: None,
        }
    }
}

/// One picture of a case; its bytes are in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The case.
    pub case: ReviewCaseId,
    /// Its number in the case.
    pub number: i64,
    /// What it shows.
    pub kind: Slot,
    /// Findings by software, as JSON.
    pub findings: String,
    /// Fingerprint of the original bytes, to find the same picture again.
    pub original_fingerprint: Vec<u8>,
    /// When it was taken.
    pub captured_at: Timestamp,
    /// When its bytes were destroyed.
    pub erased_at: Option<Timestamp>,
}

/// A view of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceView {
    pub id: EvidenceViewId,
    /// The organization of the picture.
    pub organization: OrganizationId,
    /// The case.
    pub case: ReviewCaseId,
    /// The picture's number in it.
    pub number: i64,
    /// The viewer.
    pub viewer: ActorId,
    pub reason: ViewReason,
    pub at: Timestamp,
}

/// The columns in the order in which [`case`] reads them.
macro_rules! columns {
    () => {
        "id, organization, attempt, kind, state, statement_sealed, findings, opened_at, images_until, \
         proposal, proposed_by, decision, reasons, note, decided_by, decided_at"
    };
}

fn case(row: &Row) -> Result<ReviewCase, Error> {
    Ok(ReviewCase {
        id: id(row, 0, "review_cases")?,
        organization: id(row, 1, "review_cases")?,
        attempt: optional_id(row, 2, "review_cases")?,
        kind: named(row, 3, "review_cases", CaseKind::from_name)?,
        state: named(row, 4, "review_cases", CaseState::from_name)?,
        statement_sealed: row.optional_bytes(5)?,
        findings: row.text(6)?,
        opened_at: time(row, 7)?,
        images_until: optional_time(row, 8)?,
        proposal: optional_named(row, 9, "review_cases", CaseDecision::from_name)?,
        proposed_by: optional_actor(row, 10)?,
        decision: optional_named(row, 11, "review_cases", CaseDecision::from_name)?,
        reasons: row.text(12)?,
        note: row.optional_text(13)?,
        decided_by: optional_actor(row, 14)?,
        decided_at: optional_time(row, 15)?,
    })
}

fn picture(row: &Row) -> Result<Evidence, Error> {
    Ok(Evidence {
        case: id(row, 0, "evidence")?,
        number: row.int(1)?,
        kind: named(row, 2, "evidence", Slot::from_name)?,
        findings: row.text(3)?,
        original_fingerprint: row.bytes(4)?,
        captured_at: time(row, 5)?,
        erased_at: optional_time(row, 6)?,
    })
}

/// Opens a case; the same case again changes nothing.
pub async fn insert(tx: &mut Tx, row: &ReviewCase) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO review_cases (id, organization, attempt, kind, state, statement_sealed, findings, \
                       opened_at, images_until, reasons) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                       ON CONFLICT (id) DO NOTHING";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.attempt.as_ref().map(VerificationAttemptId::as_str).into(),
        row.kind.as_str().into(),
        row.state.as_str().into(),
        row.statement_sealed.as_deref().into(),
        row.findings.as_str().into(),
        row.opened_at.0.into(),
        row.images_until.map(|at| at.0).into(),
        row.reasons.as_str().into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Updates an open case; `false` when it was decided in between.
pub async fn update(tx: &mut Tx, row: &ReviewCase) -> Result<bool, Error> {
    const SQL: &str = "UPDATE review_cases SET state = $2, findings = $3, images_until = $4, proposal = $5, \
                       proposed_by = $6, decision = $7, reasons = $8, note = $9, decided_by = $10, decided_at = $11 \
                       WHERE id = $1 AND decided_at IS NULL";
    let values = vec![
        row.id.as_str().into(),
        row.state.as_str().into(),
        row.findings.as_str().into(),
        row.images_until.map(|at| at.0).into(),
        row.proposal.map(CaseDecision::as_str).into(),
        row.proposed_by.as_ref().map(ActorId::as_str).into(),
        row.decision.map(CaseDecision::as_str).into(),
        row.reasons.as_str().into(),
        row.note.as_deref().into(),
        row.decided_by.as_ref().map(ActorId::as_str).into(),
        row.decided_at.map(|at| at.0).into(),
    ];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Finds the case with this id.
pub async fn find(tx: &mut Tx, id: &ReviewCaseId) -> Result<Option<ReviewCase>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM review_cases WHERE id = $1");
    tx.optional(SQL, vec![id.as_str().into()]).await?.as_ref().map(case).transpose()
}

/// Lists undecided cases; the one with the earliest deadline comes first.
pub async fn list_open(tx: &mut Tx) -> Result<Vec<ReviewCase>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM review_cases WHERE decided_at IS NULL ORDER BY COALESCE(images_until, 9223372036854775807), \
         opened_at, id LIMIT 500"
    );
    tx.all(SQL, vec![]).await?.iter().map(case).collect()
}

/// Marks every undecided case that has not been announced to the operators, and returns their ids; the one with the
/// earliest deadline comes first.
pub async fn announce(tx: &mut Tx, at: Timestamp) -> Result<Vec<ReviewCaseId>, Error> {
    const SQL: &str = "UPDATE review_cases SET announced_at = $1 WHERE announced_at IS NULL AND decided_at IS NULL \
                       RETURNING id, COALESCE(images_until, 9223372036854775807), opened_at";
    let rows = tx.all(SQL, vec![at.0.into()]).await?;
    let mut found = Vec::new();
    for row in &rows {
        found.push((row.int(1)?, row.int(2)?, id::<ReviewCaseId>(row, 0, "review_cases")?));
    }
    found.sort_by(|one, other| (one.0, one.1, one.2.as_str()).cmp(&(other.0, other.1, other.2.as_str())));
    Ok(found.into_iter().map(|(_, _, id)| id).collect())
}

/// Finds the case that people decided last.
pub async fn last_decided(tx: &mut Tx) -> Result<Option<ReviewCase>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM review_cases WHERE decided_by IS NOT NULL ORDER BY decided_at DESC, id LIMIT 1"
    );
    tx.optional(SQL, vec![]).await?.as_ref().map(case).transpose()
}

/// Returns when a case was last announced to the operators.
pub async fn last_announced(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    const SQL: &str = "SELECT MAX(announced_at) FROM review_cases";
    tx.optional(SQL, vec![]).await?.map_or(Ok(None), |row| optional_time(&row, 0))
}

/// Lists the cases of an organization, newest first.
pub async fn list(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<ReviewCase>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM review_cases WHERE organization = $1 ORDER BY opened_at DESC, id LIMIT 50"
    );
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(case).collect()
}

/// Saves a picture; the same number again replaces it.
pub async fn save_evidence(tx: &mut Tx, row: &Evidence) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO evidence (case_id, number, kind, findings, original_fingerprint, captured_at) \
                       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id, number) DO UPDATE SET \
                       kind = excluded.kind, findings = excluded.findings, original_fingerprint = excluded.original_fingerprint, \
                       captured_at = excluded.captured_at, erased_at = NULL";
    let values = vec![
        row.case.as_str().into(),
        row.number.into(),
        row.kind.as_str().into(),
        row.findings.as_str().into(),
        row.original_fingerprint.as_slice().into(),
        row.captured_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Lists the pictures of a case.
pub async fn list_evidence(tx: &mut Tx, case: &ReviewCaseId) -> Result<Vec<Evidence>, Error> {
    const SQL: &str = "SELECT case_id, number, kind, findings, original_fingerprint, captured_at, erased_at FROM evidence \
                       WHERE case_id = $1 ORDER BY number";
    tx.all(SQL, vec![case.as_str().into()]).await?.iter().map(picture).collect()
}

/// Counts the other cases that have the same picture.
pub async fn count_same_picture(tx: &mut Tx, fingerprint: &[u8], case: &ReviewCaseId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM evidence WHERE original_fingerprint = $1 AND case_id <> $2";
    tx.optional(SQL, vec![fingerprint.into(), case.as_str().into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Deletes one picture.
pub async fn delete_evidence(tx: &mut Tx, case: &ReviewCaseId, number: i64) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM evidence WHERE case_id = $1 AND number = $2";
    tx.execute(SQL, vec![case.as_str().into(), number.into()]).await
}

/// Marks the pictures of a case as erased, and deletes what distinguished them.
pub async fn erase_evidence(tx: &mut Tx, case: &ReviewCaseId, at: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "UPDATE evidence SET erased_at = $2, original_fingerprint = $3, findings = $4 \
                       WHERE case_id = $1 AND erased_at IS NULL";
    tx.execute(SQL, vec![case.as_str().into(), at.0.into(), [].as_slice().into(), "{}".into()]).await
}

/// Inserts a view of a picture.
pub async fn insert_view(tx: &mut Tx, row: &EvidenceView) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO evidence_views (id, organization, case_id, number, viewer, reason, at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.case.as_str().into(),
        row.number.into(),
        row.viewer.as_str().into(),
        row.reason.as_str().into(),
        row.at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Counts the pictures of a case that a person has not viewed; erased pictures do not count.
pub async fn count_unseen(tx: &mut Tx, case: &ReviewCaseId, viewer: &ActorId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM evidence WHERE case_id = $1 AND erased_at IS NULL AND number NOT IN \
                       (SELECT number FROM evidence_views WHERE case_id = $1 AND viewer = $2)";
    tx.optional(SQL, vec![case.as_str().into(), viewer.as_str().into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Lists the views of an organization's pictures, newest first.
pub async fn list_views(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<EvidenceView>, Error> {
    const SQL: &str = "SELECT id, organization, case_id, number, viewer, reason, at FROM evidence_views \
                       WHERE organization = $1 ORDER BY at DESC, id LIMIT 200";
    let rows = tx.all(SQL, vec![organization.as_str().into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(EvidenceView {
                id: id(row, 0, "evidence_views")?,
                organization: id(row, 1, "evidence_views")?,
                case: id(row, 2, "evidence_views")?,
                number: row.int(3)?,
                viewer: actor(row, 4)?,
                reason: named(row, 5, "evidence_views", ViewReason::from_name)?,
                at: time(row, 6)?,
            })
        })
        .collect()
}
