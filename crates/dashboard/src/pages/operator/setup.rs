//! What this installation can do and what is missing, with lines of configuration to copy, a test, and the decision about
//! rules that cannot be met.

use askama::Template;
use axum::extract::State;
use keystead_app::installation::InstallationView;
use keystead_app::setup_tests::{SetupFailure, SetupTest};
use keystead_app::{Actor, Error};
use keystead_core::gate::{Requirement, UnmeetableState};
use keystead_core::installation::{Capability, CapabilityState, IdentityService};

use super::console::{layout, operator};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Person;
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
    /// The tests that were just done.
    tests: Option<(Capability, Vec<SetupTest>)>,
    /// The number that was typed for a test text message.
    number: String,
    /// Whether an outside service verifies organizations.
    outside_identity: bool,
    wrong: Option<String>,
}

impl Setup {
    fn name(&self, capability: &Capability) -> String {
        self.layout.t.text(&capability.message())
    }

    fn missing(&self, capability: &Capability) -> String {
        self.layout.t.text(&capability.missing_message())
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

    /// The name of the test of a capability, as a value of `act`; `None` where there is none.
    fn test(&self, capability: &Capability, state: &CapabilityState) -> Option<&'static str> {
        match capability {
            _ if *state == CapabilityState::NotSetUp => None,
            Capability::Mail => Some("test-mail"),
            Capability::TextMessages => Some("test-text-message"),
            Capability::Identity if self.outside_identity => Some("test-identity"),
            Capability::Payment => Some("test-payment"),
            Capability::Upstreams => Some("test-upstreams"),
            _ => None,
        }
    }

    fn test_name(&self, act: &str) -> String {
        self.layout.t.text(&format!("setup-{act}"))
    }

    /// What the test does, where that is not in its name.
    fn test_hint(&self, capability: &Capability) -> Option<String> {
        let key = match capability {
            Capability::TextMessages => "setup-test-number-hint",
            Capability::Identity => "setup-test-identity-hint",
            Capability::Payment => "setup-test-payment-hint",
            _ => return None,
        };
        Some(self.layout.t.text(key))
    }

    /// The tests of a capability that were just done.
    fn done(&self, capability: &Capability) -> &[SetupTest] {
        self.tests.as_ref().filter(|(of, _)| of == capability).map_or(&[], |(_, tests)| tests)
    }

    fn result(&self, test: &SetupTest) -> String {
        let t = self.layout.t;
        let milliseconds = self.layout.format.number(&test.milliseconds);
        match (&test.failure, test.models) {
            (Some(_), _) => t.text_with("setup-test-failed", "milliseconds", milliseconds),
            (None, Some(models)) => t.count_with("setup-test-models", models, &[("milliseconds", &milliseconds)]),
            (None, None) => t.text_with("setup-test-passed", "milliseconds", milliseconds),
        }
    }

    /// What is wrong, and what to change.
    fn advice(&self, capability: &Capability, failure: &SetupFailure) -> String {
        let t = self.layout.t;
        let fault = t.text(&format!("setup-fault-{}", failure.fault.as_str()));
        let advice = t.text(&format!("setup-advice-{}", capability.as_str().replace('_', "-")));
        t.text_with_all("setup-fault-and-advice", &[("fault", &fault), ("advice", &advice)])
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
        tests: None,
        number: String::new(),
        outside_identity: state.app.configured_services().identity == Some(IdentityService::Outside),
        wrong: None,
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    let t = visit.person.messages;
    let shown = page(&state, &visit).await?;
    state.app.note_setup_seen(&operator(&visit)?).await.map_err(|error| PageError::new(t, error))?;
    render(t, &shown)
}

/// Where an operator begins on a new installation: here, while something needs them and no operator has seen it.
pub(crate) async fn comes_first(state: &DashboardState, person: &Person) -> Result<bool, PageError> {
    if !person.session.operator {
        return Ok(false);
    }
    state.app.setup_comes_first().await.map_err(|error| PageError::new(person.messages, error))
}

/// Tests a service, or decides about rules that cannot be met.
pub(crate) async fn act(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    if form.field("act").starts_with("test-") {
        return test(&state, &visit, &actor, &form).await;
    }
    let t = visit.person.messages;
    let missing = || PageError::new(t, Error::not_found("requirement", form.field("requirement")));
    let requirement = Requirement::from_name(form.field("requirement")).ok_or_else(missing)?;
    let refuse = form.field("act") == "refuse";
    match state.app.decide_without_service(&actor, requirement, refuse, form.field("reason")).await {
        Ok(()) => Ok(redirect(&visit.link("/operator/setup?done=saved"))),
        Err(error) => refused(&state, &visit, &form, error).await,
    }
}

async fn test(state: &DashboardState, visit: &OwnVisit, actor: &Actor, form: &Form) -> Page {
    let (t, app) = (visit.person.messages, &state.app);
    let locale = t.0.tag();
    let (capability, tests) = match form.field("act") {
        "test-mail" => {
            let (subject, text) = (t.text("setup-mail-subject"), t.text("setup-mail-text"));
            let test = app.test_mail(actor, &visit.person.session.email, subject, text).await;
            (Capability::Mail, test.map(|test| vec![test]))
        }
        "test-text-message" => {
            let text = t.text_with("setup-text-message", "operator", &app.settings().operator);
            (Capability::TextMessages, app.test_text_message(actor, form.field("number"), locale, &text).await)
        }
        "test-identity" => (Capability::Identity, app.test_identity(actor, locale).await.map(|test| vec![test])),
        "test-payment" => (Capability::Payment, app.test_payment(actor).await.map(|test| vec![test])),
        _ => (Capability::Upstreams, app.test_model_servers(actor).await),
    };
    match tests {
        Ok(tests) => {
            let number = form.field("number").to_owned();
            render(t, &Setup { tests: Some((capability, tests)), number, ..page(state, visit).await? })
        }
        Err(error) => refused(state, visit, form, error).await,
    }
}

/// Shows the page again with the reason.
async fn refused(state: &DashboardState, visit: &OwnVisit, form: &Form, error: Error) -> Page {
    let t = visit.person.messages;
    if matches!(error, Error::Internal(_) | Error::Unavailable) {
        return Err(PageError::new(t, error));
    }
    let (wrong, number) = (Some(error_message(t, &error)), form.field("number").to_owned());
    render_error(t, &Setup { wrong, number, ..page(state, visit).await? }, &error)
}
