//! Sets of public keys, and checking signatures with them.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keystead_core::workload_identity::Algorithm;
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm as Named};
use serde_json::{Map, Value, json};

/// Keys that a customer may give.
const MOST_UPLOADED: usize = 20;
/// Keys that are read from an issuer.
const MOST_FETCHED: usize = 100;
/// Bits of the modulus of RSA keys. Shorter ones are weak, and checking a signature with longer ones takes long.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;
/// Bits of the exponent of RSA keys; 65537 has 17.
const EXPONENT_BITS: std::ops::RangeInclusive<usize> = 2..=32;
/// The longest id of a key.
const LONGEST_ID: usize = 500;
/// Members of private and of symmetric keys.
const SECRETS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The kind of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
}

/// A public key with the id by which tokens name it.
#[derive(Debug, Clone)]
struct PublicKey {
    id: String,
    kind: Kind,
    /// The only algorithm it is for, if it says so.
    algorithm: Option<Algorithm>,
    key: CoreJsonWebKey,
}

/// The keys of an issuer that can be used.
#[derive(Debug, Clone, Default)]
pub struct KeySet(Vec<PublicKey>);

/// What is wrong with a set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetFault {
    /// It is not an object with an array `keys`.
    #[error("the key set must be a JSON Web Key Set: an object with an array 'keys'")]
    Form,
    /// Two keys have the same id.
    #[error("the key set must have a different 'kid' for each key")]
    Repeated,
    /// It has no key, or more than twenty.
    #[error("the key set must have 1 to {MOST_UPLOADED} keys")]
    Number,
    /// It contains a secret, which must not be sent here.
    #[error("the key set must have public keys only; the private part of a key must stay with its owner")]
    Private,
    /// A key cannot be used.
    #[error(
        "each key of the key set must have a 'kid' and be an RSA key of 2048 to 4096 bits, or an EC key on P-256 or P-384, for signatures"
    )]
    Unusable,
}

impl KeySet {
    /// Reads the keys that an issuer publishes. Keys that cannot be used are left out, and so are further keys of one id and
    /// kind: each of them would be tried on a signature.
    ///
    /// # Errors
    /// When none can be used.
    pub fn fetched(document: &Value) -> Result<Self, KeySetFault> {
        let keys = document.get("keys").and_then(Value::as_array).ok_or(KeySetFault::Form)?;
        let mut all: Vec<PublicKey> = Vec::new();
        for key in keys.iter().take(MOST_FETCHED).filter_map(usable) {
            if !all.iter().any(|other| other.id == key.id && other.kind == key.kind) {
                all.push(key);
            }
        }
        if all.is_empty() { Err(KeySetFault::Unusable) } else { Ok(Self(all)) }
    }

    /// Reads the keys that a customer gave, all of which must be usable.
    ///
    /// # Errors
    /// The fault.
    pub fn uploaded(jwks: &Map<String, Value>) -> Result<Self, KeySetFault> {
        let keys = jwks.get("keys").and_then(Value::as_array).ok_or(KeySetFault::Form)?;
        if !(1..=MOST_UPLOADED).contains(&keys.len()) {
            return Err(KeySetFault::Number);
        }
        if keys.iter().any(|key| SECRETS.iter().any(|secret| key.get(secret).is_some())) {
            return Err(KeySetFault::Private);
        }
        let all: Vec<PublicKey> = keys.iter().map(usable).collect::<Option<_>>().ok_or(KeySetFault::Unusable)?;
        let ids: BTreeSet<&str> = all.iter().map(|key| key.id.as_str()).collect();
        if ids.len() < all.len() { Err(KeySetFault::Repeated) } else { Ok(Self(all)) }
    }

    /// The ids of the keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// Whether a key has this id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.ids().any(|known| known == id)
    }

    /// Whether a key with this id made this signature, with this algorithm.
    #[must_use]
    pub fn verify(&self, id: &str, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let named = named(algorithm);
        let fits = |key: &&PublicKey| key.id == id && key.algorithm.is_none_or(|only| only == algorithm);
        self.0.iter().filter(fits).any(|key| key.key.verify_signature(&named, message, signature).is_ok())
    }
}

const fn named(algorithm: Algorithm) -> Named {
    match algorithm {
        Algorithm::Rs256 => Named::RsaSsaPkcs1V15Sha256,
        Algorithm::Rs384 => Named::RsaSsaPkcs1V15Sha384,
        Algorithm::Rs512 => Named::RsaSsaPkcs1V15Sha512,
        Algorithm::Ps256 => Named::RsaSsaPssSha256,
        Algorithm::Ps384 => Named::RsaSsaPssSha384,
        Algorithm::Ps512 => Named::RsaSsaPssSha512,
        Algorithm::Es256 => Named::EcdsaP256Sha256,
        Algorithm::Es384 => Named::EcdsaP384Sha384,
    }
}

/// Reads one public key; `None` when it cannot be used for signatures of tokens.
fn usable(key: &Value) -> Option<PublicKey> {
    let text = |name: &str| key.get(name).map(Value::as_str);
    let id = text("kid").flatten().filter(|id| (1..=LONGEST_ID).contains(&id.len()))?;
    if text("use").is_some_and(|purpose| purpose != Some("sig")) {
        return None;
    }
    let algorithm = match text("alg") {
        None => None,
        Some(name) => Some(name.and_then(Algorithm::from_name)?),
    };
    let member = |name: &str| text(name).flatten();
    // Only what is needed is passed on, so that nothing else in the key has an effect.
    let (kind, plain) = match member("kty")? {
        "RSA" => {
            let (modulus, exponent) = (member("n")?, member("e")?);
            if !RSA_BITS.contains(&odd_bits(modulus)?) || !EXPONENT_BITS.contains(&odd_bits(exponent)?) {
                return None;
            }
            (Kind::Rsa, json!({ "kty": "RSA", "use": "sig", "kid": id, "n": modulus, "e": exponent }))
        }
        "EC" => {
            let curve = member("crv")?;
            let kind = match curve {
                "P-256" => Kind::P256,
                "P-384" => Kind::P384,
                _ => return None,
            };
            let (x, y) = (member("x")?, member("y")?);
            (kind, json!({ "kty": "EC", "use": "sig", "kid": id, "crv": curve, "x": x, "y": y }))
        }
        _ => return None,
    };
    Some(PublicKey { id: id.to_owned(), kind, algorithm, key: serde_json::from_value(plain).ok()? })
}

/// The number of bits of an odd number in base64url; `None` for any other text.
fn odd_bits(text: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    let leading = bytes[first].leading_zeros() as usize;
    let odd = bytes.last().is_some_and(|byte| byte % 2 == 1);
    odd.then(|| (bytes.len() - first) * 8 - leading)
}
