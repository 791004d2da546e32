//! The operator's console: organizations, waivers, pauses, cases, the state of outside services.

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
use crate::text::Text;
use crate::web::error_page::Failure;
use crate::web::extract::Visit;
use crate::web::form::{Form, words_of};
use crate::web::layout::Shell;
use crate::web::response::{Page, go, show};

#[derive(Template)]
#[template(path = "pages/operator.html")]
struct Operator {
    shell: Shell,
    tabs: Vec<Tab>,
    overview: Overview,
    action: String,
    /// Second steps that one operator proposed to reset.
    resets: Vec<FactorReset>,
    /// Whether there is nobody to agree.
    alone: bool,
    /// The address of whoever looks.
    me: String,
    factor: String,
}

impl Operator {
    fn waiting(&self) -> String {
        self.shell.t.count("operator-lead", &i64::try_from(self.overview.cases.len()).unwrap_or(i64::MAX))
    }

    fn gateways(&self) -> String {
        let (current, all) = (self.overview.gateways.current.to_string(), self.overview.gateways.all.to_string());
        self.shell.t.say2("operator-gateways", &("current", &current), &("all", &all))
    }

    fn late(&self, node: &str, seconds: &i64) -> String {
        let seconds = self.shell.when.number(seconds);
        self.shell.t.say2("operator-gateway-late", &("node", node), &("seconds", &seconds))
    }

    fn health(&self, health: &str) -> String {
        self.shell.t.say(&format!("health-{health}"))
    }

    fn service(&self, name: &str) -> String {
        self.shell.t.say(&format!("service-{}", name.replace('_', "-")))
    }

    fn attention(&self, row: &OrganizationRow) -> String {
        attention(self.shell.t, &row.attention)
    }

    fn signals(&self, case: &CaseRow) -> String {
        self.shell.t.say1("operator-signals", "signals", attention(self.shell.t, &case.signals))
    }

    fn status(&self, row: &OrganizationRow) -> String {
        self.shell.t.say(&format!("status-{}", row.status.replace('_', "-")))
    }
}

/// Things to look at, in words.
pub(super) fn attention(t: Text, names: &[&str]) -> String {
    let say = |name: &&str| t.say(&format!("attention-{}", name.replace('_', "-")));
    names.iter().map(say).collect::<Vec<_>>().join(" · ")
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let actor = operator(&visit)?;
    let t = visit.person.text;
    let overview = state.app.operator_overview(&actor).await.map_err(|error| Failure::new(t, error))?;
    let shell = Shell::new(&state, &visit, &t.say("nav-operator"), "/operator");
    let resets = state.app.factor_resets(&actor).await.map_err(|error| Failure::new(t, error))?;
    let page = Operator {
        shell,
        tabs: tabs(&visit, "/operator"),
        overview,
        action: visit.link("/operator"),
        resets,
        alone: state.app.settings().operator_emails.len() < 2,
        me: visit.person.session.email.clone(),
        factor: visit.link("/operator/second-factor"),
    };
    show(t, &page)
}

/// One operator proposes to reset somebody's second step, another one agrees.
pub(crate) async fn factor(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let done = match form.text("act") {
        "agree" => state.app.agree_to_factor_reset(&actor, &visit.named("user", form.text("user"))?).await,
        "discard" => state.app.discard_factor_reset(&actor, &visit.named("user", form.text("user"))?).await,
        _ => state.app.propose_factor_reset(&actor, form.text("email"), form.text("reason")).await,
    };
    done.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(go(&visit.link("/operator?done=saved")))
}

pub(crate) async fn act(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let t = visit.person.text;
    let fail = |error| Failure::new(t, error);
    let missing = || Failure::new(t, Error::not_found("organization", form.text("organization")));
    let reason = form.text("reason");
    if form.text("act") == "decide" {
        let approve = form.text("decision") == "approve";
        let decided = state.app.decide_case(&actor, form.text("case"), approve, reason).await;
        decided.map_err(fail)?;
        return Ok(go(&visit.link("/operator?done=saved")));
    }
    let organization = form.text("organization").parse().map_err(|_| missing())?;
    let until = form.text("days").parse::<i64>().ok().map(|days| state.app.now().plus(days * 86_400));
    match form.text("act") {
        "waive-phone" => {
            state.app.waive(&actor, &organization, Requirement::Phone, until, reason).await.map_err(fail)?
        }
        "waive-payment" => {
            state.app.waive(&actor, &organization, Requirement::PaymentMethod, until, reason).await.map_err(fail)?;
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
            let tags = words_of(form.text("tags"));
            state.app.tag_organization(&actor, &organization, &tags, reason).await.map_err(fail)?;
        }
        _ => return Err(missing()),
    }
    Ok(go(&visit.link("/operator?done=saved")))
}
