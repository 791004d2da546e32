//! The outside services: which one, where, and with which secrets. In development, all of them are the sandbox.

use keystead_core::language::Language;
use keystead_core::secret::Secret;
use serde::Deserialize;

use super::ConfigError;
use super::url::checked_url;

/// A secret text: the secret itself, or the name of the variable that contains it.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden(Option<String>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Hidden {
    pub(super) fn required(&self, what: &str) -> Result<Secret<String>, ConfigError> {
        let text = self.0.clone().filter(|text| !text.is_empty());
        text.map(Secret::new).ok_or_else(|| ConfigError::Value(format!("{what} is required")))
    }

    fn list(&self, what: &str) -> Result<Vec<Secret<String>>, ConfigError> {
        let text = self.required(what)?;
        // There are two while one is being replaced. An empty one would let anybody sign, and a short one can be
        // guessed.
        let parts: Vec<&str> = text.expose().split(',').map(str::trim).collect();
        if parts.iter().any(|part| part.len() < SHORTEST_SECRET) {
            let message =
                format!("{what}: each secret needs at least {SHORTEST_SECRET} characters, with one comma between two");
            return Err(ConfigError::Value(message));
        }
        Ok(parts.into_iter().map(|part| Secret::new(part.to_owned())).collect())
    }
}

/// Minimum length of a secret that signs deliveries; the services' own have more than thirty characters.
pub(crate) const SHORTEST_SECRET: usize = 16;

/// `[sms]` and `[sms_fallback]`, which is used when `[sms]` does not answer: codes to phones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SmsSection {
    /// `twilio` (Verify and Lookup) or `http` (any gateway; Keystead makes the codes); absent is off.
    provider: Option<String>,
    base_url: Option<String>,
    lookup_base_url: Option<String>,
    account_sid: Option<String>,
    auth_token: Hidden,
    service_sid: Option<String>,
    token: Hidden,
}

/// `[payment]`: payment methods on file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PaymentSection {
    /// `stripe`; absent is off.
    provider: Option<String>,
    base_url: Option<String>,
    api_key: Hidden,
    webhook_secrets: Hidden,
}

/// `[identity]`: documents and faces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct IdentitySection {
    /// `persona` or `review` (your own people decide); absent is off.
    provider: Option<String>,
    base_url: Option<String>,
    api_key: Hidden,
    template: Option<String>,
    webhook_secrets: Hidden,
    /// The environment of Persona that answers must come from; absent believes any.
    environment_id: Option<String>,
    /// `approved` (the default) or `completed`.
    decision_on: Option<String>,
}

/// `[mail]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MailSection {
    url: Option<String>,
    username: Option<String>,
    password: Hidden,
    from: Option<String>,
}

/// `[sign_in]`: one OpenID Connect issuer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SignInSection {
    label: Option<String>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Hidden,
}

/// `[operator]`: the operator of this installation, as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OperatorSection {
    pub(crate) name: Option<String>,
    pub(crate) support_email: Option<String>,
    /// Whether organizations may ask for a waiver of the phone requirement; absent allows it.
    pub(crate) waiver_requests: Option<bool>,
    pub(crate) privacy_policy_url: Option<String>,
    pub(crate) data_protection_contact: Option<String>,
    /// Addresses of people who may open the operator's console.
    pub(crate) emails: Vec<String>,
    /// Whether they get a mail about each case that needs a decision; absent is yes.
    pub(crate) case_mails: Option<bool>,
    /// The language of mails to people without a known language; absent is English.
    pub(crate) language: Option<MailLanguage>,
}

/// A language of the product, by its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum MailLanguage {
    #[serde(rename = "en")]
    English,
    #[serde(rename = "pl")]
    Polish,
    #[serde(rename = "ja")]
    Japanese,
}

impl From<MailLanguage> for Language {
    fn from(language: MailLanguage) -> Self {
        match language {
            MailLanguage::English => Self::English,
            MailLanguage::Polish => Self::Polish,
            MailLanguage::Japanese => Self::Japanese,
        }
    }
}

