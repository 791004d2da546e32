//! The questions about the server, the database and the operator.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf, absolute};

use keystead_core::installation::{Capability, PublicAddress};
use keystead_core::network::Networks;
use keystead_core::text;
use keystead_store::Store;
use rustix::fs::{Access, access};

use super::answers::Answers;
use super::interview::{Interview, Question, list, optional, some_text};
use crate::cli_error::CliError;
use crate::config;

/// The variable with the address of the database.
pub(super) const DATABASE: &str = "KEYSTEAD_DATABASE__URL";

/// `[server]`.
pub(super) struct Server {
    pub(super) public_url: String,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) listen: SocketAddr,
    pub(super) data_dir: PathBuf,
}

/// `[operator]`.
pub(super) struct Operator {
    pub(super) name: String,
    pub(super) emails: Vec<String>,
    pub(super) support_email: Option<String>,
}

pub(super) fn server(interview: Interview, given: &Answers) -> Result<Server, CliError> {
    interview.subject(
        "Address",
        &[
            "People and programs reach Keystead at one address. Keystead speaks no TLS itself: a proxy such as nginx or",
            "Caddy on this machine or another holds the certificate and forwards to Keystead.",
        ],
    );
    let question = Question::new("public-url", "Public address, such as https://keys.example.com");
    let check = |text: &str| config::checked_origin("The address", text).map_err(plain);
    let public_url = interview.ask(&question, given.public_url.clone(), check)?;
    let tls = PublicAddress::of(&public_url) == PublicAddress::Tls;
    if !tls {
        interview.left_out(Capability::PublicAddress);
    }
    let usual = if tls { "127.0.0.1, ::1" } else { "none" };
    let question =
        Question::new("trusted-proxies", "Addresses of this proxy, from which Keystead sees it, or none").or(usual);
    let trusted_proxies = interview.ask(&question, given.trusted_proxies.clone(), proxies)?;
    let local = trusted_proxies.iter().all(|address| address.starts_with("127.") || address == "::1");
    let usual = if local { "127.0.0.1:8080" } else { "0.0.0.0:8080" };
    let question = Question::new("listen", "Address and port on which Keystead listens").or(usual);
    let listen = interview.ask(&question, given.listen.clone(), listens)?;
    if listen.ip().is_unspecified() {
        Interview::warn(
            "Keystead listens at every address of this machine. Let a firewall allow only the proxy to connect to this \
             port.",
        );
    }
    if TcpListener::bind(listen).is_err() {
        interview.say("  This port is in use now. That is fine when Keystead itself uses it.");
    }
    interview.subject("Data", &["The database of SQLite, Keystead's own secrets and usage that is not delivered yet."]);
    let usual = if folder("/var/lib/keystead").is_ok() { "/var/lib/keystead" } else { "./keystead-data" };
    let question = Question::new("data-dir", "Folder for data").or(usual);
    let data_dir = interview.ask(&question, given.data_dir.clone(), folder)?;
    Ok(Server { public_url, trusted_proxies, listen, data_dir })
}

/// The text of a configuration error without the words before it.
fn plain(error: config::ConfigError) -> String {
    match error {
        config::ConfigError::Value(reason) => reason,
        other => other.to_string(),
    }
}

fn proxies(answer: &str) -> Result<Vec<String>, String> {
    let Some(answer) = optional(answer) else { return Ok(Vec::new()) };
    let entries = list(answer);
    Networks::new(entries.iter().map(String::as_str)).map_err(|fault| fault.to_string())?;
    match entries.iter().find(|entry| too_wide(entry)) {
        Some(entry) => {
            Err(format!("{entry} is too large a network for proxies: everyone in it could forge addresses."))
        }
        None => Ok(entries),
    }
}

/// Whether a network contains more than the largest private network (10.0.0.0/8, fc00::/7) or a service of proxies has.
fn too_wide(entry: &str) -> bool {
    let Some((address, length)) = entry.split_once('/') else { return false };
    let least = match address.parse() {
        Ok(IpAddr::V6(v6)) if v6.is_unique_local() => 7,
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_some() => 96 + 8,
        Ok(IpAddr::V6(_)) => 16,
        _ => 8,
    };
    length.parse().is_ok_and(|length: u8| length < least)
}

/// Checks that this address can be listened on. A port that is in use may be in use by Keystead.
fn listens(answer: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        answer.parse().map_err(|_| "This must be an address and a port, such as 127.0.0.1:8080.".to_owned())?;
    match TcpListener::bind(address) {
        Err(error) if error.kind() != std::io::ErrorKind::AddrInUse => {
            Err(format!("Keystead cannot listen there: {error}."))
        }
        _ => Ok(address),
    }
}

