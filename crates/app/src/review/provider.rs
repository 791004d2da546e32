//! The reviewer as an identity service: an attempt is a capture here, and its state is read from the capture and its
//! case.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use keystead_core::id::{CaptureId, OrganizationId, ReviewCaseId, VerificationAttemptId};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::documents::DocumentPolicy;
use keystead_core::verification::review::{CaptureState, CaseDecision};
use keystead_providers::identity::{Attempt, IdentityProvider, Link, Snapshot, Started, State, our_reference};
use keystead_providers::webhook::{Headers, Hint, SignatureError};
use keystead_providers::{BoxFuture, Health, ProviderError};
use keystead_store::Store;
use keystead_store::tables::captures::{self, Capture, CaptureLink};
use keystead_store::tables::reviews;
use rand::{Rng, RngCore};
use sha2::{Digest, Sha256};

use super::evidence::{CaseKey, EvidenceStore};
use super::intake::Intake;
use crate::validate::parse_id;
use crate::{Clock, Error, Sealer};
use keystead_documents::mrz::MrzReport;
use keystead_documents::slots::{self, Slot};

/// Seconds a link waits to be opened.
pub(super) const LINK_LIFE: i64 = 900;

/// The parts of a [`Reviewer`].
pub struct ReviewerOptions {
    /// The store with captures and cases.
    pub store: Store,
    /// Seals the keys of cases.
    pub sealer: Sealer,
    /// The clock.
    pub clock: Clock,
    /// A cryptographically strong generator.
    pub rng: Box<dyn RngCore + Send>,
    /// The address at which people reach this installation.
    pub public_url: String,
    /// The operator's privacy policy, which also covers the reviewer.
    pub privacy_policy_url: String,
    /// The store for pictures.
    pub evidence: EvidenceStore,
    /// Reads pictures.
    pub intake: Intake,
    /// The accepted documents.
    pub documents: DocumentPolicy,
}

/// The built-in reviewer.
pub struct Reviewer {
    pub(super) store: Store,
    sealer: Sealer,
    clock: Clock,
    rng: Mutex<Box<dyn RngCore + Send>>,
    public_url: String,
    privacy_policy_url: String,
    pub(super) evidence: EvidenceStore,
    pub(super) intake: Intake,
    pub(super) documents: DocumentPolicy,
}

impl fmt::Debug for Reviewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reviewer").field("evidence", &self.evidence).finish_non_exhaustive()
    }
}

pub(super) fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

