//! `[network]`: which proxies are trusted, and from which countries the API is served.

use std::path::PathBuf;

use http::header::HeaderName;
use keystead_core::network::{Country, CountryRule, Networks};
use serde::Deserialize;

use super::ConfigError;

/// `[network]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NetworkSection {
    client_certificate_header: Option<String>,
    country_header: Option<String>,
    country_database: Option<PathBuf>,
    allowed_countries: Vec<String>,
    refused_countries: Vec<String>,
}

/// `[network]` after its checks, with `server.trusted_proxies`.
#[derive(Debug, Clone, Default)]
pub(crate) struct EdgeOptions {
    pub(crate) trusted: Networks,
    /// The header in which a trusted proxy reports the certificate of a client.
    pub(crate) certificate_header: Option<HeaderName>,
    pub(crate) rule: Option<CountryRule>,
    pub(crate) country_header: Option<HeaderName>,
    pub(crate) country_database: Option<PathBuf>,
}

/// Headers with other content.
const OTHERS: [&str; 5] = ["x-forwarded-for", "x-forwarded-proto", "authorization", "host", "cookie"];

/// Reads the name of a header that a trusted proxy sets.
fn proxys_header(name: Option<&String>) -> Option<Result<HeaderName, &str>> {
    let name = name.map(|name| name.trim()).filter(|name| !name.is_empty())?;
    let parsed = HeaderName::from_bytes(name.as_bytes()).ok();
    // Proxies replace `_` by `-` or drop it, so such a name cannot be distinguished from a forged one.
    let parsed = parsed.filter(|name| !name.as_str().contains('_') && !OTHERS.contains(&name.as_str()));
    Some(parsed.ok_or(name))
}

impl NetworkSection {
    pub(super) fn validate(self, trusted_proxies: &[String]) -> Result<EdgeOptions, ConfigError> {
        let wrong = |text: String| ConfigError::Value(text);
        let trusted = Networks::new(trusted_proxies.iter().map(String::as_str))
            .map_err(|fault| wrong(format!("server.trusted_proxies: {fault}")))?;
        let countries = |name: &str, codes: &[String]| -> Result<Vec<Country>, ConfigError> {
            let read = |code: &String| {
                code.trim().parse().map_err(|fault| wrong(format!("network.{name}: {code:?} is {fault}")))
            };
            codes.iter().map(read).collect()
        };
        let allowed = countries("allowed_countries", &self.allowed_countries)?;
        let refused = countries("refused_countries", &self.refused_countries)?;
        let rule = match (allowed.is_empty(), refused.is_empty()) {
            (true, true) => None,
            (false, true) => Some(CountryRule::Allowed(allowed)),
            (true, false) => Some(CountryRule::Refused(refused)),
            (false, false) => {
                return Err(wrong("give network.allowed_countries or network.refused_countries, not both".to_owned()));
            }
        };
        let country_header = proxys_header(self.country_header.as_ref()).transpose();
        let country_header = country_header
            .map_err(|name| wrong(format!("network.country_header: {name:?} cannot name a country's header")))?;
        let certificate_header = proxys_header(self.client_certificate_header.as_ref()).transpose();
        let certificate_header = certificate_header.map_err(|name| {
            wrong(format!("network.client_certificate_header: {name:?} cannot name a certificate's header"))
        })?;
        if certificate_header.is_some() && trusted.is_empty() {
            let what = "network.client_certificate_header needs server.trusted_proxies: only they are believed";
            return Err(wrong(what.to_owned()));
        }
        if certificate_header.is_some() && certificate_header == country_header {
            let what = "network.client_certificate_header and network.country_header must be different headers";
            return Err(wrong(what.to_owned()));
        }
        let country_database = self.country_database.filter(|path| !path.as_os_str().is_empty());
        Ok(EdgeOptions { trusted, certificate_header, rule, country_header, country_database })
    }
}
