//! What this installation can do with what is configured, what is missing, and the lines of configuration that add it.

use crate::gate::Requirement;

/// Something an installation can do when it is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Links lead to an address that people reach, over TLS.
    PublicAddress,
    /// People open the operator's console and decide.
    Operators,
    /// Mail reaches people: sign-up, forgotten passwords, invitations.
    Mail,
    /// Codes reach phones.
    TextMessages,
    /// Payment methods are kept on file.
    Payment,
    /// Organizations are verified.
    Identity,
    /// Model servers answer.
    Upstreams,
    /// Every model has a price.
    Prices,
    /// There is a recent backup.
    Backups,
}

impl Capability {
    /// Every capability, in the order in which an operator sets them up.
    pub const ALL: [Self; 9] = [
        Self::PublicAddress,
        Self::Operators,
        Self::Mail,
        Self::Upstreams,
        Self::Prices,
        Self::TextMessages,
        Self::Payment,
        Self::Identity,
        Self::Backups,
    ];

    /// The name in JSON and in keys of messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PublicAddress => "public_address",
            Self::Operators => "operators",
            Self::Mail => "mail",
            Self::TextMessages => "text_messages",
            Self::Payment => "payment",
            Self::Identity => "identity",
            Self::Upstreams => "upstreams",
            Self::Prices => "prices",
            Self::Backups => "backups",
        }
    }

    /// The key of the message with its name.
    #[must_use]
    pub fn message(self) -> String {
        format!("capability-{}", self.as_str().replace('_', "-"))
    }

    /// The key of the message that says what people cannot do without it.
    #[must_use]
    pub fn missing_message(self) -> String {
        format!("{}-missing", self.message())
    }

    /// The capability that checks a requirement.
    #[must_use]
    pub const fn of_requirement(requirement: Requirement) -> Self {
        match requirement {
            Requirement::Phone => Self::TextMessages,
            Requirement::PaymentMethod => Self::Payment,
            Requirement::Organization => Self::Identity,
        }
    }

    /// The lines that set it up, to be copied into the configuration or run as a command.
    #[must_use]
    pub const fn lines(self) -> &'static str {
        match self {
            Self::PublicAddress => "[server]\npublic_url = \"https://keys.example.com\"",
            Self::Operators => "[operator]\nemails = [\"you@example.com\"]\nsupport_email = \"support@example.com\"",
            Self::Mail => {
                "# The password is read from KEYSTEAD_MAIL__PASSWORD.\n[mail]\nurl = \"smtps://smtp.example.com\"\n\
                 username = \"keystead\"\nfrom = \"Keystead <keystead@example.com>\""
            }
            Self::TextMessages => {
                "# The token is read from KEYSTEAD_SMS__AUTH_TOKEN.\n[sms]\nprovider = \"twilio\"\n\
                 account_sid = \"AC…\"\nservice_sid = \"VA…\""
            }
            Self::Payment => {
                "# The secrets are read from KEYSTEAD_PAYMENT__API_KEY and KEYSTEAD_PAYMENT__WEBHOOK_SECRETS.\n\
                 [payment]\nprovider = \"stripe\""
            }
            Self::Identity => "[identity]\nprovider = \"review\"",
            Self::Upstreams => {
                "[[upstream]]\nname = \"main\"\nbase_url = \"https://models.example.com/v1\"\n\
                 api_key_env = \"MAIN_API_KEY\"\nmodels = [\"model-name\"]"
            }
            Self::Prices => "[[model]]\nid = \"model-name\"\ninput = \"1.00\"\noutput = \"2.00\"",
            Self::Backups => "keystead backup --to /var/backups/keystead/$(date +%F)",
        }
    }
}

/// The state of a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapabilityState {
    /// It is configured. Whether an outside service answers is a question of its health.
    SetUp,
    /// A part is missing.
    Incomplete,
    /// It is off.
    NotSetUp,
}

impl CapabilityState {
    /// The name in JSON and in keys of messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::Incomplete => "incomplete",
            Self::NotSetUp => "not_set_up",
        }
    }
}

