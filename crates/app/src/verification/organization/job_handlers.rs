//! Jobs about identity checks, and the mails about them.

use keystead_core::id::{ErasureReceiptId, OrganizationId, UserId, VerificationAttemptId};
use keystead_core::notification::Notification;
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::{Event, SILENCE};
use keystead_core::verification::review::ErasureKind;
use keystead_providers::ProviderError;
use keystead_providers::identity::our_reference;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::privacy::{self, Receipt};
use keystead_store::tables::{memberships, users};
use serde_json::json;

use super::identity_provider;
use super::refresh::{apply_event, refresh_attempt};
use super::state::load_verification;
use crate::accounts::notifications::wants_mail;
use crate::jobs::mail::{Reader, Sender, send_mail};
use crate::jobs::{Delivery, Job, MailLink, MailOwners, Outcome, PollAttempt, RedactAttempt, poll_wait};
use crate::review::attempt_held_until;
use crate::verification::mails;
use crate::verification::payment::job_handlers::finish_event;
use crate::{App, Error};

/// Seconds that a delivery about an unknown attempt is kept.
const PARKED: i64 = 900;
const DAY: i64 = 86_400;

async fn find_attempt(app: &App, id: &VerificationAttemptId) -> Result<Option<IdentityAttempt>, Error> {
    read_tx!(app.store(), "attempt", |tx| Ok(identity_attempts::find(tx, id).await?))
}

/// Handles a delivery: reads the attempt it is about, for every name of event.
pub(crate) async fn read_attempt(app: &App, delivery: Delivery) -> Result<Outcome, Error> {
    let Delivery { provider, reference, .. } = &delivery;
    let read = read_tx!(app.store(), "attempt", |tx| {
        Ok(identity_attempts::find_by_reference(tx, provider, reference).await?)
    });
    match read? {
        Some(row) => {
            refresh_attempt(app, &row.id, 0).await?;
        }
        None if app.now().since(delivery.received_at) < PARKED => {
            // The delivery was faster than the answer to our own request: it is parked.
            return Ok(Outcome::Again(Some(15)));
        }
        None => tracing::warn!(provider, "a webhook delivery names an unknown identity check; it is ignored"),
    }
    finish_event(app, provider, &delivery.event).await?;
    Ok(Outcome::Done)
}

/// Polls an attempt without a delivery, at growing intervals, until it has ended or expired.
pub(crate) async fn poll_attempt(app: &App, poll: PollAttempt) -> Result<Outcome, Error> {
    let (id, attempts) = (poll.attempt, poll.attempts + 1);
    let now = app.now();
    // The silence is counted from the last answer, or from where it was last compensated.
    let before = find_attempt(app, &id).await?;
    let known = before.as_ref().is_some_and(|row| row.reference.is_some());
    let begun = before.map_or(now, |row| row.checked_at.unwrap_or(row.created_at));
    let mut silent_since = poll.silent_since.unwrap_or(begun);
    let ended = match refresh_attempt(app, &id, 0).await {
        Ok(ended) => {
            silent_since = now;
            ended
        }
        Err(Error::ProviderUnavailable { .. }) => {
            // The time in which the service does not answer is added to the attempt's deadline.
            let seconds = now.since(silent_since);
            apply_event(app, &id, Event::ProviderDown { seconds }).await?;
            if seconds > SILENCE {
                silent_since = now;
            }
            false
        }
        Err(error) => return Err(error),
    };
    let Some(row) = find_attempt(app, &id).await?.filter(|_| !ended) else { return Ok(Outcome::Done) };
    if now >= row.expires_at && apply_event(app, &id, Event::AttemptExpired).await? {
        return Ok(Outcome::Done);
    }
    // The intervals grow from when the service began.
    let attempts = if known { attempts } else { 0 };
    let at = now.plus(if row.reference.is_some() { poll_wait(attempts) } else { 30 });
    let next = Job::PollAttempt(PollAttempt { attempt: id, attempts, silent_since: Some(silent_since) });
    write_tx!(app.store(), "poll_again", |tx| app.enqueue(tx, &next, at).await)?;
    Ok(Outcome::Done)
}

