//! Asking the service and applying its report: the only way an attempt changes.

use keystead_core::id::{OrganizationId, VerificationAttemptId};
use keystead_core::verification::organization::snapshot::{
    CheckReport, KnownAttempt, SnapshotRelevance, classify_snapshot,
};
use keystead_core::verification::organization::{AttemptState, Event};
use keystead_providers::ProviderError;
use keystead_providers::identity::{Snapshot, our_reference};
use keystead_store::Tx;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::organizations;

use super::apply::step_attempt;
use super::start::begin_waiting_attempt;
use super::state::{live_attempt, owned_attempt};
use super::{AttemptView, check, identity_provider};
use crate::jobs::Job;
use crate::{Actor, App, Error};

/// A caller who asks again within this many seconds gets what is known.
const AGAIN_AFTER: i64 = 5;

impl App {
    /// "Check status": asks the service once, at most every five seconds, and returns the present status.
    ///
    /// # Errors
    /// When the caller is not an owner, or when there is no such attempt. A service that does not answer is not an
    /// error: the known status is returned.
    pub async fn check_organization_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<AttemptView, Error> {
        let known = owned_attempt(self, actor, organization, id).await?;
        let asked = match known.finished_at {
            None => refresh_attempt(self, &known.id, AGAIN_AFTER).await.map(|_| ()),
            Some(_) => Ok(()),
        };
        let row = owned_attempt(self, actor, organization, id).await?;
        match asked {
            Ok(()) | Err(Error::ProviderUnavailable { .. }) => Ok(AttemptView::of(row)),
            // A delivery was applied in between: its state is the answer.
            Err(_) if row.state != known.state => Ok(AttemptView::of(row)),
            Err(error) => Err(error),
        }
    }
}

/// Asks the service about an attempt, unless that was done less than `patience` seconds ago, and applies the
/// report. Returns whether the attempt has ended.
pub(crate) async fn refresh_attempt(app: &App, id: &VerificationAttemptId, patience: i64) -> Result<bool, Error> {
    let read = read_tx!(app.store(), "attempt", |tx| Ok(identity_attempts::find(tx, id).await?))?;
    let Some(row) = read else { return Ok(true) };
    // An attempt that ended may still get another report, until the service has erased its data.
    let erased = row.redacted_at.is_some();
    let recent = row.checked_at.is_some_and(|at| app.now().since(at) < patience);
    if erased || recent {
        return Ok(row.finished_at.is_some());
    }
    let Some(reference) = row.reference.clone() else {
        return if row.finished_at.is_some() { Ok(true) } else { begin_waiting_attempt(app, row).await.map(|_| false) };
    };
    let snapshot = match identity_provider(app)?.fetch(&reference).await {
        Ok(snapshot) => snapshot,
        Err(ProviderError::Gone(_)) => return gone_at_service(app, &row).await,
        Err(failure) => return Err(Error::provider("identity", &failure)),
    };
    let expected = our_reference(row.organization.as_str(), row.id.as_str());
    if !snapshot.our_reference.is_empty() && snapshot.our_reference != expected {
        tracing::error!(attempt = %row.id, "the identity check belongs to another attempt; nothing was changed");
        return Ok(false);
    }
    apply_snapshot(app, &row.id, snapshot).await
}

async fn gone_at_service(app: &App, row: &IdentityAttempt) -> Result<bool, Error> {
    tracing::warn!(attempt = %row.id, "the identity service no longer has this attempt");
    apply_event(app, &row.id, Event::AttemptExpired).await
}

/// Applies a report of the service, once and in the right order.
pub(crate) async fn apply_snapshot(app: &App, id: &VerificationAttemptId, snapshot: Snapshot) -> Result<bool, Error> {
    let number = snapshot.document_number.as_ref();
    let fingerprint = number.map(|number| app.sealer().fingerprint("document", number.expose()));
    write_tx!(app.store(), "apply_snapshot", |tx| {
        let Some(mut row) = identity_attempts::find(tx, id).await? else { return Ok(true) };
        let organization = row.organization.clone();
        let closed = organizations::find(tx, &organization).await?.is_none_or(|row| row.deactivated_at.is_some());
        let known = KnownAttempt { state: row.state, as_of: row.as_of, organization_closed: closed };
        let reported = check(snapshot.state);
        let newer = snapshot.as_of > row.as_of;
        let relevance = classify_snapshot(known, CheckReport { check: reported, as_of: snapshot.as_of });
        let actor = Actor::service(&row.provider);
        if relevance != SnapshotRelevance::Nothing {
            row.as_of = snapshot.as_of;
        }
        row.checked_at = Some(app.now());
        match relevance {
            SnapshotRelevance::Live | SnapshotRelevance::Revives => {
                row.step = i64::from(snapshot.step).max(row.step);
                row.document_type = snapshot.document_type.clone().or(row.document_type);
                row.issuing_country = snapshot.issuing_country.clone().or(row.issuing_country);
                row.document_fingerprint = fingerprint.clone().or(row.document_fingerprint);
                row.reasons = serde_json::to_string(&snapshot.reasons).unwrap_or_else(|_| "[]".to_owned());
                let state = if relevance == SnapshotRelevance::Revives { AttemptState::Submitted } else { known.state };
                step_attempt(app, tx, &actor, &mut row, Some(state), Event::ProviderReported(reported)).await?;
                if relevance == SnapshotRelevance::Revives {
                    cancel_newer(app, tx, &actor, &row).await?;
                }
            }
            // Reported once for each new state, however often it is delivered.
            SnapshotRelevance::Reverses if newer => {
                step_attempt(app, tx, &actor, &mut row, None, Event::Reversed).await?;
            }
            SnapshotRelevance::Erase if row.finished_at.is_none() => {
                step_attempt(app, tx, &actor, &mut row, Some(known.state), Event::Cancel).await?;
            }
            SnapshotRelevance::Erase if row.redact_at.is_none() => {
                row.redact_at = Some(app.now());
                identity_attempts::update(tx, &row).await?;
                app.enqueue(tx, &Job::redact_attempt(&row.id), app.now()).await?;
            }
            SnapshotRelevance::Erase | SnapshotRelevance::Reverses | SnapshotRelevance::Nothing => {
                identity_attempts::update(tx, &row).await?
            }
        }
        Ok(row.finished_at.is_some())
    })
}

/// Cancels a newer attempt, because an older one was approved after the newer began.
async fn cancel_newer(app: &App, tx: &mut Tx, actor: &Actor, old: &IdentityAttempt) -> Result<(), Error> {
    let Some(mut newer) = live_attempt(tx, &old.organization).await? else { return Ok(()) };
    let state = Some(newer.state);
    step_attempt(app, tx, actor, &mut newer, state, Event::Cancel).await
}

/// Applies an event of the clock to a live attempt. Returns whether it has ended.
pub(crate) async fn apply_event(app: &App, id: &VerificationAttemptId, event: Event) -> Result<bool, Error> {
    write_tx!(app.store(), "apply_event", |tx| {
        let Some(mut row) = identity_attempts::find(tx, id).await? else { return Ok(true) };
        if row.finished_at.is_some() {
            return Ok(true);
        }
        let live = Some(row.state);
        step_attempt(app, tx, &Actor::Service("clock".to_owned()), &mut row, live, event).await?;
        Ok(row.finished_at.is_some())
    })
}
