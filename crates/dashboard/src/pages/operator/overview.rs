//! The overview of the console: organizations, waivers, suspensions, cases, the state of external services.

use askama::Template;
use axum::extract::State;
use keystead_app::accounts::FactorReset;
use keystead_app::operator::{CaseRow, OrganizationRow, Overview};
use keystead_app::{Actor, Error};
use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::tier::Tier;
use keystead_core::verification::organization::Event;
use keystead_core::verification::payment::PaymentEvent;

use super::console::{self, operator};
use super::setup;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::form::{Form, words_of};
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect, render, render_error};
use crate::web::submit::reloads_as;
use keystead_locales::Messages;

#[derive(Template)]
#[template(path = "pages/operator.html")]
struct Operator {
    layout: Layout,
    overview: Overview,
    action: String,
    /// Second-factor resets that one operator proposed and another must approve.
    resets: Vec<FactorReset>,
    /// Whether there is no second operator.
    alone: bool,
    /// The e-mail address of the operator who opened the page.
    me: String,
    factor: String,
    /// The setup page, when something there needs the operator.
    setup: Option<String>,
    /// The number of requests for a waiver that need a decision.
    waivers: i64,
    waivers_at: String,
    /// The numbers of the configured usage tiers.
    tiers: Vec<i64>,
    wrong: Option<String>,
    typed: Typed,
}

impl Operator {
    fn waiting(&self) -> String {
        if self.overview.cases.is_empty() {
            return self.layout.t.text("operator-no-cases");
        }
        self.layout.t.count("operator-lead", &i64::try_from(self.overview.cases.len()).unwrap_or(i64::MAX))
    }

    /// The number of cases of a kind that need a decision.
    fn cases(&self, kind: &str) -> String {
        let found = self.overview.cases.iter().filter(|case| case.kind.as_str() == kind).count();
        self.layout.format.number(&i64::try_from(found).unwrap_or(i64::MAX))
    }

    /// The first case of the queue.
    fn first(&self) -> Option<&CaseRow> {
        self.overview.cases.first()
    }

    /// The external services that do not answer.
    fn down(&self) -> String {
        let found = self.overview.services.iter().filter(|(_, health)| *health == "down").count();
        self.layout.format.number(&i64::try_from(found).unwrap_or(i64::MAX))
    }

    fn look(&self, health: &str) -> &'static str {
        console::look(health)
    }

    fn kind(&self, case: &CaseRow) -> String {
        self.layout.t.text(&format!("review-kind-{}", case.kind.as_str()))
    }

    /// What the form of an organization contains.
    fn typed(&self, row: &OrganizationRow) -> Option<&Typed> {
        Some(&self.typed).filter(|typed| typed.organization == row.id.as_str())
    }

    /// Whether the form of an organization has this tier selected.
    fn has_tier(&self, row: &OrganizationRow, tier: &i64) -> bool {
        match self.typed(row).filter(|typed| typed.act == "tier") {
            Some(typed) => typed.tier == tier.to_string(),
            None => row.tier.is_some_and(|present| present.number() == *tier),
        }
    }

    fn acts(&self) -> [(&'static str, String); 8] {
        [
            ("waive-phone", "operator-waive-phone"),
            ("waive-payment", "operator-waive-payment"),
            ("exempt", "operator-exempt"),
            ("suspend", "operator-suspend"),
            ("restore", "operator-restore"),
            ("revoke", "operator-revoke"),
            ("revoke-phone", "operator-revoke-phone"),
            ("payment-disputed", "operator-disputed"),
        ]
        .map(|(act, key)| (act, self.layout.t.text(key)))
    }

    fn gateways(&self) -> String {
        let (current, all) = (self.overview.gateways.current.to_string(), self.overview.gateways.all.to_string());
        self.layout.t.text_with_all("operator-gateways", &[("current", &current), ("all", &all)])
    }

    fn late(&self, node: &str, seconds: &i64) -> String {
        let seconds = self.layout.format.number(seconds);
        self.layout.t.text_with_all("operator-gateway-late", &[("node", node), ("seconds", &seconds)])
    }

    fn health(&self, health: &str) -> String {
        self.layout.t.text(&format!("health-{health}"))
    }

    fn service(&self, name: &str) -> String {
        self.layout.t.text(&format!("service-{}", name.replace('_', "-")))
    }

    fn attention(&self, row: &OrganizationRow) -> String {
        attention(self.layout.t, &row.attention)
    }

    fn signals(&self, case: &CaseRow) -> String {
        self.layout.t.text_with("operator-signals", "signals", attention(self.layout.t, &case.signals))
    }

    /// The requirements that an organization meets, and how.
    fn met(&self, row: &OrganizationRow) -> String {
        let t = self.layout.t;
        let say = |(requirement, how): &(Requirement, Fulfilment)| match how {
            Fulfilment::Verified => t.requirement(*requirement),
            Fulfilment::Waived => t.text_with("operator-met-waived", "requirement", t.requirement(*requirement)),
        };
        row.met.iter().map(say).collect::<Vec<_>>().join(" · ")
    }

    fn status(&self, row: &OrganizationRow) -> String {
        self.layout.t.text(&format!("status-{}", row.status.replace('_', "-")))
    }
}

