//! Erasing pictures in time: after a decision through the organization's own erasure, and at the ceiling at the latest.

use keystead_core::id::{CaptureId, ErasureReceiptId, ReviewCaseId};
use keystead_core::verification::organization::{Check, Event, step};
use keystead_core::verification::review::{CaptureState, CaseDecision, CaseState, ErasureKind};
use keystead_store::tables::captures::{self, Capture};
use keystead_store::tables::privacy::{self, Receipt};
use keystead_store::tables::{identity_attempts, reviews};
use serde_json::json;

use super::Reviewer;
use super::evidence::StoredSize;
use super::retention::{EARLY, held_until, images_until};
use crate::audit::AuditEntry;
use crate::verification::organization::apply::apply_step;
use crate::verification::organization::refused;
use crate::verification::organization::state::{load_verification, verification_facts};
use crate::{Actor, App, Error};

const DAY: i64 = 86_400;

/// Seconds after the end of an attempt when pictures that were never submitted are erased.
const ABANDONED: i64 = DAY;

impl Reviewer {
    /// Erases the pictures of a capture: first the key, with the receipt, because without it the files are noise; then
    /// the files. It may run again.
    pub(super) async fn erase(&self, id: &CaptureId) -> Result<(), Error> {
        let now = self.now();
        let read = read_tx!(self.store, "capture", |tx| Ok(captures::find(tx, id).await?));
        let Some(known) = read? else { return Ok(()) };
        let there = self.measure_files(&known.case).await?;
        let write = write_tx!(self.store, "erase_capture", |tx| {
            let Some(mut row) = captures::find(tx, id).await? else { return Ok(None) };
            if held_until(tx, &row.case, now).await?.is_some() {
                return Err(Error::Conflict { message: "These pictures are held by law.".to_owned() });
            }
            reviews::erase_evidence(tx, &row.case, now).await?;
            if row.erased_at.is_none() {
                row.key_sealed = None;
                row.zone_sealed = None;
                row.name_sealed = None;
                row.challenge = None;
                row.erased_at = Some(now);
                if row.state == CaptureState::Open {
                    row.state = CaptureState::Cancelled;
                }
                captures::update(tx, &row).await?;
            }
            // Without pictures there is nothing to decide: the case of a person who withdrew or cancelled is closed.
            if let Some(mut case) = reviews::find(tx, &row.case).await?.filter(|case| case.decided_at.is_none()) {
                case.state = CaseState::Decided;
                case.decision = Some(CaseDecision::Withdrawn);
                case.decided_by = Some("clock".into());
                case.decided_at = Some(now);
                reviews::update(tx, &case).await?;
            }
            let receipt = Receipt {
                id: ErasureReceiptId::of_case(&row.case),
                organization: row.organization.clone(),
                what: ErasureKind::Evidence,
                receipt: json!({ "case": row.case, "pictures": there.blobs, "bytes": there.bytes }).to_string(),
                at: now,
            };
            privacy::insert_receipt(tx, &receipt).await?;
            Ok(Some(row.case))
        });
        match write? {
            Some(case) => self.erase_files(&case).await,
            None => Ok(()),
        }
    }

    /// Measures the files of a case on disk.
    async fn measure_files(&self, case: &ReviewCaseId) -> Result<StoredSize, Error> {
        let (case, evidence) = (case.clone(), self.evidence.clone());
        let done = tokio::task::spawn_blocking(move || evidence.measure(&case)).await;
        Ok(done.map_err(|_| Error::Internal("a listing was cut off".to_owned()))??)
    }

    async fn erase_files(&self, case: &ReviewCaseId) -> Result<(), Error> {
        let (case, evidence) = (case.clone(), self.evidence.clone());
        let done = tokio::task::spawn_blocking(move || evidence.erase(&case)).await;
        Ok(done.map_err(|_| Error::Internal("an erasure was cut off".to_owned()))??)
    }
}

/// Erases pictures past their deadline, and the rest of interrupted erasures. It is a part of the cleanup.
pub(crate) async fn erase_due_evidence(app: &App) -> Result<(), Error> {
    let Some(reviewer) = app.services().review.as_deref() else { return Ok(()) };
    let now = app.now();
    let evidence = reviewer.evidence.clone();
    let listed = tokio::task::spawn_blocking(move || evidence.cases()).await;
    let on_disk = listed.map_err(|_| Error::Internal("a listing was cut off".to_owned()))??;
    let kept = write_tx!(app.store(), "captures_kept", |tx| {
        captures::delete_old_links(tx, now).await?;
        let mut kept = Vec::new();
        for row in captures::list_kept(tx).await? {
            let attempt = identity_attempts::find(tx, &row.attempt).await?;
            let ended = attempt.and_then(|attempt| attempt.finished_at);
            let held = held_until(tx, &row.case, now).await?.is_some();
            kept.push((row, ended, held));
        }
        Ok(kept)
    })?;
    // Files without a key are noise left by an interrupted erasure.
    for case in on_disk.iter().filter(|case| kept.iter().all(|(row, ..)| row.case != **case)) {
        reviewer.erase_files(case).await?;
    }
    for (row, ended, held) in kept {
        if held {
            continue;
        }
        let old = row.first_captured_at.is_some_and(|at| {
            images_until(at, app.settings().biometrics_days) <= now.plus(EARLY)
                // A time in the future is not trusted.
                || at > now.plus(DAY)
        });
        let abandoned = row.state != CaptureState::Submitted && ended.is_some_and(|at| now.since(at) >= ABANDONED);
        if old || abandoned {
            end_undecided_case(app, &row).await?;
            reviewer.erase(&row.id).await?;
        }
    }
    Ok(())
}

/// Ends a case when its pictures are erased before a decision: the person may submit again, and this does not count
/// as an attempt.
async fn end_undecided_case(app: &App, capture: &Capture) -> Result<(), Error> {
    write_tx!(app.store(), "end_undecided", |tx| {
        let Some(mut case) = reviews::find(tx, &capture.case).await?.filter(|case| case.decided_at.is_none()) else {
            return Ok(());
        };
        let actor = Actor::Service("clock".to_owned());
        case.state = CaseState::Decided;
        case.decision = Some(CaseDecision::Recapture);
        case.decided_by = Some(actor.actor_id());
        case.decided_at = Some(app.now());
        reviews::update(tx, &case).await?;
        let Some(mut attempt) = identity_attempts::find(tx, &capture.attempt).await? else { return Ok(()) };
        if attempt.finished_at.is_some() {
            return Ok(());
        }
        let organization = capture.organization.clone();
        let before = load_verification(tx, &organization).await?;
        let facts = verification_facts(app, tx, &organization, &before, None).await?;
        let live = Some(attempt.state);
        let next =
            step(before.status, live, Event::ProviderReported(Check::Expired), facts, app.now()).map_err(refused)?;
        apply_step(app, tx, &actor, &organization, &before, Some(&mut attempt), next, None).await?;
        let entry = AuditEntry {
            organization: &organization,
            action: "review.ran_out",
            target: case.id.as_str(),
            details: json!({ "data": { "decision": "recapture" } }),
        };
        app.record(tx, &actor, entry).await
    })
}
