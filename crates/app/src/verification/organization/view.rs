//! The views of an organization's verification.

use keystead_core::id::OrganizationId;
use keystead_core::refusal::GateRefusal;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::{ATTEMPTS, ATTEMPTS_WINDOW, AttemptState, Status};
use keystead_core::verification::review::CaseKind;
use keystead_store::Tx;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::legal_holds::{self, LegalHold};
use keystead_store::tables::privacy::{self, Receipt};
use keystead_store::tables::refusals::{self, RefusedCall};
use keystead_store::tables::reviews::{self, EvidenceView};

use super::apply::expire_dated;
use super::state::{document_free_at, is_proven, load_verification};
use crate::{Actor, App, Error};

/// The view of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptView {
    /// `orgv_…`.
    pub id: String,
    /// The state by name.
    pub state: String,
    /// The service's name.
    pub provider: String,
    /// The person's progress: 0 nothing, 1 begun, 2 submitted.
    pub step: i64,
    /// Why it failed, by the stable names.
    pub reasons: Vec<String>,
    /// Two digits shown on both screens.
    pub match_number: String,
    /// Whether the service has begun; a link can be made then.
    pub begun: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When everything was submitted.
    pub submitted_at: Option<Timestamp>,
    /// When the service was last asked.
    pub checked_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When the service's copy is or was erased.
    pub erased_at: Option<Timestamp>,
    /// Whether it is erased.
    pub erased: bool,
}

impl AttemptView {
    pub(crate) fn of(row: IdentityAttempt) -> Self {
        Self {
            id: row.id.to_string(),
            state: row.state.as_str().to_owned(),
            provider: row.provider,
            step: row.step,
            reasons: serde_json::from_str(&row.reasons).unwrap_or_default(),
            match_number: row.match_number,
            begun: row.reference.is_some(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            submitted_at: row.submitted_at,
            checked_at: row.checked_at,
            finished_at: row.finished_at,
            erased_at: row.redacted_at.or(row.redact_at),
            erased: row.redacted_at.is_some(),
        }
    }
}

/// The newest link of a live attempt for another device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    /// When it expires.
    pub expires_at: Timestamp,
    /// When a device continued with it.
    pub used_at: Option<Timestamp>,
}

/// Everything about an organization's verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationView {
    /// The status.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// The end of a cooldown or an exemption.
    pub until: Option<Timestamp>,
    /// The operator's reason, if there is one.
    pub reason: Option<String>,
    /// Whether models behind the gate are open.
    pub open: bool,
    /// Attempts left in the window.
    pub attempts_left: u8,
    /// The last attempt, live or not.
    pub attempt: Option<AttemptView>,
    /// The newest link of the live attempt for another device.
    pub link: Option<LinkView>,
    /// The service's name, absent when none is configured.
    pub provider: Option<&'static str>,
    /// The service's privacy policy.
    pub provider_policy: Option<String>,
    /// Until when pictures are kept beyond their deadline because of a legal hold.
    pub held_until: Option<Timestamp>,
    /// Whether an appeal is undecided.
    pub appeal_open: bool,
    /// When the document of the live attempt may verify this organization, if it has verified others.
    pub document_free_at: Option<Timestamp>,
}

/// What owners may know about the use of their data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivacyRecord {
    /// What was erased, newest first.
    pub receipts: Vec<Receipt>,
    /// Who looked at pictures, newest first.
    pub views: Vec<EvidenceView>,
    /// Legal holds on pictures, by whom and why, newest first.
    pub holds: Vec<LegalHold>,
}

impl App {
    /// Notifies waiting pages that this process has committed a step of some organization's verification. It does not
    /// say which: each page reads the state with its own permission.
    #[must_use]
    pub fn verification_progress(&self) -> tokio::sync::watch::Receiver<u64> {
        self.store().verification_progress()
    }

