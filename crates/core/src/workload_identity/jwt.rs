//! Taking a JSON Web Token apart, before anything in it is believed (RFC 7515, RFC 8725).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::unique_json;

/// The most bytes of a token.
pub const LONGEST_TOKEN: usize = 16 * 1024;
/// The most bytes of the id of a key.
const LONGEST_KEY_ID: usize = 500;

/// A signature with a key pair of the issuer. A shared secret and no signature at all have no name here, so that a token
/// cannot ask for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA with PKCS #1 v1.5 and SHA-256.
    Rs256,
    /// RSA with PKCS #1 v1.5 and SHA-384.
    Rs384,
    /// RSA with PKCS #1 v1.5 and SHA-512.
    Rs512,
    /// RSA with PSS and SHA-256.
    Ps256,
    /// RSA with PSS and SHA-384.
    Ps384,
    /// RSA with PSS and SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 8] =
        [Self::Rs256, Self::Rs384, Self::Rs512, Self::Ps256, Self::Ps384, Self::Ps512, Self::Es256, Self::Es384];

    /// The name in tokens and keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
        }
    }

    /// Parses the name, which has one spelling.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// A token in its parts. Its signature is not checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectToken<'t> {
    /// How it says that it is signed.
    pub algorithm: Algorithm,
    /// The key that it says it is signed with; only ever compared with the ids of known keys.
    pub key_id: String,
    /// Its claims.
    pub claims: Map<String, Value>,
    /// What is signed.
    pub message: &'t str,
    /// The signature.
    pub signature: Vec<u8>,
}

/// Shows nothing from which the token could be put together.
impl fmt::Debug for SubjectToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubjectToken").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Why a text is not a token that can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is longer than [`LONGEST_TOKEN`].
    #[error("it has more than {LONGEST_TOKEN} bytes")]
    TooLong,
    /// It is not three parts in base64url whose first two are JSON objects without repeated members.
    #[error("it is not a signed JSON Web Token")]
    Form,
    /// It names no algorithm of [`Algorithm`].
    #[error("it must be signed with RS256, ES256 or another algorithm with a key pair")]
    Algorithm,
    /// It names no key.
    #[error("its header names no key ('kid')")]
    KeyId,
    /// Its header asks for something that is not known, or says that it is another kind of token.
    #[error("its header asks for what is not supported")]
    Header,
}

impl<'t> SubjectToken<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// The fault.
    pub fn parse(text: &'t str) -> Result<Self, TokenFault> {
        if text.len() > LONGEST_TOKEN {
            return Err(TokenFault::TooLong);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(TokenFault::Form)?;
        let (header, claims) = message.split_once('.').ok_or(TokenFault::Form)?;
        let header = object(header)?;
        let text_of = |name: &str| header.get(name).and_then(Value::as_str);
        let algorithm = text_of("alg").and_then(Algorithm::from_name).ok_or(TokenFault::Algorithm)?;
        let key_id = text_of("kid").filter(|id| (1..=LONGEST_KEY_ID).contains(&id.len())).ok_or(TokenFault::KeyId)?;
        // Extensions that must be understood are not, and tokens for other purposes say so in their type.
        let kind = match header.get("typ") {
            None => true,
            Some(Value::String(kind)) => ["jwt", "jose", "at+jwt"].contains(&kind.to_ascii_lowercase().as_str()),
            Some(_) => false,
        };
        if header.contains_key("crit") || header.contains_key("zip") || !kind {
            return Err(TokenFault::Header);
        }
        let signature = decode(signature).filter(|bytes| !bytes.is_empty()).ok_or(TokenFault::Form)?;
        Ok(Self { algorithm, key_id: key_id.to_owned(), claims: object(claims)?, message, signature })
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

fn object(part: &str) -> Result<Map<String, Value>, TokenFault> {
    let bytes = decode(part).ok_or(TokenFault::Form)?;
    match unique_json::read(&bytes) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(TokenFault::Form),
    }
}
