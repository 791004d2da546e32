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
    country_header: Option<String>,
    country_database: Option<PathBuf>,
    allowed_countries: Vec<String>,
    refused_countries: Vec<String>,
}

/// `[network]` after its checks, with `server.trusted_proxies`.
#[derive(Debug, Clone, Default)]
pub(crate) struct EdgeOptions {
    pub(crate) trusted: Networks,
    pub(crate) rule: Option<CountryRule>,
    pub(crate) country_header: Option<HeaderName>,
    pub(crate) country_database: Option<PathBuf>,
}

/// Headers with other content, which must not be used for a country.
const NO_COUNTRY: [&str; 4] = ["x-forwarded-for", "authorization", "host", "cookie"];

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
        let country_header = self.country_header.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let country_header = country_header.map(|name| {
            let parsed = HeaderName::from_bytes(name.as_bytes()).ok();
            // Proxies replace `_` by `-` or drop it, so such a name cannot be distinguished from a forged one.
            let parsed = parsed.filter(|name| !name.as_str().contains('_') && !NO_COUNTRY.contains(&name.as_str()));
            parsed.ok_or_else(|| wrong(format!("network.country_header: {name:?} cannot name a country's header")))
        });
        let country_database = self.country_database.filter(|path| !path.as_os_str().is_empty());
        Ok(EdgeOptions { trusted, rule, country_header: country_header.transpose()?, country_database })
    }
}
