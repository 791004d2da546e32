//! Decisions by reviewers. A decision goes through the same state machine as the report of an outside service. Two
//! reviewers must agree against a finding that the document has verified other organizations, and against a refusal by
//! a service.

use keystead_core::id::CaptureId;
use keystead_core::verification::organization::{Check, Event, people_needed, step};
use keystead_core::verification::review::{CaseDecision, CaseKind, CaseState};
use keystead_store::Tx;
use keystead_store::tables::identity_attempts;
use keystead_store::tables::reviews::{self, ReviewCase};
use serde_json::json;

use super::capture::reviewer;
use super::decision::{Decided, Verdict, declines};
use super::load::capture_of;
use super::own_organization::ensure_not_own_organization;
use super::retention::held_until;
use crate::audit::AuditEntry;
use crate::jobs::Job;
use crate::validate::{operators_only, operators_reason, parse_id};
use crate::verification::organization::apply::apply_step;
use crate::verification::organization::refused;
use crate::verification::organization::state::{live_attempt, load_verification, verification_facts};
use crate::{Actor, App, Error};

impl App {
    /// Decides a case of any kind, with a reason: reviews by [`App::decide_review`], other kinds by
    /// [`App::decide_appeal`].
    ///
    /// # Errors
    /// Those of the two functions, or when the kind of case does not have this verdict.
    pub async fn decide_case(
        &self,
        actor: &Actor,
        id: &str,
        verdict: Verdict,
        reason: &str,
        destroy: bool,
    ) -> Result<Decided, Error> {
        let reason = operators_reason(actor, reason)?;
        let read = read_tx!(self.store(), "case_kind", |tx| {
            let found = reviews::find(tx, &parse_id("case", id)?).await?;
            Ok(found.ok_or_else(|| Error::not_found("case", id))?.kind)
        });
        if read? == CaseKind::Review {
            return self.decide_review(actor, id, verdict, &reason, destroy).await;
        }
        let approve = match verdict {
            Verdict::Approve => true,
            Verdict::Decline(reasons) if reasons.is_empty() => false,
            Verdict::Decline(_) => {
                return Err(Error::invalid("reasons", "Invalid 'reasons': only a review is declined with reasons."));
            }
            Verdict::Recapture => {
                let message = "Invalid 'decision': only a review can ask for new pictures.";
                return Err(Error::invalid("decision", message));
            }
        };
        if destroy {
            return Err(Error::invalid("destroy", "Invalid 'destroy': only a review's pictures can be destroyed."));
        }
        self.decide_appeal(actor, id, approve, &reason).await
    }

    /// Decides an appeal or a doubtful duplicate. Approving against a service's refusal needs two people: the first
    /// proposes, the second decides.
    ///
    /// # Errors
    /// When the caller is not an operator, when they are a member of the organization, when the reason is missing, when
    /// it was decided already, or when both approvals are by the same person.
    pub async fn decide_appeal(&self, actor: &Actor, id: &str, approve: bool, reason: &str) -> Result<Decided, Error> {
        let reason = operators_reason(actor, reason)?;
        write_tx!(self.store(), "decide_appeal", |tx| {
            // Reviews have reasons from a list: `App::decide_review`.
            let mut case = undecided(tx, id, |kind| kind != CaseKind::Review).await?;
            let organization = case.organization.clone();
            ensure_not_own_organization(tx, actor, &organization).await?;
            let before = load_verification(tx, &organization).await?;
            let mut live = live_attempt(tx, &organization).await?;
            let state = live.as_ref().map(|row| row.state);
            if people_needed(before.status, state, approve) > 1 {
                match case.proposed_by.as_ref() {
                    None => {
                        propose(&mut case, actor, &reason);
                        reviews::update(tx, &case).await?;
                        return Ok(Decided::Proposed);
                    }
                    Some(first) if first.as_str() == actor.id() => {
                        let message = "A second person must agree before a decline is overridden.".to_owned();
                        return Err(Error::Forbidden { param: None, message });
                    }
                    Some(_) => {}
                }
            }
            let facts = verification_facts(self, tx, &organization, &before, None).await?;
            let next = step(before.status, state, Event::Decide { approve }, facts, self.now()).map_err(refused)?;
            apply_step(self, tx, actor, &organization, &before, live.as_mut(), next, Some(reason.clone())).await?;
            case.note = Some(reason.clone());
            close_case(self, tx, actor, case, if approve { CaseDecision::Approve } else { CaseDecision::Reject })
                .await?;
            Ok(Decided::Done)
        })
    }

    /// Decides a review.
    ///
    /// # Errors
    /// When the caller is not an operator, when they are a member of the organization, when a declining verdict has no
    /// reason, when they approve without having viewed every picture, when it was decided already, or when both
    /// approvals are by the same person.
    pub async fn decide_review(
        &self,
        actor: &Actor,
        id: &str,
        verdict: Verdict,
        note: &str,
        destroy: bool,
    ) -> Result<Decided, Error> {
        operators_only(actor)?;
        let reviewer = reviewer(self)?;
        if let Verdict::Decline(reasons) = &verdict
            && (reasons.is_empty() || reasons.iter().any(|reason| !declines().any(|known| known == reason)))
        {
            return Err(Error::coded("reason", "review_reason_needed", "Invalid 'reason': choose why it is declined."));
        }
        if note.chars().count() > 500 {
            return Err(Error::invalid("note", "Invalid 'note': say it in 500 characters."));
        }
        let note = note.trim().to_owned();
        let (decided, reference) = write_tx!(self.store(), "decide_review", |tx| {
            decide_review_in_transaction(self, tx, actor, id, &verdict, &note, destroy).await
        })?;
        // For instance a side that may not be collected: it is not kept for the days of an appeal. If this fails, the
        // queued job does it.
        if let (Decided::Done, true, Some(reference)) = (decided, destroy, reference)
            && let Err(error) = reviewer.erase(&reference).await
        {
            tracing::warn!(%error, "the photos of a decided case could not be erased yet; a job erases them later");
        }
        Ok(decided)
    }
}

