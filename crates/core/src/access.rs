//! The access decision: one pure function over caller, route, headers, model and time.
//!
//! The order of the checks is fixed, because errors depend on it: key and owner alive, organization header, project
//! header, project archived, address, scope ∩ role; then, once the body's model is known, [`judge_model`] applies the
//! gates.

pub mod payer_settings;

use std::net::IpAddr;

use crate::anomaly::KeyPause;
use crate::caller::{Caller, ReachableOrganization, ReachableProject};
use crate::client_certificate::TrustedCertificates;
use crate::gate::{Action, Policy, Verdict};
use crate::id::{OrganizationId, ProjectId};
use crate::key::KeyKind;
use crate::project_features::{HostedTools, RequestedTier};
use crate::refusal::{GateRefusal, Refusal};
use crate::route::{MeterKind, Route};
use crate::scope::Scope;
use crate::text::printable;
use crate::time::Timestamp;

/// The two headers that choose the payer, as sent; an empty header counts as absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Selection<'a> {
    /// `OpenAI-Organization`.
    pub organization: Option<&'a str>,
    /// `OpenAI-Project`.
    pub project: Option<&'a str>,
}

impl<'a> Selection<'a> {
    /// Reads the two headers from all the values that were sent for each. Every plane uses this function: a repeated
    /// header, or one that is not printable ASCII, is refused, because another reader could take another value.
    ///
    /// # Errors
    /// [`Refusal::MismatchedOrganization`] or [`Refusal::MismatchedProject`].
    pub fn read(
        organization: impl IntoIterator<Item = &'a [u8]>,
        project: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            organization: single_value(organization).ok_or(Refusal::MismatchedOrganization)?,
            project: single_value(project).ok_or(Refusal::MismatchedProject)?,
        })
    }
}

/// Returns the single value of a header; an empty one counts as absent. `None` when there are several, or when it is
/// not text.
fn single_value<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Option<Option<&'a str>> {
    let mut values = values.into_iter();
    let Some(value) = values.next() else { return Some(None) };
    let printable = value.iter().all(|byte| matches!(byte, b'\t' | 0x20..=0x7e));
    if !printable || values.next().is_some() {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?.trim();
    Some(Some(text).filter(|text| !text.is_empty()))
}

/// The payer: the organization and project a request resolved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// The organization: its verification decides, and the usage is counted for it.
    pub organization: OrganizationId,
    /// The project.
    pub project: ProjectId,
}

impl Payer {
    /// The headers that choose this payer.
    #[must_use]
    pub fn selection(&self) -> Selection<'_> {
        Selection { organization: Some(self.organization.as_str()), project: Some(self.project.as_str()) }
    }
}

/// Decides whether this key may use this route now from this address, and finds the payer.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn decide(
    caller: &Caller,
    route: &Route,
    selection: Selection<'_>,
    from: IpAddr,
    now: Timestamp,
) -> Result<Payer, Refusal> {
    ensure_active(caller, now)?;
    if caller.kind == KeyKind::Admin {
        return Err(missing_scope(route));
    }
    let organization = select_organization(caller, selection.organization)?;
    let project = select_project(caller, organization, selection.project)?;
    if project.archived {
        return Err(Refusal::ArchivedProject(project.id.clone()));
    }
    if !organization.admits(from) || !project.admits(from) {
        return Err(Refusal::AddressNotAuthorized);
    }
    let permissions = organization.permissions(Some(project)).ok_or(Refusal::NoMembership)?;
    let permitted = caller.scopes.intersection(permissions);
    if !permitted.allows(route.scope) {
        return Err(missing_scope(route));
    }
    Ok(Payer { organization: organization.id.clone(), project: project.id.clone() })
}

/// Refuses headers that name an organization or a project that the key does not reach. Otherwise nothing would be chosen,
/// and the rules of the key's own project would not be checked. An admin key has no project.
///
/// # Errors
/// The refusal of [`decide`] for such headers.
pub fn check_selection(caller: &Caller, selection: Selection<'_>) -> Result<(), Refusal> {
    if selection.organization.is_none() && selection.project.is_none() {
        return Ok(());
    }
    let organization = select_organization(caller, selection.organization)?;
    if selection.project.is_some() && caller.kind != KeyKind::Admin {
        select_project(caller, organization, selection.project)?;
    }
    Ok(())
}

/// Checks the IP allowlists of the chosen organization and project, for every permission of the key. When none can be
/// chosen, or the chosen one is closed, this passes, and [`decide`] or [`check_selection`] refuses.
///
/// # Errors
/// [`Refusal::AddressNotAuthorized`].
pub fn check_addresses(caller: &Caller, selection: Selection<'_>, from: IpAddr) -> Result<(), Refusal> {
    let Some(organization) = select_organization(caller, selection.organization).ok() else { return Ok(()) };
    let project = match caller.kind {
        KeyKind::Admin => None,
        _ => select_project(caller, organization, selection.project).ok().filter(|project| !project.archived),
    };
    if organization.admits(from) && project.is_none_or(|project| project.admits(from)) {
        return Ok(());
    }
    Err(Refusal::AddressNotAuthorized)
}

