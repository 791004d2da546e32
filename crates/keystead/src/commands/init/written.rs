//! The files that `keystead init` writes: the configuration with comments, and the variables with the secrets.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

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
    /// The file of variables.
    pub(super) secrets: String,
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
    let missing = Messages::of("en").text(&capability.missing_message());
    format!("\n# Not set up. {missing}\n{}", commented(capability))
}

/// The lines of a capability as comments.
fn commented(capability: Capability) -> String {
    let line = |line: &str| format!("# {}\n", line.trim_start_matches("# "));
    capability.lines().lines().map(line).collect()
}

pub(super) fn texts(answered: &Answered, path: &Path, secrets: &Path) -> Texts {
    let mut variables = BTreeMap::new();
    let mut text = String::from(
        "# Written by keystead init. keystead.example.toml in the source explains every value; run keystead doctor after\n\
         # each change. Each value can also come from the environment: KEYSTEAD_SERVER__LISTEN=0.0.0.0:8080.\n\n\
         environment = \"production\"\n\n\
         # Secrets are in this file, beside this one. Only the user that runs Keystead may read it.\n",
    );
    text += &format!("environment_file = {}\n", quoted(&secrets.file_name().unwrap_or_default().to_string_lossy()));
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
    let lines: String = variables.iter().map(|(name, value)| environment_file::line(name, value)).collect();
    let secrets = format!(
        "# Secrets for {}, written by keystead init. Shells and systemd can read this file, too.\n{lines}",
        path.display()
    );
    Texts { configuration: text, secrets, variables }
}

/// Checks that the file of variables is read as it was meant.
pub(super) fn check_secrets(texts: &Texts) -> Result<(), CliError> {
    let found = environment_file::parse(&texts.secrets).unwrap_or_default();
    match texts.variables.iter().find(|(name, value)| found.get(*name) != Some(value)) {
        None if found.len() == texts.variables.len() => Ok(()),
        None => Err(CliError::Other("the file of secrets cannot be written".to_owned())),
        Some((name, _)) => Err(CliError::Other(format!(
            "the value of {name} cannot be written to a file of variables; it may contain a line break"
        ))),
    }
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
                # url = \"postgres://keystead@db.internal/keystead?sslmode=verify-full\"\n"
            .to_owned();
    };
    variables.insert(questions::DATABASE.to_owned(), url.to_owned());
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
    let path = path.display();
    CliError::Other(format!("{path} exists already; with --force it is kept as {path}.before and replaced"))
}

/// Checks that the folder of the configuration exists, before anything is asked.
pub(super) fn check_folder(path: &Path) -> Result<(), CliError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() {
        return Ok(());
    }
    Err(CliError::Other(format!("the folder {} does not exist; make it first", folder.display())))
}

/// Writes both files, the secrets first. Each appears complete or not at all, and only this user can read it. Returns
/// the copies of the files that were replaced.
pub(super) fn write(path: &Path, secrets: &Path, texts: &Texts, force: bool) -> Result<Vec<PathBuf>, CliError> {
    let copies = [place(secrets, &texts.secrets, force)?, place(path, &texts.configuration, force)?];
    Ok(copies.into_iter().flatten().collect())
}

fn place(path: &Path, text: &str, force: bool) -> Result<Option<PathBuf>, CliError> {
    let wrong = |error: io::Error| CliError::Other(format!("{}: {error}", path.display()));
    let temporary = beside(path, &format!("{}.new", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).map_err(wrong)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| {
        let copy = if force { keep(path)? } else { None };
        match copy {
            Some(_) => fs::rename(&temporary, path)?,
            // A link refuses a file that has appeared meanwhile.
            None => fs::hard_link(&temporary, path).and_then(|()| fs::remove_file(&temporary))?,
        }
        Ok(copy)
    });
    placed.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        if error.kind() == io::ErrorKind::AlreadyExists { exists(path) } else { wrong(error) }
    })
}

/// The path of a file in the same folder with more at the end of its name.
fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{more}"));
    path.with_file_name(name)
}

/// Keeps a file under a second name, which no other copy has; `None` where there is no file.
fn keep(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut number = 1;
    loop {
        let copy = if number == 1 { "before".to_owned() } else { format!("before-{number}") };
        let copy = beside(path, &copy);
        match fs::hard_link(path, &copy) {
            Ok(()) => return Ok(Some(copy)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}
