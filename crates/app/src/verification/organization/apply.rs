//! Saving what the machine decided: status, attempt, requirement, effects and audit, in one transaction.

use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::id::{OrganizationId, ReviewCaseId};
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::same_document::{self, Use, Verdict};
use keystead_core::verification::organization::{AttemptState, Effect, SAME_DOCUMENT, Status, Step};
use keystead_store::Tx;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::privacy::{self, DocumentFingerprint};
use keystead_store::tables::reviews::{self, ReviewCase};
use keystead_store::tables::{memberships, organizations};
use serde_json::json;

use super::VerificationRecord;
use crate::audit::AuditEntry;
use crate::jobs::Job;
use crate::{Actor, App, Error};

const DAY: i64 = 86_400;

/// The sealing context of an appeal's statement.
fn statement_context(case: &str) -> String {
    format!("review_cases.statement:{case}")
}

impl App {
    /// Saves a step. `attempt` is the live attempt with what was learned about it; `statement` is an appeal's.
    #[expect(clippy::too_many_arguments, reason = "everything one transition touches, named where it is used")]
    pub(crate) async fn apply(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        organization: &OrganizationId,
        before: &VerificationRecord,
        mut attempt: Option<&mut IdentityAttempt>,
        next: Step,
        reason: Option<String>,
    ) -> Result<(), Error> {
        let now = self.now();
        for effect in &next.effects {
            match (effect, attempt.as_deref_mut()) {
                (Effect::Open, row) => {
                    let fingerprint = row.as_ref().and_then(|row| row.document_fingerprint.clone());
                    let how = if next.status == Status::Exempt { Fulfilment::Waived } else { Fulfilment::Verified };
                    self.open(tx, organization, how, row.and_then(|row| row.user.clone()), fingerprint).await?;
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
                        row.decided_by = Some(actor.id().to_owned());
                    }
                }
                (Effect::RedactLater, Some(row)) => {
                    row.redact_at = Some(now.plus(self.settings().biometrics_days.clamp(0, 7) * DAY));
                }
                (Effect::EraseNow, Some(row)) => row.redact_at = Some(now),
                (Effect::CancelAtService, Some(row)) => {
                    if let Some(reference) = &row.reference {
                        self.enqueue(tx, &Job::cancel_attempt(reference), now).await?;
                    }
                }
                (Effect::Alarm, Some(row)) => row.needs_attention = true,
                (Effect::Extend { seconds }, Some(row)) => row.expires_at = row.expires_at.plus(*seconds),
                (Effect::OpenCase, row) => {
                    let kind = if next.audit == "orgv.duplicate" { "duplicate" } else { "appeal" };
                    let about = row.map(|row| row.id.clone());
                    self.open_case(tx, organization, about, kind, None).await?;
                }
                (Effect::TellOwners, _) => self.tell_owners(tx, organization, &next).await?,
                (_, None) => {}
            }
        }
        if let Some(row) = attempt {
            identity_attempts::update(tx, row).await?;
            row.version += 1;
            if let Some(at) = row.redact_at.filter(|_| row.redacted_at.is_none()) {
                self.enqueue(tx, &Job::redact_attempt(&row.id), at).await?;
            }
        }
        let changed = before.status != next.status || before.until != next.until;
        let open = matches!(next.status, Status::Exempt | Status::Verified);
        if open && (changed || next.effects.contains(&Effect::Open)) {
            organizations::set_requirement_end(tx, organization, Requirement::Organization, next.until, now).await?;
        }
        if changed || reason.is_some() {
            self.save_standing(tx, organization, before, next.status, next.until, reason).await?;
        }
        if next.audit.is_empty() {
            return Ok(());
        }
        let details = json!({ "data": { "status": next.status.as_str() } });
        let entry = AuditEntry { organization, action: next.audit, target: organization.as_str(), details };
        self.record(tx, actor, entry).await
    }

    /// Opens the models behind the gate, in this transaction with a new entitlement version, so that no gateway can
    /// miss it.
    async fn open(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        how: Fulfilment,
        user: Option<keystead_core::id::UserId>,
        fingerprint: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        let now = self.now();
        organizations::set_requirement(tx, organization, Requirement::Organization, how, None, now).await?;
        if let Some(fingerprint) = fingerprint.filter(|fingerprint| !fingerprint.is_empty()) {
            let used = DocumentFingerprint { fingerprint, organization: organization.clone(), user, verified_at: now };
            privacy::save_document(tx, &used).await?;
        }
        Ok(())
    }

    /// Returns when the document may verify this organization; `None` means now.
    pub(crate) async fn document_free_at(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        fingerprint: &[u8],
    ) -> Result<Option<Timestamp>, Error> {
        let now = self.now();
        let mut uses = Vec::new();
        for row in privacy::list_document(tx, fingerprint, now.plus(-SAME_DOCUMENT)).await? {
            let same_owner =
                &row.organization == organization || self.share_an_owner(tx, organization, &row.organization).await?;
            uses.push(Use { organization: row.organization, verified_at: row.verified_at, same_owner });
        }
        match same_document::judge(&uses, organization, self.settings().organizations_per_document, now) {
            Verdict::Free => Ok(None),
            Verdict::Taken { until } => Ok(Some(until)),
        }
    }

    async fn share_an_owner(&self, tx: &mut Tx, one: &OrganizationId, two: &OrganizationId) -> Result<bool, Error> {
        let page = crate::Page { after: None, limit: 100, ascending: true };
        let owner = keystead_core::role::OrganizationRole::Owner;
        let first = memberships::list(tx, one, &page).await?.data;
        let second = memberships::list(tx, two, &page).await?.data;
        let owns = |row: &&memberships::Membership| row.role == owner;
        Ok(first.iter().filter(owns).any(|a| second.iter().filter(owns).any(|b| a.user == b.user)))
    }

    /// Opens a case for people to decide.
    pub(crate) async fn open_case(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        attempt: Option<String>,
        kind: &str,
        statement: Option<&str>,
    ) -> Result<String, Error> {
        let id = self.draw(ReviewCaseId::generate).to_string();
        let context = statement_context(&id);
        let sealed = statement.map(|text| self.draw(|rng| self.sealer().seal(rng, &context, text.as_bytes())));
        let case = ReviewCase::opened(&id, organization, attempt, kind, self.now());
        reviews::insert(tx, &ReviewCase { statement_sealed: sealed, ..case }).await?;
        Ok(id)
    }

    /// Returns the owner's statement in a case.
    pub(crate) fn open_statement(&self, case: &ReviewCase) -> Result<Option<String>, Error> {
        let open = |sealed: &Vec<u8>| self.sealer().open_text(&statement_context(&case.id), sealed);
        let opened = case.statement_sealed.as_ref().map(open).transpose()?;
        Ok(opened.map(|text| text.expose().clone()))
    }

    /// Informs every owner of the new status. Without mail, pages and the API still show it.
    async fn tell_owners(&self, tx: &mut Tx, organization: &OrganizationId, next: &Step) -> Result<(), Error> {
        self.tell_owners_of(tx, organization, next.audit).await?;
        let Some(until) = next.until.filter(|_| next.status == Status::Verified) else { return Ok(()) };
        // Owners are reminded before the date.
        for days in [7, 1] {
            let at = until.plus(-days * DAY);
            if at > self.now() {
                let reminder = Job::mail_owners(organization, "orgv.reverify_due", Some(until));
                self.enqueue(tx, &reminder, at).await?;
            }
        }
        Ok(())
    }

    /// Mails the owners about an event, by its name in the audit log.
    pub(crate) async fn tell_owners_of(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        event: &str,
    ) -> Result<(), Error> {
        if self.services().mail.is_none() {
            return Ok(());
        }
        self.enqueue(tx, &Job::mail_owners(organization, event, None), self.now()).await
    }
}
