//! Asking the service and applying its report: the only way an attempt changes.

use keystead_core::id::OrganizationId;
use keystead_core::verification::organization::snapshot::{Known, Snapshot as Word, Weight, weigh};
use keystead_core::verification::organization::{AttemptState, Event, step};
use keystead_providers::ProviderError;
use keystead_providers::identity::{Snapshot, our_reference};
use keystead_store::Tx;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::organizations;

use super::{AttemptView, check, refused};
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
        let row = self.owned_attempt(actor, organization, id).await?;
        if row.finished_at.is_none() {
            match self.refresh_attempt(id, AGAIN_AFTER).await {
                Ok(_) | Err(Error::ProviderUnavailable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let row = self.owned_attempt(actor, organization, id).await?;
        Ok(AttemptView::of(&row))
    }

    /// Asks the service about an attempt, unless that was done less than `patience` seconds ago, and applies the
    /// report. Returns whether the attempt has ended.
    pub(crate) async fn refresh_attempt(&self, id: &str, patience: i64) -> Result<bool, Error> {
        let read = read_tx!(self.store(), "attempt", |tx| Ok(identity_attempts::find(tx, id).await?))?;
        let Some(row) = read else { return Ok(true) };
        // An attempt that ended may still get another report, until the service has erased its data.
        let settled = row.redacted_at.is_some();
        let recent = row.checked_at.is_some_and(|at| self.now().since(at) < patience);
        if settled || recent {
            return Ok(row.finished_at.is_some());
        }
        let Some(reference) = row.reference.clone() else {
            return if row.finished_at.is_some() {
                Ok(true)
            } else {
                self.begin_waiting_attempt(row).await.map(|_| false)
            };
        };
        let snapshot = match self.identity_provider()?.fetch(&reference).await {
            Ok(snapshot) => snapshot,
            Err(ProviderError::Gone(_)) => return self.gone_at_service(&row).await,
            Err(failure) => return Err(Error::provider("identity", &failure)),
        };
        let expected = our_reference(row.organization.as_str(), &row.id);
        if !snapshot.our_reference.is_empty() && snapshot.our_reference != expected {
            tracing::error!(attempt = row.id, "the service's check belongs to another attempt; nothing is applied");
            return Ok(false);
        }
        self.apply_snapshot(&row.id, snapshot).await
    }

    async fn gone_at_service(&self, row: &IdentityAttempt) -> Result<bool, Error> {
        tracing::warn!(attempt = row.id, "the service no longer knows this attempt");
        self.apply_event(&row.id, Event::TimeUp).await
    }

    /// Applies a report of the service, once and in the right order.
    pub(crate) async fn apply_snapshot(&self, id: &str, snapshot: Snapshot) -> Result<bool, Error> {
        let number = snapshot.document_number.as_ref();
        let fingerprint = number.map(|number| self.sealer().fingerprint("document", number.expose()));
        write_tx!(self.store(), "apply_snapshot", |tx| {
            let Some(mut row) = identity_attempts::find(tx, id).await? else { return Ok(true) };
            let organization = row.organization.clone();
            let closed = organizations::find(tx, &organization).await?.is_none_or(|row| row.deactivated_at.is_some());
            let known = Known { state: row.state, as_of: row.as_of, organization_closed: closed };
            let said = check(snapshot.state);
            let newer = snapshot.as_of > row.as_of;
            let weight = weigh(known, Word { check: said, as_of: snapshot.as_of });
            let actor = Actor::Service(row.provider.clone());
            if weight != Weight::Nothing {
                row.as_of = snapshot.as_of;
            }
            row.checked_at = Some(self.now());
            match weight {
                Weight::Live | Weight::Revives => {
                    row.step = i64::from(snapshot.step).max(row.step);
                    row.document_type = snapshot.document_type.clone().or(row.document_type);
                    row.issuing_country = snapshot.issuing_country.clone().or(row.issuing_country);
                    row.document_fingerprint = fingerprint.clone().or(row.document_fingerprint);
                    row.reasons = serde_json::to_string(&snapshot.reasons).unwrap_or_else(|_| "[]".to_owned());
                    let state = if weight == Weight::Revives { AttemptState::Submitted } else { known.state };
                    self.step_attempt(tx, &actor, &mut row, Some(state), Event::Said(said)).await?;
                    if weight == Weight::Revives {
                        self.cancel_newer(tx, &actor, &row).await?;
                    }
                }
                // Reported once for each new state, however often it is delivered.
                Weight::Reverses if newer => {
                    self.step_attempt(tx, &actor, &mut row, None, Event::Reversed).await?;
                }
                Weight::Erase if row.finished_at.is_none() => {
                    self.step_attempt(tx, &actor, &mut row, Some(known.state), Event::Cancel).await?;
                }
                Weight::Erase if row.redact_at.is_none() => {
                    row.redact_at = Some(self.now());
                    identity_attempts::update(tx, &row).await?;
                    self.enqueue(tx, &Job::redact_attempt(&row.id), self.now()).await?;
                }
                Weight::Erase | Weight::Reverses | Weight::Nothing => identity_attempts::update(tx, &row).await?,
            }
            Ok(row.finished_at.is_some())
        })
    }

    /// Changes the status of an organization because of an event of one of its attempts, and saves everything.
    pub(super) async fn step_attempt(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        row: &mut IdentityAttempt,
        live: Option<AttemptState>,
        event: Event,
    ) -> Result<(), Error> {
        let organization = row.organization.clone();
        let before = self.standing(tx, &organization).await?;
        let facts = self.facts(tx, &organization, &before, row.document_fingerprint.as_deref()).await?;
        let next = step(before.status, live, event, facts, self.now()).map_err(refused)?;
        self.apply(tx, actor, &organization, &before, Some(row), next, None).await
    }

    /// Cancels a newer attempt, because an older one was approved after the newer began.
    async fn cancel_newer(&self, tx: &mut Tx, actor: &Actor, old: &IdentityAttempt) -> Result<(), Error> {
        let Some(mut newer) = self.live_attempt(tx, &old.organization).await? else { return Ok(()) };
        let state = Some(newer.state);
        self.step_attempt(tx, actor, &mut newer, state, Event::Cancel).await
    }

    /// Applies an event of the clock to a live attempt. Returns whether it has ended.
    pub(crate) async fn apply_event(&self, id: &str, event: Event) -> Result<bool, Error> {
        write_tx!(self.store(), "apply_event", |tx| {
            let Some(mut row) = identity_attempts::find(tx, id).await? else { return Ok(true) };
            if row.finished_at.is_some() {
                return Ok(true);
            }
            let live = Some(row.state);
            self.step_attempt(tx, &Actor::Service("clock".to_owned()), &mut row, live, event).await?;
            Ok(row.finished_at.is_some())
        })
    }
}
