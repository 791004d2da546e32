//! One struct per section, with its defaults, and the checks that need more than one value.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use keystead_core::rate::RateLimits;
use keystead_core::secret::Secret;
use keystead_core::usage::Price;
use keystead_providers::cloud::{AwsIdentity, AzureIdentity};
use serde::Deserialize;

use super::ConfigError;
use super::budgets::{BudgetSection, Budgets};
use super::clouds::{AwsSection, AzureSection};
use super::credit::{Credit, CreditSection};
use super::deletion::DeletionSection;
use super::limits::Limits;
use super::models::ModelSection;
use super::network::{EdgeOptions, NetworkSection};
use super::services::{
    Identity, IdentitySection, Mail, MailSection, OperatorSection, Payment, PaymentSection, SignIn, SignInSection, Sms,
    SmsSection, VerificationSection,
};
use super::upstreams::{UpstreamSection, ValidatedUpstream};
use super::url::checked_origin;

/// The kind of installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Environment {
    /// Development: the sandbox replaces the outside services.
    #[default]
    Development,
    /// Production: no sandbox, and a public address.
    Production,
}

/// The configuration as written.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) environment: Environment,
    /// A file of variables for those that the environment does not have. It is read before this struct is.
    pub(crate) environment_file: Option<PathBuf>,
    pub(crate) server: Server,
    pub(crate) network: NetworkSection,
    pub(crate) database: Database,
    pub(crate) sandbox: Sandbox,
    pub(crate) log: Log,
    pub(crate) limits: Limits,
    pub(crate) budgets: BudgetSection,
    pub(crate) credit: CreditSection,
    pub(crate) directory: DirectorySection,
    pub(crate) usage: UsageSection,
    pub(crate) sms: SmsSection,
    pub(crate) sms_fallback: SmsSection,
    pub(crate) payment: PaymentSection,
    pub(crate) identity: IdentitySection,
    pub(crate) mail: MailSection,
    pub(crate) sign_in: SignInSection,
    pub(crate) aws: AwsSection,
    pub(crate) azure: AzureSection,
    pub(crate) operator: OperatorSection,
    pub(crate) accounts: DeletionSection,
    pub(crate) organizations: DeletionSection,
    pub(crate) verification: VerificationSection,
    pub(crate) upstream: Vec<UpstreamSection>,
    pub(crate) model: Vec<ModelSection>,
}

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<String>,
    pub(crate) data_dir: PathBuf,
    /// Empty or `off` means no metrics listener.
    pub(crate) metrics_listen: Option<String>,
    pub(crate) trusted_proxies: Vec<String>,
    pub(crate) shutdown_grace_seconds: u64,
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    pub(crate) request_head_seconds: u64,
    pub(crate) idle_connection_seconds: u64,
    pub(crate) stalled_answer_seconds: u64,
    pub(crate) allow_plain_http: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            data_dir: PathBuf::from("./keystead-data"),
            metrics_listen: None,
            trusted_proxies: Vec::new(),
            shutdown_grace_seconds: 30,
            max_connections: 10_000,
            max_connections_per_address: 2_000,
            request_head_seconds: 15,
            idle_connection_seconds: 75,
            stalled_answer_seconds: 120,
            allow_plain_http: false,
        }
    }
}

impl Server {
    fn validate(&self) -> Result<(), ConfigError> {
        let numbers = [
            ("max_connections", u64::try_from(self.max_connections).unwrap_or(u64::MAX)),
            ("max_connections_per_address", u64::try_from(self.max_connections_per_address).unwrap_or(u64::MAX)),
            ("request_head_seconds", self.request_head_seconds),
            ("idle_connection_seconds", self.idle_connection_seconds),
            ("stalled_answer_seconds", self.stalled_answer_seconds),
        ];
        super::limits::positive("server", &numbers)
    }
}

/// `[database]`.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Database {
    pub(crate) url: Option<String>,
}

impl fmt::Debug for Database {
    // The address of a database may contain its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database")
    }
}

