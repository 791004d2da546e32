//! What this installation is configured to do: noted in the store at the start, and said in the log.

use keystead_app::App;
use keystead_app::installation::InstallationView;
use keystead_core::gate::UnmeetableState;
use keystead_core::installation::{
    Capability, CapabilityState, Configured, ConfiguredServices, IdentityService, PublicAddress,
};
use keystead_core::usage::Price;
use keystead_store::tables::installation_facts;
use keystead_store::{Error, Store, Tx};

use crate::config::{Identity, Validated};
use crate::wiring;

/// The outside services that a start with this configuration uses.
pub(crate) fn services(config: &Validated) -> ConfiguredServices {
    let sandbox = config.sandbox.is_some();
    let identity = match (&config.identity, sandbox) {
        (Some(Identity::Review), _) => Some(IdentityService::Review),
        (Some(Identity::Persona { .. }), _) | (None, true) => Some(IdentityService::Outside),
        (None, false) => None,
    };
    ConfiguredServices {
        mail: sandbox || config.mail.is_some(),
        text_messages: sandbox || config.sms.is_some(),
        payment: sandbox || config.payment.is_some(),
        identity,
    }
}

/// Everything that the configuration says; the time of the last backup is in the store.
pub(crate) fn configured(config: &Validated) -> Configured {
    let sandbox = config.sandbox.is_some() && config.upstreams.is_empty();
    let priced = config.models.iter().filter(|(_, price, _)| *price != Price::default());
    let priced: Vec<&str> = priced.map(|(model, _, _)| model.id.as_str()).collect();
    let served = config.upstreams.iter().flat_map(|upstream| upstream.models.iter().map(String::as_str));
    let mut models: Vec<&str> = served.chain(config.models.iter().map(|(model, _, _)| model.id.as_str())).collect();
    models.sort_unstable();
    models.dedup();
    Configured {
        public_address: PublicAddress::of(&config.public_url),
        operators: config.operator.emails.len(),
        support: config.operator.support_email.is_some(),
        services: services(config),
        upstreams: config.upstreams.len() + usize::from(sandbox),
        // The models of the sandbox have prices.
        models: models.len() + usize::from(sandbox),
        models_without_price: models.iter().filter(|model| !priced.contains(model)).count(),
        backup_age: None,
    }
}

/// Notes which requirements this node checks, before it answers anything: from then on they are enforced on all nodes,
/// also after the service was removed from a configuration.
pub(crate) async fn note_set_up(config: &Validated, store: &Store) -> Result<(), Error> {
    let checked = services(config).requirements();
    let note = async move |tx: &mut Tx| {
        let never = installation_facts::never_set_up(tx).await?;
        for requirement in checked.iter().filter(|requirement| never.contains(requirement)) {
            installation_facts::note_set_up(tx, *requirement, wiring::now()).await?;
        }
        Ok(())
    };
    store.write("note_set_up", note).await
}

/// Says in the log that keys are refused because their organizations have active certificates, and no proxy reports the
/// certificates of clients.
pub(crate) async fn log_unchecked_certificates(app: &App) -> Result<(), keystead_app::Error> {
    if app.settings().client_certificates {
        return Ok(());
    }
    let active = app.active_certificates().await?;
    if active > 0 {
        tracing::warn!(
            active,
            "certificates are active and network.client_certificate_header is not set: the keys that need one are refused"
        );
    }
    Ok(())
}

/// Says in the log what is not set up and which rules cannot be met.
pub(crate) fn log(view: &InstallationView) {
    let missing = |wanted: CapabilityState| -> Vec<&str> {
        let found = view.capabilities.iter().filter(|(_, state)| *state == wanted);
        found.map(|(capability, _)| capability.as_str()).collect()
    };
    let (off, incomplete) = (missing(CapabilityState::NotSetUp), missing(CapabilityState::Incomplete));
    if !off.is_empty() || !incomplete.is_empty() {
        tracing::info!(not_set_up = ?off, incomplete = ?incomplete, "not everything is set up; see keystead doctor");
    }
    if view.state(Capability::Mail) == CapabilityState::NotSetUp {
        tracing::warn!(
            "no mail can be sent: people cannot sign up with an email address or reset a password; configure [mail]"
        );
    }
    for found in &view.rules {
        let (rule, requirement) = (found.rule.as_str(), found.requirement.as_str());
        match found.state {
            UnmeetableState::Waits => tracing::warn!(
                rule,
                requirement,
                "a rule cannot be met here and is not enforced until the operator decides; see keystead doctor"
            ),
            UnmeetableState::RefusesByDecision => {
                tracing::info!(
                    rule,
                    requirement,
                    "a rule refuses everybody who has not met it, as the operator decided"
                );
            }
            UnmeetableState::Removed => tracing::warn!(
                rule,
                requirement,
                "a rule refuses everybody who has not met it: its service is missing from the configuration"
            ),
        }
    }
}
