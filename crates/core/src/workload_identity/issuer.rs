//! The name of an issuer and the addresses that belong to it.

/// The most characters of an address.
pub const LONGEST_ADDRESS: usize = 1_000;
/// The most characters of an audience.
pub const LONGEST_AUDIENCE: usize = 1_000;

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// It is empty, too long, or contains a character that addresses do not contain.
    #[error("must be an address of at most {LONGEST_ADDRESS} characters, such as https://issuer.example.com")]
    Unreadable,
    /// It does not begin with `https://` and is not an address of the sandbox.
    #[error("must begin with https://")]
    Insecure,
    /// Its host is a number or a name without a dot, which no public issuer has, or it names another port than that of
    /// https: customers choose these addresses, and other ports lead to other services.
    #[error("must name a host on the Internet, with no port other than 443")]
    Host,
    /// It contains a user name, a query or a fragment.
    #[error("must have no user name, no query and no fragment")]
    Extra,
}

/// Checks the form of an issuer's name or of an address of its description. `sandbox` is the origin of the sandbox where
/// it runs, the only origin that may be without TLS. Where the host leads is checked when it is called.
///
/// # Errors
/// The fault.
pub fn check_address(text: &str, sandbox: Option<&str>) -> Result<(), AddressFault> {
    if text.is_empty() || text.len() > LONGEST_ADDRESS || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(AddressFault::Unreadable);
    }
    if text.contains(['?', '#', '@', '\\']) {
        return Err(AddressFault::Extra);
    }
    if let Some(rest) = sandbox.and_then(|origin| text.strip_prefix(origin))
        && (rest.is_empty() || rest.starts_with('/'))
    {
        return Ok(());
    }
    let rest = text.strip_prefix("https://").ok_or(AddressFault::Insecure)?;
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    // The last part of an address in numbers begins with a digit, in every notation.
    let last = host.rsplit('.').next().unwrap_or_default();
    let name = host.contains('.')
        && host.len() <= 253
        && host.split('.').all(label)
        && last.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if name && port.is_none_or(|port| port == "443") { Ok(()) } else { Err(AddressFault::Host) }
}

/// The address of an issuer's description when none is given (OpenID Connect Discovery, 4).
#[must_use]
pub fn usual_discovery_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}
