//! Reading the credential: exactly one `Authorization`, bearer or Basic, for any bytes, without a panic.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, header};
use keystead_core::Secret;
use keystead_core::refusal::ErrorResponse;

/// Why there is no credential to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialError {
    /// No `Authorization`, or an empty one.
    Nothing,
    /// More than one: two readers could choose differently.
    Several,
    /// One that is neither bearer nor Basic.
    Unreadable,
}

/// The presented secret: usually a part of the header, so that no copy needs wiping.
pub enum Presented<'h> {
    /// A part of the header.
    Borrowed(&'h str),
    /// Decoded.
    Decoded(Secret<String>),
}

impl Presented<'_> {
    /// Returns the content. Never pass the result to a logger.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Decoded(text) => text.expose(),
        }
    }
}

impl std::fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presented")
    }
}

/// Reads the presented secret.
///
/// # Errors
/// [`CredentialError`] when there is none, or when it can be read in more than one way.
pub fn read(headers: &HeaderMap) -> Result<Presented<'_>, CredentialError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(CredentialError::Nothing)?;
    if values.next().is_some() {
        return Err(CredentialError::Several);
    }
    match value.to_str() {
        Ok(text) => bearer_or_basic(text),
        // Not text: masked in the error like any other wrong key, so that the sender recognises it.
        Err(_) => match bearer_or_basic(&String::from_utf8_lossy(value.as_bytes()))? {
            Presented::Borrowed(text) => Ok(Presented::Decoded(Secret::new(text.to_owned()))),
            Presented::Decoded(text) => Ok(Presented::Decoded(text)),
        },
    }
}

fn bearer_or_basic(text: &str) -> Result<Presented<'_>, CredentialError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(CredentialError::Nothing);
    }
    let (scheme, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return if rest.is_empty() { Err(CredentialError::Nothing) } else { Ok(Presented::Borrowed(rest)) };
    }
    if scheme.eq_ignore_ascii_case("basic") {
        return basic_password(rest).map(Presented::Decoded).ok_or(CredentialError::Unreadable);
    }
    Err(CredentialError::Unreadable)
}

/// Whether a query contains a credential, which belongs in a header: URLs appear in logs, here and upstream.
pub(crate) fn in_query(query: &str) -> bool {
    const NAMES: [&str; 8] =
        ["key", "api_key", "api-key", "apikey", "access_token", "token", "authorization", "bearer"];
    let decoded =
        crate::catalogue::models::decode(query).map_or_else(|_| query.to_ascii_lowercase(), |q| q.to_ascii_lowercase());
    let marker = keystead_core::key::MARKER.to_ascii_lowercase();
    // A pasted key is recognised by its prefix or its marker, for any name of the parameter.
    decoded.contains(&marker)
        || decoded.split('&').any(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            NAMES.contains(&name.trim()) || value.trim().starts_with("sk-")
        })
}

/// Returns the password of HTTP Basic; the user name is empty when a key is sent this way.
fn basic_password(encoded: &str) -> Option<Secret<String>> {
    let decoded = decode_base64(encoded)?;
    let text = String::from_utf8(decoded).ok()?;
    let (_, password) = text.split_once(':')?;
    (!password.is_empty()).then(|| Secret::new(password.to_owned()))
}

/// Decodes base64. Padding may be missing, and the unused bits of the last byte are ignored.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    LENIENT.decode(text).ok()
}

impl CredentialError {
    /// Builds the error for a missing key, which differs by route; without a route (the administration) it is the
    /// general one.
    #[must_use]
    pub fn response(self, route: Option<&str>, public_url: &str) -> ErrorResponse {
        let message = match (self, route) {
            (Self::Several, _) => "More than one Authorization header was sent. Send exactly one.".to_owned(),
            (Self::Unreadable, _) => {
                "The Authorization header could not be read. Expected: Authorization: Bearer YOUR_API_KEY.".to_owned()
            }
            (Self::Nothing, Some("/v1/chat/completions" | "/v1/completions" | "/v1/embeddings")) => format!(
                "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer \
                 auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're \
                 accessing the API from your browser and are prompted for a username and password. You can obtain an API \
                 key from {public_url}/api-keys."
            ),
            (Self::Nothing, Some(route)) if !route.starts_with("/v1/models") => {
                "Missing bearer or basic authentication in header".to_owned()
            }
            (Self::Nothing, _) => "Missing bearer authentication in header".to_owned(),
        };
        ErrorResponse::invalid(401, None, message)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.append(header::AUTHORIZATION, value);
            }
        }
        headers
    }

    #[test]
    fn one_credential_in_one_reading() {
        // S2-10: header only; two are refused.
        let secret = |values: &[&[u8]]| read(&headers(values)).map(|s| s.expose().to_owned());
        assert_eq!(secret(&[b"Bearer abc"]).as_deref(), Ok("abc"));
        assert_eq!(secret(&[b"bEARER   abc "]).as_deref(), Ok("abc"));
        assert_eq!(secret(&[b"Basic OmFiYw=="]).as_deref(), Ok("abc"));
        assert_eq!(secret(&[]), Err(CredentialError::Nothing));
        assert_eq!(secret(&[b"Bearer "]), Err(CredentialError::Nothing));
        assert_eq!(secret(&[b"Bearer a", b"Bearer b"]), Err(CredentialError::Several));
        assert_eq!(secret(&[b"abc"]), Err(CredentialError::Unreadable));
        assert_eq!(secret(&[b"Bearer\tabc"]).as_deref(), Ok("abc"));
        assert_eq!(secret(&[b"Bearer \xff\xfe"]).as_deref(), Ok("\u{fffd}\u{fffd}"), "an incorrect key with its mask");
        assert_eq!(secret(&[b"\xff abc"]), Err(CredentialError::Unreadable));
        assert_eq!(secret(&[b"Basic !!"]), Err(CredentialError::Unreadable));
    }
}
