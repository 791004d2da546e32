//! Saving what the machine decided: status, attempt, requirement, effects and audit, in one transaction.

use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::id::{OrganizationId, ReviewCaseId, VerificationAttemptId};
use keystead_core::verification::organization::{AttemptState, Effect, Event, Facts, Status, Step, step};
use keystead_core::verification::review::CaseKind;
use keystead_store::Tx;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::organizations;
use keystead_store::tables::privacy::{self, DocumentFingerprint};
use keystead_store::tables::reviews::{self, ReviewCase};
use serde_json::json;

use super::refused;
use super::state::{VerificationRecord, load_verification, save_verification, verification_facts};
use crate::audit::AuditEntry;
use crate::case_mails::queue_announcement;
use crate::jobs::Job;
use crate::{Actor, App, Error};

const DAY: i64 = 86_400;

/// The sealing context of an appeal's statement.
fn statement_context(case: &ReviewCaseId) -> String {
    format!("review_cases.statement:{case}")
}

/// Saves a step. `attempt` is the live attempt with what was learned about it; `statement` is an appeal's.
#[expect(clippy::too_many_arguments, reason = "everything one transition touches, named where it is used")]
pub(crate) async fn apply_step(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    before: &VerificationRecord,
    mut attempt: Option<&mut IdentityAttempt>,
    next: Step,
    reason: Option<String>,
) -> Result<(), Error> {
    let now = app.now();
    for effect in &next.effects {
        match (effect, attempt.as_deref_mut()) {
            (Effect::Open, row) => {
                let fingerprint = row.as_ref().and_then(|row| row.document_fingerprint.clone());
                let how = if next.status == Status::Exempt { Fulfilment::Waived } else { Fulfilment::Verified };
                open_models(app, tx, organization, how, row.and_then(|row| row.user.clone()), fingerprint).await?;
            }
            (Effect::Close, _) => {
                organizations::clear_requirement(tx, organization, Requirement::Organization, now).await?;
            }
            (Effect::MoveAttempt(state), Some(row)) => {
                row.state = *state;
                if matches!(state, AttemptState::Submitted | AttemptState::InReview) {
                    row.submitted_at.get_or_insert(now);
                }
            }
            (Effect::EndAttempt(state), Some(row)) => {
                row.state = *state;
                row.finished_at = Some(now);
                if matches!(state, AttemptState::Approved | AttemptState::Rejected) {
                    row.decided_at = Some(now);
                    row.decided_by = Some(actor.actor_id());
                }
            }
            (Effect::RedactLater, Some(row)) => {
                row.redact_at = Some(now.plus(app.settings().biometrics_days.clamp(0, 7) * DAY));
            }
            (Effect::EraseNow, Some(row)) => row.redact_at = Some(now),
            (Effect::CancelAtService, Some(row)) => {
                if let Some(reference) = &row.reference {
                    app.enqueue(tx, &Job::cancel_attempt(reference), now).await?;
                }
            }
            (Effect::AlertOperator, Some(row)) => row.needs_attention = true,
            (Effect::Extend { seconds }, Some(row)) => row.expires_at = row.expires_at.plus(*seconds),
            (Effect::OpenCase, row) => {
                let kind = if next.audit == "orgv.duplicate" { CaseKind::Duplicate } else { CaseKind::Appeal };
                let about = row.map(|row| row.id.clone());
                insert_case(app, tx, organization, about, kind, None).await?;
            }
            (Effect::NotifyOwners, _) => queue_step_mail(app, tx, organization, &next).await?,
            (_, None) => {}
        }
    }
    if let Some(row) = attempt {
        identity_attempts::update(tx, row).await?;
        row.version += 1;
        if let Some(at) = row.redact_at.filter(|_| row.redacted_at.is_none()) {
            app.enqueue(tx, &Job::redact_attempt(&row.id), at).await?;
        }
    }
    let changed = before.status != next.status || before.until != next.until;
    let open = matches!(next.status, Status::Exempt | Status::Verified);
    if open && (changed || next.effects.contains(&Effect::Open)) {
        organizations::set_requirement_end(tx, organization, Requirement::Organization, next.until, now).await?;
    }
    if changed || reason.is_some() {
        save_verification(app, tx, organization, before, next.status, next.until, reason).await?;
    }
    if next.audit.is_empty() {
        return Ok(());
    }
    let details = json!({ "data": { "status": next.status.as_str() } });
    let entry = AuditEntry { organization, action: next.audit, target: organization.as_str(), details };
    app.record(tx, actor, entry).await
}

