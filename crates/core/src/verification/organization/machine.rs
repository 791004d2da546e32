//! The transitions of the machine.

use super::{
    ATTEMPTS, AttemptState, COOLDOWN, Check, Effect, Event, Facts, OVERRIDE_LIFE, Refusal, SILENCE, Status, Step,
};
use crate::time::Timestamp;

fn unchanged(status: Status, facts: Facts) -> Step {
    Step { status, until: facts.until, effects: Vec::new(), audit: "" }
}

fn with_status(status: Status, effects: Vec<Effect>, audit: &'static str) -> Step {
    Step { status, until: None, effects, audit }
}

/// Keeps the status and its date, with effects or an audit event.
fn keep_status(status: Status, facts: Facts, effects: Vec<Effect>, audit: &'static str) -> Step {
    Step { effects, audit, ..unchanged(status, facts) }
}

/// Ends an attempt. An organization that is open, suspended or revoked stays so, with its date, however the attempt
/// ends.
fn end_attempt(status: Status, facts: Facts, otherwise: Status, effects: Vec<Effect>, audit: &'static str) -> Step {
    if status.opens() || matches!(status, Status::Suspended | Status::Revoked) {
        return keep_status(status, facts, effects, audit);
    }
    with_status(otherwise, effects, audit)
}

/// Returns how many different operators must agree to a decision: two to override a service's refusal, otherwise one.
#[must_use]
pub const fn people_needed(status: Status, live: Option<AttemptState>, approve: bool) -> u8 {
    // Without a live attempt, people review an attempt that a service declined: this is an appeal.
    if approve && matches!(status, Status::InReview) && live.is_none() { 2 } else { 1 }
}

/// Applies an event. `live` is the state of the live attempt, if there is one.
///
/// # Errors
/// When the state does not allow it; nothing changes then.
pub fn step(
    status: Status,
    live: Option<AttemptState>,
    event: Event,
    facts: Facts,
    now: Timestamp,
) -> Result<Step, Refusal> {
    match event {
        Event::Start => start(status, facts, now),
        Event::PrerequisiteMissing => {
            start(status, facts, now).map(|_| keep_status(status, facts, Vec::new(), "orgv.prereq_missing"))
        }
        Event::ConsentDeclined => {
            start(status, facts, now).map(|_| keep_status(status, facts, Vec::new(), "orgv.consent_declined"))
        }
        Event::ProviderReported(check) => match live {
            Some(attempt) => Ok(provider_reported(status, attempt, check, facts, now)),
            None => Err(Refusal::NotApplicable),
        },
        Event::LinkReissued | Event::ProviderDown { .. } | Event::AttemptExpired | Event::Cancel => match live {
            Some(attempt) => while_live(status, attempt, event, facts),
            None => Err(Refusal::NotApplicable),
        },
        // A reversed report neither closes nor opens anything by itself: the operator decides.
        Event::Reversed => Ok(keep_status(status, facts, vec![Effect::AlertOperator], "orgv.reversed")),
        Event::OwnerChanged { .. } | Event::ReverifyDue { .. } if status != Status::Verified => {
            Ok(unchanged(status, facts))
        }
        Event::OwnerChanged { reverify_by } => Ok(due(facts, reverify_by, "orgv.owner_changed")),
        Event::ReverifyDue { deadline, grace } => Ok(due(facts, Some(deadline.plus(grace)), "orgv.reverify_due")),
        Event::Appeal => appeal(status, facts),
        Event::Decide { approve } => decide(status, live, approve, facts, now),
        Event::Suspend | Event::Restore | Event::Revoke => operate(status, event),
        Event::Exempt { until } => {
            let mut effects = vec![Effect::Open, Effect::NotifyOwners];
            if live.is_some() {
                effects.extend([
                    Effect::EndAttempt(AttemptState::Cancelled),
                    Effect::CancelAtService,
                    Effect::EraseNow,
                ]);
            }
            Ok(Step { until, ..with_status(Status::Exempt, effects, "orgv.exempted") })
        }
        Event::DateReached => Ok(date_reached(status, facts, now)),
        Event::Withdraw { keep } => Ok(withdraw(status, live, keep, facts, now)),
    }
}

fn start(status: Status, facts: Facts, now: Timestamp) -> Result<Step, Refusal> {
    match (status, facts.until) {
        // Verified with an end date: a new verification may begin before it, and takes nothing away.
        (Status::Verified, Some(until)) if facts.rejected >= ATTEMPTS => Err(Refusal::Cooldown { until }),
        (Status::Verified, Some(_)) => Ok(keep_status(status, facts, Vec::new(), "orgv.started")),
        (Status::Verified | Status::Exempt, _) => Err(Refusal::AlreadyVerified),
        (Status::InProgress | Status::InReview, _) => Err(Refusal::AlreadyInProgress),
        (Status::Suspended | Status::Revoked, _) => Err(Refusal::OperatorOnly),
        (Status::Cooldown, Some(until)) if now < until => Err(Refusal::Cooldown { until }),
        (Status::Unverified | Status::Rejected | Status::Expired | Status::Cooldown, _) => {
            Ok(with_status(Status::InProgress, Vec::new(), "orgv.started"))
        }
    }
}

