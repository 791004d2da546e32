//! Verification of a phone on a page of its own, and back to the page that required it.

use askama::Template;
use axum::extract::State;
use keystead_app::Error;

use crate::pages::phone_step::{PhoneStep, Progress, belongs_to_step, run};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::{Visit, local_path};
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error};

const HERE: &str = "/settings/account/phone";

#[derive(Template)]
#[template(path = "pages/phone.html")]
struct Phone {
    layout: Layout,
    step: PhoneStep,
}

fn next_of(visit: &Visit, form: Option<&Form>) -> String {
    let requested = visit.person.query.get("next").map(String::as_str);
    let next = form.map(|form| form.field("next")).filter(|next| !next.is_empty()).or(requested).unwrap_or_default();
    if next.is_empty() { visit.link("/settings/account?done=phone-verified") } else { local_path(next).to_owned() }
}

async fn page(state: &DashboardState, visit: &Visit, form: Option<&Form>) -> Result<Phone, PageError> {
    let kept = vec![("next", next_of(visit, form))];
    let step = PhoneStep::of(state, visit, HERE, kept, form).await?;
    let title = visit.person.messages.text("phone-title");
    Ok(Phone { layout: Layout::new(state, visit, &title, "/settings/account"), step })
}

async fn again(state: &DashboardState, visit: &Visit, form: &Form, error: Error, verb: Option<&str>) -> Page {
    let t = visit.person.messages;
    if !belongs_to_step(&error) {
        return Err(PageError::new(t, error));
    }
    let mut page = page(state, visit, Some(form)).await?;
    page.step.refuse(&error, verb);
    render_error(t, &page, &error)
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None).await?)
}

async fn act(state: &DashboardState, visit: &Visit, form: &Form, verb: Option<&str>) -> Page {
    visit.person.check(form)?;
    let next = next_of(visit, Some(form));
    match run(state, visit, verb, form).await {
        // Back to the page that required the phone.
        Ok(Progress::Verified) => Ok(redirect(&next)),
        Ok(Progress::Continues) => {
            let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
            Ok(redirect(&visit.link(&format!("{HERE}?{query}"))))
        }
        Err(error) => again(state, visit, form, error, verb).await,
    }
}

pub(crate) async fn start(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    act(&state, &visit, &form, None).await
}

pub(crate) async fn check(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    act(&state, &visit, &form, Some("check")).await
}

pub(crate) async fn resend(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    act(&state, &visit, &form, Some("resend")).await
}

pub(crate) async fn change(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    act(&state, &visit, &form, Some("change")).await
}
