//! What an organization has proven, and which actions that opens.

pub mod limits;
pub(crate) mod mails;
pub mod number;
pub mod organization;
pub mod payment;
pub mod phone;
pub(crate) mod signals;
pub mod waivers;
pub mod webhooks;

pub use keystead_providers::identity::{REASONS, SERVICES_REASONS};
pub use keystead_store::tables::refusals::RefusedCall;
pub(crate) use phone::ahead;

use keystead_core::access::{self, Selection};
use keystead_core::caller::Caller;
use keystead_core::gate::{Action, Entitlements, Fulfilment, Mode, Policy, Requirement};
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::{Event, Status};
use keystead_core::verification::payment::PaymentEvent;
use keystead_core::verification::phone::PhoneState;
use keystead_core::verification::phone_requirement::RequirementEvent;
use keystead_store::Tx;
use keystead_store::tables::organizations::RequirementRow;
use keystead_store::tables::{models, organizations, payments, phones, policy};
use serde_json::json;

use crate::entitlements::entitlements;
use crate::organizations::find_open;
use crate::validate::operators_reason;
use crate::verification::organization::state::load_verification;
use crate::verification::payment::status::step_payment;
use crate::verification::phone::status::step_phone;
use crate::{Actor, App, Error};

/// The state of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequirementState {
    /// Proven.
    Verified,
    /// The operator waived it for the organization.
    Waived,
    /// Neither.
    Unverified,
    /// In progress, with the name of the machine's state.
    Underway(&'static str),
}

impl RequirementState {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Waived => "waived",
            Self::Unverified => "unverified",
            Self::Underway(word) => word,
        }
    }
}

/// Whether an action is open, and what it lacks if not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionView {
    /// The action, models after a colon: `model.use:o3`.
    pub action: String,
    /// The missing requirements; empty when the action is open. When a rule leaves a choice, the alternative with the
    /// fewest.
    pub missing: Vec<Requirement>,
    /// Every alternative of a rule that leaves a choice, the shortest first.
    pub alternatives: Vec<Vec<Requirement>>,
}

/// An action that is open now and will be closed later unless something is proven before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// The start date.
    pub from: Timestamp,
    /// The action and what it will lack.
    pub action: ActionView,
}

/// What an organization has proven, and what that opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationView {
    /// The organization.
    pub organization: OrganizationId,
    /// Every requirement with its state.
    pub requirements: Vec<(Requirement, RequirementState)>,
    /// Making keys, and every model that some rule guards.
    pub actions: Vec<ActionView>,
    /// What rules with a start date will require, by date.
    pub upcoming: Vec<Upcoming>,
}

impl App {
    /// Returns the verification of the organization a key acts for.
    ///
    /// # Errors
    /// When the key does not work, or names an organization that it does not reach.
    pub async fn verification(&self, caller: &Caller, selection: Selection<'_>) -> Result<VerificationView, Error> {
        access::ensure_active(caller, self.now())?;
        let organization = access::select_organization(caller, selection.organization)?;
        self.verification_of(&organization.id).await
    }

    /// Returns the verification of an organization, for callers that have checked the permission.
    ///
    /// # Errors
    /// When there is no such organization.
    pub async fn verification_of(&self, organization: &OrganizationId) -> Result<VerificationView, Error> {
        read_tx!(self.store(), "verification", |tx| {
            let met = entitlements(tx, organization).await?;
            let mut requirements = Vec::with_capacity(Requirement::ALL.len());
            let how = organizations::requirements(tx, organization).await?;
            for requirement in Requirement::ALL {
                let met = |known: &&RequirementRow| known.requirement == requirement && known.holds(self.now());
                let state = match how.iter().find(met) {
                    None => requirement_underway(self, tx, organization, requirement).await?,
                    Some(RequirementRow { how: Fulfilment::Waived, .. }) => RequirementState::Waived,
                    Some(_) => RequirementState::Verified,
                };
                requirements.push((requirement, state));
            }
            let (_, policy) = policy::find(tx).await?;
            let names: Vec<String> = models::list(tx).await?.into_iter().map(|model| model.id).collect();
            let now = self.now();
            let actions = actions(organization, &policy, &met, &names, now);
            let upcoming = upcoming(organization, &policy, &met, &names, now);
            Ok(VerificationView { organization: organization.clone(), requirements, actions, upcoming })
        })
    }