/// Returns the certificates of which one must accept the client's; `None` when the client needs none. Admin keys never
/// need one, so that owners can always deactivate certificates. When no project can be chosen, this passes, and [`decide`]
/// or [`check_selection`] refuses.
#[must_use]
pub fn required_certificates<'c>(caller: &'c Caller, selection: Selection<'_>) -> Option<&'c TrustedCertificates> {
    if caller.kind == KeyKind::Admin {
        return None;
    }
    let organization = select_organization(caller, selection.organization).ok()?;
    select_project(caller, organization, selection.project).ok()?.certificates.as_deref()
}

/// Decides whether an admin key may use the Administration API with this scope.
///
/// # Errors
/// [`Refusal::MissingScope`] in the string form for any other kind of key.
pub fn decide_administration(caller: &Caller, scope: Scope, now: Timestamp) -> Result<OrganizationId, Refusal> {
    ensure_active(caller, now)?;
    let refusal = Refusal::MissingScope { scope, string_form: true };
    if caller.kind != KeyKind::Admin {
        return Err(refusal);
    }
    let organization = caller.organizations.first().ok_or(Refusal::NoMembership)?;
    if organization.deactivated {
        return Err(Refusal::AccountDeactivated);
    }
    let permissions = organization.permissions(None).ok_or(Refusal::NoMembership)?;
    let permitted = caller.scopes.intersection(permissions);
    if permitted.allows(scope) { Ok(organization.id.clone()) } else { Err(refusal) }
}

/// Checks what applies to every key and plane: the key has not expired, the owner's account is open, and the key is not
/// paused.
///
/// # Errors
/// [`Refusal::ExpiredKey`], [`Refusal::AccountDeactivated`] or [`Refusal::PausedKey`].
pub fn ensure_active(caller: &Caller, now: Timestamp) -> Result<(), Refusal> {
    if caller.expires_at.is_some_and(|end| now >= end) {
        let bound = matches!(caller.kind, KeyKind::Project | KeyKind::ServiceAccount);
        let project = caller.organizations.iter().flat_map(|organization| &organization.projects).next();
        return Err(Refusal::ExpiredKey(project.filter(|_| bound).map(|project| project.id.clone())));
    }
    if !caller.owner_active {
        return Err(Refusal::AccountDeactivated);
    }
    if let Some(pause) = caller.pause {
        return Err(paused(caller, pause));
    }
    Ok(())
}

/// The refusal of a paused key, with the project of its page.
fn paused(caller: &Caller, pause: KeyPause) -> Refusal {
    let project = caller.organizations.iter().flat_map(|organization| &organization.projects).next();
    let project = project.filter(|_| caller.kind != KeyKind::Admin).map(|project| project.id.clone());
    Refusal::PausedKey { key: caller.key.clone(), project, pause }
}

fn missing_scope(route: &Route) -> Refusal {
    // The model list answers in the string form; all other routes of the data plane in the object form.
    Refusal::MissingScope { scope: route.scope, string_form: route.scope == Scope::ModelRead }
}

/// Returns the organization that the header names, or the first one the key reaches.
///
/// # Errors
/// [`Refusal::UnknownOrganization`] or [`Refusal::MismatchedOrganization`], depending on the kind of key, or the
/// refusal of a closed organization.
pub fn select_organization<'c>(caller: &'c Caller, wanted: Option<&str>) -> Result<&'c ReachableOrganization, Refusal> {
    let organization = match wanted {
        None => caller.organizations.first().ok_or(Refusal::NoMembership)?,
        Some(wanted) => match caller.organizations.iter().find(|o| o.id.as_str() == wanted) {
            Some(found) => found,
            None if caller.kind == KeyKind::User => {
                return Err(Refusal::UnknownOrganization(printable(wanted)));
            }
            None => return Err(Refusal::MismatchedOrganization),
        },
    };
    if organization.deactivated { Err(Refusal::AccountDeactivated) } else { Ok(organization) }
}

fn select_project<'c>(
    caller: &Caller,
    organization: &'c ReachableOrganization,
    wanted: Option<&str>,
) -> Result<&'c ReachableProject, Refusal> {
    let projects = &organization.projects;
    match wanted {
        Some(wanted) => projects.iter().find(|p| p.id.as_str() == wanted).ok_or(Refusal::MismatchedProject),
        // A bound key has exactly one project; a legacy key falls back to the Default project.
        None if caller.kind == KeyKind::User => projects.iter().find(|p| p.is_default).ok_or(Refusal::NoMembership),
        None => projects.first().ok_or(Refusal::NoMembership),
    }
}