/// Opens the models behind the gate, in this transaction with a new entitlement version, so that no gateway can
/// miss it.
async fn open_models(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    how: Fulfilment,
    user: Option<keystead_core::id::UserId>,
    fingerprint: Option<Vec<u8>>,
) -> Result<(), Error> {
    let now = app.now();
    organizations::set_requirement(tx, organization, Requirement::Organization, how, None, now).await?;
    if let Some(fingerprint) = fingerprint.filter(|fingerprint| !fingerprint.is_empty()) {
        let used = DocumentFingerprint { fingerprint, organization: organization.clone(), user, verified_at: now };
        privacy::save_document(tx, &used).await?;
    }
    Ok(())
}

/// Opens a case for people to decide.
pub(crate) async fn insert_case(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    attempt: Option<VerificationAttemptId>,
    kind: CaseKind,
    statement: Option<&str>,
) -> Result<ReviewCaseId, Error> {
    let id = app.draw(ReviewCaseId::generate);
    let context = statement_context(&id);
    let sealed = statement.map(|text| app.draw(|rng| app.sealer().seal(rng, &context, text.as_bytes())));
    let case = ReviewCase::opened(&id, organization, attempt, kind, app.now());
    reviews::insert(tx, &ReviewCase { statement_sealed: sealed, ..case }).await?;
    queue_announcement(app, tx).await?;
    Ok(id)
}

/// Returns the owner's statement in a case.
pub(crate) fn read_statement(app: &App, case: &ReviewCase) -> Result<Option<String>, Error> {
    let open = |sealed: &Vec<u8>| app.sealer().open_text(&statement_context(&case.id), sealed);
    let opened = case.statement_sealed.as_ref().map(open).transpose()?;
    Ok(opened.map(|text| text.expose().clone()))
}

/// Informs every owner of the new status. Without mail, pages and the API still show it.
async fn queue_step_mail(app: &App, tx: &mut Tx, organization: &OrganizationId, next: &Step) -> Result<(), Error> {
    queue_owner_mail(app, tx, organization, next.audit).await?;
    let Some(until) = next.until.filter(|_| next.status == Status::Verified) else { return Ok(()) };
    // Owners are reminded before the date.
    for days in [7, 1] {
        let at = until.plus(-days * DAY);
        if at > app.now() {
            let reminder = Job::mail_owners(organization, "orgv.reverify_due", Some(until));
            app.enqueue(tx, &reminder, at).await?;
        }
    }
    Ok(())
}

/// Mails the owners about an event, by its name in the audit log.
pub(crate) async fn queue_owner_mail(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    event: &str,
) -> Result<(), Error> {
    if app.services().mail.is_none() {
        return Ok(());
    }
    app.enqueue(tx, &Job::mail_owners(organization, event, None), app.now()).await
}

/// Applies what only the clock decides: ends cooldowns, exemptions and verifications that have reached their date.
pub(crate) async fn expire_dated(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    let before = load_verification(tx, organization).await?;
    if !matches!(before.status, Status::Exempt | Status::Cooldown | Status::Verified) {
        return Ok(());
    }
    let facts = Facts { until: before.until, ..Facts::default() };
    let next = step(before.status, None, Event::DateReached, facts, app.now()).map_err(refused)?;
    if next.audit.is_empty() {
        return Ok(());
    }
    let actor = Actor::Service("clock".to_owned());
    apply_step(app, tx, &actor, organization, &before, None, next, None).await
}

/// Changes the status of an organization because of an event of one of its attempts, and saves everything.
pub(super) async fn step_attempt(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &mut IdentityAttempt,
    live: Option<AttemptState>,
    event: Event,
) -> Result<(), Error> {
    let organization = row.organization.clone();
    let before = load_verification(tx, &organization).await?;
    let facts = verification_facts(app, tx, &organization, &before, row.document_fingerprint.as_deref()).await?;
    let next = step(before.status, live, event, facts, app.now()).map_err(refused)?;
    apply_step(app, tx, actor, &organization, &before, Some(row), next, None).await
}
