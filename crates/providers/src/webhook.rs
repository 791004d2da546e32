//! One signature verifier for all vendors.

use hmac::{Hmac, KeyInit, Mac};
use keystead_core::hex;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The headers of a delivery, by lower-case name.
pub type Headers<'a> = &'a http::HeaderMap;

/// How far a delivery's time may differ from ours in seconds, in either direction.
const TOLERANCE: i64 = 300;
/// Maximum number of signatures that are checked, more than any vendor sends; more would only waste time.
const MOST_SIGNATURES: usize = 16;

/// What a delivery is about. It contains no state: the state is read from the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The service's id of the event; the same for a repeated delivery.
    pub event_id: String,
    /// The service's name of the event.
    pub name: String,
    /// The object of the event: an inquiry, a set-up, a customer.
    pub reference: String,
    /// When it happened at the service.
    pub occurred_at: Timestamp,
}

/// Why a delivery is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No signature header, or none that can be read.
    #[error("no signature")]
    Missing,
    /// Signed more than five minutes ago or in the future.
    #[error("too old or too new")]
    Stale,
    /// No active secret signed these bytes.
    #[error("not signed with a known secret")]
    Wrong,
    /// Signed, but not in a form that this service sends.
    #[error("unreadable body")]
    Unreadable,
}

/// Verifies `t=…,v1=…` over `t.body`: groups may be separated by spaces while a secret is being replaced (Persona), one
/// group may hold several `v1` (Stripe). Every signature is compared with every secret.
///
/// # Errors
/// When no signature is valid and recent.
pub fn verify_timestamped(
    header: Option<&http::HeaderValue>,
    body: &[u8],
    secrets: &[Secret<String>],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let header = header.and_then(|value| value.to_str().ok()).ok_or(SignatureError::Missing)?;
    let candidates = candidates(header);
    if candidates.is_empty() {
        return Err(SignatureError::Missing);
    }
    let fresh = |at: &i64| now.0.saturating_sub(*at).saturating_abs() <= TOLERANCE;
    if !candidates.iter().any(|(at, _)| fresh(at)) {
        return Err(SignatureError::Stale);
    }
    let mut holds = Choice::from(0);
    for (at, signature) in candidates.iter().filter(|(at, _)| fresh(at)) {
        // Anybody can compute an HMAC with an empty key.
        for secret in secrets.iter().filter(|secret| !secret.expose().trim().is_empty()) {
            // HMAC accepts any key length.
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { continue };
            mac.update(at.to_string().as_bytes());
            mac.update(b".");
            mac.update(body);
            holds |= mac.finalize().into_bytes().as_slice().ct_eq(signature);
        }
    }
    if bool::from(holds) { Ok(()) } else { Err(SignatureError::Wrong) }
}

/// Returns every readable signature with the time of its group.
fn candidates(header: &str) -> Vec<(i64, [u8; 32])> {
    let mut found = Vec::new();
    for group in header.split(' ').filter(|group| !group.is_empty()) {
        let part = |name: &'static str| {
            let named = move |part: &str| part.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
            group.split(',').filter_map(named)
        };
        let Some(at) = part("t").find_map(|text| text.parse::<i64>().ok().filter(|at| at.to_string() == text)) else {
            continue;
        };
        found.extend(part("v1").filter_map(|text| hex::decode_array(&text)).map(|signature| (at, signature)));
        if found.len() > MOST_SIGNATURES {
            found.truncate(MOST_SIGNATURES);
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests;