/// The organization and project that pay for requests with this key and these headers. Its scopes do not matter. An admin
/// key has no project.
///
/// # Errors
/// The refusal of [`decide`] for such a payer.
pub fn payers<'c>(
    caller: &'c Caller,
    selection: Selection<'_>,
    now: Timestamp,
) -> Result<(&'c ReachableOrganization, Option<&'c ReachableProject>), Refusal> {
    ensure_active(caller, now)?;
    let organization = select_organization(caller, selection.organization)?;
    let project = match caller.kind {
        KeyKind::Admin => None,
        _ => Some(select_project(caller, organization, selection.project)?),
    };
    if let Some(project) = project.filter(|project| project.archived) {
        return Err(Refusal::ArchivedProject(project.id.clone()));
    }
    organization.permissions(project).ok_or(Refusal::NoMembership)?;
    Ok((organization, project))
}

/// What a request requires of its model, read from the body that is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelUse<'a> {
    /// The model's name after aliases were resolved.
    pub model: &'a str,
    /// Whether a streamed response is requested.
    pub stream: bool,
    /// Whether reasoning summaries are requested.
    pub summary: bool,
    /// The tools that the model server would run.
    pub tools: HostedTools,
    /// The requested service tier.
    pub tier: RequestedTier,
}

impl<'a> ModelUse<'a> {
    /// The plain use of a model.
    #[must_use]
    pub fn of(model: &'a str) -> Self {
        Self { model, stream: false, summary: false, tools: HostedTools::default(), tier: RequestedTier::default() }
    }
}

/// Applies the project's lists and the gates to a model use; the first refusal in the order models, tools, tier, then
/// the gates of model, stream and summary wins.
///
/// # Errors
/// When the project may not use the model, a tool or the tier, when a verification is missing, or when billing is
/// suspended. The gateway reads the caller again once before it answers with one of the last two.
pub fn judge_model(
    policy: &Policy,
    caller: &Caller,
    payer: &Payer,
    route: &Route,
    model_use: ModelUse<'_>,
    now: Timestamp,
) -> Result<Vec<Verdict>, Refusal> {
    let Some(organization) = caller.organizations.iter().find(|o| o.id == payer.organization) else {
        return Err(Refusal::NoMembership);
    };
    allowed_in_project(organization, payer, model_use.model)?;
    allowed_features(organization, payer, model_use)?;
    let judge = |action| policy.judge(action, &payer.organization, &organization.entitlements, now);
    let refuse = |verdict: &Verdict| GateRefusal {
        model: model_use.model.to_owned(),
        organization: payer.organization.clone(),
        project: payer.project.clone(),
        missing: verdict.missing.clone(),
        rule: verdict.rule.clone().unwrap_or_default(),
    };
    let mut verdicts = vec![judge(Action::UseModel(model_use.model))];
    if let Some(verdict) = verdicts.last().filter(|v| !v.allowed()) {
        let gate = refuse(verdict);
        let image = route.meter == MeterKind::Image || model_use.model.starts_with("gpt-image");
        return Err(if image { Refusal::ImageNeedsVerification(gate) } else { Refusal::ModelNeedsVerification(gate) });
    }
    if model_use.stream {
        let verdict = judge(Action::StreamModel(model_use.model));
        if !verdict.allowed() {
            return Err(Refusal::StreamNeedsVerification(refuse(&verdict)));
        }
        verdicts.push(verdict);
    }
    if model_use.summary {
        let verdict = judge(Action::ReasoningSummary(model_use.model));
        if !verdict.allowed() {
            return Err(Refusal::SummaryNeedsVerification(refuse(&verdict)));
        }
        verdicts.push(verdict);
    }
    // After what the organization must prove, and before what it may still spend.
    if organization.billing_suspended {
        return Err(Refusal::BillingNotActive(payer.organization.clone()));
    }
    Ok(verdicts)
}

/// The payer's project in its organization.
fn project_in<'o>(organization: &'o ReachableOrganization, payer: &Payer) -> Option<&'o ReachableProject> {
    organization.projects.iter().find(|project| project.id == payer.project)
}

/// Whether the project's own list has the model.
///
/// # Errors
/// [`Refusal::ModelNotAllowed`].
pub fn allowed_in_project(organization: &ReachableOrganization, payer: &Payer, model: &str) -> Result<(), Refusal> {
    let project = project_in(organization, payer);
    if project.and_then(|project| project.models.as_ref()).is_none_or(|models| models.allows(model)) {
        return Ok(());
    }
    Err(Refusal::ModelNotAllowed { project: payer.project.clone(), model: printable(model) })
}

/// Whether the project may use the tools and the tier of a request.
///
/// # Errors
/// [`Refusal::ToolNotAllowed`] or [`Refusal::TierNotAllowed`].
fn allowed_features(
    organization: &ReachableOrganization,
    payer: &Payer,
    model_use: ModelUse<'_>,
) -> Result<(), Refusal> {
    let features = project_in(organization, payer).and_then(|project| project.features.as_ref());
    let Some(features) = features else { return Ok(()) };
    if let Some(tool) = features.denied(model_use.tools) {
        return Err(Refusal::ToolNotAllowed { project: payer.project.clone(), tool });
    }
    if !features.allows_tier(model_use.tier) {
        return Err(Refusal::TierNotAllowed(payer.project.clone()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
