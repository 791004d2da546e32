//! Passwords: argon2id, at most two at once, on threads that may block.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use keystead_core::secret::Secret;
use keystead_core::text;
use rand::RngCore;

use crate::{App, Error};

/// OWASP's first choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// Limits in characters (ASVS 6.2.1: at least eight, fifteen recommended; passphrases up to 128 are not cut).
const SHORTEST: usize = 10;
const LONGEST: usize = 128;

/// The most common passwords that are otherwise long enough; one a line.
const COMMON: &str = include_str!("common_passwords.txt");
/// Words that carry no secret, with any digits and signs around them; one a line.
const WORDS: &str = include_str!("common_words.txt");

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// Fewer than ten characters.
    TooShort,
    /// More than 128 characters.
    TooLong,
    /// One of the most common passwords.
    TooCommon,
    /// The address itself, or a part of it with nothing secret added.
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
            PasswordRefusal::IsAddress => "The password must not be made of the e-mail address.",
        };
        Self::coded("password", refusal.code(), message)
    }
}

/// Whether a password may be chosen. There are no rules of composition: length and rarity count. `names` are well-known
/// words about this installation (ASVS 6.1.2).
pub(crate) fn acceptable(password: &Secret<String>, email: &str, names: &[&str]) -> Result<(), PasswordRefusal> {
    let text = &text::password(password.expose());
    let length = text.chars().count();
    if length < SHORTEST {
        return Err(PasswordRefusal::TooShort);
    }
    if length > LONGEST {
        return Err(PasswordRefusal::TooLong);
    }
    let lower = text.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphabetic());
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let site = domain.split('.').next().unwrap_or_default();
    let of_address = [email, local, domain, site].into_iter().filter(|part| !part.is_empty());
    if of_address.clone().any(|part| part == lower || part == bare) {
        return Err(PasswordRefusal::IsAddress);
    }
    let known = COMMON.lines().any(|line| line == lower) || WORDS.lines().any(|line| line == bare);
    let named = names.iter().map(|name| name.to_lowercase()).any(|name| name == lower || name == bare);
    if known || named || bare.is_empty() && few_or_rising(&lower) || repeats(&lower) {
        return Err(PasswordRefusal::TooCommon);
    }
    Ok(())
}

/// Whether a text has at most three different characters, or is a rising or falling sequence.
fn few_or_rising(text: &str) -> bool {
    let characters: Vec<u32> = text.chars().map(u32::from).collect();
    let mut different = characters.clone();
    different.sort_unstable();
    different.dedup();
    let by_one = |step: i64| characters.windows(2).all(|pair| i64::from(pair[1]) - i64::from(pair[0]) == step);
    different.len() <= 3 || by_one(1) || by_one(-1)
}

/// Whether the text repeats a piece of at most five characters, whole or cut off: `aaaaaaaaaa`, `abcabcabcab`.
fn repeats(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=5).any(|width| characters.iter().zip(characters.iter().skip(width)).all(|(one, next)| one == next))
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None);
    let params = params.map_err(|_| Error::Internal("the parameters of argon2 do not hold".to_owned()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &Secret<String>, salt: &[u8]) -> Result<String, Error> {
    let typed = Secret::new(text::password(password.expose()));
    let hashed = hasher()?.hash_password_with_salt(typed.expose().as_bytes(), salt);
    hashed.map(|hash: PasswordHash| hash.to_string()).map_err(|_| Error::Internal("argon2 failed".to_owned()))
}

fn matches(password: &Secret<String>, kept: &str) -> bool {
    let (Ok(parsed), Ok(hasher)) = (PasswordHash::new(kept), hasher()) else { return false };
    let typed = Secret::new(text::password(password.expose()));
    hasher.verify_password(typed.expose().as_bytes(), &parsed).is_ok()
}

/// Hashes a password on a separate thread.
pub(crate) async fn hash_password(app: &App, password: &Secret<String>) -> Result<String, Error> {
    let mut salt = [0; 16];
    app.draw(|rng| rng.fill_bytes(&mut salt));
    let password = password.clone();
    on_password_thread(app, move || hash(&password, &salt)).await?
}

/// Whether a password matches. An unknown account takes the same time: `None` is compared with a dummy hash.
pub(crate) async fn password_matches(
    app: &App,
    password: &Secret<String>,
    kept: Option<String>,
) -> Result<bool, Error> {
    let password = password.clone();
    on_password_thread(app, move || match kept {
        Some(kept) => matches(&password, &kept),
        None => {
            // Only the time it takes matters; the result is not used.
            let _ = hash(&password, &[0; 16]);
            false
        }
    })
    .await
}

/// Runs argon2 work outside the threads that serve requests. It takes 19 MiB and tens of milliseconds, so at most
/// two run at once.
async fn on_password_thread<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let slot = app.inner.passwords.acquire().await.map_err(|_| Error::Unavailable)?;
    let done = tokio::task::spawn_blocking(work).await;
    drop(slot);
    done.map_err(|_| Error::Internal("a password could not be hashed".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_chosen() {
        let judge = |text: &str| acceptable(&Secret::new(text.to_owned()), "ann.summers@example.com", &["Acme Cloud"]);
        for (text, verdict) in [
            ("short", Err(PasswordRefusal::TooShort)),
            ("Password123", Err(PasswordRefusal::TooCommon)),
            ("zzzzzzzzzzzzzz", Err(PasswordRefusal::TooCommon)),
            ("ANN.summers@example.com", Err(PasswordRefusal::IsAddress)),
            ("Ann.Summers2026", Err(PasswordRefusal::IsAddress)),
            ("12345-example", Err(PasswordRefusal::IsAddress)),
            ("!!Welcome!!2026", Err(PasswordRefusal::TooCommon)),
            ("Keystead-2026!", Err(PasswordRefusal::TooCommon)),
            ("acme cloud 1", Err(PasswordRefusal::TooCommon)),
            ("abcabcabcabca", Err(PasswordRefusal::TooCommon)),
            ("12-12-12-11", Err(PasswordRefusal::TooCommon)),
            ("9876543210", Err(PasswordRefusal::TooCommon)),
            ("8264 1937 5502", Ok(())),
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
        // The same accents, composed by one keyboard and decomposed by another.
        let kept = hash(&Secret::new("zażółć gęślą jaźń".to_owned()), &[7; 16]).unwrap_or_default();
        assert!(matches(
            &Secret::new("zaz\u{307}o\u{301}łc\u{301} ge\u{328}s\u{301}la\u{328} jaz\u{301}n\u{301}".to_owned()),
            &kept
        ));
    }
}