/// `[sandbox]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sandbox {
    pub(crate) enabled: Option<bool>,
    pub(crate) listen: SocketAddr,
    pub(crate) smtp_listen: Option<SocketAddr>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self { enabled: None, listen: SocketAddr::from(([127, 0, 0, 1], 8081)), smtp_listen: None }
    }
}

impl Sandbox {
    /// Whether one is to run; `compiled` tells whether this build has it.
    pub(super) fn wanted(&self, production: bool, compiled: bool) -> Result<bool, ConfigError> {
        let wanted = self.enabled.unwrap_or(!production);
        let wrong = match (wanted, production, compiled) {
            (true, true, _) => "sandbox.enabled must not be true in production: the sandbox says yes to everything",
            (true, false, false) => {
                "this program was built without the sandbox, which environment = \"development\" starts: set \
                 environment = \"production\" or sandbox.enabled = false, or build with the cargo feature `sandbox`"
            }
            _ => return Ok(wanted),
        };
        Err(ConfigError::Value(wrong.to_owned()))
    }
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// `[directory]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DirectorySection {
    pub(crate) capacity: usize,
    pub(crate) max_stale_seconds: i64,
}

impl Default for DirectorySection {
    fn default() -> Self {
        Self { capacity: 100_000, max_stale_seconds: 900 }
    }
}

/// When a usage event counts as safe, so that its answer may be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UsageDurability {
    /// With the operating system.
    #[default]
    Process,
    /// On disk.
    Disk,
}

/// With a smaller size, files of the spool would be created and removed all the time.
const SMALLEST_SPOOL_FILE: u64 = 64 << 10;

/// `[usage]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UsageSection {
    pub(crate) durability: UsageDurability,
    pub(crate) unwritten_events: u64,
    pub(crate) unwritten_seconds: u64,
    pub(crate) spool_file_bytes: u64,
}

impl Default for UsageSection {
    fn default() -> Self {
        Self {
            durability: UsageDurability::Process,
            unwritten_events: 10_000,
            unwritten_seconds: 5,
            spool_file_bytes: 8 << 20,
        }
    }
}

/// The configuration after all checks, with its secrets wrapped.
#[derive(Debug, Clone)]
pub(crate) struct Validated {
    pub(crate) environment: Environment,
    pub(crate) server: Server,
    pub(crate) public_url: String,
    /// The trusted proxies, and the served countries.
    pub(crate) edge: EdgeOptions,
    pub(crate) metrics: Option<SocketAddr>,
    /// Whether the operator set the metrics address; the default one may be in use, a set one may not.
    pub(crate) metrics_chosen: bool,
    pub(crate) database_url: Secret<String>,
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) log: Log,
    pub(crate) limits: Limits,
    pub(crate) budgets: Budgets,
    pub(crate) credit: Credit,
    pub(crate) directory: DirectorySection,
    pub(crate) usage: UsageSection,
    pub(crate) sms: Option<Sms>,
    /// Asked in the same request when the first does not answer.
    pub(crate) sms_fallback: Option<Sms>,
    pub(crate) payment: Option<Payment>,
    pub(crate) identity: Option<Identity>,
    pub(crate) mail: Option<Mail>,
    pub(crate) sign_in: Option<SignIn>,
    pub(crate) aws: Option<AwsIdentity>,
    pub(crate) azure: Option<AzureIdentity>,
    pub(crate) operator: OperatorSection,
    pub(crate) accounts: DeletionSection,
    pub(crate) organizations: DeletionSection,
    pub(crate) verification: VerificationSection,
    pub(crate) upstreams: Vec<ValidatedUpstream>,
    /// The default rate limits of one organization for a model.
    pub(crate) rates: RateLimits,
    pub(crate) models: Vec<(ModelSection, Price, RateLimits)>,
    /// Variables that nothing reads, each with the name that was probably meant.
    pub(crate) mistyped: Vec<(String, String)>,
}

