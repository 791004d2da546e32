//! Identity checks by an outside service.

pub mod persona;
mod reasons;

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;

use crate::webhook::{Headers, Hint, SignatureError};
use crate::{BoxFuture, Health, ProviderError};

/// What the service is asked to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt<'a> {
    /// Our id of the attempt; starting again with the same id begins nothing new.
    pub id: &'a str,
    /// The organization, by id: never a name or an address.
    pub organization: &'a str,
    /// `en`, `pl` or `ja`.
    pub locale: &'a str,
    /// Where the browser comes back to, which proves nothing.
    pub return_url: &'a str,
}

/// A check the service has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The service's id of it.
    pub reference: String,
    /// The first one-time link.
    pub link: Link,
}

/// A link that works once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where to go.
    pub url: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// How a check stands, in words of no vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody opened it.
    Waiting,
    /// The person is at it.
    InProgress,
    /// Everything is handed in.
    Submitted,
    /// A human looks at it.
    InReview,
    /// Decided: yes.
    Approved,
    /// Decided: no.
    Rejected {
        /// Whether a new try may end differently.
        retryable: bool,
    },
    /// Ran out of time.
    Expired,
    /// Called off.
    Cancelled,
    /// A word we do not know: keep the state, tell the operator.
    Unknown,
}

/// How a check stands, read back from the service.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The service's id.
    pub reference: String,
    /// Our reference at the service, `org…:attempt`, to compare with what we keep.
    pub our_reference: String,
    /// How it stands.
    pub state: State,
    /// How far the person got: 1 the document, 2 the face, 3 handed in; 0 when unknown.
    pub step: u8,
    /// Why not.
    pub reasons: Vec<String>,
    /// `passport`, `identity_card`, `drivers_license`, `residence_permit`, `visa`, `my_number_card`.
    pub document_type: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub issuing_country: Option<String>,
    /// What tells documents apart; keep only its keyed HMAC.
    pub document_number: Option<Secret<String>>,
    /// As of when; older snapshots never overwrite newer ones.
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
    /// A fresh link, which cures "session expired" and costs no try.
    fn reissue_link<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Link, ProviderError>>;
    /// How the check stands.
    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Snapshot, ProviderError>>;
    /// Looks a check up by our reference, when the answer to `start` was lost.
    fn find<'a>(&'a self, our_reference: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, ProviderError>>;
    /// Calls a check off.
    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Asks the service to erase its copy; done when a later snapshot says `redacted`.
    fn redact<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// How the last call went.
    fn health(&self) -> Health;
    /// Verifies a delivery's signature and says what it is about; it carries no state. A genuine delivery that is not
    /// for this configuration, as one of the service's test mode, is about nothing.
    ///
    /// # Errors
    /// When the signature is not by an active secret, or not recent.
    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError>;
}

/// Why a check said no, in words of no vendor. Pages have a sentence for each.
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

/// Those of [`REASONS`] that a service gives by itself: no person who looks at pictures declines for them.
pub const SERVICES_REASONS: [&str; 3] = ["consent_declined", "abandoned", "provider_error"];

/// Our reference for an attempt at a service: never an address, never a name.
#[must_use]
pub fn our_reference(organization: &str, attempt: &str) -> String {
    format!("{organization}:{attempt}")
}

/// What a client of Persona needs to know.
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
    /// Whether `completed` already decides; by default only `approved` does.
    pub completed_approves: bool,
}