/// `[verification]`: settings for verification.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct VerificationSection {
    /// ISO 3166-1 alpha-2; empty sends to every country.
    pub(crate) phone_countries: Vec<String>,
    /// Whether internet telephone numbers are accepted.
    pub(crate) allow_voip: bool,
    /// Days after a change of the SIM card during which a number may not replace another; absent switches the check
    /// off.
    pub(crate) sim_swap_days: Option<i64>,
    /// Codes sent in one day by the whole installation.
    pub(crate) daily_codes: Option<i64>,
    /// Days that pictures and faces are kept; at most 7.
    pub(crate) biometrics_days: Option<i64>,
    /// Days after which a verification must be renewed; absent is never.
    pub(crate) reverify_after_days: Option<i64>,
    /// Days within which an organization with other owners must be verified again; absent is never.
    pub(crate) reverify_new_owner_days: Option<i64>,
}

/// Codes to phones, validated.
#[derive(Debug, Clone)]
pub(crate) enum Sms {
    /// Twilio makes and checks the codes and looks up lines.
    Twilio { verify: String, lookup: String, account_sid: String, auth_token: Secret<String>, service_sid: String },
    /// A gateway delivers text messages.
    Http { url: String, token: Option<Secret<String>> },
}

/// Payment methods, validated.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) base_url: String,
    pub(crate) api_key: Secret<String>,
    pub(crate) webhook_secrets: Vec<Secret<String>>,
}

/// Documents and faces, validated.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// Persona.
    Persona {
        base_url: String,
        api_key: Secret<String>,
        template: String,
        webhook_secrets: Vec<Secret<String>>,
        environment: Option<String>,
        completed_approves: bool,
    },
    /// The operator's own people.
    Review,
}

/// Mail, validated.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) url: String,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Secret<String>>,
    pub(crate) from: String,
}

/// Signing in through an issuer, validated.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) label: String,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret<String>,
}

pub(super) fn text(what: &str, value: Option<&String>) -> Result<String, ConfigError> {
    let value = value.filter(|value| !value.trim().is_empty()).cloned();
    value.ok_or_else(|| ConfigError::Value(format!("{what} is required")))
}

fn address(what: &str, value: Option<&String>, default: &str) -> Result<String, ConfigError> {
    checked_url(what, value.map_or(default, String::as_str))
}

impl SmsSection {
    /// Checks the section of this name.
    pub(super) fn validate(&self, section: &str) -> Result<Option<Sms>, ConfigError> {
        let name = |key: &str| format!("{section}.{key}");
        Ok(Some(match self.provider.as_deref() {
            None => return Ok(None),
            Some("twilio") => Sms::Twilio {
                verify: address(&name("base_url"), self.base_url.as_ref(), "https://verify.twilio.com")?,
                lookup: address(&name("lookup_base_url"), self.lookup_base_url.as_ref(), "https://lookups.twilio.com")?,
                account_sid: text(&name("account_sid"), self.account_sid.as_ref())?,
                auth_token: self.auth_token.required(&name("auth_token"))?,
                service_sid: text(&name("service_sid"), self.service_sid.as_ref())?,
            },
            Some("http") => Sms::Http {
                url: checked_url(&name("base_url"), &text(&name("base_url"), self.base_url.as_ref())?)?,
                token: self.token.0.clone().map(Secret::new),
            },
            Some(_) => return Err(ConfigError::Value(format!("{section}.provider must be twilio or http"))),
        }))
    }
}

impl PaymentSection {
    pub(super) fn validate(&self) -> Result<Option<Payment>, ConfigError> {
        match self.provider.as_deref() {
            None => Ok(None),
            Some("stripe") => Ok(Some(Payment {
                base_url: address("payment.base_url", self.base_url.as_ref(), "https://api.stripe.com")?,
                api_key: self.api_key.required("payment.api_key")?,
                webhook_secrets: self.webhook_secrets.list("payment.webhook_secrets")?,
            })),
            Some(_) => Err(ConfigError::Value("payment.provider must be stripe".into())),
        }
    }
}