    /// Returns the verification status of an organization, for its members.
    ///
    /// # Errors
    /// When the caller is not a member.
    pub async fn organization_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<OrganizationView, Error> {
        write_tx!(self.store(), "organization_verification", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            expire_dated(self, tx, organization).await?;
            organization_view(self, tx, organization).await
        })
    }

    /// Lists the calls that a gate refused in the last thirty days, newest first.
    ///
    /// # Errors
    /// When the caller is not a member.
    pub async fn refused_calls(&self, actor: &Actor, organization: &OrganizationId) -> Result<Vec<RefusedCall>, Error> {
        read_tx!(self.store(), "refused_calls", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            Ok(refusals::list(tx, organization, self.now().plus(-30 * 86_400)).await?)
        })
    }

    /// Records a refused call, so that its owner finds the cause on the page. If this fails, only the row is missing.
    pub async fn record_refused_call(&self, request: &str, refused: &GateRefusal) -> Result<(), Error> {
        let missing: Vec<&str> = refused.missing.iter().map(|missing| missing.as_str()).collect();
        let row = RefusedCall {
            id: request.to_owned(),
            organization: refused.organization.clone(),
            project: Some(refused.project.clone()),
            api_key: None,
            action: format!("model.use:{}", refused.model),
            rule: refused.rule.clone(),
            missing: missing.join(","),
            at: self.now(),
        };
        write_tx!(self.store(), "record_refused_call", |tx| Ok(refusals::insert(tx, &row).await?))
    }

    /// Returns what was erased for an organization, who viewed its pictures, and the legal holds on them, for its
    /// owners.
    ///
    /// # Errors
    /// When the caller is not an owner.
    pub async fn privacy_record(&self, actor: &Actor, organization: &OrganizationId) -> Result<PrivacyRecord, Error> {
        read_tx!(self.store(), "privacy_record", |tx| {
            self.authorize(tx, actor, organization, keystead_core::scope::Scope::ManagementWrite).await?;
            Ok(PrivacyRecord {
                receipts: privacy::list_receipts(tx, organization).await?,
                views: reviews::list_views(tx, organization).await?,
                holds: legal_holds::list_granted(tx, organization).await?,
            })
        })
    }
}

/// Builds the view, for callers that have checked the permission.
pub(crate) async fn organization_view(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
) -> Result<OrganizationView, Error> {
    let verification = load_verification(tx, organization).await?;
    let open = is_proven(app, tx, organization).await?;
    let attempts = identity_attempts::list(tx, organization).await?;
    let since = app.now().plus(-ATTEMPTS_WINDOW);
    let rejected = attempts
        .iter()
        .filter(|row| row.state == AttemptState::Rejected && row.finished_at.is_some_and(|at| at > since))
        .count();
    let cases = reviews::list(tx, organization).await?;
    let provider = app.services().identity.as_ref();
    let live = attempts.iter().find(|row| row.finished_at.is_none());
    let link = match live {
        None => None,
        Some(row) => privacy::newest_handoff(tx, &row.id).await?,
    };
    let document_free_at = match live.and_then(|row| row.document_fingerprint.as_deref()) {
        None => None,
        Some(fingerprint) => document_free_at(app, tx, organization, fingerprint).await?,
    };
    let held = legal_holds::list_granted(tx, organization).await?;
    let held = held.iter().filter(|hold| hold.ended_at.is_none() && app.now() < hold.until);
    Ok(OrganizationView {
        link: link.map(|link| LinkView { expires_at: link.expires_at, used_at: link.used_at }),
        held_until: held.map(|hold| hold.until).max(),
        document_free_at,
        status: verification.status,
        since: verification.since,
        until: verification.until,
        reason: verification.reason,
        open,
        attempts_left: ATTEMPTS.saturating_sub(u8::try_from(rejected).unwrap_or(u8::MAX)),
        attempt: attempts.into_iter().next().map(AttemptView::of),
        provider: provider.map(|provider| provider.name()),
        provider_policy: provider
            .map(|provider| provider.privacy_policy_url().to_owned())
            .filter(|url| !url.is_empty()),
        appeal_open: cases.iter().any(|case| case.kind == CaseKind::Appeal && case.decided_at.is_none()),
    })
}
