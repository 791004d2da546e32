//! Sets of public keys, and checking signatures with them.

use keystead_core::workload_identity::Algorithm;
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm as Named};
use serde_json::{Map, Value, json};

/// Keys that a customer may give.
const MOST_UPLOADED: usize = 20;
/// Keys that are read from an issuer.
const MOST_FETCHED: usize = 100;
/// Lengths in JSON of the modulus of RSA keys of 2048 and of 8192 bits; others are not used.
const MODULUS: std::ops::RangeInclusive<usize> = 342..=1_366;
/// The longest exponent of an RSA key in JSON: 48 bits.
const LONGEST_EXPONENT: usize = 8;
/// The longest id of a key.
const LONGEST_ID: usize = 500;
/// Members of private and of symmetric keys.
const SECRETS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key with the id by which tokens name it.
#[derive(Debug, Clone)]
struct PublicKey {
    id: String,
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
    #[error("must be a JSON Web Key Set: an object with an array 'keys'")]
    Form,
    /// It has no key, or more than twenty.
    #[error("must have 1 to {MOST_UPLOADED} keys")]
    Number,
    /// It contains a secret, which nobody may send here.
    #[error("must have public keys only; the private part of a key must stay with its owner")]
    Private,
    /// A key cannot be used.
    #[error(
        "each key must have a 'kid' and be an RSA key of at least 2048 bits, or an EC key on P-256 or P-384, for signatures"
    )]
    Unusable,
}

impl KeySet {
    /// Reads the keys that an issuer publishes. Keys that cannot be used are left out.
    ///
    /// # Errors
    /// When none can be used.
    pub fn fetched(document: &Value) -> Result<Self, KeySetFault> {
        let keys = document.get("keys").and_then(Value::as_array).ok_or(KeySetFault::Form)?;
        let usable: Vec<_> = keys.iter().take(MOST_FETCHED).filter_map(usable).collect();
        if usable.is_empty() { Err(KeySetFault::Unusable) } else { Ok(Self(usable)) }
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
        keys.iter().map(usable).collect::<Option<_>>().map(Self).ok_or(KeySetFault::Unusable)
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
    let plain = match member("kty")? {
        "RSA" => {
            let modulus = member("n").filter(|modulus| MODULUS.contains(&modulus.len()))?;
            let exponent = member("e").filter(|exponent| exponent.len() <= LONGEST_EXPONENT)?;
            json!({ "kty": "RSA", "use": "sig", "kid": id, "n": modulus, "e": exponent })
        }
        "EC" => {
            let curve = member("crv").filter(|curve| matches!(*curve, "P-256" | "P-384"))?;
            json!({ "kty": "EC", "use": "sig", "kid": id, "crv": curve, "x": member("x")?, "y": member("y")? })
        }
        _ => return None,
    };
    Some(PublicKey { id: id.to_owned(), algorithm, key: serde_json::from_value(plain).ok()? })
}