/// Applies an event to a live attempt, except a report of the service.
fn while_live(status: Status, attempt: AttemptState, event: Event, facts: Facts) -> Result<Step, Refusal> {
    match event {
        Event::LinkReissued if matches!(attempt, AttemptState::Submitted | AttemptState::InReview) => {
            // Everything is submitted: there is nothing to open any more.
            Err(Refusal::NotApplicable)
        }
        Event::LinkReissued => Ok(keep_status(status, facts, Vec::new(), "orgv.link_reissued")),
        Event::ProviderDown { seconds } if seconds > SILENCE => {
            Ok(keep_status(status, facts, vec![Effect::Extend { seconds }], "orgv.provider_down"))
        }
        // The deadline does not apply while a person decides: the images have their own.
        Event::AttemptExpired if status == Status::InReview || attempt == AttemptState::InReview => {
            Ok(unchanged(status, facts))
        }
        Event::AttemptExpired => {
            let effects = vec![Effect::EndAttempt(AttemptState::Expired), Effect::CancelAtService, Effect::RedactLater];
            Ok(end_attempt(status, facts, Status::Expired, effects, "orgv.expired"))
        }
        Event::Cancel => {
            let effects = vec![Effect::EndAttempt(AttemptState::Cancelled), Effect::CancelAtService, Effect::EraseNow];
            Ok(end_attempt(status, facts, Status::Unverified, effects, "orgv.cancelled"))
        }
        _ => Ok(unchanged(status, facts)),
    }
}

/// Applies the service's report about the live attempt.
fn provider_reported(status: Status, attempt: AttemptState, check: Check, facts: Facts, now: Timestamp) -> Step {
    let moved = |to_state: AttemptState, audit: &'static str| {
        if attempt == to_state {
            return unchanged(status, facts);
        }
        end_attempt(status, facts, Status::InProgress, vec![Effect::MoveAttempt(to_state)], audit)
    };
    match check {
        Check::Waiting => moved(AttemptState::LinkIssued, ""),
        Check::InProgress => moved(AttemptState::InProgress, "orgv.handoff"),
        Check::Submitted => moved(AttemptState::Submitted, "orgv.submitted"),
        Check::InReview if attempt == AttemptState::InReview => unchanged(status, facts),
        Check::InReview => {
            let effects = vec![Effect::MoveAttempt(AttemptState::InReview), Effect::NotifyOwners];
            end_attempt(status, facts, Status::InReview, effects, "orgv.in_review")
        }
        Check::Approved if matches!(status, Status::Suspended | Status::Revoked) => {
            // The operator's decision stays until the operator changes it.
            let effects = vec![Effect::EndAttempt(AttemptState::Approved), Effect::AlertOperator, Effect::RedactLater];
            keep_status(status, facts, effects, "orgv.approved_while_paused")
        }
        Check::Approved if facts.duplicate && attempt == AttemptState::InReview => unchanged(status, facts),
        Check::Approved if facts.duplicate => {
            let effects = vec![Effect::MoveAttempt(AttemptState::InReview), Effect::OpenCase, Effect::NotifyOwners];
            end_attempt(status, facts, Status::InReview, effects, "orgv.duplicate")
        }
        Check::Approved => approved(),
        Check::Rejected => rejected(status, facts, now),
        Check::Expired => {
            let effects = vec![Effect::EndAttempt(AttemptState::Expired), Effect::RedactLater];
            end_attempt(status, facts, Status::Expired, effects, "orgv.expired")
        }
        Check::Cancelled => {
            let effects = vec![Effect::EndAttempt(AttemptState::Cancelled), Effect::RedactLater];
            end_attempt(status, facts, Status::Unverified, effects, "orgv.cancelled")
        }
        Check::Unknown => keep_status(status, facts, vec![Effect::AlertOperator], ""),
    }
}

fn approved() -> Step {
    let effects =
        vec![Effect::EndAttempt(AttemptState::Approved), Effect::Open, Effect::RedactLater, Effect::NotifyOwners];
    with_status(Status::Verified, effects, "orgv.verified")
}

fn rejected(status: Status, facts: Facts, now: Timestamp) -> Step {
    let effects = vec![Effect::EndAttempt(AttemptState::Rejected), Effect::RedactLater, Effect::NotifyOwners];
    if facts.rejected.saturating_add(1) < ATTEMPTS {
        return end_attempt(status, facts, Status::Rejected, effects, "orgv.rejected");
    }
    let step = end_attempt(status, facts, Status::Cooldown, effects, "orgv.cooldown");
    let until = if step.status == Status::Cooldown { Some(now.plus(COOLDOWN)) } else { step.until };
    Step { until, ..step }
}

