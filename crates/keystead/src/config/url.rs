//! Addresses in the configuration.

use url::Url;

use super::ConfigError;

/// Checks an address and removes the slash at its end. `what` names the setting.
pub(crate) fn checked_url(what: &str, url: &str) -> Result<String, ConfigError> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if host.is_none_or(|host| host.is_empty() || host.starts_with('/') || host.contains(['@', ' ', '?', '#'])) {
        return Err(ConfigError::Value(format!(
            "{what} must be an http:// or https:// address without user, query or fragment"
        )));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// Checks an address without a path, and writes it as browsers send it in `Host`: in small letters, in Punycode, and
/// without the usual port.
pub(crate) fn checked_origin(what: &str, url: &str) -> Result<String, ConfigError> {
    let checked = checked_url(what, url)?;
    let read = Url::parse(&checked).map_err(|error| ConfigError::Value(format!("{what} cannot be read: {error}")))?;
    if read.path() != "/" {
        return Err(ConfigError::Value(format!("{what} must have no path: Keystead is served at the root of a host")));
    }
    Ok(read.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_written_as_browsers_send_it() {
        for (given, expected) in [
            ("https://keys.example.com", "https://keys.example.com"),
            ("https://Keys.Example.com:443/", "https://keys.example.com"),
            ("http://keys.example.com:80", "http://keys.example.com"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(checked_origin("it", given).unwrap(), expected);
        }
        for wrong in ["https://example.com/keys", "https://example.com/?a", "https://a b", "https://:443", "keys.test"]
        {
            assert!(checked_origin("it", wrong).is_err(), "{wrong}");
        }
    }
}