impl Config {
    /// Checks that need more than one value. `variable` reads one environment variable.
    pub(crate) fn validate(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Validated, ConfigError> {
        let wrong = |text: String| Err(ConfigError::Value(text));
        let production = self.environment == Environment::Production;
        let sandbox_wanted = self.sandbox.wanted(production, cfg!(feature = "sandbox"))?;
        if production && self.upstream.is_empty() {
            return wrong("no [[upstream]] is configured; production needs at least one model server".into());
        }
        let public_url = match &self.server.public_url {
            Some(url) => checked_origin("server.public_url", url)?,
            None if production => return wrong("server.public_url is required in production".into()),
            None => String::new(),
        };
        let chosen = self.server.metrics_listen.as_deref();
        let metrics = match chosen.map(str::trim) {
            None => Some(SocketAddr::from(([127, 0, 0, 1], 9464))),
            Some("" | "off") => None,
            Some(text) => match text.parse() {
                Ok(address) => Some(address),
                Err(_) => {
                    return wrong("server.metrics_listen must be an address such as 127.0.0.1:9464, or off".into());
                }
            },
        };
        let url = self.database.url.clone().unwrap_or_else(|| sqlite_in(&self.server.data_dir));
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            return wrong("database.url must begin with sqlite:// or postgres://".into());
        }
        let mut upstreams = Vec::with_capacity(self.upstream.len());
        for upstream in &self.upstream {
            let valid = upstream.validate(variable)?;
            if upstreams.iter().any(|known: &ValidatedUpstream| known.name == valid.name) {
                return wrong(format!("two [[upstream]] are named {:?}", valid.name));
            }
            upstreams.push(valid);
        }
        let mut models = Vec::with_capacity(self.model.len());
        for model in self.model {
            let known = |name: &String| upstreams.iter().any(|upstream| &upstream.name == name);
            if let Some(name) = model.upstream.as_ref().filter(|name| !upstreams.is_empty() && !known(name)) {
                return wrong(format!("model {:?}: no [[upstream]] is named {name:?}", model.id));
            }
            let (price, rates) = (model.price()?, model.rates()?);
            models.push((model, price, rates));
        }
        self.verification.validate()?;
        self.accounts.validate("accounts")?;
        self.organizations.validate("organizations")?;
        if self.usage.spool_file_bytes < SMALLEST_SPOOL_FILE {
            return wrong(format!("usage.spool_file_bytes must be at least {SMALLEST_SPOOL_FILE}"));
        }
        self.server.validate()?;
        self.limits.validate()?;
        let edge = self.network.validate(&self.server.trusted_proxies)?;
        let (sms, sms_fallback) = (self.sms.validate("sms")?, self.sms_fallback.validate("sms_fallback")?);
        if sms_fallback.is_some() && sms.is_none() && !sandbox_wanted {
            return wrong("sms_fallback needs sms: it is asked when that service does not answer".into());
        }
        Ok(Validated {
            sms,
            sms_fallback,
            payment: self.payment.validate()?,
            identity: self.identity.validate()?,
            mail: self.mail.validate()?,
            sign_in: self.sign_in.validate()?,
            aws: self.aws.validate()?,
            azure: self.azure.validate()?,
            operator: self.operator,
            accounts: self.accounts,
            organizations: self.organizations,
            verification: self.verification,
            environment: self.environment,
            public_url,
            edge,
            metrics,
            metrics_chosen: chosen.is_some(),
            database_url: Secret::new(url),
            sandbox: sandbox_wanted.then_some(self.sandbox),
            server: self.server,
            log: self.log,
            rates: self.limits.rates()?,
            limits: self.limits,
            budgets: self.budgets.validate()?,
            credit: self.credit.validate()?,
            directory: self.directory,
            usage: self.usage,
            upstreams,
            models,
            mistyped: Vec::new(),
        })
    }
}

fn sqlite_in(data_dir: &Path) -> String {
    format!("sqlite://{}", data_dir.join("keystead.db").display())
}
