//! The registered claims of a token whose signature holds (RFC 7519, 4.1).

use serde_json::{Map, Value};

use crate::time::Timestamp;

/// Seconds by which the clocks of an issuer and of this installation may differ. They are not added to the end of a
/// token.
const CLOCK_SKEW: i64 = 60;
/// The longest time between the beginning and the end of a token, in seconds: seven days. A token with a longer life is a
/// password.
const LONGEST_LIFE: i64 = 7 * 86_400;
/// The most bytes of a subject.
const LONGEST_SUBJECT: usize = 2_000;
/// The last second of the year 9999.
const LAST: f64 = 253_402_300_799.0;

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Its issuer, character by character.
    pub issuer: &'a str,
    /// Its only audience, character by character.
    pub audience: &'a str,
    /// The present time.
    pub now: Timestamp,
}

/// What an accepted token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whom the issuer vouches for.
    pub subject: String,
    /// When the token ends; always in the future.
    pub expires_at: Timestamp,
}

/// Why the claims of a token are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsFault {
    /// Another issuer.
    #[error("its issuer ('iss') is not the issuer of the identity provider")]
    Issuer,
    /// No audience, another one, or several: one of the others could present a token that it received.
    #[error("its audience ('aud') must be the audience of the identity provider, and no other")]
    Audience,
    /// No subject.
    #[error("it names no subject ('sub')")]
    Subject,
    /// A time is missing or is no number.
    #[error("it must say when it was issued ('iat') and when it ends ('exp')")]
    Times,
    /// It has ended.
    #[error("it has expired")]
    Expired,
    /// It is not valid yet, or was issued in the future.
    #[error("it is not valid yet")]
    Early,
    /// It ends before it begins, or is valid for more than seven days.
    #[error("it must be valid for at most seven days")]
    Life,
}

impl Claims {
    /// Checks the claims.
    ///
    /// # Errors
    /// The fault.
    pub fn check(claims: &Map<String, Value>, expected: Expected<'_>) -> Result<Self, ClaimsFault> {
        if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
            return Err(ClaimsFault::Issuer);
        }
        let audience = match claims.get("aud") {
            Some(Value::Array(all)) if all.len() == 1 => all[0].as_str(),
            Some(one) => one.as_str(),
            None => None,
        };
        if audience != Some(expected.audience) {
            return Err(ClaimsFault::Audience);
        }
        let subject = claims.get("sub").and_then(Value::as_str);
        let subject =
            subject.filter(|subject| (1..=LONGEST_SUBJECT).contains(&subject.len())).ok_or(ClaimsFault::Subject)?;
        let (issued, ends) = (seconds(claims, "iat")?, seconds(claims, "exp")?);
        let (Some(issued), Some(ends)) = (issued, ends) else { return Err(ClaimsFault::Times) };
        let begins = seconds(claims, "nbf")?.unwrap_or(issued).max(issued);
        if expected.now >= ends {
            return Err(ClaimsFault::Expired);
        }
        if begins > expected.now.plus(CLOCK_SKEW) {
            return Err(ClaimsFault::Early);
        }
        if !(1..=LONGEST_LIFE).contains(&ends.since(issued)) {
            return Err(ClaimsFault::Life);
        }
        Ok(Self { subject: subject.to_owned(), expires_at: ends })
    }
}

/// Reads a time, with or without a fraction, in whole seconds; `None` when it is not there.
fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, ClaimsFault> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let number = value.as_f64().filter(|number| (0.0..=LAST).contains(number)).ok_or(ClaimsFault::Times)?;
    // The number is finite and within the range of whole seconds.
    let whole = number.floor().to_string().parse().map_err(|_| ClaimsFault::Times)?;
    Ok(Some(Timestamp(whole)))
}
