//! One signature verifier for all vendors (verification.md 0, decision 3; 1.6, 3.3).

use keystead_core::time::Timestamp;

/// The headers of a delivery, by lower-case name.
pub type Headers<'a> = &'a http::HeaderMap;

/// What a delivery is about. It carries no state: state is read back from the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The service's id of the event; the same for a repeated delivery.
    pub event_id: String,
    /// The service's name of the event.
    pub name: String,
    /// What the event is about: an inquiry, a set-up, a customer.
    pub reference: String,
    /// When it happened there.
    pub occurred_at: Timestamp,
}

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No signature header, or none that can be read.
    #[error("no signature")]
    Missing,
    /// Signed more than five minutes ago or ahead.
    #[error("too old or too new")]
    Stale,
    /// No active secret signed these bytes.
    #[error("signed by nobody we know")]
    Wrong,
    /// Signed, but not what this service sends.
    #[error("unreadable body")]
    Unreadable,
}