/// The names of signals that need attention.
pub(super) fn attention(t: Messages, names: &[&str]) -> String {
    let say = |name: &&str| t.text(&format!("attention-{}", name.replace('_', "-")));
    names.iter().map(say).collect::<Vec<_>>().join(" · ")
}

/// What was typed into a form that was refused.
#[derive(Debug, Default)]
struct Typed {
    /// The organization, or empty for the form about a second factor.
    organization: String,
    act: String,
    days: String,
    reason: String,
    tags: String,
    tier: String,
    email: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let field = |name| form.field(name).to_owned();
        Self {
            organization: field("organization"),
            act: field("act"),
            days: field("days"),
            reason: field("reason"),
            tags: field("tags"),
            tier: field("tier"),
            email: field("email"),
        }
    }
}

async fn page(state: &DashboardState, visit: &OwnVisit) -> Result<Operator, PageError> {
    let actor = operator(visit)?;
    let t = visit.person.messages;
    let overview = state.app.operator_overview(&actor).await.map_err(|error| PageError::new(t, error))?;
    let resets = state.app.factor_resets(&actor).await.map_err(|error| PageError::new(t, error))?;
    let waivers = state.app.open_waivers(&actor).await.map_err(|error| PageError::new(t, error))?;
    let installation = state.app.installation(&actor).await.map_err(|error| PageError::new(t, error))?;
    Ok(Operator {
        setup: installation.needs_operator().then(|| visit.link("/operator/setup")),
        layout: console::layout(state, visit, &t.text("operator-overview"), "/operator"),
        overview,
        action: visit.link("/operator"),
        resets,
        alone: state.app.settings().operator_emails.len() < 2,
        me: visit.person.session.email.clone(),
        factor: visit.link("/operator/second-factor"),
        waivers: i64::try_from(waivers.len()).unwrap_or(i64::MAX),
        waivers_at: format!("{}#waivers", visit.link("/operator/exemptions")),
        tiers: state.app.settings().tiers.tiers().map(Tier::number).collect(),
        wrong: None,
        typed: Typed::default(),
    })
}

/// The page again, with the reason why the form was refused and what was typed.
async fn refused(state: &DashboardState, visit: &OwnVisit, form: &Form, error: Error) -> Page {
    let t = visit.person.messages;
    let mut page = page(state, visit).await?;
    page.wrong = Some(error_message(t, &error));
    page.typed = Typed::of(form);
    reloads_as(render_error(t, &page, &error), visit.link("/operator"))
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    if setup::comes_first(&state, &visit.person).await? {
        return Ok(redirect(&visit.link("/operator/setup")));
    }
    render(visit.person.messages, &page(&state, &visit).await?)
}

/// One operator proposes to reset a person's second factor, another approves.
pub(crate) async fn factor(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let done = match form.field("act") {
        "agree" => state.app.agree_to_factor_reset(&actor, &visit.named("user", form.field("user"))?).await,
        "discard" => state.app.discard_factor_reset(&actor, &visit.named("user", form.field("user"))?).await,
        _ => state.app.propose_factor_reset(&actor, form.field("email"), form.field("reason")).await,
    };
    match done {
        Ok(()) => Ok(redirect(&visit.link("/operator?done=saved"))),
        Err(error) => refused(&state, &visit, &form, error).await,
    }
}

pub(crate) async fn act(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    match change(&state, &actor, &form).await {
        Ok(()) => Ok(redirect(&visit.link("/operator?done=saved"))),
        Err(error) => refused(&state, &visit, &form, error).await,
    }
}

/// Changes an organization.
async fn change(state: &DashboardState, actor: &Actor, form: &Form) -> Result<(), Error> {
    let app = &state.app;
    let missing = || Error::not_found("organization", form.field("organization"));
    let organization = form.field("organization").parse().map_err(|_| missing())?;
    let reason = form.field("reason");
    let until = match form.field("days").trim() {
        "" => None,
        days => {
            let unreadable =
                || Error::coded("days", "days_unreadable", "Invalid 'days': must be a whole number from 1 to 3650.");
            let days = days.parse::<i64>().ok().filter(|days| (1..=3_650).contains(days)).ok_or_else(unreadable)?;
            Some(app.now().plus(days * 86_400))
        }
    };
    let verification = |event| app.operate_on_verification(actor, &organization, event, reason);
    match form.field("act") {
        "waive-phone" => app.waive_requirement(actor, &organization, Requirement::Phone, until, reason).await,
        "waive-payment" => app.waive_requirement(actor, &organization, Requirement::PaymentMethod, until, reason).await,
        "revoke-phone" => app.revoke_phones(actor, std::slice::from_ref(&organization), reason).await.map(|_| ()),
        "payment-disputed" => {
            app.operate_on_payment(actor, &organization, PaymentEvent::Disputed, reason).await.map(|_| ())
        }
        "exempt" => verification(Event::Exempt { until }).await.map(|_| ()),
        "revoke" => verification(Event::Revoke).await.map(|_| ()),
        "suspend" => verification(Event::Suspend).await.map(|_| ()),
        "restore" => verification(Event::Restore).await.map(|_| ()),
        "tier" => {
            let tier = form.field("tier").parse().unwrap_or(-1);
            app.set_tier(actor, &organization, tier, reason).await.map(|_| ())
        }
        "tag" => app.tag_organization(actor, &organization, &words_of(form.field("tags")), reason).await.map(|_| ()),
        _ => Err(missing()),
    }
}
