//! The format of API keys: prefix, random part, scanner marker and authentication tag.
//!
//! ```text
//! sk-proj-<74 random><S2V5c3Rl><52 random><22 tag>     164 characters in all
//! sk-<20 random><S2V5c3Rl><10 random><10 tag>           51 characters in all (legacy user keys)
//! ```
//!
//! Prefix, alphabet and length are OpenAI's so that client-side checks pass; OpenAI's marker is never minted. The tag
//! is an HMAC under a secret of this installation: an invented key costs two HMACs and no look-up. The tag proves only
//! that this installation minted the text; the store decides whether the key is live.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::id::alphanumeric;
use crate::secret::Secret;

/// The marker in the middle of every key by which secret scanners recognize ours: base64 of "Keyste". Never change it.
pub const MARKER: &str = "S2V5c3Rl";
/// The beginning of every secret.
const BEGINNING: &str = "sk-";

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The four kinds of key. The kind is part of the secret's text and cannot be changed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Bound to one project and its owner, `sk-proj-`.
    Project,
    /// Bound to one project and a service account, `sk-svcacct-`.
    ServiceAccount,
    /// Legacy: reaches every organization and project of its owner, `sk-`.
    User,
    /// For the Administration API of one organization, `sk-admin-`.
    Admin,
}

impl KeyKind {
    /// Every kind, longest prefix first, because the legacy prefix begins all others.
    pub const ALL: [Self; 4] = [Self::ServiceAccount, Self::Admin, Self::Project, Self::User];

    /// The prefix of every secret of this kind.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Project => "sk-proj-",
            Self::ServiceAccount => "sk-svcacct-",
            Self::User => "sk-",
            Self::Admin => "sk-admin-",
        }
    }

    /// The name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::ServiceAccount => "service_account",
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// Parses the name in the store.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Lengths in characters: random part before the marker, random part after it, tag.
    const fn layout(self) -> (usize, usize, usize) {
        match self {
            Self::User => (20, 10, 10),
            _ => (74, 52, 22),
        }
    }

    /// The length of every secret of this kind, in characters.
    #[must_use]
    pub const fn length(self) -> usize {
        let (before, after, tag) = self.layout();
        self.prefix().len() + before + MARKER.len() + after + tag
    }
}

/// The server secret that tags keys, and the secrets it replaced, which still verify old keys.
#[derive(Debug, Clone)]
pub struct TagKeys {
    current: Secret<[u8; 32]>,
    previous: Vec<Secret<[u8; 32]>>,
}

impl TagKeys {
    /// Tags new keys with `current`; keys tagged with any of `previous` are still accepted.
    #[must_use]
    pub const fn new(current: Secret<[u8; 32]>, previous: Vec<Secret<[u8; 32]>>) -> Self {
        Self { current, previous }
    }
}

/// The secret under which keys are digested; kept outside the database. It is kept as the state of the MAC after
/// absorbing the key, which saves a third of the work of each digest, and is wiped when dropped.
#[derive(Clone)]
pub struct Pepper(Hmac<Sha256>);

impl Pepper {
    /// Wraps the pepper.
    #[must_use]
    pub fn new(value: Secret<[u8; 32]>) -> Self {
        Self(hmac_with_key(value.expose()))
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The digest under which the store keeps a key: HMAC-SHA-256 of the whole secret under the pepper.
///
/// It is compared completely and in constant time, so that an attacker learns nothing from equal first bytes.
#[derive(Clone, Copy, Eq)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// Wraps a digest from the store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes for the store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for KeyDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl std::hash::Hash for KeyDigest {
    /// Uses the first eight bytes: a keyed digest is uniform already, so no further mixing is needed.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let mut head = [0; 8];
        head.copy_from_slice(&self.0[..8]);
        state.write_u64(u64::from_le_bytes(head));
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest")
    }
}

/// A secret with a valid shape and tag. It may still be revoked, expired or deleted.
#[derive(Debug, Clone)]
pub struct ApiKey {
    kind: KeyKind,
    secret: Secret<String>,
}

const ALPHANUMERICS: u8 = 1;
/// `-` and `_`.
const MARKS: u8 = 2;

/// The class of each byte.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            classes[byte as usize] = ALPHANUMERICS;
        } else if matches!(byte, b'-' | b'_') {
            classes[byte as usize] = MARKS;
        }
        byte += 1;
    }
    classes
};

/// Text with the shape of a key, borrowed from the request; it is not yet known whether this installation minted it.
#[derive(Clone, Copy)]
pub struct KeyCandidate<'t> {
    kind: KeyKind,
    text: &'t str,
}

impl<'t> KeyCandidate<'t> {
    /// Checks prefix, length, alphabet and marker. Costs almost nothing for any text.
    ///
    /// # Errors
    /// [`Malformed::Shape`].
    pub fn of(text: &'t str) -> Result<Self, Malformed> {
        let kind = KeyKind::ALL
            .into_iter()
            .find(|kind| text.len() == kind.length() && text.starts_with(kind.prefix()))
            .ok_or(Malformed::Shape)?;
        let allowed = if kind == KeyKind::User { ALPHANUMERICS } else { ALPHANUMERICS | MARKS };
        let marker_at = kind.prefix().len() + kind.layout().0;
        let body = text.as_bytes();
        let shape = body[kind.prefix().len()..].iter().all(|byte| CLASSES[usize::from(*byte)] & allowed != 0)
            && &body[marker_at..marker_at + MARKER.len()] == MARKER.as_bytes();
        if shape { Ok(Self { kind, text }) } else { Err(Malformed::Shape) }
    }