    /// Waives a requirement for an organization, until a date or without end.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, when the date is in the past, or when there is
    /// no such organization.
    pub async fn waive_requirement(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        requirement: Requirement,
        until: Option<Timestamp>,
        reason: &str,
    ) -> Result<(), Error> {
        let reason = operators_reason(actor, reason)?;
        let until = ahead(until, self.now())?;
        if requirement == Requirement::Organization {
            let exempt = Event::Exempt { until };
            return self.operate_on_verification(actor, organization, exempt, &reason).await.map(|_| ());
        }
        write_tx!(self.store(), "waive", |tx| {
            find_open(tx, organization).await?;
            waive_in_transaction(self, tx, actor, organization, requirement, until, &reason).await
        })
    }
}

/// Returns the state of an unmet requirement that is in progress.
async fn requirement_underway(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    requirement: Requirement,
) -> Result<RequirementState, Error> {
    Ok(match requirement {
        Requirement::Organization => match load_verification(tx, organization).await?.status {
            Status::Unverified | Status::Verified | Status::Exempt => RequirementState::Unverified,
            other => RequirementState::Underway(other.as_str()),
        },
        Requirement::Phone => {
            let live = phones::list_live(tx, organization).await?;
            let now = app.now();
            let sent = |row: &phones::PhoneVerification| {
                phone::machine(row).is_ok_and(|m| m.state == PhoneState::CodeSent && now < m.expires_at)
            };
            if live.iter().any(sent) { RequirementState::Underway("code_sent") } else { RequirementState::Unverified }
        }
        Requirement::PaymentMethod => {
            let setup = payments::find_newest(tx, organization).await?;
            match setup.filter(|row| row.finished_at.is_none() && app.now() < row.expires_at) {
                Some(_) => RequirementState::Underway("pending"),
                None => RequirementState::Unverified,
            }
        }
    })
}

/// Waives the phone or the payment method in this transaction.
pub(crate) async fn waive_in_transaction(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    requirement: Requirement,
    until: Option<Timestamp>,
    reason: &str,
) -> Result<(), Error> {
    let details = json!({ "reason": reason, "until": until });
    match requirement {
        Requirement::Phone => {
            let event = RequirementEvent::Waive { reasoned: true, until };
            step_phone(app, tx, actor, organization, event, details).await.map(|_| ())
        }
        Requirement::PaymentMethod => {
            let event = PaymentEvent::Exempt { until };
            step_payment(app, tx, actor, organization, event, organization.as_str(), details).await.map(|_| ())
        }
        Requirement::Organization => Err(Error::Internal("organizations are exempted by their machine".into())),
    }
}

/// Returns the actions a person sees: making keys, becoming verified, and every model that some rule guards at that
/// moment.
fn actions(
    organization: &OrganizationId,
    policy: &Policy,
    met: &Entitlements,
    models: &[String],
    now: Timestamp,
) -> Vec<ActionView> {
    let mut models = models.to_vec();
    // Models that rules name in full are shown even if no upstream serves them.
    let rules = policy.rules.iter().filter(|rule| rule.action == "model.use" && rule.mode != Mode::Off);
    models.extend(rules.flat_map(|rule| rule.models.iter().filter(|name| !name.contains('*')).cloned()));
    models.sort();
    models.dedup();
    let nothing = Entitlements { met: Vec::new(), ..met.clone() };
    let view = |action: String, asked: Action<'_>| {
        let verdict = policy.judge(asked, organization, met, now);
        ActionView { action, missing: verdict.missing, alternatives: verdict.alternatives }
    };
    let guarded = |name: &&String| !policy.judge(Action::UseModel(name), organization, &nothing, now).allowed();
    let make = view("api_key.create".to_owned(), Action::CreateKey);
    let verify = view("organization.verify".to_owned(), Action::VerifyOrganization);
    let uses = models.iter().filter(guarded).map(|name| view(format!("model.use:{name}"), Action::UseModel(name)));
    [make, verify].into_iter().chain(uses).collect()
}

/// Returns the actions that are open now and lack something from a later date; each once, at its first date.
fn upcoming(
    organization: &OrganizationId,
    policy: &Policy,
    met: &Entitlements,
    models: &[String],
    now: Timestamp,
) -> Vec<Upcoming> {
    let mut seen: Vec<String> = actions(organization, policy, met, models, now)
        .into_iter()
        .filter(|view| !view.missing.is_empty())
        .map(|view| view.action)
        .collect();
    let mut found = Vec::new();
    for from in policy.upcoming_dates(now) {
        for action in actions(organization, policy, met, models, from) {
            if !action.missing.is_empty() && !seen.contains(&action.action) {
                seen.push(action.action.clone());
                found.push(Upcoming { from, action });
            }
        }
    }
    found
}
