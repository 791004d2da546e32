//! What this installation can do with its configuration, and what the operator decided about rules that cannot be met.

use keystead_core::gate::{Policy, Requirement, UnmeetableRule};
use keystead_core::installation::{
    Capability, CapabilityState, Configured, ConfiguredServices, IdentityService, PublicAddress,
};
use keystead_core::usage::Price;
use keystead_store::tables::{installation_facts, models, policy};

use crate::operator::policies::put_policy;
use crate::prices::present_prices;
use crate::validate::{operators_only, operators_reason};
use crate::{Actor, App, Error};

/// What the installation can do, and which rules it cannot meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallationView {
    /// Every capability, in the order in which an operator sets them up.
    pub capabilities: Vec<(Capability, CapabilityState)>,
    /// Enforced rules with a requirement that cannot be met here.
    pub rules: Vec<UnmeetableRule>,
    /// Served models without a price.
    pub models_without_price: Vec<String>,
    /// When the last backup was made.
    pub last_backup: Option<keystead_core::Timestamp>,
}

impl InstallationView {
    /// Builds the view from what is configured and the rules in force.
    #[must_use]
    pub fn new(configured: &Configured, policy: &Policy) -> Self {
        Self {
            capabilities: configured.states(),
            rules: policy.unmeetable(&configured.services.requirements()),
            models_without_price: Vec::new(),
            last_backup: None,
        }
    }

    /// The state of one capability.
    #[must_use]
    pub fn state(&self, capability: Capability) -> CapabilityState {
        let found = self.capabilities.iter().find(|(known, _)| *known == capability);
        found.map_or(CapabilityState::NotSetUp, |(_, state)| *state)
    }

    /// Whether a rule needs the operator's decision.
    #[must_use]
    pub fn needs_decision(&self) -> bool {
        self.rules.iter().any(|rule| rule.state.needs_decision())
    }

    /// Whether the operator should look at the setup page.
    #[must_use]
    pub fn needs_operator(&self) -> bool {
        self.needs_decision() || self.state(Capability::Mail) != CapabilityState::SetUp
    }
}

impl App {
    /// The outside services that are configured. Pages offer nothing else.
    #[must_use]
    pub fn configured_services(&self) -> ConfiguredServices {
        let services = self.services();
        let reviews = |name: &str| if name == "review" { IdentityService::Review } else { IdentityService::Outside };
        ConfiguredServices {
            mail: services.mail.is_some(),
            text_messages: services.codes.is_some(),
            payment: services.payment.is_some(),
            identity: services.identity.as_ref().map(|provider| reviews(provider.name())),
        }
    }

    /// Whether mail can be sent. Where it cannot, no page may promise one.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.services().mail.is_some()
    }

    /// Refuses what would end in a mail, where no mail can be sent, and logs it for the operator.
    pub(crate) fn ensure_mail(&self, purpose: &'static str) -> Result<(), Error> {
        if self.sends_mail() {
            return Ok(());
        }
        tracing::warn!(purpose, "refused, because no mail can be sent: [mail] is not configured; see keystead doctor");
        Err(Error::Unsupported("mails"))
    }

    /// Reports what the installation can do, for its own log.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn installation_report(&self) -> Result<InstallationView, Error> {
        let now = self.now();
        let (served, prices, policy, last_backup) = read_tx!(self.store(), "installation", |tx| {
            let (_, policy) = policy::find(tx).await?;
            let prices = present_prices(tx, now).await?;
            Ok((models::list(tx).await?, prices, policy, installation_facts::last_backup(tx).await?))
        })?;
        let settings = self.settings();
        let mut upstreams: Vec<&str> = served.iter().map(|model| model.upstream.as_str()).collect();
        upstreams.sort_unstable();
        upstreams.dedup();
        let without = prices.into_iter().filter(|(_, price)| *price == Price::default());
        let without: Vec<String> = without.map(|(model, _)| model).collect();
        let configured = Configured {
            public_address: PublicAddress::of(self.public_url()),
            operators: settings.operator_emails.len(),
            support: settings.support_email.is_some(),
            services: self.configured_services(),
            upstreams: upstreams.len(),
            models: served.len(),
            models_without_price: without.len(),
            backup_age: last_backup.map(|at| now.since(at)),
        };
        let view = InstallationView::new(&configured, &policy);
        Ok(InstallationView { models_without_price: without, last_backup, ..view })
    }

    /// Reports what the installation can do, for the operator.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn installation(&self, actor: &Actor) -> Result<InstallationView, Error> {
        operators_only(actor)?;
        self.installation_report().await
    }

    /// Whether the setup page should come first for an operator: something there needs them, and none has seen it yet.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn setup_comes_first(&self) -> Result<bool, Error> {
        let seen = read_tx!(self.store(), "setup_seen", |tx| Ok(installation_facts::setup_seen(tx).await?))?;
        Ok(seen.is_none() && self.installation_report().await?.needs_operator())
    }

    /// Notes that an operator has seen the setup page.
    ///
    /// # Errors
    /// When the caller is not an operator, or the store does not answer.
    pub async fn note_setup_seen(&self, actor: &Actor) -> Result<(), Error> {
        operators_only(actor)?;
        write_tx!(self.store(), "note_setup_seen", |tx| {
            if installation_facts::setup_seen(tx).await?.is_none() {
                installation_facts::note_setup_seen(tx, self.now()).await?;
            }
            Ok(())
        })
    }

    /// Decides whether rules refuse everybody who lacks a requirement that was never set up here, or wait until it is
    /// set up.
    ///
    /// # Errors
    /// When the caller is not an operator, or when the reason is missing.
    pub async fn decide_without_service(
        &self,
        actor: &Actor,
        requirement: Requirement,
        refuse: bool,
        reason: &str,
    ) -> Result<(), Error> {
        let reason = operators_reason(actor, reason)?;
        write_tx!(self.store(), "decide_without_service", |tx| {
            let (version, mut policy) = policy::find(tx).await?;
            policy.refuse_without_service.retain(|known| *known != requirement);
            if refuse {
                policy.refuse_without_service.push(requirement);
            }
            put_policy(self, tx, actor, &policy, version, &reason).await.map(|_| ())
        })
    }
}