impl Reviewer {
    /// Builds the reviewer from its parts.
    #[must_use]
    pub fn new(options: ReviewerOptions) -> Self {
        Self {
            store: options.store,
            sealer: options.sealer,
            clock: options.clock,
            rng: Mutex::new(options.rng),
            public_url: options.public_url.trim_end_matches('/').to_owned(),
            privacy_policy_url: options.privacy_policy_url,
            evidence: options.evidence,
            intake: options.intake,
            documents: options.documents,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(super) fn draw<T>(&self, make: impl FnOnce(&mut Box<dyn RngCore + Send>) -> T) -> T {
        make(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Seals the typed zone of a capture.
    pub(super) fn seal_zone(&self, capture: &CaptureId, text: &str) -> Vec<u8> {
        self.draw(|rng| self.sealer.seal(rng, &format!("captures.zone:{capture}"), text.as_bytes()))
    }

    /// Opens the typed zone of a capture.
    pub(super) fn zone(&self, capture: &Capture) -> Result<Option<Secret<String>>, Error> {
        let Some(sealed) = &capture.zone_sealed else { return Ok(None) };
        self.sealer.open_text(&format!("captures.zone:{}", capture.id), sealed).map(Some)
    }

    /// Seals the name the person stated.
    pub(super) fn seal_name(&self, capture: &CaptureId, name: &str) -> Vec<u8> {
        self.draw(|rng| self.sealer.seal(rng, &format!("captures.name:{capture}"), name.as_bytes()))
    }

    /// Opens the name the person stated, if they did.
    pub(super) fn name(&self, capture: &Capture) -> Result<Option<Secret<String>>, Error> {
        let Some(sealed) = &capture.name_sealed else { return Ok(None) };
        self.sealer.open_text(&format!("captures.name:{}", capture.id), sealed).map(Some)
    }

    /// Opens the key of a capture's pictures; `None` once they are erased.
    pub(super) fn key(&self, capture: &Capture) -> Result<Option<CaseKey>, Error> {
        let Some(sealed) = &capture.key_sealed else { return Ok(None) };
        let key = self.sealer.open(&format!("captures.key:{}", capture.id), sealed)?;
        let broken = || Error::Internal(format!("the key of capture {} has another length", capture.id));
        key.expose().as_slice().try_into().map(|key| Some(Secret::new(key))).map_err(|_| broken())
    }

    /// Creates a capture for an attempt, or returns the one it has.
    async fn begin(&self, attempt: &str, organization: &str) -> Result<(Capture, Link), Error> {
        let organization: OrganizationId =
            organization.parse().map_err(|_| Error::Internal("an attempt without organization".to_owned()))?;
        let attempt: VerificationAttemptId =
            attempt.parse().map_err(|_| Error::Internal("an attempt without id".to_owned()))?;
        let id = CaptureId::of(&attempt);
        let key = self.draw(|rng| {
            let mut key = zeroize::Zeroizing::new([0_u8; 32]);
            rng.fill_bytes(&mut *key);
            self.sealer.seal(rng, &format!("captures.key:{id}"), &*key)
        });
        let row = Capture {
            id,
            attempt,
            organization,
            case: self.draw(ReviewCaseId::generate),
            state: CaptureState::Open,
            country: None,
            document: None,
            key_sealed: Some(key),
            zone_sealed: None,
            name_sealed: None,
            challenge: None,
            first_captured_at: None,
            created_at: self.now(),
            submitted_at: None,
            erased_at: None,
            version: 1,
        };
        let (link, url) = self.new_link(&row.id);
        let expires_at = link.expires_at;
        let write = write_tx!(self.store, "begin_capture", |tx| {
            captures::insert(tx, &row).await?;
            let kept = captures::find_by_attempt(tx, &row.attempt).await?;
            let kept = kept.ok_or_else(|| Error::Internal("a capture was not kept".to_owned()))?;
            captures::delete_unused_links(tx, &kept.id).await?;
            captures::insert_link(tx, &CaptureLink { capture: kept.id.clone(), ..link.clone() }).await?;
            Ok(kept)
        });
        Ok((write?, Link { url, expires_at }))
    }

    /// Creates a link: 150 bits in characters that survive any program. Only its digest is kept.
    fn new_link(&self, capture: &CaptureId) -> (CaptureLink, String) {
        let token = self.draw(|rng| {
            let letters = b"abcdefghijkmnpqrstuvwxyz23456789";
            (0..32).map(|_| char::from(letters[rng.random_range(0..letters.len())])).collect::<String>()
        });
        let now = self.now();
        let row = CaptureLink {
            digest: digest(&token),
            capture: capture.clone(),
            device_fingerprint: None,
            created_at: now,
            expires_at: now.plus(LINK_LIFE),
        };
        (row, format!("{}/verify/{token}/capture", self.public_url))
    }

    async fn relink(&self, reference: &str) -> Result<Link, Error> {
        let capture = capture_id(reference)?;
        let (row, url) = self.new_link(&capture);
        let expires_at = row.expires_at;
        write_tx!(self.store, "capture_link", |tx| {
            let capture = captures::find(tx, &row.capture).await?;
            let open = capture.filter(|capture| capture.state == CaptureState::Open);
            open.ok_or_else(|| Error::not_found("capture", row.capture.as_str()))?;
            captures::delete_unused_links(tx, &row.capture).await?;
            Ok(captures::insert_link(tx, &row).await?)
        })?;
        Ok(Link { url, expires_at })
    }

    async fn snapshot(&self, find: Find) -> Result<Option<Snapshot>, Error> {
        let read = read_tx!(self.store, "capture", |tx| {
            let capture = match &find {
                Find::Capture(id) => captures::find(tx, id).await?,
                Find::Attempt(id) => captures::find_by_attempt(tx, id).await?,
            };
            let Some(capture) = capture else { return Ok(None) };
            let case = reviews::find(tx, &capture.case).await?;
            let pictures = reviews::list_evidence(tx, &capture.case).await?;
            Ok(Some((capture, case, pictures)))
        })?;
        let Some((capture, case, pictures)) = read else { return Ok(None) };
        let decision = case.as_ref().and_then(|case| case.decision);
        let state = match (capture.state, decision) {
            (_, Some(CaseDecision::Approve)) => State::Approved,
            (_, Some(CaseDecision::Reject)) => State::Rejected { retryable: true },
            (_, Some(CaseDecision::Recapture | CaseDecision::Withdrawn)) => State::Expired,
            (CaptureState::Cancelled, None) => State::Cancelled,
            (CaptureState::Submitted, None) => State::InReview,
            (CaptureState::Open, None) if capture.country.is_some() => State::InProgress,
            (CaptureState::Open, None) => State::Waiting,
        };
        let wanted = self.wanted(&capture);
        let shown = |slot: &&Slot| pictures.iter().any(|picture| picture.kind == **slot);
        let documents = !wanted.is_empty() && wanted.iter().filter(|slot| slot.of_document()).all(|slot| shown(&slot));
        let step = match state {
            State::Waiting => 0,
            State::InProgress if documents => 2,
            State::InProgress => 1,
            _ => 3,
        };
        let reasons = case.map_or_else(Vec::new, |case| serde_json::from_str(&case.reasons).unwrap_or_default());
        Ok(Some(Snapshot {
            reference: capture.id.to_string(),
            our_reference: our_reference(capture.organization.as_str(), capture.attempt.as_str()),
            state,
            step,
            reasons,
            document_number: self.document_number(&capture)?,
            document_type: capture.document.map(|kind| kind.as_str().to_owned()),
            issuing_country: capture.country,
            as_of: self.now(),
            redacted: capture.erased_at.is_some(),
        }))
    }

    /// Lists every slot of the chosen document.
    pub(super) fn wanted(&self, capture: &Capture) -> Vec<Slot> {
        match (&capture.country, capture.document) {
            (Some(country), Some(kind)) => slots::wanted(&self.documents, country, kind),
            _ => Vec::new(),
        }
    }

    /// Returns the number that identifies the document, when its zone was typed and the number's check digit is right.
    fn document_number(&self, capture: &Capture) -> Result<Option<Secret<String>>, Error> {
        let Some(zone) = self.zone(capture)? else { return Ok(None) };
        let report = MrzReport::read(zone.expose(), self.now()).ok().filter(|report| report.digits.document_number);
        Ok(report.map(|report| Secret::new(format!("{}:{}", report.issuer, report.document_number.expose()))))
    }

    async fn call_off(&self, reference: &str) -> Result<(), Error> {
        let Ok(id) = reference.parse() else { return Ok(()) };
        write_tx!(self.store, "cancel_capture", |tx| {
            let Some(mut row) = captures::find(tx, &id).await?.filter(|row| row.state == CaptureState::Open) else {
                return Ok(());
            };
            row.state = CaptureState::Cancelled;
            captures::delete_unused_links(tx, &row.id).await?;
            Ok(captures::update(tx, &row).await?)
        })
    }
}

enum Find {
    Capture(CaptureId),
    Attempt(VerificationAttemptId),
}

/// Parses the reference of a capture. A text that is no id names no capture.
fn capture_id(reference: &str) -> Result<CaptureId, Error> {
    parse_id("capture", reference)
}

/// Translates an error of the store or the disk into one of the trait.
fn failure(error: Error) -> ProviderError {
    match error {
        Error::NotFound { .. } => ProviderError::Gone("no such capture".to_owned()),
        other => ProviderError::Unavailable(other.to_string()),
    }
}

impl IdentityProvider for Reviewer {
    fn name(&self) -> &'static str {
        "review"
    }

    fn privacy_policy_url(&self) -> &str {
        &self.privacy_policy_url
    }

    fn start<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Started, ProviderError>> {
        Box::pin(async move {
            let (row, link) = self.begin(attempt.id, attempt.organization).await.map_err(failure)?;
            Ok(Started { reference: row.id.to_string(), link })
        })
    }

    fn reissue_link<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Link, ProviderError>> {
        Box::pin(async move { self.relink(reference).await.map_err(failure) })
    }

    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Snapshot, ProviderError>> {
        Box::pin(async move {
            let id = capture_id(reference).map_err(failure)?;
            let found = self.snapshot(Find::Capture(id)).await.map_err(failure)?;
            found.ok_or_else(|| ProviderError::Gone("no such capture".to_owned()))
        })
    }

    fn find<'a>(&'a self, our_reference: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, ProviderError>> {
        let attempt = our_reference.rsplit(':').next().unwrap_or_default().parse();
        Box::pin(async move {
            // A text that is no id names no attempt.
            let Ok(attempt) = attempt else { return Ok(None) };
            self.snapshot(Find::Attempt(attempt)).await.map_err(failure)
        })
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move { self.call_off(reference).await.map_err(failure) })
    }

    fn redact<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            // A text that is no id names no capture, and there is nothing to erase.
            let Ok(id) = reference.parse() else { return Ok(()) };
            self.erase(&id).await.map_err(failure)
        })
    }

    fn health(&self) -> Health {
        Health::Up
    }

    /// There are no deliveries: the case is in our own database.
    fn hints(&self, _: Headers<'_>, _: &[u8], _: Timestamp) -> Result<Vec<Hint>, SignatureError> {
        Err(SignatureError::Missing)
    }
}
