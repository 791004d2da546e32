//! What is set up, what is not, and which rules cannot be met, with the lines of configuration to copy.

use keystead_app::installation::InstallationView;
use keystead_core::gate::{Policy, Requirement, UnmeetableState};
use keystead_core::installation::{Capability, CapabilityState, Configured};
use keystead_locales::Messages;
use keystead_store::tables::{installation_facts, policy};
use keystead_store::{Error, Store, Tx};
use serde_json::{Value, json};

use crate::config::{Environment, Validated};
use crate::wiring;

/// What the database knows about the installation.
struct Known {
    policy: Policy,
    last_backup: Option<keystead_core::Timestamp>,
}

/// Reports what this configuration can do with the rules in the database, or with those of a new installation while
/// there is no database.
pub(super) async fn view(config: &Validated) -> InstallationView {
    let known = read(config).await.unwrap_or_else(|_| Known {
        policy: Policy { never_set_up: Requirement::ALL.to_vec(), ..Policy::default_rules() },
        last_backup: None,
    });
    let backup_age = known.last_backup.map(|at| wiring::now().since(at));
    InstallationView::new(&Configured { backup_age, ..wiring::installation::configured(config) }, &known.policy)
}

async fn read(config: &Validated) -> Result<Known, Error> {
    let url = config.database_url.expose();
    if super::no_file_yet(url) {
        return Err(Error::Missing);
    }
    let store = Store::open(url).await?;
    let read = store.read("doctor", async |tx: &mut Tx| {
        let (_, policy) = policy::find(tx).await?;
        Ok(Known { policy, last_backup: installation_facts::last_backup(tx).await? })
    });
    read.await
}

/// Whether a part that is in use does not work: in production people can sign up only with mail or through an issuer.
pub(super) fn cannot_sign_up(config: &Validated, view: &InstallationView) -> bool {
    config.environment == Environment::Production
        && config.sign_in.is_none()
        && view.state(Capability::Mail) != CapabilityState::SetUp
}

/// Whether the operator has to do something.
pub(super) fn needs_attention(config: &Validated, view: &InstallationView) -> bool {
    view.needs_decision() || cannot_sign_up(config, view)
}

fn name_of_requirement(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Phone => "a verified phone number",
        Requirement::PaymentMethod => "a payment method",
        Requirement::Organization => "a verified organization",
    }
}

/// What a rule does that cannot be met, and what to do about it.
fn sentence(rule: &str, requirement: Requirement, state: UnmeetableState) -> String {
    let (asked, section) = (name_of_requirement(requirement), section(requirement));
    match state {
        UnmeetableState::Waits => format!(
            "rule {rule} asks for {asked}, which cannot be checked here. It is not enforced until you configure \
             [{section}], switch the rule off, or decide on /operator/setup to refuse everybody"
        ),
        UnmeetableState::RefusesByDecision => {
            format!("rule {rule} refuses everybody without {asked}, which cannot be checked here, as you decided")
        }
        UnmeetableState::Removed => format!(
            "rule {rule} refuses everybody without {asked}: [{section}] was configured before and is missing now. \
             Configure it again, or switch the rule off"
        ),
    }
}

const fn section(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Phone => "sms",
        Requirement::PaymentMethod => "payment",
        Requirement::Organization => "identity",
    }
}

/// The report as JSON: capabilities, and rules that cannot be met.
pub(super) fn json(view: &InstallationView) -> (Value, Value) {
    let t = Messages::of("en");
    let capabilities = view.capabilities.iter().map(|(capability, state)| {
        let missing = *state != CapabilityState::SetUp;
        json!({
            "capability": capability.as_str(),
            "state": state.as_str(),
            "means": missing.then(|| t.text(&capability.missing_message())),
            "lines": missing.then(|| capability.lines()),
        })
    });
    let rules = view.rules.iter().map(|found| {
        json!({
            "rule": found.rule,
            "requirement": found.requirement.as_str(),
            "state": found.state.as_str(),
            "detail": sentence(&found.rule, found.requirement, found.state),
        })
    });
    (capabilities.collect(), rules.collect())
}

/// The report as lines of text.
pub(super) fn lines(config: &Validated, view: &InstallationView) -> Vec<String> {
    let t = Messages::of("en");
    let mut lines = vec![String::new(), "What is set up:".to_owned()];
    for (capability, state) in &view.capabilities {
        let broken = *capability == Capability::Mail && cannot_sign_up(config, view);
        let word = match state {
            CapabilityState::SetUp => "ok   ",
            _ if broken => "WRONG",
            CapabilityState::Incomplete => "part ",
            CapabilityState::NotSetUp => "off  ",
        };
        let name = t.text(&capability.message());
        if *state == CapabilityState::SetUp {
            lines.push(format!("{word} {name}"));
            continue;
        }
        lines.push(format!("{word} {name}: {}", t.text(&capability.missing_message())));
        lines.extend(capability.lines().lines().map(|line| format!("        {line}")));
    }
    if !view.rules.is_empty() {
        lines.extend([String::new(), "Rules that cannot be met here:".to_owned()]);
    }
    for found in &view.rules {
        let word = if found.state.needs_decision() { "WRONG" } else { "ok   " };
        lines.push(format!("{word} {}", sentence(&found.rule, found.requirement, found.state)));
    }
    lines
}
