//! Typed ids in the form that clients of the OpenAI platform know.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rand::Rng;
use serde::{Deserialize, Serialize, Serializer};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The error for text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind} id")]
pub struct InvalidId {
    /// The expected prefix, for the message.
    pub kind: &'static str,
}

/// Draws `length` characters uniformly from the 62 alphanumerics (5.95 bits each).
pub(crate) fn alphanumeric(rng: &mut impl Rng, length: usize) -> String {
    (0..length).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $length:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The prefix of every id of this kind.
            pub const PREFIX: &'static str = $prefix;

            /// Draws a new id. Ids are names, not secrets: knowing one gives no access.
            pub fn generate(rng: &mut impl Rng) -> Self {
                Self(format!("{}{}", $prefix, alphanumeric(rng, $length)).into())
            }

            /// The id as text, on the wire and in the store.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same, shared.
            #[must_use]
            pub fn text(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { kind: $prefix };
                let rest = text.strip_prefix($prefix).ok_or_else(|| invalid.clone())?;
                // Lengths other than ours are accepted: imported ids and samples differ in length.
                if rest.is_empty() || rest.len() > 64 || !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                    return Err(invalid);
                }
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(/// An organization: who pays and who is verified.
    OrganizationId, "org-", 24);
id!(/// A project inside an organization.
    ProjectId, "proj_", 24);
id!(/// A person with an account.
    UserId, "user-", 24);
id!(/// A bot that belongs to one project.
    ServiceAccountId, "svc_acct_", 24);
id!(/// An API key of any kind; never its secret.
    KeyId, "key_", 24);
id!(/// A person's membership in an organization.
    MembershipId, "mem_", 24);
id!(/// A row of the audit chain.
    AuditEventId, "audit_log-", 24);
id!(/// A row of the job queue or the outbox.
    JobId, "job_", 24);
id!(/// A group of an organization's members.
    GroupId, "group_", 24);
id!(/// A custom role.
    RoleId, "role-", 24);
id!(/// An invitation to an organization.
    InviteId, "invite-", 24);
id!(/// Pictures that are kept beyond their time because the law asks for it.
    LegalHoldId, "hold_", 24);
id!(/// One look of a reviewer at one picture.
    EvidenceViewId, "view_", 24);
id!(/// One verification of one phone number.
    PhoneVerificationId, "phv_", 24);
id!(/// A request to lift the phone requirement.
    WaiverRequestId, "wvr_", 24);
id!(/// One set-up of a payment method.
    PaymentSetupId, "pms_", 24);
id!(/// A payment method on file.
    PaymentMethodId, "pm_", 24);
id!(/// One attempt to verify an organization.
    VerificationAttemptId, "orgv_", 24);
id!(/// A case that people decide.
    ReviewCaseId, "case_", 24);
id!(/// One browser that is signed in; it gives no access.
    SessionId, "sess_", 24);
id!(/// What the built-in reviewer collects for one attempt.
    CaptureId, "cap_", 24);
id!(/// A consent to an attempt.
    ConsentId, "cons_", 24);
id!(/// Proof that something was erased.
    ErasureReceiptId, "ers_", 24);
id!(/// A list of addresses from which the API may be called.
    IpAllowlistId, "ip_allowlist_", 24);
id!(/// A certificate that an organization uploaded, to trust clients by it.
    CertificateId, "cert_", 24);
id!(/// An issuer that vouches for workloads.
    WorkloadIdentityProviderId, "wip_", 24);
id!(/// A rule that lets workloads act as a service account.
    FederationRuleId, "wifr_", 24);
id!(/// A registered key in a customer's cloud account.
    ExternalKeyId, "extkey_", 24);
id!(/// A registered bucket in a customer's cloud account.
    ExternalStorageId, "extstore_", 24);
id!(/// An alert about what an organization or a project has spent.
    SpendAlertId, "alert_", 24);
id!(/// A price of a model from a moment on.
    PriceId, "price_", 24);
id!(/// A purchase of credit.
    PurchaseId, "pur_", 24);
id!(/// Money of a purchase that goes back.
    ReversalId, "rev_", 24);
id!(/// Credit that came at once, by a purchase, a grant or a correction.
    CreditLotId, "credit_", 24);
id!(/// A transaction of the ledger of credit.
    LedgerTransactionId, "ltxn_", 24);
id!(/// A budget.
    BudgetId, "budget_", 24);
id!(/// An address of an organization to which events are sent.
    WebhookEndpointId, "webhook_", 24);
id!(/// Something that happened and is sent to endpoints; each delivery of it names the event.
    WebhookEventId, "evt_", 24);
id!(/// One event for one endpoint.
    WebhookDeliveryId, "delivery_", 24);
id!(/// An alert about a budget.
    BudgetAlertId, "budgetalert_", 24);

impl CaptureId {
    /// The id of the one capture of an attempt.
    #[must_use]
    pub fn of(attempt: &VerificationAttemptId) -> Self {
        Self(format!("cap_{}", attempt.as_str().trim_start_matches("orgv_")).into())
    }
}

impl ConsentId {
    /// The id of the one consent to an attempt.
    #[must_use]
    pub fn of(attempt: &VerificationAttemptId) -> Self {
        Self(format!("cons_{}", attempt.as_str().trim_start_matches("orgv_")).into())
    }
}

impl BudgetId {
    /// The id of the prepaid credit of an organization.
    #[must_use]
    pub fn of_credit(organization: &OrganizationId) -> Self {
        Self(format!("budget_{}", organization.as_str().trim_start_matches("org-")).into())
    }
}

impl ReversalId {
    /// The id of the refund under a caller's idempotency key, of which this is the digest in hexadecimal digits.
    #[must_use]
    pub fn of_key(digest: &str) -> Self {
        Self(format!("rev_{}", digest.get(..32).unwrap_or(digest)).into())
    }
}

impl ErasureReceiptId {
    /// The id of the one receipt for the pictures of a case.
    #[must_use]
    pub fn of_case(case: &ReviewCaseId) -> Self {
        Self(format!("ers_{case}").into())
    }

    /// The id of the one receipt for the service's copy of an attempt.
    #[must_use]
    pub fn of_attempt(attempt: &VerificationAttemptId) -> Self {
        Self(format!("ers_{attempt}").into())
    }
}

/// Who acted, as a row names them: the id of a person or of a key, or the name of an operator on the command line, of a
/// service or of the clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(Arc<str>);

impl ActorId {
    /// The id as text, on the wire and in the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ActorId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for ActorId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Serialize for ActorId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of one request, `req_` and 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Draws a new request id.
    pub fn generate(rng: &mut impl Rng) -> Self {
        let mut text = *b"req_................................";
        let _ = base16ct::lower::encode(&rng.random::<u128>().to_be_bytes(), &mut text[4..]);
        Self(std::str::from_utf8(&text).unwrap_or_default().into())
    }

    /// The id as text, as in the response header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, shared.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyId {
    const PLAYGROUND: &str = "key_playground_";

    /// The id under which a person's usage of the playground is counted. No key has it.
    #[must_use]
    pub fn of_playground(person: &UserId) -> Self {
        let person = person.as_str().trim_start_matches("user-");
        // An id that was imported may be as long as an id can be.
        let end = &person[person.len().saturating_sub(50)..];
        Self(format!("{}{end}", Self::PLAYGROUND).into())
    }

    /// Whether this is such an id.
    #[must_use]
    pub fn is_playground(id: &str) -> bool {
        id.starts_with(Self::PLAYGROUND)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn round_trip_and_foreign_prefix() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let id = OrganizationId::generate(&mut rng);
        assert_eq!(id.as_str().len(), 28);
        assert_eq!(id.as_str().parse::<OrganizationId>().ok(), Some(id.clone()));
        assert!(id.as_str().parse::<ProjectId>().is_err());
        for bad in ["", "org-", "org-a b", "org-\u{0}", "org-é", "ORG-abc", "org-a/b"] {
            assert!(bad.parse::<OrganizationId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn request_ids_have_the_shape_of_openais() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let id = RequestId::generate(&mut rng);
        assert_eq!(id.as_str().len(), 36);
        assert!(id.as_str().starts_with("req_"));
    }
}
