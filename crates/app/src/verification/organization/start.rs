//! Starting a verification: prerequisites, consent, saving an attempt, then the service.

use keystead_core::gate::Action;
use keystead_core::hex;
use keystead_core::id::{ConsentId, OrganizationId, VerificationAttemptId};
use keystead_core::scope::Scope;
use keystead_core::verification::limits::{LINK_LIMITS, START_LIMITS};
use keystead_core::verification::organization::{ATTEMPT_LIFE, AttemptState, Event, Refusal, step};
use keystead_locales::Messages;
use keystead_providers::identity::{Attempt, Link};
use keystead_store::Tx;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::{policy, privacy};
use rand::Rng;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::apply::{apply_step, expire_dated, step_attempt};
use super::consent::{CONSENT_TEXT_VERSION, consent_text};
use super::state::{live_attempt, load_verification, owned_attempt, save_verification, verification_facts};
use super::{AttemptView, ending_path, identity_provider, refused, still_open};
use crate::audit::{self, AuditEntry};
use crate::entitlements::{entitlements, log_unenforced};
use crate::jobs::{Job, poll_wait};
use crate::request::Origin;
use crate::verification::limits::{Subjects, count_within};
use crate::verification::signals::record_origin;
use crate::{Actor, App, Error};

/// The owner's consent.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Whether the box was ticked; without that nothing is done.
    pub given: bool,
    /// The language the text was shown in: `en`, `pl` or `ja`.
    pub language: String,
    /// Where the request came from.
    pub origin: Origin,
}

/// The result of a click on "Verify Organization".
enum Begun {
    /// An attempt, and whether it is new.
    Attempt(Box<IdentityAttempt>, bool),
    /// A prerequisite is missing.
    Refused(Error),
}

/// The subjects for which links and attempts of an organization are counted.
pub(super) fn subjects_of<'a>(organization: &'a OrganizationId, actor: Option<&'a Actor>) -> Subjects<'a> {
    Subjects {
        user: actor.and_then(Actor::user),
        organization: Some(organization),
        ip: audit::client_address(),
        ..Subjects::default()
    }
}

impl App {
    /// Begins to verify an organization, or joins the attempt in progress. The returned link works once.
    ///
    /// # Errors
    /// When consent is missing, when the caller is not an owner, while a prerequisite is missing
    /// ([`Error::RequirementMissing`]), in a cooldown, beyond [`START_LIMITS`], or when the service does not answer (this does not count as an
    /// attempt).
    pub async fn start_organization_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        consent: Consent,
    ) -> Result<(AttemptView, Option<Link>), Error> {
        identity_provider(self)?;
        if !consent.given {
            consent_declined(self, actor, organization).await?;
            let message =
                "Consent to the processing of the document and the face photo is needed before anything begins.";
            return Err(Error::coded("consent", "consent_required", message));
        }
        let (row, fresh) = begin_attempt(self, actor, organization, consent).await?;
        if row.reference.is_some() {
            return Ok((AttemptView::of(row), None));
        }
        start_at_service(self, row, fresh).await
    }

    /// Makes a new link, which fixes "session expired" and does not count as an attempt; at most five in an hour.
    ///
    /// # Errors
    /// When the caller is not an owner, when no attempt is live, when the limit is reached, or when the service does
    /// not answer.
    pub async fn reissue_verification_link(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<(AttemptView, Link), Error> {
        let row = owned_attempt(self, actor, organization, id).await?;
        if row.finished_at.is_some() {
            return Err(refused(Refusal::NotApplicable));
        }
        let link = fresh_link(self, &row, Some(actor)).await?;
        Ok((AttemptView::of(row), link))
    }
}

