//! Answers that are given before `keystead init` asks: in a file, as options, or as variables of the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::Args;
use serde::Deserialize;
use toml::Value;
use url::Url;

use crate::cli_error::CliError;
use crate::config::{self, environment_file};

/// The answers. An option is `--public-url`, its name in a file `public_url`.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Answers {
    /// The address that people and programs open.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The addresses of the proxy that ends TLS, separated by commas, or "none".
    #[arg(long, value_name = "ADDRESSES")]
    pub(crate) trusted_proxies: Option<String>,
    /// The address and port to listen on.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// The folder for data.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<String>,
    /// "sqlite", or a postgres:// address without a password. One with a password is given in KEYSTEAD_DATABASE__URL.
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// The base address of the first model server.
    #[arg(long, value_name = "URL")]
    #[serde(skip)]
    upstream_url: Option<String>,
    /// The name of the first model server.
    #[arg(long, value_name = "NAME")]
    #[serde(skip)]
    upstream_name: Option<String>,
    /// The models of the first model server, separated by commas; all that it lists, when left out.
    #[arg(long, value_name = "MODELS")]
    #[serde(skip)]
    upstream_models: Option<String>,
    /// The model servers.
    #[arg(skip)]
    pub(crate) upstream: Vec<UpstreamAnswers>,
    /// The mail server, such as smtps://mail.example.com, or "none".
    #[arg(long, value_name = "URL")]
    pub(crate) mail_url: Option<String>,
    /// The account at the mail server, or "none".
    #[arg(long, value_name = "NAME")]
    pub(crate) mail_username: Option<String>,
    /// The sender of mails.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mail_from: Option<String>,
    /// The service for text messages: "twilio", "http" or "none".
    #[arg(long, value_name = "SERVICE")]
    pub(crate) sms: Option<String>,
    /// The address of the service for text messages.
    #[arg(long, value_name = "URL")]
    pub(crate) sms_url: Option<String>,
    /// Twilio's id of the account.
    #[arg(long, value_name = "ID")]
    pub(crate) sms_account_sid: Option<String>,
    /// Twilio's id of the Verify service.
    #[arg(long, value_name = "ID")]
    pub(crate) sms_service_sid: Option<String>,
    /// The service that verifies organizations: "review", "persona" or "none".
    #[arg(long, value_name = "SERVICE")]
    pub(crate) identity: Option<String>,
    /// The address of the identity service, if it is not the usual one.
    #[arg(long, value_name = "URL")]
    pub(crate) identity_url: Option<String>,
    /// The template of the identity service.
    #[arg(long, value_name = "ID")]
    pub(crate) identity_template: Option<String>,
    /// The name of the operator that people see.
    #[arg(long, value_name = "NAME")]
    pub(crate) operator_name: Option<String>,
    /// The addresses of the people who may open the operator's console, separated by commas, or "none".
    #[arg(long, value_name = "ADDRESSES")]
    pub(crate) operator_emails: Option<String>,
    /// The address where people get help, or "none".
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) support_email: Option<String>,
    /// Secrets, by the name of their variable.
    #[arg(skip)]
    secrets: Secrets,
    /// Whether the environment is not read.
    #[arg(skip)]
    #[serde(skip)]
    without_environment: bool,
}

/// A model server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpstreamAnswers {
    pub(crate) base_url: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) models: Vec<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Value")]
struct Secrets(BTreeMap<String, String>);

impl TryFrom<Value> for Secrets {
    type Error = String;

