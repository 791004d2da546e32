//! The cookies: the session, a sign-in that waits for the second factor, a sign-in at an external service, and the
//! device that takes pictures.
//! Their attributes are fixed.

use axum::http::{HeaderMap, HeaderValue, header};
use keystead_core::secret::Secret;

/// The cookie in which the script of the pages says the browser's time zone. It is for people without a session; the zone
/// of an account comes first.
const ZONE: &str = "keystead_zone";

/// The name of the browser's time zone, as its script says.
pub(crate) fn browsers_zone(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == ZONE && value.len() <= 64).map(|(_, value)| value.to_owned())
}

/// The cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    Session,
    /// The password was right and the second factor is missing. It opens only the page that asks for the code.
    Waiting,
    OidcState,
    Capture,
}

impl Cookie {
    /// The prefix `__Host-` binds a cookie to this host and to TLS. Without TLS browsers would refuse such a cookie.
    pub(crate) const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-keystead",
            (Self::Session, false) => "keystead_session",
            (Self::Waiting, true) => "__Host-keystead-waiting",
            (Self::Waiting, false) => "keystead_waiting",
            (Self::OidcState, true) => "__Host-keystead-departed",
            (Self::OidcState, false) => "keystead_departed",
            (Self::Capture, true) => "__Host-keystead-capture",
            (Self::Capture, false) => "keystead_capture",
        }
    }

    /// The value the browser sent, if there is exactly one and it has the right format.
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
            // The encrypted state of the external sign-in is in the cookie itself.
            Self::OidcState => (64..=3_000).contains(&value.len()),
            Self::Session | Self::Waiting | Self::Capture => value.len() == 64,
        };
        let sound = shape && value.bytes().all(|b| b.is_ascii_hexdigit());
        // With two of one name, a cookie set by another host of the domain could replace ours.
        (sound && found.next().is_none()).then(|| Secret::new(value.to_owned()))
    }

    /// The header that sets the cookie for this many seconds.
    pub(crate) fn set(self, value: &Secret<String>, seconds: i64, secure: bool) -> HeaderValue {
        let name = self.name(secure);
        let mark = if secure { "; Secure" } else { "" };
        let text = format!("{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{mark}", value.expose());
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// The header that deletes the cookie.
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
