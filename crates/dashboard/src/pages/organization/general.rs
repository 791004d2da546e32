//! Settings > Organization > General: the name, the ids, and the verifications in every state.

use askama::Template;
use axum::extract::State;
use keystead_app::organizations::second_factor_policy::SecondFactorRule;
use keystead_app::verification::organization::OrganizationView;
use keystead_app::{Error, Page as Cursor};
use keystead_core::gate::Requirement;
use keystead_core::role::OrganizationRole;
use keystead_core::verification::organization::Status;

use super::verification::word;
use super::verification_card::{Card, Source, english, may_try, moving};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::{Layout, ORGANIZATION_DELETION};
use crate::web::response::{Page, redirect, render, render_error};

pub(super) const HERE: &str = "/settings/organization/general";

/// The QR code of a hand-off.
pub(super) struct Qr {
    pub(super) svg: String,
    pub(super) url: String,
    pub(super) until: String,
}

#[derive(Template)]
#[template(path = "pages/general.html")]
pub(super) struct General {
    pub(super) layout: Layout,
    wrong: Option<String>,
    name: String,
    organization_id: String,
    project_id: String,
    owner: bool,
    /// Whether they may copy and delete the organization.
    owns: bool,
    /// The names of owners, for members who cannot start the verification.
    owners: String,
    card: Card,
    /// The second-factor policy; owners only.
    safety: Option<SecondFactorRule>,
    view: OrganizationView,
    payment_missing: bool,
    /// How many gateways of how many know of the verification, while some do not.
    spreading: Option<(String, String)>,
    pub(super) qr: Option<Qr>,
    address: String,
    models: String,
    links: Links,
    host: String,
    contact: Option<String>,
}

struct Links {
    /// The page itself, without a fragment: a link to the open address with one loads nothing.
    here: String,
    billing: String,
    consent: String,
    safety: String,
    security: String,
    export: String,
    usage: String,
    audit: String,
    deletion: String,
}

impl General {
    /// How many members have no second factor, and what that means under the rule.
    fn lacking(&self, rule: &SecondFactorRule) -> String {
        let key = if rule.since.is_some() { "safety-lacking" } else { "safety-lacking-off" };
        self.layout.t.count(key, &i64::try_from(rule.lacking.len()).unwrap_or(i64::MAX))
    }

    /// The target of a form on this page.
    fn act(&self, verb: &str) -> String {
        self.links.here.replacen(HERE, &format!("/settings/organization/verification/{verb}"), 1)
    }

    fn follow_word(&self) -> String {
        word(&self.view, self.layout.format.now)
    }

    fn moving(&self) -> bool {
        moving(self.view.status)
    }

    fn status(&self) -> &'static str {
        self.view.status.as_str()
    }

    fn may_try(&self) -> bool {
        may_try(self.view.status)
    }

    fn may_appeal(&self) -> bool {
        matches!(self.view.status, Status::Rejected | Status::Cooldown | Status::Suspended)
    }

    /// The English text of an exact label, beside its translation.
    fn english(&self, key: &str) -> String {
        english(self.layout.t, key).unwrap_or_default()
    }
}

pub(super) async fn page(state: &DashboardState, visit: &Visit) -> Result<General, PageError> {
    let t = visit.person.messages;
    let fail = |error: Error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let mut view = state.app.organization_verification(&actor, organization).await.map_err(fail)?;
    if view.provider == Some("review") {
        // It is the operator's own policy, which the page shows already.
        view.provider_policy = None;
    }
    let phone = state.app.phone_view(&actor, organization).await.map_err(fail)?;
    let payment =
        if visit.owner() { Some(state.app.payment_methods(&actor, organization).await.map_err(fail)?) } else { None };
    let safety = match visit.owner() {
        true => Some(state.app.second_factor_rule(&actor, organization).await.map_err(fail)?),
        false => None,
    };
    let verification = state.app.verification_of(organization).await.map_err(fail)?;
    let lacks = |name: &str, what: Requirement| {
        verification.actions.iter().any(|action| action.action == name && action.missing.contains(&what))
    };
    let served = state.app.served_models().await.map_err(fail)?;
    let gated = verification.actions.iter().filter_map(|action| action.action.strip_prefix("model.use:"));
    let gated: Vec<&str> = gated.filter(|name| served.iter().any(|model| model == name)).collect();
    let spreading = match view.status.as_str() {
        "verified" => state.app.spreading(view.since).await.map_err(fail)?,
        _ => None,
    };
    let spreading = spreading.map(|gateways| (gateways.current.to_string(), gateways.all.to_string()));
    let settings = state.app.settings();
    let owners = if visit.owner() { String::new() } else { owners_of(state, visit).await? };
    let links = Links {
        here: visit.link(HERE),
        billing: visit.link("/settings/organization/billing/payment-methods"),
        consent: visit.link(&format!("{HERE}?verify=1")),
        safety: visit.link("/settings/organization/second-factor"),
        security: visit.link("/settings/account/security"),
        export: visit.link("/settings/organization/export.json"),
        usage: visit.link("/usage"),
        audit: visit.link("/settings/organization/audit-log"),
        deletion: visit.link(ORGANIZATION_DELETION),
    };
    let layout = Layout::new(state, visit, &t.text("nav-general"), HERE);
    let payment_missing = lacks("organization.verify", Requirement::PaymentMethod);
    let source = Source {
        layout: &layout,
        owner: visit.owner(),
        view: &view,
        phone: &phone,
        payment: payment.as_ref(),
        payment_missing,
        phone_href: &visit.link("/settings/account/phone"),
        billing_href: &links.billing,
        asks_consent: visit.person.query.contains_key("verify"),
        policy: settings.privacy_policy_url.as_deref(),
    };
    let card = source.card();
    Ok(General {
        layout,
        wrong: None,
        name: visit.organization.name.clone(),
        organization_id: organization.to_string(),
        project_id: visit.project.id.to_string(),
        owner: visit.owner(),
        owns: visit.owns(),
        owners,
        payment_missing,
        card,
        safety,
        view,
        spreading,
        qr: None,
        address: visit.person.session.email.clone(),
        models: gated.join(", "),
        links,
        host: state.public_url.split("://").nth(1).unwrap_or_default().to_owned(),
        contact: settings.data_protection_contact.clone(),
    })
}

/// The names of up to three owners.
async fn owners_of(state: &DashboardState, visit: &Visit) -> Result<String, PageError> {
    let cursor = Cursor { after: None, limit: 100, ascending: true };
    let members = state.app.members(&visit.person.actor(), &visit.organization.id, &[], cursor).await;
    let members = members.map_err(|error| PageError::new(visit.person.messages, error))?.data;
    let owners = members.into_iter().filter(|member| member.membership.role == OrganizationRole::Owner);
    Ok(owners.take(3).map(|owner| owner.user.name).collect::<Vec<_>>().join(", "))
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

pub(crate) async fn rename(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let renamed =
        state.app.rename_organization(&visit.person.actor(), &visit.organization.id, form.field("name")).await;
    match renamed {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
        Err(error) => again(&state, &visit, &error).await,
    }
}

/// Requires a second factor of every member, or stops requiring it.
pub(crate) async fn require(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let required = form.field("required") == "yes";
    match state.app.require_second_factor(&visit.person.actor(), &visit.organization.id, required).await {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
        Err(error) => again(&state, &visit, &error).await,
    }
}

pub(super) async fn again(state: &DashboardState, visit: &Visit, error: &Error) -> Page {
    let mut page = page(state, visit).await?;
    page.wrong = Some(error_message(&visit.person.format, error));
    render_error(visit.person.messages, &page, error)
}
