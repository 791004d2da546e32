//! Personal data at rest: sealed so that the database alone reveals nothing, and matched by fingerprints instead of
//! clear text.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use keystead_core::secret::Secret;
use rand::RngCore;
use sha2::Sha256;

use crate::Error;

/// The first byte that [`Sealer::seal`] writes, so that the method of sealing can change later.
const FIRST_WAY: u8 = 1;
const NONCE: usize = 12;

/// Seals, opens and fingerprints values. Both keys are kept outside the database.
#[derive(Debug, Clone)]
pub struct Sealer {
    sealing: Secret<[u8; 32]>,
    matching: Secret<[u8; 32]>,
}

impl Sealer {
    /// Builds a sealer from the installation's two keys.
    #[must_use]
    pub const fn new(sealing: Secret<[u8; 32]>, matching: Secret<[u8; 32]>) -> Self {
        Self { sealing, matching }
    }

    /// Seals under AES-256-GCM. `context` names row and column, so that a value moved to another place does not open.
    #[must_use]
    pub fn seal(&self, rng: &mut (impl RngCore + ?Sized), context: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        self.seal_with(nonce, context, plain)
    }

    /// Seals so that the same value always gives the same bytes: the nonce is a keyed fingerprint of context and value.
    /// Only for values that need not be told from their repetition, such as the id in an address.
    #[must_use]
    pub fn seal_repeatably(&self, context: &str, plain: &str) -> Vec<u8> {
        let fingerprint = self.fingerprint(&format!("nonce:{context}"), plain);
        let mut nonce = [0; NONCE];
        nonce.iter_mut().zip(fingerprint).for_each(|(to, from)| *to = from);
        self.seal_with(nonce, context, plain.as_bytes())
    }

    fn seal_with(&self, nonce: [u8; NONCE], context: &str, plain: &[u8]) -> Vec<u8> {
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        // GCM accepts every length below 64 GiB; an empty result would not open, so it cannot pass for the value.
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).unwrap_or_default();
        [&[FIRST_WAY][..], &nonce, &sealed].concat()
    }

    /// Opens a value that [`Sealer::seal`] made for the same context.
    ///
    /// # Errors
    /// When the bytes were changed, moved, or sealed under another key.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, Error> {
        let broken = || Error::Internal(format!("a sealed value of {} does not open", column(context)));
        let (head, text) = sealed.split_at_checked(1 + NONCE).ok_or_else(broken)?;
        let nonce: [u8; NONCE] = head[1..].try_into().map_err(|_| broken())?;
        if head[0] != FIRST_WAY {
            return Err(broken());
        }
        let payload = Payload { msg: text, aad: context.as_bytes() };
        self.cipher().decrypt(&Nonce::from(nonce), payload).map(Secret::new).map_err(|_| broken())
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// Those of [`Sealer::open`].
    pub fn open_text(&self, context: &str, sealed: &[u8]) -> Result<Secret<String>, Error> {
        let bytes = self.open(context, sealed)?;
        let text = String::from_utf8(bytes.expose().clone());
        text.map(Secret::new).map_err(|_| Error::Internal(format!("a sealed value of {} is not text", column(context))))
    }

    /// Returns a keyed fingerprint: equal for the same value and purpose, and useless without the key.
    #[must_use]
    pub fn fingerprint(&self, purpose: &str, value: &str) -> Vec<u8> {
        // HMAC accepts any key length, so the error cannot happen; an empty fingerprint matches no row.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.matching.expose()) else { return Vec::new() };
        mac.update(&(purpose.len() as u64).to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.sealing.expose().into())
    }
}

/// The part of a context that names a column; the rest names a row and must not appear in a log.
fn column(context: &str) -> &str {
    context.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(Secret::new([byte; 32]), Secret::new([byte ^ 1; 32]))
    }

    #[test]
    fn opens_only_where_it_was_sealed() {
        let mut rng = rand_chacha::ChaCha12Rng::from_seed([1; 32]);
        let sealed = sealer(7).seal(&mut rng, "phone.number:phv_1", b"+48512345678");
        let open = |sealer: Sealer, context, bytes: &[u8]| sealer.open(context, bytes).map(|s| s.expose().clone());
        assert_eq!(open(sealer(7), "phone.number:phv_1", &sealed).unwrap_or_default(), b"+48512345678");
        assert!(open(sealer(7), "phone.number:phv_2", &sealed).is_err(), "moved to another row");
        assert!(open(sealer(8), "phone.number:phv_1", &sealed).is_err(), "another key");
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(open(sealer(7), "phone.number:phv_1", &bent).is_err(), "byte {at}");
            assert!(open(sealer(7), "phone.number:phv_1", &sealed[..at]).is_err(), "cut at {at}");
        }
        assert!(!sealed.windows(5).any(|w| w == b"48512"));
    }

    #[test]
    fn repeatable_seals_are_equal_for_equal_values_only() {
        let seal = |plain| sealer(7).seal_repeatably("a.b", plain);
        assert_eq!(seal("orgv_1"), seal("orgv_1"));
        assert_ne!(seal("orgv_1")[1..=NONCE], seal("orgv_2")[1..=NONCE], "another nonce");
        assert_eq!(sealer(7).open("a.b", &seal("orgv_1")).unwrap().expose(), b"orgv_1");
        assert!(sealer(7).open("a.c", &seal("orgv_1")).is_err());
    }

    #[test]
    fn prints_tell_purposes_apart() {
        let fingerprint = |purpose, value| sealer(7).fingerprint(purpose, value);
        assert_eq!(fingerprint("phone", "+48"), fingerprint("phone", "+48"));
        assert_ne!(fingerprint("phone", "+48"), fingerprint("document", "+48"));
        assert_ne!(fingerprint("a", "bc"), fingerprint("ab", "c"));
        assert_ne!(fingerprint("phone", "+48"), sealer(9).fingerprint("phone", "+48"));
    }
}
