//! The issuer's key pair, and signing with it.
//!
//! The private key is derived from a sentence in this file, so anybody can compute it: this is a sandbox, and its
//! tokens prove nothing outside the machine it runs on. Signing draws no randomness either (RFC 6979).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const KEY_ID: &str = "sandbox-1";

#[derive(Debug)]
pub(super) struct Keys(Option<SigningKey>);

impl Default for Keys {
    fn default() -> Self {
        // Nearly every 256 bits are a valid key; for the others the next attempt is used.
        let seed = |turn: u8| Sha256::new().chain_update("the key of Keystead's sandbox issuer").chain_update([turn]);
        Self((0..=u8::MAX).find_map(|turn| SigningKey::from_slice(&seed(turn).finalize()).ok()))
    }
}

impl Keys {
    /// Returns the public key as a JSON Web Key Set.
    pub(super) fn public(&self) -> Value {
        let point = self.0.as_ref().map(|key| key.verifying_key().to_sec1_point(false));
        let key = point.as_ref().and_then(|point| {
            let (x, y) = (URL_SAFE_NO_PAD.encode(point.x()?), URL_SAFE_NO_PAD.encode(point.y()?));
            Some(json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID, "x": x, "y": y }))
        });
        json!({ "keys": key.into_iter().collect::<Vec<_>>() })
    }

    /// Signs claims as a compact JSON Web Token.
    pub(super) fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": KEY_ID });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let signature: Signature = self.0.as_ref()?.sign(message.as_bytes());
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}
