//! What this installation can do and what is missing, with lines of configuration to copy, a test, and the decision about
//! rules that cannot be met.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::installation::{InstallationView, SetupTest};
use keystead_core::gate::{Requirement, UnmeetableState};
use keystead_core::installation::{Capability, CapabilityState};

use super::console::{layout, operator};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect, render, render_error};

/// A requirement that cannot be met here.
struct Unmeetable {
    requirement: Requirement,
    /// The rules that require it, by id.
    rules: String,
    state: UnmeetableState,
}

#[derive(Template)]
#[template(path = "pages/operator_setup.html")]
struct Setup {
    layout: Layout,
    view: InstallationView,
    action: String,
    /// The result of a test email that was just sent.
    mail_test: Option<SetupTest>,
    wrong: Option<String>,
}

impl Setup {
    fn name(&self, capability: &Capability) -> String {
        self.layout.t.text(&capability.message())
    }

    fn missing(&self, capability: &Capability) -> String {
        self.layout.t.text(&format!("{}-missing", capability.message()))
    }

    fn state(&self, state: &CapabilityState) -> String {
        self.layout.t.text(&format!("setup-state-{}", state.as_str().replace('_', "-")))
    }

    fn look(&self, state: &CapabilityState) -> &'static str {
        match state {
            CapabilityState::SetUp => "ok",
            CapabilityState::Incomplete => "wait",
            CapabilityState::NotSetUp => "",
        }
    }

    fn lead(&self) -> String {
        let open = self.view.capabilities.iter().filter(|(_, state)| *state != CapabilityState::SetUp).count();
        match i64::try_from(open).unwrap_or(i64::MAX) {
            0 => self.layout.t.text("setup-lead-complete"),
            count => self.layout.t.count("setup-lead", &count),
        }
    }

    fn hint(&self, capability: &Capability) -> String {
        let key = if *capability == Capability::Backups { "setup-command-hint" } else { "setup-copy-hint" };
        self.layout.t.text(key)
    }

    /// A second line below the name: models without a price, the last backup.
    fn detail(&self, capability: &Capability) -> Option<String> {
        let t = self.layout.t;
        match capability {
            Capability::Prices if !self.view.models_without_price.is_empty() => {
                Some(t.text_with("setup-unpriced", "models", self.view.models_without_price.join(", ")))
            }
            Capability::Backups => {
                self.view.last_backup.map(|at| t.text_with("setup-last-backup", "time", self.layout.format.exact(&at)))
            }
            _ => None,
        }
    }

    /// The rules by requirement: one decision is about all rules with it.
    fn requirements(&self) -> Vec<Unmeetable> {
        let of = |requirement: Requirement| {
            let rules = self.view.rules.iter().filter(move |rule| rule.requirement == requirement);
            let state = rules.clone().next()?.state;
            let rules: Vec<&str> = rules.map(|rule| rule.rule.as_str()).collect();
            Some(Unmeetable { requirement, rules: rules.join(", "), state })
        };
        Requirement::ALL.into_iter().filter_map(of).collect()
    }

    fn rule(&self, rule: &Unmeetable) -> String {
        self.layout.t.text(&format!("setup-rule-{}", rule.state.as_str().replace('_', "-")))
    }

    fn requirement(&self, rule: &Unmeetable) -> String {
        self.layout.t.requirement(rule.requirement)
    }

    fn waits(&self, rule: &Unmeetable) -> bool {
        rule.state == UnmeetableState::Waits
    }

    fn decided(&self, rule: &Unmeetable) -> bool {
        rule.state == UnmeetableState::RefusesByDecision
    }

    fn result(&self, test: &SetupTest) -> String {
        let t = self.layout.t;
        let milliseconds = self.layout.format.number(&test.milliseconds);
        match &test.failure {
            None => t.text_with("setup-test-passed", "milliseconds", milliseconds),
            Some(reason) => {
                t.text_with_all("setup-test-failed", &[("milliseconds", &milliseconds), ("reason", reason)])
            }
        }
    }
}

async fn page(state: &DashboardState, visit: &OwnVisit) -> Result<Setup, PageError> {
    let actor = operator(visit)?;
    let t = visit.person.messages;
    let view = state.app.installation(&actor).await.map_err(|error| PageError::new(t, error))?;
    Ok(Setup {
        layout: layout(state, visit, &t.text("setup"), "/operator/setup"),
        view,
        action: visit.link("/operator/setup"),
        mail_test: None,
        wrong: None,
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

/// Sends a test email to the operator, or decides about rules that cannot be met.
pub(crate) async fn act(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let t = visit.person.messages;
    if form.field("act") == "test-mail" {
        let (subject, text) = (t.text("setup-mail-subject"), t.text("setup-mail-text"));
        let test = state.app.test_mail(&actor, &visit.person.session.email, subject, text).await;
        let mail_test = Some(test.map_err(|error| PageError::new(t, error))?);
        return render(t, &Setup { mail_test, ..page(&state, &visit).await? });
    }
    let missing = || PageError::new(t, Error::not_found("requirement", form.field("requirement")));
    let requirement = Requirement::from_name(form.field("requirement")).ok_or_else(missing)?;
    let refuse = form.field("act") == "refuse";
    match state.app.decide_without_service(&actor, requirement, refuse, form.field("reason")).await {
        Ok(()) => Ok(redirect(&visit.link("/operator/setup?done=saved"))),
        Err(error @ (Error::Internal(_) | Error::Unavailable)) => Err(PageError::new(t, error)),
        Err(error) => {
            let wrong = Some(error_message(t, &error));
            render_error(t, &Setup { wrong, ..page(&state, &visit).await? }, &error)
        }
    }
}
