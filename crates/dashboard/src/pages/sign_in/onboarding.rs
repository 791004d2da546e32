//! Onboarding, one question on each page. Everything except the name can be skipped.

use askama::Template;
use axum::extract::State;
use keystead_app::credit::CreditView;
use keystead_app::organizations::DESCRIPTIONS;
use keystead_core::ledger::BillingMode;
use keystead_core::role::OrganizationRole;

use crate::pages::organization::credit::{HERE as CREDIT, buy_page};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::{Person, Visit};
use crate::web::form::Form;
use crate::web::response::{Page, redirect, render, render_error};
use keystead_core::language::Language;
use keystead_locales::Messages;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Start,
    Organization,
    Team,
    Credits,
}

#[derive(Template)]
#[template(path = "pages/onboarding.html")]
struct Welcome {
    t: Messages,
    language: Language,
    theme: String,
    operator: String,
    csrf: String,
    step: Step,
    wrong: Option<String>,
    name: String,
    describes: String,
    descriptions: [&'static str; 8],
    next: String,
    /// Usage is not charged, so that there is no credit to buy.
    free: bool,
    /// The page on which credit is bought or waits to be bought, where organizations pay in advance.
    credit: Option<String>,
}

impl Welcome {
    fn new(state: &DashboardState, person: &Person, step: Step, next: String) -> Self {
        Self {
            t: person.messages,
            language: person.messages.0,
            theme: person.session.theme.clone(),
            operator: state.app.settings().operator.clone(),
            csrf: person.session.csrf.clone(),
            step,
            wrong: None,
            name: String::new(),
            describes: String::new(),
            descriptions: DESCRIPTIONS,
            next,
            free: false,
            credit: None,
        }
    }

    /// The title of the step.
    fn title(&self) -> String {
        self.t.text(match self.step {
            Step::Start => "welcome",
            Step::Organization => "organization-title",
            Step::Team => "team-title",
            Step::Credits if self.free => "add-payment-method",
            Step::Credits => "credits-title",
        })
    }

    fn chosen(&self, word: &str) -> bool {
        self.describes == word
    }

    fn description(&self, word: &str) -> String {
        self.t.text(&format!("describes-{}", word.replace('_', "-")))
    }
}

pub(crate) async fn start(State(state): State<DashboardState>, person: Person) -> Page {
    // The console is an operator's first page; they need no organization.
    if person.session.operator || person.session.operator_waits {
        return Ok(redirect("/operator"));
    }
    render(person.messages, &Welcome::new(&state, &person, Step::Start, String::new()))
}

pub(crate) async fn organization(State(state): State<DashboardState>, person: Person) -> Page {
    render(person.messages, &Welcome::new(&state, &person, Step::Organization, String::new()))
}

pub(crate) async fn create(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    let describes = Some(form.field("describes")).filter(|word| !word.is_empty());
    match state.app.create_organization(&person.session.user, form.field("name"), describes).await {
        Ok((_, project)) => Ok(redirect(&format!("/welcome/team?project={project}"))),
        Err(error) => {
            let mut page = Welcome::new(&state, &person, Step::Organization, String::new());
            page.wrong = Some(error_message(&person.format, &error));
            form.field("name").clone_into(&mut page.name);
            form.field("describes").clone_into(&mut page.describes);
            render_error(person.messages, &page, &error)
        }
    }
}

pub(crate) async fn team(State(state): State<DashboardState>, visit: Visit) -> Page {
    let next = visit.link("/welcome/first-call");
    // An invitation is an email.
    if !state.app.sends_mail() {
        return Ok(redirect(&next));
    }
    render(visit.person.messages, &Welcome::new(&state, &visit.person, Step::Team, next))
}

pub(crate) async fn invite(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let language = visit.person.messages.0.tag();
    let role = OrganizationRole::Reader;
    for email in form.field("emails").split([',', ';', '\n', ' ']).map(str::trim).filter(|email| !email.is_empty()) {
        let sent = state.app.invite_member(&visit.person.actor(), &visit.organization.id, email, role, language).await;
        if let Err(error) = sent {
            let mut page = Welcome::new(&state, &visit.person, Step::Team, visit.link("/welcome/first-call"));
            page.wrong = Some(error_message(&visit.person.format, &error));
            form.field("emails").clone_into(&mut page.name);
            return render_error(visit.person.messages, &page, &error);
        }
    }
    Ok(redirect(&visit.link("/welcome/first-call")))
}

pub(crate) async fn credits(State(state): State<DashboardState>, visit: Visit) -> Page {
    let next = visit.link("/home");
    let view = state.app.credit(&visit.person.actor(), &visit.organization.id).await;
    let view = view.map_err(|error| PageError::new(visit.person.messages, error))?;
    let page = Welcome::new(&state, &visit.person, Step::Credits, next);
    let (free, credit) = (view.mode == BillingMode::None, credit_page(&state, &visit, &view));
    render(visit.person.messages, &Welcome { free, credit, ..page })
}

/// Where a person of an organization that pays in advance adds credit.
fn credit_page(state: &DashboardState, visit: &Visit, view: &CreditView) -> Option<String> {
    let prepaid = view.mode == BillingMode::Prepaid;
    prepaid.then(|| buy_page(state, visit, view).unwrap_or_else(|| visit.link(CREDIT)))
}