    /// Every part of a text that has the form of a key, in the order of the text. Any character may be directly before
    /// and after it.
    pub fn all_in(text: &'t str) -> impl Iterator<Item = Self> {
        text.match_indices(BEGINNING).flat_map(move |(at, _)| {
            let part = move |kind: KeyKind| text.get(at..at.checked_add(kind.length())?);
            KeyKind::ALL.into_iter().filter_map(part).filter_map(|part| Self::of(part).ok())
        })
    }

    /// Checks the tag, in constant time.
    ///
    /// # Errors
    /// [`Malformed::Tag`].
    pub fn verify_tag(self, tags: &TagKeys) -> Result<KeyKind, Malformed> {
        let (_, _, length) = self.kind.layout();
        let (signed, tag) = self.text.as_bytes().split_at(self.text.len() - length);
        let matches =
            |key: &Secret<[u8; 32]>| bool::from(tag_text(key, self.kind, signed, length).as_bytes().ct_eq(tag));
        let ours = matches(&tags.current) || tags.previous.iter().any(matches);
        if ours { Ok(self.kind) } else { Err(Malformed::Tag) }
    }

    /// Computes the digest under which the store would keep it.
    #[must_use]
    pub fn digest(self, pepper: &Pepper) -> KeyDigest {
        digest(self.text, pepper)
    }
}

impl fmt::Debug for KeyCandidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCandidate").field("kind", &self.kind).finish_non_exhaustive()
    }
}

fn digest(text: &str, pepper: &Pepper) -> KeyDigest {
    KeyDigest(pepper.0.clone().chain_update(text).finalize().into_bytes().into())
}

/// Text that is not a key of this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Prefix, length, alphabet or marker is wrong.
    #[error("not the shape of a key")]
    Shape,
    /// The shape is right and the tag is wrong: mistyped, or minted by another installation.
    #[error("the key's tag does not match")]
    Tag,
}

impl ApiKey {
    /// Mints a key with at least 178 random bits and a tag.
    pub fn mint(kind: KeyKind, tags: &TagKeys, rng: &mut impl Rng) -> Self {
        let (before, after, tag_length) = kind.layout();
        let draw = |rng: &mut _, n| {
            if kind == KeyKind::User { alphanumeric(rng, n) } else { url_safe(rng, n) }
        };
        let mut text = String::with_capacity(kind.length());
        text.push_str(kind.prefix());
        text.push_str(&draw(rng, before));
        text.push_str(MARKER);
        text.push_str(&draw(rng, after));
        let tag = tag_text(&tags.current, kind, text.as_bytes(), tag_length);
        text.push_str(&tag);
        Self { kind, secret: Secret::new(text) }
    }

    /// Checks shape, then tag (constant time), without any look-up.
    ///
    /// # Errors
    /// [`Malformed`] when the text is not a key of this installation.
    pub fn parse(text: &str, tags: &TagKeys) -> Result<Self, Malformed> {
        let kind = KeyCandidate::of(text)?.verify_tag(tags)?;
        Ok(Self { kind, secret: Secret::new(text.to_owned()) })
    }

    /// The kind of key.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The whole secret, to be shown once.
    #[must_use]
    pub const fn secret(&self) -> &Secret<String> {
        &self.secret
    }

    /// Computes the digest under which the store keeps the key.
    #[must_use]
    pub fn digest(&self, pepper: &Pepper) -> KeyDigest {
        digest(self.secret.expose(), pepper)
    }

    /// The redacted form for lists: prefix and three characters, three dots, last four.
    #[must_use]
    pub fn redacted(&self) -> String {
        let text = self.secret.expose();
        format!("{}...{}", &text[..self.kind.prefix().len() + 3], &text[text.len() - 4..])
    }
}

fn url_safe(rng: &mut impl Rng, length: usize) -> String {
    (0..length).map(|_| char::from(URL_SAFE[rng.random_range(0..URL_SAFE.len())])).collect()
}

/// Computes the tag as text: 132 bits for the long kinds, 59 for the legacy kind, which is too short for more.
fn tag_text(key: &Secret<[u8; 32]>, kind: KeyKind, signed: &[u8], length: usize) -> String {
    let alphabet: &[u8] = if kind == KeyKind::User { ALPHANUMERIC } else { URL_SAFE };
    let mac = hmac(key.expose(), &[b"keystead key tag 1\0", signed]);
    mac.iter().take(length).map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
}

/// HMAC-SHA-256 over the parts in order.
pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(hmac_with_key(key), Mac::chain_update).finalize().into_bytes().into()
}

fn hmac_with_key(key: &[u8; 32]) -> Hmac<Sha256> {
    match Hmac::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC accepts keys of any length"),
    }
}

#[cfg(test)]
mod tests;
