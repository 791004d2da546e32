//! `keystead doctor`: checks what works, what does not, and what to do about it.

mod installation;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};

use keystead_app::review::EvidenceStore;
use keystead_core::network::CountryRule;
use keystead_gateway::spool_report;
use keystead_store::tables::{certificates, usage};
use keystead_store::{Store, Tx};
use serde_json::{Value, json};

use crate::cli::Output;
use crate::cli_error::CliError;
use crate::config::{Environment, Identity, Validated};
use crate::serve::client_address::CountryDatabase;
use crate::{data_folder, print, secrets};

struct Check {
    name: &'static str,
    outcome: Result<String, String>,
}

pub(crate) async fn run(config: &Validated, output: Output) -> Result<(), CliError> {
    let mut checks = vec![Check { name: "configuration", outcome: Ok(environment(config)) }];
    checks.push(Check { name: "data folder", outcome: folder(config) });
    checks.push(Check { name: "secrets", outcome: secrets(config) });
    checks.push(Check { name: "database", outcome: database(config).await });
    checks.push(Check { name: "spool", outcome: spool(config).await });
    checks.push(Check { name: "proxies", outcome: Ok(proxies(config)) });
    if config.edge.rule.is_some() || config.edge.country_database.is_some() {
        checks.push(Check { name: "countries", outcome: countries(config) });
    }
    checks.extend(client_certificates(config).await.map(|outcome| Check { name: "certificates", outcome }));
    checks.push(Check { name: "listen", outcome: port(config.server.listen) });
    if matches!(config.identity, Some(Identity::Review)) {
        checks.push(Check { name: "reviewer", outcome: reviewer(config) });
    }
    if config.environment == Environment::Production {
        checks.push(Check { name: "services", outcome: services(config) });
    }
    if let Some(sandbox) = &config.sandbox {
        checks.push(Check { name: "sandbox", outcome: port(sandbox.listen) });
    }
    let value: Vec<Value> = checks
        .iter()
        .map(|check| {
            let (Ok(detail) | Err(detail)) = &check.outcome;
            json!({ "check": check.name, "ok": check.outcome.is_ok(), "detail": detail })
        })
        .collect();
    let lines: Vec<String> = checks
        .iter()
        .map(|check| match &check.outcome {
            Ok(detail) => format!("ok    {:<14} {detail}", check.name),
            Err(detail) => format!("WRONG {:<14} {detail}", check.name),
        })
        .collect();
    let view = installation::view(config).await;
    let healthy = checks.iter().all(|check| check.outcome.is_ok()) && !installation::needs_attention(config, &view);
    let (capabilities, rules) = installation::json(&view);
    let answer = json!({ "healthy": healthy, "checks": value, "capabilities": capabilities, "rules": rules });
    let lines: Vec<String> = lines.into_iter().chain(installation::lines(config, &view)).collect();
    print::answer(output.json, &answer, &lines)?;
    if healthy { Ok(()) } else { Err(CliError::Other("something needs attention; see above".to_owned())) }
}

fn environment(config: &Validated) -> String {
    let place = match config.environment {
        Environment::Development => "development",
        Environment::Production => "production",
    };
    match config.upstreams.len() {
        0 if config.sandbox.is_some() => format!("{place}; the sandbox's model server answers"),
        0 => format!("{place}; no model server is configured"),
        count => format!("{place}; {count} upstreams"),
    }
}

fn folder(config: &Validated) -> Result<String, String> {
    let folder = &config.server.data_dir;
    if !folder.exists() {
        return Ok(format!("{} is made by the first start", folder.display()));
    }
    data_folder::check(config).map(|()| format!("{} is private", folder.display())).map_err(|error| error.to_string())
}

fn secrets(config: &Validated) -> Result<String, String> {
    let folder = &config.server.data_dir;
    if !folder.join("secrets.toml").exists() {
        return Ok("none yet; the first start makes them".to_owned());
    }
    secrets::open(folder).map(|_| format!("private, in {}", folder.display())).map_err(|error| error.to_string())
}

