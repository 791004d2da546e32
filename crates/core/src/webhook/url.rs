//! The addresses to which deliveries are sent. Customers choose them, so they are not trusted.

use crate::workload_identity::issuer::{AddressFault, check_called_address};

/// The most characters of an address.
pub const LONGEST_URL: usize = 1_000;
/// Beginnings of addresses on this machine, which are accepted in development only.
const LOOPBACK: [&str; 2] = ["http://127.0.0.1", "http://localhost"];

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// It is empty, too long, or contains a character that addresses do not contain.
    #[error("must be an address of at most {LONGEST_URL} characters, such as https://example.com/webhooks")]
    Unreadable,
    /// It does not begin with `https://`.
    #[error("must begin with https://")]
    Insecure,
    /// Its host is a number or a name without a dot.
    #[error("must name a host on the Internet")]
    Host,
    /// It names another port than that of https. Other ports lead to other services.
    #[error("must have no port other than 443")]
    Port,
    /// It contains a user name or a fragment.
    #[error("must have no user name and no fragment")]
    Extra,
}

impl From<AddressFault> for UrlFault {
    fn from(fault: AddressFault) -> Self {
        match fault {
            AddressFault::Unreadable => Self::Unreadable,
            AddressFault::Insecure => Self::Insecure,
            AddressFault::Host => Self::Host,
            AddressFault::Port => Self::Port,
            AddressFault::Extra => Self::Extra,
        }
    }
}

/// Checks the form of an address: https, a host with a name, no port but 443. A query may be part of it. In `development`,
/// http to a port of this machine is accepted too. Where the host leads is checked when it is called.
///
/// # Errors
/// The fault.
pub fn check_url(text: &str, development: bool) -> Result<(), UrlFault> {
    if text.len() > LONGEST_URL || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(UrlFault::Unreadable);
    }
    let plain = text.split('?').next().unwrap_or_default();
    if text.contains(['#', '\\']) || plain.contains('@') {
        return Err(UrlFault::Extra);
    }
    if development && is_loopback(plain) {
        return Ok(());
    }
    check_called_address(plain, None).map_err(UrlFault::from)
}

/// Whether this is http to a port of this machine: a host of [`LOOPBACK`], and nothing before or after it in its name.
fn is_loopback(plain: &str) -> bool {
    let authority = |rest: &str| {
        let port = rest.split('/').next().unwrap_or_default();
        let is_port = |port: &str| !port.starts_with('+') && port.parse::<u16>().is_ok_and(|port| port > 0);
        port.is_empty() || port.strip_prefix(':').is_some_and(is_port)
    };
    LOOPBACK.iter().any(|host| plain.strip_prefix(host).is_some_and(authority))
}
