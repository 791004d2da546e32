//! Secrets of endpoints, and the signatures of deliveries.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;

use crate::secret::Secret;
use crate::time::Timestamp;

/// What the text of every secret begins with.
pub const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a new secret. The specification requires at least 24.
const NEW_BYTES: usize = 32;
/// The fewest and the most bytes of a secret.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The secret that an endpoint and Keystead share.
#[derive(Clone)]
pub struct WebhookSecret(Secret<Vec<u8>>);

impl WebhookSecret {
    /// Draws a new secret. The generator must be cryptographically strong.
    pub fn generate(rng: &mut impl Rng) -> Self {
        let mut bytes = vec![0; NEW_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(Secret::new(bytes))
    }

    /// Reads the text of a secret; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(SECRET_PREFIX)?).ok()?;
        BYTES.contains(&bytes.len()).then(|| Self(Secret::new(bytes)))
    }

    /// The text, `whsec_` and base64, as it is given to libraries that check signatures.
    #[must_use]
    pub fn text(&self) -> Secret<String> {
        Secret::new(format!("{SECRET_PREFIX}{}", STANDARD.encode(self.0.expose())))
    }

    /// Signs a delivery: HMAC-SHA256 over id, time of the attempt and body, with full stops between them. The id has none.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        // HMAC accepts any key length, so the error cannot happen; a signature without a value is refused by receivers.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose()) else { return "v1,".to_owned() };
        mac.update(format!("{id}.{}.", at.0).as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