/// Whether the database is a file that the first start will make.
fn no_file_yet(url: &str) -> bool {
    url.strip_prefix("sqlite://").is_some_and(|path| !std::path::Path::new(path).exists())
}

async fn database(config: &Validated) -> Result<String, String> {
    let url = config.database_url.expose();
    if no_file_yet(url) {
        return Ok("none yet; the first start makes it".to_owned());
    }
    let store = Store::open(url).await.map_err(|error| error.to_string())?;
    store.ping().await.map_err(|error| error.to_string())?;
    store.check_version().await.map_err(|error| error.to_string())?;
    Ok(if url.starts_with("sqlite://") { "SQLite answers".to_owned() } else { "PostgreSQL answers".to_owned() })
}

/// Counts the usage events that wait to be counted, and reports what cannot be read.
async fn spool(config: &Validated) -> Result<String, String> {
    let folder = config.server.data_dir.join("spool");
    if !folder.exists() {
        return Ok("none yet; the first start makes it".to_owned());
    }
    let files = spool_report(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let wrong = files.iter().filter_map(|file| Some(format!("{}: {}", file.path.display(), file.wrong.as_ref()?)));
    let wrong: Vec<String> = wrong.collect();
    let mut ends: BTreeMap<String, i64> = BTreeMap::new();
    for file in files {
        if let Some(segment) = file.segment {
            let end = ends.entry(segment).or_default();
            *end = file.end.max(*end);
        }
    }
    let waiting = match waiting(config, ends).await {
        Ok(0) => "no usage waits".to_owned(),
        Ok(1) => "1 usage event waits; it is counted when Keystead runs".to_owned(),
        Ok(many) => format!("{many} usage events wait; they are counted when Keystead runs"),
        Err(_) => "how much usage waits cannot be told without the database".to_owned(),
    };
    if wrong.is_empty() { Ok(waiting) } else { Err(format!("{waiting}; {}", wrong.join("; "))) }
}

/// Counts the events after the positions up to which the store counted these segments.
async fn waiting(config: &Validated, ends: BTreeMap<String, i64>) -> Result<i64, keystead_store::Error> {
    if ends.values().all(|end| *end == 0) {
        return Ok(0);
    }
    let store = Store::open(config.database_url.expose()).await?;
    let read = store.read("spool_waiting", async move |tx: &mut Tx| {
        let mut sum = 0;
        for (segment, end) in &ends {
            sum += end.saturating_sub(usage::counted(tx, segment).await?).max(0);
        }
        Ok::<_, keystead_store::Error>(sum)
    });
    read.await
}

/// Describes the proxies that are trusted for clients' addresses.
fn proxies(config: &Validated) -> String {
    let trusted = &config.edge.trusted;
    let beyond = config.server.listen.ip().is_loopback() && !config.public_url.is_empty();
    let https = config.public_url.starts_with("https://") && !config.server.allow_plain_http;
    match trusted.entries().as_slice() {
        [] if https && !config.server.listen.ip().is_loopback() => {
            "none is trusted: calls of the API from other machines are refused as unencrypted, because \
             server.public_url is https; name the proxy that ends TLS in server.trusted_proxies"
                .to_owned()
        }
        [] if beyond => {
            "none is trusted: behind a proxy every client has the proxy's address, in limits and lists; name \
                         it in server.trusted_proxies"
                .to_owned()
        }
        [] => "none is trusted: a client's address is that of its connection".to_owned(),
        entries if entries.iter().any(|entry| entry.ends_with("/0")) => {
            format!("{} trusted: everybody may claim any address; name your proxies only", entries.join(", "))
        }
        entries => format!("{} trusted: X-Forwarded-For counts from there", entries.join(", ")),
    }
}

/// Checks that active certificates have a source of the clients' certificates; `None` where there is neither.
async fn client_certificates(config: &Validated) -> Option<Result<String, String>> {
    if let Some(header) = &config.edge.certificate_header {
        return Some(Ok(format!("clients' certificates are known by the proxies' {header}")));
    }
    let url = config.database_url.expose();
    if no_file_yet(url) {
        return None;
    }
    let store = Store::open(url).await.ok()?;
    let read = store.read("active_certificates", async move |tx: &mut Tx| certificates::count_active(tx).await);
    let active: Result<i64, keystead_store::Error> = read.await;
    let unchecked = |active| {
        Err(format!("{active} are active, and keys that need one are refused: set network.client_certificate_header"))
    };
    active.ok().filter(|active| *active > 0).map(unchecked)
}

/// Checks that a rule about countries has a source for them.
fn countries(config: &Validated) -> Result<String, String> {
    let edge = &config.edge;
    let database = edge.country_database.as_deref().map(CountryDatabase::open).transpose();
    let database = database.map_err(|error| error.to_string())?;
    let header = edge.country_header.as_ref().filter(|_| !edge.trusted.is_empty());
    let source = match (header, &database) {
        (Some(header), Some(database)) => format!("by the proxies' {header}, else {}", database.described()),
        (Some(header), None) => format!("by the proxies' {header}"),
        (None, Some(database)) => format!("by {}", database.described()),
        (None, None) => String::new(),
    };
    let Some(rule) = &edge.rule else { return Ok(format!("known {source}, but no rule asks")) };
    let (word, list) = match rule {
        CountryRule::Allowed(list) => ("only", list),
        CountryRule::Refused(list) => ("not", list),
    };
    let list: Vec<&str> = list.iter().map(|country| country.as_str()).collect();
    let list = format!("{word} {}", list.join(", "));
    if !source.is_empty() {
        return Ok(format!("{list}, known {source}"));
    }
    let what = match (&edge.country_header, rule) {
        (Some(header), _) => format!("{header} is not believed while server.trusted_proxies is empty"),
        (None, CountryRule::Allowed(_)) => "they are unknown, so every client is refused".to_owned(),
        (None, CountryRule::Refused(_)) => "they are unknown, so no client is refused".to_owned(),
    };
    Err(format!("{list}: {what}; set network.country_database, or network.country_header with trusted proxies"))
}

/// Checks the built-in review: people must be able to decide, and phones open a camera only on a page with TLS.
fn reviewer(config: &Validated) -> Result<String, String> {
    if config.operator.emails.is_empty() {
        return Err("identity.provider is review, and no person may decide: name people in operator.emails".to_owned());
    }
    let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
    let url = config.public_url.as_str();
    if !url.is_empty() && !url.starts_with("https://") && !local.iter().any(|start| url.starts_with(start)) {
        return Err("phones open a camera only over https; set server.public_url to an https:// address".to_owned());
    }
    let folder = config.server.data_dir.join("evidence");
    if !folder.exists() {
        return Ok("the folder of evidence is made by the first start".to_owned());
    }
    let opened = EvidenceStore::open(&folder).map(|_| format!("evidence is private, in {}", folder.display()));
    opened.map_err(|error| error.to_string())
}

/// Keys for trying a service out have no place in production: what is proven with them is not true.
fn services(config: &Validated) -> Result<String, String> {
    let found = config.trial_keys();
    if !found.is_empty() {
        return Err(found.join("; "));
    }
    Ok(match &config.identity {
        Some(Identity::Persona { environment: None, .. }) => {
            "no key is for trials; set identity.environment_id, and answers from another environment of Persona are refused"
        }
        _ => "no key is for trials",
    }
    .to_owned())
}

fn port(address: SocketAddr) -> Result<String, String> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        // A running Keystead uses its own port, so this is a note and not a fault.
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{address} is in use; fine when that is Keystead itself"))
        }
        Err(error) => Err(format!("{address} cannot be used: {error}")),
    }
}