    /// Errors name the variable, never its value.
    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let Value::Table(table) = value else { return Err("[secrets] must be a table".to_owned()) };
        let secret = |(name, value): (String, Value)| match value {
            Value::String(secret) => Ok((name, secret)),
            _ => Err(format!("{name} of [secrets] must be a text in quotation marks")),
        };
        table.into_iter().map(secret).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Answers {
    /// Reads a file of answers; options override it.
    pub(super) fn read(path: &Path, options: Self) -> Result<Self, CliError> {
        let wrong = |reason: String| CliError::Other(format!("the answers {}: {reason}", path.display()));
        let mut file = File::open(path).map_err(|error| wrong(error.to_string()))?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
        let mut answers = Self::parse(&text).map_err(wrong)?;
        if !answers.secrets.0.is_empty() || answers.database.as_deref().is_some_and(has_password) {
            environment_file::check_private(&file, path).map_err(wrong)?;
        }
        let Self { public_url, trusted_proxies, listen, data_dir, database, .. } = options;
        let Self { upstream_url, upstream_name, upstream_models, mail_url, mail_username, mail_from, sms, .. } =
            options;
        let Self { sms_url, sms_account_sid, sms_service_sid, identity, identity_url, identity_template, .. } = options;
        let Self { operator_name, operator_emails, support_email, .. } = options;
        for (option, answer) in [
            (public_url, &mut answers.public_url),
            (trusted_proxies, &mut answers.trusted_proxies),
            (listen, &mut answers.listen),
            (data_dir, &mut answers.data_dir),
            (database, &mut answers.database),
            (upstream_url, &mut answers.upstream_url),
            (upstream_name, &mut answers.upstream_name),
            (upstream_models, &mut answers.upstream_models),
            (mail_url, &mut answers.mail_url),
            (mail_username, &mut answers.mail_username),
            (mail_from, &mut answers.mail_from),
            (sms, &mut answers.sms),
            (sms_url, &mut answers.sms_url),
            (sms_account_sid, &mut answers.sms_account_sid),
            (sms_service_sid, &mut answers.sms_service_sid),
            (identity, &mut answers.identity),
            (identity_url, &mut answers.identity_url),
            (identity_template, &mut answers.identity_template),
            (operator_name, &mut answers.operator_name),
            (operator_emails, &mut answers.operator_emails),
            (support_email, &mut answers.support_email),
        ] {
            if option.is_some() {
                *answer = option;
            }
        }
        Ok(answers)
    }

    /// Parses the text of a file. The error does not quote it, because it may contain secrets.
    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            format!("line {}: {}", before.matches('\n').count() + 1, error.message())
        })
    }

    /// Refuses a password in an option, which every user of this machine can read.
    pub(super) fn refuse_password(&self) -> Result<(), CliError> {
        if self.database.as_deref().is_some_and(has_password) {
            return Err(CliError::Other(
                "--database: an address with a password is given in the variable KEYSTEAD_DATABASE__URL or in the file of \
                 --answers; every user of this machine can read options"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// The model servers: of the options, else of the file.
    pub(super) fn upstreams(&self) -> Vec<UpstreamAnswers> {
        let Some(base_url) = self.upstream_url.clone() else { return self.upstream.clone() };
        let models = self.upstream_models.as_deref().map(super::interview::list).unwrap_or_default();
        vec![UpstreamAnswers { base_url, name: self.upstream_name.clone(), models }]
    }

    /// A secret by the name of its variable: from the file, else from the environment.
    pub(super) fn secret(&self, variable: &str) -> Option<String> {
        let environment = || if self.without_environment { None } else { config::variable(variable) };
        self.secrets.0.get(variable).cloned().or_else(environment)
    }

    /// No answers and no secrets: what did not work is asked for.
    pub(super) fn none() -> Self {
        Self { without_environment: true, ..Self::default() }
    }
}

/// Whether the address of a database contains a password.
fn has_password(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_line_and_quotes_no_secret() {
        for (text, part) in [
            ("public_url = \"x\"\n[secrets]\nMAIN_API_KEY = \"hidden-1234\n", "line 3"),
            ("[secrets]\nMAIN_API_KEY = hidden-1234\n", "line 2"),
            ("[secrets]\nMAIN_API_KEY = 1234\n", "MAIN_API_KEY of [secrets]"),
            ("secrets = \"hidden-1234\"\n", "must be a table"),
            ("mail_password = \"hidden-1234\"\n", "mail_password"),
        ] {
            let error = Answers::parse(text).unwrap_err();
            assert!(error.contains(part) && !error.contains("1234"), "{error}");
        }
    }

    #[test]
    fn an_option_has_no_password() {
        for (url, secret) in [
            ("postgres:///keystead?host=/run/postgresql&user=keystead", false),
            ("postgres://keystead@db.internal/keystead", false),
            ("sqlite", false),
            ("postgres://keystead:hidden@db.internal/keystead", true),
            ("postgres://keystead@db.internal/keystead?password=hidden", true),
        ] {
            let answers = Answers { database: Some(url.to_owned()), ..Answers::default() };
            assert_eq!(answers.refuse_password().is_err(), secret, "{url}");
        }
    }
}
