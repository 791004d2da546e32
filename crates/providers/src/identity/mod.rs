//! Identity checks by an outside service.

pub mod persona;
mod reasons;

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;

use crate::webhook::{Headers, Hint, SignatureError};
use crate::{BoxFuture, Health, ProviderError};

/// A check that the service should begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// Our id of the attempt, which makes starting idempotent.
    pub id: &'a str,
    /// The organization, by id: never a name or an address.
    pub organization: &'a str,
    /// `en`, `pl` or `ja`.
    pub locale: &'a str,
    /// Where the browser returns; a return proves nothing.
    pub return_url: &'a str,
}

/// A check the service has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The service's id for it.
    pub reference: String,
    /// The first one-time link.
    pub link: Link,
}

/// A link that works once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub url: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// The state of a check, independent of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not opened yet.
    Waiting,
    /// The person has begun.
    InProgress,
    /// Everything is submitted.
    Submitted,
    /// A person at the service reviews it.
    InReview,
    /// Approved.
    Approved,
    /// Rejected.
    Rejected {
        /// Whether another attempt may succeed.
        retryable: bool,
    },
    /// Expired.
    Expired,
    /// Cancelled.
    Cancelled,
    /// An unknown state: ours stays, and the operator is informed.
    Unknown,
}

/// A check as the service reports it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The service's id.
    pub reference: String,
    /// Our reference at the service, `org…:attempt`, to compare with what we keep.
    pub our_reference: String,
    /// Its state.
    pub state: State,
    /// The person's progress: 1 the document, 2 the face, 3 submitted; 0 when unknown.
    pub step: u8,
    /// Why it was rejected.
    pub reasons: Vec<String>,
    /// `passport`, `identity_card`, `drivers_license`, `residence_permit`, `visa`, `my_number_card`.
    pub document_type: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub issuing_country: Option<String>,
    /// The number that identifies the document; only its keyed HMAC may be kept.
    pub document_number: Option<Secret<String>>,
    /// The time of the report; an older one never overwrites a newer one.
    pub as_of: Timestamp,
    /// Whether the service has erased its copy.
    pub redacted: bool,
}

/// A service that checks documents and faces, such as Persona.
pub trait IdentityProvider: Send + Sync {
    /// The name shown and stored.
    fn name(&self) -> &'static str;
    /// Its privacy policy, linked before consent.
    fn privacy_policy_url(&self) -> &str;
    /// Begins a check; idempotent by the attempt's id.
    fn start<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Started, ProviderError>>;
    /// Makes a new link, which fixes "session expired" and does not count as an attempt.
    fn reissue_link<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Link, ProviderError>>;
    /// Reads the state of a check.
    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Snapshot, ProviderError>>;
    /// Finds a check by our reference, when the answer to `start` was lost.
    fn find<'a>(&'a self, our_reference: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, ProviderError>>;
    /// Cancels a check.
    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Asks the service to erase its copy; done when a later report has `redacted`.
    fn redact<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// The outcome of the last call.
    fn health(&self) -> Health;
    /// Verifies a delivery's signature and returns what it is about, without any state. A genuine delivery that is not
    /// for this configuration, such as one of the service's test mode, gives no hints.
    ///
    /// # Errors
    /// When the signature is not by an active secret, or not recent.
    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError>;
}

/// Reasons for a rejection, independent of the vendor. Pages have a sentence for each.
pub const REASONS: [&str; 14] = [
    "document_unreadable",
    "document_expired",
    "document_type_unsupported",
    "country_unsupported",
    "glare_or_blur",
    "name_mismatch",
    "face_mismatch",
    "liveness_failed",
    "under_age",
    "duplicate_identity",
    "consent_declined",
    "abandoned",
    "provider_error",
    "other",
];

/// Those of [`REASONS`] that only a service gives: reviewers do not decline for them.
pub const SERVICES_REASONS: [&str; 3] = ["consent_declined", "abandoned", "provider_error"];

/// Builds our reference for an attempt at a service: never an address, never a name.
#[must_use]
pub fn our_reference(organization: &str, attempt: &str) -> String {
    format!("{organization}:{attempt}")
}

/// The configuration of a Persona client.
#[derive(Debug, Clone)]
pub struct PersonaOptions {
    /// `https://api.withpersona.com/api/v1`, or the sandbox.
    pub base_url: String,
    /// The API key.
    pub api_key: Secret<String>,
    /// `itmpl_…`.
    pub template: String,
    /// Webhook secrets in force; two while one is being replaced.
    pub webhook_secrets: Vec<Secret<String>>,
    /// The environment of Persona that answers must come from, such as production's `env_…`; `None` believes any.
    pub environment: Option<String>,
    /// Whether `completed` already decides; by default only `approved` does.
    pub completed_approves: bool,
}