async fn decide_review_in_transaction(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    id: &str,
    verdict: &Verdict,
    note: &str,
    destroy: bool,
) -> Result<(Decided, Option<CaptureId>), Error> {
    let missing = || Error::not_found("case", id);
    let mut case = undecided(tx, id, |kind| kind == CaseKind::Review).await?;
    let organization = case.organization.clone();
    ensure_not_own_organization(tx, actor, &organization).await?;
    if *verdict == Verdict::Approve && reviews::count_unseen(tx, &case.id, &actor.actor_id()).await? > 0 {
        return Err(Error::Invalid {
            param: None,
            code: Some("review_unseen"),
            message: "Look at every picture before approving.".to_owned(),
        });
    }
    let capture = capture_of(tx, &case).await?;
    if let Some(capture) = capture.as_ref().filter(|_| destroy)
        && held_until(tx, &capture.case, app.now()).await?.is_some()
    {
        return Err(Error::Conflict { message: "These pictures are held by law.".to_owned() });
    }
    let reference = capture.map(|capture| capture.id);
    let attempt = case.attempt.as_ref().ok_or_else(missing)?;
    let mut attempt = identity_attempts::find(tx, attempt).await?.ok_or_else(missing)?;
    if attempt.finished_at.is_some() {
        return Err(Error::Conflict { message: "This attempt has ended.".to_owned() });
    }
    let before = load_verification(tx, &organization).await?;
    let facts = verification_facts(app, tx, &organization, &before, attempt.document_fingerprint.as_deref()).await?;
    let approve = *verdict == Verdict::Approve;
    let entry = |action: &'static str| AuditEntry {
        organization: &organization,
        action,
        target: id,
        details: json!({ "data": { "verdict": decision(verdict).as_str(), "reasons": reasons(verdict) } }),
    };
    let event = match verdict {
        Verdict::Approve if facts.duplicate => match case.proposed_by.as_ref() {
            None => {
                propose(&mut case, actor, note);
                reviews::update(tx, &case).await?;
                app.record(tx, actor, entry("review.proposed")).await?;
                return Ok((Decided::Proposed, reference));
            }
            Some(first) if first.as_str() == actor.id() => {
                return Err(Error::Forbidden {
                    param: None,
                    message: "A second person must agree: this document has verified other organizations.".to_owned(),
                });
            }
            Some(_) => Event::Decide { approve },
        },
        Verdict::Approve => Event::ProviderReported(Check::Approved),
        Verdict::Decline(_) => Event::ProviderReported(Check::Rejected),
        Verdict::Recapture => Event::ProviderReported(Check::Expired),
    };
    let live = attempt.state;
    let next = step(before.status, Some(live), event, facts, app.now()).map_err(refused)?;
    attempt.reasons = json!(reasons(verdict)).to_string();
    apply_step(app, tx, actor, &organization, &before, Some(&mut attempt), next, None).await?;
    app.record(tx, actor, entry("review.decided")).await?;
    if destroy {
        app.enqueue(tx, &Job::redact_attempt(&attempt.id), app.now()).await?;
    }
    case.reasons = json!(reasons(verdict)).to_string();
    case.note = Some(note.to_owned()).filter(|note| !note.is_empty());
    close_case(app, tx, actor, case, decision(verdict)).await?;
    Ok((Decided::Done, reference))
}

async fn close_case(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    mut case: ReviewCase,
    decision: CaseDecision,
) -> Result<(), Error> {
    case.state = CaseState::Decided;
    case.decision = Some(decision);
    case.decided_by = Some(actor.actor_id());
    case.decided_at = Some(app.now());
    reviews::update(tx, &case).await?;
    Ok(())
}

/// Finds an undecided case of an expected kind.
async fn undecided(tx: &mut Tx, id: &str, meant: fn(CaseKind) -> bool) -> Result<ReviewCase, Error> {
    let found = reviews::find(tx, &parse_id("case", id)?).await?.filter(|case| meant(case.kind));
    let case = found.ok_or_else(|| Error::not_found("case", id))?;
    if case.decided_at.is_some() {
        return Err(Error::Conflict { message: "This case was decided before.".to_owned() });
    }
    Ok(case)
}

/// Records the proposal of the first of two reviewers.
fn propose(case: &mut ReviewCase, actor: &Actor, note: &str) {
    case.state = CaseState::Proposed;
    case.proposal = Some(CaseDecision::Approve);
    case.proposed_by = Some(actor.actor_id());
    case.note = Some(note.to_owned());
}

const fn decision(verdict: &Verdict) -> CaseDecision {
    match verdict {
        Verdict::Approve => CaseDecision::Approve,
        Verdict::Decline(_) => CaseDecision::Reject,
        Verdict::Recapture => CaseDecision::Recapture,
    }
}

fn reasons(verdict: &Verdict) -> &[String] {
    match verdict {
        Verdict::Decline(reasons) => reasons,
        Verdict::Approve | Verdict::Recapture => &[],
    }
}