/// What is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Configured {
    /// The address for people: absent, without TLS, or with TLS.
    pub public_address: PublicAddress,
    /// People in `operator.emails`.
    pub operators: usize,
    /// Whether people learn who can help them.
    pub support: bool,
    /// The services in use.
    pub services: ConfiguredServices,
    /// The model servers.
    pub upstreams: usize,
    /// The models.
    pub models: usize,
    /// Models without a price.
    pub models_without_price: usize,
    /// Seconds since the last backup, if there was one.
    pub backup_age: Option<i64>,
}

/// The outside services that are configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConfiguredServices {
    /// Mail can be sent.
    pub mail: bool,
    /// Codes can be sent to phones.
    pub text_messages: bool,
    /// Payment methods can be taken.
    pub payment: bool,
    /// Organizations can be verified.
    pub identity: Option<IdentityService>,
}

/// Who verifies organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityService {
    /// An outside service.
    Outside,
    /// The operator's own people.
    Review,
}

/// The address for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PublicAddress {
    /// The default, which only this machine can open.
    #[default]
    Local,
    /// Without TLS.
    Plain,
    /// With TLS.
    Tls,
}

impl PublicAddress {
    /// Reads the kind of an address.
    #[must_use]
    pub fn of(url: &str) -> Self {
        let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        if url.starts_with("https://") {
            Self::Tls
        } else if url.is_empty() || local.iter().any(|start| url.starts_with(start)) {
            Self::Local
        } else {
            Self::Plain
        }
    }
}

/// Days after which a backup is too old.
pub const BACKUP_DAYS: i64 = 7;

impl ConfiguredServices {
    /// The requirements that can be checked.
    #[must_use]
    pub fn requirements(&self) -> Vec<Requirement> {
        let checked = |requirement: &Requirement| match requirement {
            Requirement::Phone => self.text_messages,
            Requirement::PaymentMethod => self.payment,
            Requirement::Organization => self.identity.is_some(),
        };
        Requirement::ALL.into_iter().filter(checked).collect()
    }
}

impl Configured {
    /// The state of one capability.
    #[must_use]
    pub fn state(&self, capability: Capability) -> CapabilityState {
        use CapabilityState::{Incomplete, NotSetUp, SetUp};
        let either = |on: bool| if on { SetUp } else { NotSetUp };
        match capability {
            Capability::PublicAddress => match self.public_address {
                PublicAddress::Tls => SetUp,
                PublicAddress::Plain => Incomplete,
                PublicAddress::Local => NotSetUp,
            },
            Capability::Operators => match (self.operators, self.support) {
                (0, _) => NotSetUp,
                (_, false) => Incomplete,
                (_, true) => SetUp,
            },
            Capability::Mail => either(self.services.mail),
            Capability::TextMessages => either(self.services.text_messages),
            Capability::Payment => either(self.services.payment),
            Capability::Identity => match self.services.identity {
                None => NotSetUp,
                Some(IdentityService::Review) if self.operators == 0 => Incomplete,
                Some(_) => SetUp,
            },
            Capability::Upstreams => match (self.upstreams, self.models) {
                (0, _) => NotSetUp,
                (_, 0) => Incomplete,
                _ => SetUp,
            },
            Capability::Prices => match self.models.saturating_sub(self.models_without_price) {
                0 => NotSetUp,
                _ if self.models_without_price > 0 => Incomplete,
                _ => SetUp,
            },
            Capability::Backups => match self.backup_age {
                None => NotSetUp,
                Some(age) if age > BACKUP_DAYS * 86_400 => Incomplete,
                Some(_) => SetUp,
            },
        }
    }

    /// Every capability with its state.
    #[must_use]
    pub fn states(&self) -> Vec<(Capability, CapabilityState)> {
        Capability::ALL.into_iter().map(|capability| (capability, self.state(capability))).collect()
    }
}

#[cfg(test)]
mod tests;
