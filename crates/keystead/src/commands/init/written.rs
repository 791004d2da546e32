//! The files that `keystead init` writes: the configuration with comments, and the variables with the secrets.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use keystead_core::installation::Capability;
use keystead_locales::Messages;
use toml::Value;

use super::services::{self, Identity, Mail, Sms};
use super::upstreams::Upstream;
use super::{Answered, questions};
use crate::cli_error::CliError;
use crate::config::environment_file;

/// The texts of both files.
pub(super) struct Texts {
    pub(super) configuration: String,
    /// The secrets by the names of their variables.
    pub(super) variables: BTreeMap<String, String>,
}

/// A text as TOML.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn quoted_list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// The lines that would set a service up, as comments, after what its absence means.
fn left_out(capability: Capability) -> String {
    let missing = Messages::of("en").text(&format!("{}-missing", capability.message()));
    format!("\n# Not set up. {missing}\n{}", commented(capability))
}

/// The lines of a capability as comments.
fn commented(capability: Capability) -> String {
    let line = |line: &str| format!("# {}\n", line.trim_start_matches("# "));
    capability.lines().lines().map(line).collect()
}

pub(super) fn texts(answered: &Answered, secrets: &Path) -> Texts {
    let mut variables = BTreeMap::new();
    let mut text = String::from(
        "# Written by keystead init. keystead.example.toml in the source explains every value; run keystead doctor after\n\
         # each change. Each value can also come from the environment: KEYSTEAD_SERVER__LISTEN=0.0.0.0:8080.\n\n\
         environment = \"production\"\n",
    );
    text += &server(&answered.server);
    text += &database(answered.database.as_deref(), &mut variables);
    text += &operator(&answered.operator);
    for upstream in &answered.upstreams {
        text += &model_server(upstream, &mut variables);
    }
    text += "\n# Prices are in dollars per million tokens. Models without a price cost nothing in usage and budgets.\n";
    text += &commented(Capability::Prices);
    text += &answered.mail.as_ref().map_or_else(|| left_out(Capability::Mail), |one| mail(one, &mut variables));
    text += &answered.sms.as_ref().map_or_else(|| left_out(Capability::TextMessages), |one| sms(one, &mut variables));
    text += &left_out(Capability::Payment);
    text +=
        &answered.identity.as_ref().map_or_else(|| left_out(Capability::Identity), |one| identity(one, &mut variables));
    if !variables.is_empty() {
        let name = secrets.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let line = format!(
            "\n# The secrets are in this file, beside this one. Only the user that runs Keystead may read it.\n\
             environment_file = {}\n",
            quoted(&name)
        );
        let after = "environment = \"production\"\n";
        text = text.replacen(after, &format!("{after}{line}"), 1);
    }
    Texts { configuration: text, variables }
}

fn server(server: &questions::Server) -> String {
    format!(
        "\n[server]\n# How people and programs reach this installation.\npublic_url = {}\n\
         # Data plane, administration and dashboard share this address.\nlisten = {}\n\
         # The proxies that end TLS. Only their X-Forwarded-For and X-Forwarded-Proto are trusted.\n\
         trusted_proxies = {}\n\
         # Keystead's own secrets, usage that is not delivered yet, and the database of SQLite.\ndata_dir = {}\n",
        quoted(&server.public_url),
        quoted(&server.listen.to_string()),
        quoted_list(&server.trusted_proxies),
        quoted(&server.data_dir.to_string_lossy()),
    )
}

fn database(url: Option<&str>, variables: &mut BTreeMap<String, String>) -> String {
    let Some(url) = url else {
        return "\n# [database]\n# SQLite in the data folder is the default; several nodes need PostgreSQL.\n\
                # url = \"postgres://keystead@db.internal/keystead\"\n"
            .to_owned();
    };
    variables.insert("KEYSTEAD_DATABASE__URL".to_owned(), url.to_owned());
    "\n# [database]\n# PostgreSQL: the address is in KEYSTEAD_DATABASE__URL, because it may hold a password.\n"
        .to_owned()
}

fn operator(operator: &questions::Operator) -> String {
    let mut text = format!("\n[operator]\n# The name that people see.\nname = {}\n", quoted(&operator.name));
    text += &match operator.emails.is_empty() {
        true => "# The people who may open /operator.\n# emails = [\"you@example.com\"]\n".to_owned(),
        false => format!("# The people who may open /operator.\nemails = {}\n", quoted_list(&operator.emails)),
    };
    text + &match &operator.support_email {
        None => "# Where people get help.\n# support_email = \"support@example.com\"\n".to_owned(),
        Some(address) => format!("# Where people get help.\nsupport_email = {}\n", quoted(address)),
    }
}