/// Checks that the folder, or the nearest folder above it that exists, can be written to. Returns the complete path.
fn folder(answer: &str) -> Result<PathBuf, String> {
    let path = absolute(some_text(answer)?).map_err(|error| error.to_string())?;
    let existing = path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    if !existing.is_dir() {
        return Err(format!("{} is not a folder.", existing.display()));
    }
    access(existing, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| {
        format!(
            "{} cannot be written to: {error}. Run this command as the user that will run Keystead.",
            existing.display()
        )
    })?;
    Ok(path)
}

/// Returns the address of a PostgreSQL database; `None` is SQLite in the data folder.
pub(super) async fn database(
    interview: Interview,
    given: &Answers,
    server: &Server,
) -> Result<Option<String>, CliError> {
    interview.subject(
        "Database",
        &[
            "SQLite is a file in the data folder and serves one node. Several nodes need PostgreSQL:",
            "postgres://user:password@host/database, with ?sslmode=verify-full for a database on another machine.",
        ],
    );
    let mut early = given.database.clone().or_else(|| given.secret(DATABASE));
    loop {
        let question = Question::new("database", "\"sqlite\", or the address of a PostgreSQL database (not shown)");
        let question = question.or("sqlite").hidden();
        let url = interview.ask(&question, early.take(), database_url)?;
        let Some(url) = url else {
            interview.say(&format!("  ok: SQLite in {}", server.data_dir.join("keystead.db").display()));
            return Ok(None);
        };
        if interview.keeps("The database", connect(&url)).await? {
            return Ok(Some(url));
        }
    }
}

fn database_url(answer: &str) -> Result<Option<String>, String> {
    match answer {
        "sqlite" => Ok(None),
        url if url.starts_with("postgres://") || url.starts_with("postgresql://") => Ok(Some(url.to_owned())),
        _ => Err("This must be sqlite, or an address that begins with postgres://.".to_owned()),
    }
}

async fn connect(url: &str) -> Result<String, String> {
    let store = Store::open(url).await.map_err(|error| error.to_string())?;
    store.ping().await.map_err(|error| error.to_string())?;
    store.check_version().await.map_err(|error| error.to_string())?;
    store.close().await;
    Ok("PostgreSQL answers".to_owned())
}

pub(super) fn operator(interview: Interview, given: &Answers) -> Result<Operator, CliError> {
    interview.subject("Operator", &["The people who run this installation. They open /operator and decide cases."]);
    let question = Question::new("operator-name", "Name of the operator that people see").or("Keystead");
    let name = interview.ask(&question, given.operator_name.clone(), some_text)?;
    let question = Question::new("operator-emails", "Email addresses of operators, with commas, or none").or("none");
    let emails = interview.ask(&question, given.operator_emails.clone(), addresses)?;
    let usual = emails.first().cloned().unwrap_or_else(|| "none".to_owned());
    let question = Question::new("support-email", "Email address where people get help, or none").or(usual);
    let mut support = interview.ask(&question, given.support_email.clone(), addresses)?;
    let support_email = if support.is_empty() { None } else { Some(support.swap_remove(0)) };
    if emails.is_empty() || support_email.is_none() {
        interview.left_out(Capability::Operators);
    }
    Ok(Operator { name, emails, support_email })
}

fn addresses(answer: &str) -> Result<Vec<String>, String> {
    let Some(answer) = optional(answer) else { return Ok(Vec::new()) };
    let wrong = |address: &str| format!("{address} is not an email address.");
    list(answer).iter().map(|one| text::email(one).map_err(|_| wrong(one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_checked() {
        assert_eq!(proxies("none"), Ok(vec![]));
        assert_eq!(proxies("127.0.0.1, 10.0.0.0/8").map(|list| list.len()), Ok(2));
        assert!(proxies("nginx").is_err());
        for wide in ["0.0.0.0/0", "::/0", "128.0.0.0/1", "10.0.0.1, 2000::/3", "::ffff:0.0.0.0/96"] {
            assert!(proxies(wide).is_err(), "{wide}");
        }
        assert!(proxies("10.0.0.0/8, fc00::/7, 2a06:98c0::/29, ::ffff:10.0.0.0/104").is_ok());
        assert!(listens("127.0.0.1:0").is_ok() && listens("8080").is_err() && listens("192.0.2.1:80").is_err());
        assert_eq!(database_url("sqlite"), Ok(None));
        assert!(database_url("mysql://x").is_err() && database_url("postgres://h/d").is_ok());
        assert_eq!(addresses("a@example.com, b@example.com").map(|list| list.len()), Ok(2));
        assert!(addresses("a@example.com, b").is_err());
        assert!(folder("/proc/version/x").is_err() && folder("").is_err());
        let here = tempfile::tempdir().unwrap();
        assert_eq!(folder(here.path().join("a/b").to_str().unwrap()), Ok(here.path().join("a/b")));
    }
}