impl IdentitySection {
    pub(super) fn validate(&self) -> Result<Option<Identity>, ConfigError> {
        let completed_approves = match self.decision_on.as_deref() {
            None | Some("approved") => false,
            Some("completed") => true,
            Some(_) => return Err(ConfigError::Value("identity.decision_on must be approved or completed".into())),
        };
        match self.provider.as_deref() {
            None => Ok(None),
            Some("review") => Ok(Some(Identity::Review)),
            Some("persona") => Ok(Some(Identity::Persona {
                base_url: address("identity.base_url", self.base_url.as_ref(), "https://api.withpersona.com/api/v1")?,
                api_key: self.api_key.required("identity.api_key")?,
                template: text("identity.template", self.template.as_ref())?,
                webhook_secrets: self.webhook_secrets.list("identity.webhook_secrets")?,
                environment: environment_id(self.environment_id.as_deref())?,
                completed_approves,
            })),
            Some(_) => Err(ConfigError::Value("identity.provider must be persona or review".into())),
        }
    }
}

/// The id of an environment as a header can carry it.
fn environment_id(value: Option<&str>) -> Result<Option<String>, ConfigError> {
    let wrong = |id: &&str| id.is_empty() || id.len() > 255 || !id.bytes().all(|byte| byte.is_ascii_graphic());
    match value {
        Some(id) if wrong(&id) => {
            Err(ConfigError::Value("identity.environment_id must be an id such as env_…, without spaces".into()))
        }
        given => Ok(given.map(str::to_owned)),
    }
}

impl MailSection {
    pub(super) fn validate(&self) -> Result<Option<Mail>, ConfigError> {
        let Some(url) = &self.url else { return Ok(None) };
        if !["smtp://", "smtps://", "smtp+starttls://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(ConfigError::Value("mail.url must begin with smtp://, smtps:// or smtp+starttls://".into()));
        }
        Ok(Some(Mail {
            url: url.clone(),
            username: self.username.clone(),
            password: self.password.0.clone().map(Secret::new),
            from: text("mail.from", self.from.as_ref())?,
        }))
    }
}

impl SignInSection {
    pub(super) fn validate(&self) -> Result<Option<SignIn>, ConfigError> {
        if *self == Self::default() {
            return Ok(None);
        }
        let issuer = text("sign_in.issuer", self.issuer.as_ref())?;
        Ok(Some(SignIn {
            label: self.label.clone().unwrap_or_else(|| "Google".to_owned()),
            issuer: checked_url("sign_in.issuer", &issuer)?,
            client_id: text("sign_in.client_id", self.client_id.as_ref())?,
            client_secret: self.client_secret.required("sign_in.client_secret")?,
        }))
    }
}

impl VerificationSection {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let country = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        if let Some(wrong) = self.phone_countries.iter().find(|code| !country(code)) {
            let text = format!("verification.phone_countries: {wrong:?} is not a country such as PL or JP");
            return Err(ConfigError::Value(text));
        }
        if self.sim_swap_days.is_some_and(|days| !(0..=90).contains(&days)) {
            return Err(ConfigError::Value("verification.sim_swap_days must be between 0 and 90".into()));
        }
        if self.daily_codes.is_some_and(|codes| codes < 0) {
            return Err(ConfigError::Value("verification.daily_codes must not be negative".into()));
        }
        // People are promised seven days; the file can shorten that, but not extend it.
        for (name, days) in [
            ("reverify_after_days", self.reverify_after_days),
            ("reverify_new_owner_days", self.reverify_new_owner_days),
        ] {
            if days.is_some_and(|days| !(1..=3_650).contains(&days)) {
                return Err(ConfigError::Value(format!("verification.{name} must be between 1 and 3650")));
            }
        }
        if self.biometrics_days.is_some_and(|days| !(0..=7).contains(&days)) {
            return Err(ConfigError::Value("verification.biometrics_days must be between 0 and 7".into()));
        }
        Ok(())
    }
}