async fn begin_attempt(
    app: &App,
    actor: &Actor,
    organization: &OrganizationId,
    consent: Consent,
) -> Result<(IdentityAttempt, bool), Error> {
    let id = app.draw(VerificationAttemptId::generate);
    let match_number = app.draw(|rng| format!("{:02}", rng.random_range(10..100)));
    let write = write_tx!(app.store(), "start_organization_verification", |tx| {
        app.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
        expire_dated(app, tx, organization).await?;
        if let Some(mut live) = live_attempt(tx, organization).await? {
            if still_open(&live, app.now()) {
                // A second owner, or a second click, joins the live attempt.
                return Ok(Begun::Attempt(Box::new(live), false));
            }
            let (clock, state) = (Actor::Service("clock".to_owned()), live.state);
            step_attempt(app, tx, &clock, &mut live, Some(state), Event::AttemptExpired).await?;
        }
        let before = load_verification(tx, organization).await?;
        let facts = verification_facts(app, tx, organization, &before, None).await?;
        if let Some(missing) = prerequisite_missing(app, tx, organization).await? {
            let next = step(before.status, None, Event::PrerequisiteMissing, facts, app.now()).map_err(refused)?;
            apply_step(app, tx, actor, organization, &before, None, next, None).await?;
            return Ok(Begun::Refused(missing));
        }
        let next = step(before.status, None, Event::Start, facts, app.now()).map_err(refused)?;
        count_within(app, tx, START_LIMITS, &subjects_of(organization, Some(actor))).await?;
        let provider = identity_provider(app)?;
        let now = app.now();
        let row = IdentityAttempt {
            id: id.clone(),
            organization: organization.clone(),
            user: actor.user().cloned(),
            provider: provider.name().to_owned(),
            reference: None,
            state: AttemptState::Created,
            step: 0,
            reasons: "[]".to_owned(),
            match_number: match_number.clone(),
            language: consent.language.clone(),
            document_type: None,
            issuing_country: None,
            document_fingerprint: None,
            needs_attention: false,
            consented_at: Some(now),
            submitted_at: None,
            created_at: now,
            expires_at: now.plus(ATTEMPT_LIFE),
            as_of: keystead_core::time::Timestamp(0),
            checked_at: None,
            decided_at: None,
            decided_by: None,
            finished_at: None,
            redact_at: None,
            redacted_at: None,
            version: 1,
        };
        identity_attempts::insert(tx, &row).await?;
        let text = consent_text(Messages::of(&consent.language), provider.name(), &app.settings().operator);
        let policies = json!({
            "operator": app.settings().privacy_policy_url,
            "provider": provider.privacy_policy_url(),
            "text_version": CONSENT_TEXT_VERSION,
        });
        let proof = privacy::Consent {
            id: ConsentId::of(&id),
            organization: organization.clone(),
            attempt: id.clone(),
            user: actor.user().cloned(),
            text_hash: hex::encode(&Sha256::digest(text)),
            language: consent.language.clone(),
            policies: policies.to_string(),
            ip: consent.origin.network(),
            at: now,
            withdrawn_at: None,
        };
        privacy::insert_consent(tx, &proof).await?;
        record_origin(app, tx, organization, consent.origin).await?;
        save_verification(app, tx, organization, &before, next.status, next.until, None).await?;
        for (action, details) in
            [(next.audit, json!({ "data": { "provider": row.provider } })), ("orgv.consented", json!({}))]
        {
            app.record(tx, actor, AuditEntry { organization, action, target: id.as_str(), details }).await?;
        }
        // Queued in this transaction, so that the attempt is continued whether or not the request to the service
        // succeeds.
        app.enqueue(tx, &Job::poll_attempt(&id), now.plus(poll_wait(0))).await?;
        Ok(Begun::Attempt(Box::new(row), true))
    });
    match write {
        Ok(Begun::Attempt(row, fresh)) => Ok((*row, fresh)),
        // Refused, and the refusal was recorded.
        Ok(Begun::Refused(missing)) => Err(missing),
        // Two owners at once: the later one joins the attempt of the first.
        Err(Error::Conflict { .. }) => Err(refused(Refusal::AlreadyInProgress)),
        Err(error) => Err(error),
    }
}

/// Records that an owner read the text and declined; nothing else changes.
async fn consent_declined(app: &App, actor: &Actor, organization: &OrganizationId) -> Result<(), Error> {
    write_tx!(app.store(), "consent_declined", |tx| {
        app.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
        let before = load_verification(tx, organization).await?;
        let facts = verification_facts(app, tx, organization, &before, None).await?;
        // Where nothing could begin, nothing was declined.
        match step(before.status, None, Event::ConsentDeclined, facts, app.now()) {
            Ok(next) => apply_step(app, tx, actor, organization, &before, None, next, None).await,
            Err(_) => Ok(()),
        }
    })
}

