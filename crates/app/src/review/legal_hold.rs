//! Legal holds: pictures that are kept beyond their deadline because the law requires it. Two operators hold the pictures of one case, with a reason and a date that has a ceiling
//! in code; owners are informed by mail and can read about it.

use keystead_core::id::{LegalHoldId, ReviewCaseId};
use keystead_core::time::Timestamp;
use keystead_core::verification::legal_hold::{self, Hold, Proposal, Refusal};
use keystead_store::Tx;
use keystead_store::tables::captures::Capture;
use keystead_store::tables::legal_holds::{self, LegalHold};
use keystead_store::tables::{identity_attempts, reviews};
use serde_json::json;

use super::decision::Decided;
use super::load::capture_of;
use super::own_organization::ensure_not_own_organization;
use super::retention::{held_until, images_until};
use crate::audit::AuditEntry;
use crate::case_mails::remind_reviewers;
use crate::jobs::Job;
use crate::validate::{operators_reason, parse_id};
use crate::verification::organization::apply::queue_owner_mail;
use crate::{Actor, App, Error};

fn refused(refusal: Refusal) -> Error {
    let invalid = |message: String| Error::Invalid { param: Some("until"), code: Some("hold_not_possible"), message };
    match refusal {
        Refusal::NotLonger { erased_at } => {
            invalid(format!("Invalid 'until': the pictures are kept until {erased_at} anyhow."))
        }
        Refusal::TooLong { latest } => invalid(format!("Invalid 'until': must not be later than {latest}.")),
        Refusal::OtherDate { until } => {
            invalid(format!("Invalid 'until': {until} is proposed. Agree to that date, or end the proposal first."))
        }
        Refusal::SamePerson => {
            Error::Forbidden { param: None, message: "A second person must agree before pictures are held.".to_owned() }
        }
    }
}

impl App {
    /// Holds the pictures of a case until a date: the first operator proposes, a second one agrees to the same date.
    ///
    /// # Errors
    /// When the caller is not an operator, when they are a member of the organization, when the reason is missing, when
    /// the pictures are erased, when the date is not valid or beyond [`legal_hold::CEILING`], or when both approvals
    /// are by the same person.
    pub async fn hold_evidence(
        &self,
        actor: &Actor,
        id: &str,
        until: Timestamp,
        reason: &str,
    ) -> Result<Decided, Error> {
        let reason = operators_reason(actor, reason)?;
        write_tx!(self.store(), "hold_evidence", |tx| {
            let (capture, first) = held_capture(tx, actor, id).await?;
            let now = self.now();
            let ordinary = images_until(first, self.settings().biometrics_days);
            let erased_at = held_until(tx, &capture.case, now).await?.map_or(ordinary, |held| held.max(ordinary));
            let open = legal_holds::list_open(tx, &capture.case).await?;
            let waiting = open.iter().find(|hold| hold.granted_at.is_none());
            let proposal =
                waiting.map(|hold| Proposal { by: hold.proposed_by.as_str(), until: hold.until, at: hold.proposed_at });
            let hold =
                legal_hold::judge(proposal.as_ref(), actor.id(), until, first, erased_at, now).map_err(refused)?;
            let details = json!({ "data": { "until": until, "reason": reason } });
            let entry = |action| AuditEntry {
                organization: &capture.organization,
                action,
                target: capture.case.as_str(),
                details,
            };
            match (hold, waiting) {
                (Hold::Granted, Some(waiting)) => {
                    legal_holds::grant(tx, &waiting.id, &actor.actor_id(), now).await?;
                    reschedule_erasure(self, tx, &capture.case, until).await?;
                    self.record(tx, actor, entry("review.held")).await?;
                    queue_owner_mail(self, tx, &capture.organization, "review.held").await?;
                    Ok(Decided::Done)
                }
                _ => {
                    let row = LegalHold {
                        id: self.draw(LegalHoldId::generate),
                        case: capture.case.clone(),
                        organization: capture.organization.clone(),
                        reason: reason.clone(),
                        until,
                        proposed_by: actor.actor_id(),
                        proposed_at: now,
                        granted_by: None,
                        granted_at: None,
                        ended_by: None,
                        ended_at: None,
                    };
                    legal_holds::insert(tx, &row).await?;
                    self.record(tx, actor, entry("review.hold_proposed")).await?;
                    Ok(Decided::Proposed)
                }
            }
        })
    }

    /// Ends a proposed or active hold; the next cleanup erases pictures past their own deadline.
    ///
    /// # Errors
    /// When the caller is not an operator, when they are a member of the organization, when the reason is missing, or
    /// when there is no hold.
    pub async fn end_evidence_hold(&self, actor: &Actor, id: &str, reason: &str) -> Result<(), Error> {
        let reason = operators_reason(actor, reason)?;
        write_tx!(self.store(), "end_hold", |tx| {
            let (capture, first) = held_capture(tx, actor, id).await?;
            let now = self.now();
            if legal_holds::end(tx, &capture.case, &actor.actor_id(), now).await? == 0 {
                return Err(Error::not_found("legal hold", id));
            }
            reschedule_erasure(self, tx, &capture.case, images_until(first, self.settings().biometrics_days)).await?;
            // An erasure requested in the meantime has waited for the hold.
            let attempt = identity_attempts::find(tx, &capture.attempt).await?;
            if let Some(row) =
                attempt.filter(|row| row.redacted_at.is_none() && row.redact_at.is_some_and(|at| at <= now))
            {
                self.enqueue(tx, &Job::redact_attempt(&row.id), now).await?;
            }
            let details = json!({ "data": { "reason": reason } });
            let entry = AuditEntry {
                organization: &capture.organization,
                action: "review.hold_ended",
                target: capture.case.as_str(),
                details,
            };
            self.record(tx, actor, entry).await
        })
    }
}

/// Finds the capture of a hold while its pictures exist, and the time of its first picture.
async fn held_capture(tx: &mut Tx, actor: &Actor, id: &str) -> Result<(Capture, Timestamp), Error> {
    let case = reviews::find(tx, &parse_id("case", id)?).await?.ok_or_else(|| Error::not_found("case", id))?;
    ensure_not_own_organization(tx, actor, &case.organization).await?;
    let capture = capture_of(tx, &case).await?.filter(|capture| capture.erased_at.is_none());
    let there = capture.and_then(|capture| capture.first_captured_at.map(|first| (capture, first)));
    there.ok_or_else(|| Error::Conflict { message: "This case has no pictures, or they are gone.".to_owned() })
}

/// Updates the deadline of an undecided case: its page shows it, and reviewers are informed before it.
async fn reschedule_erasure(app: &App, tx: &mut Tx, case: &ReviewCaseId, until: Timestamp) -> Result<(), Error> {
    let Some(mut row) = reviews::find(tx, case).await?.filter(|row| row.decided_at.is_none()) else {
        return Ok(());
    };
    row.images_until = Some(until);
    reviews::update(tx, &row).await?;
    remind_reviewers(app, tx, case, until).await
}
