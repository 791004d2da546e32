//! Connects the crates: the gateway's traits implemented with the store, and the parts built from configuration.

pub(crate) mod audit_heads;
pub(crate) mod authenticate;
pub(crate) mod catalogue;
pub(crate) mod change_follower;
mod clock;
pub(crate) mod installation;
pub(crate) mod keys;
pub(crate) mod lag;
pub(crate) mod last_uses;
pub(crate) mod model_servers;
pub(crate) mod node;
pub(crate) mod objects;
pub(crate) mod pending;
pub(crate) mod rates;
pub(crate) mod sandbox;
pub(crate) mod services;
pub(crate) mod spend;
pub(crate) mod spread;
pub(crate) mod usage_sink;
pub(crate) mod worker;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use keystead_app::{App, AppOptions, Sealer, Services, Settings};
use keystead_core::key::{Pepper, TagKeys};
use keystead_core::verification::number::{LinePolicy, LineRule};
use keystead_store::Store;
use keystead_store::tables::audit::AuditKey;
use rand::SeedableRng;
use rand::rngs::StdRng;

pub(crate) use clock::{clock, now};

use crate::cli_error::CliError;
use crate::config::{Environment, Validated};
use crate::print;
use crate::secrets::{self, Secrets};

/// The time since the process began, for durations below a second.
pub(crate) fn stopwatch() -> keystead_gateway::Stopwatch {
    let began = tokio::time::Instant::now();
    Arc::new(move || began.elapsed())
}

/// A generator seeded by the operating system.
pub(crate) fn rng() -> StdRng {
    StdRng::from_os_rng()
}

/// The keys that tag API keys.
pub(crate) fn tags(secrets: &Secrets) -> TagKeys {
    TagKeys::new(secrets.tag.clone(), secrets.previous_tags.clone())
}

/// The key that digests API keys.
pub(crate) fn pepper(secrets: &Secrets) -> Pepper {
    Pepper::new(secrets.pepper.clone())
}

/// The key that chains audit rows.
pub(crate) fn audit_key(secrets: &Secrets) -> AuditKey {
    AuditKey(secrets.audit.clone())
}

/// Seals and matches personal data.
pub(crate) fn sealer(secrets: &Secrets) -> Sealer {
    Sealer::new(secrets.sealing.clone(), secrets.matching.clone())
}

/// The operator's settings for verification.
pub(crate) fn settings(config: &Validated) -> Settings {
    let usual = Settings::default();
    let (operator, verification) = (config.operator.clone(), config.verification.clone());
    let voip = if verification.allow_voip { LineRule::Accept } else { usual.lines.fixed_voip };
    let lines = LinePolicy { fixed_voip: voip, non_fixed_voip: voip, ..usual.lines };
    Settings {
        phone_countries: verification.phone_countries,
        lines,
        sim_swap_days: verification.sim_swap_days.and_then(|days| u16::try_from(days).ok()).unwrap_or_default(),
        daily_codes: verification.daily_codes.unwrap_or(usual.daily_codes),
        reverify_after_days: verification.reverify_after_days,
        reverify_new_owner_days: verification.reverify_new_owner_days,
        biometrics_days: verification.biometrics_days.unwrap_or(usual.biometrics_days),
        deletion_days: config.accounts.deletion_days,
        organization_deletion_days: config.organizations.deletion_days,
        operator: operator.name.unwrap_or(usual.operator),
        support_email: operator.support_email,
        waiver_requests: operator.waiver_requests.unwrap_or(usual.waiver_requests),
        privacy_policy_url: operator.privacy_policy_url,
        data_protection_contact: operator.data_protection_contact,
        operator_emails: operator.emails,
        case_mails: operator.case_mails.unwrap_or(usual.case_mails),
        client_certificates: config.edge.certificate_header.is_some(),
        budget_zone: config.budgets.zone.clone(),
        billing_mode: config.credit.mode,
        purchased_credit_days: config.credit.purchased_days,
        purchases: config.credit.purchases,
        language: operator.language.map_or(usual.language, Into::into),
        tiers: config.tiers.clone(),
        development: config.environment == Environment::Development,
        ..usual
    }
}

/// The use cases over this store.
pub(crate) fn app(store: Store, secrets: &Secrets, public_url: String, services: Services, settings: Settings) -> App {
    App::new(AppOptions {
        store,
        tags: tags(secrets),
        pepper: pepper(secrets),
        audit_key: audit_key(secrets),
        clock: clock(),
        rng: Box::new(rng()),
        public_url,
        sealer: sealer(secrets),
        services,
        settings,
    })
}

/// Builds the use cases for one command, and returns their store: opens it and applies missing migrations, because a
/// command may be the first thing that runs.
pub(crate) async fn for_commands(config: &Validated) -> Result<(App, Store), CliError> {
    let secrets = secrets::open(&config.server.data_dir)?;
    let store = open_store(config).await?;
    let services = services::of_commands(config)?;
    let app = app(store.clone(), &secrets, public_url(config, config.server.listen), services, settings(config));
    Ok((app, store))
}

/// The address of the pages for people: the configured one, or the one that is listened on.
pub(crate) fn public_url(config: &Validated, listen: SocketAddr) -> String {
    match config.public_url.as_str() {
        "" => format!("http://{}", openable(listen)),
        set => set.to_owned(),
    }
}

/// Returns an address that can be opened from this machine: `0.0.0.0` and `[::]` themselves cannot.
fn openable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Opens the store and migrates it, with a message when it takes long.
pub(crate) async fn open_store(config: &Validated) -> Result<Store, CliError> {
    let store = progress("opening the database", Store::open(config.database_url.expose())).await?;
    progress("bringing the database up to date", store.migrate()).await?;
    Ok(store)
}

/// Prints a message once the work takes more than a second.
pub(crate) async fn progress<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(std::time::Duration::from_secs(1)) => print::error(&format!("keystead: still {what} …")),
    }
    work.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_all_interfaces_is_shown_as_one_that_can_be_opened() {
        for (listen, opens) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("192.0.2.7:80", "192.0.2.7:80"),
            ("[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(openable(listen.parse().unwrap()).to_string(), opens);
        }
    }
}