/// Asks the service to erase its copy, and asks again daily until the service confirms it.
pub(crate) async fn redact_attempt(app: &App, job: RedactAttempt, attempts: i64) -> Result<Outcome, Error> {
    let Some(row) = find_attempt(app, &job.attempt).await?.filter(|row| row.redacted_at.is_none()) else {
        return Ok(Outcome::Done);
    };
    let (now, attempt) = (app.now(), &row.id);
    let held = read_tx!(app.store(), "held", |tx| attempt_held_until(tx, attempt, now).await);
    if let Some(until) = held? {
        return Ok(Outcome::Again(Some(until.since(now))));
    }
    let provider = identity_provider(app)?;
    let reference = match &row.reference {
        Some(reference) => Some(reference.clone()),
        // The answer to our first request may have been lost, so the service may know the attempt nevertheless.
        None => match provider.find(&our_reference(row.organization.as_str(), row.id.as_str())).await {
            Ok(found) => found.map(|snapshot| snapshot.reference),
            Err(_) => return Ok(Outcome::Again(None)),
        },
    };
    if let Some(reference) = &reference {
        match provider.redact(reference).await {
            Ok(()) | Err(ProviderError::Gone(_)) => {}
            Err(failure) => {
                tracing::warn!(attempt = %row.id, %failure, attempts, "the identity service has not erased its copy yet; it is asked again");
                return Ok(Outcome::Again(None));
            }
        }
        match provider.fetch(reference).await {
            Ok(snapshot) if !snapshot.redacted => {
                return Ok(Outcome::Again(Some(if attempts < 5 { 60 } else { DAY })));
            }
            Ok(_) | Err(ProviderError::Gone(_)) => {}
            Err(_) => return Ok(Outcome::Again(None)),
        }
    }
    record_redaction(app, row).await?;
    Ok(Outcome::Done)
}

async fn record_redaction(app: &App, mut row: IdentityAttempt) -> Result<(), Error> {
    let now = app.now();
    row.redacted_at = Some(now);
    row.document_fingerprint = None;
    let receipt = Receipt {
        id: ErasureReceiptId::of_attempt(&row.id),
        organization: row.organization.clone(),
        what: ErasureKind::ProviderCopy,
        receipt: json!({ "provider": row.provider, "attempt": row.id }).to_string(),
        at: now,
    };
    write_tx!(app.store(), "redacted", |tx| {
        identity_attempts::update(tx, &row).await?;
        Ok(privacy::insert_receipt(tx, &receipt).await?)
    })
}

/// Queues a mail about the present status of the verification to each owner who has not switched such emails off.
pub(crate) async fn mail_owners(app: &App, job: MailOwners) -> Result<Outcome, Error> {
    let MailOwners { organization, event, until, to } = job;
    if let Some(to) = to {
        return mail_owner(app, &organization, &event, until, &to).await;
    }
    write_tx!(app.store(), "tell_owners", |tx| {
        for owner in memberships::list_owners(tx, &organization).await? {
            if wants_mail(tx, &owner, Notification::of_event(&event)).await? {
                // One job each, so that an address that refuses mail does not keep the others from theirs.
                let mail =
                    MailOwners { organization: organization.clone(), event: event.clone(), until, to: Some(owner) };
                app.enqueue(tx, &Job::MailOwners(mail), app.now()).await?;
            }
        }
        Ok(())
    })?;
    Ok(Outcome::Done)
}

/// Mails one owner, in the language of their account, or else in the one in which the verification was started.
async fn mail_owner(
    app: &App,
    organization: &OrganizationId,
    event: &str,
    until: Option<Timestamp>,
    to: &UserId,
) -> Result<Outcome, Error> {
    let found = read_tx!(app.store(), "owner", |tx| {
        // A reminder of a date that has changed meanwhile is dropped.
        if until.is_some() && load_verification(tx, organization).await?.until != until {
            return Ok(None);
        }
        let owner = memberships::find(tx, organization, to).await?.filter(|row| row.role == OrganizationRole::Owner);
        let person = users::find(tx, to).await?.filter(|row| owner.is_some() && row.deactivated_at.is_none());
        let Some(person) = person else { return Ok(None) };
        let started = identity_attempts::list(tx, organization).await?.into_iter().next().map(|row| row.language);
        let reader = Reader::find(app, tx, &person.email, &started.unwrap_or_default()).await?;
        Ok(Some((person.email, reader, mails::subject_of(tx, organization, event).await?)))
    })?;
    let Some((email, reader, subject)) = found else { return Ok(Outcome::Done) };
    Ok(send_mail(app, &mails::about_event(Sender::of(app), &reader, event, &subject).to(&email)).await)
}

/// Mails a link for another device.
pub(crate) async fn send_link_mail(app: &App, job: MailLink) -> Outcome {
    let reader = Reader::of_language(app, &job.language);
    let mail = mails::with_link(Sender::of(app), &reader, &job.url, &job.match_number, &job.organization);
    send_mail(app, &mail.to(&job.to)).await
}