/// Returns the missing prerequisite for verifying an organization, if there is one.
async fn prerequisite_missing(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<Option<Error>, Error> {
    let (_, policy) = policy::find(tx).await?;
    let met = entitlements(tx, organization).await?;
    let verdict = policy.judge(Action::VerifyOrganization, organization, &met, app.now());
    log_unenforced(organization, "organization.verify", &verdict);
    if verdict.allowed() {
        return Ok(None);
    }
    let rule = verdict.rule.unwrap_or_default();
    Ok(Some(Error::RequirementMissing {
        organization: organization.clone(),
        action: "organization.verify",
        missing: verdict.missing,
        rule,
    }))
}

/// Asks the service to begin, and returns the first link. If the service does not accept the attempt, it waits in
/// the queue; this is recorded for a `fresh` one.
async fn start_at_service(app: &App, row: IdentityAttempt, fresh: bool) -> Result<(AttemptView, Option<Link>), Error> {
    let provider = identity_provider(app)?;
    let return_url = format!("{}{}", app.public_url(), ending_path(app, &row.id));
    let attempt = Attempt {
        id: row.id.as_str(),
        organization: row.organization.as_str(),
        locale: &row.language,
        return_url: &return_url,
    };
    match provider.start(attempt).await {
        Ok(begun) => {
            let row = attempt_begun(app, row, begun.reference).await?;
            Ok((AttemptView::of(row), Some(begun.link)))
        }
        Err(failure) => {
            // The attempt stays; the next click or poll begins it again with the same idempotency key.
            tracing::warn!(attempt = %row.id, %failure, "the identity service did not start the check");
            if fresh {
                attempt_waits(app, &row).await?;
            }
            Err(Error::ProviderUnavailable { service: "identity" })
        }
    }
}

async fn attempt_begun(app: &App, mut row: IdentityAttempt, reference: String) -> Result<IdentityAttempt, Error> {
    row.reference = Some(reference);
    row.state = AttemptState::LinkIssued;
    row.expires_at = app.now().plus(ATTEMPT_LIFE);
    let kept = row;
    write_tx!(app.store(), "attempt_begun", |tx| {
        identity_attempts::update(tx, &kept).await?;
        Ok(IdentityAttempt { version: kept.version + 1, ..kept.clone() })
    })
}

/// Lets an attempt wait because the service does not answer: it gets its whole day again, and its queued job begins
/// it.
async fn attempt_waits(app: &App, row: &IdentityAttempt) -> Result<(), Error> {
    write_tx!(app.store(), "attempt_waits", |tx| {
        let entry = AuditEntry {
            organization: &row.organization,
            action: "orgv.provider_down",
            target: row.id.as_str(),
            details: json!({ "data": { "provider": row.provider } }),
        };
        app.record(tx, &Actor::service(&row.provider), entry).await
    })
}

/// Begins an attempt that the service did not accept at first. Returns whether it has begun.
pub(crate) async fn begin_waiting_attempt(app: &App, row: IdentityAttempt) -> Result<bool, Error> {
    match start_at_service(app, row, false).await {
        Ok(_) => Ok(true),
        Err(Error::ProviderUnavailable { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a new link of a live attempt, and counts it.
pub(crate) async fn fresh_link(app: &App, row: &IdentityAttempt, actor: Option<&Actor>) -> Result<Link, Error> {
    let who = actor.cloned().unwrap_or_else(|| Actor::service(&row.provider));
    write_tx!(app.store(), "count_link", |tx| {
        count_within(app, tx, LINK_LIMITS, &subjects_of(&row.organization, actor)).await?;
        let before = load_verification(tx, &row.organization).await?;
        let facts = verification_facts(app, tx, &row.organization, &before, None).await?;
        let live = Some(row.state);
        let next = step(before.status, live, Event::LinkReissued, facts, app.now()).map_err(refused)?;
        let entry = AuditEntry {
            organization: &row.organization,
            action: next.audit,
            target: row.id.as_str(),
            details: json!({}),
        };
        app.record(tx, &who, entry).await
    })?;
    let Some(reference) = &row.reference else {
        return match start_at_service(app, row.clone(), false).await? {
            (_, Some(link)) => Ok(link),
            (_, None) => Err(Error::ProviderUnavailable { service: "identity" }),
        };
    };
    let link = identity_provider(app)?.reissue_link(reference).await;
    link.map_err(|failure| Error::provider("identity", &failure))
}
