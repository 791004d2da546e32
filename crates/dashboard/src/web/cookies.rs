//! The cookies: who is signed in, who still owes the second factor, who has left for another's sign-in page, and which
//! device hands in pictures. Fixed attributes, never anything else.

use axum::http::{HeaderMap, HeaderValue, header};
use keystead_core::secret::Secret;

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    Session,
    /// The password was right, the second factor is missing; opens nothing but the page that asks for it.
    Waiting,
    Departed,
    Capture,
}

impl Cookie {
    /// `__Host-` holds a cookie to this host and TLS; on a laptop without TLS browsers would drop it.
    pub(crate) const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-keystead",
            (Self::Session, false) => "keystead_session",
            (Self::Waiting, true) => "__Host-keystead-waiting",
            (Self::Waiting, false) => "keystead_waiting",
            (Self::Departed, true) => "__Host-keystead-departed",
            (Self::Departed, false) => "keystead_departed",
            (Self::Capture, true) => "__Host-keystead-capture",
            (Self::Capture, false) => "keystead_capture",
        }
    }

    /// What the browser sent, if it is one value in the shape we give out.
    pub(crate) fn read(self, headers: &HeaderMap, secure: bool) -> Option<Secret<String>> {
        let name = self.name(secure);
        let mut found = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value);
        let value = found.next()?;
        let shape = match self {
            // What was sealed for the way back lies in the cookie itself.
            Self::Departed => (64..=3_000).contains(&value.len()),
            Self::Session | Self::Waiting | Self::Capture => value.len() == 64,
        };
        let sound = shape && value.bytes().all(|b| b.is_ascii_hexdigit());
        // Two of one name would let a neighbour's cookie shadow ours.
        (sound && found.next().is_none()).then(|| Secret::new(value.to_owned()))
    }

    /// The header that sets it for so many seconds.
    pub(crate) fn set(self, value: &Secret<String>, seconds: i64, secure: bool) -> HeaderValue {
        let name = self.name(secure);
        let mark = if secure { "; Secure" } else { "" };
        let text = format!("{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{mark}", value.expose());
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// The header that takes it away.
    pub(crate) fn clear(self, secure: bool) -> HeaderValue {
        self.set(&Secret::new(String::new()), 0, secure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_in_our_shape() {
        let read = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(line).unwrap());
            Cookie::Session.read(&headers, false).map(|secret| secret.expose().clone())
        };
        let good = "a".repeat(64);
        assert_eq!(read(&format!("x=1; keystead_session={good}; y=2")), Some(good.clone()));
        for bad in [
            "",
            "keystead_session=",
            "keystead_session=abc",
            &format!("keystead_session={good}; keystead_session={good}"),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn attributes_are_fixed() {
        let set = Cookie::Session.set(&Secret::new("a".repeat(64)), 60, true);
        let text = set.to_str().unwrap();
        assert!(
            text.starts_with("__Host-keystead=")
                && text.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure")
        );
    }
}