fn model_server(upstream: &Upstream, variables: &mut BTreeMap<String, String>) -> String {
    let mut text = format!(
        "\n# Settings for servers that differ are in docs/upstreams.md.\n[[upstream]]\nname = {}\nbase_url = {}\n",
        quoted(&upstream.name),
        quoted(&upstream.base_url)
    );
    if let Some(key) = &upstream.key {
        let variable = Upstream::variable(&upstream.name);
        text += &format!("api_key_env = {}\n", quoted(&variable));
        variables.insert(variable, key.expose().clone());
    }
    text + &format!("models = {}\n", quoted_list(&upstream.models))
}

fn mail(mail: &Mail, variables: &mut BTreeMap<String, String>) -> String {
    let mut text = format!("\n[mail]\nurl = {}\nfrom = {}\n", quoted(&mail.url), quoted(&mail.from));
    if let Some((name, password)) = &mail.account {
        text += &format!("# The password is in {}.\nusername = {}\n", services::MAIL_PASSWORD, quoted(name));
        variables.insert(services::MAIL_PASSWORD.to_owned(), password.expose().clone());
    }
    text
}

fn sms(sms: &Sms, variables: &mut BTreeMap<String, String>) -> String {
    match sms {
        Sms::Twilio { base_url, account_sid, service_sid, auth_token } => {
            variables.insert(services::SMS_AUTH_TOKEN.to_owned(), auth_token.expose().clone());
            let base_url = base_url.as_ref().map(|url| format!("base_url = {}\n", quoted(url))).unwrap_or_default();
            format!(
                "\n# The token is in {}.\n[sms]\nprovider = \"twilio\"\n{base_url}account_sid = {}\nservice_sid = {}\n",
                services::SMS_AUTH_TOKEN,
                quoted(account_sid),
                quoted(service_sid)
            )
        }
        Sms::Http { base_url, token } => {
            if let Some(token) = token {
                variables.insert(services::SMS_TOKEN.to_owned(), token.expose().clone());
            }
            let secret = token.as_ref().map(|_| format!("# The token is in {}.\n", services::SMS_TOKEN));
            let secret = secret.unwrap_or_default();
            format!("\n{secret}[sms]\nprovider = \"http\"\nbase_url = {}\n", quoted(base_url))
        }
    }
}

fn identity(identity: &Identity, variables: &mut BTreeMap<String, String>) -> String {
    match identity {
        Identity::Review => "\n# The people in operator.emails decide.\n[identity]\nprovider = \"review\"\n".to_owned(),
        Identity::Persona { base_url, template, api_key, webhook_secrets } => {
            variables.insert(services::IDENTITY_API_KEY.to_owned(), api_key.expose().clone());
            variables.insert(services::IDENTITY_WEBHOOK_SECRETS.to_owned(), webhook_secrets.expose().clone());
            let base_url = base_url.as_ref().map(|url| format!("base_url = {}\n", quoted(url))).unwrap_or_default();
            format!(
                "\n# The secrets are in {} and {}.\n[identity]\nprovider = \"persona\"\n{base_url}template = {}\n",
                services::IDENTITY_API_KEY,
                services::IDENTITY_WEBHOOK_SECRETS,
                quoted(template)
            )
        }
    }
}

/// Refuses to begin where a file exists.
pub(super) fn refuse_existing(paths: &[&Path]) -> Result<(), CliError> {
    match paths.iter().find(|path| fs::symlink_metadata(path).is_ok()) {
        Some(path) => Err(exists(path)),
        None => Ok(()),
    }
}

fn exists(path: &Path) -> CliError {
    CliError::Other(format!("{} exists already; with --force it is replaced", path.display()))
}

/// Checks that the folder of the configuration exists, before anything is asked.
pub(super) fn check_folder(path: &Path) -> Result<(), CliError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() {
        return Ok(());
    }
    Err(CliError::Other(format!("the folder {} does not exist; make it first", folder.display())))
}

/// Writes both files, the secrets first. Each appears complete or not at all, and only this user can read it.
pub(super) fn write(path: &Path, secrets: &Path, texts: &Texts, force: bool) -> Result<(), CliError> {
    if !texts.variables.is_empty() {
        let lines: String = texts.variables.iter().map(|(name, value)| environment_file::line(name, value)).collect();
        let head = format!(
            "# Secrets for {}, written by keystead init. Shells and systemd can read this file, too.\n",
            path.display()
        );
        place(secrets, &format!("{head}{lines}"), force)?;
    }
    place(path, &texts.configuration, force)
}

fn place(path: &Path, text: &str, force: bool) -> Result<(), CliError> {
    let wrong = |error: io::Error| CliError::Other(format!("{}: {error}", path.display()));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).map_err(wrong)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let placed = match (written, force) {
        (Ok(()), true) => fs::rename(&temporary, path),
        // A link refuses a file that has appeared meanwhile.
        (Ok(()), false) => fs::hard_link(&temporary, path).and_then(|()| fs::remove_file(&temporary)),
        (Err(error), _) => Err(error),
    };
    placed.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        if error.kind() == io::ErrorKind::AlreadyExists { exists(path) } else { wrong(error) }
    })
}
