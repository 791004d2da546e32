//! Passwords: argon2id, on threads where waiting hurts nobody, at most two at once.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use keystead_core::secret::Secret;
use rand::RngCore;

use crate::{App, Error};

/// OWASP's first choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// Characters (ASVS 6.2.1: eight at least, fifteen recommended; passphrases up to 128 pass whole).
const SHORTEST: usize = 10;
const LONGEST: usize = 128;

/// Passwords that everybody tries first, and words of this product.
const COMMON: &[&str] = &[
    "1234567890",
    "12345678910",
    "0123456789",
    "9876543210",
    "qwertyuiop",
    "qwerty12345",
    "password123",
    "password12",
    "password1234",
    "passw0rd123",
    "iloveyou12",
    "1q2w3e4r5t",
    "1qaz2wsx3edc",
    "abcdefghij",
    "abcdef1234",
    "letmein123",
    "welcome123",
    "welcome1234",
    "administrator",
    "changeme123",
    "keystead123",
    "keysteadkeystead",
    "1111111111",
    "0000000000",
    "aaaaaaaaaa",
    "trustno1trustno1",
    "sunshine123",
    "princess123",
    "football123",
    "baseball123",
    "dragon12345",
    "monkey12345",
    "superman123",
    "qazwsxedcrfv",
    "zaq12wsxcde3",
    "polska1234",
    "haslo12345",
    "haslohaslo",
    "mojehaslo1",
    "sakura1234",
    "nippon1234",
    "password!1",
    "p@ssw0rd12",
    "openai1234",
    "secretsecret",
];

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// Fewer than ten characters.
    TooShort,
    /// More than 128 characters.
    TooLong,
    /// One of those everybody tries first.
    TooCommon,
    /// The address itself.
    IsAddress,
}

impl PasswordRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::TooCommon => "password_too_common",
            Self::IsAddress => "password_is_address",
        }
    }
}

impl From<PasswordRefusal> for Error {
    fn from(refusal: PasswordRefusal) -> Self {
        let message = match refusal {
            PasswordRefusal::TooShort => "The password needs at least 10 characters.",
            PasswordRefusal::TooLong => "The password may have at most 128 characters.",
            PasswordRefusal::TooCommon => "This password is one of the first that anybody tries.",
            PasswordRefusal::IsAddress => "The password must not be the e-mail address.",
        };
        Self::coded("password", refusal.code(), message)
    }
}

/// Whether a password may be chosen. No rules of composition: length and rarity count.
pub(crate) fn acceptable(password: &Secret<String>, email: &str) -> Result<(), PasswordRefusal> {
    let text = password.expose();
    let length = text.chars().count();
    if length < SHORTEST {
        return Err(PasswordRefusal::TooShort);
    }
    if length > LONGEST {
        return Err(PasswordRefusal::TooLong);
    }
    let lower = text.to_lowercase();
    let one_character = text.chars().next().is_some_and(|first| text.chars().all(|c| c == first));
    if one_character || COMMON.contains(&lower.as_str()) {
        return Err(PasswordRefusal::TooCommon);
    }
    if lower == email || email.split('@').next() == Some(lower.as_str()) {
        return Err(PasswordRefusal::IsAddress);
    }
    Ok(())
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None);
    let params = params.map_err(|_| Error::Internal("the parameters of argon2 do not hold".to_owned()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &Secret<String>, salt: &[u8]) -> Result<String, Error> {
    let hashed = hasher()?.hash_password_with_salt(password.expose().as_bytes(), salt);
    hashed.map(|hash: PasswordHash| hash.to_string()).map_err(|_| Error::Internal("argon2 failed".to_owned()))
}

fn matches(password: &Secret<String>, kept: &str) -> bool {
    let (Ok(parsed), Ok(hasher)) = (PasswordHash::new(kept), hasher()) else { return false };
    hasher.verify_password(password.expose().as_bytes(), &parsed).is_ok()
}

impl App {
    /// Hashes a password on a thread of its own.
    pub(crate) async fn hash_password(&self, password: &Secret<String>) -> Result<String, Error> {
        let mut salt = [0; 16];
        self.draw(|rng| rng.fill_bytes(&mut salt));
        let password = password.clone();
        self.at_leisure(move || hash(&password, &salt)).await?
    }

    /// Whether a password matches. An unknown account costs the same time: `None` is compared with a hash of nothing.
    pub(crate) async fn password_matches(
        &self,
        password: &Secret<String>,
        kept: Option<String>,
    ) -> Result<bool, Error> {
        let password = password.clone();
        self.at_leisure(move || match kept {
            Some(kept) => matches(&password, &kept),
            None => {
                // The work is what counts; its result is not used.
                let _ = hash(&password, &[0; 16]);
                false
            }
        })
        .await
    }

    /// Argon2 takes 19 MiB and tens of milliseconds: two at once, and never on a thread that serves requests.
    async fn at_leisure<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let slot = self.inner.passwords.acquire().await.map_err(|_| Error::Unavailable)?;
        let done = tokio::task::spawn_blocking(work).await;
        drop(slot);
        done.map_err(|_| Error::Internal("a password could not be hashed".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_chosen() {
        let judge = |text: &str| acceptable(&Secret::new(text.to_owned()), "ann@example.com");
        for (text, verdict) in [
            ("short", Err(PasswordRefusal::TooShort)),
            ("Password123", Err(PasswordRefusal::TooCommon)),
            ("zzzzzzzzzzzzzz", Err(PasswordRefusal::TooCommon)),
            ("ANN@example.com", Err(PasswordRefusal::IsAddress)),
            ("ośmiornica w kapeluszu", Ok(())),
            ("ひらがなだけのながいことば", Ok(())),
            ("correct horse battery", Ok(())),
        ] {
            assert_eq!(judge(text), verdict, "{text}");
        }
        assert_eq!(judge(&"a1".repeat(65)), Err(PasswordRefusal::TooLong));
    }

    #[test]
    fn hashes_say_how_they_were_made() {
        let password = Secret::new("correct horse".to_owned());
        let kept = hash(&password, &[7; 16]).unwrap_or_default();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(matches(&password, &kept) && !matches(&Secret::new("correct horsf".to_owned()), &kept));
        assert!(!matches(&password, "nonsense"));
    }
}
