//! The configuration: one TOML file, every value also as `KEYSTEAD_SECTION__KEY`; unknown names are refused. Variables may
//! also be in a file that the configuration names, so that secrets are kept apart.
//!
//! Nothing outside this folder reads the environment or a configuration file; everything else takes values.

mod budgets;
mod clouds;
mod credit;
mod deletion;
mod environment;
pub(crate) mod environment_file;
mod limits;
mod models;
mod network;
mod sections;
mod services;
#[cfg(test)]
mod tests;
mod trial_keys;
mod upstreams;
mod url;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use environment::variable;
pub(crate) use network::EdgeOptions;
use sections::Config;
pub(crate) use sections::{Environment, Log, LogFormat, UsageDurability, Validated};
pub(crate) use services::{Identity, Mail, Payment, SHORTEST_SECRET, SignIn, Sms};
pub(crate) use url::{checked_origin, checked_url};

/// Why the configuration is not valid; the text names the key at fault.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum ConfigError {
    #[error("cannot read the configuration file {path}: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("the configuration file {path} is not valid: {reason}")]
    File { path: PathBuf, reason: String },
    #[error("cannot read the environment file {path}: {reason}")]
    EnvironmentFile { path: PathBuf, reason: String },
    #[error("unknown environment variable {name}: no configuration value has that name; the nearest is {nearest}")]
    UnknownVariable { name: String, nearest: String },
    #[error("environment variable {name}: {reason}")]
    Variable { name: String, reason: String },
    #[error("the configuration is not valid: {0}")]
    Value(String),
}

/// Reads the file (the given one, or `keystead.toml` if it exists) and overrides it with environment variables.
pub(crate) fn load(file: Option<&Path>) -> Result<Validated, ConfigError> {
    let mut variables = environment::keystead_variables();
    let named = file.map(Path::to_path_buf).or_else(|| variables.get("KEYSTEAD_CONFIG").map(PathBuf::from));
    let (path, required) = match named {
        Some(path) => (path, true),
        None => (PathBuf::from("keystead.toml"), false),
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if !required && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(ConfigError::Unreadable { path, reason: error.to_string() }),
    };
    let from_file = match environment_file::path(&path, &text, &variables) {
        Some(file) => environment_file::read(&file)?,
        None => BTreeMap::new(),
    };
    for (name, value) in from_file.iter().filter(|(name, _)| environment::is_known_prefix(name)) {
        variables.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let variable = |name: &str| environment::variable(name).or_else(|| from_file.get(name).cloned());
    let mut valid = from_parts(&path, &text, &variables)?.validate(&variable)?;
    valid.mistyped = environment::probably_mistyped(&variables);
    Ok(valid)
}

/// Checks a configuration before it is written, with the variables of its environment file.
pub(crate) fn check(path: &Path, text: &str, variables: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    let ours = variables.iter().filter(|(name, _)| environment::is_known_prefix(name));
    let ours = ours.map(|(name, value)| (name.clone(), value.clone())).collect();
    from_parts(path, text, &ours)?.validate(&|name| variables.get(name).cloned()).map(drop)
}

/// The pure part of [`load`]: parses a file's text and the variables that begin with `KEYSTEAD_`.
fn from_parts(path: &Path, text: &str, variables: &BTreeMap<String, String>) -> Result<Config, ConfigError> {
    let invalid = |reason: String| ConfigError::File { path: path.to_path_buf(), reason };
    let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| invalid(error.to_string()))?;
    // First the file alone, so that the error for a mistake in it names its line and no variable.
    toml::from_str::<Config>(text).map_err(|error| invalid(error.to_string()))?;
    environment::apply_overrides(&mut table, variables)?;
    table.try_into().map_err(|error: toml::de::Error| ConfigError::Value(error.message().to_owned()))
}
