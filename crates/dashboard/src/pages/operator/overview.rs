//! The overview of the console: organizations, waivers, suspensions, cases, the state of external services.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::accounts::FactorReset;
use keystead_app::operator::{CaseRow, OrganizationRow, Overview};
use keystead_core::gate::Requirement;
use keystead_core::verification::organization::Event;
use keystead_core::verification::payment::PaymentEvent;

use super::console::{Tab, operator, tabs};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::{Form, words_of};
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render};
use keystead_locales::Messages;

#[derive(Template)]
#[template(path = "pages/operator.html")]
struct Operator {
    layout: Layout,
    tabs: Vec<Tab>,
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
}

impl Operator {
    fn waiting(&self) -> String {
        self.layout.t.count("operator-lead", &i64::try_from(self.overview.cases.len()).unwrap_or(i64::MAX))
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

    fn status(&self, row: &OrganizationRow) -> String {
        self.layout.t.text(&format!("status-{}", row.status.replace('_', "-")))
    }
}

/// The names of signals that need attention.
pub(super) fn attention(t: Messages, names: &[&str]) -> String {
    let say = |name: &&str| t.text(&format!("attention-{}", name.replace('_', "-")));
    names.iter().map(say).collect::<Vec<_>>().join(" · ")
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let actor = operator(&visit)?;
    let t = visit.person.messages;
    let overview = state.app.operator_overview(&actor).await.map_err(|error| PageError::new(t, error))?;
    let installation = state.app.installation(&actor).await.map_err(|error| PageError::new(t, error))?;
    let setup = installation.needs_operator().then(|| visit.link("/operator/setup"));
    let layout = Layout::new(&state, &visit, &t.text("nav-operator"), "/operator");
    let resets = state.app.factor_resets(&actor).await.map_err(|error| PageError::new(t, error))?;
    let page = Operator {
        layout,
        tabs: tabs(&visit, "/operator"),
        overview,
        action: visit.link("/operator"),
        resets,
        alone: state.app.settings().operator_emails.len() < 2,
        me: visit.person.session.email.clone(),
        factor: visit.link("/operator/second-factor"),
        setup,
    };
    render(t, &page)
}

/// One operator proposes to reset a person's second factor, another approves.
pub(crate) async fn factor(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let done = match form.field("act") {
        "agree" => state.app.agree_to_factor_reset(&actor, &visit.named("user", form.field("user"))?).await,
        "discard" => state.app.discard_factor_reset(&actor, &visit.named("user", form.field("user"))?).await,
        _ => state.app.propose_factor_reset(&actor, form.field("email"), form.field("reason")).await,
    };
    done.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link("/operator?done=saved")))
}

pub(crate) async fn act(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let missing = || PageError::new(t, Error::not_found("organization", form.field("organization")));
    let reason = form.field("reason");
    if form.field("act") == "decide" {
        let approve = form.field("decision") == "approve";
        let decided = state.app.decide_appeal(&actor, form.field("case"), approve, reason).await;
        decided.map_err(fail)?;
        return Ok(redirect(&visit.link("/operator?done=saved")));
    }
    let organization = form.field("organization").parse().map_err(|_| missing())?;
    let until = form.field("days").parse::<i64>().ok().map(|days| state.app.now().plus(days * 86_400));
    match form.field("act") {
        "waive-phone" => {
            state.app.waive_requirement(&actor, &organization, Requirement::Phone, until, reason).await.map_err(fail)?
        }
        "waive-payment" => {
            state
                .app
                .waive_requirement(&actor, &organization, Requirement::PaymentMethod, until, reason)
                .await
                .map_err(fail)?;
        }
        "exempt" => {
            let event = Event::Exempt { until };
            state.app.operate_on_verification(&actor, &organization, event, reason).await.map_err(fail)?;
        }
        "revoke-phone" => {
            state.app.revoke_phones(&actor, std::slice::from_ref(&organization), reason).await.map_err(fail)?;
        }
        "payment-disputed" => {
            let event = PaymentEvent::Disputed;
            state.app.operate_on_payment(&actor, &organization, event, reason).await.map_err(fail)?;
        }
        "revoke" => {
            state.app.operate_on_verification(&actor, &organization, Event::Revoke, reason).await.map_err(fail)?;
        }
        "suspend" => {
            state.app.operate_on_verification(&actor, &organization, Event::Suspend, reason).await.map_err(fail)?;
        }
        "restore" => {
            state.app.operate_on_verification(&actor, &organization, Event::Restore, reason).await.map_err(fail)?;
        }
        "tag" => {
            let tags = words_of(form.field("tags"));
            state.app.tag_organization(&actor, &organization, &tags, reason).await.map_err(fail)?;
        }
        _ => return Err(missing()),
    }
    Ok(redirect(&visit.link("/operator?done=saved")))
}
