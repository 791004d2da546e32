//! Verification of a phone: the number, the code, and back to the page that required it.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::verification::phone::{NewPhone, PhoneCountry, PhoneView};
use keystead_core::verification::phone::PhoneState;

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::{Visit, local_path};
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error, subpath};
use keystead_core::language::Language;
use keystead_locales::countries;

const HERE: &str = "/settings/account/phone";

#[derive(Template)]
#[template(path = "pages/phone.html")]
struct Phone {
    layout: Layout,
    view: PhoneView,
    wrong: Option<String>,
    /// The field with the error.
    field: &'static str,
    number: String,
    country: String,
    countries: Vec<(String, PhoneCountry)>,
    next: String,
    action: String,
    /// The current verification, if a code was sent.
    code_out: bool,
    inbox: Option<String>,
}

impl Phone {
    fn checks_left(&self) -> i64 {
        self.view.current.as_ref().map_or(0, |current| i64::from(current.checks_left))
    }

    fn act(&self, verb: &str) -> String {
        subpath(&self.action, HERE, verb)
    }
}

fn next_of(visit: &Visit, form: Option<&Form>) -> String {
    let requested = visit.person.query.get("next").map(String::as_str);
    let next = form.map(|form| form.field("next")).filter(|next| !next.is_empty()).or(requested).unwrap_or_default();
    if next.is_empty() { visit.link("/settings/account?done=phone-verified") } else { local_path(next).to_owned() }
}

async fn page(state: &DashboardState, visit: &Visit, form: Option<&Form>) -> Result<Phone, PageError> {
    let t = visit.person.messages;
    let view = state.app.phone_view(&visit.person.actor(), &visit.organization.id).await;
    let view = view.map_err(|error| PageError::new(t, error))?;
    let now = state.app.now();
    let alive = |s: &keystead_app::verification::phone::VerificationView| {
        matches!(s.state, PhoneState::CodeSent) && now < s.expires_at || s.locked_until.is_some_and(|at| now < at)
    };
    let code_out = view.current.as_ref().is_some_and(alive);
    let usual = match t.0 {
        Language::Polish => "PL",
        Language::Japanese => "JP",
        Language::English => "US",
    };
    let country = form.map(|form| form.field("country")).filter(|code| !code.is_empty()).unwrap_or(usual);
    Ok(Phone {
        layout: Layout::new(state, visit, &t.text("phone-title"), "/settings/account"),
        view,
        wrong: None,
        field: "",
        number: form.map(|form| form.field("number").to_owned()).unwrap_or_default(),
        country: country.to_owned(),
        countries: named(t.0, state.app.phone_countries()),
        next: next_of(visit, form),
        action: visit.link(HERE),
        code_out,
        inbox: state.sandbox_url.clone(),
    })
}

/// The countries sorted by name in the language; those without a name come last, sorted by code.
fn named(language: Language, countries: Vec<PhoneCountry>) -> Vec<(String, PhoneCountry)> {
    let codes: Vec<&str> = countries.iter().map(|one| one.code.as_str()).collect();
    let order: Vec<String> = countries::list(language, &codes).iter().map(|(code, _)| (*code).to_owned()).collect();
    let mut named: Vec<_> = countries.into_iter().map(|one| (countries::name(language, &one.code), one)).collect();
    named.sort_by_key(|(_, one)| order.iter().position(|code| *code == one.code).unwrap_or(order.len()));
    named
}

async fn again(state: &DashboardState, visit: &Visit, form: &Form, error: Error, field: &'static str) -> Page {
    let t = visit.person.messages;
    if matches!(error, Error::Internal(_) | Error::Unavailable) {
        return Err(PageError::new(t, error));
    }
    let mut page = page(state, visit, Some(form)).await?;
    page.wrong = Some(error_message(t, &error));
    page.field = field;
    render_error(t, &page, &error)
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None).await?)
}

pub(crate) async fn start(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let phone = NewPhone {
        number: form.secret("number"),
        country: Some(form.field("country")).filter(|code| !code.is_empty()).map(str::to_owned),
        language: visit.person.messages.0.tag().to_owned(),
        origin: visit.person.context.origin,
        signed_in_again: visit.person.session.fresh,
    };
    let sent = state.app.start_phone_verification(&visit.person.actor(), &visit.organization.id, phone).await;
    match sent {
        Ok(_) => Ok(back_to_step(&visit, &form)),
        Err(error) => again(&state, &visit, &form, error, "number").await,
    }
}

fn back_to_step(visit: &Visit, form: &Form) -> axum::response::Response {
    let query = serde_urlencoded::to_string([("next", next_of(visit, Some(form)))]).unwrap_or_default();
    redirect(&visit.link(&format!("{HERE}?{query}")))
}

pub(crate) async fn check(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let origin = visit.person.context.origin;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let checked =
        state.app.check_phone_code(&actor, organization, form.field("id"), &form.secret("code"), origin).await;
    match checked {
        // Back to the page that required the phone.
        Ok(_) => Ok(redirect(&next_of(&visit, Some(&form)))),
        Err(error) => again(&state, &visit, &form, error, "code").await,
    }
}

pub(crate) async fn resend(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let origin = visit.person.context.origin;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    match state.app.resend_phone_code(&actor, organization, form.field("id"), origin).await {
        Ok(_) => Ok(back_to_step(&visit, &form)),
        Err(error) => again(&state, &visit, &form, error, "code").await,
    }
}

pub(crate) async fn change(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    match state.app.abandon_phone_verification(&actor, organization, form.field("id")).await {
        Ok(()) => Ok(back_to_step(&visit, &form)),
        Err(error) => again(&state, &visit, &form, error, "code").await,
    }
}
