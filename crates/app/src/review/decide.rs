//! A reviewer decides. What he says moves the same machine as an outside service's word; against a finding that the
//! document has verified others, two must agree (verification.md 4.5, 5.3).

use keystead_core::verification::organization::{Check, Event, step};
use keystead_store::Tx;
use keystead_store::tables::{identity_attempts, reviews};
use serde_json::json;

use super::cases::capture_of;
use crate::audit::Deed;
use crate::operator::operators_only;
use crate::verification::REASONS;
use crate::verification::organization::{attempt_state, refused};
use crate::{Actor, App, Error};

/// What a reviewer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The document is the person's.
    Approve,
    /// It is not accepted, for these reasons of [`REASONS`]; counts as a try.
    Decline(Vec<String>),
    /// The pictures do not suffice either way: new ones are asked for, and no try is used up.
    Recapture,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It is decided.
    Done,
    /// A second person must agree.
    Proposed,
}

impl App {
    /// Decides a review.
    ///
    /// # Errors
    /// For anybody but an operator, for a member of the organization, without a reason to decline, when it was decided
    /// before, or when one person tries to be two.
    pub async fn decide_review(
        &self,
        actor: &Actor,
        id: &str,
        verdict: Verdict,
        note: &str,
        destroy: bool,
    ) -> Result<Decided, Error> {
        operators_only(actor)?;
        let reviewer = self.reviewer()?;
        if let Verdict::Decline(reasons) = &verdict
            && (reasons.is_empty() || reasons.iter().any(|reason| !REASONS.contains(&reason.as_str())))
        {
            return Err(Error::coded("reason", "review_reason_needed", "Invalid 'reason': choose why it is declined."));
        }
        if note.chars().count() > 500 {
            return Err(Error::invalid("note", "Invalid 'note': say it in 500 characters."));
        }
        let (app, who, id, note) = (self.clone(), actor.clone(), id.to_owned(), note.trim().to_owned());
        let write = self.store().write("decide_review", async move |tx: &mut Tx| {
            app.decide_review_in(tx, &who, &id, &verdict, &note).await
        });
        let (decided, reference) = write.await?;
        // For instance a side that may not be collected: it is not kept for the days of an appeal.
        if let (Decided::Done, true, Some(reference)) = (decided, destroy, reference) {
            reviewer.erase(&reference).await?;
        }
        Ok(decided)
    }

    async fn decide_review_in(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        id: &str,
        verdict: &Verdict,
        note: &str,
    ) -> Result<(Decided, Option<String>), Error> {
        let missing = || Error::not_found("case", id);
        let mut case = reviews::find(tx, id).await?.filter(|case| case.kind == "review").ok_or_else(missing)?;
        if case.decided_at.is_some() {
            return Err(Error::Conflict { message: "This case was decided before.".to_owned() });
        }
        let organization = case.organization.clone();
        if self.belongs_to(tx, actor, &organization).await? {
            return Err(Error::Forbidden {
                param: None,
                message: "Nobody decides for an organization he belongs to.".to_owned(),
            });
        }
        let reference = capture_of(tx, &case).await?.map(|capture| capture.id);
        let attempt = identity_attempts::find(tx, case.attempt.as_deref().unwrap_or_default()).await?;
        let mut attempt = attempt.ok_or_else(missing)?;
        if attempt.finished_at.is_some() {
            return Err(Error::Conflict { message: "This attempt has ended.".to_owned() });
        }
        let before = self.standing(tx, &organization).await?;
        let facts = self.facts(tx, &organization, &before, attempt.document_print.as_deref()).await?;
        let approve = *verdict == Verdict::Approve;
        let deed = |action: &'static str| Deed {
            organization: &organization,
            action,
            target: id,
            details: json!({ "data": { "verdict": word(verdict), "reasons": reasons(verdict) } }),
        };
        let event = match verdict {
            Verdict::Approve if facts.duplicate => match case.proposed_by.as_deref() {
                None => {
                    case.state = "proposed".to_owned();
                    case.proposal = Some("approve".to_owned());
                    case.proposed_by = Some(actor.id().to_owned());
                    case.note = Some(note.to_owned());
                    reviews::update(tx, &case).await?;
                    self.record(tx, actor, deed("review.proposed")).await?;
                    return Ok((Decided::Proposed, reference));
                }
                Some(first) if first == actor.id() => {
                    return Err(Error::Forbidden {
                        param: None,
                        message: "A second person must agree: this document has verified other organizations."
                            .to_owned(),
                    });
                }
                Some(_) => Event::Decide { approve },
            },
            Verdict::Approve => Event::Said(Check::Approved),
            Verdict::Decline(_) => Event::Said(Check::Rejected),
            Verdict::Recapture => Event::Said(Check::Expired),
        };
        let live = attempt_state(&attempt)?;
        let next = step(before.status, Some(live), event, facts, self.now()).map_err(refused)?;
        attempt.reasons = json!(reasons(verdict)).to_string();
        self.apply(tx, actor, &organization, &before, Some(&mut attempt), next, None).await?;
        self.record(tx, actor, deed("review.decided")).await?;
        case.state = "decided".to_owned();
        case.decision = Some(word(verdict).to_owned());
        case.reasons = json!(reasons(verdict)).to_string();
        case.note = Some(note.to_owned()).filter(|note| !note.is_empty());
        case.decided_by = Some(actor.id().to_owned());
        case.decided_at = Some(self.now());
        reviews::update(tx, &case).await?;
        Ok((Decided::Done, reference))
    }
}

const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approve",
        Verdict::Decline(_) => "reject",
        Verdict::Recapture => "recapture",
    }
}

fn reasons(verdict: &Verdict) -> &[String] {
    match verdict {
        Verdict::Decline(reasons) => reasons,
        Verdict::Approve | Verdict::Recapture => &[],
    }
}
