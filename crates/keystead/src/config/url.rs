//! Addresses in the configuration.

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