/// Opens an appeal. A suspended organization stays suspended while people decide; a cooldown's date is kept, so that an
/// appeal is no way around it.
fn appeal(status: Status, facts: Facts) -> Result<Step, Refusal> {
    let next = match status {
        Status::Rejected | Status::Cooldown => Status::InReview,
        Status::Suspended => Status::Suspended,
        _ => return Err(Refusal::NotApplicable),
    };
    Ok(keep_status(next, facts, vec![Effect::OpenCase, Effect::NotifyOwners], "orgv.appealed"))
}

fn decide(
    status: Status,
    live: Option<AttemptState>,
    approve: bool,
    facts: Facts,
    now: Timestamp,
) -> Result<Step, Refusal> {
    let opened = vec![Effect::Open, Effect::NotifyOwners];
    // An organization that is verified with an end date may have its new verification reviewed meanwhile.
    let reverifying = status == Status::Verified && live == Some(AttemptState::InReview);
    match (status, approve) {
        (Status::InReview, true) if live.is_some() => Ok(Step { audit: "orgv.override", ..approved() }),
        (Status::Verified, true) if reverifying => Ok(Step { audit: "orgv.override", ..approved() }),
        (Status::Verified, false) if reverifying => Ok(Step { audit: "orgv.override", ..rejected(status, facts, now) }),
        (Status::InReview, true) => {
            let until = Some(now.plus(OVERRIDE_LIFE));
            Ok(Step { until, ..with_status(Status::Verified, opened, "orgv.override") })
        }
        (Status::InReview, false) if live.is_some() => {
            Ok(Step { audit: "orgv.override", ..rejected(status, facts, now) })
        }
        (Status::InReview, false) => {
            Ok(Step { effects: vec![Effect::NotifyOwners], audit: "orgv.override", ..declined(facts, now) })
        }
        (Status::Suspended, true) => Ok(with_status(Status::Verified, opened, "orgv.restored")),
        (Status::Suspended, false) => Ok(with_status(Status::Revoked, vec![Effect::NotifyOwners], "orgv.revoked")),
        _ => Err(Refusal::NotApplicable),
    }
}

/// Returns the status after a declined appeal.
fn declined(facts: Facts, now: Timestamp) -> Step {
    match facts.until {
        Some(until) if now < until => unchanged(Status::Cooldown, facts),
        _ => with_status(Status::Rejected, Vec::new(), ""),
    }
}

/// Applies an event that only the operator causes.
fn operate(status: Status, event: Event) -> Result<Step, Refusal> {
    let notified = |first| vec![first, Effect::NotifyOwners];
    match (event, status) {
        (Event::Suspend, Status::Verified) => {
            Ok(with_status(Status::Suspended, notified(Effect::Close), "orgv.suspended"))
        }
        (Event::Restore, Status::Suspended) => {
            Ok(with_status(Status::Verified, notified(Effect::Open), "orgv.restored"))
        }
        (Event::Revoke, Status::Verified | Status::Suspended) => {
            Ok(with_status(Status::Revoked, notified(Effect::Close), "orgv.revoked"))
        }
        _ => Err(Refusal::NotApplicable),
    }
}

/// Sets the end date of a verification; an earlier date stays.
fn due(facts: Facts, by: Option<Timestamp>, audit: &'static str) -> Step {
    let until = match (facts.until, by) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    Step { until, ..with_status(Status::Verified, vec![Effect::NotifyOwners], audit) }
}

fn date_reached(status: Status, facts: Facts, now: Timestamp) -> Step {
    let closed = |audit| with_status(Status::Unverified, vec![Effect::Close, Effect::NotifyOwners], audit);
    match (status, facts.until) {
        (Status::Exempt, Some(until)) if now >= until => closed("orgv.exemption_ended"),
        (Status::Verified, Some(until)) if now >= until => closed("orgv.verification_ended"),
        (Status::Cooldown, Some(until)) if now >= until => {
            with_status(Status::Unverified, Vec::new(), "orgv.cooldown_ended")
        }
        _ => unchanged(status, facts),
    }
}

/// Withdraws consent: this erases everything, and is no way around a date.
fn withdraw(status: Status, live: Option<AttemptState>, keep: bool, facts: Facts, now: Timestamp) -> Step {
    let mut effects = Vec::new();
    if live.is_some() {
        effects.extend([Effect::EndAttempt(AttemptState::Cancelled), Effect::CancelAtService]);
    }
    effects.push(Effect::EraseNow);
    if status == Status::Verified && !keep {
        effects.push(Effect::Close);
    }
    effects.push(Effect::NotifyOwners);
    let next = match status {
        Status::Verified if keep => unchanged(status, facts),
        // An appeal that is withdrawn returns to the cooldown it came from.
        Status::InReview if live.is_none() && declined(facts, now).status == Status::Cooldown => {
            unchanged(Status::Cooldown, facts)
        }
        Status::Verified | Status::InProgress | Status::InReview | Status::Rejected | Status::Expired => {
            with_status(Status::Unverified, Vec::new(), "")
        }
        other => unchanged(other, facts),
    };
    Step { effects, audit: "orgv.erased", ..next }
}
