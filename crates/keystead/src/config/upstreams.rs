//! `[[upstream]]`: the servers of models, and their options.

use std::fmt;
use std::time::Duration;

use keystead_core::secret::Secret;
use keystead_gateway::{Auth, StreamUsage, Upstream, UpstreamOptions};
use serde::Deserialize;

use super::ConfigError;

/// One `[[upstream]]`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpstreamSection {
    pub(crate) name: String,
    pub(crate) base_url: String,
    pub(crate) api_key: Option<String>,
    pub(crate) api_key_env: Option<String>,
    #[serde(default)]
    pub(crate) models: Vec<String>,
    #[serde(default)]
    stream_usage: StreamUsageSetting,
    #[serde(default)]
    auth: AuthSetting,
    append_v1: Option<bool>,
    keep_alive_seconds: Option<u64>,
    first_byte_seconds: Option<u64>,
    idle_seconds: Option<u64>,
}

/// `stream_usage` of an `[[upstream]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StreamUsageSetting {
    #[default]
    Auto,
    Always,
    Never,
}

/// `auth` of an `[[upstream]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AuthSetting {
    #[default]
    Bearer,
    ApiKey,
}

impl fmt::Debug for UpstreamSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamSection").field("name", &self.name).field("base_url", &self.base_url).finish()
    }
}

/// An upstream with its key wrapped.
#[derive(Debug, Clone)]
pub(crate) struct ValidatedUpstream {
    pub(crate) name: String,
    pub(crate) base_url: String,
    pub(crate) api_key: Option<Secret<String>>,
    pub(crate) models: Vec<String>,
    pub(crate) options: UpstreamOptions,
}

impl UpstreamSection {
    pub(super) fn validate(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<ValidatedUpstream, ConfigError> {
        let name = &self.name;
        // A secret that was read from a file often ends with a line break.
        let secret = |text: &str| Secret::new(text.trim().to_owned());
        let api_key = match (&self.api_key, &self.api_key_env) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::Value(format!("upstream {name:?}: give api_key or api_key_env, not both")));
            }
            (Some(key), None) => Some(secret(key)),
            (None, Some(from)) => Some(secret(&variable(from).ok_or_else(|| {
                ConfigError::Value(format!("upstream {name:?}: api_key_env names {from}, which is not set"))
            })?)),
            (None, None) => None,
        };
        let base_url = self.base_url.trim().to_owned();
        Upstream::check(&base_url, api_key.as_ref())
            .map_err(|unusable| ConfigError::Value(format!("upstream {name:?}: {unusable}")))?;
        let models = self.models.clone();
        Ok(ValidatedUpstream { name: name.clone(), base_url, api_key, models, options: self.options()? })
    }

    fn options(&self) -> Result<UpstreamOptions, ConfigError> {
        let usual = UpstreamOptions::default();
        let time = |what: &str, seconds: Option<u64>, usual: Duration, least: u64| match seconds {
            None => Ok(usual),
            Some(seconds) if (least..=86_400).contains(&seconds) => Ok(Duration::from_secs(seconds)),
            Some(_) => {
                let name = &self.name;
                Err(ConfigError::Value(format!("upstream {name:?}: {what} must be {least} to 86400")))
            }
        };
        Ok(UpstreamOptions {
            stream_usage: match self.stream_usage {
                StreamUsageSetting::Auto => StreamUsage::Auto,
                StreamUsageSetting::Always => StreamUsage::Always,
                StreamUsageSetting::Never => StreamUsage::Never,
            },
            auth: match self.auth {
                AuthSetting::Bearer => Auth::Bearer,
                AuthSetting::ApiKey => Auth::ApiKey,
            },
            append_v1: self.append_v1.unwrap_or(usual.append_v1),
            keep_alive: time("keep_alive_seconds", self.keep_alive_seconds, usual.keep_alive, 0)?,
            first_byte: time("first_byte_seconds", self.first_byte_seconds, usual.first_byte, 1)?,
            idle: time("idle_seconds", self.idle_seconds, usual.idle, 1)?,
        })
    }
}
